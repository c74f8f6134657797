"""Finding people of the current simulation by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_core.people.handle.base import Base
from troupe_core.people.handle.naming import people_of
from troupe_core.simulation import lookup
from troupe_core.simulation.entities import ThingState
from troupe_core.simulation.simulation import simulation_of

if TYPE_CHECKING:
    from troupe_core.people.person import TinyPerson
    from troupe_core.simulation.simulation import Simulation


class Gathering(Base):
    __slots__ = ()

    @staticmethod
    def all_agents_names() -> list[str]:
        """What everybody in the current simulation is called, in the order in which they were made."""
        return [state.name for state in people_of(lookup.current_simulation()).values()]

    @staticmethod
    def get_agent_by_name(name: str) -> TinyPerson | None:
        """The person of exactly that name in the current simulation, or None."""
        simulation = lookup.current_simulation()
        found = (id for id, state in people_of(simulation).items() if state.name == name)
        id = next(found, None)
        return None if id is None else simulation[id]

    @staticmethod
    def has_agent(agent_name: str) -> bool:
        """Whether somebody in the current simulation is called so."""
        return agent_name in Gathering.all_agents_names()

    @staticmethod
    def clear_agents() -> None:
        """Let go of all who belong to no simulation yet, and of their worlds: their names are free again. What else is
        free, such as a factory, stays as it is. The people of a simulation go with it, by `simulation.close()`.
        """
        free = lookup.free_simulation()
        if free is None:
            return
        staying = {id: (free[id], state) for id, state in free.states.items() if isinstance(state, ThingState)}
        facts = [fact for fact in free.facts if fact.thing in staying]
        stumbles = {id: count for id, count in free.stumbles.items() if id in staying}
        free.close()
        if staying:
            renewed = lookup.default_simulation()
            with renewed.at_once():
                for handle, state in staying.values():
                    renewed.settle_in(handle, state)
                renewed.record_within(facts)
            renewed.stumbles.update(stumbles)

    @staticmethod
    def set_simulation_for_free_agents(simulation: Simulation) -> None:
        """Let all who belong to no simulation yet, and their worlds, join this one."""
        from troupe_core.simulation.adopting import adopt_free

        joined = simulation_of(simulation)
        joined.check_open()
        adopt_free(joined)
