"""What tools have done, in a journal: that it begins is on disk before it does, and what it came to before anybody has
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from troupe_core.keys import digest
from troupe_core.simulation.effects import Effect
from troupe_core.simulation.journal.codec import decode, encode
from troupe_core.simulation.journal.kinds import EFFECT, INTENT, PART

if TYPE_CHECKING:
    from troupe_core.simulation.effects import Do
    from troupe_core.simulation.journal.store import Store

SERIES = PART + digest(b"once", b"series of effects")
"""The row that has it."""


class EffectsInJournal:
    """One process writes a journal: what was begun there and is not under way here was interrupted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._series = ""

    @property
    def series(self) -> str:
        if not self._series:
            self._series = series_in(self._store)
        if not self._series:
            self._series = token_hex(8)
            self._store.put([(SERIES, encode(self._series))])
        return self._series

    async def once(self, key: bytes, call: Mapping[str, Any], do: Do, *, repeatable: bool) -> Effect:
        store = self._store
        while (other := store.flights.get(key)) is not None:  # a fork does the same at this moment
            await asyncio.wait([other])
        found = recorded(store, key)
        if found is not None:
            return found
        flight = store.flights[key] = asyncio.get_running_loop().create_future()
        try:
            begun = store.get(INTENT + key) is not None
            if not begun and not repeatable:
                store.put([(INTENT + key, encode(dict(call)))])
                await store.writer.durable()
            effect = await do(begun)
            store.put([(EFFECT + key, _spell(effect))])
            await store.writer.durable()
        finally:
            del store.flights[key]
            flight.set_result(None)
        return effect


def series_in(store: Store) -> str:
    """What tells the effects of this journal from those of others; empty if there are none."""
    raw = store.get(SERIES)
    found: str = decode(raw) if raw is not None else ""
    return found


def recorded(store: Store, key: bytes) -> Effect | None:
    """What a use of a tool came to, if that is known."""
    raw = store.get(EFFECT + key)
    if raw is None:
        return None
    row = decode(raw)
    return Effect(row["result"], row.get("doubtful", False))


def _spell(effect: Effect) -> bytes:
    return encode({"result": effect.result, **({"doubtful": True} if effect.doubtful else {})})
