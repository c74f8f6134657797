"""What a history has cost, as its commits hold it: what it has taken over from an earlier session too."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.pages import Page, behind, spending

if TYPE_CHECKING:
    from troupe_core.llm.meter import Meter
    from troupe_core.simulation.journal.store import Store

Numbers = dict[str, list[int]]


class Spending:
    """Of one branch. By purpose a commit holds everything; by person, where there is a limit to that, what is another
    than in the commit before it.
    """

    def __init__(self, store: Store, meter: Meter, pages: Container[bytes]) -> None:
        self._store = store
        self._meter = meter
        self._pages = pages
        """Those of its own: what is on them the meter has counted."""
        self._begun = True
        """Whether there may be more behind the head than the meter knows: it has come upon what is there already."""
        self._given: tuple[Numbers, Numbers] = ({}, {})
        """What the meter was given of its history."""
        self._earlier: tuple[Numbers, Numbers] = ({}, {})
        """What its history had cost, more than that."""
        self._written: Numbers = {}

    def walk(self) -> None:
        """A commit is there already."""
        self._begun = True

    def restore(self, head: bytes, left_over: Page | None = None) -> None:
        """Give the meter what the history of a commit says, and what was asked after it."""
        self._meter.restore(*self._there(head, left_over))
        self._given = (self._meter.tallies(), self._meter.by_person())
        self._begun = False
        self._written = commits.spent(self._store, head)[1]

    def same_as(self, other: Spending) -> None:
        """The meter has been given what that of a twin knows."""
        self._begun, self._given, self._earlier = other._begun, other._given, other._earlier
        self._written = dict(other._written)

    def _there(self, head: bytes | None, left_over: Page | None = None) -> tuple[Numbers, Numbers]:
        """What a commit says, and the pages after it."""
        purposes, people = ({}, {}) if head is None else commits.spent(self._store, head)
        for page in [*behind(self._store, head, self._pages), *([left_over] if left_over is not None else [])]:
            more = spending(page)
            purposes, people = _more(purposes, more[0]), _more(people, more[1])
        return purposes, people

    def now(self, head: bytes | None, *, full: bool) -> tuple[Numbers, Numbers]:
        """For a new commit: by purpose, and by person."""
        if self._begun:
            there = self._there(head)
            self._earlier = (_less(there[0], self._given[0]), _less(there[1], self._given[1]))
            self._written = {} if head is None else commits.spent(self._store, head)[1]
            self._begun = False
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
