"""Transactions that come to nothing usable: their answers are recorded, and the next attempt asks for others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from troupe_core.errors import OutputError
from troupe_core.simulation.things import State

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Outcome


async def persistently(
    simulation: Simulation,
    state: State,
    make: Callable[[], Awaitable[Outcome]],
    *,
    world: str | None = None,
    step: int | None = None,
) -> Outcome:
    """What `make` comes to. A program that is run again, and comes to where it had stumbled when it ended, goes on with
    the next attempt at once. `step` is that of the world, if this is part of one.
    """
    while True:
        try:
            return await make()
        except OutputError:
            attempts = simulation.stumbles[state.id] = simulation.stumbles.get(state.id, 0) + 1
            simulation.touch(state.id)
            journal = simulation.journal
            if journal is None or not journal.left_off.goes_on(state, attempts, world, step):
                raise


def settle(simulation: Simulation, id: str) -> None:
    """The thing's last turn will not be undone any more: let go of what was kept in case it failed."""
    simulation.answers.settle(id)
    if simulation.stumbles.pop(id, None):
        simulation.touch(id)
