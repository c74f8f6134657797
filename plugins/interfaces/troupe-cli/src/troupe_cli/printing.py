"""What is printed: for people a table, for others plain lines, for programs one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

COLOURS = {"ok": "green", "active": "green", "asleep": "dim", "skipped": "dim", "warning": "yellow"} | dict.fromkeys(
    ("failed", "problem"), "bold red"
)


def document(content: Mapping[str, Any]) -> None:
    """The one document that there is on stdout."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows below their headers. Where nobody looks on, each is one line, whole and without colours."""
    lines = [list(row) for row in rows]
    if sys.stdout.isatty():
        _in_colour(headers, lines)
        return
    widths = [max(len(line[at]) for line in [list(headers), *lines]) for at in range(len(headers))]
    for line in [[each.upper() for each in headers], *lines]:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _in_colour(headers: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text  # nothing that is printed is read as markup

    made = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        made.add_column(header, overflow="fold")
    for line in lines:
        made.add_row(*(Text(text, style=COLOURS.get(text, "")) for text in line))
    Console().print(made)


def said(value: Any) -> str:
    """A setting's value, in one line."""
    if value is None:
        return "-"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
