"""A journal's file: what is written, and what is on its way there, as one."""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path

from troupe_core.errors import ArgumentError, JournalError
from troupe_core.simulation.journal.absence import Absence
from troupe_core.simulation.journal.kinds import ANSWER, OUTCOME
from troupe_core.simulation.journal.lock import Lock
from troupe_core.simulation.journal.rows import Group, Removed, Row, Rows, SqliteRows
from troupe_core.simulation.journal.writer import Writer

log = logging.getLogger("troupe")

LOOKED_FOR = (OUTCOME, ANSWER)
"""What is often looked for in vain."""
MANY = 1_000
"""So many times something was looked for in vain before it is worth while to learn what is there."""


class Store:
    """Used by one simulation and its forks; the last to leave closes it for writing. It can be read on."""

    writable = True

    def __init__(self, path: Path) -> None:
        self.path = path
        lock = Lock(path)
        try:
            self.rows: Rows = _rows(path)
            self._names = self.rows.names()
            begun = self.rows.begun()
        except BaseException:
            lock.give_up()
            raise
        self.writer = Writer(self.rows)
        self._absent: Absence | None = None
        """What is not there among outcomes and answers: once somebody has looked for much that is not."""
        self._missed = 0
        if not begun:
            self._absent = Absence()
        self.flights: dict[bytes, asyncio.Future[None]] = {}
        """Questions that somebody is asking at this moment, by the keys of their answers."""
        self.branches: set[str] = set()
        """Those that a simulation is on."""
        self._lock = threading.Lock()
        weakref.finalize(self, self.rows.close)
        self._lock_file = lock
        self._at_last = weakref.finalize(self, _leave_quietly, self.writer, self.rows, lock)  # or when Python ends

    def put(self, rows: Iterable[Row], names: Iterable[tuple[str, bytes]] = (), *, later: bool = False) -> None:
        """These are on disk together, or not at all. A row that is there stays as it is."""
        group = Group(rows, names)
        with self._lock:  # what is put and not noted by all would be paid for twice
            if self._absent is not None:
                for key, _ in group.rows:
                    if key[:1] in LOOKED_FOR:
                        self._absent.note(key)
            self.writer.put(group, later=later)
            self._names.update(group.names)
        self.writer.ease()

    def get(self, key: bytes) -> bytes | None:
        """A row, whether or not it is on disk yet."""
        waiting = self.writer.waiting.get(key)
        return waiting if waiting is not None else self.rows.read(key)

    def find(self, key: bytes) -> bytes | None:
        """The same, of an outcome or an answer, which is often not there."""
        if self._absent is not None and self._absent.certain(key):
            return None
        found = self.get(key)
        if found is None and self._absent is None:
            self._missed += 1
            if self._missed == MANY:
                self._learn()
        return found

    def _learn(self) -> None:
        """From now on most of what is not there need not be looked for."""
        with self._lock:
            absent = Absence()
            waiting = list(self.writer.waiting)  # first, since meanwhile some go from here to the file
            for key in (*waiting, *self.rows.keys()):
                if key[:1] in LOOKED_FOR:
                    absent.note(key)
            self._absent = absent

    def need(self, key: bytes) -> bytes:
        """A row that something names."""
        found = self.get(key)
        if found is None:
            raise JournalError(f"{self.path} has lost the row {key[:1].decode()}:{key[1:].hex()}")
        return found

    def name(self, name: str) -> bytes | None:
        return self._names.get(name)

    def names(self) -> dict[str, bytes]:
        return dict(sorted(self._names.items()))

    def checkpoint(self) -> None:
        """Return when everything is on disk; the main file and its copy follow, unless people read it."""
        if self.rows.readable or self.rows.removed():  # then folding tells what has become of it
            self.writer.fold_now()
        else:
            self.writer.flush()
            self.fold_later()

    def fold_later(self) -> None:
        """Bring the main file up to date, while everything goes on."""
        self.writer.fold(_unheard)

    def enter(self, branch: str) -> None:
        """One more simulation uses it, and is on that branch."""
        with self._lock:
            self.branches.add(branch)

    def leave(self, branch: str) -> None:
        """One fewer; after the last everything is brought into the main file."""
        with self._lock:
            last = self.branches <= {branch}
        if last:
            if self.writer.wrote and not self.writer.ended:
                try:
                    self.writer.fold_now()  # if there is no room, nothing is let go of, and it can be tried again
                except JournalError:
                    if self.writer.ended or isinstance(self.writer.error, Removed):  # nothing can be tried any more
                        self.close()
                    raise
            self.close()
        with self._lock:
            self.branches.discard(branch)

    def close(self) -> None:
        """Whoever uses it."""
        if self._at_last.detach() is not None:
            _leave(self.writer, self.rows, self._lock_file)


def place_of(path: str | Path) -> Path:
    """A path as it was given, as that of a file."""
    if not isinstance(path, str | Path) or not str(path):
        raise ArgumentError(f"path must be the name of a file, not {path!r}")
    if "://" in str(path):
        raise ArgumentError(f"{path} is the address of something else: a journal is a file")
    try:
        place = Path(path).expanduser()
        place.exists()
    except (RuntimeError, ValueError, OSError) as error:  # nobody's home, a zero byte, half a surrogate pair, too long
        raise ArgumentError(f"{str(path)!r} cannot be the name of a file: {error}") from None
    return place


def open_store(path: str | Path) -> Store:
    """The journal at that path, made if there is none."""
    place = place_of(path)
    if place.is_dir():
        raise JournalError(f"{place} is a folder; give the name of a file in it")
    if not place.parent.is_dir():
        try:
            place.parent.mkdir(parents=True)
        except OSError as error:
            raise JournalError(f"cannot make the folder {place.parent}: {error.strerror}") from None
    return Store(place.resolve())


def there(path: str | Path) -> Path:
    """Where a journal is that exists."""
    place = place_of(path)
    if not place.exists() and not place.with_name(place.name + "-log").exists():
        copy = place.with_name(place.name + ".bak")
        hint = f"; {copy.name}, a copy of its last checkpoint, is there: put it in its place" if copy.exists() else ""
        raise JournalError(f"there is no journal at {path}; Simulation(path) begins one{hint}")
    if place.is_dir():
        raise JournalError(f"{place} is a folder; give the name of a file in it")
    return place.resolve()


def is_document(path: Path) -> bool:
    """Whether a journal of that name is one document."""
    return path.name.lower().removesuffix(".bak").endswith(".json")


def _rows(path: Path) -> Rows:
    if is_document(path):
        from troupe_core.simulation.journal.document import DocumentRows

        return DocumentRows(path)
    return SqliteRows(path)


def _unheard(error: Exception | None) -> None:
    """The next who waits for the file is told."""


def _leave_quietly(writer: Writer, rows: Rows, lock: Lock) -> None:
    """Of a store that nobody has closed; there is nobody who could be told but the log."""
    try:
        _leave(writer, rows, lock)
    except JournalError as error:
        log.error("%s", error)


def _leave(writer: Writer, rows: Rows, lock: Lock) -> None:
    def let_go() -> None:
        rows.stop_writing()
        lock.release()

    if writer.inside:  # the garbage collector came by in that thread, which cannot wait for itself
        writer.close_later(let_go)
        return
    try:
        try:
            if (writer.wrote or rows.unfolded()) and not writer.ended:
                writer.fold_now()
        finally:
            writer.close()
    finally:
        let_go()
