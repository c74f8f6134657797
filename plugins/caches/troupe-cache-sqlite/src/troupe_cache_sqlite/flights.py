"""Single flight: who asks for what is being asked already waits for that answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Flight(Generic[T]):
    """A question under way, as a task of its own, and how many wait for it."""

    __slots__ = ("task", "waiting")

    def __init__(self, task: asyncio.Task[T]) -> None:
        self.task = task
        self.waiting = 0


class Flights(Generic[T]):
    """Those of one loop, by key. One that nobody waits for any more is cancelled."""

    def __init__(self, ended: Callable[[], None]) -> None:
        """`ended` is called after each."""
        self._ended = ended
        self._under_way: dict[bytes, Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, key: bytes) -> bool:
        return key in self._under_way

    async def join(self, key: bytes, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the flight of that key, which begins now if there is none. Its error reaches all who wait."""
        flight = self._under_way.get(key) or self._begin(key, make)
        flight.waiting += 1
        try:
            await asyncio.wait([flight.task])  # does not cancel the task when the waiter is cancelled
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._leave(key, flight)
                flight.task.cancel()
        return flight.task.result()

    def _begin(self, key: bytes, make: Callable[[], Coroutine[Any, Any, T]]) -> Flight[T]:
        task = asyncio.get_running_loop().create_task(make())
        flight = self._under_way[key] = Flight(task)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._end(key, flight))
        return flight

    def _end(self, key: bytes, flight: Flight[T]) -> None:
        self._tasks.discard(flight.task)
        self._leave(key, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # seen, also when everybody has left
        self._ended()

    def _leave(self, key: bytes, flight: Flight[T]) -> None:
        """At once, not when it has ended: who comes now must not join what is being cancelled."""
        if self._under_way.get(key) is flight:
            del self._under_way[key]

    async def cancel(self) -> None:
        """End them all."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
