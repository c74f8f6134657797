"""What is sent: the body of a request, as the SDK's own `create()` would write it."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import attrs

from troupe_core import Call, LLMRequest
from troupe_core.llm import Hold, chat_messages, response_format
from troupe_llm_openai.config import Config


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
        body: dict[str, Any] = {**given, "model": request.model, "messages": chat_messages(request, hold)}
        if (form := response_format(request, hold)) is not None:
            body["response_format"] = form
        if request.tools:
            body["tools"] = list(request.tools)
        if self.prompt_cache_key and call.person is not None:
            body["prompt_cache_key"] = cache_key(call)
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body


def cache_key(call: Call) -> str:
    """One for each person of a simulation: what it is sent begins as it did the last time."""
    return blake2b(f"{call.simulation}\0{call.person}".encode(), digest_size=16).hexdigest()
