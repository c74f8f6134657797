"""Tables in a terminal. `troupe show` needs them too, so that nothing here loads what runs a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troupe_core import Row
from troupe_presenter import Lines, cells, showable
from troupe_study.counting import summary

WIDEST = (40, 32, 24)
"""Characters of one cell, by the room that there is; where none will do, whole cells stand below one another."""
NARROW = 16
"""Characters of the values and groups that are counted, at least."""
BETWEEN = 2
"""Columns between two cells."""


def in_all(fields: Mapping[str, Any], results: Sequence[Row], groups: Mapping[str, str], lines: Lines) -> list[str]:
    """What it comes to, by group where there are groups; nothing, where that is no more than the rows say."""
    rows = summary(fields, results, groups)
    if not rows:
        return []
    shortened = ([[short(cell, widest) for cell in row] for row in rows] for widest in (*WIDEST, NARROW))
    clear = (each for each in shortened if _named(each) == _named(rows))
    table = next((made for each in clear if (made := beside(each, lines)) is not None), None)
    return table if table is not None else [*below(rows, lines)]


def _named(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many groups, and how many values, can be told from one another."""
    return len({*rows[0]}), len({(field, value) for field, value, *_ in rows})


def short(words: str, widest: int | None) -> str:
    """At most so many characters of it."""
    return words if widest is None or len(words) <= widest else f"{words[: widest - 1]}…"


def beside(rows: Sequence[Sequence[str]], lines: Lines) -> list[str] | None:
    """Cells beside one another; nothing, if there is no room for that."""
    table = [[showable(cell, lines.encoding) for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    if sum(widths) + BETWEEN * (len(widths) - 1) > lines.width:
        return None
    between = " " * BETWEEN
    return [
        between.join(f"{c}{' ' * (w - cells(c))}" for c, w in zip(row, widths, strict=True)).rstrip() for row in table
    ]


def below(rows: Sequence[Sequence[str]], lines: Lines) -> Iterator[str]:
    """One below the other, by whose they are."""
    names, *others = rows
    for row in others:
        yield from lines.note(row[0])
        for name, cell in zip(names[1:], row[1:], strict=True):
            yield from lines.entry(name, cell) if name else lines.entry(cell, "")
