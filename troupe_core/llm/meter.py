"""What is spent on one account, a simulation's or the runtime's own, and what may be. Failed attempts count too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

import attrs

from troupe_core.config.tree import Budget
from troupe_core.errors import BudgetExceeded
from troupe_core.events import ModelCall
from troupe_core.llm.response import NO_USAGE, Usage

NOTHING_SPENT = (0, 0, 0, 0, 0, 0, 0)
UNASKED = 2_000
"""So many calls to a provider that costs something are made for a simulation without any budget."""


@attrs.frozen
class Spent:
    """Calls, those among them that failed, and tokens."""

    calls: int = 0
    failed: int = 0
    usage: Usage = NO_USAGE

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.calls - other.calls, self.failed - other.failed, self.usage - other.usage)


class Meter:
    """Counts the calls on one account, and admits them. A limit on calls is exact; of tokens and time, the calls that
    are in flight when it is reached are still answered.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.warned = False
        """Whether somebody has been told that there is no budget."""
        self._calls: dict[str, list[int]] = {}
        self._paying: set[str] = set()
        """The models that may cost something."""
        self._in_flight = self._paid = 0
        self._made = self._tokens = 0
        self._asking, self._since = 0.0, 0.0

    def admit(self, model: str, paid: bool) -> None:
        """A call is about to be made; raises `BudgetExceeded` if it may not."""
        budget = self.budget
        if budget.calls is not None and self._made + self._in_flight >= budget.calls:
            raise _exceeded(f"{budget.calls:,} calls", "calls")
        if budget.tokens is not None and self._tokens >= budget.tokens:
            raise _exceeded(f"{budget.tokens:,} tokens", "tokens")
        if budget.seconds is not None and self.seconds >= budget.seconds:
            raise _exceeded(f"{budget.seconds:g} seconds of asking", "seconds")
        if paid:
            if self._paid >= UNASKED and budget == Budget():
                raise BudgetExceeded(
                    f"{UNASKED:,} calls have been made to providers such as {model}, and no budget is given. What came "
                    "of them is kept; simulation.budget = Budget(calls=…) says how many it may be in all, or "
                    "Simulation(budget=…), or budget.calls in the settings"
                )
            self._paid += 1
            self._paying.add(model)
        if not self._in_flight:
            self._since = monotonic()
        self._in_flight += 1

    def count(self, event: ModelCall) -> None:
        """A call is over."""
        if self._in_flight:
            self._in_flight -= 1
            if not self._in_flight:
                self._asking += monotonic() - self._since
        tally = self._calls.get(event.call.purpose)
        if tally is None:
            tally = self._calls[event.call.purpose] = [*NOTHING_SPENT]
        tally[0] += 1
        self._made += 1
        if event.error is not None:
            tally[1] += 1
        usage = event.usage
        if usage is not None:
            tally[2] += usage.input
            tally[3] += usage.output
            tally[4] += usage.cached
            tally[6] += usage.reasoning
            self._tokens += usage.input + usage.output
        if event.model in self._paying:
            tally[5] += 1

    @property
    def seconds(self) -> float:
        """For how long at least one model was being asked, in this session."""
        return self._asking + (monotonic() - self._since if self._in_flight else 0.0)

    def tallies(self) -> dict[str, list[int]]:
        """By purpose: calls, failed ones, tokens in, out and cached, calls that may have cost something, tokens
        of reasoning.
        """
        return {purpose: list(tally) for purpose, tally in self._calls.items()}

    def restore(self, tallies: Mapping[str, Sequence[int]]) -> None:
        """What was spent before."""
        self._calls = {purpose: whole(tally) for purpose, tally in tallies.items()}
        self._paid = sum(tally[5] for tally in self._calls.values())
        self._made = sum(tally[0] for tally in self._calls.values())
        self._tokens = sum(tally[2] + tally[3] for tally in self._calls.values())

    def purposes(self) -> dict[str, Spent]:
        """What was spent on each purpose."""
        return {purpose: _spent(t) for purpose, t in sorted(self._calls.items())}

    def total(self) -> Spent:
        """What was spent on all of them."""
        sums = [sum(column) for column in zip(*self._calls.values(), strict=True)] or NOTHING_SPENT
        return _spent(sums)


def whole(tally: Sequence[int]) -> list[int]:
    """A tally as an earlier version may have left it: it did not count all that is counted now."""
    return [*tally, *NOTHING_SPENT[len(tally) :]]


def _spent(tally: Sequence[int]) -> Spent:
    calls, failed, read, written, cached, _, reasoning = tally
    return Spent(calls, failed, Usage(read, written, cached, reasoning))


def _exceeded(what: str, limit: str) -> BudgetExceeded:
    return BudgetExceeded(
        f"the budget of {what} is spent. What came of it is kept, and with a larger one it goes on: "
        f"simulation.budget = Budget({limit}=…), or run the program again with it"
    )
