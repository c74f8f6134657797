"""What was spent under one set of limits, and what is in flight and may be."""

from __future__ import annotations

from time import monotonic

import attrs

from troupe_core.config.tree import Limits
from troupe_core.errors import BudgetExceeded, UnknownPrice
from troupe_core.llm.landing import AllSetAside, Landing
from troupe_core.llm.prices import billionths, dollars, usd


@attrs.frozen
class Holder:
    """Whose budget it is, for what is said about it."""

    of: str
    """Behind the amount: " for extraction"."""
    larger: str
    """How a larger one is given, with {} for the name of its limit."""
    first: str = "Simulation(budget=Budget({}=…)) or budget.{} in the settings"
    """How one is given where there is none."""


SIMULATION = Holder("", "simulation.budget = Budget({}=…), or run the program again with it")
RUNTIME = Holder(
    " for all simulations together",
    "runtime.everything.budget = Budget({}=…), Runtime(budget=Budget(runtime=Budget({}=…))), or budget.runtime in the "
    "settings",
)
OWN = Holder(
    " for what is asked for no simulation",
    "runtime.meter.budget = Budget({}=…), or the one of the settings",
    "Runtime(budget=Budget({}=…)) or budget.{} in the settings",
)


def of_file(file: str) -> Holder:
    """Of a simulation whose budget stands in somebody's file."""
    table = f"[budget] {{}} = … in {file}"
    return Holder("", table, table)


def of_person(name: str, file: str = "") -> Holder:
    """Of one of the people."""
    code = "simulation.budget = Budget(person=Budget({}=…)), or run the program again with it"
    return Holder(f" for {name}", f"[budget.person] {{}} = … in {file}" if file else code)


def of_purpose(name: str, file: str = "") -> Holder:
    """Of what is asked for one purpose."""
    code = f'simulation.budget = Budget(purposes={{"{name}": Budget({{}}=…)}}), or run the program again with it'
    return Holder(f" for the purpose {name}", f"[budget.purposes.{name}] {{}} = … in {file}" if file else code)


class Account:
    """Calls, tokens and money are those of calls that are over; of money, what is in flight is set aside."""

    __slots__ = ("_asking", "_since", "aside", "calls", "cost", "holder", "in_flight", "landing", "tokens")

    def __init__(self, holder: Holder, calls: int = 0, tokens: int = 0, cost: int = 0, milliseconds: int = 0) -> None:
        self.holder = holder
        self.calls, self.tokens, self.cost = calls, tokens, cost
        self.in_flight = self.aside = 0
        self.landing = Landing()
        self._asking, self._since = milliseconds / 1000, 0.0

    def check(self, limits: Limits, expected: int | None, model: str) -> None:
        """Whether one more call may be made; else `BudgetExceeded`. A limit on calls is exact. Of tokens and time, the
        calls that are in flight when it is reached are still answered. Of money there has to be room for what is
        expected of all that are in flight, and of this one; `AllSetAside` if there may be when some are over.
        """
        if limits.calls is not None and self.calls + self.in_flight >= limits.calls:
            raise BudgetExceeded(self._exceeded(f"{limits.calls:,} call{'s' if limits.calls > 1 else ''}", "calls"))
        if limits.tokens is not None and self.tokens >= limits.tokens:
            raise BudgetExceeded(self._exceeded(f"{limits.tokens:,} tokens", "tokens"))
        if limits.seconds is not None and self.seconds >= limits.seconds:
            raise BudgetExceeded(self._exceeded(f"{limits.seconds:g} seconds of asking", "seconds"))
        if limits.money is not None:
            if expected is None:
                raise unpriced(model, f"there is a budget of {dollars(limits.money)}{self.holder.of}", self.holder)
            most = billionths(limits.money)
            if not self.has_room(most, expected):
                raise self.full(
                    most, expected, self._exceeded(dollars(limits.money), "money", self.left(most, expected))
                )

    def has_room(self, most: int, expected: int) -> bool:
        """Whether so much fits beside what is spent, and what is set aside."""
        return self.cost + self.aside + expected <= most and self.cost < most

    def full(self, most: int, expected: int, why: str) -> BudgetExceeded:
        """What is to be raised where there is no room."""
        fits_alone = self.aside and self.cost + expected <= most
        return AllSetAside(why, self.landing) if fits_alone else BudgetExceeded(why)

    def begin(self, expected: int | None) -> None:
        """A call is made."""
        if not self.in_flight:
            self._since = monotonic()
        self.in_flight += 1
        if expected:
            self.aside += expected

    def end(self, expected: int | None, tokens: int, cost: int) -> None:
        """It is over, and has taken so much."""
        self.in_flight -= 1
        if expected:
            self.aside -= expected
        if not self.in_flight:
            self._asking += monotonic() - self._since
        self.count(tokens, cost)
        self.landing.tell()

    def count(self, tokens: int, cost: int) -> None:
        """A call has taken so much, whether or not it was known to be in flight."""
        self.calls += 1
        self.tokens += tokens
        self.cost += cost

    @property
    def seconds(self) -> float:
        """For how long at least one model was being asked."""
        return self._asking + (monotonic() - self._since if self.in_flight else 0.0)

    @property
    def milliseconds(self) -> int:
        """The same, as a journal holds it."""
        return round(self.seconds * 1000)

    def left(self, most: int, expected: int) -> str:
        """Why there is no room for a call, if not all is spent."""
        if self.cost >= most:
            return ""
        flying = f", {usd(self.aside)} may be by what is in flight" if self.in_flight else ""
        return f": {usd(self.cost)} is spent{flying}, and the next call may take {usd(expected)}"

    def _exceeded(self, what: str, limit: str, why: str = "") -> str:
        larger = self.holder.larger.replace("{}", limit)
        spent = f"would not do{why}" if why else "is spent"
        return (
            f"the budget of {what}{self.holder.of} {spent}. What came of it is kept, and with a larger one it goes on: "
            f"{larger}"
        )


def unpriced(model: str, why: str, holder: Holder = SIMULATION) -> UnknownPrice:
    """The error for a model that may not be asked, since nobody knows what it costs."""
    return UnknownPrice(
        f"{why}, and nobody knows what {model} costs: nothing was sent to it. Say so in the settings, in US dollars "
        f'for a million tokens: [prices] "{model}" = {{ input = …, output = … }}, with 0 for both if it costs nothing. '
        f"Or limit the calls instead: {holder.larger.replace('{}', 'calls')}"
    )


def amounts(account: Account) -> list[int]:
    """As a journal holds them."""
    return [account.calls, account.tokens, account.cost]
