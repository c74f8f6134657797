"""How people, and what they would be asked, show themselves: in a notebook, and printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from troupe_core.events import ACTION, Fact
from troupe_core.findings.showing import events, in_lines, latest
from troupe_core.findings.transcript import told
from troupe_core.html import MANY, bold, box, cut, line, more, opening, shortened, subtle, table, tag, value
from troupe_core.people.biography import in_short
from troupe_core.people.given import CONVERSATION
from troupe_core.people.marks import mark_of

if TYPE_CHECKING:
    from troupe_core.people.handle.base import Base
    from troupe_core.people.people import People
    from troupe_core.people.prompt import Prompt
    from troupe_core.people.state import PersonState
    from troupe_core.simulation.simulation import Simulation

ACTS = 5
"""So many of the last things that somebody has done are shown."""


def of_person(person: Base) -> str:
    """Who it is, how it is, what describes it, and what it did last."""
    simulation, state = person.simulation, person.state
    persona = {key: item for key, item in state.persona.data().items() if key != "name"}
    acts = latest(simulation, {person.id}, ACTS, {ACTION})
    mark = _mark(state, acts)
    short, now = _who(persona), _now(simulation, state)
    return box(
        line(bold(state.name), subtle(f" {short}" if short else "")),
        *([line(subtle(" · ".join(now)))] if now else []),
        *([table((cut(key), value(item)) for key, item in islice(persona.items(), MANY))] if persona else []),
        *more(len(persona) - MANY),
        *events(acts),
        mark=mark,
    )


def of_people(people: People) -> str:
    """A line for each."""
    states = [person.state for person in people]
    rows = [
        (cut(state.name), cut(_who(state.persona.data())), " · ".join(_now(person.simulation, state, short=True)))
        for person, state in zip(people[:MANY], states, strict=False)
    ]
    title = line(subtle(f"{len(states):,} {'person' if len(states) == 1 else 'people'}"))
    mark = next((mark for state in states if (mark := mark_of(state))), "")
    return box(title, *([table(rows)] if rows else []), *more(len(states) - MANY), mark=mark)


def of_prompt(prompt: Prompt) -> str:
    """Its parts, which open."""
    parts = [
        opening(
            f"{cut(part.origin)} ({len(part.text):,} characters)",
            tag("div", shortened(part.text), style="font-family:monospace"),
        )
        for part in prompt.parts
    ]
    return box(line(subtle(f"{len(prompt.messages)} messages, {len(prompt):,} characters")), *parts)


def person_in_words(person: Base) -> str:
    """Who it is, how it is, and what it did last: a line for each."""
    simulation, state = person.simulation, person.state
    short = _who(state.persona.data())
    acts = latest(simulation, {person.id}, 1, {ACTION})
    who, now = f"{state.name}: {short}" if short else state.name, ", ".join(_now(simulation, state))
    return in_lines(filter(None, [who, now, *(cut(told(act)) for act in acts)]), _mark(state, acts))


def people_in_words(people: People) -> str:
    """A line for each."""
    each = [(person.name, _who(person.state.persona.data())) for person in people]
    return in_lines(f"{name}: {short}" if short else name for name, short in each) or "nobody"


def _mark(state: PersonState, acts: Iterable[Fact]) -> str:
    """Also that of what it has done and forgotten."""
    return mark_of(state) or next((fact.mark for fact in acts if fact.mark), "")


def _who(persona: Mapping[str, Any]) -> str:
    """From the usual facts, or else the first words that describe the person."""
    texts = (item for key, item in persona.items() if key != "name" and isinstance(item, str))
    return cut(in_short(persona) or next(texts, ""))


def _now(simulation: Simulation, state: PersonState, *, short: bool = False) -> list[str]:
    """Where somebody is, how they feel, and how often they have acted."""
    world, own = simulation.members.get(state.id), [name for name in state.faculties if name != CONVERSATION]
    said = [
        f"in {cut(world)}" if world is not None else "",
        f"at {cut(state.place)}" if state.place else "",
        f"{state.turns:,} turn{'' if state.turns == 1 else 's'}" if state.turns else "",
        f"feels {cut(state.mind.emotions)}" if state.mind.emotions else "",
        f"has {', '.join(own)}" if own and not short else "",
    ]
    return [part for part in said if part]
