"""What was found out, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from troupe_core import Results, Row
from troupe_core.llm import caution
from troupe_presenter import Lines, words_of
from troupe_study.tables import WIDEST, below, beside, in_all, short
from troupe_study.words import ANSWER, briefly

if TYPE_CHECKING:
    from troupe_study.outcome import Outcome

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

    table = next((made for widest in WIDEST if (made := beside([*rows(widest)], lines)) is not None), None)
    if table is None:
        table = [*below([*rows(None)], lines)]
    for failure in briefly(results.failures):
        table += lines.note(f"failed: {failure}")
    in_short = in_all(fields, results, groups, lines)
    return [*table, "", *in_short] if in_short else table


def _cell(row: Row, field: str, widest: int | None) -> str:
    value = row.get(field)
    if value is None:
        return "–"
    words = " ".join(words_of(value).split())
    cut = short(words, widest)
    return cut if field == ANSWER and row.asked else f"{cut} ({row.confidence[field]:.2f})"
