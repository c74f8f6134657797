"""Who is in the middle of a turn or run. Each person or world does one thing at a time; others wait, first come first
served.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class Holds:
    """Used on the runtime's loop; membership may be asked for from anywhere."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held by whoever changes something at once, from any thread, from the check to the change."""
        self._held: set[str] = set()
        self._waiting: list[tuple[frozenset[str], asyncio.Future[None]]] = []

    def __contains__(self, thing: object) -> bool:
        return thing in self._held

    def any_of(self, things: Collection[str]) -> str | None:
        """One of them that is held, if any."""
        with self.lock:
            return next((thing for thing in things if thing in self._held), None) if self._held else None

    @asynccontextmanager
    async def __call__(self, things: Collection[str]) -> AsyncIterator[None]:
        """Hold all of them at once, as soon as none is held, and nobody who came before waits for one of them."""
        mine = frozenset(things)
        with self.lock:
            free = self._held.isdisjoint(mine) and all(mine.isdisjoint(theirs) for theirs, _ in self._waiting)
            place = (mine, asyncio.get_running_loop().create_future())
            if free:
                self._held |= mine
            else:
                self._waiting.append(place)
        if not free:
            await self._queue(place)
        try:
            yield
        finally:
            self._release(mine)

    async def _queue(self, place: tuple[frozenset[str], asyncio.Future[None]]) -> None:
        try:
            await place[1]  # who wakes us has taken hold for us, so that nobody slips in
        except BaseException:
            with self.lock:
                waiting = place in self._waiting
                if waiting:
                    self._waiting.remove(place)
            self._release(frozenset() if waiting else place[0])  # those behind need not wait for us any more
            raise

    def _release(self, mine: frozenset[str]) -> None:
        with self.lock:
            self._held -= mine
            wanted = set(self._held)
            for place in list(self._waiting):
                theirs, turn = place
                if wanted.isdisjoint(theirs) and not turn.done():
                    self._waiting.remove(place)
                    self._held |= theirs
                    turn.set_result(None)
                wanted |= theirs
