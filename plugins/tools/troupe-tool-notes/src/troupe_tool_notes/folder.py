"""One folder of Markdown files. A title names a file in it, whatever the title is; nothing outside is ever touched."""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

LONGEST = 180
"""Bytes of a file's name; systems allow 255."""
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that some systems keep for themselves."""


class NotWritable(Exception):
    """What was asked for cannot be done, and nothing has happened."""


class Folder:
    """Files are replaced as a whole, so that whoever looks finds an entry whole or not at all."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser().absolute()
        self._lock = threading.Lock()

    def add(self, title: str, text: str, signed: str, key: str) -> str:
        """Put an entry below what stands under the title, unless the one with this key is there: a thread that was
        begun for a call that was cancelled goes on, and may come before or after the call that takes its place.
        """
        file = self._file(title)
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with self._alone():
                before = self._text(file)
                if _has(before, key):
                    return _written(title)
                head = before if before is not None else f"# {' '.join(title.split())}\n"
                _replace(file, f"{head}\n{_mark(key)}\n*{' '.join(signed.split())}*\n\n{text.strip()}\n")
        except OSError as error:
            raise NotWritable(f"the note {title!r} cannot be written: {error.strerror or error}") from None
        return _written(title)

    def read(self, title: str) -> str:
        """What stands under a title, without the marks."""
        text = self._text(self._file(title))
        if text is None:
            raise NotWritable(f"there is no note {title!r}")
        return "\n".join(line for line in text.splitlines() if not line.startswith(_MARK))

    def titles(self) -> list[str]:
        """In alphabetical order."""
        found = sorted(self._path.glob("*.md")) if self._path.is_dir() else []
        return [text.partition("\n")[0].removeprefix("# ") for file in found if (text := self._text(file)) is not None]

    def written(self, title: str, key: str) -> str | None:
        """What writing came to, if the entry is there."""
        file = self._file(title)
        if not self._path.is_dir():
            return None
        try:
            with self._alone():  # somebody may be writing it
                return _written(title) if _has(self._text(file), key) else None
        except OSError as error:
            raise NotWritable(f"the notes cannot be looked at: {error.strerror or error}") from None

    def _text(self, file: Path) -> str | None:
        """None if there is none. A link may lead anywhere, and is not followed."""
        if file.is_symlink():
            raise NotWritable(f"{file.name} is a link, and not followed")
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise NotWritable(f"{file.name} cannot be read: {type(error).__name__}") from None

    def _file(self, title: str) -> Path:
        return self._path / f"{file_name(title)}.md"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Also among processes, where the system can."""
        with self._lock, (self._path / ".lock").open("a") as held:
            try:
                import fcntl

                fcntl.flock(held, fcntl.LOCK_EX)
            except ImportError:
                pass
            yield


def file_name(title: str) -> str:
    """One part of a path, in any script. Capitals make no difference, as on many disks; whatever else had to be altered
    is made up for by a digest, so that two titles never share a file.
    """
    plain = unicodedata.normalize("NFC", " ".join(title.split()).casefold())
    if not plain:
        raise NotWritable("a note needs a title")
    kept = "".join(each if each.isalnum() or each in " -_" else "-" for each in plain).strip(" -")
    kept = kept.encode("utf-8", "ignore")[:LONGEST].decode("utf-8", "ignore").strip(" -")
    if kept == plain and kept not in RESERVED:
        return kept
    digest = blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{kept} {digest}" if kept else digest


_MARK = "<!-- troupe:"


def _mark(key: str) -> str:
    return f"{_MARK}{key} -->"


def _has(text: str | None, key: str) -> bool:
    return text is not None and _mark(key) in text.splitlines()


def _written(title: str) -> str:
    return f"It stands in your notes, under {' '.join(title.split())!r}."


def _replace(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}-new")
    with temporary.open("w", encoding="utf-8", newline="\n") as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    temporary.replace(file)
