"""Chains of facts in a journal. What a turn adds is aboard its outcome; what else there is has rows of its own, each
named by the digest of the chain up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troupe_core.builtin.chain import Node, Opened
from troupe_core.people.memory import Batch
from troupe_core.people.packing import entries_from_plain, entries_to_plain
from troupe_core.simulation.journal.codec import decode
from troupe_core.simulation.journal.kinds import MEMORY
from troupe_core.simulation.journal.shelf import Parcel, Shelf

CHAIN = "chain"


def keep(last: Node | None, parcel: Parcel, *, lived: bool = False) -> list[Any] | None:
    """See to it that the chain is in the store; how it is named. `lived` is for the chain that a turn adds to."""
    if last is None:
        return None
    new: list[Node] = []
    node: Node | None = last
    while node is not None and node.open and not parcel.has(node):
        new.append(node)
        node = node.before
    for fresh in reversed(new):
        fresh.place = parcel.outcome if lived and fresh is last else b""
        _put(fresh, parcel)
    return _name(last)


def _name(node: Node) -> list[Any]:
    name = [node.digest.hex(), node.count]
    return [*name, node.place.hex()] if node.place else name


def _put(node: Node, parcel: Parcel) -> None:
    before, batch = node.before, node.batch
    if batch.place == (parcel.shelf, _name(node)):  # somebody else has this very chain
        parcel.keeping(node)
        return
    row: dict[str, Any] = {"before": None if before is None else _name(before)}
    if not node.lived:
        row["lived"] = False
    if batch.place is not None and batch.place[0] is parcel.shelf:  # the same facts, in another chain
        row["batch"] = batch.place[1]
    else:
        row["entries"] = entries_to_plain(batch.entries, parcel)
        parcel.placing(batch, _name(node))
    if node.place:
        parcel.aboard[CHAIN] = row
    else:
        parcel.row(MEMORY, node.digest, row)
    parcel.keeping(node)


def find(name: Sequence[Any] | None, shelf: Shelf) -> Node | None:
    """The chain of that name; its rows are read when somebody looks."""
    if name is None:
        return None
    digest, count, *place = name
    key = bytes.fromhex(digest)
    at = bytes.fromhex(place[0]) if place else b""
    return shelf.known(key, lambda: Node.kept(key, count, at, Rows(shelf)))


class Rows:
    """Opens nodes."""

    __slots__ = ("shelf",)

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def __call__(self, node: Node) -> Opened:
        row = self._row(node.digest, node.place)
        node.home = self.shelf
        named = row.get("batch")
        batch = self._batch(row, _name(node)) if named is None else self._batch_of(named)
        return find(row["before"], self.shelf), batch, row.get("lived", True)

    def _row(self, digest: bytes, place: bytes) -> dict[str, Any]:
        row: dict[str, Any] = self.shelf.chain_in(place) if place else decode(self.shelf.store.need(MEMORY + digest))
        return row

    def _batch_of(self, name: list[Any]) -> Batch:
        digest, _, *place = name
        return self._batch(self._row(bytes.fromhex(digest), bytes.fromhex(place[0]) if place else b""), name)

    def _batch(self, row: dict[str, Any], name: list[Any]) -> Batch:
        batch = Batch(entries_from_plain(row["entries"], self.shelf))
        batch.place = (self.shelf, name)
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
