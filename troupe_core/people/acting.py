"""Acting outside of a world's run: perceive something, have a turn, and take in what an episode has left behind.

A composite: it is never found again as a whole, its turn is. If the turn fails, what was perceived for its sake is
undone with it, so that the call can simply be made again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from troupe_core.errors import Busy, OutputError
from troupe_core.events import Fact, TurnEnded
from troupe_core.people.living import CONSOLIDATION, absorb, consolidation, live
from troupe_core.people.state import PersonState
from troupe_core.people.turn import When
from troupe_core.simulation.pending import Due
from troupe_core.simulation.things import working
from troupe_core.simulation.transaction import Outcome, spelled

if TYPE_CHECKING:
    from troupe_core.simulation.chronicle import Passage
    from troupe_core.simulation.pending import Pending
    from troupe_core.simulation.simulation import Simulation

LAG = 2
"""What an episode leaves behind is taken in so many steps, or own turns, later: always then, however long it took."""

Perceive = Callable[[PersonState], tuple[PersonState, Fact]]


async def act(simulation: Simulation, id: str, perceive: Perceive | None = None) -> tuple[Fact, ...]:
    """What the person does."""
    scene = working.get()
    if scene is not None and scene.simulation is simulation:
        raise Busy(f"{scene.thing!r} is having a turn; within it nobody else can have one, nor {id!r} another")
    passage = simulation.facts.begin()
    async with simulation.holds((id,)):
        simulation.check_open()
        when = when_of(simulation, id)
        await _absorb_what_is_due(simulation, id, passage)
        before: PersonState = simulation.states[id]
        state, heard = perceive(before) if perceive is not None else (before, None)
        async with simulation.slots:
            outcome = await have_turn(simulation, state, when, now_bytes(when))
        if heard is not None:
            passage.append(heard)
        take_in(simulation, outcome, passage)
        settle(simulation, id)
        begin_consolidation(simulation, id, when, Due(None, outcome.state.turns + LAG - 1))
    return tuple(outcome.output)


async def have_turn(simulation: Simulation, state: PersonState, when: When, arguments: bytes) -> Outcome:
    """One turn, with its telemetry. Nothing is changed yet."""
    try:
        outcome = await live(simulation, state, when, arguments)
    except Exception as error:
        if isinstance(error, OutputError):  # both answers are recorded: asked again, it must be another draw
            simulation.stumbles[state.id] = simulation.stumbles.get(state.id, 0) + 1
        _report(simulation, state, when, error)
        raise
    _report(simulation, state, when, None)
    return outcome


def _report(simulation: Simulation, state: PersonState, when: When, error: Exception | None) -> None:
    if simulation.runtime.watched:
        simulation.runtime.emit(TurnEnded(simulation.id, when.world, state.id, state.turns, error))


def take_in(simulation: Simulation, outcome: Outcome, passage: Passage) -> None:
    """The outcome becomes visible."""
    simulation.states[outcome.state.id] = outcome.state
    passage.extend(outcome.facts)


def settle(simulation: Simulation, id: str) -> None:
    """The turn will not be undone any more: what was kept against its failure is let go."""
    simulation.answers.settle(id)
    simulation.stumbles.pop(id, None)


def when_of(simulation: Simulation, id: str) -> When:
    """The time at the person's place."""
    world = simulation.members.get(id)
    if world is None:
        return When()
    state = simulation.states[world]
    return When(state.now, world, state.step)


def now_bytes(when: When) -> bytes:
    """The arguments of a turn, spelled."""
    return spelled({"now": when.now.isoformat() if when.now is not None else None})


def begin_consolidation(simulation: Simulation, id: str, when: When, due: Due) -> None:
    """If an episode is over, work out beside everything else what it leaves behind."""
    state: PersonState = simulation.states[id]
    if id in simulation.background.pending or not state.memory_kind.due(state.memory):
        return
    simulation.background.start(id, due, state.digest, consolidation(simulation, state, when), absorb)


async def _absorb_what_is_due(simulation: Simulation, id: str, passage: Passage) -> None:
    world = simulation.members.get(id)
    turns = simulation.states[id].turns

    def is_due(item: Pending) -> bool:
        """By own turns; what was to come at a step of a world that the person has left comes now."""
        return item.due.count <= turns if item.due.world is None else item.due.world != world

    for item in simulation.background.take([id], is_due):
        error = await simulation.absorb(item, passage)
        if error is not None:
            simulation.remark(id, f"{CONSOLIDATION} failed, and will be tried again: {error}")
