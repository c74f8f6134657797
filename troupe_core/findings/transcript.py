"""What somebody said, did and perceived, as numbered lines: what findings are drawn from, and point at.

Each event stands in it once, however many perceived it, in the order of what has happened. What is a person's own, and
no event, is left out: what it was shown of what it knew already, and what it made of an episode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.events import ACTION, ECHO, MEMORY, OBSERVATION, Fact
from troupe_core.llm.response import Substitute, substituted
from troupe_core.simulation.simulation import same_simulation
from troupe_core.simulation.things import Handle

if TYPE_CHECKING:
    from troupe_core.people.person import TinyPerson
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.worlds.world import TinyWorld

NO_EVENTS = (ECHO, MEMORY)


@attrs.frozen
class Line:
    """One event. `number` is what it is cited by, within its transcript; `text` tells who, to whom, and what."""

    number: int
    fact: Fact
    text: str

    def __str__(self) -> str:
        return f"[{self.number}] {self.text}"


@attrs.frozen
class Excerpt:
    """What somebody is given to read of a transcript: the text, and the numbers of the lines in it."""

    text: str
    numbers: frozenset[int]


@attrs.frozen(eq=False, repr=False)
class Transcript:
    """Of a person, of several or of a world: `Transcript.of(…)`."""

    name: str
    """Whose it is."""
    facts: tuple[Fact, ...]
    _texts: dict[bytes, str] = attrs.field(factory=dict)
    """How events read, by id: written once for all whose transcripts have them."""

    @classmethod
    def of(cls, whom: TinyPerson | TinyWorld | Iterable[TinyPerson]) -> Transcript:
        """Everything that a person, or any of several people, did and perceived; of a world, also what happened in it
        and reached none of those who are there now.
        """
        handles = [whom] if isinstance(whom, Handle) else _several(whom)
        happened = Happened(same_simulation(handles))
        roster = _roster(handles[0])
        ids = [handle.id for handle in handles]
        return happened.to(ids) if roster is None else happened.to(roster, ids[0])

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Numbered from 1."""
        texts = self._texts
        for fact in self.facts:
            if fact.id not in texts:
                texts[fact.id] = told(fact)
        return tuple(Line(number, fact, texts[fact.id]) for number, fact in enumerate(self.facts, 1))

    @cached_property
    def mark(self) -> str:
        """That of its facts, if one of them bears any: "rehearsal" if a puppet's answer led to it."""
        return next((fact.mark for fact in self.facts if fact.mark), "")

    @cached_property
    def substitute(self) -> Substitute | None:
        """Likewise: that of the first that another model than the first of several has led to."""
        return next((fact.substitute for fact in self.facts if fact.substitute is not None), None)

    @cached_property
    def substituted(self) -> list[str]:
        """In words, how many of the turns in it rest on answers of another model than the first of several, and why."""
        return substituted_turns(self.facts)

    @cached_property
    def numbers(self) -> Mapping[bytes, int]:
        """The number of each event, by its id."""
        return {line.fact.id: line.number for line in self.lines}

    def text(self) -> str:
        """All of it for somebody to read. Where there is time, it stands before what happened then."""
        return "\n".join(written(self.lines))

    def excerpt(self, max_characters: int) -> Excerpt:
        """The same, at most so long. What is longer loses its middle, whole lines of it; numbers stay as they are."""
        texts = written(self.lines)
        everything = range(1, len(texts) + 1)
        if sum(map(len, texts)) + len(texts) <= max_characters:
            return Excerpt("\n".join(texts), frozenset(everything))
        head, tail = _ends(texts, max_characters)
        left_out = f"(lines {head + 1} to {tail} are left out here)"
        text = "\n".join([*texts[:head], left_out, *texts[tail:]])
        return Excerpt(text, frozenset([*everything[:head], *everything[tail:]]))

    def __len__(self) -> int:
        return len(self.facts)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Transcript of {self.name}: {len(self.facts)} lines>"

    def _repr_html_(self) -> str:
        from troupe_core.findings.showing import of_transcript

        return of_transcript(self)


def substituted_turns(facts: Sequence[Fact]) -> list[str]:
    """In words, how many of the turns in which somebody has done something rest on answers of another model than the
    first of several, and why; nothing if none does.
    """
    if all(fact.substitute is None for fact in facts):
        return []
    turns: dict[tuple[str, int], Substitute | None] = {}
    for fact in facts:
        if fact.kind in (ACTION, OBSERVATION):
            turn = (fact.thing, fact.turn)
            turns[turn] = turns.get(turn) or fact.substitute
    return substituted(turns.values(), "turns")


class Happened:
    """What has happened in a simulation so far, ordered for transcripts of many: it is gone through once."""

    def __init__(self, simulation: Simulation) -> None:
        self.facts = [fact for fact in simulation.facts if fact.kind not in NO_EVENTS]
        self._states = simulation.states
        self._places = {fact.id: place for place, fact in enumerate(self.facts)}
        self._texts: dict[bytes, str] = {}
        self._of: dict[str, list[int]] = {}
        for place, fact in enumerate(self.facts):
            self._of.setdefault(fact.thing, []).append(place)

    def to(self, people: Sequence[str], world: str | None = None) -> Transcript:
        """What the people of these ids did and perceived, and what happened in that world."""
        places = set(self._of.get(world, ()) if world is not None else ())
        for person in people:
            places.update(self._of.get(person, ()))
            places.update(place for id in self._perceived(person) if (place := self._places.get(id)) is not None)
        name = world if world is not None else ", ".join(self._states[person].name for person in people)
        return Transcript(name, tuple(self.facts[place] for place in sorted(places)), self._texts)

    def _perceived(self, person: str) -> Iterator[bytes]:
        """By id: what the person remembers, and what has reached it since its last turn."""
        state = self._states[person]
        for fact in state.memory_kind.items(state.memory):
            yield fact.id
        for entry in state.inbox:
            if isinstance(entry, Fact):
                yield entry.id
            else:
                yield from (fact.id for fact in entry)


def _roster(handle: Handle) -> Sequence[str] | None:
    """Who is there, if it is a place."""
    found: Sequence[str] | None = getattr(handle.simulation.state(handle.id), "roster", None)
    return found


def _several(whom: Any) -> list[Handle]:
    handles = list(whom) if isinstance(whom, Iterable) and not isinstance(whom, str) else [whom]
    for each in handles:
        if not isinstance(each, Handle) or _roster(each) is not None:
            raise ArgumentError(f"a transcript is of one TinyPerson, of several, or of a TinyWorld; not of {each!r}")
    if not handles:
        raise ArgumentError("there is nobody here whose transcript it could be")
    return handles


def told(fact: Fact, longest: int | None = None) -> str:
    """Who, to whom, and what, of which `longest` characters are shown. Further lines of what somebody said are
    indented: nobody can speak in another's name by writing a line that looks like one.
    """
    who, what = who_and_what(fact)
    return "\n    ".join(f"{who}: {shortened(what, longest)}".splitlines())


def who_and_what(fact: Fact) -> tuple[str, str]:
    """Who did or perceived something, with whom and how; and the words."""
    whom = " ".join(fact.target.split())
    who = fact.source or (whom if fact.kind != ACTION else "") or fact.thing
    to = f" → {whom}" if whom and whom != who else ""
    how = "" if fact.type in ("TALK", "CONVERSATION") else f" [{fact.type}]"
    return f"{who}{to}{how}", fact.words or "; ".join(f"{name}: {value}" for name, value in fact.data.items())


def shortened(text: str, longest: int | None) -> str:
    """At most so many characters of it, and a sign where something is left out."""
    return text if longest is None or len(text) <= longest else f"{text[:longest].rstrip()} (…)"


def written(lines: Iterable[Line], *, numbered: bool = True) -> list[str]:
    """Each line; the time stands above where it has changed."""
    out = []
    then = None
    for line in lines:
        when = line.fact.when
        text = str(line) if numbered else line.text
        out.append(f"({when})\n{text}" if when is not None and when != then else text)
        then = when if when is not None else then
    return out


def _ends(texts: Sequence[str], most: int) -> tuple[int, int]:
    """Until where, and from where on, there is room for lines: as many from both ends, by turns."""
    head, tail, room = 0, len(texts), most
    from_end = False
    while head < tail:
        size = len(texts[tail - 1] if from_end else texts[head]) + 1
        if size > room:
            break
        room -= size
        if from_end:
            tail -= 1
        else:
            head += 1
        from_end = not from_end
    return head, tail
