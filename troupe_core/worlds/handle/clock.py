"""Time that passes without anybody having a turn. It counts as no step, and lasts like any other change."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from troupe_core.arguments import checked_whole
from troupe_core.worlds.handle.base import Base
from troupe_core.worlds.pace import PACES, Pace, checked_pace, moved


class Clock(Base):
    __slots__ = ()

    def skip(self, steps: int, timedelta_per_step: timedelta) -> Self:
        """The clock moves on as it would in so many steps, and nothing else happens."""
        return self._skip(checked_whole(steps, "steps"), checked_pace(timedelta_per_step))

    def skip_minutes(self, minutes: int) -> Self:
        return self._skip_some("minutes", minutes)

    def skip_hours(self, hours: int) -> Self:
        return self._skip_some("hours", hours)

    def skip_days(self, days: int) -> Self:
        return self._skip_some("days", days)

    def skip_weeks(self, weeks: int) -> Self:
        return self._skip_some("weeks", weeks)

    def skip_months(self, months: int) -> Self:
        """Months of the calendar: from 31 January to 28 February, and on to 31 March."""
        return self._skip_some("months", months)

    def skip_years(self, years: int) -> Self:
        """Years of the calendar: from 29 February to the 28th, where there is no 29th."""
        return self._skip_some("years", years)

    def _skip_some(self, unit: str, number: int) -> Self:
        return self._skip(checked_whole(number, unit), PACES[unit])

    def _skip(self, number: int, pace: Pace) -> Self:
        self.simulation.apply(self._id, lambda world: moved(world, pace, number))
        return self
