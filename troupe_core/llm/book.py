"""The books from which ledgers are drawn up: what is counted while models are asked."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable
from operator import attrgetter
from threading import Lock
from typing import Any, TypeAlias

from troupe_core.events import AnswerReused, ModelCall
from troupe_core.llm.ledger import Ledger, LedgerRow, Sum
from troupe_core.llm.response import Usage
from troupe_core.llm.sketch import Sketch, bucket_of

Key: TypeAlias = tuple[str | None, str, str, str | None]
"""Person, purpose, model, world."""

TROUBLES = 10_000
"""So many questions whose last call has failed are kept in mind."""
OWN = ("memory", "journal")
"""Where a simulation keeps answers itself."""

NUMBERS = (
    *("calls", "input", "output", "cost", "unpriced", "cached", "reasoning", "failed", "retries"),
    *("saved", "saved_input", "saved_output", "saved_cost", "saved_unpriced", "saved_cached", "saved_reasoning"),
)
"""In the order in which a journal has them: those that are usually 0 stand at the end."""


class Entry:
    """What is asked by one person, for one purpose, of one model, in one world."""

    __slots__ = (*NUMBERS, "changed", "key", "seconds")

    calls: int
    input: int
    output: int
    cost: int
    unpriced: int
    cached: int
    reasoning: int
    failed: int
    retries: int
    saved: int
    saved_input: int
    saved_output: int
    saved_cost: int
    saved_unpriced: int
    saved_cached: int
    saved_reasoning: int

    def __init__(self, key: Key) -> None:
        self.key = key
        self.changed = False
        """Whether it is among those that have changed."""
        self.seconds: dict[int, int] = {}
        """How many calls fell into each bucket of a sketch."""
        for name in NUMBERS:
            setattr(self, name, 0)

    def numbers(self) -> list[int]:
        return list(_numbers(self))

    def add(self, numbers: list[int]) -> None:
        """More of the same; what is left out at the end is 0."""
        for name, number in zip(NUMBERS, numbers, strict=False):
            setattr(self, name, getattr(self, name) + number)

    def save(self, usage: Usage, cost: int | None) -> None:
        """One more answer was there already."""
        self.saved += 1
        self.saved_input += usage.input
        self.saved_output += usage.output
        self.saved_cached += usage.cached
        self.saved_reasoning += usage.reasoning
        if cost is None:
            self.saved_unpriced += 1
        else:
            self.saved_cost += cost

    def row(self) -> LedgerRow:
        """As it is now."""
        usage = Usage(self.input, self.output, self.cached, self.reasoning)
        saved = Usage(self.saved_input, self.saved_output, self.saved_cached, self.saved_reasoning)
        return LedgerRow(
            *self.key,
            Sum(self.calls, usage, self.cost, self.unpriced),
            self.failed,
            self.retries,
            Sum(self.saved, saved, self.saved_cost, self.saved_unpriced),
            Sketch(dict(self.seconds)),
        )


_numbers = attrgetter(*NUMBERS)


class Book:
    """What is asked on one account, in this process. The runtime's loop writes it; anybody may read it meanwhile."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.earlier: Callable[[], Ledger] = Ledger
        """What was asked before: in other processes, or before a fork."""
        self.settled: Callable[[], Iterable[Entry]] = tuple
        """What a journal saved, as it puts that down when somebody wants to know."""
        self.troubled: Callable[[], None] = _unheard
        """Told when a call has failed."""
        self._recalled: dict[Key, Entry] = {}
        """What the simulation itself, or its journal, had kept. The same run made once more saves it once more, so that
        no journal keeps count of it.
        """
        self._changed: list[Entry] = []
        self._failing: dict[tuple[Any, ...], None] = {}

    def count(self, event: ModelCall) -> None:
        """A call is over."""
        call = event.call
        key = (call.person, call.purpose, event.model, call.world)
        entry = self.entries.get(key)
        if entry is None:
            entry = entry_in(self.entries, key)
        entry.calls += 1
        usage = event.usage
        if usage is not None:
            entry.input += usage.input
            entry.output += usage.output
            entry.cached += usage.cached
            entry.reasoning += usage.reasoning
        if event.cost is None:
            entry.unpriced += 1
        else:
            entry.cost += event.cost
        if event.error is not None or self._failing:
            self._note_trouble(entry, event)
        seconds, bucket = entry.seconds, bucket_of(event.seconds)
        seconds[bucket] = seconds.get(bucket, 0) + 1
        if not entry.changed:
            self._note(entry)
        if event.error is not None:
            self.troubled()

    def _note_trouble(self, entry: Entry, event: ModelCall) -> None:
        """Whoever asks again, the core or a plugin: it is the same question, whose last call has failed."""
        failing, call = self._failing, event.call
        asked = (*entry.key, call.turn, call.ordinal)
        entry.retries += asked in failing
        if event.error is None:
            failing.pop(asked, None)
            return
        entry.failed += 1
        if len(failing) >= TROUBLES:
            failing.pop(next(iter(failing)))
        failing[asked] = None

    def reuse(self, event: AnswerReused) -> None:
        """An answer was there already."""
        call, own = event.call, event.source in OWN
        key = (call.person, call.purpose, event.model, call.world)
        entry = entry_in(self._recalled if own else self.entries, key)
        entry.save(event.usage, event.cost)
        if not (own or entry.changed):
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        """An entry is changed first, and noted then; whoever takes the notes unmarks it first, and reads it then. So
        nothing is missed, whichever thread is quicker.
        """
        entry.changed = True
        self._changed.append(entry)

    def take_changed(self) -> list[Entry]:
        """Those that have changed since this was last asked."""
        taken, self._changed = self._changed, []
        for entry in taken:
            entry.changed = False
        return taken

    def rows(self) -> list[LedgerRow]:
        """Of this process alone."""
        return [entry.row() for entry in [*self.entries.values(), *self._recalled.values(), *self.settled()]]

    def ledger(self) -> Ledger:
        """All of it, with what was asked before."""
        return Ledger([*self.earlier(), *self.rows()])

    def twin(self) -> Callable[[], Ledger]:
        """What a fork's own book is preceded by: all that was asked up to now."""
        rows, earlier = self.rows(), self.earlier
        return lambda: Ledger([*earlier(), *rows])


def _unheard() -> None:
    """Nobody puts anything down."""


def entry_in(entries: dict[Key, Entry], key: Key) -> Entry:
    """That of a key, made if there is none."""
    found = entries.get(key)
    return entries.setdefault(key, Entry(key)) if found is None else found


class Books:
    """Of one runtime: its own, for what is on no simulation's account, and those of its simulations. Of those that
    nobody has any more it knows purposes and models alone: a runtime may live long, and see many people.
    """

    def __init__(self, own: Book) -> None:
        self.own = own
        self._here: dict[weakref.ref[Any], Book] = {}
        self._left: deque[weakref.ref[Any]] = deque()
        """Simulations that are gone, and not put down yet: that may be anywhere, so that here no lock can be taken."""
        self._gone = Ledger()
        self._lock = Lock()

    def keep(self, whose: object, book: Book) -> None:
        """One more."""
        with self._lock:
            self._put_down()
            self._here[weakref.ref(whose, self._left.append)] = book

    def _put_down(self) -> None:
        while self._left:
            rows = self._here.pop(self._left.popleft()).rows()
            self._gone = Ledger([*self._gone, *rows]).by("purpose", "model")

    def ledger(self) -> Ledger:
        """What was asked through this runtime, whoever asked it."""
        with self._lock:
            self._put_down()
            gone, books = self._gone, [self.own, *self._here.values()]
        return Ledger([*gone, *(row for book in books for row in book.rows())])
