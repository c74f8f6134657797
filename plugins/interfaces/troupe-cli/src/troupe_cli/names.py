"""Names on the command line, completed from what is installed without importing any of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from troupe_cli.lazy import meant
from troupe_cli.sessions import WITHOUT
from troupe_core.plugins import KINDS, built_in, hooks, installed

WRAPPER = "wrapper"
"""What goes around what others bring is called so, and has no records."""
ALSO = {"backend": "llm-backend", "prompts": "set-of-templates", "templates": "set-of-templates"}
"""Other words for kinds."""
TAKE_FILES = ("check",)
"""Commands that take a file where a plugin is named."""


def plugins() -> list[str]:
    """Of the installed plugins, and those of the core."""
    return sorted({found.origin.plugin for found in (*built_in(), *installed())})


def kinds() -> dict[str, str]:
    """What kinds are called in messages, by what they are called on the command line."""
    words = {kind.word.lower().replace(" ", "-"): kind.word for kind in KINDS}
    return words | {other: words[word] for other, word in ALSO.items()} | {WRAPPER: WRAPPER}


if TYPE_CHECKING:
    _Base = click.ParamType[str]
else:  # in click 8.1 it takes no type
    _Base = click.ParamType


class _Name(_Base):
    def known(self) -> Iterable[str]:
        raise NotImplementedError

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in self.known() if name.startswith(incomplete)]


class PluginName(_Name):
    """It is looked up by whoever takes it: files have names as well."""

    name = "plugin"

    def known(self) -> Iterable[str]:
        return plugins()

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = super().shell_complete(ctx, param, incomplete)
        return [_file(incomplete), *found] if ctx.info_name in TAKE_FILES else found


def places(incomplete: str) -> list[CompletionItem]:
    """What -p takes: a file, or a plugin that is left out."""
    if not incomplete.startswith(WITHOUT):
        return [_file(incomplete)]
    return [CompletionItem(name) for name in (f"{WITHOUT}{name}" for name in plugins()) if name.startswith(incomplete)]


def _file(incomplete: str) -> CompletionItem:
    """The shell itself knows files. It stands first: bash forgets what stands before it."""
    return CompletionItem(incomplete, type="file")


class Known(_Name):
    """One of few names; any other is wrong usage."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        known = list(self.known())
        if value not in known:
            self.fail(f"there is no {self.name} {value!r}{meant(value, known)}", param, ctx)
        return value


class HookName(Known):
    """One of the hooks."""

    name = "hook"

    def known(self) -> Iterable[str]:
        return hooks()


class KindName(Known):
    """One of the kinds, as its word in messages."""

    name = "kind"

    def known(self) -> Iterable[str]:
        return kinds()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return kinds()[super().convert(value, param, ctx)]
