"""Values as rows: what is large or shared lies in the journal once, under its digest; everything else is spelled out
where it is used.

A `Parcel` gathers the rows of one outcome or commit, so that they are on disk together. The `Shelf` finds values again;
equal ones are one object as long as anybody has it.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from troupe_core.events import Fact
from troupe_core.keys import DIGEST_SIZE
from troupe_core.simulation.journal.codec import decode, encode, fact_from_plain, fact_to_plain, facts_and_chain
from troupe_core.simulation.journal.kinds import COMMIT, OUTCOME, PART
from troupe_core.simulation.journal.rows import Row
from troupe_core.simulation.pictures import Pictures

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.journal.store import Store

GENERATION = 10_000
"""The places of so many facts are remembered. Whoever points at an older one spells it out again."""
OPENED = 16_384
"""The facts of so many outcomes are kept at hand."""

T = TypeVar("T")


class Shelf:
    """The values of one store, for a simulation and its forks. `attached` is code that values were made of, by name."""

    def __init__(self, store: Store, runtime: Runtime, attached: Mapping[str, Any] | None = None) -> None:
        self.store = store
        self.runtime = runtime
        self.attached = attached or {}
        self.pictures = Pictures(store)
        self.kinds: dict[int, tuple[Any, Any]] = {}
        """How kinds of memory are spelled."""
        self.rosters: dict[str, tuple[Any, bytes, bytes]] = {}
        """By world, who was last written to be in it, with the name and the spelling of that."""
        self.proven: OrderedDict[int, Any] = OrderedDict()
        """Values of plugins for which it was proven that they come back as they are, by Python's id; each is held here,
        so that its id stays its own.
        """
        self.stored: set[bytes] = set()
        """Digests of parts that are in the store for sure."""
        self._known: weakref.WeakValueDictionary[bytes, Any] = weakref.WeakValueDictionary()
        self._places: dict[bytes, tuple[bytes, int]] = {}
        self._older: dict[bytes, tuple[bytes, int]] = {}
        self._opened: OrderedDict[bytes, tuple[tuple[Fact, ...], Any]] = OrderedDict()
        """The facts of outcomes and commits, and the piece of a chain that an outcome has aboard, if that was read."""

    # -- values -------------------------------------------------------------------------------------------------------

    def known(self, digest: bytes, make: Callable[[], T]) -> T:
        """The value of that digest that somebody has already, or a new one."""
        found: T | None = self._known.get(digest)
        if found is None:
            found = self._known[digest] = make()
        return found

    def part(self, digest: bytes) -> Any:
        """A part, decoded."""
        return decode(self.raw(digest))

    def raw(self, digest: bytes) -> bytes:
        """A part's bytes."""
        return self.store.need(PART + digest)

    # -- facts --------------------------------------------------------------------------------------------------------

    def place(self, outcome: bytes, facts: Sequence[Fact]) -> None:
        """These facts stand in that outcome's row; from now on others can point at them there."""
        self.know({fact.id: (outcome, number) for number, fact in enumerate(facts)})
        self._open(outcome, tuple(facts), None)

    def _open(self, name: bytes, facts: tuple[Fact, ...], chain: Any) -> None:
        opened = self._opened
        opened[name] = (facts, chain)
        if len(opened) > OPENED:
            opened.popitem(last=False)

    def place_in_commit(self, commit: bytes, facts: Sequence[Fact]) -> dict[bytes, tuple[bytes, int]]:
        """These facts stand in that commit; those that stand nowhere else can be pointed at there."""
        name = COMMIT + commit
        return {fact.id: (name, number) for number, fact in enumerate(facts) if self.placed(fact) is None}

    def know(self, places: dict[bytes, tuple[bytes, int]]) -> None:
        """From now on others can point at these."""
        if len(self._places) >= GENERATION:
            self._older, self._places = self._places, {}
        self._places.update(places)

    def placed(self, fact: Fact) -> tuple[bytes, int] | None:
        return self._places.get(fact.id) or self._older.get(fact.id)

    def facts_in(self, outcome: bytes) -> tuple[Fact, ...]:
        """All facts of an outcome, or of a commit."""
        opened = self._opened.get(outcome)
        if opened is not None:
            return opened[0]
        if outcome[:1] == COMMIT and len(outcome) > DIGEST_SIZE:
            facts = tuple(self.facts(decode(self.store.need(outcome))["facts"]))
            self._open(outcome, facts, None)
            return facts
        return self._read(outcome)[0]

    def chain_in(self, outcome: bytes) -> Any:
        """The piece of a chain that an outcome has aboard."""
        opened = self._opened.get(outcome)
        return opened[1] if opened is not None and opened[1] is not None else self._read(outcome)[1]

    def _read(self, outcome: bytes) -> tuple[tuple[Fact, ...], Any]:
        spelled, chain = facts_and_chain(self.store.need(OUTCOME + outcome))
        facts = tuple([row.fact() for row in spelled])
        self.place(outcome, facts)
        self._open(outcome, facts, chain)
        return facts, chain

    def facts(self, spelled: Iterable[Any]) -> list[Fact]:
        """The inverse of `Parcel.facts`."""
        out: list[Fact] = []
        for item in spelled:
            if isinstance(item, list):
                outcome, start, stop = item
                out += self.facts_in(bytes.fromhex(outcome))[start:stop]
            else:
                out.append(fact_from_plain(item))
        return out


class Parcel:
    """Rows on their way to the store."""

    __slots__ = ("_homes", "_moves", "_parts", "_within", "aboard", "outcome", "rows", "shelf")

    def __init__(self, shelf: Shelf, outcome: bytes = b"", facts: Sequence[Fact] = ()) -> None:
        """With the outcome that is being recorded: its own facts can be pointed at already."""
        self.shelf = shelf
        self.outcome = b""
        """The outcome whose root is being packed, and which can take something aboard."""
        self.aboard: dict[str, Any] = {}
        """What goes into the row of the outcome itself."""
        self.rows: list[Row] = []
        self._parts: set[bytes] = set()
        self._homes: list[Any] = []
        self._moves: list[tuple[Any, list[Any]]] = []
        self._within = {fact.id: (outcome, number) for number, fact in enumerate(facts)} if facts else {}

    def part(self, digest: bytes, make: Callable[[], bytes]) -> str:
        """See to it that a part is in the store; its name."""
        if digest not in self.shelf.stored and digest not in self._parts:
            self._parts.add(digest)
            self.rows.append((PART + digest, make()))
        return digest.hex()

    def within(self, places: dict[bytes, tuple[bytes, int]]) -> None:
        """These can be pointed at from now on, since what they stand in is on its way too."""
        self._within = places

    def facts(self, facts: Iterable[Fact]) -> list[Any]:
        """Where each stands, or all of it; those that stand together are named together."""
        out: list[Any] = []
        last: list[Any] | None = None
        for fact in facts:
            place = self._within.get(fact.id) or self.shelf.placed(fact)
            if place is None:
                out.append(fact_to_plain(fact))
                last = None
            elif last is not None and last[2] == place[1] and last[0] == place[0].hex():
                last[2] += 1
            else:
                last = [place[0].hex(), place[1], place[1] + 1]
                out.append(last)
        return out

    def has(self, value: Any) -> bool:
        """Whether a value that notes its `home` lies in this store, or will."""
        return value.home is self.shelf or value in self._homes

    def keeping(self, value: Any) -> None:
        """Note in the value that it lies here, once it does."""
        self._homes.append(value)

    def placing(self, value: Any, name: list[Any]) -> None:
        """Note in the value as what it is named here, once it is here."""
        self._moves.append((value, name))

    def row(self, kind: bytes, digest: bytes, value: Any) -> None:
        self.rows.append((kind + digest, encode(value)))

    def send(self, names: Iterable[tuple[str, bytes]] = (), *, later: bool = False) -> None:
        """Put everything, as one; with `later` it goes along with what somebody waits for."""
        shelf = self.shelf
        shelf.store.put(self.rows, names, later=later)
        shelf.stored |= self._parts
        for value in self._homes:
            value.home = shelf
        for value, name in self._moves:
            value.place = (shelf, name)
