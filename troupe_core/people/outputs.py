"""What a person's transactions come to besides a new state, as a journal spells it: acts, answers, and what an episode
left behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

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


@attrs.frozen
class Reply:
    """An answer to a question: what was ticked, how sure that is, and what was said or thought with it."""

    values: Mapping[str, Any]
    confidence: Mapping[str, float]
    done: tuple[Fact, ...]


class Replies:
    """Of a question: what was ticked, and some of the facts, by their places."""

    def spell(self, outcome: Outcome, parcel: Parcel) -> dict[str, Any]:
        reply = outcome.output
        done = [outcome.facts.index(fact) for fact in reply.done]
        return {"values": dict(reply.values), "confidence": dict(reply.confidence), "done": done}

    def read(self, spelled: dict[str, Any], state: Any, facts: tuple[Fact, ...]) -> Reply:
        return Reply(spelled["values"], spelled["confidence"], tuple([facts[place] for place in spelled["done"]]))


ACTS = Acts()
DELTAS = Deltas()
REPLIES = Replies()
