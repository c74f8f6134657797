"""Work whose result is taken in later, at a fixed logical time: it costs no time on the path, and no order is by
chance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import attrs

from troupe_core.simulation.transaction import Outcome


@attrs.frozen
class Due:
    """When a result is taken in: at the beginning of this step of that world, or of this own turn of the person."""

    world: str | None
    count: int


@attrs.define(eq=False)
class Pending:
    """One result that is on its way to one thing."""

    thing: str
    due: Due
    key: bytes
    task: asyncio.Task[Outcome]
    absorb: Callable[[Any, Outcome], Any]


class Background:
    """The pending results of one simulation, at most one for each thing."""

    def __init__(self) -> None:
        self.pending: dict[str, Pending] = {}

    def start(
        self,
        thing: str,
        due: Due,
        key: bytes,
        work: Coroutine[Any, Any, Outcome],
        absorb: Callable[[Any, Outcome], Any],
    ) -> None:
        """Begin; the work goes on beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(_seen)
        self.pending[thing] = Pending(thing, due, key, task, absorb)

    def take(self, things: list[str], is_due: Callable[[Pending], bool]) -> list[Pending]:
        """Those that are due, in the order of the things, taken off the list."""
        if not self.pending:
            return []
        found = [self.pending[thing] for thing in things if thing in self.pending and is_due(self.pending[thing])]
        for item in found:
            del self.pending[item.thing]
        return found

    def put_back(self, items: list[Pending]) -> None:
        """What was taken by something that was rolled back; what has failed is let go, to be begun anew."""
        for item in items:
            if not (item.task.done() and (item.task.cancelled() or item.task.exception())):
                self.pending.setdefault(item.thing, item)

    async def cancel(self) -> None:
        """Let go of everything."""
        tasks = [item.task for item in self.pending.values()]
        self.pending.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)


def _seen(task: asyncio.Task[Outcome]) -> None:
    """A failure is reported when the result is due; it is no failure that nobody looked at."""
    if not task.cancelled():
        task.exception()
