"""What is printed: for people a table, for others plain lines, for programs one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from shutil import get_terminal_size
from typing import Any

import click

COLOURS = {"ok": "green", "active": "green", "asleep": "dim", "skipped": "dim", "warning": "yellow"} | dict.fromkeys(
    ("failed", "problem"), "bold red"
)


NARROWEST = 14
"""Into so few columns the text of a cell may be folded, and still be read."""
GAP = 2
ASIDE = "why"
"""In a terminal, a last column that is called so stands below its row: it has long sentences, or nothing."""


def document(content: Mapping[str, Any]) -> None:
    """The one document that there is on stdout."""
    click.echo(json.dumps(_in_json(content), indent=2, ensure_ascii=False, allow_nan=False))


def _in_json(value: Any) -> Any:
    """JSON has no word for numbers that are none, or have no end: they are text in it."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _in_json(each) for key, each in value.items()}
    return [_in_json(each) for each in value] if isinstance(value, list | tuple) else value


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], whole: int = 1) -> None:
    """Rows below their headers. Where nobody looks on, each is one line, whole and without colours; in a terminal all
    but the first `whole` columns are folded, and where it is too narrow for that a row is a block of lines.
    """
    lines = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *lines, strict=True)]
    if not sys.stdout.isatty():
        for line in [[each.upper() for each in headers], *lines]:
            click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
        return
    aside = len(headers) - 1 if headers[-1] == ASIDE else len(headers)
    folded = _folded(widths[:aside], whole, get_terminal_size().columns - GAP * aside)
    if folded is None:
        _in_blocks(headers, lines)
    else:
        _in_colour(headers, lines, folded)


def _folded(widths: Sequence[int], whole: int, room: int) -> list[int] | None:
    """How wide columns are where there is so much room; None if they would be too narrow to be read."""
    made = list(widths)
    while sum(made) > room:
        widest = max(range(whole, len(made)), key=made.__getitem__, default=0)
        if widest < whole or made[widest] <= NARROWEST:
            return None
        made[widest] -= 1
    return made


def _in_blocks(headers: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    for first, *others in lines:
        click.secho(first, bold=True)
        for header, text in zip(headers[1:], others, strict=True):
            if text not in ("", "-"):
                click.echo(f"  {header}: {text}")


def _in_colour(headers: Sequence[str], lines: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text  # nothing that is printed is read as markup

    console = Console(width=get_terminal_size().columns)
    for number, line in enumerate([headers, *lines]):
        row = Table.grid(padding=(0, GAP, 0, 0))
        for width in widths:
            row.add_column(width=width, overflow="fold")
        texts = (Text(text, style=COLOURS.get(text, "") if number else "bold") for text in line)
        row.add_row(*(text for text, _ in zip(texts, widths, strict=False)))
        console.print(row)
        for text in line[len(widths) :] if number else ():
            if text:
                console.print(Padding(Text(text, style="dim"), (0, 0, 0, GAP)))


def said(value: Any) -> str:
    """A setting's value, in one line."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return str(value)
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
