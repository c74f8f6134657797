"""Background work whose result is taken in later, at a fixed logical time: nobody waits for it before that, and the
order does not depend on chance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import JournalError
from troupe_core.simulation.answers import account
from troupe_core.simulation.transaction import Outcome

if TYPE_CHECKING:
    from troupe_core.simulation.changing import Changing
    from troupe_core.simulation.chronicle import Passage
    from troupe_core.simulation.journal.records import Records
    from troupe_core.simulation.journal.shelf import Parcel


@attrs.frozen
class Due:
    """When a result is taken in: at the beginning of this step of that world, or of this own turn of the person."""

    world: str | None
    count: int


@attrs.define(eq=False)
class Pending:
    """One result that is on its way to one thing. `origin` is the digest of the state that it is worked out from; the
    work is begun when somebody lives on, not when somebody only looks.
    """

    thing: str
    due: Due
    origin: bytes
    work: Callable[[], Coroutine[Any, Any, Outcome]]
    again: Callable[[Any], Pending]
    """The same for a fork of the simulation."""
    absorb: Callable[[Any, Outcome], Any]
    spell: Callable[[Records, Parcel], dict[str, Any]]
    """Everything that it takes to begin it again, for a journal."""
    task: asyncio.Task[Outcome] | None = None

    def begin(self) -> asyncio.Task[Outcome]:
        """The work, which goes on beside everything else."""
        if self.task is None or self.unrecorded:
            self.task = asyncio.get_running_loop().create_task(self.work())
            self.task.add_done_callback(_seen)
        return self.task

    def shared(self, simulation: Any) -> Pending:
        """The same on its way to another simulation too: what it comes to is not paid for twice, and it does not end
        with this one.
        """
        twin = self.again(simulation)
        alone = twin.work

        async def together() -> Outcome:
            if self.task is not None:
                await asyncio.wait([self.task])
                if not self.failed:
                    return self.task.result()
            return await alone()

        twin.work = together
        return twin

    @property
    def failed(self) -> bool:
        task = self.task
        return task is not None and task.done() and (task.cancelled() or task.exception() is not None)

    @property
    def unrecorded(self) -> bool:
        """Whether only its answer could not be written: the same is to be worked out once more, from the same state."""
        task = self.task
        return self.failed and task is not None and not task.cancelled() and isinstance(task.exception(), JournalError)


class Background:
    """The pending results of one simulation, at most one for each thing."""

    def __init__(self) -> None:
        self.pending: dict[str, Pending] = {}

    def add(self, item: Pending) -> None:
        """Something that is to come."""
        self.pending[item.thing] = item

    def wake(self) -> None:
        """Begin what was on its way when a journal was left."""
        for item in self.pending.values():
            item.begin()

    def take(self, things: list[str], is_due: Callable[[Pending], bool]) -> list[Pending]:
        """Those that are due, in the order of the things, taken off the list."""
        if not self.pending:
            return []
        found = [self.pending[thing] for thing in things if thing in self.pending and is_due(self.pending[thing])]
        for item in found:
            del self.pending[item.thing]
        return found

    def put_back(self, items: list[Pending]) -> None:
        """Put back what was taken by something that was rolled back. What has failed is let go, and will begin anew."""
        for item in items:
            if not item.failed or item.unrecorded:
                self.pending.setdefault(item.thing, item)

    async def cancel(self) -> None:
        """Let go of everything."""
        tasks = [item.task for item in self.pending.values() if item.task is not None]
        self.pending.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)


def _seen(task: asyncio.Task[Outcome]) -> None:
    """A failure is reported when the result is due; it is no failure that nobody looked at."""
    if not task.cancelled():
        task.exception()


async def absorb(simulation: Changing, item: Pending, passage: Passage) -> Exception | None:
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
