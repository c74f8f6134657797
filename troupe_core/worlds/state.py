"""A world as a value: a clock, a count of steps, who is there. It owns nobody's state."""

from __future__ import annotations

from datetime import datetime

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.keys import NOTHING, canonical, digest
from troupe_core.people.parts import Part
from troupe_core.worlds.kinds import NOBODY, kind_named


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
    kind: str = ""
    interviewer: str = ""
    """The id of whoever asks the others, in a kind of world in which somebody may."""
    day: int = 0
    """The day on which months begin, while the clock moves by months and one of them is too short for it; else 0."""

    @property
    def name(self) -> str:
        return self.id

    @property
    def hearing(self) -> str:
        """Who hears what is said to nobody in particular."""
        return kind_named(self.kind).hearing if self.broadcast_if_no_target else NOBODY

    def _make_digest(self) -> bytes:
        usual = [self.broadcast_if_no_target, self.schedule, self.voices, self.trail]
        parts = [canonical([self.id, self.now, self.step, self.roster, *usual], "world")]
        if self.kind or self.day:
            parts.append(canonical([self.kind, self.interviewer, self.day], "world"))
        return digest(b"world", *parts)


SCHEDULE_NAMES = ("parallel", "sequential", "random")
"""Here, and not with the schedules themselves: making a world must not cost the import of asyncio."""


def checked_schedule(schedule: str) -> str:
    if schedule not in SCHEDULE_NAMES:
        raise ArgumentError(f"schedule must be one of {', '.join(SCHEDULE_NAMES)}; got {schedule!r}")
    return schedule
