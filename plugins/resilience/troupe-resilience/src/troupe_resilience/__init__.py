"""Around models: asking again, a breaker, limits that all simulations of a runtime share fairly, and timeouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from troupe_resilience.adaptive import Adaptive
from troupe_resilience.config import Config, Override, Policy
from troupe_resilience.plugin import Plugin, stats

if TYPE_CHECKING:
    from troupe_resilience.lane import LaneStats

__all__ = ["Adaptive", "Config", "LaneStats", "Override", "Plugin", "Policy", "stats"]


def __getattr__(name: str) -> Any:  # at first use: the plugin is imported with every runtime
    if name == "LaneStats":
        from troupe_resilience.lane import LaneStats

        return LaneStats
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
