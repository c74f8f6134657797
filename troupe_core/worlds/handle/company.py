"""Who is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Self

import attrs

from troupe_core.errors import ArgumentError, DuplicateName
from troupe_core.people.handle.checking import checked_people, checked_person
from troupe_core.people.people import People
from troupe_core.people.ties import Roster, Ties
from troupe_core.worlds.handle.base import Base
from troupe_core.worlds.kinds import kind_named
from troupe_core.worlds.seating import Seating

if TYPE_CHECKING:
    from troupe_core.people.person import TinyPerson
    from troupe_core.people.state import PersonState
    from troupe_core.simulation.simulation import Simulation


class Company(Base):
    __slots__ = ()

    @property
    def agents(self) -> People:
        """Everybody, in the order in which they act."""
        simulation = self.simulation
        return People([simulation[id] for id in self.state.roster])

    @property
    def interviewer(self) -> TinyPerson | None:
        """Whoever asks the others; nobody if the experimenter does, or the world is no interview."""
        asks = self.state.interviewer
        found: TinyPerson | None = self.simulation[asks] if asks else None
        return found

    def get_agent_by_name(self, name: str) -> TinyPerson | None:
        """The person of exactly that name, or None."""
        return next((person for person in self.agents if person.name == name), None)

    def add_agent(self, agent: TinyPerson) -> Self:
        return self.add_agents([agent])

    def add_agents(self, agents: Iterable[TinyPerson]) -> Self:
        """More people, all of them or none. In a world of a kind they find themselves in it like the others."""
        simulation, people, here = self.simulation, checked_people(agents), self.state.roster
        check_joining(simulation, self._id, here, people)
        newcomers = {person.id: person.name for person in people}
        with simulation.at_once() as touched:
            touched.undoing.append(lambda: [simulation.members.pop(id, None) for id in newcomers])
            simulation.check_free(tuple(newcomers))
            simulation.apply(self._id, lambda state: attrs.evolve(state, roster=(*here, *newcomers)))
            if self.state.kind:
                seating = self._seating()
                self._seat(here, lambda person: seating.joined(person, newcomers))
                self._seat(newcomers, seating.seated)
            simulation.members.update(dict.fromkeys(newcomers, self._id))
        return self

    def remove_agent(self, agent: TinyPerson) -> Self:
        """Somebody leaves. What they remember, and whom they know, they take with them; whom only the kind of world has
        put near them they leave behind.
        """
        if self.simulation.members.get(checked_person(agent).id) != self._id:
            raise ArgumentError(f"{agent.id!r} is not in {self._id!r}")
        return self._remove((agent.id,))

    def remove_all_agents(self) -> Self:
        return self._remove(self.state.roster)

    def _remove(self, gone: Sequence[str]) -> Self:
        simulation, state = self.simulation, self.state
        leaving = frozenset(gone)
        left = tuple(id for id in state.roster if id not in leaving)
        asks = "" if state.interviewer in leaving else state.interviewer
        with simulation.at_once() as touched:
            touched.undoing.append(lambda: simulation.members.update(dict.fromkeys(gone, self._id)))
            simulation.check_free(gone)
            simulation.apply(self._id, lambda state: attrs.evolve(state, roster=left, interviewer=asks))
            if state.kind:
                seating = self._seating()
                self._seat(left, lambda person: seating.left(person, leaving))
                self._seat(gone, seating.risen)
            for id in gone:
                del simulation.members[id]
        return self

    def make_everyone_accessible(self) -> Self:
        """Everybody is near everybody else."""
        simulation, state = self.simulation, self.state
        kind = kind_named(state.kind)
        if kind.apart:
            raise ArgumentError(f"{self._id!r} is of the kind {state.kind!r}, in which people are not near each other")
        with simulation.at_once():
            simulation.check_free((self._id, *state.roster))
            roster = Roster({id: simulation.states[id].name for id in state.roster}, kind.occasion())
            self._seat(state.roster, lambda person: person.changed(ties=Ties(person.ties.known, roster)))
        return self

    def _seating(self) -> Seating:
        states, world = self.simulation.states, self.simulation.states[self._id]
        names = {id: states[id].name for id in world.roster}
        return Seating(kind_named(world.kind), world.interviewer, names)

    def _seat(self, ids: Iterable[str], change: Callable[[PersonState], PersonState]) -> None:
        simulation = self.simulation
        for id in ids:
            before = simulation.states[id]
            after = change(before)
            if after is not before:  # who is not concerned need not be free for it
                simulation.apply(id, change)


def check_joining(simulation: Simulation, world: str, roster: Sequence[str], people: Sequence[TinyPerson]) -> None:
    """That everybody may join, and that names stay unique."""
    names = {simulation.states[id].name.casefold() for id in roster}
    for person in people:
        if person.simulation is not simulation:
            raise ArgumentError(f"{person.id!r} belongs to another simulation than {world!r}")
        elsewhere = simulation.members.get(person.id)
        if elsewhere is not None:
            raise ArgumentError(f"{person.id!r} is in {elsewhere!r} already; remove them there first")
        name = person.name.casefold()
        if name in names:
            raise DuplicateName(f"there would be two people called {person.name!r} in {world!r}")
        names.add(name)
