"""Random streams that are named, never shared: each draw is a digest of who draws, for what, in which own turn.

There is no generator state to save, nothing depends on the order in which people come to draw, and two variants of one
experiment draw the same numbers wherever they do the same (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

from troupe_core.errors import ArgumentError
from troupe_core.keys import digest, utf8

T = TypeVar("T")


class Stream:
    """Draws 0, 1, 2, … of one name."""

    __slots__ = ("_drawn", "_name")

    def __init__(self, seed: int, thing: str, purpose: str, turn: int) -> None:
        self._name = digest(b"stream", b"%d" % seed, utf8(thing), utf8(purpose), b"%d" % turn)
        self._drawn = 0

    def _bits(self) -> int:
        """64 fresh bits."""
        self._drawn += 1
        drawn = blake2b(self._name + self._drawn.to_bytes(8, "big"), digest_size=8, person=b"draw")
        return int.from_bytes(drawn.digest(), "big")

    def random(self) -> float:
        """A number in [0, 1)."""
        return (self._bits() >> 11) * 2.0**-53

    def below(self, limit: int) -> int:
        """A whole number in [0, limit), each equally likely."""
        if not 0 < limit <= 2**64:
            raise ArgumentError(f"limit must be from 1 to 2**64, not {limit}")
        fair = 2**64 - 2**64 % limit  # what lies above would favour the small numbers
        while (bits := self._bits()) >= fair:
            pass
        return bits % limit

    def randint(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + self.below(high - low + 1)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def gauss(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """A normal draw (Box and Muller; the second of the pair is left unused, so that draws stay countable)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.random()))
        return mean + deviation * radius * math.cos(2.0 * math.pi * self.random())

    def choice(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def shuffle(self, items: MutableSequence[Any]) -> None:
        """In place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
