"""Free people, worlds and everything else that was made without a simulation join one.

Their states and their past move; the handles stay the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from troupe_core.errors import Busy, DuplicateName, PluginError
from troupe_core.simulation import lookup
from troupe_core.simulation.things import bind

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation

T = TypeVar("T")


def adopt_free(simulation: Simulation, some: Collection[str] | None = None) -> None:
    """Everything of the simulation of free people, which is empty afterwards; or `some` of it, that is in no world."""
    free = lookup.free_simulation()
    if free is None or free is simulation or not len(free):
        return
    with free.holds.lock, simulation.at_once() as touched:
        coming = {id: state for id, state in free.states.items() if some is None or id in some}
        held = free.holds.any_of(coming)
        if held is not None:
            raise Busy(f"{held!r} is in the middle of a turn; begin afterwards")
        same = next((id for id in coming if id in simulation.states), None)
        if same is not None:
            raise DuplicateName(f"{same!r} exists in {simulation.id} and among the free; one of them has to go")
        _check_faculties(free, simulation, coming)
        pending = _of(coming, free.background.pending)

        def back() -> None:
            for id in coming:
                simulation.drop_handle(id)
                bind(free[id], free, id)
                simulation.members.pop(id, None)
                simulation.stumbles.pop(id, None)
                simulation.popped.pop(id, None)
                simulation.background.pending.pop(id, None)
            free.background.pending.update(pending)

        touched.undoing.append(back)
        for image in free.pictures:
            simulation.pictures.keep(image)
        for id, state in coming.items():
            handle = free[id]
            simulation.states[id] = state
            simulation.take_handle(id, handle)
            bind(handle, simulation, id)
            touched.things[id] = None
        simulation.members.update(_of(coming, free.members))
        simulation.stumbles.update(_of(coming, free.stumbles))
        simulation.popped.update(_of(coming, free.popped))
        for id, item in pending.items():
            same_loop = free.runtime is simulation.runtime  # what another loop works out cannot be waited for here
            simulation.background.add(item.shared(simulation) if same_loop else item.again(simulation))
            del free.background.pending[id]  # it goes on, for those who have it now
        passage = simulation.facts.begin()
        passage.extend(free.facts if some is None else [fact for fact in free.facts if fact.thing in coming])
        touched.passage = passage
    if some is None:
        lookup.renew_free(free)
        return
    for id in coming:
        free.drop_handle(id)
        free.states.remove(id)


def _of(ids: Collection[str], kept: Mapping[str, T]) -> dict[str, T]:
    return {id: each for id, each in kept.items() if id in ids}


def _check_faculties(free: Simulation, simulation: Simulation, states: Mapping[str, Any]) -> None:
    if free.runtime is simulation.runtime:
        return
    for id, state in states.items():
        missing = [name for name in getattr(state, "faculties", ()) if not simulation.runtime.has_faculty(name)]
        if missing:
            raise PluginError(
                f"{id!r} has the faculty {missing[0]!r}, which is not in the runtime that was given: make people after "
                "`begin`, or give that faculty to the runtime"
            )
