"""Free people, worlds and everything else that was made without a simulation join one.

Their states and their past move; the handles stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_core.errors import Busy, DuplicateName, PluginError
from troupe_core.simulation import lookup
from troupe_core.simulation.things import bind

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation


def adopt_free(simulation: Simulation) -> None:
    """Everything of the simulation of free people; afterwards it is empty."""
    free = lookup.free_simulation()
    if free is None or free is simulation or not len(free):
        return
    with free.holds.lock, simulation.at_once() as touched:
        held = free.holds.any_of(free.states)
        if held is not None:
            raise Busy(f"{held!r} is in the middle of a turn; begin afterwards")
        same = next((id for id in free.states if id in simulation.states), None)
        if same is not None:
            raise DuplicateName(f"{same!r} exists in {simulation.id} and among the free; one of them has to go")
        _check_faculties(free, simulation)
        pending = dict(free.background.pending)

        def back() -> None:
            for id in free.states:
                simulation.drop_handle(id)
                bind(free[id], free, id)
                simulation.members.pop(id, None)
                simulation.stumbles.pop(id, None)
                simulation.popped.pop(id, None)
                simulation.background.pending.pop(id, None)
            free.background.pending.update(pending)

        touched.undoing.append(back)
        for id, state in free.states.items():
            handle = free[id]
            simulation.states[id] = state
            simulation.take_handle(id, handle)
            bind(handle, simulation, id)
            touched.things[id] = None
        simulation.members.update(free.members)
        simulation.stumbles.update(free.stumbles)
        simulation.popped.update(free.popped)
        for item in pending.values():
            same_loop = free.runtime is simulation.runtime  # what another loop works out cannot be waited for here
            simulation.background.add(item.shared(simulation) if same_loop else item.again(simulation))
        free.background.pending.clear()  # it goes on, for those who have it now
        passage = simulation.facts.begin()
        passage.extend(free.facts)
        touched.passage = passage
    lookup.renew_free(free)


def _check_faculties(free: Simulation, simulation: Simulation) -> None:
    if free.runtime is simulation.runtime:
        return
    for id, state in free.states.items():
        missing = [name for name in getattr(state, "faculties", ()) if not simulation.runtime.has_faculty(name)]
        if missing:
            raise PluginError(
                f"{id!r} has the faculty {missing[0]!r}, which is not in the runtime that was given: make people after "
                "`begin`, or give that faculty to the runtime"
            )
