"""How a simulation comes to its end: what is pending is taken in, the journal is let go of, handles point nowhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from troupe_core.errors import Busy, JournalError, told
from troupe_core.simulation.answers import account
from troupe_core.simulation.things import scene_of

if TYPE_CHECKING:
    from troupe_core.simulation.chronicle import Passage
    from troupe_core.simulation.pending import Pending
    from troupe_core.simulation.simulation import Simulation


async def finish(simulation: Simulation) -> None:
    """Wait for everything pending, and take it in, in the order of names."""
    scene = scene_of(simulation)
    if scene is not None:
        raise Busy(f"{scene.thing!r} is having a turn; {simulation.id} cannot end within it")
    passage = simulation.facts.begin()
    mine = asyncio.current_task()
    while asked := [task for task in simulation.inquiries if task is not mine]:
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    async with simulation.holds(tuple(simulation.states)):
        items = simulation.background.take(sorted(simulation.background.pending), lambda _: True)
        try:
            while items:
                error = await absorb(simulation, items[0], passage)
                item = items.pop(0)
                if error is not None:
                    simulation.remark(item.thing, f"background work failed: {told(error)}")
            simulation.commit(tuple(simulation.states), passage)
        except JournalError:  # nothing more can be recorded
            simulation.stop()
            raise
        except BaseException:
            simulation.background.put_back(items)
            raise
        simulation.stop()  # while everything is still held: who waits for a turn finds the simulation ended


async def absorb(simulation: Simulation, item: Pending, passage: Passage) -> Exception | None:
    """Take one pending result in; its failure is returned, and leaves the thing as it is."""
    try:
        outcome = await asyncio.shield(item.begin())  # who stops waiting for it does not stop it
        state = item.absorb(simulation.states[item.thing], outcome)
    except Exception as error:
        simulation.runtime.blame(error)
        return error
    simulation.states[item.thing] = state  # changed or not: that nothing is pending any more has to last
    simulation.answers.settle(account(item.thing))
    passage.take(outcome)
    return None


async def drain(simulation: Simulation) -> None:
    """Stop background work without waiting for it."""
    await simulation.background.cancel()
    simulation.stop()
    if simulation.journal is not None:
        await asyncio.to_thread(simulation.release)
