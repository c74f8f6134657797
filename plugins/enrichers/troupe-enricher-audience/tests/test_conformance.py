"""What every enricher keeps to, this one too."""

from __future__ import annotations

from typing import Any, ClassVar

from troupe_testing.conformance import EnricherConformance


class TestAudience(EnricherConformance):
    plugin = "troupe_enricher_audience"


class TestAudienceWithSettings(EnricherConformance):
    plugin = "troupe_enricher_audience"
    settings: ClassVar[dict[str, Any]] = {
        "audience": "children of ten",
        "tone": "cheerful",
        "shortest": 0.1,
        "longest": 3,
    }
