"""A growing list of facts as a chain: what comes later points at what was before, and forks share their past.

A node that lies in a journal can be a mere name until somebody looks at it, and become one again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet

from troupe_core.events import Fact
from troupe_core.keys import NOTHING, roll
from troupe_core.people.memory import PAUSE, Batch

Opened = tuple["Node | None", Batch, bool]
Opener = Callable[["Node"], Opened]


class Node:
    """What one turn (`lived`), or one consolidation, added to what was before. `digest` names the chain up to here,
    `count` is the number of its facts.
    """

    digest: bytes
    count: int
    __slots__ = ("__weakref__", "_batch", "_before", "_lived", "_open", "count", "digest", "home", "place")

    def __init__(self, before: Node | None, batch: Batch, batch_digest: bytes, *, lived: bool = True) -> None:
        self.digest = roll(NOTHING if before is None else before.digest, batch_digest)
        self.count = len(batch) + (0 if before is None else before.count)
        self._before = before
        self._batch = batch
        self._lived = lived
        self._open: Opener | None = None
        self.home: object = None
        """Whose rows it lies in; `place` is the outcome that it is part of, if it has no row of its own."""
        self.place = b""

    @classmethod
    def kept(cls, digest: bytes, count: int, place: bytes, opener: Opener) -> Node:
        """One that is looked up when it is needed."""
        node = cls.__new__(cls)
        node.digest, node.count, node._open, node.home, node.place = digest, count, opener, None, place
        return node

    def _opened(self) -> Node:
        opener = self._open
        if opener is not None:
            self._before, self._batch, self._lived = opener(self)
            self._open = None
        return self

    @property
    def before(self) -> Node | None:
        return (self if self._open is None else self._opened())._before

    @property
    def batch(self) -> Batch:
        return (self if self._open is None else self._opened())._batch

    @property
    def lived(self) -> bool:
        return (self if self._open is None else self._opened())._lived

    @property
    def open(self) -> bool:
        """Whether its facts are in memory."""
        return self._open is None

    def shut(self, opener: Opener) -> None:
        """Let go of the facts of this node, and of everything before it; the opener finds them again."""
        if self._open is None:
            self._open = opener
            del self._before, self._batch


def nodes(last: Node | None) -> Iterator[Node]:
    """From the last to the first."""
    while last is not None:
        yield last
        last = last.before


def lately(last: Node | None, turns: int) -> tuple[Batch, ...]:
    """The last so many turns, the oldest first; what consolidations left in between is passed over."""
    found: list[Batch] = []
    while len(found) < turns and last is not None:
        if last.lived:
            found.append(last.batch)
        last = last.before
    return tuple(reversed(found))


def linked(batches: Iterable[tuple[Batch, bool]]) -> Node | None:
    """A chain of these, the oldest first."""
    last: Node | None = None
    for batch, lived in batches:
        last = Node(last, batch, batch.digest, lived=lived)
    return last


def without(last: Node | None, gone: AbstractSet[bytes]) -> tuple[Node | None, list[bool]]:
    """The chain without the facts of these ids; and of each turn, from the last to the first, whether anything is left
    of it.
    """
    shorter: Node | None = None
    left: list[bool] = []
    changed = False
    for node in reversed(list(nodes(last))):
        batch, something = node.batch, True
        if not gone.isdisjoint([fact.id for fact in batch]):
            batch = Batch([fact for fact in batch if fact.id not in gone])
            changed, something = True, any(fact is not PAUSE for fact in batch)
        if something:
            shorter = Node(shorter, batch, batch.digest, lived=node.lived) if changed else node
        if node.lived:
            left.append(something)
    return shorter, left[::-1]


def facts_of(last: Node | None) -> list[Fact]:
    """All of them, the oldest first."""
    return [fact for batch in reversed([node.batch for node in nodes(last)]) for fact in batch]
