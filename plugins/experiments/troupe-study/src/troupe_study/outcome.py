"""What a run of a study came to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from troupe_core import Ledger, People, Results, Spent, Substitute, TinyWorld, Transcript
from troupe_core.llm import substituted
from troupe_study.outputs import as_text
from troupe_study.study import Study


@attrs.frozen
class Missed:
    """A turn that somebody did not have."""

    who: str
    why: str
    round: int
    after: int
    """So many lines of the transcript stand before it."""


@attrs.frozen
class Place:
    """Where in the study something has happened; both are counted from 1. What people react to is part of the round
    that follows it; where nobody has a turn, of none.
    """

    stimulus: int
    round: int | None


@attrs.frozen(eq=False, repr=False)
class Outcome:
    """What a run came to. Its people and its world can still be read."""

    study: Study
    folder: Path
    people: People
    world: TinyWorld
    transcript: Transcript
    results: Results | None
    """The findings, if any were wanted."""
    answers: tuple[Results, ...]
    """To each `[[ask]]`, in order."""
    groups: Mapping[str, str]
    """The group of each of the people who is in one, by name."""
    failures: tuple[str, ...]
    """Who did not come, could not act, be asked or be read, and why."""
    missed: tuple[Missed, ...]
    """Turns that failed for good, and where."""
    cast_instead: Mapping[str, Substitute]
    """Of the people, who was made with another model than the first of several, by name."""
    places: Mapping[bytes, Place]
    """To which stimulus and round an event belongs, by the fact's id; of what comes before or after them, none."""
    spent: Spent
    """By this run: nothing, if all of it had been answered before."""
    models: list[str]
    versions: dict[str, str]
    command: str
    """The line that repeats it, in the folder of the study's file."""
    files: tuple[str, ...] = ()
    """What stands in the folder."""
    moved: tuple[str, ...] = ()
    """What stood there before and was another, as it is called now."""

    @property
    def mark(self) -> str:
        """That of what was said: "rehearsal" if a puppet has answered. Then it is no evidence about people."""
        read = [self.results, *self.answers] if self.results is not None else self.answers
        return self.transcript.mark or next((results.mark for results in read if results.mark), "")

    @property
    def substituted(self) -> tuple[str, ...]:
        """In words, how many people, turns, answers and findings come of another model than the first of several, and
        why.
        """
        people = map(self.cast_instead.get, self.people.names) if self.cast_instead else ()
        answers = (row.substitute for results in self.answers for row in results)
        findings = (row.substitute for row in self.results or ())
        return (
            *substituted(people, "people"),
            *self.transcript.substituted,
            *substituted(answers, "answers", "rest on"),
            *substituted(findings, "findings", "rest on"),
        )

    @property
    def ledger(self) -> Ledger:
        """Where it went, and what was saved, in this run."""
        return self.world.simulation.ledger

    def __str__(self) -> str:
        """What was found out, as tables."""
        return as_text(self)

    def __repr__(self) -> str:
        return f"<Outcome of {self.study.title!r}: {len(self.people)} people, in {self.folder}>"
