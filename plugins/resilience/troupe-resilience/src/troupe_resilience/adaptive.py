"""How many calls may be under way at once, found out by trying: a value with events in and a limit out. It has no clock
and does nothing by itself.
"""

from __future__ import annotations

from math import inf

FIRST = 8
"""So many at first."""
SILENCE = 0.02
"""Seconds in which nothing is refused, while all of it is used and somebody waits, after which twice as many may go:
answers take their time, and refusals do not.
"""
BLIND = 128
"""So many at most before the first answer: a server that refuses nobody may yet let all but a few wait."""
PLATEAU = 4.0
"""Seconds from a refusal until the limit is back where it was refused; from there on it rises faster and faster."""
LEAST, MOST = 0.05, 0.5
"""What part is taken off at a refusal; if the next ones are refused too, twice as much, up to this."""


class Adaptive:
    """Rises by one with each answer, and doubles with each silence, until the provider pushes back for the first time.
    Then it stays just below what was refused, feels its way up to it, and beyond it if nothing happens: it is a cubic
    function of the time since the last refusal, flat where it was refused, and steep far from there. So a limit that
    stays costs one refusal every few seconds, and one that has doubled is found within a quarter of a minute.

    It rises only while all of it is used: what nobody has tried is not known to be possible.
    """

    __slots__ = ("_cut", "_edge", "_level", "_most", "_next", "_taken")

    def __init__(self, first: float = FIRST, most: float = inf) -> None:
        self._most = most
        self._level = min(float(first), most)
        self._edge = inf
        """Where it was refused the last time."""
        self._cut = -inf
        """And when."""
        self._taken = 0.0
        """What part was taken off then."""
        self._next = LEAST
        """And what part will be the next time."""

    @property
    def limit(self) -> int:
        return int(self._level + 0.5)

    @property
    def unknown(self) -> bool:
        """Whether nothing has been refused yet, and more may be tried before there are answers."""
        return self._edge == inf and self._level < min(BLIND, self._most)

    def silent(self) -> None:
        """For a while nothing was refused, and all of it was used."""
        if self.unknown:
            self._level = min(2 * self._level, BLIND, self._most)

    def answered(self, now: float, sent: float, full: bool) -> None:
        """A call that was sent then has been answered. `full`: it was the last one that the limit let through."""
        if sent >= self._cut:
            self._next = LEAST
        if full:
            self._level = max(self._level, min(self._level + 1, self._aim(now), self._most))

    def _aim(self, now: float) -> float:
        if self._edge == inf:
            return inf
        return self._edge * (1 + self._taken * ((now - self._cut) / PLATEAU - 1) ** 3)

    def pushed_back(self, now: float, sent: float, beside: int) -> None:
        """A call was refused beside so many others. Those that were sent before the last refusal say nothing new."""
        if sent < self._cut:
            return
        self._edge = max(1.0, min(self._level, beside))
        self._taken, self._next = self._next, min(2 * self._next, MOST)
        self._level = max(1.0, self._edge * (1 - self._taken))
        self._cut = now
