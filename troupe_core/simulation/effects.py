"""What tools have done outside of the simulation: noted before it begins and when it is over, so that nothing is done
twice.

This one lives in memory, as long as the simulation and its forks do. A journal on disk takes its place where a
simulation has a file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex
from typing import Any, Protocol

import attrs


@attrs.frozen
class Effect:
    """What a use of a tool came to, as the person perceives it."""

    result: str
    doubtful: bool = False
    """Whether nobody knows if it has happened."""


Do = Callable[[bool], Awaitable[Effect]]
"""Uses the tool. It is given True if that was begun before, and nobody knows what became of it."""


class Effects(Protocol):
    """Where a simulation notes them."""

    @property
    def series(self) -> str:
        """Tells the effects of one study from those of any other, which may order the same in the same words."""
        ...

    async def once(self, key: bytes, call: Mapping[str, Any], do: Do, *, repeatable: bool) -> Effect:
        """What it came to, the first time or now. What may be repeated need not be noted before it begins."""
        ...


class EffectsInMemory:
    """Of a simulation and its forks."""

    def __init__(self) -> None:
        self.series = token_hex(8)
        self._kept: dict[bytes, Effect | None] = {}
        self._flights: dict[bytes, asyncio.Future[None]] = {}

    async def once(self, key: bytes, call: Mapping[str, Any], do: Do, *, repeatable: bool) -> Effect:
        while (other := self._flights.get(key)) is not None:  # a fork does the same at this moment
            await asyncio.wait([other])
        found = self._kept.get(key)
        if found is not None:
            return found
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            begun = key in self._kept
            if not repeatable:
                self._kept[key] = None
            effect = self._kept[key] = await do(begun)
        finally:
            del self._flights[key]
            flight.set_result(None)
        return effect
