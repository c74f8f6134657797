"""A journal's part of the ledger: a commit says who has asked since the last one, and what that took. What is asked
afterwards, and how long the calls took, is on a page of its own, written when a run ends.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from itertools import zip_longest
from operator import sub
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakMethod

import msgspec

from troupe_core.errors import JournalError
from troupe_core.keys import digest
from troupe_core.llm.book import Entry, Key, entry_in
from troupe_core.llm.ledger import Ledger, LedgerRow, Sum
from troupe_core.llm.meter import NOTHING_SPENT
from troupe_core.llm.response import Usage
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.branch import MAIN
from troupe_core.simulation.journal.codec import part
from troupe_core.simulation.journal.kinds import ANSWER, COMMIT, OUTCOME
from troupe_core.simulation.journal.pages import (
    Note,
    Page,
    Table,
    before,
    behind,
    free_names,
    items,
    left_over,
    mark,
    next_name,
    put,
)
from troupe_core.simulation.journal.pages import branches as branches_of
from troupe_core.simulation.journal.viewing import viewed
from troupe_core.simulation.packing import packing_of

if TYPE_CHECKING:
    from troupe_core.simulation.journal.commits import At
    from troupe_core.simulation.journal.journal import Journal
    from troupe_core.simulation.journal.store import Store
    from troupe_core.simulation.transaction import Transaction

Found: TypeAlias = tuple[type, str, str | None, str, str]
"""The kind of a thing, its id and its world, the kind of a transaction, and who is asked first for it."""


class _Asked(msgspec.Struct):
    """What a commit says of it; one of an earlier version only what was spent on each purpose by then."""

    parent: str | None = None
    spent: dict[str, list[int]] = {}
    ledger: dict[str, dict[str, dict[str, dict[str, list[int]]]]] | None = None
    pages: dict[str, int] | None = None


class _Outcome(msgspec.Struct):
    answers: list[str] = []


class _Answer(msgspec.Struct):
    usage: list[int]


_encoder = msgspec.json.Encoder()
_asked = msgspec.json.Decoder(_Asked)
_outcome = msgspec.json.Decoder(_Outcome)
_answer = msgspec.json.Decoder(_Answer)


class Bookkeeping:
    """Of one simulation."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unwritten: dict[Key, Entry] = {}
        self._written: dict[Key, list[int]] = {}
        self._noted: dict[Key, list[int]] = {}
        """What stands beside answers, of what is not written yet."""
        self._asking: dict[str, int] = {}
        """For how long models were asked, as far as it is written; and as it stands beside answers."""
        self._noted_asking: dict[str, int] = {}
        self._next: tuple[bytes | None, bytes, Iterator[bytes]] | None = None
        """A commit, the name of the next page after it, and those that come then."""
        self.pages: set[bytes] = set()
        """Those that this simulation has written: what is in them is in its book too."""
        self.paged = True
        """Whether there may be pages behind the present commit: they were written by now, or it was there already."""
        self._over = False
        """Whether it is written how long all took."""
        self._found: dict[Found, bytearray] = {}
        """What was found by transactions that had an outcome already: the names of these."""
        self._settled: dict[Key, Entry] = {}
        self._lock, self._settling = Lock(), Lock()
        book = journal.simulation.meter.book
        book.settled = _while_there(self.settled, self._settled)
        book.troubled = _if_there(journal.note_trouble)

    # -- writing ------------------------------------------------------------------------------------------------------

    def news(self, *, whole: bool = True) -> tuple[Table, dict[str, int], Callable[[], None]]:
        """What is not written yet, for how long models were asked meanwhile, and what is to be called when it is. The
        time is that of all people, or, if it is not the `whole`, of those of whom there is something to write.
        """
        book, unwritten, written = self._journal.simulation.meter.book, self._unwritten, self._written
        unwritten.update((entry.key, entry) for entry in book.take_changed())
        now = [(key, entry.numbers()) for key, entry in unwritten.items()]
        news: Table = {}
        for key, numbers in now:
            _put_more(news, key, numbers, written.get(key))
        asking = self._journal.simulation.meter.asking(None if whole else [key for key, _ in now])

        def wrote() -> None:
            written.update(now)
            unwritten.clear()
            self._noted.clear()
            self._asking.update(asking)
            self._noted_asking.update(asking)
            self.paged = False

        return news, _longer(asking, self._asking), wrote

    def note(self) -> Note | None:
        """What to put down beside an answer: what was spent since the last one. Should the program be killed, it is
        counted all the same.
        """
        noted, written, news = self._noted, self._written, Page()
        for entry in self._journal.simulation.meter.book.take_changed():
            key = entry.key
            self._unwritten[key] = entry
            numbers = entry.numbers()
            before = noted.get(key) or written.get(key)
            _put_more(news.ledger, key, numbers, before)
            noted[key] = numbers
        if not news.ledger:
            return None
        asking = self._journal.simulation.meter.asking(key for key, _ in items(news.ledger))
        longer = _longer(asking, self._noted_asking)
        self._noted_asking.update(asking)
        return Note(news.ledger, people=self._limited(news.ledger), asking=longer, page=mark(self._page_name()))

    def _limited(self, news: Table) -> list[str]:
        """Of whom it tells and there is a limit for each of the people."""
        limited = self._journal.simulation.meter.people
        return sorted({person for (person, *_), _ in items(news) if person in limited}) if limited else []

    def _page_name(self) -> bytes:
        branch = self._journal.branch
        if self._next is None or self._next[0] != branch.head:
            free = free_names(self._journal.store, branch.head, branch.name)
            self._next = (branch.head, next(free), free)
        return self._next[1]

    def write_page(self, *, last: bool = False) -> None:
        """Write what came after the present commit; at the `last` also how long it all took."""
        news, longer, wrote = self.news(whole=False)
        page = Page(news, people=self._limited(news), asking=longer if news else {})
        if last and not self._over:
            for entry in self._journal.simulation.meter.book.entries.values():
                if entry.seconds:
                    put(page.seconds, entry.key, dict(entry.seconds))
        if page.ledger or page.seconds:
            wrote()
            self._put(page)
            self._over = last

    def _put(self, page: Page) -> None:
        name = self._page_name()
        self._journal.store.put([(name, _encoder.encode(page))])
        self.pages.add(name)
        self.paged = True
        if self._next is not None:
            head, _, free = self._next
            self._next = (head, next(free), free)

    def pages_before(self) -> dict[str, int]:
        """How many of them, of which branches, come before the next commit."""
        branch = self._journal.branch
        return before(self._journal.store, branch.head, branch.name) if self.paged else {}

    def recover(self) -> Page | None:
        """Write the page that a program has left out which was killed; return it where nothing is written."""
        store, branch = self._journal.store, self._journal.branch
        page = left_over(store, branch.name)
        if page is None or not store.writable:
            return page
        store.put([(next_name(store, branch.left, branch.name), _encoder.encode(page))])
        return None

    # -- reading ------------------------------------------------------------------------------------------------------

    def restore(self, head: bytes) -> None:
        """The book of the simulation is preceded by what was asked up to there. It is read when somebody wants it."""
        self._journal.simulation.meter.book.earlier = self._earlier(head)
        self._begin_asking()

    def _begin_asking(self) -> None:
        """For how long models were asked before is written somewhere else."""
        self._asking = self._journal.simulation.meter.asking()
        self._noted_asking = dict(self._asking)

    def begin_after(self, other: Bookkeeping) -> None:
        """Of a fork: what the other one has asked up to now, which is on pages, it has asked too."""
        self.pages.update(other.pages)
        self._begin_asking()
        branch = other._journal.branch
        if after := before(self._journal.store, branch.head, branch.name):
            self._put(Page(after=after))

    def _earlier(self, head: bytes) -> Callable[[], Ledger]:
        read: list[Ledger] = []

        def earlier() -> Ledger:
            if not read:
                read.append(Ledger(_rows_behind(self._journal.store, head, self.pages, self._journal.branch.name)))
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
        """What the answers of these outcomes took, and are saved. Where one cannot be read, the others are counted."""
        with self._settling:
            with self._lock:
                found, self._found = self._found, {}
            store, worth = self._journal.store, self._journal.simulation.runtime.worth
            problem: JournalError | None = None
            for kept, names in found.items():
                kind, thing, world, purpose, model = kept
                try:
                    usages = list(_usages(store, bytes(names)))
                except JournalError as error:
                    problem = error
                    with self._lock:
                        self._found[kept] = names + self._found.get(kept, b"")
                    continue
                of_world = packing_of(kind).kind == "world"
                key = (None, purpose, model, thing) if of_world else (thing, purpose, model, world)
                entry = entry_in(self._settled, key)
                for usage in usages:
                    entry.save(usage, worth(model, usage))
            if problem is not None:
                raise problem
            return list(self._settled.values())


def _put_more(news: Table, key: Key, numbers: list[int], before: list[int] | None) -> None:
    """What has come, if anything; zeros at the end are left out."""
    more = numbers if before is None else list(map(sub, numbers, before))
    while more and not more[-1]:
        more.pop()
    if more:
        put(news, key, more)


def _longer(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """For how long models were asked since then."""
    return {name: more for name, number in now.items() if (more := number - before.get(name, 0)) > 0}


def _if_there(method: Callable[[], None]) -> Callable[[], None]:
    """A book must not keep its simulation alive."""
    known = WeakMethod(method)

    def called() -> None:
        found = known()
        if found is not None:
            found()

    return called


def _while_there(method: Callable[[], list[Entry]], settled: Mapping[Key, Entry]) -> Callable[[], Iterable[Entry]]:
    """A book outlives its simulation, and must not keep it alive; afterwards it has what was settled at its end."""
    known = WeakMethod(method)

    def called() -> Iterable[Entry]:
        found = known()
        return list(settled.values()) if found is None else found()

    return called


def ledger_of(path: str | Path, at: At | None = None) -> Ledger:
    """Of a journal: of all runs, or of the history of one point."""
    store = viewed(path)
    try:
        names = store.names()
        if at is None:
            rows, moving = _rows(store, names.values()), [MAIN, *branches_of(store)]
        else:
            head, branch = commits.find(store, at)
            rows, moving = _rows_behind(store, head, (), branch), [branch] * (store.name(branch) == head)
        killed = [page for each in moving if (page := left_over(store, each)) is not None]
        return Ledger([*rows, *_of_pages(killed)])
    except msgspec.MsgspecError as error:
        raise JournalError(f"{store.path} is damaged, or was written by a later version: {error}") from error
    finally:
        store.close()


def _rows(store: Store, heads: Iterable[bytes]) -> Iterator[LedgerRow]:
    """What the histories of these commits came to, each commit once, with all that was asked after any of them."""
    yield from _of_pages(behind(store, None))
    seen: set[bytes] = set()
    for head in heads:
        at: bytes | None = head
        commit = _commit(store, at)
        while at is not None and at not in seen:
            seen.add(at)
            yield from _of_pages(behind(store, at))
            later = commit
            at, commit = _parent(store, later)
            yield from _of_commit(later, commit)


def _rows_behind(store: Store, head: bytes, without: Container[bytes], branch: str) -> Iterator[LedgerRow]:
    """What the history of one commit came to, and what was asked after it on a branch, but for some pages."""
    at: bytes | None = head
    which: Mapping[str, int] | None = before(store, head, branch)
    commit = _commit(store, head)
    while at is not None:
        yield from _of_pages(behind(store, at, without, which))
        later, which = commit, commit.pages
        at, commit = _parent(store, later)
        yield from _of_commit(later, commit)
    yield from _of_pages(behind(store, None, without, which))


def _parent(store: Store, commit: _Asked) -> tuple[bytes | None, _Asked]:
    name = bytes.fromhex(commit.parent) if commit.parent is not None else None
    return name, _commit(store, name)


def _of_commit(commit: _Asked, parent: _Asked) -> Iterator[LedgerRow]:
    return _of_table(commit.ledger) if commit.ledger is not None else _of_spent(commit, parent)


def _commit(store: Store, name: bytes | None) -> _Asked:
    return _Asked() if name is None else _asked.decode(store.need(COMMIT + name))


def _of_pages(pages: Iterable[Page]) -> Iterator[LedgerRow]:
    return (row for page in pages for row in _of_page(page))


def _of_page(page: Page) -> Iterator[LedgerRow]:
    yield from _of_table(page.ledger)
    for key, seconds in items(page.seconds):
        entry = Entry(key)
        entry.seconds = seconds
        yield entry.row()


def _of_table(table: Table) -> Iterator[LedgerRow]:
    for key, numbers in items(table):
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
        for answer in part(_outcome, store.need(OUTCOME + outcomes[at : at + size])).answers:
            yield Usage(*part(_answer, store.need(ANSWER + bytes.fromhex(answer))).usage)
