"""What every extractor keeps to, this one too."""

from __future__ import annotations

from typing import Any, ClassVar

from troupe_testing.conformance import ExtractorConformance


class TestResults(ExtractorConformance):
    plugin = "troupe_extractor_results"


class TestResultsOfAnExcerpt(ExtractorConformance):
    plugin = "troupe_extractor_results"
    settings: ClassVar[dict[str, Any]] = {"max_characters": 1_000}
