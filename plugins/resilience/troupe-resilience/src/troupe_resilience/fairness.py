"""Who is next: of the simulations that wait, the one with the fewest calls under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A large study fills what is free; a small one beside it is next whenever it wants something, until it has as much
    under way as the large one. Among equals it goes by turns; within a simulation by priority, then in order.
    """

    def __init__(self, gone: Callable[[T], bool]) -> None:
        """`gone` tells who does not wait any more: it is passed over."""
        self._gone = gone
        self._waiting: dict[str, list[tuple[int, int, T]]] = {}
        self._under_way: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        """When it was each one's turn."""
        self._numbers = count(1)

    def __bool__(self) -> bool:
        """Whether anybody may be waiting."""
        return bool(self._waiting)

    def __len__(self) -> int:
        return sum(not self._gone(each) for waiting in self._waiting.values() for _, _, each in waiting)

    def put(self, simulation: str, priority: int, waiter: T) -> None:
        """Have somebody wait."""
        heappush(self._waiting.setdefault(simulation, []), (-priority, next(self._numbers), waiter))

    def first(self) -> T | None:
        """Who is next; None: nobody waits."""
        found = self._first()
        return None if found is None else self._waiting[found][0][2]

    def _first(self) -> str | None:
        for simulation in list(self._waiting):
            waiting = self._waiting[simulation]
            while waiting and self._gone(waiting[0][2]):
                heappop(waiting)
            if not waiting:
                del self._waiting[simulation]
        return min(self._waiting, key=self._rank, default=None)

    def _rank(self, simulation: str) -> tuple[int, int]:
        return self._under_way[simulation], self._served.get(simulation, 0)

    def take(self) -> T:
        """It is the first one's turn."""
        simulation = self._first()
        if simulation is None:
            raise LookupError("nobody waits")
        return heappop(self._waiting[simulation])[2]

    def begin(self, simulation: str) -> None:
        """A call of it is under way."""
        self._under_way[simulation] += 1
        self._served[simulation] = next(self._numbers)

    def end(self, simulation: str) -> None:
        """It is over."""
        self._under_way[simulation] -= 1
        if not self._under_way[simulation]:
            del self._under_way[simulation]
            if simulation not in self._waiting:
                self._served.pop(simulation, None)
