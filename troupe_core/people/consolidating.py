"""Consolidation, the other leaf of a person: what an episode leaves behind, worked out beside everything else."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from troupe_core.keys import NOTHING
from troupe_core.people.state import PersonState
from troupe_core.people.turn import Scene, Turn, When
from troupe_core.simulation.answers import account
from troupe_core.simulation.transaction import Outcome, Transaction

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation

CONSOLIDATION = "consolidation"


def consolidation(simulation: Simulation, state: PersonState, when: When) -> Coroutine[Any, Any, Outcome]:
    """What an episode leaves behind, worked out beside everything else from the state as it is now."""
    stumbles = simulation.stumbles.get(state.id, 0)  # as it is now too: a turn may stumble meanwhile, sooner or later

    async def execute(tx: Transaction) -> Outcome:
        scene = Scene.of(simulation, tx, when)
        scene.stumbles, scene.owner = stumbles, account(state.id)
        delta = await tx.state.memory_kind.consolidate(tx.state.memory, Turn(scene, CONSOLIDATION))
        return Outcome(tx.state, delta, tuple(scene.facts))

    async def work() -> Outcome:
        async with simulation.slots:
            fingerprint = simulation.models.fingerprint(CONSOLIDATION, NOTHING, state.model)
            return await simulation.transact(CONSOLIDATION, state, {}, b"{}", fingerprint, execute)

    return work()


def absorb(state: PersonState, outcome: Outcome) -> PersonState:
    """The person of now with what an earlier episode has left behind."""
    if outcome.output is None:
        return state
    memory = state.memory_kind.absorb(state.memory, outcome.output)
    return state.changed(memory=memory)
