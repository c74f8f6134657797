"""What a person's transactions come to besides a new state, as a journal spells it: acts, and what an episode left
behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from troupe_core.events import Fact
from troupe_core.simulation.transaction import Outcome

if TYPE_CHECKING:
    from troupe_core.simulation.journal.shelf import Parcel


class Acts:
    """Of a turn: some of its facts, by their places."""

    def spell(self, outcome: Outcome, parcel: Parcel) -> list[int]:
        places = {id(fact): place for place, fact in enumerate(outcome.facts)}
        return [places[id(fact)] for fact in outcome.output]

    def read(self, spelled: list[int], state: Any, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        return tuple([facts[place] for place in spelled])


class Deltas:
    """Of a consolidation: whatever the kind of memory makes of an episode."""

    def spell(self, outcome: Outcome, parcel: Parcel) -> Any:
        if outcome.output is None:
            return None
        own = getattr(outcome.state.memory_kind, "pack_delta", None)
        if own is not None:
            return own(outcome.output, outcome.facts)
        from troupe_core.people.values import delta_kind
        from troupe_core.simulation.journal.values import proven

        kind, what = delta_kind(outcome.state.memory_kind), f"what an episode left behind for {outcome.state.id}"
        return proven(parcel.shelf, outcome.output, kind, what)

    def read(self, spelled: Any, state: Any, facts: tuple[Fact, ...]) -> Any:
        if spelled is None:
            return None
        own = getattr(state.memory_kind, "unpack_delta", None)
        if own is not None:
            return own(spelled, facts)
        from troupe_core.people.values import delta_kind
        from troupe_core.simulation.journal.values import from_plain

        return from_plain(spelled, delta_kind(state.memory_kind), f"what an episode left behind for {state.id}")


ACTS = Acts()
DELTAS = Deltas()
