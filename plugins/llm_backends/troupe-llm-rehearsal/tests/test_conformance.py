"""It keeps to what every backend has to keep to."""

from __future__ import annotations

from troupe_testing.conformance import LLMBackendConformance


class TestRehearsal(LLMBackendConformance):
    plugin = "troupe_llm_rehearsal"
    model = "default"
