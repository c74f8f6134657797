"""Worlds as rows of a journal, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from troupe_core.errors import SimulationError
from troupe_core.keys import canonical, digest
from troupe_core.worlds.state import WorldState

if TYPE_CHECKING:
    from troupe_core.simulation.journal.shelf import Parcel, Shelf
    from troupe_core.simulation.pending import Pending
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Outcome

UNUSUAL = ("kind", "interviewer", "day")
"""Written only where there is something to write."""


class WorldPacking:
    """A world is small but for the list of who is there, which seldom changes."""

    kind = "world"

    def pack(self, state: WorldState, parcel: Parcel, base: WorldState | None = None) -> dict[str, Any]:
        return {
            "digest": state.digest.hex(),
            "now": state.now.isoformat() if state.now is not None else None,
            "step": state.step,
            "roster": self._roster(state, parcel),
            "broadcast": state.broadcast_if_no_target,
            "schedule": state.schedule,
            "voices": state.voices,
            "trail": state.trail.hex(),
            **{name: value for name in UNUSUAL if (value := getattr(state, name))},
        }

    def _roster(self, state: WorldState, parcel: Parcel) -> str:
        last = parcel.shelf.rosters.get(state.id)
        if last is None or last[0] is not state.roster:
            raw = canonical(state.roster, "roster")
            last = parcel.shelf.rosters[state.id] = (state.roster, digest(b"members", raw), raw)
        return parcel.part(last[1], lambda: last[2])

    def unpack(self, id: str, spelled: Mapping[str, Any], shelf: Shelf, simulation: Simulation) -> WorldState:
        now = spelled["now"]
        return WorldState(
            id,
            None if now is None else datetime.fromisoformat(now),
            spelled["step"],
            tuple(shelf.part(bytes.fromhex(spelled["roster"]))),
            spelled["broadcast"],
            spelled["schedule"],
            tuple(spelled["voices"]),
            bytes.fromhex(spelled["trail"]),
            **{name: spelled[name] for name in UNUSUAL if name in spelled},
        )

    def bare(self, state: WorldState) -> WorldState:
        return state

    def explain(self, state: WorldState) -> dict[str, Any]:
        shown = {"now": state.now, "step": state.step, "roster": state.roster, "schedule": state.schedule}
        return shown | {name: value for name in UNUSUAL if (value := getattr(state, name))}

    async def perform(
        self, simulation: Simulation, kind: str, state: WorldState, arguments: Mapping[str, Any]
    ) -> Outcome:
        raise SimulationError(f"a world has no transactions of its own, such as {kind!r}")

    def revive(
        self, simulation: Simulation, id: str, spelled: Mapping[str, Any], read: Callable[[str, Any], Any]
    ) -> Pending:
        raise SimulationError("nothing is ever on its way to a world")


PACKING = WorldPacking()
