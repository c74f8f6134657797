"""A journal that is only looked at: nobody is kept out of it, nothing is written, and nobody is asked anything."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from troupe_core.errors import JournalError, ModelUnavailable
from troupe_core.simulation.journal.answers import read
from troupe_core.simulation.journal.document import DocumentRows
from troupe_core.simulation.journal.kinds import ANSWER
from troupe_core.simulation.journal.rows import Row, Rows, SqliteRows, connect
from troupe_core.simulation.journal.store import Store, is_document, there

if TYPE_CHECKING:
    from troupe_core.llm.asking import Ask
    from troupe_core.llm.response import LLMResponse


class ViewedStore(Store):
    """A journal's file as it is now, and as a run that writes it at this moment has left it."""

    writable = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: Rows = ViewedDocument(path) if is_document(path) else ViewedRows(path)
        self._names = self.rows.names()
        self.flights = {}
        self.branches = set()
        self._lock = threading.Lock()
        weakref.finalize(self, self.rows.close)

    def put(self, rows: Iterable[Row], names: Iterable[tuple[str, bytes]] = (), *, later: bool = False) -> None:
        raise JournalError(f"{self.path} is only looked at, and nothing is written there; resume it to go on")

    def get(self, key: bytes) -> bytes | None:
        return self.rows.read(key)

    find = get

    def leave(self, branch: str) -> None:
        self.branches.discard(branch)

    def close(self) -> None:
        self.rows.close()


class ViewedRows(SqliteRows):
    """One connection, which reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unpacker = zstandard.ZstdDecompressor()
        self._reads = threading.Lock()
        self._sound = True
        self._writing = None
        beside = path.with_name(path.name + "-wal")
        # What is beside it can only be read where SQLite may share its index of it. Without, there is no need to share.
        how = "mode=ro" if beside.exists() and beside.stat().st_size else "immutable=1"
        try:
            self._reading = connect(f"{path.as_uri()}?{how}", uri=True)
            self.check_format(self._reading)
        except sqlite3.Error as error:
            if "not a database" in str(error):
                raise JournalError(f"{path} is no journal ({error}); choose another path") from error
            hint = f"; what is in {beside.name} needs a folder that can be written to" if how == "mode=ro" else ""
            raise JournalError(f"cannot open the journal {path} ({error}){hint}") from error


class ViewedDocument(DocumentRows):
    """The document, and the log beside it, as far as that is whole."""

    def open_log(self, size: int) -> None:
        """Nobody writes."""


class AnswersOnRecord:
    """Those of the journal, and no others. Whoever looks at them saves nothing."""

    source = ""

    def __init__(self, store: Store) -> None:
        self._store = store

    def knows(self, owner: str, key: bytes) -> bool:
        return self._store.find(ANSWER + key) is not None

    def find(self, owner: str, key: bytes) -> LLMResponse | None:
        raw = self._store.find(ANSWER + key)
        return None if raw is None else read(raw)

    async def obtain(self, owner: str, key: bytes, ask: Ask) -> LLMResponse:
        """As if the model had failed, so that the next candidate is looked for."""
        raise ModelUnavailable(f"asks something that is not recorded (answer {key.hex()})")

    def settle(self, owner: str) -> None:
        """Nothing is kept."""


def viewed(path: str | Path) -> ViewedStore:
    """A journal that is there, to be looked at."""
    return ViewedStore(there(path))
