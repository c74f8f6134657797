"""How large a file may become: what was not used for longest makes room for what is new."""

from __future__ import annotations

import sqlite3
import time

MEGABYTE = 1_000_000
SPARE = 0.9
"""So much of what is allowed is left in use, so that not every answer makes another one go."""
AT_ONCE = 500
"""Entries that are removed in one transaction: others wait for its end."""

_OLDEST = """
DELETE FROM entry WHERE rowid IN (
    SELECT rowid FROM entry WHERE used NOT BETWEEN ? AND ? ORDER BY used LIMIT ?)
"""


class Bound:
    """Of one file, as this process keeps it. What has been used since `since` is in use, and stays; it is said by whole
    seconds, so that what was used in the second before may stay, too.
    """

    def __init__(self, megabytes: float, since: int) -> None:
        self.megabytes = megabytes
        self.since = since

    def keep(self, db: sqlite3.Connection) -> bool:
        """Make room where there is too much; whether there is little enough afterwards."""
        most = self.megabytes * MEGABYTE
        if in_use(db) <= most:
            return True
        while in_use(db) > most * SPARE:
            db.execute("BEGIN IMMEDIATE")
            gone = db.execute(_OLDEST, (self.since, int(time.time()), AT_ONCE)).rowcount
            db.execute("COMMIT")
            if not gone:
                return in_use(db) <= most
        return True


def in_use(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold something. What was removed leaves room in it, which is used again."""
    (size,), (pages,), (free,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "page_count", "freelist_count")
    )
    return int(size * (pages - free))
