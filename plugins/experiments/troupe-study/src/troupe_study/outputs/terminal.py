"""What was found out, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from troupe_core import Results, Row
from troupe_core.llm import caution
from troupe_study.mistakes import ANSWER
from troupe_study.outputs.counting import compared
from troupe_study.outputs.text import words_of

if TYPE_CHECKING:
    from troupe_study.running import Outcome

WIDEST = 40
"""Characters of one cell."""


def as_text(outcome: Outcome) -> str:
    """Findings, the answers to each question, how groups differ; and whether it is evidence."""
    study, groups = outcome.study, outcome.groups
    parts = []
    if study.findings is not None and outcome.results is not None:
        parts.append(_table([*study.findings.fields], study.findings.fields, outcome.results, groups))
    for question, results in zip(study.ask, outcome.answers, strict=False):
        table = _table([ANSWER, *question.fields], question.fields, results, groups)
        parts.append(f"{question.question}\n\n{table}")
    if outcome.mark:
        parts.append(caution(outcome.mark))
    return "\n\n".join(parts)


def _table(columns: Sequence[str], fields: Mapping[str, Any], results: Results, groups: Mapping[str, str]) -> str:
    shared = [] if not groups else ["group"]
    cells = [["", *shared, *columns]]
    for row in results:
        group = [groups.get(row.of, "–")] * len(shared)
        cells.append([row.of, *group, *(_cell(row, name) for name in columns)])
    lines = [*_aligned(cells), *(f"failed: {failure}" for failure in results.failures)]
    rows = compared(fields, results, groups)
    return "\n".join([*lines, "", *_aligned(rows)] if rows else lines)


def _cell(row: Row, field: str) -> str:
    value = row.get(field)
    if value is None:
        return "–"
    words = " ".join(words_of(value).split())
    short = words if len(words) <= WIDEST else f"{words[: WIDEST - 1]}…"
    return short if field == ANSWER and row.asked else f"{short} ({row.confidence[field]:.2f})"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
