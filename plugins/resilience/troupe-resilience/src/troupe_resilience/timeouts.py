"""How long an attempt may take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from troupe_core import ModelTimeout

T = TypeVar("T")


async def within(seconds: float | None, what: Awaitable[T], model: str, setting: str) -> T:
    """What comes, if it comes in time; else it is given up, and `ModelTimeout` says by which setting."""
    if seconds is None:
        return await what
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await what
    except TimeoutError:
        if not limit.expired():
            raise
        raise ModelTimeout(
            f"{model} did not answer in time. settings.resilience.{setting} gives it longer; fewer calls at once "
            "(settings.resilience.concurrency, max_in_flight) may make it quicker."
        ) from None
