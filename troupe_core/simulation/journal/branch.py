"""A branch: a name that moves along with a simulation, from commit to commit."""

from __future__ import annotations

from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.store import Store

MAIN = "main"


class Branch:
    """`head` is where the simulation is; the name in the store may be further on, when a run is made once more."""

    def __init__(self, store: Store, name: str, head: bytes | None = None) -> None:
        self.store = store
        self.name = name
        self.head = head
        self.number = 0
        self.weight: int | None = 0 if head is None else None
        """How many records were written since the last full commit; None if nobody has counted."""
        self.left = store.name(name)
        """Where the name points as long as the simulation has not gone beyond it."""
        self._past: frozenset[bytes] | None = None

    def step(self, name: bytes) -> bool:
        """Go on to a commit; whether it is there already, since the same was done before."""
        known = self.left is not None and name in self._ancestors()
        if known:
            self.weight = None
            self.head = name
            self.number += 1
        return known

    def _ancestors(self) -> frozenset[bytes]:
        if self._past is None:
            self._past = frozenset(name for name, _ in commits.links(self.store, self.left))
        return self._past

    def moves(self, name: bytes) -> list[tuple[str, bytes]]:
        """What the names become with a new commit. A head that is left, and not passed through, keeps a name: the
        branch never loses what was there.
        """
        moves = [(self.name, name)]
        left = self.left
        if left is not None and left != self.head and not self._named_elsewhere(left):
            number = 1
            while self.store.name(f"{self.name}@{number}") is not None:
                number += 1
            moves.append((f"{self.name}@{number}", left))
        return moves

    def _named_elsewhere(self, head: bytes) -> bool:
        return any(id == head for name, id in self.store.names().items() if name != self.name)

    def advance(self, name: bytes, weight: int) -> None:
        """The new commit is on its way."""
        self.left, self._past = None, frozenset()
        self.head, self.weight = name, weight
        self.number += 1

    def weigh(self) -> int:
        """How much has to be read to know everything as of the head."""
        if self.weight is None:
            self.weight = 0 if self.head is None else commits.resolve(self.store, self.head)[1]
        return self.weight
