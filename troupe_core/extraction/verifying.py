"""From findings to rows: values are checked against their types, and evidence against the transcript, by the program.

The confidence of a value is what the extractor says, times the share of its citations that exist, and were read. A
value for which nothing is cited has at most `UNSUPPORTED`: it may still be right, as when somebody never speaks of the
price, but nothing shows it. A value that is None has none.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from troupe_core.errors import ArgumentError, PluginError
from troupe_core.events import Fact
from troupe_core.extraction.extractor import ExtractionTask
from troupe_core.findings.finding import Cited, Finding
from troupe_core.findings.rows import Row
from troupe_core.findings.transcript import Line, Transcript
from troupe_core.keys import plain
from troupe_core.llm.response import Substitute

UNSUPPORTED = 0.5


def verified(
    task: ExtractionTask, finding: object, who: str, mark: str = "", substitute: Substitute | None = None
) -> Row:
    """The finding as far as it holds. `who` made it, for the errors' sake; `mark` and `substitute` are those of the
    answers it took.
    """
    if not isinstance(finding, Finding):
        raise PluginError(f"{who} gave {finding!r} for {task.of}; extract() has to return a list of Findings")
    _check_shapes(task, finding, who)
    values = _values(task, finding, who)
    stray = sorted({*finding.confidence, *finding.evidence} - set(values))
    if stray:
        raise PluginError(f"{who} gave confidence or evidence for {stray[0]!r} of {task.of}, and no such value")
    evidence: dict[str, tuple[Fact, ...]] = {}
    confidence: dict[str, float] = {}
    problems: list[str] = []
    for field, value in values.items():
        cited = list(finding.evidence.get(field, ()))
        found = _found(task.transcript, cited, finding.seen)
        wrong = len(cited) - sum(1 for each in found if each is not None)
        if wrong:
            why = "do not exist" if finding.seen is None else "do not exist, or were not read"
            problems.append(f"{field}: {wrong} of {len(cited)} lines that were cited {why}, and are left out")
        numbers = sorted({number for number in found if number is not None})
        evidence[field] = tuple(task.transcript.facts[number - 1] for number in numbers)
        confidence[field] = _confidence(_stated(finding.confidence, field, who), value, len(cited), wrong)
    return Row(
        values,
        of=task.of,
        confidence=confidence,
        evidence=evidence,
        problems=tuple(problems),
        mark=mark or task.transcript.mark,
        substitute=substitute or task.transcript.substitute,
    )


def _check_shapes(task: ExtractionTask, finding: Finding, who: str) -> None:
    for name in ("values", "confidence", "evidence"):
        given = getattr(finding, name)
        if not isinstance(given, Mapping) or not all(isinstance(field, str) for field in given):
            raise PluginError(f"{who} gave {given!r} as {name} for {task.of}; it has to be a mapping from fields")
    for field, cited in finding.evidence.items():
        if not isinstance(cited, Sequence) or isinstance(cited, str | bytes):
            raise PluginError(
                f"{who} gave {cited!r} as evidence for {field!r} of {task.of}; it has to be a list of lines, of events "
                "or of numbers of lines"
            )


def _confidence(stated: float, value: Any, cited: int, wrong: int) -> float:
    if value is None:
        return 0.0
    return min(stated, UNSUPPORTED) if not cited else stated * (cited - wrong) / cited


def _stated(confidence: Mapping[str, float], field: str, who: str) -> float:
    stated = confidence.get(field, 1.0)
    if not isinstance(stated, int | float) or not 0 <= stated <= 1:
        raise PluginError(f"{who} is {stated!r} sure of {field!r}; a confidence is a number from 0 to 1")
    return float(stated)


def _values(task: ExtractionTask, finding: Finding, who: str) -> dict[str, Any]:
    """All that were asked for, each of its type; also others, if the extractor has more to say."""
    values: dict[str, Any] = dict.fromkeys(task.fields.names)
    values.update(finding.values)
    for field in task.fields.fields:
        try:
            values[field.name] = msgspec.convert(values[field.name], field.type | None)
        except msgspec.ValidationError as error:
            raise PluginError(f"{who}: the field {field.name!r} of {task.of} is to be {field.words}: {error}") from None
    try:
        return {field: plain(value, field) for field, value in values.items()}
    except ArgumentError as error:
        raise PluginError(f"{who} gave a value for {task.of} that is no plain data: {error}") from error


def _found(transcript: Transcript, cited: Iterable[Cited], seen: Container[int] | None) -> list[int | None]:
    """The number of each line that is cited, or None if no such line of this transcript has been read."""
    numbers = [_number(transcript, each) for each in cited]
    return numbers if seen is None else [number if number in seen else None for number in numbers]


def _number(transcript: Transcript, cited: Cited) -> int | None:
    if isinstance(cited, Line):
        cited = cited.fact
    if isinstance(cited, Fact):
        return transcript.numbers.get(cited.id)
    return cited if type(cited) is int and 1 <= cited <= len(transcript) else None
