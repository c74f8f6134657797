"""For tests of programs and plugins: models that need no provider, and time that needs no waiting."""

from troupe_testing.latency import LatencyModel, VirtualLoop, constant, exponential, lognormal, uniform
from troupe_testing.scripted import ScriptedModel, do, quiet, reach_out, talk, think, turn

__all__ = [
    "LatencyModel",
    "ScriptedModel",
    "VirtualLoop",
    "constant",
    "do",
    "exponential",
    "lognormal",
    "quiet",
    "reach_out",
    "talk",
    "think",
    "turn",
    "uniform",
]
