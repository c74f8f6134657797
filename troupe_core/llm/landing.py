"""Waiting for room in a budget: what is set aside for calls in flight is more, as a rule, than they take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from troupe_core.errors import BudgetExceeded

T = TypeVar("T")


class Landing:
    """The next time that a call in flight is over."""

    __slots__ = ("_next", "number")

    def __init__(self) -> None:
        self.number = 0
        """How many are over by now."""
        self._next: asyncio.Future[None] | None = None

    def tell(self) -> None:
        """One is over."""
        self.number += 1
        if self._next is not None:
            self._next.set_result(None)
            self._next = None

    async def wait(self, number: int) -> None:
        """Until more are over than that number."""
        if self.number > number:
            return
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._next)  # others wait for it too


class AllSetAside(BudgetExceeded):
    """There is no room for a call beside those in flight; without them there would be."""

    def __init__(self, message: str, landing: Landing) -> None:
        super().__init__(message)
        self.landing, self.number = landing, landing.number  # others may land while this is on its way to who waits


async def with_room(ask: Callable[[], Awaitable[T]]) -> T:
    """What it comes to, asked again when others have landed for as long as all is set aside for them."""
    while True:
        try:
            return await ask()
        except AllSetAside as full:
            landing, number = full.landing, full.number
        await landing.wait(number)
