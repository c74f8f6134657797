"""The file: opened, recognised, and made when there is none. Any number of processes may have it open."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import attrs

from troupe_cache_sqlite.aside import APPLICATION, code_of, is_corrupt, is_ours, set_aside
from troupe_cache_sqlite.errors import CacheError

VERSION = 2
"""Of the tables. Files of all versions before it are read, and become such a file when they are written to."""

PATIENCE = 10.0
"""Seconds to wait for somebody else who has locked the file."""

ENTRY = """
CREATE TABLE entry (
    key BLOB PRIMARY KEY, value BLOB NOT NULL, model TEXT NOT NULL, made INTEGER NOT NULL);
"""
SINCE_2 = """
ALTER TABLE entry ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN kind TEXT NOT NULL DEFAULT 'completion';
ALTER TABLE entry ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE entry ADD COLUMN digest BLOB;
CREATE INDEX entry_by_use ON entry (used);
"""
"""No row is written anew: however large a file is, it is migrated in a moment."""
LEASE = """
CREATE TABLE lease (
    key BLOB PRIMARY KEY, owner BLOB NOT NULL, ticket INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
"""


@attrs.frozen(eq=False)
class Files:
    """The connections to one file: for the loop, and for the thread that writes, if anything may be written."""

    reader: sqlite3.Connection
    writer: sqlite3.Connection | None
    version: int


def open_files(path: Path, *, writing: bool) -> Files:
    """Open the file, or raise a `CacheError` that says why it cannot be used. One that is to be written to, and is
    damaged, is set aside for a new one.
    """
    if not writing and not path.exists():
        raise CacheError(f"there is no cache at {path}: record one in the mode readwrite, or name another file")
    try:
        return _open(path, writing=writing)
    except (OSError, sqlite3.Error) as error:
        if not (writing and is_corrupt(error) and is_ours(path)):
            raise _told(path, error) from error
        set_aside(path, error)
    try:
        return _open(path, writing=writing)
    except (OSError, sqlite3.Error) as error:
        raise _told(path, error) from error


def _open(path: Path, *, writing: bool) -> Files:
    with ExitStack() as opened:
        if not writing:
            reader = opened.enter_context(closing(_opened(path, "ro")))
            files = Files(reader, None, _recognise(reader, path))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = opened.enter_context(closing(_opened(path, "rwc")))
            _make(writer, path)
            version = _migrate(writer, _recognise(writer, path))
            files = Files(opened.enter_context(closing(_opened(path, "rw"))), writer, version)
            _tune(files.reader, writer)
        opened.pop_all()
    return files


def _told(path: Path, error: Exception) -> CacheError:
    if "not a database" in str(error):
        return CacheError(f"{path} is no cache of Troupe, nor any other SQLite file, and is left alone: name another")
    if is_corrupt(error):
        return CacheError(
            f"the cache at {path} is damaged ({error}), and is left alone. In the mode readwrite it is set aside and a "
            "new one begun; `troupe cache verify` tells what can still be read"
        )
    what = "a folder" if path.is_dir() else str(error)
    return CacheError(f"the cache at {path} cannot be opened: {what}. Name a file that can be read and written.")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that has been used once: SQLite finds out only then that it cannot read."""
    place = path.absolute().as_uri()
    try:
        return _connected(f"{place}?mode={mode}")
    except sqlite3.OperationalError as error:
        unwritable = code_of(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
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


def _recognise(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a cache of ours, or a `CacheError`."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION:
        raise CacheError(f"{path} is no cache of Troupe but another SQLite file, and is left alone: name another file")
    version = _version(connection)
    if not 1 <= version <= VERSION:
        raise CacheError(
            f"the cache at {path} has version {version}, and this troupe-cache-sqlite reads versions up to {VERSION}. "
            "It is left alone: install the version that wrote it, or name another file"
        )
    return version


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _migrate(connection: sqlite3.Connection, version: int) -> int:
    """The version that it has afterwards: where nothing may be written, everything stays as it is."""
    if version == VERSION:
        return version
    try:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == version:  # nobody else has come before
            for statement in filter(str.strip, SINCE_2.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if code_of(error) != sqlite3.SQLITE_READONLY:
            raise
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return version
    return VERSION


def _tune(reader: sqlite3.Connection, writer: sqlite3.Connection) -> None:
    """On the loop nothing may wait: not for a lock, and not for the disk while the write-ahead log is cleared."""
    for connection in (reader, writer):
        connection.execute("PRAGMA synchronous=NORMAL")
    reader.execute("PRAGMA busy_timeout=0")
    reader.execute("PRAGMA wal_autocheckpoint=0")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else holds a lock, and all is well otherwise."""
    return code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _make(connection: sqlite3.Connection, path: Path) -> None:
    """Put the tables into a new file. Several processes may come here at the same time."""
    until = time.monotonic() + PATIENCE
    while _is_new(connection):
        try:
            _log_ahead(connection, path)
            connection.executescript(
                f"BEGIN IMMEDIATE; {ENTRY} {SINCE_2} {LEASE} PRAGMA application_id={APPLICATION}; "
                f"PRAGMA user_version={VERSION}; COMMIT"
            )
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if time.monotonic() > until or not (is_busy(error) or not _is_new(connection)):
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
