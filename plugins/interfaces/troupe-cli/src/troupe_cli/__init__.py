"""The command `troupe`. For commands of other plugins: `session()`, the options that were given, and their runtime; and
`on_stderr`, which says something to whoever looks on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from troupe_cli.program import main

if TYPE_CHECKING:
    from troupe_cli.saying import on_stderr
    from troupe_cli.sessions import Session, session

__version__ = "0.1.0"

PLACES = {"Session": "sessions", "session": "sessions", "on_stderr": "saying"}

__all__ = ["Session", "main", "on_stderr", "session"]


def __getattr__(name: str) -> Any:  # at first use: `troupe --version` needs no more than click
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"troupe_cli.{PLACES[name]}"), name)
