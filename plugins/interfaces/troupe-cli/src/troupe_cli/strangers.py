"""The commands of other plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from troupe_cli.ours import OURS
from troupe_core import CommandSpec, PluginError
from troupe_core.plugins import Origin

if TYPE_CHECKING:
    from troupe_core import Runtime


class Strangers:
    """Those that are registered with a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._registry = runtime.registry
        self._records = runtime.registry.records(CommandSpec)
        self._made: dict[str, click.Command] = {}

    def described(self) -> Iterator[tuple[str, str]]:
        """Each command's name, and a line about it. Nothing of it is loaded."""
        lines = {record.name: f"{record.help or 'A command'} ({origin.plugin})" for record, origin in self._others()}
        yield from ((name, line) for name, line in sorted(lines.items()) if name not in OURS)

    def clashes(self) -> list[str]:
        """The commands that cannot be reached, because ours have their names."""
        return [
            f"{record.name} is a command of troupe-cli, and of the plugin {origin}, whose own cannot be reached: it "
            "needs another name."
            for record, origin in self._others()
            if record.name in OURS
        ]

    def _others(self) -> Iterator[tuple[CommandSpec, Origin]]:
        for record, origin in self._records.all():
            if origin.module != "troupe_cli.plugin":
                yield record, origin

    def origin(self, name: str) -> Origin | None:
        """Whose a command is."""
        found = self._records.find(name)
        return None if found is None else found[1]

    def advice(self, name: str) -> list[str]:
        """What may be missing where a command is."""
        return self._registry.advice("command", name)

    def command(self, name: str) -> click.Command:
        """The command, loaded."""
        if name not in self._made:
            self._made[name] = _made(self._registry.record(CommandSpec, name))
        return self._made[name]


def _made(record: CommandSpec) -> click.Command:
    found: Any = record.load()
    made: Any = found if isinstance(found, click.Command) else record.make()
    if isinstance(made, click.Command):
        return made
    if not callable(made):
        raise PluginError(f"the command {record.name!r} is neither a function nor a click.Command, but {made!r}")
    return Plain(record, made)


class Plain(click.Command):
    """A function of the arguments: it reads them all itself, `--help` too."""

    def __init__(self, record: CommandSpec, function: Callable[[list[str]], int | None]) -> None:
        super().__init__(record.name, help=record.help, add_help_option=False)
        self._function = function

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return ctx.args

    def invoke(self, ctx: click.Context) -> int:
        returned: object = self._function(list(ctx.args))
        if returned is None:
            return 0
        if not isinstance(returned, int):
            raise PluginError(f"the command {self.name!r} returned {returned!r}; expected an exit code, or None")
        return returned
