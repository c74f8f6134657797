"""What was spent up to some point, in numbers that can be added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TypeVar

import attrs

T = TypeVar("T")

Numbers = dict[str, list[int]]


@attrs.frozen
class Tallies:
    """By purpose, by person, and for how many milliseconds models were asked, as the meter tells them."""

    purposes: Numbers = attrs.field(factory=dict)
    people: Numbers = attrs.field(factory=dict)
    asking: dict[str, int] = attrs.field(factory=dict)

    def __add__(self, more: Tallies) -> Tallies:
        asking = {name: self.asking.get(name, 0) + number for name, number in more.asking.items()}
        return Tallies(_more(self.purposes, more.purposes), _more(self.people, more.people), self.asking | asking)

    def __sub__(self, less: Tallies) -> Tallies:
        asking = {name: number - less.asking.get(name, 0) for name, number in self.asking.items()}
        return Tallies(_less(self.purposes, less.purposes), _less(self.people, less.people), asking)

    def changed(self, before: Tallies) -> Tallies:
        """What a commit says after one that has said those before: of purposes all, of the rest what has changed."""
        return Tallies(self.purposes, _changed(self.people, before.people), _changed(self.asking, before.asking))

    def with_changes(self, changed: Tallies) -> Tallies:
        """The other way round."""
        return Tallies(changed.purposes, self.people | changed.people, self.asking | changed.asking)


NOTHING = Tallies()


def _changed(now: Mapping[str, T], before: Mapping[str, T]) -> dict[str, T]:
    return {name: each for name, each in now.items() if before.get(name) != each}


def _less(some: Mapping[str, Sequence[int]], others: Numbers) -> Numbers:
    """What the first are more than the others."""
    return {name: [a - b for a, b in _pairs(some.get(name, ()), others.get(name, ()))] for name in {**some, **others}}


def _more(some: Numbers, others: Numbers) -> Numbers:
    return some | {name: [a + b for a, b in _pairs(some.get(name, ()), more)] for name, more in others.items()}


def _pairs(a: Sequence[int], b: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Side by side, though there may be fewer of one: an earlier version did not count everything."""
    return zip_longest(a, b, fillvalue=0)
