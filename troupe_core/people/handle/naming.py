"""What the person is called, and others who are like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from troupe_core.errors import DuplicateName
from troupe_core.keys import NOTHING
from troupe_core.people.given import fresh_slices
from troupe_core.people.handle.base import Base
from troupe_core.people.handle.checking import checked_name
from troupe_core.people.history import EMPTY
from troupe_core.people.marks import mark_of
from troupe_core.people.persona import Persona
from troupe_core.people.state import PersonState
from troupe_core.people.ties import NOBODY, Roster

if TYPE_CHECKING:
    from troupe_core.simulation.changing import Touched
    from troupe_core.simulation.simulation import Simulation


class Naming(Base):
    __slots__ = ()

    def rename(self, name: str) -> Self:
        """Call the person otherwise. Whoever it is near to is told so with the next turn; `simulation["Ada"]` still
        finds it by its first name, which is its id.
        """
        simulation, new = self.simulation, checked_name(name)
        rosters: dict[Roster, Roster] = {}
        with simulation.at_once() as touched:
            if new == self.name:
                return self
            _check_free(simulation, self._id, new)
            self._change(lambda state: state.changed(name=new, persona=_called(simulation, state, new)))
            _note(simulation, touched, self._id, new)
            for id, person in people_of(simulation).items():
                if person.ties.renamed(self._id, new, rosters) is not person.ties:
                    simulation.apply(id, lambda s: s.changed(ties=s.ties.renamed(self._id, new, rosters)))
        return self

    def clone(self, new_name: str | None = None) -> Self:
        """Somebody else who is the same in all that a file would say: persona, state of mind, place, abilities, kind of
        memory. But nothing is remembered, nobody is known, and nothing has happened yet. Without a name it is called
        "Ada 2", or what comes next.
        """
        simulation, state = self.simulation, self.state
        name = free_name(simulation, state.name) if new_name is None else checked_name(new_name)
        made = object.__new__(type(self))
        simulation.settle_in(
            made,
            state.changed(
                id=name,
                name=name,
                persona=_called(simulation, state, name),
                memory=state.memory_kind.start(),
                slices=fresh_slices(simulation.runtime, state.faculties),
                ties=NOBODY,
                told=NOBODY,
                inbox=(),
                trail=NOTHING,
                said=(),
                turns=0,
                mark=mark_of(state),  # the state of mind is what those have left whom it met
                history=EMPTY,
            ),
        )
        return made

    create_new_agent_from_current_spec = clone


def people_of(simulation: Simulation) -> dict[str, PersonState]:
    """Everybody, by id."""
    return {id: state for id, state in simulation.states.items() if isinstance(state, PersonState)}


def free_name(simulation: Simulation, name: str) -> str:
    """The name, or the next one like it that nobody has."""
    taken = {state.name for state in people_of(simulation).values()}
    number, free = 1, name
    while free in simulation or free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _note(simulation: Simulation, touched: Touched, id: str, name: str) -> None:
    """Let nobody else be called so from now on, unless this comes to nothing."""
    before = dict(simulation.called)
    for old in [called for called, who in before.items() if who == id]:
        del simulation.called[old]
    if name != id:
        simulation.called[name] = id

    def back() -> None:
        simulation.called.clear()
        simulation.called.update(before)

    touched.undoing.append(back)


def _called(simulation: Simulation, state: PersonState, name: str) -> Persona:
    return simulation.interned(Persona.of({**state.persona.data(), "name": name}))


def _check_free(simulation: Simulation, id: str, name: str) -> None:
    """That nobody would be taken for somebody else."""
    if name in simulation and name != id:
        raise DuplicateName(f"{name!r} exists already in {simulation.id}: {id!r} has to be called otherwise")
    world = simulation.members.get(id)
    for other, state in people_of(simulation).items():
        here = world is not None and simulation.members.get(other) == world
        same = state.name.casefold() == name.casefold() if here else state.name == name
        if other != id and same:
            where = f" in {world!r}" if here else ""
            raise DuplicateName(f"there would be two people called {name!r}{where}: {id!r} has to be called otherwise")
