"""Groups of commands that are loaded when they are used, and not to be listed."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from troupe_cli.interrupting import later
from troupe_cli.ours import Lazy


class LazyGroup(click.Group):
    """`lazy` says where its commands are."""

    def __init__(self, *args: Any, lazy: Lazy, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.lazy = lazy

    def described(self, ctx: click.Context) -> Iterator[tuple[str, str]]:
        """Each command's name, and a line about it."""
        yield from sorted((name, about) for name, (_, about) in self.lazy.items())

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in self.described(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        with later():
            command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            ctx.fail(self.unknown(ctx, name))
        return super().resolve_command(ctx, args)

    def unknown(self, ctx: click.Context, name: str) -> str:
        """What to say about a command that there is not."""
        return f"there is no command {name!r}{meant(name, self.list_commands(ctx))}"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.described(ctx)))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=about) for name, about in self.described(ctx) if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def meant(name: str, known: list[str]) -> str:
    """The end of a sentence about a name that means nothing."""
    close = [each for each in known if each.endswith(f"-{name}")] or get_close_matches(name, known, 3)
    return f"; did you mean {' or '.join(close)}?" if close else f"; there are {', '.join(known) or 'none'}"
