"""What is sent: the body of a request, as the SDK's own `create()` would write it."""

from __future__ import annotations

from base64 import b64encode
from enum import IntEnum
from hashlib import blake2b
from typing import Any

import attrs

from troupe_core import Call, LLMRequest, Message
from troupe_core.llm import in_words
from troupe_llm_openai.config import Config


class Hold(IntEnum):
    """How an answer is held to its schema, the firmest first."""

    SCHEMA = 0
    """The server sees to it."""
    JSON = 1
    """The server sees to it that it is JSON; the rest is said in words."""
    WORDS = 2
    """All is said in words."""

    def __str__(self) -> str:
        return ("json_schema", "json_object", "the schema in words")[self]


@attrs.frozen
class Writer:
    """Writes bodies for one server."""

    token_limit: str
    prompt_cache_key: bool

    @classmethod
    def suiting(cls, config: Config, at_openai: bool) -> Writer:
        """What the settings leave open is as OpenAI has it there, and elsewhere as everybody knows it."""
        limit = "max_completion_tokens" if at_openai else "max_tokens"
        cached = config.prompt_cache_key
        return cls(config.token_limit or limit, at_openai if cached is None else cached)

    def body(self, request: LLMRequest, call: Call, hold: Hold, *, stream: bool = False) -> dict[str, Any]:
        """The body, still to be encoded."""
        given = request.parameters.given()
        given.pop("stream", None)  # who asks decides in which way the answer comes
        if "max_tokens" in given:
            given[self.token_limit] = given.pop("max_tokens")
        body: dict[str, Any] = {**given, "model": request.model, "messages": messages(request, hold)}
        if request.schema is not None and hold is not Hold.WORDS:
            body["response_format"] = response_format(request, hold)
        if request.tools:
            body["tools"] = list(request.tools)
        if self.prompt_cache_key and call.person is not None:
            body["prompt_cache_key"] = cache_key(call)
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body


def messages(request: LLMRequest, hold: Hold) -> list[dict[str, Any]]:
    said = request.messages
    if request.schema is not None and hold is not Hold.SCHEMA:
        said = (*said[:-1], in_words(said[-1], request.schema))
    return [
        {"role": message.role, "content": message.content if not message.images else _parts(message)}
        for message in said
    ]


def _parts(message: Message) -> list[dict[str, Any]]:
    """A text with pictures behind it."""
    shown = [f"data:{image.media_type};base64,{b64encode(image.data).decode()}" for image in message.images]
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in shown]
    return [{"type": "text", "text": message.content}, *pictures]


def response_format(request: LLMRequest, hold: Hold) -> dict[str, Any]:
    if hold is Hold.JSON:
        return {"type": "json_object"}
    form = {"name": request.schema_name or "answer", "schema": request.schema, "strict": True}
    return {"type": "json_schema", "json_schema": form}


def cache_key(call: Call) -> str:
    """One for each person of a simulation: what it is sent begins as it did the last time."""
    return blake2b(f"{call.simulation}\0{call.person}".encode(), digest_size=16).hexdigest()
