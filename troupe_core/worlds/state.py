"""A world as a value: a clock, a count of steps, who is there. It owns nobody's state."""

from __future__ import annotations

from datetime import datetime

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.keys import NOTHING, canonical, digest
from troupe_core.people.parts import Part


@attrs.frozen(eq=False, slots=True)
class WorldState(Part):
    """`roster` holds ids, in the order in which people act and are heard."""

    id: str
    now: datetime | None = None
    step: int = 0
    roster: tuple[str, ...] = ()
    broadcast_if_no_target: bool = True
    schedule: str = "parallel"
    voices: tuple[str, ...] = ()
    """Who has spoken to all here without being one of them."""
    trail: bytes = NOTHING
    """Rolls over everything that was ever broadcast here."""

    @property
    def name(self) -> str:
        return self.id

    def _make_digest(self) -> bytes:
        flags = [self.broadcast_if_no_target, self.schedule, self.voices, self.trail]
        return digest(b"world", canonical([self.id, self.now, self.step, self.roster, *flags], "world"))


SCHEDULE_NAMES = ("parallel", "sequential", "random")
"""Here, and not with the schedules themselves: making a world must not cost the import of asyncio."""


def checked_schedule(schedule: str) -> str:
    if schedule not in SCHEDULE_NAMES:
        raise ArgumentError(f"schedule must be one of {', '.join(SCHEDULE_NAMES)}; got {schedule!r}")
    return schedule
