"""The backend: one client a runtime, one request a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from difflib import get_close_matches
from functools import cache
from re import fullmatch, search
from typing import Any
from urllib.parse import urlsplit

from msgspec.json import encode

from troupe_core import (
    Call,
    Capabilities,
    Embedder,
    Embeddings,
    LLMBackend,
    LLMChunk,
    LLMRequest,
    LLMResponse,
    ModelError,
    Price,
    PriceTable,
    UnknownModelError,
)
from troupe_core.llm import Holds
from troupe_llm_openai.answers import Stream, completion, listed
from troupe_llm_openai.body import Writer
from troupe_llm_openai.config import OPENAI, Config
from troupe_llm_openai.events import events, whole
from troupe_llm_openai.sdk import OPENAI as HOST
from troupe_llm_openai.sdk import Client, address, client
from troupe_llm_openai.troubles import translated
from troupe_llm_openai.vectors import embeddings, wanted

CHAT = "/chat/completions"
EMBEDDINGS = "/embeddings"
MODELS = "/models"
CHECK_WITHIN = 30.0
"""Seconds in which a list of models has to come; nobody has to think about it."""
NO_LIST = 404
VERSION = r"/v\d"
"""In the path of most addresses."""
WITHOUT_EYES = r"gpt-3\.5.*", r"gpt-4(-0.*|-32k.*)?", "o1-mini.*", "o1-preview.*", "o3-mini.*"
"""Models of OpenAI's that are known not to look at pictures. Of all others the server knows, and says so."""
BLIND = Capabilities(logprobs=True, streaming=True)


@cache
def price_list() -> PriceTable:
    """What OpenAI asks for its models."""
    return PriceTable.read(__package__ or "", "prices.toml")


async def _until_the_end(client: Client) -> AsyncGenerator[None]:
    """Closes it, at the latest when the loop ends: who has forgotten to close a runtime leaves no connection behind."""
    try:
        yield
    finally:
        await client.aclose()


class OpenAI(LLMBackend, Embedder, config=Config):
    """Calls the SDK's `post` with the finished text, and reads what comes by itself. Its `create` walks through every
    message, and costs several times as much; given a dict, `post` encodes it by itself, which costs a tenth of a
    millisecond.
    """

    config: Any
    table = OPENAI
    _client: Client
    _kept: AsyncGenerator[None]
    _writer: Writer
    _holds: Holds

    def capabilities_of(self, model: str) -> Capabilities | None:
        return BLIND if any(fullmatch(each, model) for each in WITHOUT_EYES) else None

    def price_of(self, model: str) -> Price | None:
        """OpenAI's own; other servers, and its own in single regions, may ask for another."""
        return price_list().of(model) if urlsplit(address(self.config)).hostname == HOST else None

    async def open(self) -> None:
        self._client = await asyncio.to_thread(self._made)
        self._kept = _until_the_end(self._client)
        await anext(self._kept)
        self._writer = self._writing()
        self.at_once = self.config.max_connections
        self._holds = Holds()

    def _made(self) -> Client:
        return client(self.config)

    def _writing(self) -> Writer:
        return Writer.suiting(self.config, self._client.at_openai)

    def _path(self, path: str, model: str) -> str:
        """Where a model is asked."""
        return path

    async def aclose(self) -> None:
        await self._kept.aclose()

    async def check(self, model: str) -> str:
        seconds, answers = min(self.config.timeout, CHECK_WITHIN), f"{self._client.host} answers, and lists"
        content = await self._listing(self._source(model), seconds)
        names = self._names(content)
        if model in names:
            return f"{answers} {model}"
        if names:
            near = get_close_matches(model, names, 3) or sorted(names)[:3]
            raise UnknownModelError(f"{answers} {' and '.join(near)}, but not {model}. {UnknownModelError.advice}")
        if self.table is OPENAI and (
            content.lstrip().startswith(b"<") or not search(VERSION, self._client.sdk.base_url.path)
        ):
            raise UnknownModelError(f"{answers} no models. {OPENAI.unknown}")
        return f"{answers} no models"

    async def _listing(self, source: str, seconds: float) -> bytes:
        """What the server says to the question for its models; nothing where it does not know that question."""
        try:
            async with asyncio.timeout(seconds):
                response: Any = await self._client.sdk.get(MODELS, cast_to=self._client.response_type)
        except self._client.troubles as error:
            trouble = translated(error, source, seconds, self.table)
            if trouble.status != NO_LIST:  # not every server has one, and it has answered
                raise trouble from None
            return b""
        return bytes(response.content)

    def _names(self, content: bytes) -> set[str]:
        """Of the models that there are, as they are asked."""
        return listed(content)

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        content = await self._post(request, call)
        return completion(content, self._source(request.model), self.table)

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        stream, seconds = Stream(self._source(request.model), self.table), call.timeout or self.config.timeout
        response = await self._post(request, call, stream=True)
        async with aclosing(response), aclosing(events(response.aiter_bytes())) as coming:
            while (event := await self._next(coming, request, seconds)) is not None:
                if piece := stream.read(event):
                    yield piece
        yield stream.last()

    async def _next(self, coming: AsyncIterator[bytes], request: LLMRequest, seconds: float) -> bytes | None:
        """One event, or None when there are no more. It alone is timed: a reader's time is its own."""
        try:
            async with asyncio.timeout(seconds):
                return await anext(coming, None)
        except self._client.troubles as error:
            raise translated(error, self._source(request.model), seconds, self.table, begun=True) from None

    async def _post(self, request: LLMRequest, call: Call, *, stream: bool = False) -> Any:
        """What came, or the response from which it comes if it streams; the answer is held to its schema as firmly as
        the server can. If that was too firm, or the model takes no temperature, the core calls once more, and counts
        both.
        """
        hold = self._holds.of(request)
        body = self._writer.body(request, call, hold, stream=stream)
        if not self._holds.takes_temperature(request):
            body.pop("temperature", None)
        try:
            return await self._send(
                self._path(CHAT, request.model), body, self._source(request.model), call, stream=stream
            )
        except ModelError as error:
            raise self._holds.told(
                error, request, hold, self._source(request.model), warm="temperature" in body
            ) from None

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        source = self._source(model)
        content = await self._send(self._path(EMBEDDINGS, model), wanted(model, texts), source, call)
        return embeddings(content, len(texts), source)

    async def _send(self, path: str, body: dict[str, Any], source: str, call: Call, *, stream: bool = False) -> Any:
        seconds = call.timeout or self.config.timeout
        at, response = self._client, None
        try:
            async with asyncio.timeout(seconds):
                content, kind = encode(body), at.response_type
                response = await at.sdk.post(
                    path, content=content, cast_to=kind, options=at.options, stream=True, stream_cls=None
                )
                return response if stream else await whole(response)
        except at.troubles as error:
            raise translated(error, source, seconds, self.table, begun=response is not None) from None

    def _source(self, model: str) -> str:
        return f"{self.table.name}/{model} at {self._client.host}"
