"""Findings as rows: plain values, and beside each how far it can be trusted, and what shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

import attrs
import orjson

from troupe_core.errors import ArgumentError, by_reason
from troupe_core.events import Fact
from troupe_core.llm.response import Substitute, caution, substituted
from troupe_core.llm.structured import well_formed

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation

WIDEST = 40
"""Characters of one cell of a table."""


class Row(dict[str, Any]):
    """The values of one finding, by field: a dictionary, for whatever takes dictionaries. None: the transcript does not
    say.
    """

    __slots__ = ("asked", "confidence", "evidence", "mark", "of", "problems", "replicate", "substitute")

    def __init__(  # noqa: PLR0913 - whatever can be said of a finding
        self,
        values: Mapping[str, Any],
        *,
        of: str,
        confidence: Mapping[str, float],
        evidence: Mapping[str, tuple[Fact, ...]],
        problems: tuple[str, ...] = (),
        asked: str = "",
        replicate: int = 0,
        mark: str = "",
        substitute: Substitute | None = None,
    ) -> None:
        super().__init__(values)
        self.of = of
        """The name of the person or world that it is about."""
        self.confidence = confidence
        """By field, from 0 to 1."""
        self.evidence = evidence
        """By field, the events that show the value; each is in the transcript."""
        self.problems = problems
        """What was wrong with the finding as the extractor gave it."""
        self.asked = asked
        """The question, if it is an answer to one."""
        self.replicate = replicate
        """Which of several answers to the same question."""
        self.mark = mark
        """"rehearsal" if a puppet has answered, in what was read or when it was read: then it is no evidence."""
        self.substitute = substitute
        """That another model than the first of several has answered, in what was read or when it was read, and why."""

    def plain(self) -> dict[str, Any]:
        """Everything in it as plain data; evidence by id, and as it reads."""
        shown = {
            field: [{"id": fact.cite, "text": well_formed(str(fact))} for fact in facts]
            for field, facts in self.evidence.items()
        }
        asked = {"asked": well_formed(self.asked), "replicate": self.replicate} if self.asked else {}
        return {
            "of": self.of,
            **asked,
            "values": well_formed(dict(self)),
            "confidence": dict(self.confidence),
            "evidence": shown,
            "problems": list(self.problems),
            **marked(self.mark, self.substitute),
        }

    def record(self) -> dict[str, Any]:
        """Flat: whom it is of, what was asked, the values, the confidence of each, the mark, and the model that has
        answered instead of another.
        """
        asked = {"asked": self.asked, "replicate": self.replicate} if self.asked else {}
        sure = {f"{field}_confidence": confidence for field, confidence in self.confidence.items()}
        instead = {"substitute": self.substitute.model} if self.substitute is not None else {}
        return {"of": self.of, **asked, **self, **sure, **marked(self.mark), **instead}

    def __repr__(self) -> str:
        return f"<Row of {self.of}: {dict(self)}>"

    def _repr_html_(self) -> str:
        from troupe_core.findings.showing import of_row

        return of_row(self)


@attrs.frozen
class Unread:
    """Somebody from whose transcript nothing could be drawn, or who gave no answer, and why."""

    of: str
    error: Exception
    asked: str = ""
    """The question, if one was put."""

    @property
    def why(self) -> str:
        return f"{type(self.error).__name__}: {self.error}"

    def __str__(self) -> str:
        return f"{self.of}: {self.why}"

    def plain(self) -> dict[str, Any]:
        """Everything in it as plain data."""
        asked = {"asked": self.asked} if self.asked else {}
        return {"of": self.of, **asked, "error": self.why}


class Results(list[Row]):
    """The rows of several, in the order in which they were asked for, and `failures`: for whom there is none."""

    __slots__ = ("failures",)

    def __init__(self, rows: Iterable[Row] = (), failures: Iterable[Unread] = ()) -> None:
        super().__init__(rows)
        self.failures = tuple(failures)

    @classmethod
    def of(cls, came: Iterable[Row | Unread | None]) -> Results:
        """What came of each of several; None, if it was not begun."""
        each = list(came)
        return cls([row for row in each if isinstance(row, Row)], [none for none in each if isinstance(none, Unread)])

    @property
    def mark(self) -> str:
        """That of its rows, if one of them bears any."""
        return mark_of(self)

    @property
    def substituted(self) -> list[str]:
        """In words, how many of its rows rest on answers of another model than the first of several, and why."""
        return substituted((row.substitute for row in self), "rows", "rest on")

    def hopeless(self, simulation: Simulation) -> Exception | None:
        """Why nobody else could have come to more: an error that is everybody's, or everybody's own. None, if those for
        whom there is none are skipped.
        """
        skips = simulation.degradation.skips
        errors = [each.error for each in self.failures if not skips(each.error)]
        fatal = next((error for error in errors if getattr(error, "fatal", False)), None)
        return fatal or (errors[-1] if errors and not self else None)

    def remark_failures(self, simulation: Simulation, what: str) -> None:
        """Say for whom it failed, if for anybody."""
        if self.failures:
            more = f", and {len(self.failures) - 1} more" if len(self.failures) > 1 else ""
            simulation.remark(self.failures[0].of, f"{what} failed: {self.failures[0]}{more}")

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> Row: ...
    @overload
    def __getitem__(self, place: slice, /) -> Results: ...
    def __getitem__(self, place: SupportsIndex | slice, /) -> Row | Results:
        return (
            Results(super().__getitem__(place), self.failures)
            if isinstance(place, slice)
            else super().__getitem__(place)
        )

    def __add__(self, others: Iterable[Row]) -> Results:  # type: ignore[override]  # of rows alone
        failures = others.failures if isinstance(others, Results) else ()
        return Results([*self, *others], [*self.failures, *failures])

    def records(self) -> list[dict[str, Any]]:
        """A flat one for each row, for tables such as `pandas.DataFrame(results.records())`: whom it is of, what was
        asked, the values, the confidence of each, and the mark.
        """
        return [row.record() for row in self]

    def plain(self) -> dict[str, Any]:
        """Everything in it as plain data."""
        failures = well_formed([each.plain() for each in self.failures])
        return {"rows": [row.plain() for row in self], "failures": failures, **marked(self.mark)}

    def to_json(self) -> str:
        """The same as JSON."""
        return as_json(self.plain()).decode()

    def save_as_json(self, path: str | Path) -> None:
        """The same as a file."""
        save(path, as_json(self.plain()))

    def __str__(self) -> str:
        """A table: each value with its confidence. Then what failed, how many rows rest on another model's answers,
        and, in the last line, whether it is no evidence.
        """
        fields = list(dict.fromkeys(field for row in self for field in row))
        several, again = len({row.asked for row in self}) > 1, any(row.replicate for row in self)
        cells = [["", *["asked"] * several, *["replicate"] * again, *fields]]
        for row in self:
            asked = [*[_short(row.asked)] * several, *[str(row.replicate)] * again]
            cells.append([row.of, *asked, *(_cell(row, field) for field in fields)])
        widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells
        ]
        lines += [f"failed: {each}" for each in by_reason((each.of, each.why) for each in self.failures)]
        lines += self.substituted
        return "\n".join([*lines, caution(self.mark)] if self.mark else lines)

    def __repr__(self) -> str:
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return f"<Results: {len(self)} rows{failed}>"

    def _repr_html_(self) -> str:
        from troupe_core.findings.showing import of_results

        return of_results(self)


def as_json(value: Any) -> bytes:
    """As a person reads it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def save(path: str | Path, content: bytes) -> None:
    """Into a file, or an error that says what is in the way."""
    try:
        Path(path).expanduser().write_bytes(content)
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written: {error.strerror or error}") from None


def mark_of(rows: Iterable[Row]) -> str:
    """That of any of them."""
    return next((row.mark for row in rows if row.mark), "")


def marked(mark: str, substitute: Substitute | None = None) -> dict[str, Any]:
    """The mark, and who has answered instead of whom, as they stand in exports; nothing if there is neither."""
    shown: dict[str, Any] = {"mark": mark} if mark else {}
    return shown if substitute is None else {**shown, "substitute": substitute.plain()}


def _cell(row: Row, field: str) -> str:
    value = row.get(field)
    if value is None:
        return "–"
    words = "; ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
    return f"{_short(words)} ({row.confidence[field]:.2f})"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= WIDEST else words[: WIDEST - 1] + "…"
