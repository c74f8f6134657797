"""A cache file looked at from outside: what it holds, whether that is sound, and how it gets out and in again."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import orjson

from troupe_cache_sqlite.bound import in_use
from troupe_cache_sqlite.clerk import KEEP
from troupe_cache_sqlite.errors import CacheError
from troupe_cache_sqlite.files import VERSION, is_busy, open_files
from troupe_cache_sqlite.kinds import KINDS, Damaged, of_json
from troupe_cache_sqlite.values import LARGEST, Packer, digest

AT_ONCE = 500
"""Entries that are read, or written, before others may."""
MOST_PASSED_OVER = 10_000
"""Places in a row that cannot be read, before the rest is given up."""
KEY_SIZE = 16
LONGEST_LINE = 2 * LARGEST
LATEST = 2**63 - 1
"""Seconds that the file can hold."""

_SEEN = """
CREATE TEMP VIEW seen AS
SELECT rowid AS place, key, value, model, made, used, kind, namespace, digest FROM entry
"""
_SEEN_IN_OLD = """
CREATE TEMP VIEW seen AS
SELECT rowid AS place, key, value, model, made, 0 AS used, 'completion' AS kind, '' AS namespace, NULL AS digest
FROM entry
"""
_SHARES = """
SELECT namespace, model, kind, count(*), sum(length(value)), min(made), max(made) FROM seen
WHERE (:namespace IS NULL OR namespace = :namespace) AND (:model IS NULL OR model = :model)
GROUP BY namespace, model, kind ORDER BY namespace, model, kind
"""
_ENTRIES = """
SELECT place, key, value, model, made, used, kind, namespace, digest FROM seen
WHERE (:namespace IS NULL OR namespace = :namespace) AND (:model IS NULL OR model = :model) AND place > :place
ORDER BY place LIMIT :most
"""
_CLEAR = """
DELETE FROM entry
WHERE (:namespace IS NULL OR namespace = :namespace) AND (:model IS NULL OR model = :model)
"""


@attrs.frozen
class Only:
    """Which entries are meant: those of a namespace, of a model, or of both; else all."""

    namespace: str | None = None
    model: str | None = None

    def said(self) -> dict[str, Any]:
        """For the statements above."""
        return {"namespace": self.namespace, "model": self.model}


ALL = Only()


@attrs.frozen
class Entry:
    """One, as the file has it."""

    place: int
    key: bytes
    value: bytes
    model: str
    made: int
    used: int
    kind: str
    namespace: str
    digest: bytes | None

    def is_one(self) -> bool:
        """Whether everything is of the type that it has to be: SQLite does not see to that."""
        texts = (self.model, self.kind, self.namespace)
        return isinstance(self.key, bytes) and isinstance(self.made, int) and all(type(text) is str for text in texts)

    def plain(self, packer: Packer) -> bytes:
        """What was written, or `Damaged`, which says what is wrong."""
        if self.kind not in KINDS:
            raise Damaged(f"it is of a kind {self.kind!r} that this version does not know")
        plain = packer.plain(self.value)
        packer.read(plain, KINDS[self.kind])
        if self.digest is not None and self.digest != digest(self.key, self.kind, self.namespace, self.value):
            raise Damaged("its value is not the one that was written under this key")
        return plain


@attrs.frozen
class Share:
    """What a file holds of one kind, by one model, in one namespace. `bytes` are those of the values."""

    namespace: str
    model: str
    kind: str
    entries: int
    bytes: int
    oldest: int
    newest: int


@attrs.frozen
class Held:
    """What a file holds. `bytes` are those that are in use: the ones that `max_mb` bounds."""

    path: str
    version: int
    bytes: int
    shares: tuple[Share, ...]

    @property
    def entries(self) -> int:
        return sum(share.entries for share in self.shares)


@attrs.frozen
class Wrong:
    """An entry, or the file itself if there is no key, and what is wrong with it."""

    key: str
    model: str
    why: str


@attrs.frozen
class Line:
    """A line that was not taken in, by its number, and why."""

    number: int
    why: str


@attrs.define
class Imported:
    """How many were new, and how many there already; those stay as they were."""

    new: int = 0
    there: int = 0
    refused: list[Line] = attrs.field(factory=list)


@contextmanager
def _reading(path: Path) -> Iterator[tuple[sqlite3.Connection, int]]:
    """The file and its version; its entries are what is `seen`."""
    files = open_files(path, writing=False)
    with closing(files.reader), _told(path):
        files.reader.execute(_SEEN if files.version == VERSION else _SEEN_IN_OLD)
        yield files.reader, files.version


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    files = open_files(path, writing=True)
    files.reader.close()
    if files.writer is not None:
        with closing(files.writer), _told(path):
            yield files.writer


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CacheError(
            f"the cache at {path} cannot be used: {error}. `troupe cache verify` tells whether it is damaged."
        ) from error


def held(path: Path, only: Only = ALL) -> Held:
    """What there is."""
    with _reading(path) as (db, version):
        shares = tuple(Share(*row) for row in db.execute(_SHARES, only.said()))
        return Held(str(path), version, in_use(db), shares)


def examined(path: Path, *, writing: bool) -> str:
    """Whether the file can be used, in a line for people, else a `CacheError`. Nothing in it is changed."""
    if not path.exists():
        if not writing:
            raise CacheError(f"there is no cache at {path}: record one in the mode readwrite, or name another file")
        folder = next(each for each in path.parents if each.exists())
        if not os.access(folder, os.W_OK):
            raise CacheError(f"there is no cache at {path}, and none can be begun: {folder} may not be written")
        return f"{path} is not there yet, and begun with the first answer"
    with _reading(path) as (db, version):
        (entries,) = db.execute("SELECT count(*) FROM seen").fetchone()
        what = f"{path}: {entries:,} {'entry' if entries == 1 else 'entries'}, {in_use(db) / 1e6:,.1f} MB"
    older = f", becomes {VERSION} when it is written to" if writing and version < VERSION else ""
    locked = "; somebody else has locked it at this moment, and what is to be kept waits for that"
    return f"{what} (version {version}{older})" + (locked if writing and _is_locked(path) else "")


def _is_locked(path: Path) -> bool:
    """Whether somebody is writing to it, or a `CacheError` if nobody may."""
    with _told(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0)) as db:
        db.isolation_level = None
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return True
    return False


def clear(path: Path, only: Only = ALL) -> int:
    """Remove those; how many they were. The file becomes as small as it can be."""
    if not path.exists():
        raise CacheError(f"there is no cache at {path}")
    with _writing(path) as db:
        removed = db.execute(_CLEAR, only.said()).rowcount
        with suppress(sqlite3.OperationalError):  # somebody is using it, who will use the room again
            db.execute("VACUUM")
    return removed


def verify(path: Path) -> Iterator[Wrong]:
    """Read every entry, digest it once more, and tell what is wrong; then the file itself is gone through."""
    packer = Packer()
    with _reading(path) as (db, _):
        for entry in _all(db, ALL):
            if isinstance(entry, Wrong):
                yield entry
                continue
            try:
                entry.plain(packer)
            except Damaged as error:
                yield Wrong(entry.key.hex(), entry.model, str(error))
        try:
            for (said,) in db.execute("PRAGMA quick_check(20)").fetchall():
                if said != "ok":
                    yield Wrong("", "", str(said))
        except sqlite3.DatabaseError as error:
            yield Wrong("", "", str(error))


def _all(db: sqlite3.Connection, only: Only) -> Iterator[Entry | Wrong]:
    """One after the other, and so many at a time: nobody who writes is held up. What cannot be read is told, and
    passed over.
    """
    place, passed_over, more = 0, 0, True
    while more and passed_over < MOST_PASSED_OVER:
        before, more = place, False
        try:
            for row in db.execute(_ENTRIES, {**only.said(), "place": place, "most": AT_ONCE}):
                place, passed_over, more = max(place, row[0]), 0, True
                entry = Entry(*row)
                yield entry if entry.is_one() else Wrong("", "", f"entry {row[0]} of the file makes no sense")
        except sqlite3.DatabaseError as error:
            if not passed_over:
                yield Wrong("", "", f"after entry {place} of the file, some cannot be read: {error}")
            passed_over, more = passed_over + 1, True
        if place == before:  # whatever stands there
            place += 1


# -- out and in -------------------------------------------------------------------------------------------------------


def export(path: Path, only: Only = ALL) -> Iterator[bytes | Wrong]:
    """A JSON line for each entry; of one that is damaged, what is wrong."""
    packer = Packer()
    with _reading(path) as (db, _):
        for entry in _all(db, only):
            if isinstance(entry, Wrong):
                yield entry
                continue
            try:
                plain = entry.plain(packer)
            except Damaged as error:
                yield Wrong(entry.key.hex(), entry.model, str(error))
            else:
                yield _line(entry, KINDS[entry.kind].shown(plain))


def _line(entry: Entry, plain: bytes) -> bytes:
    said = {
        "key": entry.key.hex(),
        "kind": entry.kind,
        "namespace": entry.namespace,
        "model": entry.model,
        "made": entry.made,
        "answer": orjson.Fragment(plain),
    }
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def take_in(path: Path, lines: BinaryIO) -> Imported:
    """Add what others have exported. What is there already stays; a line that cannot be used is told, and no more."""
    done, packer = Imported(), Packer()
    with _writing(path) as db:
        for rows in _batches(_rows(lines, packer, done)):
            db.execute("BEGIN IMMEDIATE")
            new = sum(db.execute(KEEP, row).rowcount for row in rows)
            db.execute("COMMIT")
            done.new += new
            done.there += len(rows) - new
    return done


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(lines: BinaryIO, packer: Packer, done: Imported) -> Iterator[tuple[Any, ...]]:
    for number, line in enumerate(_lines(lines), 1):
        if not line.strip():
            continue
        try:
            if len(line) >= LONGEST_LINE:
                raise Damaged("it is too long")
            yield _row(of_json(line), packer)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            done.refused.append(Line(number, why))


def _lines(lines: BinaryIO) -> Iterable[bytes]:
    """Of one that has no end, its beginnings."""
    return iter(lambda: lines.readline(LONGEST_LINE), b"")


def _row(said: Any, packer: Packer) -> tuple[Any, ...]:
    key, kind = bytes.fromhex(said["key"]), KINDS.get(said["kind"])
    namespace, model, made = said["namespace"], said["model"], said["made"]
    if kind is None:
        raise Damaged(f"it is of a kind {said['kind']!r} that this version does not know")
    if not (len(key) == KEY_SIZE and type(namespace) is type(model) is str and type(made) is int):
        raise Damaged("it is no entry of a cache")
    if not 0 <= made <= LATEST:
        raise Damaged("the time at which it was made is none")
    for text in (namespace, model):
        text.encode()  # SQLite takes no half of a surrogate pair
    value = packer.pack(kind.taken(said["answer"]))
    packer.unpack(value, kind)
    return key, value, model, made, int(time.time()), kind.name, namespace, digest(key, kind.name, namespace, value)
