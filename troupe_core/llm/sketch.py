"""How long many things took, in a few numbers: percentiles without keeping a single one of the durations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil, floor, frexp, ldexp

import attrs

PARTS = 32
"""Each doubling is cut into so many buckets."""
TWICE = 2 * PARTS
ERROR = 1 / TWICE
"""A percentile is off by at most this part of itself."""
LEAST, MOST = 2.0**-20, 2.0**20
"""Seconds: about a microsecond, and twelve days. What is shorter or longer counts as these, so that there are at most
1,281 buckets.
"""


def bucket_of(seconds: float) -> int:
    """The number of the bucket for a duration. Each is so narrow that its middle can stand for all that is in it."""
    mantissa, exponent = frexp(seconds if LEAST <= seconds <= MOST else min(max(seconds, LEAST), MOST))
    return PARTS * exponent + int(TWICE * mantissa)


def _middle(bucket: int) -> float:
    exponent = floor(bucket / PARTS) - 1
    return ldexp((bucket - PARTS * exponent + 0.5) / TWICE, exponent)


@attrs.frozen
class Sketch:
    """Durations in seconds, counted by bucket. The sum of two, in either order, is as if one had seen them all."""

    counts: Mapping[int, int] = attrs.field(factory=dict)
    """How many fell into each bucket."""

    @classmethod
    def of(cls, durations: Iterable[float]) -> Sketch:
        return cls(dict(Counter(map(bucket_of, durations))))

    def __add__(self, other: Sketch) -> Sketch:
        counts = dict(self.counts)
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        return Sketch(counts)

    def __len__(self) -> int:
        """Of how many durations it is."""
        return sum(self.counts.values())

    def quantile(self, part: float) -> float | None:
        """The time within which that part of them was over; None if there are none."""
        left = max(ceil(part * len(self)), 1)
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return _middle(bucket)
        return None
