"""What was found out, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from troupe_core import Results, Row
from troupe_core.llm import caution
from troupe_presenter import Lines, cells, showable
from troupe_study.outputs.counting import compared
from troupe_study.outputs.text import words_of
from troupe_study.words import ANSWER

if TYPE_CHECKING:
    from troupe_study.running import Outcome

WIDEST = 40
"""Characters of one cell."""
BETWEEN = 2
"""Columns between two cells."""
ANYWHERE = Lines(width=1000)
"""Where nobody knows what it will be shown in."""


def as_text(outcome: Outcome, lines: Lines = ANYWHERE) -> str:
    """Findings, the answers to each question, how groups differ; and whether it is evidence."""
    study, groups = outcome.study, outcome.groups
    parts: list[list[str]] = []
    if study.findings is not None and outcome.results is not None:
        parts.append(_table([*study.findings.fields], study.findings.fields, outcome.results, groups, lines))
    for question, results in zip(study.ask, outcome.answers, strict=False):
        table = _table([ANSWER, *question.fields], question.fields, results, groups, lines)
        parts += [lines.note(question.question), table]
    if outcome.mark:
        parts.append(lines.note(caution(outcome.mark)))
    return "\n\n".join("\n".join(part) for part in parts)


def _table(
    columns: Sequence[str], fields: Mapping[str, Any], results: Results, groups: Mapping[str, str], lines: Lines
) -> list[str]:
    shared = [] if not groups else ["group"]
    found = [["", *shared, *columns]]
    for row in results:
        group = [groups.get(row.of, "–")] * len(shared)
        found.append([row.of, *group, *(_cell(row, name) for name in columns)])
    table = [*_aligned(found, lines)]
    for failure in results.failures:
        table += lines.note(f"failed: {failure}")
    rows = compared(fields, results, groups)
    return [*table, "", *_aligned(rows, lines)] if rows else table


def _cell(row: Row, field: str) -> str:
    value = row.get(field)
    if value is None:
        return "–"
    words = " ".join(words_of(value).split())
    short = words if len(words) <= WIDEST else f"{words[: WIDEST - 1]}…"
    return short if field == ANSWER and row.asked else f"{short} ({row.confidence[field]:.2f})"


def _aligned(rows: Sequence[Sequence[str]], lines: Lines) -> Iterator[str]:
    """Beside one another; where there is no room for that, one below the other."""
    table = [[showable(cell, lines.encoding) for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    if sum(widths) + BETWEEN * (len(widths) - 1) <= lines.width:
        for row in table:
            yield (" " * BETWEEN).join(f"{c}{' ' * (w - cells(c))}" for c, w in zip(row, widths, strict=True)).rstrip()
        return
    names, *others = table
    for row in others:
        yield from lines.note(row[0])
        for name, cell in zip(names[1:], row[1:], strict=True):
            yield from lines.entry(name, cell) if name else lines.entry(cell, "")
