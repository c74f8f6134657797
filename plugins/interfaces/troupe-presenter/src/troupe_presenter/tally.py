"""How far it is, and what it has taken: counted from what is told while it happens."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from troupe_core import ModelCall, StepEnded, TurnEnded
from troupe_core.llm import usd

_MANY = {"person": "people"}
TURNS = ("turn", "ask")
"""For these somebody is asked who has a turn: for a question, if it is to be remembered."""
LONG = 90
"""So many seconds, or minutes, are told in the next larger unit."""


class Tally:
    """Of one presentation."""

    def __init__(self, expected: int | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.expected = expected
        """How many turns there will be."""
        self.steps = self.turns = self.failed = self.found = 0
        self.calls = self.failed_calls = self.tokens_in = self.tokens_out = self.cached = self.cost = 0
        self._clock = clock
        self._asked: set[tuple[str, str | None, int]] = set()
        """The turns that are under way, and for which a model was asked."""
        self._since: float | None = None
        """When the first answer was asked for."""

    def count(self, event: object) -> None:
        """One more event."""
        if isinstance(event, ModelCall):
            self._count_call(event)
        elif isinstance(event, TurnEnded):
            self.turns += 1
            turn = (event.simulation, event.person, event.turn)
            if event.error is not None:
                self.failed += 1
            elif turn not in self._asked:
                self.found += 1
            self._asked.discard(turn)
        elif isinstance(event, StepEnded):
            self.steps += 1

    def _count_call(self, event: ModelCall) -> None:
        call = event.call
        if self._since is None:
            self._since = self._clock() - event.seconds
        self.calls += 1
        self.failed_calls += event.error is not None
        self.cost += event.cost or 0
        if event.usage is not None:
            self.tokens_in += event.usage.input
            self.tokens_out += event.usage.output
            self.cached += event.usage.cached
        if call.purpose in TURNS:
            self._asked.add((call.simulation, call.person, call.turn))

    @property
    def seconds_left(self) -> float | None:
        """If the turns to come take as long as those for which a model was asked; None if nobody can tell, as when only
        questions and findings are left.
        """
        asked = self.turns - self.found
        if self.expected is None or self.turns >= self.expected or self._since is None or asked == 0:
            return None
        return (self.expected - self.turns) * (self._clock() - self._since) / asked

    def parts(self) -> list[str]:
        """What it has come to, the most important first."""
        calls = [counted(self.calls, "call") + (f" ({self.failed_calls:,} failed)" if self.failed_calls else "")]
        tokens = f"{self.tokens_in:,} tokens in, {self.tokens_out:,} out"
        paid = [usd(self.cost)] if self.cost else []
        saved = [f"{counted(self.found, 'turn')} answered before"] if self.found else []
        saved += [f"{self.cached:,} tokens known to the provider"] if self.cached else []
        failed = [f"{self.failed:,} failed"] if self.failed else []
        return [*failed, *calls, *([tokens] if self.calls else []), *paid, *saved]

    def __str__(self) -> str:
        return ", ".join([counted(self.steps, "step"), counted(self.turns, "turn"), *self.parts()])


def counted(number: int, what: str) -> str:
    """So many of something."""
    return f"{number:,} {what if number == 1 else _MANY.get(what, f'{what}s')}"


def lasting(seconds: float) -> str:
    """About how long."""
    if seconds < LONG:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < LONG else f"{minutes / 60:.1f} h"
