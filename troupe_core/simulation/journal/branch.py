"""A branch: a name that moves along with a simulation, from commit to commit."""

from __future__ import annotations

from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.store import Store

MAIN = "main"


class Branch:
    """`head` is the commit where the simulation is. When a run is made once more, the name in the store points to a
    later one, until the simulation has come so far.
    """

    def __init__(self, store: Store, name: str, head: bytes | None = None) -> None:
        self.store = store
        self.name = name
        self.head = head
        self.number = 0
        self.weight: int | None = 0 if head is None else None
        """How many records were written since the last full commit; None if nobody has counted."""
        self.left = store.name(name)
        """Where the name points, as long as the simulation has added nothing to it."""
        self._past: frozenset[bytes] | None = None

    def step(self, name: bytes) -> bool:
        """Go on to a commit if it is there already, since the same was done before; whether it is."""
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
        """Where names are to point with a new commit. If the commits that were there lead elsewhere, they keep a name
        of their own: nothing that was on a branch is ever lost.
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
        """Go on to a new commit, which is on its way to the store."""
        self.left, self._past = None, frozenset()
        self.head, self.weight = name, weight
        self.number += 1

    def weigh(self) -> int:
        """How much has to be read to know everything as of the head."""
        if self.weight is None:
            self.weight = 0 if self.head is None else commits.resolve(self.store, self.head)[1]
        return self.weight
