"""Talk to a person in the terminal: `troupe chat`."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import CommandSpec, hookimpl

TROUPE_API = (0, 2)

__version__ = "0.1.0"


@hookimpl
def troupe_register_commands() -> Iterator[CommandSpec]:
    yield CommandSpec("chat", "troupe_chat.command:chat", help="Talk to a person in the terminal.")
