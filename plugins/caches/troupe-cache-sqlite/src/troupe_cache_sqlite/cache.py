"""The cache while it is switched on: one mode, one file, and the questions that are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from troupe_cache_sqlite.answers import Answers
from troupe_cache_sqlite.aside import set_aside
from troupe_cache_sqlite.errors import ReplayMiss
from troupe_cache_sqlite.kinds import Kind
from troupe_cache_sqlite.orders import Put
from troupe_cache_sqlite.store import Store
from troupe_cache_sqlite.tally import Tally
from troupe_cache_sqlite.vectors import Vectors
from troupe_core import Call, Usage

T = TypeVar("T")

LOOKS_UP = frozenset({"read", "readwrite", "replay"})
STORES = frozenset({"write", "readwrite", "refresh"})

Saved = Callable[[str, Call, Usage], None]
"""Told of everything that was answered without a call: the model, who asked, and the tokens of the answer."""


class Cache:
    """Between the callers and one runtime's handlers. Everything happens on the runtime's loop."""

    def __init__(
        self, mode: str, path: Path, tally: Tally, saved: Saved, namespace: str = "", max_mb: float | None = None
    ) -> None:
        self.mode = mode
        self.path = path
        self.tally = tally
        self.saved = saved
        self.looks_up = mode in LOOKS_UP
        self.stores = mode in STORES
        self.replays = mode == "replay"
        self._namespace = namespace
        self._max_mb = max_mb
        self._store = self._opened()
        self.answers = Answers(self, self._close_if_idle)
        self.vectors = Vectors(self, self._close_if_idle)
        self._retired = False

    def _opened(self) -> Store:
        return Store(self.path, self.tally, writing=self.stores, namespace=self._namespace, max_mb=self._max_mb)

    @property
    def store(self) -> Store:
        """The file. One that turns out to be damaged makes way for a new one, if anything is kept at all."""
        corrupt = self._store.troubles.corrupt
        if corrupt is not None and self.stores and not self._store.closed:
            self._begin_anew(corrupt)
        return self._store

    def _begin_anew(self, corrupt: Exception) -> None:
        """With what the damaged file could not take."""
        damaged = self._store
        left = damaged.close()
        try:
            if self.path.exists() and self.path.stat().st_ino == damaged.file:  # nobody else has seen to it
                set_aside(self.path, corrupt)
            self._store = self._opened()
        except Exception as error:
            damaged.troubles.writing(error, held=False)
            damaged.troubles.lost(len(left))
            return
        for put in left:
            self._store.put(put)

    def flush(self) -> None:
        """Wait until everything is written."""
        self.store.flush()

    def retire(self) -> None:
        """No more questions come. What is under way is still kept; then the file is closed."""
        self._retired = True
        self._close_if_idle()

    async def aretire(self) -> None:
        """The same, while the loop goes on."""
        self._retired = True
        if self._is_idle:
            await self._close_aside()

    @property
    def _is_idle(self) -> bool:
        return not self.answers.under_way and not self.vectors.under_way

    def _close_if_idle(self) -> None:
        if self._retired and self._is_idle:
            self._close()

    async def aclose(self) -> None:
        """End what is under way, and close the file."""
        await self.answers.cancel()
        await self.vectors.cancel()
        await self._close_aside()

    async def _close_aside(self) -> None:
        """In another thread: who has locked the file holds up nobody but us."""
        try:
            await asyncio.to_thread(self._close)
        except RuntimeError:  # Python ends, and begins no thread any more
            self._close()

    def _close(self) -> None:
        self.store.flush()
        self.store.close()

    # -- for questions of all kinds -----------------------------------------------------------------------------------

    def keep(self, key: bytes, ticket: int, kind: Kind[T], value: T, model: str, *, replace: bool = False) -> bool:
        """Whether it was given to the store."""
        store = self.store
        if not self.stores or store.closed:
            return False
        store.put(Put(key, ticket, kind.name, kind.write(value), model, replace or self.mode == "refresh"))
        return True

    def missing(self, what: str, model: str, key: bytes, call: Call, end: str) -> ReplayMiss:
        """Says what was asked, and what to do."""
        who = f"{call.person}'s turn {call.turn}" if call.person else "nobody in particular"
        return ReplayMiss(
            f"{self.path} holds no {what} of {model} ({call.purpose!r}, for {who}, key {key.hex()}), and in the mode "
            "replay no model is asked. Run it once in the mode readwrite to record it; or undo what has changed the "
            f"question, which ends: {end if len(end) <= LONGEST else f'…{end[-LONGEST:]}'!r}"
        )


LONGEST = 200
"""Characters of a question that an error shows."""
