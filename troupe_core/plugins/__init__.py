"""Plugins: found, checked, kept apart and, when they fail, named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from troupe_core.plugins.discovery import CORE, built_in, installed
    from troupe_core.plugins.kinds import KINDS, Kind
    from troupe_core.plugins.manager import hooks
    from troupe_core.plugins.origin import Failure, LeftOut, Origin, Skipped

_HOMES = {
    "troupe_core.plugins.discovery": ("CORE", "built_in", "installed"),
    "troupe_core.plugins.kinds": ("KINDS", "Kind"),
    "troupe_core.plugins.manager": ("hooks",),
    "troupe_core.plugins.origin": ("Failure", "LeftOut", "Origin", "Skipped"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["CORE", "KINDS", "Failure", "Kind", "LeftOut", "Origin", "Skipped", "built_in", "hooks", "installed"]


def __getattr__(name: str) -> Any:  # at first use: the list of hooks itself needs what is in this package
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
