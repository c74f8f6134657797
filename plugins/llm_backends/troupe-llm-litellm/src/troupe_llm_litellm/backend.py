"""The backend: litellm is asked as it wants to be asked, once a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

from troupe_core import (
    AuthenticationError,
    Call,
    Embedder,
    Embeddings,
    LLMBackend,
    LLMChunk,
    LLMRequest,
    LLMResponse,
    ModelError,
    Price,
    SecretError,
)
from troupe_core.llm import Holds, chat_messages, response_format
from troupe_llm_litellm.answers import Stream, completion, embeddings
from troupe_llm_litellm.config import Config, Place
from troupe_llm_litellm.library import Library, library
from troupe_llm_litellm.prices import listed
from troupe_llm_litellm.troubles import translated, unknown

NO_KEY = "none"
"""Clients want to send something; servers on one's own machine do not look at it."""
NOWHERE = Place()


class LiteLLM(LLMBackend, Embedder, config=Config):
    """What litellm does beside asking is off: it neither asks again, nor counts, nor tells anybody."""

    config: Config
    _library: Library
    _holds: Holds

    def price_of(self, model: str) -> Price | None:
        return listed(model, [name for name, place in self.config.providers.items() if place.base_url is not None])

    async def open(self) -> None:
        self._library = await asyncio.to_thread(library, self.config.connect_timeout)
        self.at_once = self.config.max_connections
        self._holds = Holds()
        self._providers: dict[str, str] = {}

    async def aclose(self) -> None:
        await self._library.aclose()

    async def check(self, model: str) -> str:
        """No provider is asked: each has a way of its own to be asked for nothing."""
        provider = self._provider(model)
        place = self._place(model)
        missing = [] if place.get("api_key") else self._missing(model)
        if len(missing) == 1 and missing[0].endswith("_KEY"):
            raise AuthenticationError(
                f"{provider} cannot be asked without a key: the variable {missing[0]} is not set. Set it, or let "
                f"settings.litellm.providers.{provider}.key say where else it is."
            )
        lacks = f", and may want {' and '.join(missing)}" if missing else ""
        return f"litellm knows {provider}{lacks}; whether it answers is seen when it is asked"

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        found = await self._ask(request, call)
        return completion(found, self._source(request.model))

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        stream, seconds = Stream(self._source(request.model)), call.timeout or self.config.timeout
        pieces = await self._ask(request, call, stream=True)
        async with aclosing(pieces):
            while (piece := await self._next(pieces, request, seconds)) is not None:
                if told := stream.read(piece):
                    yield told
        yield stream.last()

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        wanted = {"model": model, "input": [text or " " for text in texts], **self._place(model)}
        found = await self._sent(self._library.litellm.aembedding, wanted, call)
        return embeddings(found, len(texts), self._source(model))

    async def _ask(self, request: LLMRequest, call: Call, *, stream: bool = False) -> Any:
        """The answer is held to its schema as firmly as the provider can. If that was too firm, or the model takes no
        temperature, the core calls once more, and counts both.
        """
        hold = self._holds.of(request)
        wanted = {**request.parameters.given(), "model": request.model, "messages": chat_messages(request, hold)}
        if not self._holds.takes_temperature(request):
            wanted.pop("temperature", None)
        if (form := response_format(request, hold)) is not None:
            wanted["response_format"] = form
        if request.tools:
            wanted["tools"] = list(request.tools)
        wanted |= {"stream": stream, **({"stream_options": {"include_usage": True}} if stream else {})}
        try:
            return await self._sent(self._library.litellm.acompletion, {**wanted, **self._place(request.model)}, call)
        except ModelError as error:
            source, warm = self._source(request.model), "temperature" in wanted
            raise self._holds.told(error, request, hold, source, warm=warm) from None

    async def _sent(self, ask: Callable[..., Awaitable[Any]], wanted: dict[str, Any], call: Call) -> Any:
        seconds = call.timeout or self.config.timeout
        try:
            async with asyncio.timeout(seconds):
                return await ask(**wanted, timeout=self._library.timeout(seconds), max_retries=0)
        except Exception as error:  # of litellm, or of any library that a provider of it needs
            raise translated(error, self._source(wanted["model"]), seconds, self._library) from None

    async def _next(self, pieces: AsyncIterator[Any], request: LLMRequest, seconds: float) -> Any:
        """One piece, or None when there are no more. It alone is timed: a reader's time is its own."""
        try:
            async with asyncio.timeout(seconds):
                return await anext(pieces, None)
        except Exception as error:
            raise translated(error, self._source(request.model), seconds, self._library, begun=True) from None

    def _provider(self, model: str) -> str:
        """Whose model it is."""
        if model not in self._providers:
            try:
                self._providers[model] = self._library.litellm.get_llm_provider(model)[1]
            except Exception as error:
                raise unknown(model, error) from None
        return self._providers[model]

    def _place(self, model: str) -> dict[str, Any]:
        """Where it is asked, and with which key, as far as the settings say so."""
        provider = self._provider(model)
        place = self.config.providers.get(provider, NOWHERE)
        found: dict[str, Any] = {}
        if place.base_url is not None:
            found["api_base"] = place.base_url
        if place.key is not None:
            try:
                found["api_key"] = place.key.reveal()
            except SecretError as missing:
                raise AuthenticationError(
                    f"{provider} cannot be asked without a key: {missing}. Set it, or let "
                    f"settings.litellm.providers.{provider}.key say where else it is."
                ) from None
        elif place.base_url is not None and self._missing(model):
            found["api_key"] = NO_KEY
        return found

    def _missing(self, model: str) -> list[str]:
        """The variables that litellm would like to find, and does not."""
        return list(self._library.litellm.validate_environment(model)["missing_keys"])

    def _source(self, model: str) -> str:
        place = self.config.providers.get(self._providers.get(model, ""), NOWHERE)
        return f"litellm/{model}" + (f" at {urlsplit(place.base_url).hostname}" if place.base_url else "")
