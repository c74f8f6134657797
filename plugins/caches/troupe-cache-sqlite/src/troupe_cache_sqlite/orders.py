"""What the loop asks of the thread that writes."""

from __future__ import annotations

import asyncio
import threading
from typing import TypeAlias

import attrs


@attrs.frozen(eq=False)
class Claim:
    """May I ask the model, or has somebody asked it already? `answered` becomes what is stored, or None: go and ask."""

    key: bytes
    ticket: int
    answered: asyncio.Future[bytes | None]


@attrs.frozen(eq=False)
class Put:
    """Keep an answer, and give back the lease. What is there already stays, unless it is to be replaced."""

    key: bytes
    ticket: int
    kind: str
    plain: bytes
    model: str
    replace: bool


@attrs.frozen(eq=False)
class Release:
    """Give back the lease, or no longer wait for it."""

    key: bytes
    ticket: int


@attrs.frozen(eq=False)
class Drop:
    """Remove an entry that cannot be read, if nobody has mended it meanwhile."""

    key: bytes
    value: bytes


@attrs.frozen(eq=False)
class Touch:
    """These were used."""

    keys: tuple[bytes, ...]


@attrs.frozen(eq=False)
class Stop:
    """Write what was asked for until now, and end."""


@attrs.frozen(eq=False)
class Flush:
    """Say when everything before is written."""

    done: threading.Event


Work: TypeAlias = Claim | Put | Release | Drop | Touch
Order: TypeAlias = Work | Flush | Stop
