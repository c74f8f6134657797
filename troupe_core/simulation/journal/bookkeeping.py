"""A journal's part of the ledger: a commit says who has asked since the last one, and what that took. What is asked
afterwards, and how long the attempts took, is in a row of its own, written when a run ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, zip_longest
from operator import sub
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakMethod

import msgspec

from troupe_core.errors import JournalError
from troupe_core.keys import digest
from troupe_core.llm.book import Entry, Key, entry_in
from troupe_core.llm.ledger import Ledger, LedgerRow, Sum
from troupe_core.llm.meter import NOTHING_SPENT
from troupe_core.llm.response import Usage
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.codec import encode
from troupe_core.simulation.journal.rows import ANSWER, COMMIT, OUTCOME, PART
from troupe_core.simulation.journal.viewing import viewed
from troupe_core.simulation.packing import packing_of

if TYPE_CHECKING:
    from troupe_core.simulation.journal.commits import At
    from troupe_core.simulation.journal.journal import Journal
    from troupe_core.simulation.journal.store import Store
    from troupe_core.simulation.transaction import Transaction

Table: TypeAlias = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""Something by purpose, model, world and person."""

Found: TypeAlias = tuple[type, str, str | None, str, str]
"""The kind of a thing, its id and its world, the kind of a transaction, and who is asked first for it."""


class Page(msgspec.Struct):
    """What was asked after a commit and before the end of a run."""

    ledger: dict[str, dict[str, dict[str, dict[str, list[int]]]]] = {}
    seconds: dict[str, dict[str, dict[str, dict[str, dict[int, int]]]]] = {}
    """By bucket, how many attempts of the whole run took so long."""


class _Asked(msgspec.Struct):
    """What a commit says of it; one of an earlier version only what was spent on each purpose by then."""

    parent: str | None = None
    spent: dict[str, list[int]] = {}
    ledger: dict[str, dict[str, dict[str, dict[str, list[int]]]]] | None = None


class _Outcome(msgspec.Struct):
    answers: list[str] = []


class _Answer(msgspec.Struct):
    usage: list[int]


_page = msgspec.json.Decoder(Page)
_asked = msgspec.json.Decoder(_Asked)
_outcome = msgspec.json.Decoder(_Outcome)
_answer = msgspec.json.Decoder(_Answer)


class Bookkeeping:
    """Of one simulation."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unwritten: dict[Key, Entry] = {}
        self._written: dict[Key, list[int]] = {}
        self._pages: set[bytes] = set()
        """Those that this simulation has written: what is in them is in its book too."""
        self._over = False
        """Whether it is written how long all took."""
        self._found: dict[Found, bytearray] = {}
        """What was found by transactions that had an outcome already: the names of these."""
        self._settled: dict[Key, Entry] = {}
        self._lock, self._settling = Lock(), Lock()
        journal.simulation.meter.book.settled = _while_there(self.settled)

    # -- writing ------------------------------------------------------------------------------------------------------

    def news(self) -> tuple[Table, Callable[[], None]]:
        """What is not written yet, and what is to be called when it is."""
        book, unwritten, written = self._journal.simulation.meter.book, self._unwritten, self._written
        unwritten.update((entry.key, entry) for entry in book.take_changed())
        now = [(key, entry.numbers()) for key, entry in unwritten.items()]
        news: Table = {}
        for key, numbers in now:
            before = written.get(key)
            more = numbers if before is None else list(map(sub, numbers, before))
            while more and not more[-1]:
                more.pop()
            if more:
                _put(news, key, more)

        def wrote() -> None:
            written.update(now)
            unwritten.clear()

        return news, wrote

    def write_page(self, *, last: bool = False) -> None:
        """Write what came after the present commit; at the `last` also how long it all took."""
        news, wrote = self.news()
        page: dict[str, Any] = {"ledger": news} if news else {}
        if last and not self._over:
            seconds: Table = {}
            for entry in self._journal.simulation.meter.book.entries.values():
                if entry.seconds:
                    _put(seconds, entry.key, {str(bucket): number for bucket, number in entry.seconds.items()})
            if seconds:
                page["seconds"] = seconds
        if page:
            store, head = self._journal.store, self._journal.branch.head
            name = next(name for name in _names(head) if store.get(name) is None)
            store.put([(name, encode(page))])
            self._pages.add(name)
            self._over = last
            wrote()

    # -- reading ------------------------------------------------------------------------------------------------------

    def restore(self, head: bytes) -> None:
        """The book of the simulation is preceded by what was asked up to there. It is read when somebody wants it."""
        self._journal.simulation.meter.book.earlier = self._earlier(head)

    def _earlier(self, head: bytes) -> Callable[[], Ledger]:
        read: list[Ledger] = []

        def earlier() -> Ledger:
            if not read:
                read.append(Ledger(_rows(self._journal.store, [head], self._pages)))
            return read[0]

        return earlier

    def found(self, tx: Transaction) -> None:
        """A transaction has an outcome already, and asks nobody."""
        models = tx.fingerprint.whole["models"].get(tx.kind)
        world = self._journal.simulation.members.get(tx.thing)
        kept = (type(tx.state), tx.thing, world, tx.kind, models[0][0] if models else "")
        with self._lock:
            names = self._found.get(kept)
            if names is None:
                names = self._found[kept] = bytearray()
            names += tx.key

    def settled(self) -> list[Entry]:
        """What the answers of these outcomes took, and are saved."""
        with self._settling:
            with self._lock:
                found, self._found = self._found, {}
            store, worth = self._journal.store, self._journal.simulation.runtime.worth
            for (kind, thing, world, purpose, model), names in found.items():
                of_world = packing_of(kind).kind == "world"
                entry = entry_in(
                    self._settled, (None, purpose, model, thing) if of_world else (thing, purpose, model, world)
                )
                for usage in _usages(store, bytes(names)):
                    entry.save(usage, worth(model, usage))
            return list(self._settled.values())


def _while_there(method: Callable[[], list[Entry]]) -> Callable[[], Iterable[Entry]]:
    """A book outlives its simulation, and must not keep it alive."""
    known = WeakMethod(method)

    def called() -> Iterable[Entry]:
        found = known()
        return () if found is None else found()

    return called


def ledger_of(path: str | Path, at: At | None = None) -> Ledger:
    """Of a journal: of all runs, or of the history of one point."""
    store = viewed(path)
    try:
        names = store.names()
        heads = list(dict.fromkeys(names.values())) if at is None else [commits.find(store, at)[0]]
        return Ledger(_rows(store, heads))
    except msgspec.MsgspecError as error:
        raise JournalError(f"{store.path} is damaged, or was written by a later version: {error}") from error
    finally:
        store.close()


def _rows(store: Store, heads: Iterable[bytes], without: Iterable[bytes] = ()) -> Iterator[LedgerRow]:
    """What the histories of these commits came to, each commit once, but for some pages."""
    seen: set[bytes] = set()
    yield from _of_pages(store, None, without)
    for head in heads:
        at: bytes | None = head
        commit = _commit(store, at)
        while at is not None and at not in seen:
            seen.add(at)
            yield from _of_pages(store, at, without)
            parent = bytes.fromhex(commit.parent) if commit.parent is not None else None
            before = _commit(store, parent)
            yield from _of_table(commit.ledger) if commit.ledger is not None else _of_spent(commit, before)
            at, commit = parent, before


def _commit(store: Store, name: bytes | None) -> _Asked:
    return _Asked() if name is None else _asked.decode(store.need(COMMIT + name))


def _names(head: bytes | None) -> Iterator[bytes]:
    """How the pages after a commit are called, the first first."""
    return (PART + digest(b"ledger", head or b"", b"%d" % number) for number in count())


def _of_pages(store: Store, head: bytes | None, without: Iterable[bytes]) -> Iterator[LedgerRow]:
    for name in _names(head):
        raw = store.get(name)
        if raw is None:
            return
        if name not in without:
            page = _page.decode(raw)
            yield from _of_table(page.ledger)
            for key, seconds in _items(page.seconds):
                entry = Entry(key)
                entry.seconds = seconds
                yield entry.row()


def _of_table(table: Table) -> Iterator[LedgerRow]:
    for key, numbers in _items(table):
        entry = Entry(key)
        entry.add(numbers)
        yield entry.row()


def _of_spent(commit: _Asked, parent: _Asked) -> Iterator[LedgerRow]:
    """Of a commit that does not say who has asked whom."""
    for purpose, tally in commit.spent.items():
        pairs = zip_longest(tally, parent.spent.get(purpose, ()), range(len(NOTHING_SPENT)), fillvalue=0)
        numbers = [now - before for now, before, _ in pairs]
        calls, failed, read, written, cached, unpriced, reasoning, cost = numbers[: len(NOTHING_SPENT)]
        if calls:
            spent = Sum(calls, Usage(read, written, cached, reasoning), cost, unpriced)
            yield LedgerRow(purpose=purpose, spent=spent, failed=failed)


def _usages(store: Store, outcomes: bytes) -> Iterator[Usage]:
    """Of all answers that led to these outcomes."""
    size = len(digest(b"outcome"))
    for at in range(0, len(outcomes), size):
        for answer in _outcome.decode(store.need(OUTCOME + outcomes[at : at + size])).answers:
            yield Usage(*_answer.decode(store.need(ANSWER + bytes.fromhex(answer))).usage)


def _put(table: Table, key: Key, value: Any) -> None:
    person, purpose, model, world = key
    table.setdefault(purpose, {}).setdefault(model, {}).setdefault(world or "", {})[person or ""] = value


def _items(table: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]) -> Iterator[tuple[Key, Any]]:
    for purpose, models in table.items():
        for model, worlds in models.items():
            for world, people in worlds.items():
                for person, value in people.items():
                    yield (person or None, purpose, model, world or None), value
