"""What memories are given, and what they must be able to do.

A memory is a set of functions over a frozen value: people share it, forks share its past, and nothing of it is anywhere
else. What it keeps are facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, overload

import attrs

from troupe_core import events
from troupe_core.events import Fact
from troupe_core.keys import digest, roll, utf8
from troupe_core.people.lines import line

if TYPE_CHECKING:
    from troupe_core.people.turn import Turn
    from troupe_core.simulation.journal.shelf import Parcel, Shelf

PICTURE = 1_000
"""What is in view of a person has room for so many characters, and a picture takes the room of so many."""

PAUSE = events.PAUSE
"""Stands in memory where somebody's turn ended. It happened to nobody, and is the same for all."""


class Shared:
    """Facts that reach many at once: one value, whose lines are written once, however many hear them."""

    __slots__ = ("__weakref__", "digest", "facts", "id", "lines", "size")

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = tuple(facts)
        self.lines = tuple(line(fact) for fact in self.facts)
        self.size = sum(map(len, self.lines))
        self.digest = digest(b"shared", *[fact.id for fact in self.facts])
        self.id = _heard(self.digest, "")
        """Of what somebody hears who has no part in it."""


@attrs.frozen(eq=False, slots=True)
class Heard:
    """What one of many hears of it: everything but their own part."""

    shared: Shared
    without: str = ""

    def __iter__(self) -> Iterator[Fact]:
        if not self.without:
            return iter(self.shared.facts)
        return (fact for fact in self.shared.facts if fact.thing != self.without)

    def __len__(self) -> int:
        facts = self.shared.facts
        return sum(1 for fact in facts if fact.thing != self.without) if self.without else len(facts)

    @property
    def size(self) -> int:
        shared = self.shared
        if not self.without:
            return shared.size
        own = zip(shared.facts, shared.lines, strict=True)
        return shared.size - sum(len(text) for fact, text in own if fact.thing == self.without)

    @property
    def id(self) -> bytes:
        return _heard(self.shared.digest, self.without) if self.without else self.shared.id


def _heard(shared: bytes, without: str) -> bytes:
    return roll(shared, digest(b"without", utf8(without)))


Entry: TypeAlias = Fact | Heard


class Facts(Sequence[Fact]):
    """Facts that are put together only when somebody goes through them."""

    __slots__ = ()

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Fact, ...]: ...
    def __getitem__(self, place: int | slice) -> Fact | tuple[Fact, ...]:
        return next(iter(self)) if place == 0 and len(self) else tuple(self)[place]


class Batch(Facts):
    """The facts of one turn of a person, in order: what was perceived, what was done. It reads as a sequence of facts;
    inside, what many heard is kept once.
    """

    __slots__ = ("__weakref__", "_length", "entries", "place", "size")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self.place: tuple[object, list[Any]] | None = None
        """Where a journal has it: on which shelf, and as what it is named there."""
        self.size = self._length = 0
        """`size`: about how many characters it takes in a prompt."""
        for entry in self.entries:
            if isinstance(entry, Fact):
                self._length += 1
                self.size += len(entry.content) + 40
                if entry.data:
                    self.size += len(str(entry.data)) + PICTURE * len(entry.images)
            else:
                self._length += len(entry)
                self.size += entry.size

    def __iter__(self) -> Iterator[Fact]:
        for entry in self.entries:
            if type(entry) is Heard:
                yield from entry
            else:
                yield entry  # type: ignore[misc]  # the other member of the union

    def __len__(self) -> int:
        return self._length

    @property
    def digest(self) -> bytes:
        return digest(b"batch", *[entry.id for entry in self.entries])


class Batches(Facts):
    """The facts of several turns as one sequence, which costs nothing until somebody goes through it."""

    __slots__ = ("_batches", "_first", "_length")

    def __init__(self, batches: Sequence[Batch], first: Fact | None = None) -> None:
        self._batches = batches
        self._first = first
        self._length = sum(map(len, batches)) + (first is not None)

    def __iter__(self) -> Iterator[Fact]:
        if self._first is not None:
            yield self._first
        for batch in self._batches:
            yield from batch

    def __len__(self) -> int:
        return self._length


@attrs.frozen
class Recalled:
    """A fact that came to mind, and how strongly."""

    fact: Fact
    score: float


M = TypeVar("M")


class Memory(Protocol[M]):
    """A kind of memory. Its implementation is a frozen attrs class whose fields are its settings; `M`, the state, is a
    frozen value. A state with a `digest` of its own is asked for it; any other is digested by its fields.
    """

    def start(self) -> M:
        """The memory of somebody who has not lived yet."""
        ...

    def append(self, state: M, items: Sequence[Fact]) -> M:
        """With what one turn added. It ends with `PAUSE`."""
        ...

    def window(self, state: M) -> Sequence[Fact]:
        """What the prompt shows, bounded, oldest first. From one turn to the next it only grows at its end; when it has
        to shrink, it shrinks rarely and by much, since everything behind a change is paid for anew.
        """
        ...

    def items(self, state: M) -> Sequence[Fact]:
        """Everything that is kept."""
        ...

    async def recall(self, state: M, query: str, k: int, turn: Turn[Any] | None = None) -> Sequence[Recalled]:
        """Up to `k` facts that the query brings to mind when the person tries to remember, the strongest first."""
        ...

    async def remind(self, state: M, news: str, k: int, turn: Turn[Any]) -> Sequence[Recalled]:
        """Up to `k` facts that the news bring to mind by themselves, none that `window` shows. It is part of every
        turn, and must be cheap.
        """
        ...

    def due(self, state: M) -> bool:
        """Whether `consolidate` has something to do. It is asked often, and must be cheap."""
        ...

    async def consolidate(self, state: M, turn: Turn[Any]) -> Any:
        """What an episode leaves behind, or None. It may call a model; meanwhile the person lives on."""
        ...

    def absorb(self, state: M, delta: Any) -> M:
        """The state of now, with what `consolidate` found. It touches only what the delta names."""
        ...


class MalleableMemory(Protocol[M]):
    """What a kind of memory may have besides, so that an experimenter can give people something to know, or take
    something away. Both are plain changes: they ask nobody.
    """

    def learn(self, state: M, facts: Sequence[Fact]) -> M:
        """With what the person knows from now on and has not lived: it is kept, and comes back when it matters, and
        `window` never shows it. The same state, if all of it was known.
        """
        ...

    def forget(self, state: M, gone: AbstractSet[bytes]) -> M:
        """Without the facts of these ids. The same state, if there are none of them."""
        ...


class FiledMemory(Protocol[M]):
    """What a kind of memory may have besides, so that people who have it can be saved in files with all that they
    remember.
    """

    def to_file(self, state: M, spell: Callable[[Fact], Any]) -> Mapping[str, Any]:
        """Plain data; each fact in it as `spell` has it."""
        ...

    def from_file(self, spelled: Mapping[str, Any], read: Callable[[Any], Fact]) -> M:
        """The inverse. What is not of that form is a `ValueError`, `TypeError` or `KeyError`."""
        ...


class PackedMemory(Protocol[M]):
    """What a kind of memory may have besides, if its states are too large to be spelled out in a journal at each turn.
    Without it, a state is spelled by its fields, which need precise types; so is a delta, by the annotation of
    `absorb`.
    """

    def pack(self, state: M, parcel: Parcel) -> Mapping[str, Any]:
        """Plain data with a `digest`; large parts lie in rows of their own, put there with `parcel.part`."""
        ...

    def unpack(self, spelled: Mapping[str, Any], shelf: Shelf) -> M:
        """The inverse."""
        ...

    def pack_delta(self, delta: Any, facts: Sequence[Fact]) -> Any:
        """What `consolidate` found, and the facts that it made on the way."""
        ...

    def unpack_delta(self, spelled: Any, facts: Sequence[Fact]) -> Any: ...
