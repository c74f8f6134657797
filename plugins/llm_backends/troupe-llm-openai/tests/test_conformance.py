"""It keeps to what every backend has to keep to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troupe_testing.conformance import EmbedderConformance, LLMBackendConformance, WireConformance
from troupe_testing.server import ProtocolServer


class TestOpenAI(LLMBackendConformance):
    plugin, name = "troupe_llm_openai", "openai"
    provider = ProtocolServer

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"base_url": server.base_url}


class TestOpenAIsEmbeddings(EmbedderConformance):
    plugin, name = "troupe_llm_openai", "openai"
    provider = ProtocolServer

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"base_url": server.base_url}


class TestOpenAIsBadDays(WireConformance):
    plugin, model = "troupe_llm_openai", "openai/conformance-model"
    key_variable = "OPENAI_API_KEY"

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"openai": {"base_url": server.base_url}}
