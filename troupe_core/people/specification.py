"""A person as a document: `{"type": "TinyPerson", "persona": {…}, …}`.

Files of people come from many hands. What is understood of one is taken over; whatever else stands at its top is kept
as it is, and stands in the next file about that person too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.keys import plain
from troupe_core.llm.response import REHEARSAL
from troupe_core.people.faculty import snake
from troupe_core.people.marks import mark_of
from troupe_core.people.mind import Mind
from troupe_core.people.perceiving import checked_words
from troupe_core.records import TOOL

if TYPE_CHECKING:
    from troupe_core.people.state import PersonState
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.simulation import Simulation

KIND = "TinyPerson"

FACULTIES, TOOLS, STATE, MEMORY = "mental_faculties", "tools", "mental_state", "memory"
FACULTY_KEYS = (FACULTIES, TOOLS)
STATE_KEYS = (STATE,)
MEMORY_KEYS = (MEMORY, "episodic_memory", "semantic_memory", "current_episode_event_count")
"""Ours first; the others are not read."""

WORDS = ("goals", "attention", "emotions", "location")
NOTES = ("notes", "context")
"""The person's own, and those of whoever leads the simulation."""


@attrs.frozen
class Specification:
    """What a document says of somebody."""

    name: str
    persona: Mapping[str, Any]
    mark: str = ""
    rest: dict[str, Any] = attrs.field(factory=dict)
    """Everything else at its top."""

    @classmethod
    def of(cls, data: Mapping[str, Any], leave_out: Iterable[str] = ()) -> Specification:
        """From a document without these of its keys, or from a bare persona that has a name."""
        kind = data.get("type", KIND)
        if kind == "Fragment":
            raise ArgumentError("this is a fragment, which person.import_fragment(…) adds to somebody")
        if "persona" not in data:
            persona = {key: value for key, value in data.items() if key != "type" or value != KIND}
            return cls(_checked(persona.get("name")), persona)
        if kind != KIND:
            raise ArgumentError(f'its type is {kind!r}; a person is {{"type": "{KIND}", "persona": {{…}}}}')
        persona = data["persona"]
        if isinstance(persona, str):
            persona = {"description": persona}
        if not isinstance(persona, Mapping):
            raise ArgumentError(f"its persona is {type(persona).__name__}; an object is expected")
        rest = {key: value for key, value in data.items() if key not in ("type", "persona", *leave_out)}
        name = persona["name"] if "name" in persona else rest.pop("name", None)
        mark = rest.pop("mark") if rest.get("mark") == REHEARSAL else ""  # what else is called so is a stranger's
        return cls(_checked(name), persona, mark, rest)


def document(simulation: Simulation, state: PersonState, leave_out: Iterable[str] = ()) -> dict[str, Any]:
    """The document about a person, without these keys."""
    from troupe_core.people.filed import memory_to_plain

    runtime = simulation.runtime
    sections: dict[str, Callable[[], Any]] = {
        FACULTIES: lambda: _abilities_to_plain(runtime, state, FACULTIES),
        TOOLS: lambda: _abilities_to_plain(runtime, state, TOOLS),
        STATE: lambda: _state_to_plain(state),
        MEMORY: lambda: memory_to_plain(runtime, state, simulation.pictures),
    }
    mark = state.mark if {STATE, MEMORY} <= {*leave_out} else mark_of(state)
    out: dict[str, Any] = {"type": KIND, "persona": state.persona.data(), "mark": mark}
    out |= {key: make() for key, make in sections.items() if key not in leave_out}
    out = {key: value for key, value in out.items() if value}
    extras = plain(state.extras, "extras")
    return out | {key: value for key, value in extras.items() if key not in out and key not in leave_out}


def _checked(name: Any) -> str:
    if not isinstance(name, str):
        told = "it names nobody" if name is None else f"its name is {name!r}"
        raise ArgumentError(f'{told}; a person is {{"type": "{KIND}", "persona": {{"name": "…"}}}}')
    return name


# -- abilities -------------------------------------------------------------------------------------------------------

PREFIXES = {FACULTIES: "", TOOLS: TOOL}


def abilities_in(runtime: Runtime, rest: dict[str, Any], key: str) -> tuple[list[str], list[str]]:
    """The names of those that are installed, and of others. What is not installed stays in the rest, and so does what
    is more than a name.
    """
    given = rest.pop(key, None)
    found: dict[str, Any] = {}
    others: list[Any] = []
    for entry in given if isinstance(given, list | tuple) else [] if given is None else [given]:
        name = _installed(runtime, entry, key)
        if name is None:
            others.append(entry)
        else:
            found.setdefault(name, entry)
    kept = [entry for name, entry in sorted(found.items()) if entry != name.removeprefix(TOOL)] + others
    if kept:
        rest[key] = kept
    return [*found], [name for entry in others if isinstance(name := _name_of(entry), str)]


def _abilities_to_plain(runtime: Runtime, state: PersonState, key: str) -> list[Any]:
    """As the file said them that they are from, or by their names."""
    names = [name for name in state.faculties[1:] if name.startswith(TOOL) == (key == TOOLS)]
    entries = plain(state.extras.get(key, ()), key)
    said = {_installed(runtime, entry, key): entry for entry in entries}
    others = [entry for entry in entries if _installed(runtime, entry, key) not in names]
    return [said.get(name, name.removeprefix(TOOL)) for name in names] + others


def _installed(runtime: Runtime, entry: Any, key: str) -> str | None:
    """The installed one that is meant."""
    name = _name_of(entry)
    if not isinstance(name, str):
        return None
    spellings = (PREFIXES[key] + each.removeprefix(TOOL) for each in (name, snake(name)))
    return next((each for each in spellings if runtime.has_faculty(each)), None)


def _name_of(entry: Any) -> Any:
    return entry.get("name") or entry.get("type") if isinstance(entry, Mapping) else entry


# -- the state of mind -----------------------------------------------------------------------------------------------


def state_in(rest: dict[str, Any]) -> dict[str, Any]:
    """What is to be changed in somebody who is in that state. What is not understood of it stays in the rest."""
    given = rest.pop(STATE, None)
    if not isinstance(given, Mapping):
        if given is not None:
            rest[STATE] = given
        return {}
    words = {key: _words(given.get(key), key) for key in WORDS}
    notes = {key: _notes(given.get(key), key) for key in NOTES}
    understood = {key for key, value in {**words, **notes}.items() if value is not None}
    kept = {key: value for key, value in given.items() if key not in understood}
    if kept:
        rest[STATE] = kept
    mind = Mind(words["goals"] or "", words["attention"] or "", words["emotions"] or "", notes["notes"] or ())
    return {"mind": mind, "place": words["location"] or "", "context": notes["context"] or ()}


def _words(value: Any, key: str) -> str | None:
    """A text, or a list of them as one; None if it is neither."""
    notes = _notes(value, key)
    return None if notes is None else "; ".join(notes)


def _notes(value: Any, key: str) -> tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        value = [value or ""]
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        return None
    return tuple(checked_words(text, f"{STATE}.{key}") for text in value if text)


def _state_to_plain(state: PersonState) -> dict[str, Any]:
    mind = state.mind
    said: dict[str, Any] = {"goals": mind.goals, "attention": mind.attention, "emotions": mind.emotions}
    said |= {"location": state.place, "notes": list(mind.context), "context": list(state.context)}
    other = plain(state.extras.get(STATE, {}), STATE)
    return {key: value for key, value in said.items() if value} | (other if isinstance(other, dict) else {})
