"""Who the person is: reading the persona, and changing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from textwrap import dedent
from typing import Any, Self

from troupe_core.errors import ArgumentError
from troupe_core.llm.response import Written
from troupe_core.people.biography import extended_biography, short_biography
from troupe_core.people.files import fragment_in
from troupe_core.people.fragments import Part, whole_of
from troupe_core.people.handle.base import Base
from troupe_core.people.perceiving import checked_text
from troupe_core.people.persona import Persona
from troupe_core.people.state import PersonState


class Describing(Base):
    __slots__ = ()

    def get(self, path: str) -> Any:
        """What the persona says at a dotted path, such as "occupation.title"; None if nothing."""
        if not isinstance(path, str):
            raise ArgumentError(f"path must be text, not {type(path).__name__} {path!r}")
        return self.state.persona.get(path)

    def __getitem__(self, path: str) -> Any:
        return self.get(path)

    def __setitem__(self, key: str, value: Any) -> None:
        self.define(key, value)

    def define(self, key: str, value: Any, merge: bool = False, overwrite_scalars: bool = True) -> Self:
        """Set a part of the persona, by its key or by a dotted path such as "occupation.title". With `merge`, a table
        or list is joined with the one that is there. Without `overwrite_scalars`, anything else may only be set where
        there is nothing. What contradicts is an error that names every place. A text of several lines loses what they
        are all indented by. The name is set by `rename`.
        """
        if not isinstance(key, str) or not key:
            raise ArgumentError(f"key must be text, not {key!r}")
        if key == "name":
            raise ArgumentError("the name is no mere part of the persona: write person.rename(…)")
        if isinstance(value, str):
            value = freed(value)
        several = isinstance(value, Mapping | Sequence) and not isinstance(value, str | bytes)
        first, *inner = key.split(".")
        if merge if several else not overwrite_scalars:
            for part in reversed(inner):
                value = {part: value}
            return self._join({first: value}, "what is defined")
        simulation = self.simulation

        def change(state: PersonState) -> PersonState:
            data = state.persona.data()
            _set(data, key, value)
            return state.changed(persona=simulation.interned(Persona.of(data)))

        return self._change(change)

    def include_persona_definitions(self, additional_definitions: Mapping[str, Any]) -> Self:
        """Add to the persona: what is missing is added, tables and lists are joined. Anything that is said already in
        another way is an error, which names every place.
        """
        return self._join(additional_definitions, "what is to be added")

    def import_fragment(self, fragment: str | PathLike[str]) -> Self:
        """The same with what stands in a file: `{"type": "Fragment", "persona": {…}}`."""
        return self._join(fragment_in(fragment), str(fragment))

    def __add__(self, other: Mapping[str, Any] | str | PathLike[str]) -> Self:
        """`ada + "fragments/picky.fragment.json"`, `ada + {"likes": ["rain"]}`: this person, with more to it."""
        if isinstance(other, Mapping):
            return self.include_persona_definitions(other)
        return self.import_fragment(other) if isinstance(other, str | PathLike) else NotImplemented

    def minibio(self, extended: bool = True, requirements: str | None = None) -> Written:
        """Who this is, in a sentence; `extended`, with a paragraph by a model, which is asked once for each persona and
        what is required of the text. It bears the mark of puppets, and says if another than the first model wrote it.
        """
        if not extended:
            return Written(short_biography(self.persona, self.name))
        return self._wait(lambda: self.aminibio(requirements=requirements), "person.aminibio(…)")

    async def aminibio(self, extended: bool = True, requirements: str | None = None) -> Written:
        """`minibio`, awaited."""
        if not extended:
            return Written(short_biography(self.persona, self.name))
        state, simulation = self.state, self.simulation
        wanted = checked_text(requirements, "requirements") if requirements is not None else ""
        return await simulation.runtime.thread.hop(extended_biography(simulation, state, wanted))

    def _join(self, more: Mapping[str, Any], source: str) -> Self:
        simulation = self.simulation
        added = Part(source, Persona.of(more).data())

        def change(state: PersonState) -> PersonState:
            whole = whole_of([Part(f"what {state.name} is", state.persona.data()), added])
            return state.changed(persona=simulation.interned(Persona.of(whole)))

        return self._change(change)


def _set(data: dict[str, Any], path: str, value: Any) -> None:
    """Put a value where a dotted path leads; tables that are not there yet are made on the way."""
    *way, last = path.split(".")
    if not all((*way, last)):
        raise ArgumentError(f"key is a name, or several with dots between them; {path!r} has an empty one")
    node = data
    for at, key in enumerate(way, 1):
        found = node.setdefault(key, {})
        if not isinstance(found, dict):
            raise ArgumentError(f"{path!r} cannot be set: {'.'.join(way[:at])} is no table, but {found!r}")
        node = found
    node[last] = value


def freed(text: str) -> str:
    """A text without what all of its lines are indented by, and without empty lines around it, if it has several."""
    return dedent(text).strip("\n") if "\n" in text else text
