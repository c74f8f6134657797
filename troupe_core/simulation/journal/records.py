"""The latest record of each thing: its state, what is on its way to it, how often it has stumbled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import orjson

from troupe_core.keys import digest
from troupe_core.simulation.journal.codec import decode, encode
from troupe_core.simulation.journal.commits import Things
from troupe_core.simulation.journal.kinds import OUTCOME
from troupe_core.simulation.journal.shelf import Parcel, Shelf
from troupe_core.simulation.packing import packing_named, packing_of

if TYPE_CHECKING:
    from troupe_core.simulation.pending import Pending
    from troupe_core.simulation.simulation import Simulation

Meaning = tuple[bytes, tuple[Any, ...]]
"""Whether it is another one tells whether a thing has to be recorded anew: a digest of the state, and its marks."""

LONG = 1_000
"""A record of more bytes lies in a row of its own, so that a commit is read quickly."""


@attrs.frozen(eq=False)
class Base:
    """The outcome that a thing's records are written against: they hold only what differs from `state`, and what was
    different from the outcome when that was read (`carried`).
    """

    outcome: bytes
    state: Any
    carried: Mapping[str, Any] = {}


class Records:
    """The records of one simulation."""

    def __init__(self, simulation: Simulation, shelf: Shelf) -> None:
        self.simulation = simulation
        self.shelf = shelf
        self._raw: dict[str, bytes] = {}
        """Each record, as it stands in a commit."""
        self._kinds: dict[str, str] = {}
        self._bases: dict[str, Base] = {}
        self._stale: dict[str, tuple[Any, Pending | None, int]] = {}
        """What the records that are out of date have to say: state, what is pending, how often it has stumbled."""
        self._committed: dict[str, Meaning] = {}
        """What each thing meant at the last commit."""

    def __len__(self) -> int:
        return len(self._raw)

    def base(self, thing: str, outcome: bytes, state: Any) -> None:
        """Record of the thing, from now on, what differs from that outcome."""
        self._bases[thing] = Base(outcome, state)

    # -- writing ------------------------------------------------------------------------------------------------------

    def before_it(self) -> Callable[[], None]:
        """A function that puts back what is out of date now, should a commit come to nothing."""
        stale = dict(self._stale)

        def back() -> None:
            self._stale = stale

        return back

    def outdated(self, ids: Iterable[str]) -> None:
        """The records of these are out of date. What they have to say is noted at once: by the time that it is written
        down, the things may be in the middle of something.
        """
        simulation = self.simulation
        states, pending, stumbles = simulation.states, simulation.background.pending, simulation.stumbles
        for id in ids:
            self._stale[id] = (states[id], pending.get(id), stumbles.get(id, 0))

    def refresh(self, parcel: Parcel) -> None:
        """Make the records anew that are out of date."""
        fresh = {id: self._record(id, *now, parcel) for id, now in self._stale.items()}
        self._raw.update(fresh)
        self._stale.clear()

    def grouped(self, ids: Iterable[str] | None = None) -> Things:
        """The records of these things, or of all, by kind: as commits have them."""
        out: Things = {}
        for id in self._raw if ids is None else ids:
            out.setdefault(self._kinds[id], {})[id] = msgspec.Raw(self._raw[id])
        return out

    def before(self, state: Any, parcel: Parcel) -> Any:
        """The state that a transaction begins with. Usually its record says just that, and is used."""
        id = state.id
        states = self.simulation.states
        if id in self._raw and id not in states.changed and id not in self._stale and states[id] is state:
            return orjson.Fragment(self._raw[id])
        return self.spelled(state, parcel)

    def spelled(self, state: Any, parcel: Parcel) -> dict[str, Any]:
        """A state as the difference to an outcome, or as a whole."""
        packing = packing_of(type(state))
        base = self._bases.get(state.id)
        if base is None:
            spelled: dict[str, Any] = packing.pack(state, parcel)
            return spelled
        return {"=": base.outcome.hex(), **base.carried, **packing.pack(state, parcel, base.state)}

    def changed(self, id: str) -> Meaning | None:
        """What a thing means now, if that is not what it meant at the last commit."""
        now = (self.simulation.states[id].digest, self.marks(id))
        return None if self._committed.get(id) == now else now

    def committed(self, meanings: Mapping[str, Meaning]) -> None:
        """Note what they mean from now on."""
        self._committed.update(meanings)

    def marks(self, id: str) -> tuple[Any, ...]:
        """What a record holds besides the state, as far as it has any bearing on what happens next."""
        pending = self.simulation.background.pending.get(id)
        stumbles = self.simulation.stumbles.get(id, 0)
        if pending is None:
            return (stumbles,) if stumbles else ()
        return (stumbles, pending.due.world, pending.due.count, pending.origin)

    def _record(self, id: str, state: Any, pending: Pending | None, stumbles: int, parcel: Parcel) -> bytes:
        self._kinds[id] = packing_of(type(state)).kind
        record = self.spelled(state, parcel)
        if pending is not None:
            due = pending.due
            record["pending"] = {"world": due.world, "count": due.count, **pending.spell(self, parcel)}
        if stumbles:
            record["stumbles"] = stumbles
        raw = encode(record)
        if len(raw) > LONG:
            name, whole = digest(b"record", raw), raw
            raw = encode({"@": parcel.part(name, lambda: whole)})
        return bytes(memoryview(raw))  # a copy of just that size, since it is kept; orjson's has room at its end

    # -- reading ------------------------------------------------------------------------------------------------------

    def restore(self, found: Mapping[str, tuple[str, bytes]]) -> None:
        """Take over everything as a commit has it. States are read when somebody asks for them."""
        self._raw = {id: raw for id, (_, raw) in found.items()}
        self._kinds = {id: kind for id, (kind, _) in found.items()}
        self.simulation.states.found_by(self.read, found)
        for id, (_, raw) in found.items():
            if b'"@"' in raw or b'"pending"' in raw or b'"stumbles"' in raw:
                self._restore_marks(id)

    def _restore_marks(self, id: str) -> None:
        spelled = self._spelled(id)
        if spelled.get("stumbles"):
            self.simulation.stumbles[id] = spelled["stumbles"]
        pending = spelled.get("pending")
        if pending is not None:
            packing = packing_named(self._kinds[id])
            self.simulation.background.add(packing.revive(self.simulation, id, pending, self.read_root))

    def same_as(self, other: Records) -> None:
        """Take over what is on record in the simulation that this is a fork of."""
        self._raw, self._kinds = dict(other._raw), dict(other._kinds)
        self._bases, self._stale = dict(other._bases), dict(other._stale)
        self._committed = dict(other._committed)

    def of_kind(self, kind: str) -> list[str]:
        return [id for id, each in self._kinds.items() if each == kind]

    def _spelled(self, id: str) -> dict[str, Any]:
        spelled: dict[str, Any] = decode(self._raw[id])
        if "@" in spelled:
            spelled = self.shelf.part(bytes.fromhex(spelled["@"]))
        return spelled

    def read(self, id: str) -> Any:
        """The state of a thing as it is on record."""
        spelled = self._spelled(id)
        packing = packing_named(self._kinds[id])
        whole, outcome = self._whole(spelled)
        state = packing.unpack(id, whole, self.shelf, self.simulation)
        if outcome:
            carried = {k: v for k, v in spelled.items() if k not in ("=", "pending", "stumbles")}
            self._bases[id] = Base(outcome, state, carried)
        return state

    def read_root(self, id: str, spelled: Mapping[str, Any]) -> Any:
        """A state of the thing that stands in another record, such as that of something pending."""
        return packing_named(self._kinds[id]).unpack(id, self._whole(spelled)[0], self.shelf, self.simulation)

    def _whole(self, spelled: Mapping[str, Any]) -> tuple[Mapping[str, Any], bytes]:
        return whole(spelled, self.shelf)


def whole(spelled: Mapping[str, Any], shelf: Shelf) -> tuple[Mapping[str, Any], bytes]:
    """A record with everything in it, also where it names an outcome and says what is different; and that outcome."""
    if "@" in spelled:
        spelled = shelf.part(bytes.fromhex(spelled["@"]))
    named = spelled.get("=")
    if named is None:
        return spelled, b""
    outcome = bytes.fromhex(named)
    return {**decode(shelf.store.need(OUTCOME + outcome))["root"], **spelled}, outcome
