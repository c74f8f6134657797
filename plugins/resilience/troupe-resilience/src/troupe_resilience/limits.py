"""How many requests and tokens a minute: buckets that fill with time, and what a call will take out of them."""

from __future__ import annotations

from troupe_core import LLMRequest, Usage

MINUTE = 60.0
AT_ONCE = 1 / 20
"""What part of a minute's tokens can be used in one moment."""
CRUMB = 1e-6
"""Less than this is missing only because of rounding."""
LETTERS = 4.0
"""Characters of a token, until answers have shown how many they are."""
OUTPUT = 300.0
"""Tokens of an answer, likewise."""
NEWS = 0.1
"""How much the latest answer says about the next one."""


class Bucket:
    """Lets no more through in any minute than it is told to, and `at_once` in one moment. A single cost that is larger
    than that is saved up for. Time that goes backwards fills nothing.
    """

    __slots__ = ("_at", "_capacity", "_level", "_rate")

    def __init__(self, per_minute: float, at_once: float) -> None:
        self._capacity = self._level = at_once
        self._rate = (per_minute - at_once) / MINUTE
        self._at: float | None = None

    def wait(self, now: float, cost: float) -> float:
        """Seconds until a cost can be taken; 0: now."""
        if self._at is None or now > self._at:
            passed = 0.0 if self._at is None else now - self._at
            self._level = min(self._level + passed * self._rate, max(self._capacity, cost, self._level))
            self._at = now
        missing = cost - self._level
        return missing / self._rate if missing > CRUMB else 0.0

    def take(self, cost: float) -> None:
        """Take it out, be it there or not: what turns out to have cost more is owed. Below zero: put it back, if it
        goes in.
        """
        self._level = max(min(self._level - cost, self._capacity), self._level - max(cost, 0.0))


def of_requests(per_minute: int) -> Bucket:
    """A second's worth at once. Being whole, they may come at the pace of one more a minute: that one is too late."""
    return Bucket(per_minute + 1, max(1.0, per_minute / MINUTE))


def of_tokens(per_minute: int) -> Bucket:
    return Bucket(per_minute, per_minute * AT_ONCE)


class Foresight:
    """How many tokens a request is going to cost, by what earlier ones have cost."""

    __slots__ = ("_letters", "_output")

    def __init__(self) -> None:
        self._letters = LETTERS
        self._output = OUTPUT

    def tokens(self, request: LLMRequest) -> float:
        """Of the question, and of the answer: if a limit is set for it, that one, as providers reckon."""
        most = request.parameters.max_tokens
        return _letters(request) / self._letters + (self._output if most is None else most)

    def learn(self, request: LLMRequest, usage: Usage) -> None:
        if usage.input and usage.output:
            self._letters += NEWS * (max(0.5, _letters(request) / usage.input) - self._letters)
            self._output += NEWS * (usage.output - self._output)


def _letters(request: LLMRequest) -> int:
    return sum(len(message.content) for message in request.messages)
