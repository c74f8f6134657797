"""What every plugin around models keeps to, this one too."""

from __future__ import annotations

from typing import ClassVar

from troupe_testing.conformance import LLMWrapperConformance

PLUGIN = "troupe_resilience:Plugin"


class TestAsItIs(LLMWrapperConformance):
    plugin = PLUGIN
    limits = True


class TestWithEverythingSet(LLMWrapperConformance):
    plugin = PLUGIN
    limits = False
    settings: ClassVar = {
        "concurrency": 200,
        "requests_per_minute": 100_000,
        "tokens_per_minute": 100_000_000,
        "timeout": 60,
        "first_piece_timeout": 30,
        "models": {"probe/any": {"attempts": 2}},
    }
