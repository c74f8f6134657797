"""Where rows last, as one readable JSON document: rewritten as a whole at each checkpoint, with a log beside it to
which everything is appended meanwhile. Good for small studies, for reading, and for keeping under version control.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import msgspec

from troupe_core.errors import JournalError
from troupe_core.simulation.journal.codec import decode, encode
from troupe_core.simulation.journal.kinds import ANSWER, COMMIT, EFFECT, INTENT, MEMORY, OUTCOME, PART
from troupe_core.simulation.journal.rows import FORMAT, Group

SECTIONS = {
    "commits": COMMIT,
    "outcomes": OUTCOME,
    "answers": ANSWER,
    "intents": INTENT,
    "effects": EFFECT,
    "memory": MEMORY,
    "parts": PART,
}
"""Which kinds of rows stand where, the most telling first."""
RARE = (INTENT, EFFECT)
"""Sections that are left out where they are empty."""

LARGE = 50_000_000

log = logging.getLogger("troupe")

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_line = msgspec.json.Decoder(tuple[dict[str, msgspec.Raw], dict[str, str]])


def _members(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The values of an object as they are spelled. Half a surrogate pair in one of them needs the slower reader."""
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError:
        return {name: msgspec.Raw(encode(value)) for name, value in json.loads(bytes(raw)).items()}


def _line_of(body: bytes) -> tuple[dict[str, msgspec.Raw], dict[str, str]]:
    """The same for a line of the log: rows, and names."""
    try:
        return _line.decode(body)
    except msgspec.DecodeError:
        rows, names = json.loads(body)
        return {key: msgspec.Raw(encode(value)) for key, value in rows.items()}, names


class DocumentRows:
    """All rows are in memory; the files are for when the process is gone."""

    readable = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log_path = path.with_name(path.name + "-log")
        self._rows: dict[bytes, bytes] = {}
        self._names: dict[str, bytes] = {}
        self._warned = False
        self._log: int | None = None
        try:
            self._read_document()
            self.open_log(self._read_log())
        except OSError as error:
            raise JournalError(f"cannot open the journal {path}: {error}") from error

    def open_log(self, size: int) -> None:
        """To write on behind what is whole of it."""
        self._log = os.open(self._log_path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        os.ftruncate(self._log, size)  # a last line that was cut off by a crash
        os.lseek(self._log, 0, os.SEEK_END)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read_document(self) -> None:
        if not self.path.exists() or not self.path.stat().st_size:
            return
        try:
            document = _members(self.path.read_bytes())
            head = decode(bytes(document["troupe"]))
            if head["format"] != FORMAT:
                raise JournalError(
                    f"{self.path} has format {head['format']}, and this version of Troupe reads format {FORMAT}; use "
                    "the version that wrote it, or choose another path"
                )
            self._names = {name: bytes.fromhex(id) for name, id in decode(bytes(document["names"])).items()}
            for section, kind in SECTIONS.items():
                for key, raw in _members(
                    document[section] if kind not in RARE else document.get(section, b"{}")
                ).items():
                    self._rows[kind + bytes.fromhex(key)] = bytes(raw)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise JournalError(
                f"{self.path} is no journal, or is damaged ({type(error).__name__}: {error}); choose another path, or "
                f"put back {self.path.name}.bak, the copy of its last checkpoint"
            ) from error

    def _read_log(self) -> int:
        """Take in what came after the last checkpoint; the length of what is whole."""
        if not self._log_path.exists():
            return 0
        whole = 0
        lines = self._log_path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, 1):
            check, _, body = line.partition(b" ")
            if number == len(lines) or check != b"%08x" % crc32(body):
                if number < len(lines) - 1:
                    raise JournalError(
                        f"{self._log_path} is damaged at line {number}; remove it to go on from the checkpoint in "
                        f"{self.path.name}"
                    )
                break
            rows, names = _line_of(body)
            self._rows.update((key.encode()[:1] + bytes.fromhex(key[2:]), bytes(raw)) for key, raw in rows.items())
            self._names.update((name, bytes.fromhex(id)) for name, id in names.items())
            whole += len(line) + 1
        return whole

    def read(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def names(self) -> dict[str, bytes]:
        return dict(self._names)

    def keys(self, *, in_order: bool = False) -> Iterator[bytes]:
        return iter(list(self._rows))

    def answers_after(self, key: bytes) -> list[bytes]:
        """All: in the document they do not stand in the order in which they came."""
        return [raw for each, raw in list(self._rows.items()) if each[:1] == ANSWER]

    def begun(self) -> bool:
        return bool(self._rows)

    def unfolded(self) -> bool:
        return self._log is not None and os.fstat(self._log).st_size > 0

    def removed(self) -> bool:
        """All rows are in memory, and it is written anew, as a whole."""
        return False

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(self, groups: list[Group]) -> None:
        if self._log is None:
            raise JournalError(f"{self.path} is closed for writing")
        rows: dict[bytes, bytes] = {}
        for group in groups:
            for key, value in group.rows:
                if key not in self._rows:
                    rows.setdefault(key, value)
        names = {name: id for group in groups for name, id in group.names}
        if not rows and all(self._names.get(name) == id for name, id in names.items()):
            return
        spelled = b",".join(b'"%b:%b":%b' % (k[:1], k[1:].hex().encode(), v) for k, v in rows.items())
        body = b"[{%b},%b]" % (spelled, encode({name: id.hex() for name, id in names.items()}))
        before = os.lseek(self._log, 0, os.SEEK_END)
        try:
            _write_all(self._log, b"%08x %b\n" % (crc32(body), body))
        except BaseException:
            os.ftruncate(self._log, before)
            raise
        self._rows.update(rows)
        self._names.update(names)

    def fold(self) -> None:
        if self._log is None:
            return
        whole = self._document()
        if len(whole) > LARGE and not self._warned:
            self._warned = True
            log.warning(
                "%s has %d MB, and is written anew at each checkpoint; a path that does not end in .json keeps a "
                "journal of any size",
                self.path,
                len(whole) // 1_000_000,
            )
        temporary = self.path.with_name(self.path.name + "-new")
        try:
            with temporary.open("wb") as file:
                file.write(whole)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            shutil.copyfile(self.path, temporary)
            temporary.replace(self.path.with_name(self.path.name + ".bak"))
        finally:
            temporary.unlink(missing_ok=True)
        os.ftruncate(self._log, 0)
        os.lseek(self._log, 0, os.SEEK_SET)

    def _document(self) -> bytes:
        """A line for each row."""
        sections: dict[bytes, list[bytes]] = {kind: [] for kind in SECTIONS.values()}
        for key, value in self._rows.items():
            sections[key[:1]].append(b'"%b": %b' % (key[1:].hex().encode(), value))
        parts = [
            b'"troupe": {"format": %d}' % FORMAT,
            b'"names": %b' % encode({name: id.hex() for name, id in self._names.items()}),
            *(
                b'"%b": {\n%b\n}' % (name.encode(), b",\n".join(sections[kind]))
                for name, kind in SECTIONS.items()
                if sections[kind] or kind not in RARE
            ),
        ]
        return b"{\n%b\n}\n" % b",\n".join(parts)

    def stop_writing(self) -> None:
        if self._log is not None:
            folded = os.fstat(self._log).st_size == 0
            os.close(self._log)
            self._log = None
            if folded:
                self._log_path.unlink(missing_ok=True)

    def close(self) -> None:
        self.stop_writing()


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
