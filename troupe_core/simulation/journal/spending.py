"""What a history has cost, as its commits hold it: what it has taken over from an earlier session too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from troupe_core.simulation.journal import commits

if TYPE_CHECKING:
    from troupe_core.llm.meter import Meter
    from troupe_core.simulation.journal.store import Store

Numbers = dict[str, list[int]]


class Spending:
    """Of one branch. By purpose a commit holds everything; by person, where there is a limit to that, what is another
    than in the commit before it.
    """

    def __init__(self, store: Store, meter: Meter) -> None:
        self._store = store
        self._meter = meter
        self._walked: tuple[Numbers, Numbers] | None = None
        """What this session had spent when it last came upon a commit that is there already."""
        self._earlier: tuple[Numbers, Numbers] = ({}, {})
        """What its history had cost by then, more than that."""
        self._written: Numbers = {}

    def walk(self) -> None:
        """A commit is there already."""
        self._walked = (self._meter.tallies(), self._meter.by_person())

    def restored(self) -> None:
        """The meter has been given what the history says."""
        self._written = self._meter.by_person()

    def now(self, head: bytes | None, *, full: bool) -> tuple[Numbers, Numbers]:
        """For a new commit: by purpose, and by person."""
        if self._walked is not None and head is not None:
            there = commits.spent(self._store, head)
            self._earlier = (_less(there[0], self._walked[0]), _less(there[1], self._walked[1]))
            self._written = there[1]
            self._walked = None
        purposes = _more(self._meter.tallies(), self._earlier[0])
        people = _more(self._meter.by_person(), self._earlier[1]) if self._meter.people or self._earlier[1] else {}
        return purposes, {name: each for name, each in people.items() if full or self._written.get(name) != each}

    def written(self, people: Numbers) -> None:
        """It is on its way."""
        self._written |= people


def _less(some: Mapping[str, Sequence[int]], others: Numbers) -> Numbers:
    """What the first are more than the others."""
    return {name: [a - b for a, b in _pairs(some.get(name, ()), others.get(name, ()))] for name in {**some, **others}}


def _more(some: Numbers, others: Numbers) -> Numbers:
    return some | {name: [a + b for a, b in _pairs(some.get(name, ()), more)] for name, more in others.items()}


def _pairs(a: Sequence[int], b: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Side by side, though there may be fewer of one: an earlier version did not count everything."""
    return zip_longest(a, b, fillvalue=0)
