"""How large a file may become: what was not used for longest makes room for what is new."""

from __future__ import annotations

import sqlite3
import time

MEGABYTE = 1_000_000
SPARE = 0.9
"""So much of what is allowed is left in use, so that not every answer makes another one go."""
AT_ONCE = 500
"""Entries that are removed in one transaction: others wait for its end."""

ROW = 120
"""About so many bytes an entry takes beside its value."""

_OLDEST = "SELECT rowid, length(value) FROM entry WHERE used NOT BETWEEN ? AND ? ORDER BY used LIMIT ?"
_REMOVE = "DELETE FROM entry WHERE rowid = ?"


class Bound:
    """Of one file, as this process keeps it. What has been used since `since` is in use, and stays; it is said by whole
    seconds, so that what was used in the second before may stay, too. Before `since` it is never: a
    clock may be set back.
    """

    def __init__(self, megabytes: float, since: int) -> None:
        self.megabytes = megabytes
        self.since = since

    def now(self) -> int:
        """When something that is used now is used."""
        return max(int(time.time()), self.since)

    def keep(self, db: sqlite3.Connection) -> bool:
        """Make room where there is too much; whether there is little enough afterwards."""
        most = self.megabytes * MEGABYTE
        if in_use(db) <= most:
            return True
        while (too_much := in_use(db) - most * SPARE) > 0:
            db.execute("BEGIN IMMEDIATE")
            gone = self._oldest(db, too_much)
            db.executemany(_REMOVE, gone)
            db.execute("COMMIT")
            if not gone:
                return in_use(db) <= most
        return True

    def _oldest(self, db: sqlite3.Connection, size: float) -> list[tuple[int]]:
        """As many as have that size, unless they are too many at once."""
        found: list[tuple[int]] = []
        for place, length in db.execute(_OLDEST, (self.since, self.now(), AT_ONCE)):
            if size <= 0:
                break
            found.append((place,))
            size -= length + ROW
        return found


def in_use(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold something. What was removed leaves room in it, which is used again."""
    (size,), (pages,), (free,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "page_count", "freelist_count")
    )
    return int(size * (pages - free))
