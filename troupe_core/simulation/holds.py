"""Who is in the middle of something. A thing does one thing at a time; who comes second waits, first come first
served.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class Holds:
    """Used on the runtime's loop; membership may be asked for from anywhere."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._waiting: list[asyncio.Future[None]] = []

    def __contains__(self, thing: object) -> bool:
        return thing in self._held

    def any_of(self, things: Collection[str]) -> str | None:
        """One of them that is held, if any."""
        if not self._held or self._held.isdisjoint(things):
            return None
        return next(thing for thing in things if thing in self._held)

    @asynccontextmanager
    async def __call__(self, things: Collection[str]) -> AsyncIterator[None]:
        """Hold all of them at once, as soon as none is held."""
        while not self._held.isdisjoint(things):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            finally:
                if turn in self._waiting:
                    self._waiting.remove(turn)
        mine = set(things)
        self._held |= mine
        try:
            yield
        finally:
            self._held -= mine
            for turn in self._waiting:
                if not turn.done():
                    turn.set_result(None)
