"""How far the clock of a world moves at once: by a length of time, or by months as the calendar has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeAlias

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.worlds.state import WorldState


@attrs.frozen
class Months:
    """So many months of the calendar, however many days they have."""

    number: int

    def __str__(self) -> str:
        return f"{self.number} month{'' if self.number == 1 else 's'}"


Pace: TypeAlias = timedelta | Months

PACES: dict[str, Pace] = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
    "months": Months(1),
    "years": Months(12),
}


def checked_pace(given: timedelta) -> timedelta:
    """A length of time, and not a number of something."""
    if not isinstance(given, timedelta):
        raise ArgumentError(f"timedelta_per_step must be a timedelta, not {given!r}")
    return given


def clock_of(world: WorldState) -> datetime:
    """The time; an error where there is none."""
    if world.now is None:
        raise ArgumentError(f"{world.id!r} has no clock that could move on: give it an initial_datetime")
    return world.now


def moved(world: WorldState, pace: Pace, times: int = 1) -> WorldState:
    """The world when its clock has moved on so many times. A month from 31 January is 28 February, and another one 31
    March: the day that is meant is kept until the clock moves in another way.
    """
    now = clock_of(world)
    try:
        if isinstance(pace, timedelta):
            return attrs.evolve(world, now=now + times * pace, day=0)
        day = world.day or now.day
        later = _on_day(now, times * pace.number, day)
    except (OverflowError, ValueError):
        raise ArgumentError(
            f"the clock of {world.id!r} cannot move beyond the calendar: {now} + {times} × {pace}"
        ) from None
    return attrs.evolve(world, now=later, day=day if day != later.day else 0)


def _on_day(now: datetime, months: int, day: int) -> datetime:
    """So many months later on that day, or on the last one of a month that has no such day."""
    from calendar import monthrange  # it brings the locale with it, for which making a world need not wait

    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    return now.replace(year=year, month=month + 1, day=min(day, monthrange(year, month + 1)[1]))
