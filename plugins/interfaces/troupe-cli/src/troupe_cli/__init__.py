"""The command `troupe`. For commands of other plugins: `session()`, the options that were given, and their runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from troupe_cli.program import main

if TYPE_CHECKING:
    from troupe_cli.sessions import Session, session

__version__ = "0.1.0"

__all__ = ["Session", "main", "session"]


def __getattr__(name: str) -> Any:  # at first use: `troupe --version` needs no more than click
    if name not in ("Session", "session"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from troupe_cli import sessions

    return getattr(sessions, name)
