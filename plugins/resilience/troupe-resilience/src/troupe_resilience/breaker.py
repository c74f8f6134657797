"""A provider that has been failing for a while is not asked for a while."""

from __future__ import annotations

from math import inf


class Breaker:
    """Opens when so many calls in a row have failed, over so many seconds at least: one bad moment of a provider fails
    everything that is under way, and is no reason to stop. Then, after a pause, one call tries; if it is answered, all
    may. A value without a clock.
    """

    __slots__ = ("_failures", "_many", "_open_until", "_pause", "_seconds", "_since", "_trying")

    def __init__(self, failures: int, seconds: float, pause: float) -> None:
        self._many = failures
        self._seconds = seconds
        self._pause = pause
        self._failures = 0
        self._since = 0.0
        self._open_until = -inf
        self._trying = False

    @property
    def failures(self) -> int:
        """In a row, up to now."""
        return self._failures

    @property
    def is_open(self) -> bool:
        return self._open_until > -inf

    def closed_in(self, now: float) -> float:
        """Seconds until somebody may try; 0: now."""
        if not self.is_open:
            return 0.0
        left = self._open_until - now
        return max(left, 1.0) if self._trying else max(left, 0.0)

    def begin(self, now: float) -> bool:
        """A call goes; whether it is the one that tries."""
        trying = self.is_open and not self._trying and now >= self._open_until
        self._trying = self._trying or trying
        return trying

    def answered(self) -> None:
        """The provider is there, even if what it says is a refusal."""
        if self._failures or self.is_open:
            self._failures, self._open_until, self._trying = 0, -inf, False

    def failed(self, now: float, trying: bool) -> None:
        """A call has failed; what had begun before it opened tells nothing new."""
        if not self._failures:
            self._since = now
        self._failures += 1
        many = self._failures >= self._many and now - self._since >= self._seconds
        if trying or (many and not self.is_open):
            self._open_until, self._trying = now + self._pause, False

    def left(self, trying: bool) -> None:
        """A call was given up, or has said nothing about the provider."""
        self._trying = self._trying and not trying
