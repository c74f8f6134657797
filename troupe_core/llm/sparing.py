"""Whether so much of a budget is spent that a cheaper model is asked: the first of several is spared then."""

from __future__ import annotations

from collections.abc import Iterable

from troupe_core.config.tree import Limits
from troupe_core.llm.accounts import Account
from troupe_core.llm.prices import BILLION, dollars


def beyond(limited: Iterable[tuple[Account, Limits]], share: float) -> str:
    """Which limit has been used up to this share, in words; empty if none has."""
    for account, limits in limited:
        for used, limit, what in (
            (account.cost / BILLION, limits.money, dollars),
            (account.calls, limits.calls, "{:,} calls".format),
            (account.tokens, limits.tokens, "{:,} tokens".format),
            (account.seconds, limits.seconds, "{:,} seconds of asking".format),
        ):
            if limit is not None and used >= share * limit:
                return f"{share:.0%} of the budget of {what(limit)}{account.holder.of} is spent"
    return ""
