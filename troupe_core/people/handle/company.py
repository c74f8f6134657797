"""Who is near the person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from troupe_core.errors import ArgumentError
from troupe_core.people.handle.base import Base
from troupe_core.people.handle.checking import checked_people, checked_person
from troupe_core.people.perceiving import checked_words
from troupe_core.people.relationships import RELATIONSHIPS, relation_to
from troupe_core.people.state import PersonState
from troupe_core.simulation.simulation import same_simulation

if TYPE_CHECKING:
    from troupe_core.people.person import TinyPerson

KNOWN = "somebody you know"


class Company(Base):
    __slots__ = ()

    @property
    def accessible_agents(self) -> list[TinyPerson]:
        """Whom the person can speak to."""
        simulation = self.simulation
        return [simulation[id] for id in self.state.ties.near(self._id) if id in simulation]

    def make_agent_accessible(self, agent: TinyPerson, relation_description: str | None = None) -> Self:
        """From now on this person can speak to the other one (and not yet the other way round). What the other one is
        to it is what its persona says of that name, unless it is said here.
        """
        same_simulation([self, checked_person(agent)])
        if relation_description is not None:
            checked_words(relation_description, "relation_description")
        if agent.id == self._id:
            raise ArgumentError(f"{self.name} need not be made accessible to {self.name}")
        id, name = agent.id, agent.name

        def change(state: PersonState) -> PersonState:
            told = relation_description
            if told is None:
                told = relation_to(state.persona.get(RELATIONSHIPS), name) or KNOWN
            return state.changed(ties=state.ties.meet(id, name, told))

        return self._change(change)

    def make_agents_accessible(self, agents: Iterable[TinyPerson], relation_description: str | None = None) -> Self:
        """The same for several."""
        for agent in checked_people(agents):
            self.make_agent_accessible(agent, relation_description)
        return self

    def make_agent_inaccessible(self, agent: TinyPerson) -> Self:
        """This person can no longer speak to the other one."""
        id = checked_person(agent).id
        return self._change(lambda state: state.changed(ties=state.ties.leave(id)))

    def make_all_agents_inaccessible(self) -> Self:
        """This person is alone."""
        return self._change(lambda state: state.changed(ties=state.ties.alone()))
