"""Leases: rows in the file that say who is asking what, so that several processes ask once.

Who finds such a row waits for the answer to appear, or for the row to go. The owner moves the row's expiry ahead while
it lives; one that has expired is anybody's. Process numbers and start times are not looked at: they mean nothing to
another container that shares the file. Should a clock jump, or a process be halted for seconds and go on, then a
question may be asked twice, and nothing worse.
"""

from __future__ import annotations

import sqlite3
import time
from secrets import token_bytes
from typing import Any

LEASE = 4.0
"""Seconds after which the leases of somebody who was killed are free."""
BEAT = 1.0
"""Seconds after which an owner that lives says so."""
LONGEST = 60.0
"""A lease that would hold for longer was made before the clock was set back."""

FIND = "SELECT value FROM entry WHERE key = ?"
_TAKEN = "SELECT 1 FROM lease WHERE key = ? AND owner <> ? AND until BETWEEN ? AND ?"
_CLAIM = """
INSERT INTO lease VALUES (:key, :owner, :ticket, :until)
ON CONFLICT (key) DO UPDATE SET owner = :owner, ticket = :ticket, until = :until
WHERE lease.owner = :owner OR lease.until NOT BETWEEN :now AND :longest
"""
_RELEASE = "DELETE FROM lease WHERE key = ? AND owner = ? AND ticket = ?"
_LIVES = "UPDATE lease SET until = ? WHERE owner = ?"
_LEAVE = "DELETE FROM lease WHERE owner = ? OR until NOT BETWEEN ? AND ?"


class Leases:
    """Those of one store. `held` are their tickets: the loop adds to them, the thread that writes takes away."""

    def __init__(self) -> None:
        self.owner = token_bytes(8)
        self.held: set[int] = set()

    def claim(self, db: sqlite3.Connection, key: bytes, ticket: int, now: float) -> tuple[bool, Any]:
        """Whether it is settled, and what has been stored meanwhile; nothing stored: the lease is ours.

        First the lease, then the look: whoever has it knows that nothing is stored behind its back. A row of our own
        under another ticket is that of a flight that was cancelled, and not yet given back.
        """
        until, longest = now + LEASE, now + LONGEST
        given = {"key": key, "owner": self.owner, "ticket": ticket, "until": until, "now": now, "longest": longest}
        won = db.execute(_CLAIM, given).rowcount == 1
        row = db.execute(FIND, (key,)).fetchone()
        if row is None:
            return won, None
        if won:
            self.release(db, key, ticket)
        return True, row[0]

    def is_taken(self, db: sqlite3.Connection, key: bytes, now: float) -> bool:
        """Whether another one who lives is asking that."""
        return db.execute(_TAKEN, (key, self.owner, now, now + LONGEST)).fetchone() is not None

    def release(self, db: sqlite3.Connection, key: bytes, ticket: int) -> None:
        db.execute(_RELEASE, (key, self.owner, ticket))

    def live(self, db: sqlite3.Connection) -> None:
        """Say that we are still there."""
        db.execute(_LIVES, (time.time() + LEASE, self.owner))

    def leave(self, db: sqlite3.Connection) -> None:
        """Give back all, and remove those that the dead have left."""
        now = time.time()
        db.execute(_LEAVE, (self.owner, now, now + LONGEST))
