"""`troupe show`: what a study came to, to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import click
import orjson

from troupe_core import ArgumentError, JournalError, Row, Spent
from troupe_core.llm import billionths, caution
from troupe_presenter import Lines, harmless, json_text, together
from troupe_presenter.lines import BOLD, RED, YELLOW
from troupe_study.results import ACTION, Event, Left, left_in, somebody
from troupe_study.screen import put, screen
from troupe_study.tables import in_all
from troupe_study.words import ANSWER, THOUGHT, briefly, counted, listed

STIMULUS = "stimulus"
PICTURE, MOST_IN_A_PICTURE = 100, 200
"""Columns of a picture, and so many lines at most."""
_ROUNDS = re.compile(r"(\d{1,9})(?:(-)(\d{1,9})?)?")


@click.command()
@click.argument("folder", type=click.Path())
@click.option(
    "--person", "people", metavar="NAME", multiple=True, help="Only what this person did or was told; may be repeated."
)
@click.option("--round", "rounds", metavar="N|N-M", help="Only this round, or these.")
@click.option(
    "--kind",
    "kinds",
    metavar="KIND",
    multiple=True,
    help="Only events of this kind or type, such as TALK; may be repeated.",
)
@click.option("--thoughts", is_flag=True, help="Show what people think, too.")
@click.option("--findings", "only", flag_value="findings", help="Only what was found out.")
@click.option("--transcript", "only", flag_value="transcript", help="Only what happened.")
@click.option("--cost", "only", flag_value="cost", help="Only what it cost, and what was saved.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the events as JSON lines; with --findings or --cost, their rows."
)
@click.option(
    "--svg", metavar="FILE", type=click.Path(dir_okay=False), help="Draw what would be shown, as an SVG picture."
)
def show(
    folder: str,
    *,
    people: tuple[str, ...],
    rounds: str | None,
    kinds: tuple[str, ...],
    thoughts: bool,
    only: str | None,
    as_json: bool,
    svg: str | None,
) -> int:
    """Show what a study came to: who said what, and what was found out.

    FOLDER is what `troupe run` has left, or the study's file beside it. Nobody is asked, and nothing is written but the
    picture, if one is wanted; what is there and no picture is not overwritten.
    """
    left = left_in(folder)
    wanted = Wanted.of(left, people, rounds, kinds, thoughts)
    if as_json:
        _as_json(left, wanted, only)
    elif svg is not None:
        _draw(Path(svg).expanduser(), left, wanted, only)
    else:
        put(_shown(left, wanted, only, screen()))
    return 0


@attrs.frozen
class Wanted:
    """Which events are to be shown."""

    people: frozenset[str]
    rounds: range | None
    kinds: frozenset[str]
    thoughts: bool

    @classmethod
    def of(cls, left: Left, people: Sequence[str], rounds: str | None, kinds: Sequence[str], thoughts: bool) -> Wanted:
        """As it was said, or an error that tells what there is."""
        names = left.people
        if people:
            reached = (event.target for event in left.events)
            names = list(dict.fromkeys([*names, *(name for name in reached if name)]))
        there = {name.casefold(): name for event in left.events for name in (event.type, event.kind)} if kinds else {}
        for kind in kinds:
            if kind.casefold() not in there:
                raise ArgumentError(
                    f"--kind {kind}: no event is of that kind; there are {listed(sorted(there.values()), 20) or 'none'}"
                )
        return cls(
            frozenset(somebody(name, names, left.title) for name in people),
            _rounds(left, rounds) if rounds is not None else None,
            frozenset(kind.casefold() for kind in kinds),
            thoughts or THOUGHT.casefold() in map(str.casefold, kinds),
        )

    def has(self, event: Event) -> bool:
        if not self.thoughts and event.type == THOUGHT and event.kind == ACTION:
            return False
        told_to_all = event.kind == STIMULUS and not event.target
        if self.people and not (told_to_all or {event.source, event.target} & self.people):
            return False
        if self.rounds is not None and event.round not in self.rounds:
            return False
        return not self.kinds or event.type.casefold() in self.kinds or event.kind.casefold() in self.kinds


def _rounds(left: Left, wanted: str) -> range:
    found = _ROUNDS.fullmatch(wanted.strip())
    made = [event.round for event in left.events if event.round is not None]
    if not made:
        raise ArgumentError(
            f"--round {wanted}: the transcript does not tell rounds. If an earlier version wrote it, run the study "
            "again: that asks nobody, and writes it anew"
        )
    if found is None:
        raise ArgumentError(
            f"--round {wanted}: write a number, or two as in 2-4; there are the rounds 1 to {max(made)}"
        )
    first = int(found[1])
    last = int(found[3]) if found[3] else max(made) if found[2] else first
    if last < first:
        raise ArgumentError(f"--round {wanted}: the first of them comes after the last; write {last}-{first}")
    if first < 1 or first > max(made):
        raise ArgumentError(f"--round {wanted}: there are the rounds 1 to {max(made)}")
    return range(first, last + 1)


def _as_json(left: Left, wanted: Wanted, only: str | None) -> None:
    encoding = screen().encoding
    if only == "findings":
        rows = [row for name, _, found in _found(left) for row in _rows(found, wanted)]
        put(json_text(row, encoding) for row in rows)
        return
    if only == "cost":
        ledger = left.ledger
        put(json_text(record, encoding) for record in (ledger.records() if ledger is not None else ()))
        return
    lines = (line.decode() for event, line in zip(left.events, left.written, strict=True) if wanted.has(event))
    put(line if harmless(line, encoding) else json_text(orjson.loads(line), encoding) for line in lines)


def _draw(path: Path, left: Left, wanted: Wanted, only: str | None) -> None:
    from troupe_study.picture import picture

    lines = Lines(PICTURE, colours=True)
    shown = list(_shown(left, wanted, only, lines))
    more = len(shown) - MOST_IN_A_PICTURE
    if more > 0:
        shown = [*shown[:MOST_IN_A_PICTURE], *lines.note(f"… and {counted(more, 'line')} more")]
    try:
        if path.exists() and not path.read_bytes().lstrip().startswith(b"<svg"):
            raise ArgumentError(f"{path} is there already and is no picture: it was left as it is; name another file")
        path.write_text(picture(shown, left.title, lines.width), encoding="utf-8")
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written: {error.strerror or error}") from None
    click.echo(f"{path}: {counted(len(shown), 'line')}")


# -- lines ------------------------------------------------------------------------------------------------------------


def _shown(left: Left, wanted: Wanted, only: str | None, lines: Lines) -> Iterator[str]:
    yield from _head(left, lines)
    if only not in ("findings", "cost"):
        yield from _transcript(left, wanted, lines)
    if only == "findings" or (only is None and wanted.rounds is None and not wanted.kinds):
        yield from _findings(left, wanted, lines)
    if only == "cost" or (only is None and not (wanted.people or wanted.kinds or wanted.rounds is not None)):
        yield from _cost(left, lines, asked=only == "cost")
    for failure in briefly(left.study.get("failures", ())):
        yield from lines.note(f"failed: {failure}", RED)


def _head(left: Left, lines: Lines) -> Iterator[str]:
    yield from lines.note(left.title, BOLD)
    names, asked = left.people, left.study.get("asked", ())
    yield from lines.note(f"{counted(len(names), 'person')}: {listed(names)}" if names else "nobody has done anything")
    spent = {
        key: sum(run[key] for run in left.runs if isinstance(run.get(key), int))
        for key in ("calls", "tokens_in", "tokens_out")
    }
    took = (
        f"{counted(len(left.runs), 'run')}: {counted(spent['calls'], 'call')}, {spent['tokens_in']:,} tokens in, "
        f"{spent['tokens_out']:,} out{_paid(left.runs)}"
    )
    told = [*([", ".join(map(str, asked))] if asked else []), *([took] if left.runs else [])]
    if told:
        yield from lines.note("; ".join(told))
    if left.mark:
        yield from lines.note(caution(left.mark), YELLOW)
    for told_once in left.study.get("substituted", ()):
        yield from lines.note(told_once, YELLOW)
    for remark in left.remarks:
        yield from lines.note(remark, YELLOW)


def _paid(runs: Sequence[Mapping[str, Any]]) -> str:
    """What all of them have cost, if they tell."""
    told = [run["money"] for run in runs if isinstance(run.get("money"), int | float)]
    unpriced = [run["unpriced_calls"] for run in runs if isinstance(run.get("unpriced_calls"), int)]
    priced = Spent(cost=billionths(sum(told)), unpriced=sum(unpriced)).priced
    return f", {priced}" if priced else ""


def _transcript(left: Left, wanted: Wanted, lines: Lines) -> Iterator[str]:
    then: tuple[Any, Any] = (None, None)
    of, has = lines.of, wanted.has
    count = 0
    for event in _together(event for event in left.events if has(event)):
        now = (event.round, event.when)
        if now != then:
            yield ""
            if any(now):
                told = [f"round {now[0]}" if now[0] else "afterwards", *([str(now[1])] if now[1] else [])]
                yield lines.rule(", ".join(told))
            then = now
        count += 1
        yield from of(event.plain(), thoughts=wanted.thoughts)
    if not count and (left.events or not left.questions):
        yield from ("", *lines.note("nothing of that kind has happened" if left.events else "nothing has happened"))


def _together(events: Iterable[Event]) -> Iterator[Event]:
    """What several perceive is said to be for those."""
    for first, *others in together(events):
        if others:
            first.target = listed([each.target or each.thing for each in (first, *others)], 4)
        yield first


def _found(left: Left) -> Iterator[tuple[str, Sequence[str], Mapping[str, Any]]]:
    """What was found out: what was asked, the fields of it, and rows."""
    found = left.findings
    if found:
        yield found.get("objective", ""), list(found.get("fields", ())), found
    for question in left.questions:
        yield question["question"], [ANSWER, *question.get("fields", ())], question


def _rows(found: Mapping[str, Any], wanted: Wanted) -> list[Mapping[str, Any]]:
    return [row for row in found["rows"] if not wanted.people or row["of"] in wanted.people]


def _findings(left: Left, wanted: Wanted, lines: Lines) -> Iterator[str]:
    for asked, fields, found in _found(left):
        yield from ("", lines.rule(asked))
        rows = _rows(found, wanted)
        for row in rows:
            group = f" ({row['group']})" if row.get("group") else ""
            yield from lines.note(f"{row['of']}{group}", BOLD)
            for field in fields:
                value, sure = row["values"].get(field), row.get("confidence", {}).get(field)
                words = "–" if value is None else _words(value)
                known = f" ({sure:.2f})" if value is not None and sure is not None and field != ANSWER else ""
                yield from lines.entry(field, f"{words}{known}")
        for failure in found.get("failures", ()):
            yield from lines.note(f"no findings of {failure['of']}: {failure['error']}", RED)
        in_short = _in_all(found, rows, lines)
        yield from ("", *in_short) if in_short else ()


def _in_all(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], lines: Lines) -> list[str]:
    """What these rows come to; nothing, if somebody has written values into them that cannot be counted."""
    groups = {row["of"]: row["group"] for row in rows if row.get("group")}
    read = [Row(row["values"], of=row["of"], confidence={}, evidence={}) for row in rows]
    try:
        return in_all(found.get("fields", {}), read, groups, lines)
    except (ArgumentError, TypeError, ValueError):
        return []


def _cost(left: Left, lines: Lines, *, asked: bool) -> Iterator[str]:
    """Where calls and money went, by purpose and model, in all runs together."""
    try:
        ledger = left.ledger
    except JournalError as error:
        yield from lines.note(f"what it cost cannot be read: {error}", YELLOW)
        return
    if not ledger:
        if asked:
            yield from lines.note("no model was asked" if ledger is not None else "there is no journal that could tell")
        return
    shown = ledger.by("purpose", "model")
    yield from ("", lines.rule("what it cost"))
    for row in shown:
        yield from lines.entry(" · ".join(filter(None, (row.purpose, row.model))), str(row))
    if len(shown) > 1:
        yield from lines.entry("in all", str(ledger.total))


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
