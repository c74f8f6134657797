"""What stands in a journal's file, read as its format is described, without the program that wrote it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import zstandard

_SECTIONS = {"commits": "c", "outcomes": "o", "answers": "l", "memory": "m", "parts": "b"}
_CHECKPOINT = "checkpoint/"
_LARGEST = 1 << 30


class JournalInspector:
    """Reads the file once, when it is made, and never writes to it. What a simulation has put there but not yet written
    is not seen: end it, or make a checkpoint, before.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.exists() and not _log_of(self.path).exists():
            raise FileNotFoundError(f"there is no journal at {self.path}")
        self.rows: dict[str, bytes] = {}
        """Each row's JSON, by its kind and digest: `o:6a58…`."""
        self.names: dict[str, str] = {}
        """Names of commits, and the digests of these."""
        if self.path.name.removesuffix(".bak").endswith(".json"):
            self._read_document()
        else:
            self._read_database()

    # -- what is in it ------------------------------------------------------------------------------------------------

    @property
    def branches(self) -> list[str]:
        """`main` and the names of forks."""
        return sorted(name for name in self.names if "@" not in name and not name.startswith(_CHECKPOINT))

    @property
    def checkpoints(self) -> list[str]:
        """By the names that somebody gave them."""
        return sorted(name.removeprefix(_CHECKPOINT) for name in self.names if name.startswith(_CHECKPOINT))

    @property
    def commits(self) -> list[dict[str, Any]]:
        """In the order of their numbers; those of forks among them."""
        return sorted(self._of_kind("c"), key=lambda commit: int(commit["number"]))

    @property
    def outcomes(self) -> Counter[str]:
        """How many of each kind of transaction."""
        return Counter(outcome.get("kind", "turn") for outcome in self._of_kind("o"))

    @property
    def answers(self) -> list[str]:
        """What models have said."""
        return [answer["text"] for answer in self._of_kind("l")]

    def where(self, text: str | bytes) -> list[str]:
        """The rows and names in which a text occurs, as it is or as JSON spells it, in text that is JSON itself too."""
        wanted = text if isinstance(text, bytes) else text.encode()
        if not wanted:
            raise ValueError("an empty text occurs everywhere; look for something")
        spellings = _spellings(wanted)
        places = {**self.rows, **{f"name:{name}": name.encode() for name in self.names}}
        return [place for place, raw in places.items() if any(spelling in raw for spelling in spellings)]

    def contains(self, text: str | bytes) -> bool:
        """Whether a text, such as a key that must not be there, occurs anywhere."""
        return bool(self.where(text))

    def _of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(raw) for key, raw in self.rows.items() if key[0] == kind]

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read_database(self) -> None:
        unpack = zstandard.ZstdDecompressor().decompress
        with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            for key, value in database.execute("select k, v from kv order by rowid"):
                self.rows[f"{key[:1].decode()}:{key[1:].hex()}"] = unpack(value, max_output_size=_LARGEST)
            self.names = {name: bytes(id).hex() for name, id in database.execute("select name, id from ref")}

    def _read_document(self) -> None:
        if self.path.exists() and self.path.stat().st_size:
            document = json.loads(self.path.read_bytes())
            self.names.update(document["names"])
            for section, kind in _SECTIONS.items():
                self.rows.update((f"{kind}:{key}", _spelled(value)) for key, value in document[section].items())
        log = _log_of(self.path)
        for line in log.read_bytes().splitlines(keepends=True) if log.exists() else ():
            if line.endswith(b"\n"):  # else it was cut off, and does not count
                rows, names = json.loads(line.partition(b" ")[2])
                self.rows.update((key, _spelled(value)) for key, value in rows.items())
                self.names.update(names)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-log")


def _spelled(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _spellings(text: bytes) -> set[bytes]:
    """As it is, within JSON, and within JSON within JSON; a journal's JSON has no escapes for what is not ASCII, a
    model's may.
    """
    out = {text}
    for _ in range(2):
        plain = [found.decode("utf-8", "replace") for found in out]
        out |= {orjson.dumps(found)[1:-1] for found in plain}
        out |= {json.dumps(found)[1:-1].encode() for found in plain}
    return out
