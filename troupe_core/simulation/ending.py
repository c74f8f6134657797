"""How a simulation comes to its end: what is pending is taken in, the journal is let go of, handles point nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from troupe_core.errors import Busy, JournalError, told
from troupe_core.simulation import lookup
from troupe_core.simulation.changing import Changing
from troupe_core.simulation.things import Closed, bind, scene_of

if TYPE_CHECKING:
    from asyncio import Task

    from troupe_core.simulation.memory_kinds import MemoryKinds
    from troupe_core.simulation.pending import Background
    from troupe_core.simulation.things import Handle


class Ending(Changing):
    """The part of a simulation that brings it to its end."""

    background: Background
    inquiries: set[Task[Any]]
    """Tasks that ask models and change nothing: those at desks, and those that put questions to people."""
    memory_kind: MemoryKinds
    _handles: dict[str, Handle]

    def end(self) -> None:
        """Wait for what runs, take in what is pending, and let nothing change any more. Handles can be read on; a
        journal is brought into its main file, and is free for others.
        """
        try:
            if not self.ended and self._busy:
                self.runtime.wait(self._finish, "simulation.aend()")
            self.stop()
        finally:
            if self.ended:  # also if nothing more can be recorded; and once more if there was no room the last time
                self.release()

    async def aend(self) -> None:
        """The same, awaited."""
        import asyncio

        try:
            if not self.ended and self._busy:
                await self.runtime.thread.hop(self._finish())
            self.stop()
        finally:
            if self.ended:
                await asyncio.to_thread(self.release)

    async def _finish(self) -> None:
        """Wait for everything pending, and take it in, in the order of names."""
        import asyncio

        from troupe_core.simulation.pending import absorb

        scene = scene_of(self)
        if scene is not None:
            raise Busy(f"{scene.thing!r} is having a turn; {self.id} cannot end within it")
        passage = self.facts.begin()
        mine = asyncio.current_task()
        while asked := [task for task in self.inquiries if task is not mine]:
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        async with self.holds(tuple(self.states)):
            items = self.background.take(sorted(self.background.pending), lambda _: True)
            try:
                while items:
                    error = await absorb(self, items[0], passage)
                    item = items.pop(0)
                    if error is not None:
                        self.remark(item.thing, f"background work failed: {told(error)}")
                self.commit(tuple(self.states), passage)
            except JournalError:  # nothing more can be recorded
                self.stop()
                raise
            except BaseException:
                self.background.put_back(items)
                raise
            self.stop()  # while everything is still held: who waits for a turn finds the simulation ended

    @property
    def _busy(self) -> bool:
        return bool(self.background.pending or self.inquiries) or self.holds.any_of(self.states) is not None

    @contextmanager
    def inquiring(self) -> Iterator[None]:
        """Within this block something is asked aside: the simulation waits for it before it ends."""
        from asyncio import current_task

        task = current_task()
        outer = task is None or task in self.inquiries
        if task is not None:
            self.inquiries.add(task)
        try:
            yield
        finally:
            if not outer and task is not None:
                self.inquiries.discard(task)

    def stop(self) -> None:
        """Nothing changes any more from now on."""
        self.ended = True
        lookup.ended(self)

    def release(self) -> None:
        """Let go of the journal for writing."""
        journal = self.journal
        if journal is not None and not journal.left:
            journal.leave()

    async def drain(self) -> None:
        """Stop background work without waiting for it."""
        import asyncio

        await self.background.cancel()
        self.stop()
        if self.journal is not None:
            await asyncio.to_thread(self.release)

    def close(self) -> None:
        """End, and free everything: handles that are still about point nowhere from now on."""
        self._check_idle()
        if self.background.pending:
            self.runtime.wait(self.drain, "simulation.aclose()")
        self.stop()
        try:
            self.release()
        finally:
            self._detach()

    async def aclose(self) -> None:
        """The same, awaited."""
        import asyncio

        self._check_idle()
        if self.background.pending:
            await self.runtime.thread.hop(self.drain())
        self.stop()
        try:
            await asyncio.to_thread(self.release)
        finally:
            self._detach()

    def _check_idle(self) -> None:
        held = self.holds.any_of(self.states)
        if held is not None:
            raise Busy(f"{held!r} is in the middle of a turn or run of {self.id}; wait for it to end, then close")
        if self.inquiries:
            raise Busy(f"questions are on their way in {self.id}; wait for the answers, then close")

    def _detach(self) -> None:
        closed = Closed(self.id)
        for id, handle in self._handles.items():
            bind(handle, closed, id)
        self.runtime.simulations.pop(self.id, None)
        for kept in (
            self._handles,
            self.states,
            self.facts,
            self.members,
            self._transaction_handlers,
            self.memory_kind,
        ):
            kept.clear()
