"""Who the person is: reading the persona, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, Self

from troupe_core.errors import ArgumentError
from troupe_core.people.files import fragment_in
from troupe_core.people.fragments import Part, whole_of
from troupe_core.people.handle.base import Base
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

    def define(self, key: str, value: Any) -> Self:
        """Set a top-level part of the persona. The name is the person's own: see `name`."""
        if not isinstance(key, str) or not key:
            raise ArgumentError(f"key must be text, not {key!r}")
        if key == "name":
            raise ArgumentError("the name is fixed when a person is made")
        simulation = self.simulation

        def change(state: PersonState) -> PersonState:
            persona = Persona.of({**state.persona.data(), key: value})
            return state.changed(persona=simulation.interned(persona))

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

    def _join(self, more: Mapping[str, Any], source: str) -> Self:
        simulation = self.simulation
        added = Part(source, Persona.of(more).data())

        def change(state: PersonState) -> PersonState:
            whole = whole_of([Part(f"what {state.name} is", state.persona.data()), added])
            return state.changed(persona=simulation.interned(Persona.of(whole)))

        return self._change(change)
