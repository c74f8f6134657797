"""Names on the command line, completed from what is installed without importing any of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from troupe_cli.lazy import meant
from troupe_core.plugins import KINDS, built_in, hooks, installed


def plugins() -> list[str]:
    """Of the installed plugins, and those of the core."""
    return sorted({found.origin.plugin for found in (*built_in(), *installed())})


def kinds() -> dict[str, str]:
    """What kinds are called in messages, by what they are called on the command line."""
    return {kind.word.lower().replace(" ", "-"): kind.word for kind in KINDS}


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


class _Known(_Name):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        known = list(self.known())
        if value not in known:
            self.fail(f"there is no {self.name} {value!r}{meant(value, known)}", param, ctx)
        return value


class HookName(_Known):
    """One of the hooks."""

    name = "hook"

    def known(self) -> Iterable[str]:
        return hooks()


class KindName(_Known):
    """One of the kinds, as its word in messages."""

    name = "kind"

    def known(self) -> Iterable[str]:
        return kinds()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return kinds()[super().convert(value, param, ctx)]
