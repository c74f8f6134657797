"""What the person is to others, as its persona says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from troupe_core.errors import ArgumentError
from troupe_core.people.handle.base import Base
from troupe_core.people.handle.checking import checked_person
from troupe_core.people.perceiving import checked_text
from troupe_core.people.persona import Persona
from troupe_core.people.relationships import RELATIONSHIPS, checked_relations, relations_in, with_relations
from troupe_core.people.state import PersonState
from troupe_core.simulation.simulation import same_simulation

if TYPE_CHECKING:
    from troupe_core.people.person import TinyPerson


class Relating(Base):
    __slots__ = ()

    @property
    def relationships(self) -> dict[str, str]:
        """What the persona says of others, by name, in whichever form it says so."""
        return dict(relations_in(self.state.persona.get(RELATIONSHIPS)))

    def define_relationships(
        self, relationships: Iterable[Mapping[str, str]] | Mapping[str, str], replace: bool = True
    ) -> Self:
        """Set the relationships, or add to them: `[{"name": "Ben", "description": "your brother"}]`, or
        `{"Ben": "your brother"}`.
        """
        given = checked_relations(relationships)
        return self._relate(lambda said: given if replace else with_relations(said, given))

    def clear_relationships(self) -> Self:
        """Say of nobody any more what the person is to them."""
        return self._relate(lambda said: [])

    def related_to(self, other: TinyPerson, description: str, symmetric_description: str | None = None) -> Self:
        """Say what the other one is to this person, and this person to the other one, which is the same unless it is
        said too.
        """
        simulation = same_simulation([self, checked_person(other)])
        if other.id == self._id:
            raise ArgumentError(f"{self.name} cannot be related to {self.name}")
        there = checked_text(description, "description")
        back = there if symmetric_description is None else checked_text(symmetric_description, "symmetric_description")
        with simulation.at_once():
            self.define_relationships({other.name: there}, replace=False)
            other.define_relationships({self.name: back}, replace=False)
        return self

    def _relate(self, change: Callable[[Any], list[Any]]) -> Self:
        simulation = self.simulation

        def changed(state: PersonState) -> PersonState:
            data = state.persona.data()
            persona = Persona.of({**data, RELATIONSHIPS: change(data.get(RELATIONSHIPS))})
            return state.changed(persona=simulation.interned(persona))

        return self._change(changed)
