"""Simulated time. It moves only when a world says so, and is written the same in every locale."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from troupe_core.errors import ArgumentError

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def in_words(moment: datetime) -> str:
    """As a person reads it on a wall: Monday 2 March 2026, 09:05."""
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {moment.day} {month} {moment.year}, {moment.hour:02}:{moment.minute:02}"


def now() -> str:
    """Local time, as on the experimenter's wall."""
    return datetime.now().replace(second=0, microsecond=0).isoformat()  # noqa: DTZ005 - see above


def moment(given: datetime | str | None, name: str, once: Callable[[Callable[[], str]], str]) -> datetime | None:
    """A date as experimenters give it: a datetime, ISO text, "now", or None for no date at all. What "now" is, is found
    out `once`: a run that is made again is made at the time of the first.
    """
    if given is None or isinstance(given, datetime):
        return given
    if given == "now":
        return datetime.fromisoformat(once(now))
    if isinstance(given, str):
        try:
            return datetime.fromisoformat(given)
        except ValueError:
            pass
    raise ArgumentError(f"{name} is a datetime, a text such as 2026-03-02T09:00, 'now', or None; got {given!r}")
