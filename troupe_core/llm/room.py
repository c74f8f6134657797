"""How many calls a backend makes at once, and which attempts end before anything is sent."""

from __future__ import annotations

from typing import Any

from troupe_core.errors import SimulationError, Unsupported


class Room:
    """For so many calls at once; the others wait. Whoever is called off meanwhile has sent nothing, and pays for
    nothing.
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
    """Whether an attempt that ended so was refused on this side, or had no room yet: no provider has heard of it."""
    return isinstance(error, SimulationError | Unsupported) or getattr(error, "unsent", False)
