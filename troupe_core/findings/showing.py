"""How findings, and what they are drawn from, show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from troupe_core.events import ACTION, OBSERVATION, STIMULUS, Fact
from troupe_core.findings.interactions import THOUGHTS, ends_of
from troupe_core.findings.transcript import who_and_what
from troupe_core.html import (
    MANY,
    SUBTLE,
    Html,
    bold,
    box,
    cut,
    in_words,
    line,
    more,
    opening,
    subtle,
    table,
    tag,
    text,
    value,
)
from troupe_core.llm.response import caution
from troupe_core.llm.structured import well_formed

if TYPE_CHECKING:
    from troupe_core.findings.rows import Results, Row
    from troupe_core.findings.transcript import Transcript
    from troupe_core.simulation.simulation import Simulation

NOTICEABLE = (STIMULUS, ACTION, OBSERVATION)
EVENT = 600
"""Characters of an event that are shown at once."""
LINES = 60
"""So many lines of a transcript are shown of more, most of them from its end."""


def latest(
    simulation: Simulation, things: Collection[str], most: int, kinds: Collection[str] = NOTICEABLE
) -> list[Fact]:
    """The last so many things that happened to these, by id."""
    found: list[Fact] = []
    for fact in reversed(simulation.facts):
        if fact.thing in things and fact.kind in kinds:
            found.append(fact)
            if len(found) == most:
                break
    return found[::-1]


def events(facts: Iterable[Fact], numbers: Mapping[bytes, int] | None = None, then: str | None = None) -> list[Html]:
    """A line for each; the time stands above where it is another than `then`, or has changed. `numbers` are those by
    which they are cited.
    """
    out: list[Html] = []
    for fact in facts:
        if fact.when is not None and fact.when != then:
            out.append(line(subtle(fact.when)))
            then = fact.when
        out.append(_event(fact, numbers.get(fact.id) if numbers else None))
    return out


def in_lines(lines: Iterable[str], mark: str = "") -> str:
    """The same as plain text: a line for each, and the mark in the last one."""
    text: str = well_formed("\n".join([*lines, f"({caution(mark)})"] if mark else lines))
    return text


def of_results(results: Results) -> str:
    """A table, each value with its confidence; behind each row what shows it. Then for whom there is none."""
    fields = list(dict.fromkeys(field for row in results for field in row))
    several, again = len({row.asked for row in results}) > 1, any(row.replicate for row in results)
    rows = [
        [
            cut(row.of),
            *[text(row.asked)] * several,
            *[str(row.replicate)] * again,
            *(_cell(row, field) if field in row else subtle("–") for field in fields),
            _evidence(dict.fromkeys(fact for facts in row.evidence.values() for fact in facts)),
        ]
        for row in results[:MANY]
    ]
    shown = [table(rows, ["", *["asked"] * several, *["replicate"] * again, *fields, "evidence"])] if rows else []
    problems = [_failed(row.of, problem, "problem") for row in results for problem in row.problems]
    failures = [_failed(each.of, each.why) for each in results.failures]
    instead = [line(subtle(each)) for each in results.substituted]
    last = [*more(len(results) - MANY), *_some(problems), *_some(failures), *instead]
    return box(*(shown or [line(subtle("no rows"))]), *last, mark=results.mark)


def of_row(row: Row) -> str:
    """A line for each field: the value, how sure it is, and what shows it."""
    rows = [[cut(field), _cell(row, field), _evidence(row.evidence.get(field, ()))] for field in row]
    asked = [line(text(row.asked))] if row.asked else []
    problems = _some([_failed(row.of, problem, "problem") for problem in row.problems])
    instead = [line(subtle(f"with {row.substitute}"))] if row.substitute is not None else []
    return box(line(bold(row.of)), *asked, table(rows, ["", "", "evidence"]), *problems, *instead, mark=row.mark)


def of_transcript(transcript: Transcript) -> str:
    """Its lines, with the numbers by which they are cited."""
    number, numbers = len(transcript), transcript.numbers
    first, last = (LINES // 4, LINES - LINES // 4) if number > LINES else (None, None)
    shown, head, left_out = ends_of(transcript.facts, first, last)
    title = line(bold(transcript.name), subtle(f" {number:,} line{'' if number == 1 else 's'}"))
    gap = [line(subtle(f"({left_out:,} lines are left out here)"))] if left_out else []
    whole = [*events(shown[:head], numbers), *gap, *events(shown[head:], numbers)]
    return box(title, *whole, *(line(subtle(each)) for each in transcript.substituted), mark=transcript.mark)


def _event(fact: Fact, number: int | None) -> Html:
    who, said = who_and_what(fact)
    cited = [subtle(f"[{number}] ")] if number is not None else []
    style = f"overflow-wrap:anywhere;{SUBTLE}" if fact.type in THOUGHTS else "overflow-wrap:anywhere"
    return tag("div", *cited, bold(who), " ", text(said, EVENT), style=style)


def _cell(row: Row, field: str) -> Html:
    given = row[field]
    if given is None:
        return subtle("–")
    sure = f"\N{NO-BREAK SPACE}{row.confidence[field]:.2f}" if field in row.confidence else ""
    return tag("span", value(given), tag("small", sure, style=SUBTLE))


def _evidence(facts: Iterable[Fact]) -> Html:
    """How many events show it, which open."""
    cited = list(facts)
    return opening(str(len(cited)), *events(cited[:MANY]), *more(len(cited) - MANY)) if cited else subtle("0")


def _failed(who: str, why: str, how: str = "failed") -> Html:
    return line(f"{how}: {cut(who)}: ", text(in_words(why)))


def _some(lines: list[Html]) -> list[Html]:
    return [*lines[:MANY], *more(len(lines) - MANY)]
