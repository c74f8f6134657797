"""It keeps to what every backend has to keep to, in OpenAI's protocol and in Anthropic's, which litellm translates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pytest

from troupe_testing.conformance import EmbedderConformance, LLMBackendConformance, WireConformance
from troupe_testing.server import ProtocolServer, ProviderDouble, Said

# Of litellm's own, which it has Python ignore when it is imported; pytest does not heed that.
pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly. qualifier", "ignore:Accessing the .* attribute on the inst")

ENDS = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal"}


class AnthropicDouble(ProviderDouble):
    """Words an answer as Anthropic does."""

    def reply(self, said: Said) -> Mapping[str, Any]:
        usage = {"input_tokens": said.input, "output_tokens": said.output}
        told = {"id": "msg_1", "type": "message", "role": "assistant", "model": said.model, "usage": usage}
        content = [{"type": "text", "text": said.text}]
        return {**told, "content": content, "stop_reason": ENDS[said.finish], "stop_sequence": None}

    def stream(self, said: Said) -> Iterable[bytes] | None:
        if not said.request.body.get("stream"):
            return None
        begun = {**self.reply(said), "content": [], "stop_reason": None}
        begun["usage"] = {"input_tokens": said.input, "output_tokens": 1}
        words = [said.text[at : at + 8] for at in range(0, len(said.text), 8)]
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": begun},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
                for word in words
            ),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": ENDS[said.finish], "stop_sequence": None},
                "usage": {"output_tokens": said.output},
            },
            {"type": "message_stop"},
        ]
        return [b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event)) for event in events]

    def refusal(self, status: int, message: str, code: str | None) -> Mapping[str, Any]:
        return {"type": "error", "error": {"type": code or "api_error", "message": message}}


class ByWayOfLitellm:
    plugin, name = "troupe_llm_litellm", "litellm"
    sent_as = "conformance-model"
    whose = "openai"

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"providers": {self.whose: {"base_url": server.base_url, "key": "env:A_KEY"}}}


class TestOpenAIsProtocol(ByWayOfLitellm, LLMBackendConformance):
    provider, model = ProtocolServer, "openai/conformance-model"


class TestAnthropicsProtocol(ByWayOfLitellm, LLMBackendConformance):
    provider, model, whose = AnthropicDouble, "anthropic/conformance-model", "anthropic"

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"providers": {self.whose: {"base_url": server.url, "key": "env:A_KEY"}}}


class TestEmbeddings(ByWayOfLitellm, EmbedderConformance):
    provider, model = ProtocolServer, "openai/conformance-model"


class TestOpenAIsBadDays(WireConformance):
    plugin, model = "troupe_llm_litellm", "litellm/openai/conformance-model"
    key_variable = "OPENAI_API_KEY"

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"litellm": {"providers": {"openai": {"base_url": server.base_url}}}}


class TestAnthropicsBadDays(WireConformance):
    plugin, model, provider = "troupe_llm_litellm", "litellm/anthropic/conformance-model", AnthropicDouble
    key_variable = "ANTHROPIC_API_KEY"

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"litellm": {"providers": {"anthropic": {"base_url": server.url}}}}
