"""A step of a world: everybody has a turn, then what they did reaches the others; all of it becomes visible at once.

Schedules differ only in when it is delivered. *parallel*: all turns run at the same time against the state at the
beginning of the step. *sequential* and *random*: one after the other, and each hears what those before have said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import told
from troupe_core.events import Fact, StepEnded
from troupe_core.people.acting import LAG, WARM, begin_consolidation, cooled, have_turn, now_bytes, take_in
from troupe_core.people.consolidating import CONSOLIDATION
from troupe_core.people.living import live
from troupe_core.simulation.pending import Due, Pending, absorb
from troupe_core.simulation.rng import Stream
from troupe_core.simulation.scene import When
from troupe_core.simulation.stumbling import settle
from troupe_core.worlds.delivery import Delivery, Rules
from troupe_core.worlds.kinds import kind_named
from troupe_core.worlds.pace import Pace, moved
from troupe_core.worlds.report import Failure
from troupe_core.worlds.state import WorldState

if TYPE_CHECKING:
    from troupe_core.simulation.chronicle import Passage
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Outcome


class Stopped(Exception):
    """The step does not count, and what it began is rolled back. It is *counted* when everybody has had a turn, so that
    who failed in it is no matter of timing; those ask for other answers when it is tried again.
    """

    def __init__(self, reason: str, cause: Exception, *, counted: bool) -> None:
        super().__init__(reason)
        self.cause = cause
        self.counted = counted


class Step:
    """One step in the making."""

    def __init__(
        self, simulation: Simulation, world: str, passage: Passage, *, schedule: str, max_failed: float
    ) -> None:
        self.simulation = simulation
        self.world = world
        self.passage = passage
        self.schedule = schedule
        self.max_failed = max_failed
        self.failures: list[Failure] = []
        self.turns = 0
        self._stop: Stopped | None = None

    @property
    def crowded(self) -> bool:
        """Whether there are more people than can be kept warm."""
        return len(self.state.roster) > WARM

    @property
    def state(self) -> WorldState:
        found: WorldState = self.simulation.states[self.world]
        return found

    async def run(self, pace: Pace | None) -> None:
        """All of it, or nothing."""
        simulation = self.simulation
        before = {id: simulation.states[id] for id in (self.world, *self.state.roster)}
        told, stumbles = len(self.passage), {id: simulation.stumbles.get(id, 0) for id in self.state.roster}
        taken: list[Pending] = []
        try:
            world = self._begin(pace)
            when = When(world.now, world.id, world.step)
            taken = simulation.background.take(list(world.roster), self._is_due)
            await self._absorb(taken)
            done = await SCHEDULES[self.schedule](self, when)
        except BaseException as error:
            simulation.states.update(before)
            self.passage.cut(told)
            simulation.background.put_back(taken)
            if not (isinstance(error, Stopped) and error.counted):
                simulation.stumbles.update(stumbles)  # it was interrupted: the same answers are to be found again
            raise
        for id in done:
            settle(simulation, id)
        self.turns = len(done)
        for id in world.roster:
            begin_consolidation(simulation, id, when, Due(world.id, world.step + LAG))
        if simulation.runtime.watched:
            simulation.runtime.emit(StepEnded(simulation.id, world.id, world.step, tuple(self.passage[told:])))

    def _begin(self, pace: Pace | None) -> WorldState:
        before = self.state
        world = attrs.evolve(before if pace is None else moved(before, pace), step=before.step + 1)
        self.simulation.states[self.world] = world
        return world

    def _is_due(self, item: Pending) -> bool:
        """By steps of this world; who acted alone meanwhile, or came from another world, counts in own turns."""
        if item.due.world == self.world:
            return item.due.count <= self.state.step
        return item.due.world is not None or item.due.count <= self.simulation.states[item.thing].turns

    async def _absorb(self, items: Sequence[Pending]) -> None:
        for item in items:
            error = await absorb(self.simulation, item, self.passage)
            if error is not None:
                self.failures.append(Failure(item.thing, self.state.step, error, CONSOLIDATION))
                self._stop_if_fatal(item.thing, error)
        self.check()

    async def turn(self, id: str, when: When, arguments: bytes) -> Outcome | None:
        """One turn, or a failure on record. Nothing is visible yet."""
        simulation = self.simulation
        if self._stop is not None:
            return None
        async with simulation.slots:
            if self._stop is not None:
                return None
            try:
                state = simulation.states[id]
                outcome = await have_turn(
                    simulation, state, when, lambda: live(simulation, state, when, arguments), in_step=True
                )
                return cooled(outcome) if self.crowded else outcome
            except Exception as error:
                self._fail(id, error)
                return None

    def _fail(self, id: str, error: Exception) -> None:
        self.failures.append(Failure(id, self.state.step, error))
        self._stop_if_fatal(id, error)

    def _stop_if_fatal(self, id: str, error: Exception) -> None:
        if self.simulation.degradation.stops(error):
            reason = f"{type(error).__name__} for {id}: {error}"
            self._stop = self._stop or Stopped(reason, error, counted=False)

    def check(self) -> None:
        """End the step if something has happened that nobody gets beyond."""
        if self._stop is not None:
            raise self._stop

    def check_count(self) -> None:
        """End the step if too few have got through it. Everybody has had a turn by now; of those who are skipped nobody
        counts.
        """
        turns = (failure for failure in self.failures if failure.purpose == "turn")
        failed = [failure for failure in turns if not self.simulation.degradation.skips(failure.error)]
        size = len(self.state.roster)
        too_many = len(failed) > self.max_failed * size and (len(failed) > 1 or self.max_failed == 0)
        if failed and (len(failed) == size or too_many):
            last = failed[-1]
            why = f"the last of them {last.person}: {told(last.error)}"
            reason = f"{len(failed)} of {size} people failed in step {last.step}, {why}"
            raise Stopped(reason, last.error, counted=True)

    def deliver(self, done: Sequence[tuple[str, Sequence[Fact]]], when: When) -> None:
        """What these people did reaches the others."""
        simulation, world = self.simulation, self.state
        people = {id: simulation.states[id] for id in world.roster}
        now = when.now.isoformat() if when.now is not None else None
        rules = Rules(world.hearing, kind_named(world.kind).apart, world.interviewer)
        delivery = Delivery(people, rules, now, world.voices)
        for id, acts in done:
            delivery.add(id, acts)
        simulation.states.update(delivery.changed())
        self.passage.extend(delivery.facts)


async def parallel(step: Step, when: When) -> list[str]:
    """N workers over one list, not a task for everybody: at ten thousand people tasks would cost more than turns."""
    roster = step.state.roster
    outcomes: list[Outcome | None] = [None] * len(roster)
    arguments = now_bytes(when)
    places = iter(range(len(roster)))

    async def work() -> None:
        for place in places:
            outcomes[place] = await step.turn(roster[place], when, arguments)

    await _all(work, min(step.simulation.max_in_flight, len(roster)))
    order = {id: place for place, id in enumerate(roster)}
    step.failures.sort(key=lambda failure: order[failure.person])
    step.check()
    step.check_count()
    done = [(id, outcome) for id, outcome in zip(roster, outcomes, strict=True) if outcome is not None]
    for _, outcome in done:
        take_in(step.simulation, outcome, step.passage)
    step.deliver([(id, outcome.output) for id, outcome in done], when)
    return [id for id, _ in done]


async def _all(work: Callable[[], Coroutine[Any, Any, None]], number: int) -> None:
    workers = [asyncio.ensure_future(work()) for _ in range(number)]
    try:
        await asyncio.gather(*workers)
    except BaseException:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        raise


async def sequential(step: Step, when: When) -> list[str]:
    """In the order of the roster."""
    return await _one_by_one(step, when, step.state.roster)


async def shuffled(step: Step, when: When) -> list[str]:
    """In an order that is drawn anew for each step, and the same in every run with the same seed."""
    order = list(step.state.roster)
    Stream(step.simulation.seed, step.world, "order", step.state.step).shuffle(order)
    return await _one_by_one(step, when, order)


async def _one_by_one(step: Step, when: When, order: Sequence[str]) -> list[str]:
    arguments = now_bytes(when)
    done: list[str] = []
    for id in order:
        outcome = await step.turn(id, when, arguments)
        step.check()
        if outcome is not None:
            done.append(id)
            take_in(step.simulation, outcome, step.passage)
            step.deliver([(id, outcome.output)], when)
    step.check_count()
    return done


SCHEDULES = {"parallel": parallel, "sequential": sequential, "random": shuffled}
