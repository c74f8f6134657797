"""The store as the loop sees it: looks things up at once, and has things written."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

from troupe_cache_sqlite.clerk import Clerk
from troupe_cache_sqlite.files import is_busy, open_files
from troupe_cache_sqlite.leases import FIND, Leases
from troupe_cache_sqlite.orders import Claim, Drop, Flush, Put, Release
from troupe_cache_sqlite.tally import Tally
from troupe_cache_sqlite.values import Answer, Damaged, Packer, written

log = logging.getLogger("troupe.cache")


class Troubles:
    """What went wrong with a file, each kind told once."""

    def __init__(self, path: Path, tally: Tally) -> None:
        self._path = path
        self._tally = tally
        self._told: set[str] = set()

    def writing(self, error: Exception, lost: int) -> None:
        """Called by the thread that writes, and by nobody else."""
        self._tally.lost += lost
        self._tell("writing", f"nothing can be written to it ({error}); answers are served, and not kept")

    def reading(self, error: Exception) -> None:
        self._tell("reading", f"it cannot be read ({error}); models are asked instead")

    def damaged(self, key: bytes, error: Exception) -> None:
        self._tally.damaged += 1
        self._tell("damaged", f"its entry {key.hex()} is damaged ({error}), and counts as missing; so will others")

    def _tell(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            log.warning("the cache at %s: %s. This is said once.", self._path, text)


class Store:
    """One file, open. Everything but `flush` is called on the loop's thread, or before the loop knows of the store."""

    def __init__(self, path: Path, tally: Tally, *, writing: bool) -> None:
        files = open_files(path, writing=writing)
        self.path = path
        self._db = files.reader
        self._packer = Packer()
        self._troubles = Troubles(path, tally)
        self._leases = Leases()
        self._unwritten: dict[bytes, Answer] = {}
        self._damaged: set[bytes] = set()
        self._clerk: Clerk | None = None
        if files.writer is not None:  # that thread must not keep the store alive: nothing that it has leads there
            self._clerk = Clerk(files.writer, self._leases, _forgetting(self._unwritten), self._troubles.writing)
        self._close = weakref.finalize(self, _close, files.reader, self._clerk)  # at the latest when Python ends

    @property
    def closed(self) -> bool:
        return not self._close.alive

    def get(self, key: bytes) -> Answer | None:
        """What is kept. A damaged entry counts as missing, and is removed."""
        if self.closed:
            return None
        found = self._unwritten.get(key)
        if found is not None:
            return found
        try:
            row = self._db.execute(FIND, (key,)).fetchone()
        except sqlite3.Error as error:
            # When the file is locked, the thread that writes looks once more before a model is asked: it can wait.
            if self._clerk is None or not is_busy(error):
                self._troubles.reading(error)
            return None
        return None if row is None else self._unpacked(key, row[0])

    async def claim(self, key: bytes, ticket: int) -> Answer | None:
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
            found = self._unpacked(key, value)
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

    def _unpacked(self, key: bytes, value: bytes) -> Answer | None:
        try:
            return self._packer.unpack(value)
        except Damaged as error:
            self._troubles.damaged(key, error)
            if self._clerk is not None:
                self._clerk.order(Drop(key, value))
                self._damaged.add(key)
            return None

    def put(self, key: bytes, ticket: int, answer: Answer, model: str, *, replace: bool) -> None:
        """Have an answer written. Until it is, it is found nevertheless."""
        if self._clerk is not None and not self.closed:
            self._unwritten[key] = answer
            self._clerk.order(Put(key, ticket, written(answer), model, replace))

    def release(self, key: bytes, ticket: int) -> None:
        if self._clerk is not None and not self.closed:
            self._clerk.order(Release(key, ticket))

    def flush(self) -> None:
        """Wait until what was put is in the file. Any thread."""
        done = threading.Event()
        if self._clerk is not None and not self.closed:
            self._clerk.order(Flush(done))
            done.wait()

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        self._close()


def _forgetting(answers: dict[bytes, Answer]) -> Callable[[bytes], object]:
    return lambda key: answers.pop(key, None)


def _close(reader: sqlite3.Connection, clerk: Clerk | None) -> None:
    reader.close()
    if clerk is not None:
        clerk.stop()
