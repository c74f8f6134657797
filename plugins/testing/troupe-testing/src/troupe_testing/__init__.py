"""For tests of programs and plugins: models that need no provider, time that needs no waiting, and pytest fixtures.

Importing this package loads nothing but itself, since pytest does so wherever it is installed; each name is imported
when it is first used. The protocol server is in `troupe_testing.server`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from troupe_testing.biased import BiasedModel
    from troupe_testing.inspector import JournalInspector
    from troupe_testing.latency import LatencyModel, VirtualLoop, constant, exponential, lognormal, uniform
    from troupe_testing.network import NetworkBlocked, NetworkGuard
    from troupe_testing.recorder import HookCall, HookRecorder
    from troupe_testing.scripted import ScriptedModel, do, quiet, reach_out, reply, talk, think, turn

_HOMES = {
    "biased": ("BiasedModel",),
    "inspector": ("JournalInspector",),
    "latency": ("LatencyModel", "VirtualLoop", "constant", "exponential", "lognormal", "uniform"),
    "network": ("NetworkBlocked", "NetworkGuard"),
    "recorder": ("HookCall", "HookRecorder"),
    "scripted": ("ScriptedModel", "do", "quiet", "reach_out", "reply", "talk", "think", "turn"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BiasedModel",
    "HookCall",
    "HookRecorder",
    "JournalInspector",
    "LatencyModel",
    "NetworkBlocked",
    "NetworkGuard",
    "ScriptedModel",
    "VirtualLoop",
    "constant",
    "do",
    "exponential",
    "lognormal",
    "quiet",
    "reach_out",
    "reply",
    "talk",
    "think",
    "turn",
    "uniform",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
