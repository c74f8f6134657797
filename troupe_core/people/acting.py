"""Acting outside of a world's run: perceive something, have a turn, and take in what an episode has left behind.

A composite: it is never found again as a whole, its turn is. If the turn fails, what was perceived for its sake is
undone with it, so that the call can simply be made again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import attrs
from msgspec.structs import replace

from troupe_core.errors import Busy, told
from troupe_core.events import Fact, TurnEnded
from troupe_core.people.consolidating import CONSOLIDATION, pending_consolidation
from troupe_core.people.history import EMPTY
from troupe_core.people.living import live
from troupe_core.people.state import PersonState
from troupe_core.simulation.pending import Due, absorb
from troupe_core.simulation.scene import When
from troupe_core.simulation.stumbling import persistently, settle
from troupe_core.simulation.things import scene_of
from troupe_core.simulation.transaction import Outcome, spelled

if TYPE_CHECKING:
    from troupe_core.simulation.chronicle import Passage
    from troupe_core.simulation.pending import Pending
    from troupe_core.simulation.simulation import Simulation

WARM = 1_000
"""So many people's history is kept as written, and their personas at hand: it takes as much memory again as what they
remember."""

LAG = 2
"""What an episode leaves behind is taken in so many steps, or own turns, later: always then, however long it took."""

Perceive = Callable[[PersonState], tuple[PersonState, Fact]]
Live = Callable[[PersonState, When], Awaitable[Outcome]]


async def act(simulation: Simulation, id: str, perceive: Perceive | None = None) -> tuple[Fact, ...]:
    """What the person does."""
    outcome, _ = await live_through(
        simulation, id, perceive, lambda state, when: live(simulation, state, when, now_bytes(when))
    )
    return tuple(outcome.output)


async def live_through(
    simulation: Simulation, id: str, perceive: Perceive | None, turn: Live
) -> tuple[Outcome, Fact | None]:
    """A turn of whatever sort, and what is perceived for its sake, as one change of the person."""
    scene = scene_of(simulation)
    if scene is not None:
        raise Busy(f"{scene.thing!r} is having a turn; within it nobody else can have one, nor {id!r} another")
    passage = simulation.facts.begin()
    async with simulation.holds((id,)):
        simulation.check_open()
        simulation.background.wake()
        when = when_of(simulation, id)
        before: PersonState = simulation.states[id]
        taken = _take_what_is_due(simulation, id)
        try:
            await _absorb(simulation, taken, passage)
            state: PersonState = simulation.states[id]
            state, heard = perceive(state) if perceive is not None else (state, None)
            async with simulation.slots:
                outcome = await have_turn(simulation, state, when, lambda: turn(state, when))
        except BaseException:
            simulation.states[id] = before
            passage.cut(0)
            simulation.background.put_back(taken)
            simulation.commit((id,), None)
            raise
        if heard is not None:
            passage.append(heard)
        take_in(simulation, outcome, passage)
        settle(simulation, id)
        begin_consolidation(simulation, id, when, Due(None, outcome.state.turns + LAG - 1))
        simulation.commit((id,), passage)
        keep_warm(simulation, (id,))
        await simulation.lasting(id)
    return outcome, heard


async def have_turn(
    simulation: Simulation,
    state: PersonState,
    when: When,
    make: Callable[[], Awaitable[Outcome]],
    *,
    in_step: bool = False,
) -> Outcome:
    """One turn, alone or in a step of a world, with its telemetry. Nothing is changed yet."""
    step = when.step if in_step else None
    try:
        outcome = await persistently(simulation, state, make, world=when.world, step=step)
    except Exception as error:
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
    passage.take(outcome)


def cooled(outcome: Outcome) -> Outcome:
    """Without the written history."""
    cold: Outcome = attrs.evolve(outcome, state=replace(outcome.state, history=EMPTY))
    return cold


def keep_warm(simulation: Simulation, ids: Iterable[str]) -> None:
    """The written history of those who acted last is kept at hand; of others the facts are enough to write it anew."""
    warm = simulation.warm
    for id in ids:
        warm.pop(id, None)
        warm[id] = None
    while len(warm) > WARM:
        cold, _ = warm.popitem(last=False)
        state = simulation.states.get(cold)
        if state is not None:
            simulation.states.cool(cold, replace(state, history=EMPTY))
            if simulation.journal is not None:
                simulation.journal.let_go(state.persona)


def when_of(simulation: Simulation, id: str) -> When:
    """The time at the person's place."""
    world = simulation.members.get(id)
    if world is None:
        return When()
    state = simulation.states[world]
    return When(state.now, world, state.step)


def now_bytes(when: When) -> bytes:
    """The arguments of a turn, spelled."""
    return spelled({"now": when.stamp})


def begin_consolidation(simulation: Simulation, id: str, when: When, due: Due) -> None:
    """If an episode is over, work out beside everything else what it leaves behind."""
    state: PersonState = simulation.states[id]
    if id in simulation.background.pending:
        return
    try:
        if state.memory_kind.due(state.memory):
            stumbles = simulation.stumbles.get(id, 0)  # as it is now: a turn may stumble meanwhile, sooner or later
            begun = pending_consolidation(simulation, state, when, due, stumbles)
            begun.begin()
            simulation.background.add(begun)
            simulation.touch(id)
    except Exception as error:  # a stranger's memory; the turn counts, whatever comes of it later
        kind = type(state.memory_kind).__qualname__
        seen = simulation.runtime.blame(error)
        simulation.remark(id, f"{CONSOLIDATION} could not begin, {kind}.due failed: {told(seen)}")


def _take_what_is_due(simulation: Simulation, id: str) -> list[Pending]:
    return simulation.background.take([id], lambda item: _is_due(simulation, item))


def _is_due(simulation: Simulation, item: Pending) -> bool:
    """By own turns; what was to come at a step of a world that the person has left comes now."""
    if item.due.world is not None:
        return item.due.world != simulation.members.get(item.thing)
    turns: int = simulation.states[item.thing].turns
    return item.due.count <= turns


async def foreseen(simulation: Simulation, state: PersonState) -> PersonState:
    """The person as `act` would find it: with what is due by then, and nothing taken in yet."""
    item = simulation.background.pending.get(state.id)
    if item is None or not _is_due(simulation, item):
        return state
    task = item.begin()
    await asyncio.wait([task])
    if item.failed:
        return state
    after: PersonState = item.absorb(state, task.result())
    return after


async def _absorb(simulation: Simulation, items: list[Pending], passage: Passage) -> None:
    for item in items:
        error = await absorb(simulation, item, passage)
        if error is not None:
            simulation.remark(item.thing, f"{CONSOLIDATION} failed, and will be tried again: {told(error)}")
