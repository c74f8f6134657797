"""Single flight: who asks for what is being asked already waits for that answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Generic, TypeVar

from troupe_core import Call, ModelError
from troupe_core.errors import SimulationError

T = TypeVar("T")


class Flight(Generic[T]):
    """A question under way, or several that go together, as a task of its own; and how many wait for it."""

    __slots__ = ("call", "keys", "task", "waiting")

    def __init__(self, keys: Collection[bytes], call: Call, task: asyncio.Task[T]) -> None:
        self.keys = keys
        self.call = call
        """Of whoever began it."""
        self.task = task
        self.waiting = 0


def refused_to_others(flight: Flight[Any], call: Call) -> bool:
    """Whether it has ended because whoever began it may not ask, no budget being left or a price not known, and this
    call is on another account; or has given up soon because another model stands by, which is not so for this call.
    """
    error = flight.task.exception()
    if isinstance(error, ModelError):
        return error.retryable and flight.call.standby and not call.standby
    return isinstance(error, SimulationError) and _account(flight.call) != _account(call)


def _account(call: Call) -> tuple[str, str | None, str]:
    return call.simulation, call.person, call.purpose


class Flights(Generic[T]):
    """Those of one loop, by key. One that nobody waits for any more is cancelled."""

    def __init__(self, ended: Callable[[], None]) -> None:
        """`ended` is called after each."""
        self._ended = ended
        self._under_way: dict[bytes, Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def get(self, key: bytes) -> Flight[T] | None:
        """The one of that key."""
        return self._under_way.get(key)

    def begin(self, keys: Collection[bytes], call: Call, work: Coroutine[Any, Any, T]) -> Flight[T]:
        """Of keys that are not under way."""
        flight = Flight(keys, call, asyncio.get_running_loop().create_task(work))
        self._under_way.update(dict.fromkeys(keys, flight))
        self._tasks.add(flight.task)
        flight.task.add_done_callback(lambda done: self._end(flight))
        return flight

    async def wait(self, flights: Collection[Flight[T]]) -> None:
        """Until all have come to something, an error or a result."""
        for flight in flights:
            flight.waiting += 1
        try:
            await asyncio.wait([flight.task for flight in flights])  # cancels no task when the waiter is cancelled
        finally:
            for flight in flights:
                flight.waiting -= 1
                if not flight.waiting and not flight.task.done():
                    self._leave(flight)
                    flight.task.cancel()

    def _end(self, flight: Flight[T]) -> None:
        self._tasks.discard(flight.task)
        self._leave(flight)
        if not flight.task.cancelled():
            flight.task.exception()  # seen, also when everybody has left
        self._ended()

    def _leave(self, flight: Flight[T]) -> None:
        """At once, not when it has ended: who comes now must not join what is being cancelled."""
        for key in flight.keys:
            if self._under_way.get(key) is flight:
                del self._under_way[key]

    async def cancel(self) -> None:
        """End them all."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
