"""What was found out, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from troupe_core import Results, Row
from troupe_core.llm import caution
from troupe_presenter import Lines, cells, showable, words_of
from troupe_study.outputs.counting import summary
from troupe_study.words import ANSWER, briefly

if TYPE_CHECKING:
    from troupe_study.outcome import Outcome

WIDEST = (40, 32, 24)
"""Characters of one cell, by the room that there is; where none will do, whole cells stand below one another."""
NARROW = 16
"""Characters of the values and groups that are counted, at least."""
BETWEEN = 2
"""Columns between two cells."""
ANYWHERE = Lines(width=1000)
"""Where nobody knows what it will be shown in."""


def as_text(outcome: Outcome, lines: Lines = ANYWHERE) -> str:
    """Findings, the answers to each question, what each table comes to; and whether it is evidence."""
    study, groups = outcome.study, outcome.groups
    parts: list[list[str]] = []
    if study.findings is not None and outcome.results is not None:
        parts.append(_table([*study.findings.fields], study.findings.fields, outcome.results, groups, lines))
    for question, results in zip(study.ask, outcome.answers, strict=False):
        table = _table([ANSWER, *question.fields], question.fields, results, groups, lines)
        parts += [lines.note(question.question), table]
    if outcome.substituted:
        parts.append([line for told in outcome.substituted for line in lines.note(told)])
    if outcome.mark:
        parts.append(lines.note(caution(outcome.mark)))
    return "\n\n".join("\n".join(part) for part in parts)


def _table(
    columns: Sequence[str], fields: Mapping[str, Any], results: Results, groups: Mapping[str, str], lines: Lines
) -> list[str]:
    shared = [] if not groups else ["group"]

    def rows(widest: int | None) -> Iterator[list[str]]:
        yield ["", *shared, *columns]
        for row in results:
            group = [groups.get(row.of, "–")] * len(shared)
            yield [row.of, *group, *(_cell(row, name, widest) for name in columns)]

    beside = next((made for widest in WIDEST if (made := _beside([*rows(widest)], lines)) is not None), None)
    table = beside if beside is not None else [*_below([*rows(None)], lines)]
    for failure in briefly(results.failures):
        table += lines.note(f"failed: {failure}")
    in_short = in_all(fields, results, groups, lines)
    return [*table, "", *in_short] if in_short else table


def in_all(fields: Mapping[str, Any], results: Sequence[Row], groups: Mapping[str, str], lines: Lines) -> list[str]:
    """What it comes to, by group where there are groups; nothing, where that is no more than the rows say."""
    rows = summary(fields, results, groups)
    if not rows:
        return []
    shortened = ([[_short(cell, widest) for cell in row] for row in rows] for widest in (*WIDEST, NARROW))
    beside = next((made for each in shortened if (made := _beside(each, lines)) is not None), None)
    return beside if beside is not None else [*_below(rows, lines)]


def _cell(row: Row, field: str, widest: int | None) -> str:
    value = row.get(field)
    if value is None:
        return "–"
    words = " ".join(words_of(value).split())
    short = _short(words, widest)
    return short if field == ANSWER and row.asked else f"{short} ({row.confidence[field]:.2f})"


def _short(words: str, widest: int | None) -> str:
    return words if widest is None or len(words) <= widest else f"{words[: widest - 1]}…"


def _beside(rows: Sequence[Sequence[str]], lines: Lines) -> list[str] | None:
    """Cells beside one another; nothing, if there is no room for that."""
    table = [[showable(cell, lines.encoding) for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    if sum(widths) + BETWEEN * (len(widths) - 1) > lines.width:
        return None
    between = " " * BETWEEN
    return [
        between.join(f"{c}{' ' * (w - cells(c))}" for c, w in zip(row, widths, strict=True)).rstrip() for row in table
    ]


def _below(rows: Sequence[Sequence[str]], lines: Lines) -> Iterator[str]:
    """One below the other, by whose they are."""
    names, *others = rows
    for row in others:
        yield from lines.note(row[0])
        for name, cell in zip(names[1:], row[1:], strict=True):
            yield from lines.entry(name, cell) if name else lines.entry(cell, "")
