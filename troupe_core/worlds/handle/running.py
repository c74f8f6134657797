"""Steps, in which everybody has a turn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from troupe_core.arguments import checked_whole
from troupe_core.errors import ArgumentError
from troupe_core.worlds.handle.base import Base
from troupe_core.worlds.pace import PACES, Pace, checked_pace, clock_of
from troupe_core.worlds.state import checked_schedule

if TYPE_CHECKING:
    from troupe_core.worlds.report import RunReport

MAX_FAILED = 0.2


class Running(Base):
    __slots__ = ()

    def run(
        self,
        steps: int,
        timedelta_per_step: timedelta | None = None,
        *,
        schedule: str | None = None,
        max_failed: float = MAX_FAILED,
    ) -> RunReport:
        """So many steps. In each, the clock moves on by `timedelta_per_step`, everybody has a turn, and what they said
        and did reaches the others.

        One person's failure does not stop the others, and stands in the report. The run stops when nothing can go well
        any more (the key is refused, the credit is used up, there is no such model), when everybody fails in one step,
        or when more than `max_failed` of the people do, and more than one (with `max_failed=0`, when anybody does). It
        then raises `RunStopped`; what is visible is the last whole step.
        """
        twin = "world.arun(…)"
        return self.simulation.runtime.wait(
            lambda: self.arun(steps, timedelta_per_step, schedule=schedule, max_failed=max_failed), twin
        )

    async def arun(
        self,
        steps: int,
        timedelta_per_step: timedelta | None = None,
        *,
        schedule: str | None = None,
        max_failed: float = MAX_FAILED,
    ) -> RunReport:
        """`run`, awaited."""
        number = checked_whole(steps, "steps")
        pace = checked_pace(timedelta_per_step) if timedelta_per_step is not None else None
        return await self._run(number, pace, schedule, max_failed)

    # -- steps of one length ------------------------------------------------------------------------------------------

    def run_minutes(self, minutes: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """So many steps of a minute each; all else is as in `run`."""
        return self._run_some("minutes", minutes, schedule, max_failed)

    async def arun_minutes(
        self, minutes: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED
    ) -> RunReport:
        """`run_minutes`, awaited."""
        return await self._arun_some("minutes", minutes, schedule, max_failed)

    def run_hours(self, hours: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """So many steps of an hour each."""
        return self._run_some("hours", hours, schedule, max_failed)

    async def arun_hours(self, hours: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """`run_hours`, awaited."""
        return await self._arun_some("hours", hours, schedule, max_failed)

    def run_days(self, days: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """So many steps of a day each."""
        return self._run_some("days", days, schedule, max_failed)

    async def arun_days(self, days: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """`run_days`, awaited."""
        return await self._arun_some("days", days, schedule, max_failed)

    def run_weeks(self, weeks: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """So many steps of a week each."""
        return self._run_some("weeks", weeks, schedule, max_failed)

    async def arun_weeks(self, weeks: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """`run_weeks`, awaited."""
        return await self._arun_some("weeks", weeks, schedule, max_failed)

    def run_months(self, months: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """So many steps of a month of the calendar each: from 31 January to 28 February, and on to 31 March."""
        return self._run_some("months", months, schedule, max_failed)

    async def arun_months(
        self, months: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED
    ) -> RunReport:
        """`run_months`, awaited."""
        return await self._arun_some("months", months, schedule, max_failed)

    def run_years(self, years: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """So many steps of a year of the calendar each: from 29 February to the 28th, where there is no 29th."""
        return self._run_some("years", years, schedule, max_failed)

    async def arun_years(self, years: int, *, schedule: str | None = None, max_failed: float = MAX_FAILED) -> RunReport:
        """`run_years`, awaited."""
        return await self._arun_some("years", years, schedule, max_failed)

    def _run_some(self, unit: str, number: int, schedule: str | None, max_failed: float) -> RunReport:
        return self.simulation.runtime.wait(
            lambda: self._arun_some(unit, number, schedule, max_failed), f"world.arun_{unit}(…)"
        )

    async def _arun_some(self, unit: str, number: int, schedule: str | None, max_failed: float) -> RunReport:
        return await self._run(checked_whole(number, unit), PACES[unit], schedule, max_failed)

    async def _run(self, steps: int, pace: Pace | None, schedule: str | None, max_failed: float) -> RunReport:
        from troupe_core.worlds.run import run

        simulation, state = self.simulation, self.state
        if pace is not None:
            clock_of(state)
        if not isinstance(max_failed, int | float) or not 0 <= max_failed <= 1:
            raise ArgumentError(f"max_failed is a share between 0 and 1, not {max_failed!r}")
        if not state.roster:
            raise ArgumentError(f"there is nobody in {self._id!r}; add people before it runs")
        if state.roster == (state.interviewer,):
            raise ArgumentError(f"in {self._id!r} there is nobody but the interviewer; add people to be interviewed")
        chosen = checked_schedule(schedule) if schedule is not None else state.schedule
        simulation.check_open()
        made = run(simulation, self._id, steps, pace, chosen, float(max_failed))
        return await simulation.runtime.thread.hop(made)
