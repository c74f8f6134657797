"""Why a turn was executed: which of its recorded inputs differ from those of the same turn as the journal had it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.codec import decode
from troupe_core.simulation.journal.journal import USUAL_KIND
from troupe_core.simulation.journal.kinds import OUTCOME
from troupe_core.simulation.journal.records import whole
from troupe_core.simulation.journal.shelf import Shelf
from troupe_core.simulation.packing import packing_of

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation

_LONGEST = 300


@attrs.frozen
class Difference:
    """One input: where it stands, what it was, what it is."""

    where: str
    before: Any
    now: Any

    def __str__(self) -> str:
        if isinstance(self.before, str) and isinstance(self.now, str) and "\n" in self.before + self.now:
            lines = unified_diff(self.before.splitlines(), self.now.splitlines(), "before", "now", lineterm="", n=1)
            return f"{self.where}:\n" + "\n".join(f"    {line}" for line in lines)
        return f"{self.where}: {_shown(self.before)} → {_shown(self.now)}"


@attrs.frozen(repr=False)
class Why:
    """`differences` is empty if the turn was found; `recorded` is whether there was one to compare with."""

    who: str
    turn: int
    differences: tuple[Difference, ...]
    recorded: bool

    def __str__(self) -> str:
        name = f"turn {self.turn} of {self.who}"
        if not self.recorded:
            return f"{name}: the journal had no such turn"
        if not self.differences:
            return f"{name}: the same as in the journal"
        return f"{name} differs from the journal's in\n" + "\n".join(f"  {each}" for each in self.differences)

    def __repr__(self) -> str:
        return f"<{self}>"


def why(simulation: Simulation, who: Any, turn: int | None) -> Why:
    """`who` is a person, an id, or a fact (then the turn is the fact's)."""
    id, turn, found = turn_of(simulation, who, turn)
    journal = simulation.the_journal()
    reference = journal.beginning if journal.origin is None else journal.store.name(journal.origin)
    old = find_turn(journal.shelf, reference, id, turn)
    if old is None:
        return Why(id, turn, (), recorded=False)
    before, now = inputs(simulation, journal.shelf, old.row), inputs(simulation, journal.shelf, found.row)
    differ = tuple(differences(before, now)) or _others(simulation, journal.shelf, old.row, found.row)
    return Why(id, turn, differ, recorded=True)


@attrs.frozen
class Found:
    """An outcome on record: its name, all of it, and the commit that made it visible."""

    key: bytes
    row: dict[str, Any]
    commit: bytes


def turn_of(simulation: Simulation, who: Any, turn: int | None) -> tuple[str, int, Found]:
    """Whose turn is meant, which one (the last, if nobody says), and what is recorded of it."""
    journal = simulation.the_journal()
    id = who if isinstance(who, str) else getattr(who, "id", None)
    if isinstance(id, bytes):  # a fact
        id, turn = who.thing, who.turn if turn is None else turn
    if isinstance(id, str) and id not in simulation:
        id = simulation.called.get(id)
    if not isinstance(id, str):
        there = ", ".join(sorted(simulation.states))
        raise ArgumentError(f"who is somebody of {simulation.id}, an id, or a fact; got {who!r}, and there are {there}")
    turns = getattr(simulation.states[id], "turns", 0)
    if not turns:
        raise ArgumentError(f"{id!r} has had no turn")
    turn = turns - 1 if turn is None else turn
    found = find_turn(journal.shelf, journal.branch.head, id, turn)
    if found is None:
        had = f"{turns} turn{'s' * (turns != 1)}"
        raise ArgumentError(f"{id!r} has had {had}, counted from 0; there is no turn {turn}")
    return id, turn, found


def _others(
    simulation: Simulation, shelf: Shelf, old: Mapping[str, Any], row: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """The same words, said in other turns: they are other facts, and a finding that cites them cites those turns."""
    one, two = state_before(simulation, shelf, old), state_before(simulation, shelf, row)
    if one.digest == two.digest:
        return ()
    return (Difference("what was heard", "the same words", "from turns that are not those of then"),)


def find_turn(shelf: Shelf, head: bytes | None, id: str, turn: int) -> Found | None:
    """The outcome of that turn in the history that ends there."""
    for commit, content in commits.history(shelf.store, head):
        for name in content.outcomes:
            key = bytes.fromhex(name)
            row = row_of(shelf, key)
            if (row["thing"], row["turn"]) == (id, turn) and row["kind"] != "consolidation":
                return Found(key, row, commit)
    return None


def row_of(shelf: Shelf, key: bytes) -> dict[str, Any]:
    """With what is as usual."""
    return {"kind": USUAL_KIND, "seed": 0, "attempt": 0, **decode(shelf.store.need(OUTCOME + key))}


def inputs(simulation: Simulation, shelf: Shelf, row: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that an outcome came from, as plain data to be read and compared."""
    state = state_before(simulation, shelf, row)
    taking_part = dict(shelf.part(bytes.fromhex(row["fingerprint"])))
    texts = taking_part.pop("texts", {})
    return {
        **packing_of(type(state)).explain(state),
        "arguments": row["arguments"],
        **taking_part,
        **{name: shelf.part(bytes.fromhex(digest)) for name, digest in texts.items()},
        "seed": row["seed"],
        "attempt": row.get("attempt", 0),
    }


def state_before(simulation: Simulation, shelf: Shelf, row: Mapping[str, Any]) -> Any:
    from troupe_core.simulation.packing import packing_named

    packing = packing_named(row.get("of", "person"))
    return packing.unpack(row["thing"], whole(row["before"], shelf)[0], shelf, simulation)


def differences(before: Any, now: Any, where: str = "") -> Iterator[Difference]:
    """Leaf by leaf. Of lists that have grown or lost something, what is only in one of them."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in {**before, **now}:
            place = f"{where}.{name}" if where else str(name)
            yield from differences(before.get(name), now.get(name), place)
    elif isinstance(before, list | tuple) and isinstance(now, list | tuple):
        if list(before) != list(now):
            gone = [item for item in before if item not in now]
            come = [item for item in now if item not in before]
            yield Difference(where, gone, come) if gone or come else Difference(where, before, now)
    elif before != now:
        yield Difference(where, before, now)


def _shown(value: Any) -> str:
    text = "nothing" if value is None or value == [] else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
