"""Worlds: a clock, who is there, and how what people do reaches the others."""

from troupe_core.worlds.report import RunReport
from troupe_core.worlds.world import TinyWorld

__all__ = ["RunReport", "TinyWorld"]
