"""Chains of facts in a journal: a row for each node, named by the digest of the chain up to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troupe_core.builtin.chain import Node, Opened
from troupe_core.people.memory import Batch
from troupe_core.people.packing import entries_from_plain, entries_to_plain
from troupe_core.simulation.journal.codec import decode
from troupe_core.simulation.journal.shelf import MEMORY, Parcel, Shelf


def keep(last: Node | None, parcel: Parcel) -> list[Any] | None:
    """See to it that the chain is in the store; how it is named."""
    if last is None:
        return None
    new: list[Node] = []
    node: Node | None = last
    while node is not None and node.open and not parcel.has(node):
        new.append(node)
        node = node.before
    for fresh in reversed(new):
        _put(fresh, parcel)
    return [last.digest.hex(), last.count]


def _put(node: Node, parcel: Parcel) -> None:
    before, batch = node.before, node.batch
    row: dict[str, Any] = {"before": None if before is None else [before.digest.hex(), before.count]}
    if not node.lived:
        row["lived"] = False
    if batch.place is not None and batch.place[0] is parcel.shelf:  # the same facts, in another chain
        row["batch"] = batch.place[1].hex()
    else:
        row["entries"] = entries_to_plain(batch.entries, parcel)
        parcel.placing(batch, node.digest)
    parcel.row(MEMORY, node.digest, row)
    parcel.keeping(node)


def find(name: Sequence[Any] | None, shelf: Shelf) -> Node | None:
    """The chain of that name; its rows are read when somebody looks."""
    if name is None:
        return None
    digest = bytes.fromhex(name[0])
    count: int = name[1]
    return shelf.known(digest, lambda: Node.kept(digest, count, Rows(shelf)))


class Rows:
    """Opens nodes."""

    __slots__ = ("shelf",)

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def __call__(self, node: Node) -> Opened:
        shelf = self.shelf
        row = decode(shelf.store.need(MEMORY + node.digest))
        node.home = shelf
        named = row.get("batch")
        batch = self._batch(node.digest, row) if named is None else self._batch_of(bytes.fromhex(named))
        return find(row["before"], shelf), batch, row.get("lived", True)

    def _batch_of(self, digest: bytes) -> Batch:
        return self._batch(digest, decode(self.shelf.store.need(MEMORY + digest)))

    def _batch(self, digest: bytes, row: dict[str, Any]) -> Batch:
        batch = Batch(entries_from_plain(row["entries"], self.shelf))
        batch.place = (self.shelf, digest)
        return batch


def let_go(last: Node | None, needed: int, shelf: Shelf) -> None:
    """Shut what lies before the last so many turns, as far as it is on disk for sure."""
    while last is not None and needed >= 0:
        if not last.open:
            return
        needed -= last.lived
        last = last.before
    if last is not None and last.open and last.home is shelf:
        last.shut(Rows(shelf))
