"""What a simulation has spent: calls and tokens, by purpose. Physical attempts are counted, failed ones too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from troupe_core.events import ModelCall
from troupe_core.llm.response import NO_USAGE, Usage


@attrs.frozen
class Spent:
    """Calls, those among them that failed, and tokens."""

    calls: int = 0
    failed: int = 0
    usage: Usage = NO_USAGE

    def __sub__(self, other: Spent) -> Spent:
        used = Usage(
            self.usage.input - other.usage.input,
            self.usage.output - other.usage.output,
            self.usage.cached - other.usage.cached,
        )
        return Spent(self.calls - other.calls, self.failed - other.failed, used)


class Meter:
    """Counts one simulation's calls."""

    def __init__(self) -> None:
        self._calls: dict[str, list[int]] = {}

    def count(self, event: ModelCall) -> None:
        tally = self._calls.get(event.call.purpose)
        if tally is None:
            tally = self._calls[event.call.purpose] = [0, 0, 0, 0, 0]
        tally[0] += 1
        if event.error is not None:
            tally[1] += 1
        usage = event.usage
        if usage is not None:
            tally[2] += usage.input
            tally[3] += usage.output
            tally[4] += usage.cached

    def tallies(self) -> dict[str, list[int]]:
        """By purpose: calls, failed ones, tokens in, out and cached."""
        return {purpose: list(tally) for purpose, tally in self._calls.items()}

    def restore(self, tallies: Mapping[str, Sequence[int]]) -> None:
        """What was spent before."""
        self._calls = {purpose: list(tally) for purpose, tally in tallies.items()}

    def purposes(self) -> dict[str, Spent]:
        """What was spent on each purpose."""
        return {purpose: Spent(t[0], t[1], Usage(*t[2:])) for purpose, t in sorted(self._calls.items())}

    def total(self) -> Spent:
        """What was spent on all of them."""
        sums = [sum(column) for column in zip(*self._calls.values(), strict=True)] or [0] * 5
        return Spent(sums[0], sums[1], Usage(*sums[2:]))
