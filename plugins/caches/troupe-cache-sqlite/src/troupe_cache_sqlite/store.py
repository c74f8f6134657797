"""The store as the loop sees it: looks things up at once, and has things written."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from troupe_cache_sqlite.bound import Bound
from troupe_cache_sqlite.clerk import Clerk
from troupe_cache_sqlite.files import VERSION, is_busy, open_files
from troupe_cache_sqlite.kinds import Damaged, Kind
from troupe_cache_sqlite.leases import Leases
from troupe_cache_sqlite.orders import Claim, Drop, Flush, Put, Release, Touch
from troupe_cache_sqlite.tally import Tally
from troupe_cache_sqlite.troubles import Troubles
from troupe_cache_sqlite.values import Packer

T = TypeVar("T")

DAY = 86_400
"""Seconds; who sets no bound writes down once a day at most that an entry was used."""
MOST_TOUCHED = 500

_FIND = "SELECT value, used FROM entry WHERE key = ?"
_FIND_IN_OLD = "SELECT value, 1e99 FROM entry WHERE key = ?"


class Store:
    """One file, open. Everything but `flush` is called on the loop's thread, or before the loop knows of the store."""

    def __init__(
        self, path: Path, tally: Tally, *, writing: bool, namespace: str = "", max_mb: float | None = None
    ) -> None:
        files = open_files(path, writing=writing)
        self.path = path
        self.file = path.stat().st_ino
        """Which file it is, whatever its path leads to later."""
        self.troubles = Troubles(path, tally)
        self._db = files.reader
        self._packer = Packer()
        self._leases = Leases()
        self._unwritten: dict[bytes, bytes] = {}
        self._damaged: set[bytes] = set()
        self._touched: set[bytes] = set()
        self._clerk: Clerk | None = None
        opened = int(time.time())
        self._long_ago = opened if max_mb is not None else opened - DAY
        self._bound = None if max_mb is None or files.writer is None else Bound(max_mb, opened)
        if files.writer is not None:  # that thread must not keep the store alive: nothing that it has leads there
            settled = _forgetting(self._unwritten)
            self._clerk = Clerk(files.writer, self._leases, settled, self.troubles, namespace, self._bound)
        self._find = _FIND if files.version == VERSION and self._clerk is not None else _FIND_IN_OLD
        self._close = weakref.finalize(self, _close, files.reader, self._clerk)  # at the latest when Python ends

    @property
    def closed(self) -> bool:
        return not self._close.alive

    def get(self, key: bytes, kind: Kind[T]) -> T | None:
        """What is kept. A damaged entry counts as missing, and is removed."""
        if self.closed:
            return None
        plain = self._unwritten.get(key)
        if plain is not None:
            return kind.read(plain)
        try:
            row = self._db.execute(self._find, (key,)).fetchone()
        except sqlite3.Error as error:
            # When the file is locked, the thread that writes looks once more before a model is asked: it can wait.
            if self._clerk is None or not is_busy(error):
                self.troubles.reading(error)
            return None
        if row is None:
            return None
        value, used = row
        if used < self._long_ago or (self._bound is not None and used > self._bound.now()):
            self._touch(key)
        return self._unpacked(key, value, kind)

    def _touch(self, key: bytes) -> None:
        """It was used: written down later, with many others."""
        self._touched.add(key)
        if len(self._touched) >= MOST_TOUCHED:
            self._tell_touched()

    def _tell_touched(self) -> None:
        if self._touched and self._clerk is not None:
            self._clerk.order(Touch(tuple(self._touched)))
            self._touched.clear()

    async def claim(self, key: bytes, ticket: int, kind: Kind[T]) -> T | None:
        """What somebody has stored meanwhile, or None: then the lease is ours until it is given back."""
        for _ in range(2):  # an entry may turn out to be damaged; should that not be mended, asking goes on without it
            if self._clerk is None or self.closed:
                break
            settled, value = (False, None) if key in self._damaged else self._claim_at_once(key, ticket)
            if not settled:
                claim = Claim(key, ticket, asyncio.get_running_loop().create_future())
                self._clerk.order(claim)
                value = await claim.answered
            self._damaged.discard(key)
            if value is None:
                break
            found = self._unpacked(key, value, kind)
            if found is not None:
                return found
        return None

    def _claim_at_once(self, key: bytes, ticket: int) -> tuple[bool, bytes | None]:
        """Mostly nobody holds a lock, and nobody asks the same: then this takes twenty microseconds, where waking the
        other thread takes sixty. That thread sees to all that has to wait, and to all that goes wrong.
        """
        try:
            settled, value = self._leases.claim(self._db, key, ticket, time.time())
        except sqlite3.Error:
            return False, None
        if settled and value is None:
            self._leases.held.add(ticket)
        return settled, value

    def _unpacked(self, key: bytes, value: bytes, kind: Kind[T]) -> T | None:
        try:
            return self._packer.unpack(value, kind)
        except Damaged as error:
            self.troubles.damaged(key, error)
            if self._clerk is not None:
                self._clerk.order(Drop(key, value))
                self._damaged.add(key)
            return None

    def put(self, put: Put) -> None:
        """Have something written. Until it is, it is found nevertheless."""
        if self._clerk is not None and not self.closed:
            self._tell_touched()  # before there may have to be made room
            self._unwritten[put.key] = put.plain
            self._clerk.order(put)

    def release(self, key: bytes, ticket: int) -> None:
        if self._clerk is not None and not self.closed:
            self._clerk.order(Release(key, ticket))

    def flush(self) -> None:
        """Wait until what was put is in the file, or cannot be for now. Any thread."""
        done = threading.Event()
        if self._clerk is not None and not self.closed:
            self._clerk.order(Flush(done))
            done.wait()

    def close(self) -> list[Put]:
        """Write what is left, and let go of the file. What the file could not take because it is damaged."""
        if not self.closed:
            self._tell_touched()
            self._close()
        if self._clerk is None or self.troubles.corrupt is None:
            return []
        left, self._clerk.held = self._clerk.held, []
        return left


def _forgetting(plain: dict[bytes, bytes]) -> Callable[[bytes], object]:
    return lambda key: plain.pop(key, None)


def _close(reader: sqlite3.Connection, clerk: Clerk | None) -> None:
    reader.close()
    if clerk is not None:
        clerk.stop()
