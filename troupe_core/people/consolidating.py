"""Consolidation, the other leaf of a person: what an episode leaves behind, worked out beside everything else."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from troupe_core.keys import digest, utf8
from troupe_core.people.outputs import DELTAS
from troupe_core.people.state import PersonState
from troupe_core.people.turn import Turn
from troupe_core.simulation.answers import account
from troupe_core.simulation.models import Fingerprint
from troupe_core.simulation.pending import Due, Pending
from troupe_core.simulation.scene import Scene, When
from troupe_core.simulation.transaction import Leaf, Outcome, Transaction, spelled
from troupe_core.templates import Templates

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.journal.records import Records
    from troupe_core.simulation.journal.shelf import Parcel
    from troupe_core.simulation.simulation import Simulation

CONSOLIDATION = "consolidation"
LEAF = Leaf(CONSOLIDATION, DELTAS)


def makers(runtime: Runtime) -> Fingerprint:
    """The core's own part in it; a kind of memory is part of the person's root, with its version."""
    made: Fingerprint = runtime.once((CONSOLIDATION, "makers"), lambda: _makers(runtime.templates))
    return made


def _makers(templates: Templates) -> Fingerprint:
    text = templates.source("consolidate")
    name = digest(b"text", utf8(text))
    return Fingerprint(digest(b"consolidation", name), {"texts": {"consolidate template": name.hex()}}, {name: text})


def consolidation(
    simulation: Simulation, state: PersonState, when: When, stumbles: int
) -> Coroutine[Any, Any, Outcome]:
    """What an episode leaves behind, worked out beside everything else from the state as it was when it ended."""

    async def execute(tx: Transaction) -> Outcome:
        scene = Scene.of(simulation, tx, when)
        delta = await tx.state.memory_kind.consolidate(tx.state.memory, Turn(scene, CONSOLIDATION))
        return Outcome(tx.state, delta, tuple(scene.facts))

    async def work() -> Outcome:
        async with simulation.slots:
            fingerprint = simulation.models.fingerprint(CONSOLIDATION, makers(simulation.runtime), state.model)
            arguments = {"now": when.stamp}
            return await simulation.transact(
                LEAF,
                state,
                arguments,
                spelled(arguments),
                fingerprint,
                execute,
                owner=account(state.id),
                attempt=stumbles,
            )

    return work()


def pending_consolidation(simulation: Simulation, state: PersonState, when: When, due: Due, stumbles: int) -> Pending:
    """The same, as something that is on its way."""

    def spell(records: Records, parcel: Parcel) -> dict[str, Any]:
        root = records.spelled(state, parcel)
        return {"root": root, "stumbles": stumbles, "now": when.stamp, "at": [when.world, when.step]}

    return Pending(
        state.id,
        due,
        state.digest,
        lambda: consolidation(simulation, state, when, stumbles),
        lambda fork: pending_consolidation(fork, state, when, due, stumbles),
        absorb,
        spell,
    )


def absorb(state: PersonState, outcome: Outcome) -> PersonState:
    """The person of now with what an earlier episode has left behind."""
    if outcome.output is None:
        return state
    memory = state.memory_kind.absorb(state.memory, outcome.output)
    return state.changed(memory=memory)
