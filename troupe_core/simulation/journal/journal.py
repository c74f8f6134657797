"""The journal of one simulation: outcomes as they come, commits of what has become visible, and the way back."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError, JournalError
from troupe_core.keys import digest, utf8
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.bookkeeping import Bookkeeping
from troupe_core.simulation.journal.branch import Branch
from troupe_core.simulation.journal.codec import decode, encode, fact_to_plain, outcome_row
from troupe_core.simulation.journal.commits import CHECKPOINT, Commit
from troupe_core.simulation.journal.kinds import COMMIT, OUTCOME, PART
from troupe_core.simulation.journal.left_off import LeftOff
from troupe_core.simulation.journal.pages import Note
from troupe_core.simulation.journal.records import Meaning, Records
from troupe_core.simulation.journal.shelf import Parcel, Shelf
from troupe_core.simulation.journal.spending import Spending
from troupe_core.simulation.packing import Packing, packing_of
from troupe_core.simulation.transaction import Outcome

if TYPE_CHECKING:
    from troupe_core.events import Fact
    from troupe_core.simulation.chronicle import Passage
    from troupe_core.simulation.journal.store import Store
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Transaction

USUAL_KIND = "turn"
"""Of outcomes that do not say of which kind they are."""


class Journal:
    """`branch` is the name that moves along with the simulation; with `caching`, outcomes that are there are used."""

    def __init__(self, simulation: Simulation, shelf: Shelf, branch: Branch, *, caching: bool = True) -> None:
        self.simulation = simulation
        self.shelf = shelf
        self.store: Store = shelf.store
        self.branch = branch
        self.caching = caching
        self.records = Records(simulation, shelf)
        self.beginning = branch.left
        """Where the branch was when this session began; what `why` compares with, unless there is an `origin`."""
        self.origin: str | None = None
        """The branch that this one was forked from."""
        self.bookkeeping = Bookkeeping(self)
        self._killed = self.bookkeeping.recover()
        self.hits = self.misses = 0
        self.used: dict[str, list[bytes]] = {}
        """The answers of transactions that are not over, by account."""
        self.left = False
        self.follow = False
        """Whether the main file is brought up to date with every commit."""
        self._lock = threading.RLock()
        self._settings = b""
        self.left_off = LeftOff(shelf, branch.left)
        self._spending = Spending(self.store, simulation.meter, branch, self.bookkeeping.pages)
        self.store.enter(branch.name)
        self._forsaken = weakref.finalize(self, self.store.branches.discard, branch.name)
        """Should nobody end the simulation, its branch is free when it is collected."""

    def __repr__(self) -> str:
        return f"<Journal {self.store.path.name}, on {self.branch.name}: {commits.listed(self.store.names())}>"

    # -- outcomes -----------------------------------------------------------------------------------------------------

    def find(self, tx: Transaction) -> Outcome | None:
        """What the transaction came to when it was last brought about."""
        raw = self.store.find(OUTCOME + tx.key) if self.caching else None
        if raw is None:
            self.misses += 1
            return None
        self.hits += 1
        self.bookkeeping.found(tx)
        return self._found(tx, raw)

    def _found(self, tx: Transaction, raw: bytes) -> Outcome:
        row = outcome_row(raw)
        facts = tuple([spelled.fact() for spelled in row.facts])
        self.shelf.place(tx.key, facts)
        state, root = tx.state, row.root
        if root is not None:
            state = packing_of(type(tx.state)).unpack(tx.thing, root, self.shelf, self.simulation)
            self.records.base(tx.thing, tx.key, state)
        return Outcome(state, tx.outputs.read(row.output, tx.state, facts), facts, tx.key)

    def record(self, tx: Transaction, outcome: Outcome) -> Outcome:
        """Keep what was brought about, with everything that it came from. If a fork has come to the end of the same
        thing meanwhile, it is as that has it: a name has one meaning.
        """
        there = self.store.find(OUTCOME + tx.key)
        if there is not None:
            return self._found(tx, there)
        parcel = Parcel(self.shelf, tx.key, outcome.facts)
        packing = packing_of(type(tx.state))
        changed = outcome.state is not tx.state
        row: dict[str, Any] = {
            "thing": tx.thing,
            "turn": getattr(tx.state, "turns", 0),
            "before": self.records.before(tx.state, parcel),
            "arguments": tx.arguments,
            "fingerprint": self._fingerprint(tx, parcel),
            "root": self._root(packing, tx.key, outcome.state, parcel) if changed else None,
            "facts": list(map(fact_to_plain, outcome.facts)),
            "output": tx.outputs.spell(outcome, parcel),
            "answers": [key.hex() for key in self.used.pop(tx.owner, ())],
        }
        usual = {"kind": USUAL_KIND, "seed": 0, "attempt": 0}
        given = {"kind": tx.kind, "seed": self.simulation.seed, "attempt": tx.attempt}
        row.update((name, value) for name, value in given.items() if value != usual[name])
        if packing.kind != "person":
            row["of"] = packing.kind
        row.update(parcel.aboard)
        parcel.row(OUTCOME, tx.key, row)
        parcel.send(later=True)  # its answers are on disk: should this be lost, it is executed once more, for nothing
        self.shelf.place(tx.key, outcome.facts)
        if changed:
            self.records.base(tx.thing, tx.key, packing.bare(outcome.state))
        return attrs.evolve(outcome, key=tx.key)

    def _root(self, packing: Packing, key: bytes, state: Any, parcel: Parcel) -> dict[str, Any]:
        parcel.outcome = key
        try:
            return packing.pack(state, parcel)
        finally:
            parcel.outcome = b""

    def _fingerprint(self, tx: Transaction, parcel: Parcel) -> str:
        fingerprint = tx.fingerprint
        if fingerprint.digest not in self.shelf.stored:
            for name, text in fingerprint.texts.items():
                parcel.part(name, lambda text=text: encode(text))  # type: ignore[misc]  # each with its own text
        return parcel.part(fingerprint.digest, lambda: encode(fingerprint.whole))

    # -- commits ------------------------------------------------------------------------------------------------------

    def commit(self, things: Iterable[str], passage: Passage | None, step: tuple[str, int] | None = None) -> None:
        """Make last what has changed of these things, and what has happened since the last commit of that passage."""
        with self._lock:
            changed = self.simulation.states.changed
            touched = [id for id in things if id in changed] if changed else []
            records = self.records
            meanings = {id: meaning for id in touched if (meaning := records.changed(id)) is not None}
            facts, outcomes = passage.unsaved() if passage is not None else ([], [])
            if meanings or facts:
                back = records.before_it()
                try:
                    records.outdated(meanings)
                    self._commit(meanings, facts, outcomes, 0 if passage is None else passage.number, step)
                except BaseException:
                    back()
                    raise
                records.committed(meanings)
            changed.difference_update(touched)
            if passage is not None:
                passage.settle()

    def _commit(
        self,
        meanings: Mapping[str, Meaning],
        facts: list[Fact],
        outcomes: list[bytes],
        passage: int,
        step: tuple[str, int] | None,
    ) -> None:
        branch, records, simulation = self.branch, self.records, self.simulation
        settings = self._settings or self._settle()
        parts: list[bytes] = [b"" if step is None else utf8(f"{step[0]}\0{step[1]}")]
        for id, meaning in meanings.items():
            state, marks = meaning
            parts += (utf8(id), state, utf8(repr(marks)) if marks else b"")
        name = commits.name_of(branch.head, settings, parts, [fact.id for fact in facts])
        shelf = self.shelf
        fresh = shelf.place_in_commit(name, facts)
        if branch.step(name):
            shelf.know(fresh)
            self._spending.walk()
            self.bookkeeping.paged = True
            return
        parcel = Parcel(shelf)
        spelled = parcel.facts(facts)
        parcel.within(fresh)
        records.refresh(parcel)
        weight = branch.weigh() + len(meanings)
        full = branch.head is None or weight >= len(records)
        spent = self._spending.now(branch.head, full=full)
        asked, _, written = self.bookkeeping.news()
        commit = Commit(
            branch.number + 1,
            settings.hex(),
            records.grouped(None if full else meanings),
            None if branch.head is None else branch.head.hex(),
            full,
            passage,
            step,
            spelled,
            [key.hex() for key in outcomes],
            spent.purposes,
            simulation.facts.begun if simulation.facts.begun != passage else 0,
            spent.people,
            asked,
            spent.asking,
            self.bookkeeping.pages_before(),
        )
        parcel.part(settings, lambda: encode(simulation.settings()))
        parcel.rows.append((COMMIT + name, commits.encode(commit)))
        parcel.send(branch.moves(name))
        written()
        branch.advance(name, 0 if full else weight)
        self._spending.written(spent)
        shelf.know(fresh)
        if self.follow:
            self.store.fold_later()

    def _settle(self) -> bytes:
        self._settings = digest(b"settings", encode(self.simulation.settings()))
        return self._settings

    def once(self, what: str, make: Callable[[], str]) -> str:
        """What the journal says about it, or from now on says."""
        key = PART + digest(b"once", utf8(what))
        raw = self.store.get(key)
        if raw is None:
            raw = encode(make())
            self.store.put([(key, raw)])
        found: str = decode(raw)
        return found

    def label(self, name: str) -> None:
        """Give the present commit a name."""
        checked = checked_label(name)
        if self.branch.head is None:
            raise ArgumentError(f"there is nothing to be called {name!r} yet: nobody is in {self.simulation.id}")
        if self.store.name(checked) is not None:
            raise ArgumentError(f"{self.store.path.name} has a branch {name!r}; take another name for a checkpoint")
        self.store.put((), [(CHECKPOINT + checked, self.branch.head)])

    def let_go(self, part: Any) -> None:
        """A part that is not needed soon becomes a name, if its bytes are here."""
        if part.digest in self.shelf.stored:
            part.let_go(self.shelf.raw)

    # -- the way back -------------------------------------------------------------------------------------------------

    def restore(self) -> None:
        """Bring the simulation to where the branch's head is."""
        head = self.branch.head
        if head is None:
            return
        simulation = self.simulation
        commit = commits.load(self.store, head)
        found, self.branch.weight = commits.resolve(self.store, head)
        self.branch.number = commit.number
        self.records.restore(found)
        self._spending.restore(head, self._killed if head == self.branch.left else None)
        self.bookkeeping.restore(head)
        for id in self.records.of_kind("world"):
            simulation.members.update(dict.fromkeys(simulation.states[id].roster, id))
        simulation.facts.preceded_by(lambda: self.past(head), commit.begun or commit.passage)

    def twin_of(self, other: Journal) -> None:
        """The same, for a fork at this very point."""
        self.records.same_as(other.records)
        self.simulation.states.found_by(self.records.read, ())
        self.branch.number, self.branch.weight = other.branch.number, other.branch.weight
        other.write_page()
        self._spending.same_as(other._spending)
        self.bookkeeping.begin_after(other.bookkeeping)

    def past(self, head: bytes) -> list[Fact]:
        """Everything that had happened by then, in logical order."""
        chain = [(commit.passage, commit.number, commit.facts) for _, commit in commits.history(self.store, head)]
        chain.sort(key=lambda item: item[:2])
        return [fact for _, _, facts in chain for fact in self.shelf.facts(facts)]

    def note(self) -> Note | None:
        """What was spent up to an answer, to be put down beside it."""
        with self._lock:
            return self.bookkeeping.note()

    def note_trouble(self) -> None:
        """The same of a call that has failed: there may never be an answer."""
        if not (self.left or self.simulation.ended):
            with suppress(JournalError):  # who waits for the file is told
                self.write_page()

    def write_page(self, *, last: bool = False) -> None:
        """Have it in the journal who has asked since the present commit."""
        with self._lock:
            self.bookkeeping.write_page(last=last)

    def leave(self) -> None:
        """Nothing more is recorded here."""
        with suppress(JournalError):  # whoever lets go of the file tells why nothing can be written
            self.write_page(last=True)
        with suppress(JournalError):  # what is damaged is told to whoever wants to know
            self.bookkeeping.settled()
        self.store.leave(self.branch.name)
        self._forsaken.detach()
        self.left = True


def checked_label(name: object) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > 200 or "@" in name or "\n" in name:
        raise ArgumentError(f"a name in a journal is short text without @, not {name!r}")
    if name.isdecimal() or name.startswith(CHECKPOINT):
        raise ArgumentError(f"a name in a journal cannot be {name!r}: that reads as something else; use another one")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{name!r} has half a surrogate pair at position {error.start}: no valid text") from None
    return name


def read_settings(store: Store, head: bytes) -> Mapping[str, Any]:
    """What the simulation of a commit was made with."""
    found: Mapping[str, Any] = decode(store.need(PART + bytes.fromhex(commits.load(store, head).settings)))
    return found
