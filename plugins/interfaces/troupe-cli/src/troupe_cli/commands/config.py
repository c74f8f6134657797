"""`troupe config …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from troupe_cli import printing
from troupe_cli.describing import setting
from troupe_cli.program import DONE, FOUND
from troupe_cli.saying import say
from troupe_cli.sessions import Session, session
from troupe_core import SecretError, SecretRef, TroupeError
from troupe_core.config import FileSource, Layers, Setting, listed
from troupe_core.plugins import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from troupe_core import Runtime

NOT_SHOWN = "(not shown: what it is for could not be loaded)"


@click.group(no_args_is_help=True)
def config() -> None:
    """What is set, and where."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(as_json: bool) -> int:
    """Every setting that counts: its value, and where it was said.

    Tables of plugins too. Of secrets it shows where they are. Exits with 1 if a plugin, or a table of one, cannot be
    used; then text in such a table is not shown, for whether it is a secret is not known.
    """
    found, problems = settings(session())
    if as_json:
        files = [each.name for each in session().layers().sources if isinstance(each, FileSource)]
        printing.document(
            {"file": next(iter(files), None), "settings": [setting(each) for each in found], "problems": problems}
        )
    else:
        printing.table(
            ("setting", "value", "said in"),
            [(each.name, printing.said(each.value), each.place) for each in found],
        )
        for problem in problems:
            say(problem)
    return FOUND if problems else DONE


def settings(session: Session) -> tuple[list[Setting], list[str]]:
    """All that count, and what is wrong with plugins and their tables. A mistake in what is ours is raised."""
    layers = session.layers()
    own = list(listed(layers.config(), layers, leave_out="settings"))
    try:
        runtime = session.runtime(quietly=True)
    except TroupeError as error:
        return own + list(_as_written(layers)), [str(error)]
    tables, problems = _tables(runtime)
    return own + tables, [*map(str, runtime.failures), *problems]


def _tables(runtime: Runtime) -> tuple[list[Setting], list[str]]:
    found: list[Setting] = []
    problems = []
    records = (runtime.registry.records(kind.record) for kind in KINDS)
    for name in sorted({*runtime.plugins.origins, *(name for each in records for name in each.names())}):
        try:
            found += runtime.settings(name)
        except TroupeError as error:
            problems.append(str(error))
    return found, problems


def _as_written(layers: Layers) -> Iterator[Setting]:
    """The tables of plugins, when nobody can say what they mean."""
    names = {name for source in layers.sources for name in source.data.get("settings", {})}
    for name in sorted(names):
        yield from _values(layers.table(name), ("settings", name), layers)


def _values(table: Mapping[str, Any], within: tuple[str, ...], layers: Layers) -> Iterator[Setting]:
    for key, value in table.items():
        path = (*within, key)
        if isinstance(value, dict):
            yield from _values(value, path, layers)
        else:
            yield Setting(path, "unknown", _harmless(value), None, layers.place(path))


def _harmless(value: Any) -> Any:
    """What cannot be a secret is shown."""
    if isinstance(value, bool | int | float):
        return value
    try:
        return SecretRef(value).place
    except SecretError:
        return NOT_SHOWN
