"""A run: some steps of a world, and an account of them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from troupe_core.errors import Busy, JournalError, RunStopped
from troupe_core.findings.transcript import substituted_turns
from troupe_core.people.acting import keep_warm
from troupe_core.simulation.things import scene_of
from troupe_core.worlds.pace import Pace
from troupe_core.worlds.report import Failure, RunReport
from troupe_core.worlds.step import Step, Stopped

if TYPE_CHECKING:
    from troupe_core.llm.meter import Spent
    from troupe_core.simulation.simulation import Simulation


async def run(
    simulation: Simulation, world: str, steps: int, pace: Pace | None, schedule: str, max_failed: float
) -> RunReport:
    """Each step is all or nothing; a run that has to stop leaves the last whole one, and tells it in its error."""
    scene = scene_of(simulation)
    if scene is not None:
        raise Busy(f"{world!r} cannot run within somebody's turn")
    before, doubted = simulation.meter.total(), len(simulation.doubts)
    made, turns = 0, 0
    failures: list[Failure] = []

    def report(stopped: str = "") -> RunReport:
        spent: Spent = simulation.meter.total() - before
        mark = next((fact.mark for fact in passage if fact.mark), "")
        doubts = tuple(simulation.doubts[doubted:])
        instead = tuple(substituted_turns(passage))
        return RunReport(world, made, turns, tuple(failures), spent, stopped, doubts, mark, instead)

    passage = simulation.facts.begin()
    things = (world, *simulation.states[world].roster)
    async with simulation.holds(things):
        simulation.check_open()
        simulation.background.wake()
        with patient_collector():
            for _ in range(steps):
                step = Step(simulation, world, passage, schedule=schedule, max_failed=max_failed)
                try:
                    await step.run(pace)
                except Stopped as stopped:
                    failures += step.failures
                    simulation.commit(things, None)  # who stumbled asks for other answers the next time
                    under_way = simulation.states[world].step + 1
                    so_far = f"after {made} of {steps} steps" if made else f"before step {under_way} was whole"
                    made_so_far = f"{world!r} stopped {so_far}: {stopped}"
                    raise RunStopped(made_so_far, report(str(stopped))) from stopped.cause
                made += 1
                turns += step.turns
                failures += step.failures
                try:
                    simulation.commit(things, passage, (world, simulation.states[world].step))
                    await simulation.durable()
                except JournalError as error:  # the step is visible; that it lasts cannot be promised
                    unwritten = f"{world!r} stopped after {made} of {steps} steps: {error}"
                    raise RunStopped(unwritten, report(str(error))) from error
                if step.failures:
                    simulation.remark(world, told(step.failures))
        keep_warm(simulation, simulation.states[world].roster)
    return report()


def told(failures: list[Failure]) -> str:
    """A step's failures in one line: a thousand of them are one piece of news."""
    more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
    return f"failed: {failures[0]}{more}"


_running = 0
_running_lock = threading.Lock()
_usual: tuple[int, int, int] = (0, 0, 0)


@contextmanager
def patient_collector() -> Iterator[None]:
    """During a run the garbage collector waits longer: what a run makes is history, which stays, and walking all of it
    again and again would cost as much as the turns themselves. The last run to end restores what was set before.
    """
    global _running, _usual  # noqa: PLW0603 - the collector is the process's own
    with _running_lock:
        if _running == 0:
            _usual = gc.get_threshold()
            gc.set_threshold(50_000, 20, 100)
        _running += 1
    try:
        yield
    finally:
        with _running_lock:
            _running -= 1
            if _running == 0:
                gc.set_threshold(*_usual)
