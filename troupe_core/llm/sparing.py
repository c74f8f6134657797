"""How much of a budget is spent, where the first of several models is to be spared from some share of it on."""

from __future__ import annotations

from troupe_core.llm.meter import Meter


def beyond(meter: Meter, share: float) -> str:
    """In words, that this share of one of the limits is spent; nothing if it is of none."""
    budget, spent = meter.budget, meter.total()
    for used, limit, what in (
        (spent.money, budget.money, "USD"),
        (spent.calls, budget.calls, "calls"),
        (spent.usage.input + spent.usage.output, budget.tokens, "tokens"),
        (meter.seconds, budget.seconds, "seconds of asking"),
    ):
        if limit is not None and used >= share * limit:
            return f"{share:.0%} of the budget of {limit:,} {what} is spent"
    return ""
