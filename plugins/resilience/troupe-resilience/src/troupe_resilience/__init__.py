"""Around models: asking again, a breaker, limits that all simulations of a runtime share fairly, and timeouts."""

from __future__ import annotations

from troupe_resilience.adaptive import Adaptive
from troupe_resilience.config import Config, Override, Policy
from troupe_resilience.lane import LaneStats
from troupe_resilience.plugin import Plugin, stats

__all__ = ["Adaptive", "Config", "LaneStats", "Override", "Plugin", "Policy", "stats"]
