"""The words that announce the default limit: the one that holds where nobody has given a budget."""

from __future__ import annotations

from troupe_core.llm.meter import UNASKED, UNASKED_MONEY, Meter
from troupe_core.llm.prices import Price, dollars


def told_once(meter: Meter, price: Price | None) -> str:
    """The announcement for a model of that price (None: nobody knows it). The meter notes that it was made, so that it
    is made only once.
    """
    meter.warned.add(price is not None)
    if price is None:
        most = f"it and others that may cost something, nobody knows how much, are asked {UNASKED:,} times at most"
        limit = "calls"
    else:
        dated = f" (prices of {price.as_of}: see what your provider says)" if price.as_of else ""
        most, limit = f"{dollars(UNASKED_MONEY)} are spent on it and others at most{dated}", "money"
    return f"{meter.unasked}, so that {most}; {meter.holder.first.replace('{}', limit)} changes that"
