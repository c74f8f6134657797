"""The cache of models' answers: what was answered once is not asked again, by any process. One SQLite file."""

from __future__ import annotations

from troupe_cache_sqlite.errors import CacheError, ReplayMiss
from troupe_cache_sqlite.plugin import Config, Mode, Plugin, stats
from troupe_cache_sqlite.tally import Stats

__all__ = ["CacheError", "Config", "Mode", "Plugin", "ReplayMiss", "Stats", "stats"]
