"""Where a plugin has failed."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from troupe_cli.sessions import Session
    from troupe_cli.survey import Surveyed
    from troupe_core.plugins import Origin


def place(error: BaseException | None, origin: Origin) -> str:
    """The innermost line of the plugin's own code that the error has come through, as file:line; nothing, if it has
    come through none.
    """
    found = ""
    for each in _chain(error):
        for frame, line in traceback.walk_tb(each.__traceback__):
            if _is_of(str(frame.f_globals.get("__name__", "")), origin):
                found = f"{frame.f_code.co_filename}:{line}"
        if isinstance(each, SyntaxError) and each.filename:  # whose line has not been run
            found = f"{each.filename}:{each.lineno}"
    return found


def _is_of(module: str, origin: Origin) -> bool:
    own = origin.module.partition(".")[0] if origin.installed else origin.module
    return bool(own) and (module == own or module.startswith(f"{own}."))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, then what has led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def show_tracebacks(session: Session, plugins: Iterable[Surveyed]) -> None:
    """On stderr, those of plugins that have failed, if they are wanted."""
    for each in plugins if session.traceback else ():
        if each.error is not None:
            lines = "".join(traceback.format_exception(each.error))
            click.echo(f"{each.origin}:\n{session.runtime().without_secrets(lines)}", err=True)
