"""How many calls a backend makes at once, and how to tell that an attempt ended before anything was sent."""

from __future__ import annotations

from typing import Any

from troupe_core.errors import SimulationError, Unsupported


class Room:
    """Room for so many calls at once; the others wait for a place. A call that is cancelled while it waits has sent
    nothing, and costs nothing: its error is marked for that (see `unsent`).
    """

    def __init__(self, places: int) -> None:
        from asyncio import Semaphore  # at first use: it takes long to load

        self._places = Semaphore(places)

    async def __aenter__(self) -> None:
        try:
            await self._places.acquire()
        except BaseException as error:
            marked: Any = error
            marked.unsent = True
            raise

    async def __aexit__(self, *error: object) -> None:
        self._places.release()


def unsent(error: BaseException) -> bool:
    """Whether the provider has never heard of an attempt that ended so: it was refused on this side, or had no room
    yet.
    """
    return isinstance(error, SimulationError | Unsupported) or getattr(error, "unsent", False)
