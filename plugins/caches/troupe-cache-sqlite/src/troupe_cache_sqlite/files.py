"""The file: opened, recognised, and made when there is none. Any number of processes may have it open."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import attrs

from troupe_cache_sqlite.errors import CacheError

APPLICATION = 0x54525043
"""Stands in the head of each such file."""
VERSION = 1
"""Of the tables."""

PATIENCE = 10.0
"""Seconds to wait for somebody else who has locked the file."""

TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    key BLOB PRIMARY KEY, value BLOB NOT NULL, model TEXT NOT NULL, made INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS lease (
    key BLOB PRIMARY KEY, owner BLOB NOT NULL, ticket INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
"""


@attrs.frozen(eq=False)
class Files:
    """The connections to one file: for the loop, and for the thread that writes, if anything may be written."""

    reader: sqlite3.Connection
    writer: sqlite3.Connection | None


def open_files(path: Path, *, writing: bool) -> Files:
    """Open the file, or raise a `CacheError` that says why it cannot be used."""
    if not writing and not path.exists():
        raise CacheError(f"there is no cache at {path}: record one in the mode readwrite, or name another file")
    with ExitStack() as opened:
        try:
            if not writing:
                reader = opened.enter_context(closing(_opened(path, "ro")))
                _recognise(reader, path)
                files = Files(reader, None)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                writer = opened.enter_context(closing(_opened(path, "rwc")))
                _make(writer, path)
                _recognise(writer, path)
                files = Files(opened.enter_context(closing(_opened(path, "rw"))), writer)
                _tune(files.reader, writer)
        except (OSError, sqlite3.Error) as error:
            raise _told(path, error) from error
        opened.pop_all()
    return files


def _told(path: Path, error: Exception) -> CacheError:
    if "not a database" in str(error):
        return CacheError(f"{path} is no cache of Troupe, nor any other SQLite file: name another file")
    what = "a folder" if path.is_dir() else str(error)
    return CacheError(f"the cache at {path} cannot be opened: {what}. Name a file that can be read and written.")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that has been used once: SQLite finds out only then that it cannot read."""
    place = path.absolute().as_uri()
    try:
        return _connected(f"{place}?mode={mode}")
    except sqlite3.OperationalError as error:
        unwritable = _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not unwritable or not path.is_file() or Path(f"{path}-wal").exists():
            raise
        # Nobody may write in that folder, not even the index of the write-ahead log: then nothing changes there.
        return _connected(f"{place}?immutable=1")


def _connected(uri: str) -> sqlite3.Connection:
    made = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=PATIENCE)
    try:
        made.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        made.close()
        raise
    return made


def _recognise(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise CacheError(f"{path} is no cache of Troupe but another SQLite file, and is left alone: name another file")
    if version != VERSION:
        raise CacheError(
            f"the cache at {path} has version {version}, and this troupe-cache-sqlite reads version {VERSION}: "
            "name another file, or install the version that wrote it"
        )


def _tune(reader: sqlite3.Connection, writer: sqlite3.Connection) -> None:
    """On the loop nothing may wait: not for a lock, and not for the disk while the write-ahead log is cleared."""
    for connection in (reader, writer):
        connection.execute("PRAGMA synchronous=NORMAL")
    reader.execute("PRAGMA busy_timeout=0")
    reader.execute("PRAGMA wal_autocheckpoint=0")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else holds a lock, and all is well otherwise."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: sqlite3.Error) -> int:
    """The kind of error, without what SQLite adds to it in higher bits."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _make(connection: sqlite3.Connection, path: Path) -> None:
    """Put the tables into a new file. Several processes may come here at the same time."""
    until = time.monotonic() + PATIENCE
    while _is_new(connection):
        try:
            _log_ahead(connection, path)
            connection.executescript(
                f"BEGIN IMMEDIATE; {TABLES} PRAGMA application_id={APPLICATION}; PRAGMA user_version={VERSION}; COMMIT"
            )
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)  # SQLite itself waits for nobody who changes the journal


def _log_ahead(connection: sqlite3.Connection, path: Path) -> None:
    (journal,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if journal != "wal":
        raise CacheError(f"the cache at {path} needs a local disk, where SQLite can keep a write-ahead log")


def _is_new(connection: sqlite3.Connection) -> bool:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return (application, tables) == (0, 0)
