"""Doing the same for each of several, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation

I = TypeVar("I")  # noqa: E741 - what there is one of for each
R = TypeVar("R")


async def for_each(
    simulation: Simulation, items: Sequence[I], do: Callable[[I], Awaitable[R]]
) -> list[R | Exception | None]:
    """What came of each, in their order: a result, or the error that it ended in. At most `max_in_flight` are worked on
    at a time. After an error that everybody would meet (the key is refused, the credit is used up) no more are begun;
    for those there is None.
    """
    came: list[R | Exception | None] = [None] * len(items)
    places = iter(range(len(items)))
    stopped = False

    async def work() -> None:
        nonlocal stopped
        for place in places:
            if stopped:
                return
            try:
                came[place] = await do(items[place])
            except Exception as error:  # one's failure, whatever it is, takes nothing from the others
                came[place] = error
                stopped = stopped or simulation.degradation.stops(error)

    async with asyncio.TaskGroup() as group:  # so many workers, and not a task for everybody
        for _ in range(min(simulation.max_in_flight, len(items))):
            group.create_task(work())
    return came
