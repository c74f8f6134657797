"""The command line as a plugin: its commands are registered like everybody's, so that `troupe plugin info cli` lists
them, and one of another plugin that has the name of ours is found to clash.
"""

from __future__ import annotations

from collections.abc import Iterator

from troupe_cli.ours import OURS
from troupe_core import CommandSpec, hookimpl

TROUPE_API = (0, 2)


@hookimpl
def troupe_register_commands() -> Iterator[CommandSpec]:
    for name, (place, about) in OURS.items():
        yield CommandSpec(name, place, help=about)
