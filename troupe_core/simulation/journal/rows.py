"""Where rows last, as an SQLite file: rows that are named by their content, and names for some of them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import zstandard

from troupe_core.errors import JournalError
from troupe_core.simulation.journal.kinds import ANSWER

Row = tuple[bytes, bytes]
"""A key (its kind in one letter, then a digest) and a value."""

FORMAT = 1
MARK = int.from_bytes(b"TRPE", "big")
"""Says in an SQLite file's head that it is a journal."""

_LEVEL = 1  # what 3 saves of such short rows is nothing, and costs a quarter more
_LARGEST = 1 << 30
_PATIENCE = 10_000
"""Milliseconds to wait for others who use the file."""
_A_MOMENT = 200
"""The same for a checkpoint: somebody who looks into the file for long holds it up, and nothing is lost without it."""
_PRAGMAS = ("journal_mode=wal", "synchronous=normal", "wal_autocheckpoint=8000")
_WRITING_CACHE, _READING_CACHE = 4_096, 2_048
"""Kilobytes of pages that a connection keeps; the system keeps more than that anyway."""
_TABLES = (
    "create table if not exists kv (k blob primary key, v blob not null)",
    "create table if not exists ref (name text primary key, id blob not null)",
)


class Removed(OSError):
    """The file is no longer where it was."""


class Group:
    """What has to be on disk together."""

    __slots__ = ("names", "rows")

    def __init__(self, rows: Iterable[Row] = (), names: Iterable[tuple[str, bytes]] = ()) -> None:
        self.rows = list(rows)
        self.names = list(names)


class Rows(Protocol):
    """A file with rows and names."""

    path: Path
    readable: bool
    """Whether people read the main file itself, and expect to find a checkpoint in it."""

    def write(self, groups: list[Group]) -> None:
        """All of them or none. A row that is there stays; a name moves."""
        ...

    def read(self, key: bytes) -> bytes | None: ...

    def names(self) -> dict[str, bytes]: ...

    def keys(self, *, in_order: bool = False) -> Iterator[bytes]:
        """Of all rows; in the order in which they were put, if that matters."""
        ...

    def answers_after(self, key: bytes) -> list[bytes]:
        """At least the answers that were put after that row; all of them, if there is no such row."""
        ...

    def begun(self) -> bool:
        """Whether there is any row."""
        ...

    def unfolded(self) -> bool:
        """Whether something that people look for in the main file is still beside it."""
        ...

    def removed(self) -> bool:
        """Whether somebody has taken the main file away, so that what is written to it is found by nobody."""
        ...

    def fold(self) -> None:
        """Bring everything into the main file, and leave a second copy of it."""
        ...

    def stop_writing(self) -> None:
        """Let go of what only writing needs; what is there can be read on."""
        ...

    def close(self) -> None: ...


class SqliteRows:
    """An ordinary table (one without row ids is four times slower with random keys), compressed values with checksums,
    one connection that writes and one that reads.
    """

    readable = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._unpacker = zstandard.ZstdDecompressor()
        self._reads = threading.Lock()
        self._sound = True
        """Until something damaged is met: then the second copy is worth more than the file, and stays as it is."""
        try:
            self._writing: sqlite3.Connection | None = connect(path)
            self.check_format(self._writing)  # before anything is set: a file of somebody else stays as it is
            _set_up(self._writing, _WRITING_CACHE)
            for table in _TABLES:
                self._writing.execute(table)
            self._reading = connect(path)
            self._inode = path.stat().st_ino
            _set_up(self._reading, _READING_CACHE)
        except sqlite3.Error as error:
            what = f"{path} is no journal" if "not a database" in str(error) else f"cannot open the journal {path}"
            raise JournalError(f"{what} ({error}); choose another path") from error

    def check_format(self, connection: sqlite3.Connection) -> None:
        """That it is a journal, and one that can be read; a file with nothing in it becomes one."""
        mark, version, tables = (
            connection.execute(question).fetchone()[0]
            for question in ("pragma application_id", "pragma user_version", "select count(*) from sqlite_schema")
        )
        if not tables and not mark:
            if self._writing is None:
                raise JournalError(f"nothing has been recorded in {self.path.name} yet")
            connection.execute(f"pragma user_version={FORMAT}")
            connection.execute(f"pragma application_id={MARK}")  # last: whoever finds it finds the format as well
        elif mark != MARK:
            connection.close()
            raise JournalError(f"{self.path} is an SQLite file, and no journal; choose another path")
        elif version != FORMAT:
            connection.close()
            raise JournalError(
                f"{self.path} has format {version}, and this version of Troupe reads format {FORMAT}; use the version "
                "that wrote it, or choose another path"
            )

    def write(self, groups: list[Group]) -> None:
        writing = self._writing
        if writing is None:
            raise JournalError(f"{self.path} is closed for writing")
        pack = self._packer.compress
        rows = [(key, pack(value)) for group in groups for key, value in group.rows]
        names = [name for group in groups for name in group.names]
        try:
            writing.execute("begin immediate")
            if rows:
                writing.executemany("insert or ignore into kv values (?, ?)", rows)
            if names:
                writing.executemany("insert or replace into ref values (?, ?)", names)
            writing.execute("commit")
        except BaseException:
            if writing.in_transaction:
                writing.execute("rollback")
            raise

    def read(self, key: bytes) -> bytes | None:
        try:
            with self._reads:
                row = self._reading.execute("select v from kv where k = ?", (key,)).fetchone()
                return None if row is None else self._unpacker.decompress(row[0], max_output_size=_LARGEST)
        except (zstandard.ZstdError, sqlite3.Error) as error:
            raise self._damaged(f"row {key[:1].decode()}:{key[1:].hex()}", error) from error

    def _damaged(self, where: str, error: Exception) -> JournalError:
        self._sound = False
        return JournalError(
            f"{self.path} is damaged at {where} ({error}). "
            f"A copy of its last checkpoint is in {_copy_of(self.path).name}, if one was made."
        )

    def names(self) -> dict[str, bytes]:
        return {name: bytes(id) for name, id in self._all("select name, id from ref")}

    def keys(self, *, in_order: bool = False) -> Iterator[bytes]:
        question = "select k from kv order by rowid" if in_order else "select k from kv"  # the index alone is quicker
        return (bytes(key) for (key,) in self._all(question))

    def answers_after(self, key: bytes) -> list[bytes]:
        question = "select k from kv where rowid > coalesce((select rowid from kv where k = ?), 0)"
        later = [row[0] for row in self._all(question, key)]
        return [raw for each in later if each[:1] == ANSWER and (raw := self.read(bytes(each))) is not None]

    def _all(self, question: str, *values: Any) -> list[Any]:
        try:
            with self._reads:
                return self._reading.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged("its lists", error) from error

    def begun(self) -> bool:
        return bool(self._all("select 1 from kv limit 1"))

    def unfolded(self) -> bool:
        return False

    def removed(self) -> bool:
        return not self.path.exists() or self.path.stat().st_ino != self._inode

    def fold(self) -> None:
        if self._writing is None:
            return
        removed, copy = self.removed(), _copy_of(self.path)
        if not removed:
            self._writing.execute(f"pragma busy_timeout={_A_MOMENT}")
            self._writing.execute("pragma wal_checkpoint(truncate)")
            self._writing.execute(f"pragma busy_timeout={_PATIENCE}")
        if self._sound:
            self._copy_to(copy)
        if removed:
            kept = f"everything up to now is in {copy.name}" if self._sound else f"only {copy.name} is left"
            raise Removed(f"{self.path.name} was removed or replaced while it was in use; {kept}")

    def _copy_to(self, copy: Path) -> None:
        assert self._writing is not None  # noqa: S101 - the caller has looked
        temporary = copy.with_name(copy.name + "-new")
        temporary.unlink(missing_ok=True)
        try:
            self._writing.execute("vacuum into ?", (str(temporary),))
            temporary.replace(copy)
        finally:
            temporary.unlink(missing_ok=True)

    def stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def close(self) -> None:
        self.stop_writing()
        with self._reads:
            self._reading.close()


def connect(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    """With everything left to whoever uses it: threads, and when a transaction begins."""
    return sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=_PATIENCE / 1000, uri=uri)


def _set_up(connection: sqlite3.Connection, cache: int) -> None:
    for pragma in (*_PRAGMAS, f"cache_size=-{cache}"):
        connection.execute(f"pragma {pragma}")


def _copy_of(path: Path) -> Path:
    return path.with_name(path.name + ".bak")
