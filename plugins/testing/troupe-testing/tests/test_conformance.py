"""Its backends keep to what every backend has to keep to."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import BackendSpec, hookimpl
from troupe_testing import BiasedModel, plugin
from troupe_testing.conformance import LLMBackendConformance


class Quiet:
    """By itself: the other one that is installed bears the name of the model that stands in every test."""

    @hookimpl
    def troupe_register_llm_backends(self) -> Iterator[BackendSpec]:
        return (record for record in plugin.troupe_register_llm_backends() if record.name == "quiet")


class TestQuiet(LLMBackendConformance):
    plugin = Quiet


class TestBiased(LLMBackendConformance):
    plugin = BiasedModel
