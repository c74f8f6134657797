"""What every cache keeps to, this one too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from troupe_testing.conformance import CacheConformance, LLMWrapperConformance

PLUGIN = "troupe_cache_sqlite:Plugin"


class TestSwitchedOn(CacheConformance):
    plugin = PLUGIN

    @pytest.fixture
    def table(self, tmp_path: Path) -> Mapping[str, Any]:
        return {"mode": "readwrite", "path": str(tmp_path / "cache.sqlite")}


class TestSwitchedOff(LLMWrapperConformance):
    plugin = PLUGIN
