"""How much of a budget is spent, where the first of several models is to be spared from some share of it on."""

from __future__ import annotations

from collections.abc import Iterable

from troupe_core.config.tree import Limits
from troupe_core.llm.accounts import Account
from troupe_core.llm.prices import BILLION


def beyond(limited: Iterable[tuple[Account, Limits]], share: float) -> str:
    """In words, that this share of one of the limits is spent; nothing if it is of none."""
    for account, limits in limited:
        for used, limit, what in (
            (account.cost / BILLION, limits.money, "USD"),
            (account.calls, limits.calls, "calls"),
            (account.tokens, limits.tokens, "tokens"),
            (account.seconds, limits.seconds, "seconds of asking"),
        ):
            if limit is not None and used >= share * limit:
                return f"{share:.0%} of the budget of {limit:,} {what}{account.holder.of} is spent"
    return ""
