"""What is spent for one simulation, or by a runtime for itself, and what may be. Failed attempts count too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs
from msgspec import Struct

from troupe_core.config.tree import NO_BUDGET, Budget, Limits
from troupe_core.errors import BudgetExceeded
from troupe_core.events import ModelCall
from troupe_core.llm.accounts import RUNTIME, SIMULATION, Account, Holder, amounts, of_file, of_person, of_purpose
from troupe_core.llm.book import Book, Key
from troupe_core.llm.prices import BILLION, billionths, dollars, usd
from troupe_core.llm.request import Call
from troupe_core.llm.response import NO_USAGE, Usage

NOTHING_SPENT = (0, 0, 0, 0, 0, 0, 0, 0)
IN_ALL, OF_PURPOSE, OF_PERSON = "", "purposes.", "person."
"""What is said of all, and what stands before the name of a purpose or a person; as in the settings of a budget."""
UNASKED = 2_000
"""So many calls of which nobody knows the price are made where nobody limits what is spent in all."""
UNASKED_MONEY = 2.0
"""And so many dollars are spent where the prices are known."""


@attrs.frozen
class Spent:
    """Calls, those among them that failed, tokens and money."""

    calls: int = 0
    failed: int = 0
    usage: Usage = NO_USAGE
    cost: int = 0
    """In billionths of a US dollar."""
    unpriced: int = 0
    """Calls whose price nobody knows: they are no part of the cost."""

    def __sub__(self, other: Spent) -> Spent:
        return Spent(
            self.calls - other.calls,
            self.failed - other.failed,
            self.usage - other.usage,
            self.cost - other.cost,
            self.unpriced - other.unpriced,
        )

    @property
    def money(self) -> float:
        """The cost in US dollars."""
        return self.cost / BILLION

    @property
    def priced(self) -> str:
        """The cost in words; nothing if there is none."""
        if not self.cost:
            return ""
        more = (
            f" and {self.unpriced:,} call{'s' if self.unpriced > 1 else ''} of unknown price" if self.unpriced else ""
        )
        return f"{usd(self.cost)}{more}"


class Everything:
    """What a whole runtime spends: all its simulations together, and itself."""

    def __init__(self, budget: Limits | None) -> None:
        self.budget = budget or NO_BUDGET
        self.account = Account(RUNTIME)

    @property
    def budget(self) -> Limits:
        """What may be spent."""
        return self.limits

    @budget.setter
    def budget(self, budget: Limits) -> None:
        self.limits = budget if budget.given() else NO_BUDGET


class Admission(Struct, frozen=True, eq=False, gc=False):
    """Leave to make one call, and on whose accounts it is in flight."""

    meter: Meter
    accounts: tuple[Account, ...]
    expected: int | None
    """What it may cost."""


class Meter:
    """Counts the calls of one simulation, and admits them."""

    def __init__(self, budget: Budget, above: Everything | None = None, holder: Holder = SIMULATION) -> None:
        self.budget = budget
        self.warned: set[bool] = set()
        """Of what somebody has been told that there is no budget: of money, of calls without a price."""
        self.people: dict[str, Account] = {}
        """What was asked for each of them, since there is a limit to it."""
        self._file = ""
        self._above = above or Everything(None)
        self._whole = Account(holder)
        self._of_purpose: dict[str, Account] = {}
        self._usual: dict[str, tuple[Account, Account]] = {}
        """By purpose, the accounts that every call is on."""
        self.book = Book()
        """The same calls in detail, for a ledger."""
        self._calls: dict[str, list[int]] = {}
        self._unpriced = 0
        """Calls that may cost something, and nobody knows how much."""

    @property
    def budget(self) -> Budget:
        """What may be spent."""
        return self._limits

    @budget.setter
    def budget(self, budget: Budget) -> None:
        self._limits = budget if budget.given() else NO_BUDGET

    def written_in(self, file: str) -> None:
        """The budget stands in somebody's file: they are told of that where it is spent."""
        self._file, self._whole.holder = file, of_file(file)

    @property
    def holder(self) -> Holder:
        """Whose budget it is."""
        return self._whole.holder

    @property
    def unlimited(self) -> bool:
        """Whether nobody has said how much may be spent in all: a limit of time, for a person or for a purpose does
        not say so.
        """
        return not (_bounded(self._limits) or _bounded(self._above.limits))

    @property
    def unasked(self) -> str:
        """In words, why there is a limit all the same."""
        if self._limits is NO_BUDGET and self._above.limits is NO_BUDGET:
            return "no budget is given"
        return "the budget says nothing of money, calls or tokens in all"

    def admit(self, call: Call, model: str, paid: bool, expected: int | None, person: str | None = None) -> Admission:
        """A call is about to be made, which may cost so much; raises `BudgetExceeded` if it may not, `UnknownPrice` if
        nobody can tell. `person` is for whom, if it is one of the people.
        """
        usual = self._usual.get(call.purpose)
        if usual is None:
            usual = self._usual[call.purpose] = (self._whole, self._purpose(call.purpose))
        accounts: tuple[Account, ...] = usual
        if self._limits is not NO_BUDGET or self._above.limits is not NO_BUDGET:
            limited = self.limited(call.purpose, person)
            for account, limits in limited:
                account.check(limits, expected, model)
            accounts = (*usual, *[account for account, _ in limited if account not in usual])
        if paid and self.unlimited:
            self._check_unasked(model, expected)
        if expected is None:
            self._unpriced += 1
        for account in accounts:
            account.begin(expected)
        return Admission(self, accounts, expected)

    def limited(self, purpose: str, person: str | None = None) -> list[tuple[Account, Limits]]:
        """Each account that a call would be on, with its limits."""
        budget, above = self._limits, self._above
        accounts: list[tuple[Account, Limits]] = [(self._whole, budget)]
        if above.limits is not NO_BUDGET:
            accounts.append((above.account, above.limits))
        if budget.person is not None and person is not None:
            account = self.people.get(person)
            if account is None:
                account = self.people[person] = Account(of_person(person, self._file))
            accounts.append((account, budget.person))
        if budget.purposes and (limits := budget.purposes.get(purpose)) is not None:
            accounts.append((self._purpose(purpose), limits))
        return accounts

    def _purpose(self, purpose: str) -> Account:
        account = self._of_purpose.get(purpose)
        if account is None:
            account = self._of_purpose[purpose] = Account(of_purpose(purpose, self._file))
        return account

    def _check_unasked(self, model: str, expected: int | None) -> None:
        """Where there is no limit to it all, there is one all the same."""
        if expected is None:
            if self._unpriced >= UNASKED:
                calls = f"{UNASKED:,} calls are made at most to providers such as {model}"
                raise BudgetExceeded(self._unasked_is_spent(calls, "calls"))
            return
        whole, most = self._whole, billionths(UNASKED_MONEY)
        if not whole.has_room(most, expected):
            money = f"at most {dollars(UNASKED_MONEY)} are spent on {model} and others{whole.left(most, expected)}"
            raise whole.full(most, expected, self._unasked_is_spent(money, "money"))

    def _unasked_is_spent(self, what: str, limit: str) -> str:
        larger = self.holder.larger.replace("{}", limit)
        return (
            f"{self.unasked}, and so {what}. What came of it is kept, and with a limit of your own it goes on: {larger}"
        )

    def count(self, event: ModelCall, admission: Admission) -> None:
        """A call is over."""
        usage, cost, call = event.usage, event.cost, event.call
        tally = self._calls.get(call.purpose)
        if tally is None:
            tally = self._calls[call.purpose] = [*NOTHING_SPENT]
        tally[0] += 1
        if event.error is not None:
            tally[1] += 1
        tokens = 0
        if usage is not None:
            tally[2] += usage.input
            tally[3] += usage.output
            tally[4] += usage.cached
            tally[6] += usage.reasoning
            tokens = usage.input + usage.output
        if cost is None:
            tally[5] += 1
            cost = 0
        else:
            tally[7] += cost
        accounts, expected = admission.accounts, admission.expected
        for account in accounts:
            account.end(expected, tokens, cost)
        others = (self._above.account, self.people.get(call.person or ""))
        for other in others:  # without a limit when the call was made; there was one, or may be one again
            if other is not None and other not in accounts:
                other.count(tokens, cost)
        self.book.count(event)

    @property
    def seconds(self) -> float:
        """For how long at least one model was being asked."""
        return self._whole.seconds

    def tallies(self) -> dict[str, list[int]]:
        """By purpose: calls, failed ones, tokens in, out and cached, calls whose price nobody knows, tokens of
        reasoning, billionths of a dollar.
        """
        return {purpose: list(tally) for purpose, tally in self._calls.items()}

    def by_person(self) -> dict[str, list[int]]:
        """Of those for whom there is, or was, a limit: calls, tokens, billionths of a dollar."""
        return {name: amounts(account) for name, account in self.people.items()}

    def asking(self, only: Iterable[Key] | None = None) -> dict[str, int]:
        """For how many milliseconds at least one model was being asked: in all, for each purpose, and for those for
        whom there is, or was, a limit; `only` for the people of these keys, if they are given.
        """
        everybody = self.people
        names = everybody.copy() if only is None else {person for person, *_ in only if person in everybody}
        purposes = {OF_PURPOSE + name: account for name, account in self._of_purpose.copy().items()}
        people = {OF_PERSON + name: everybody[name] for name in names if name is not None}
        return {name: account.milliseconds for name, account in {IN_ALL: self._whole, **purposes, **people}.items()}

    def restore(
        self, tallies: Mapping[str, Sequence[int]], people: Mapping[str, Sequence[int]], asking: Mapping[str, int]
    ) -> None:
        """What was spent before."""
        self._calls = {purpose: whole(tally) for purpose, tally in tallies.items()}
        self.people = {
            name: Account(of_person(name), *numbers, *[asking.get(OF_PERSON + name, 0)])
            for name, numbers in people.items()
        }
        calls, _, read, written, _, self._unpriced, _, cost = self._sums()
        self._whole = Account(self.holder, calls, read + written, cost, asking.get(IN_ALL, 0))
        self._of_purpose = {
            purpose: Account(
                of_purpose(purpose), tally[0], tally[2] + tally[3], tally[7], asking.get(OF_PURPOSE + purpose, 0)
            )
            for purpose, tally in self._calls.items()
        }
        self._usual.clear()

    def purposes(self) -> dict[str, Spent]:
        """What was spent on each purpose."""
        return {purpose: _spent(t) for purpose, t in sorted(self._calls.items())}

    def total(self) -> Spent:
        """What was spent on all of them."""
        return _spent(self._sums())

    def _sums(self) -> Sequence[int]:
        return [sum(column) for column in zip(*self._calls.values(), strict=True)] or NOTHING_SPENT


def _bounded(limits: Limits) -> bool:
    return limits.money is not None or limits.calls is not None or limits.tokens is not None


def whole(tally: Sequence[int]) -> list[int]:
    """A tally as an earlier version may have left it: it did not count all that is counted now."""
    return [*tally, *NOTHING_SPENT[len(tally) :]]


def _spent(tally: Sequence[int]) -> Spent:
    calls, failed, read, written, cached, unpriced, reasoning, cost = tally
    return Spent(calls, failed, Usage(read, written, cached, reasoning), cost, unpriced)
