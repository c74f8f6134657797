"""What tokens cost: for people in US dollars a million, on accounts in whole billionths of a dollar."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from re import fullmatch
from typing import Any

import attrs

from troupe_core.errors import ArgumentError, BadRequest, ConnectionFailed, ModelError, RateLimited
from troupe_core.llm.request import LLMRequest
from troupe_core.llm.response import Usage
from troupe_core.llm.room import unsent

BILLION = 1_000_000_000
FINE = 1_000
"""What a token costs is kept in thousandths of a billionth of a dollar."""
FINE_OF_A_DOLLAR = 1_000_000
"""So many of those thousandths does one token cost, if a million tokens cost one dollar."""
DATED = r"(.+?)-(?:\d{4}-\d{2}-\d{2}|\d{4})"
"""The name of a model as it was on a certain day, such as `gpt-4o-2024-08-06` or `gpt-4-0613`."""

CHARACTERS = 4
"""About so many make a token. It is what counts until a provider has counted."""
ANSWER = 500
"""Tokens that an answer is expected to have, until there have been answers."""
PICTURE = 4_000
"""A picture counts as so many characters."""


def billionths(dollars: float) -> int:
    """An amount as it is kept."""
    return round(dollars * BILLION)


def dollars(money: float) -> str:
    """An amount that somebody has named, as people write it."""
    number = format(Decimal(f"{money:.12g}"), ",f")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} USD"


def usd(amount: int) -> str:
    """An amount as people read it: down to hundredths of a cent; to cents if it is large, and in full if it is tiny."""
    money = amount / BILLION
    if amount < BILLION // 10_000:
        return dollars(money)
    return f"{money:.4f} USD" if amount < 10 * BILLION else f"{money:,.2f} USD"


def _amount(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not (
        isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0
    ):
        raise ArgumentError(
            f"{attribute.name} of a Price is a number of US dollars for a million tokens, 0 or more; got {value!r}"
        )


@attrs.frozen
class Price:
    """What a million tokens of one model cost, in US dollars."""

    input: float = attrs.field(validator=_amount)
    output: float = attrs.field(validator=_amount)
    cached: float | None = attrs.field(default=None, validator=_amount)
    """Of the input that the provider had seen before; None: as any other."""
    as_of: str = attrs.field(default="", eq=False)
    """When it was so: "2026-11"."""
    _fine: tuple[int, int, int] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        three = self.input, self.input if self.cached is None else self.cached, self.output
        object.__setattr__(self, "_fine", tuple(round(each * FINE_OF_A_DOLLAR) for each in three))

    @property
    def fine(self) -> tuple[int, int, int]:
        """Of one token of input, of cached input and of output, in thousandths of a billionth."""
        return self._fine

    def cost(self, usage: Usage) -> int:
        """What so many tokens come to, in billionths of a dollar; a part of one counts as a whole one."""
        fresh, cached, written = self._fine
        return -(-((usage.input - usage.cached) * fresh + usage.cached * cached + usage.output * written) // FINE)


FREE = Price(0, 0)


@attrs.frozen
class PriceTable:
    """A provider's prices by the names of its models, and when and where they were read."""

    as_of: str
    source: str
    prices: Mapping[str, Price]

    @classmethod
    def read(cls, package: str, name: str) -> PriceTable:
        """From a TOML file that lies in a package: `as_of`, `source`, and a table `[prices]`."""
        import tomllib
        from importlib.resources import files

        said = tomllib.loads((files(package) / name).read_text(encoding="utf-8"))
        as_of = said["as_of"]
        prices = {model: Price(**price, as_of=as_of) for model, price in said["prices"].items()}
        return cls(as_of, said["source"], prices)

    def of(self, model: str) -> Price | None:
        """The price of a model. One that is dated has the price of the model without the date, unless it has its own;
        None if neither is known.
        """
        return price_in(self.prices, model)


def price_in(prices: Mapping[str, Price], model: str) -> Price | None:
    """The same, in any prices by name."""
    found = prices.get(model)
    if found is None and (dated := fullmatch(DATED, model)) is not None:
        found = prices.get(dated[1])
    return found


class Pricing:
    """What is paid for the calls to one model, and what the next one may cost: learned from those before it, for each
    purpose by itself.
    """

    def __init__(self, price: Price | None) -> None:
        self.price = price
        fresh, cached, self._written = price.fine if price is not None else (0, 0, 0)
        self._fresh, self._saved = fresh, fresh - cached
        self.counts = bool(fresh or cached or self._written)
        """Whether tokens have to be counted to know a cost: not if they are free, or if nobody knows the price."""
        self._flat = None if price is None else 0
        self._learned: dict[str, list[int]] = {}
        """By purpose: answers, characters asked, what those have cost, tokens answered."""

    def size(self, request: LLMRequest) -> int:
        """How much is asked, in characters."""
        if not self.counts:
            return 0
        size = 0
        for message in request.messages:
            size += len(message.content)
            if message.images:
                size += PICTURE * len(message.images)
        return size

    def expected(self, purpose: str, size: int, most: int | None) -> int | None:
        """What a call of that size may cost, in billionths of a dollar, if its answer has at most so many tokens."""
        if not self.counts:
            return self._flat
        learned = self._learned.get(purpose)
        if learned is None:
            sent, written = size * self._fresh // CHARACTERS, ANSWER if most is None else most
        else:
            answers, characters, cost, tokens = learned
            sent, written = size * cost // characters, -(-tokens // answers)
            if most is not None and written > most:
                written = most
        return -(-(sent + written * self._written) // FINE)

    def cost(self, purpose: str, size: int, usage: Usage | None, expected: int | None) -> int | None:
        """What a call has cost: what was expected, if nobody tells how many tokens there were."""
        if not self.counts:
            return self._flat
        if usage is None or not (usage.input or usage.output):
            return expected
        written = usage.output
        sent = usage.input * self._fresh - usage.cached * self._saved
        learned = self._learned.get(purpose)
        if learned is None:
            learned = self._learned[purpose] = [0, 1, 0, 0]
        learned[0] += 1
        learned[1] += size
        learned[2] += sent
        learned[3] += written
        return -(-(sent + written * self._written) // FINE)

    def lost(self, error: BaseException, usage: Usage | None, expected: int | None) -> int | None:
        """What a call has cost that came to nothing. If it was refused, did not get through or was not sent yet, it
        costs nothing; an answer that was on its way is paid for.
        """
        if self.price is None:
            return None
        if usage is not None and (usage.input or usage.output):
            return self.price.cost(usage)
        refused = isinstance(error, ModelError) and (error.status is not None or error.fatal)
        refused = refused or isinstance(error, BadRequest | ConnectionFailed | RateLimited)
        return 0 if refused or unsent(error) else expected
