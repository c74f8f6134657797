"""Files that describe people: where they are, what they hold, and who they are about."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from stat import S_ISREG
from typing import Any
from unicodedata import category, normalize

import orjson

from troupe_core.errors import ArgumentError

LARGEST = 16 * 2**20
"""Bytes. All that describes a person stands in each of its prompts."""
PACKED = b"PK\3\4"
"""The first bytes of workbooks, of documents with a layout and of archives."""


def place_of(path: Any, argument: str) -> Path:
    """Where a path leads that was given as this argument, or an error that says why it leads nowhere."""
    spelled = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(spelled, str) or not spelled:
        raise ArgumentError(f"{argument} must name a file or folder, not {path!r}")
    try:
        if "\0" in spelled:
            raise ArgumentError(f"{argument} is {spelled!r}; no file has a zero in its name")
        os.fsencode(spelled)
        return Path(spelled).expanduser()
    except UnicodeEncodeError:
        raise ArgumentError(f"{argument} is {spelled!r}, of which no file system makes a name") from None
    except RuntimeError:  # of expanduser
        raise ArgumentError(f"{argument} is {spelled!r}, and nobody's home folder is known under that name") from None


def entries_in(folder: Path) -> list[Path]:
    """What lies in a folder, by name; what is hidden is left out."""
    try:
        return sorted(place for place in folder.iterdir() if not place.name.startswith("."))
    except FileNotFoundError:
        raise ArgumentError(f"there is no folder {folder}") from None
    except NotADirectoryError:
        raise ArgumentError(f"{folder} is no folder") from None
    except OSError as error:
        raise ArgumentError(f"{folder} cannot be read: {error.strerror or error}") from None


def is_inside(place: Path, root: Path) -> bool:
    """Whether a place is in a folder, wherever links lead. One that leads round in a ring leads nowhere else."""
    try:
        return place.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return True


def check_inside(place: Path, root: Path) -> None:
    """Who reads a folder reads what is in it, and not what a link in it leads to elsewhere."""
    if place.is_symlink() and not is_inside(place, root):
        raise ArgumentError(f"{place} is a link that leads out of {root}; put a copy there, or take it away")


def text_in(place: Path, most: int) -> str:
    """The text of a file, or an error that names the file."""
    try:
        found = place.stat()
        if not S_ISREG(found.st_mode):  # reading a pipe would wait for whoever writes into it
            raise ArgumentError(f"{place} is no file")
        size = found.st_size
        if size > most:
            raise ArgumentError(f"{place} has {size:,} bytes, and at most {most:,} are read: is it the right file?")
        content = place.read_bytes()
        if content.startswith(PACKED):
            raise ArgumentError(
                f"{place} is a workbook or another packed file, whatever its name says: save a workbook as "
                '"CSV UTF-8", anything else as plain text'
            )
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ArgumentError(f"there is no file {place}") from None
    except OSError as error:
        raise ArgumentError(f"{place} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ArgumentError(f"{place} is not in UTF-8 (at byte {error.start:,}); save it as UTF-8") from None
    if not text.strip():
        raise ArgumentError(f"{place} is empty")
    return text


def document(path: str | os.PathLike[str], argument: str = "path") -> Any:
    """What a JSON file holds, or an error that names the file, and the line where it breaks off."""
    place = place_of(path, argument)
    text = text_in(place, LARGEST)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ArgumentError(f"{place}, line {error.lineno}: this is no JSON: {error.msg}") from None


def read(path: str | os.PathLike[str], argument: str = "path") -> dict[str, Any]:
    """The same, if it is an object."""
    data = document(path, argument)
    if not isinstance(data, dict):
        raise ArgumentError(f'{path} holds a {type(data).__name__}; an object is expected, as {{"persona": {{…}}}}')
    return data


def fragment_in(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """What a file with a fragment adds to a persona."""
    data = read(path, "fragment")
    kind, persona = data.get("type"), data.get("persona")
    if kind != "Fragment" or not isinstance(persona, Mapping):
        found = f"its type is {kind!r}" if kind != "Fragment" else "it has no persona"
        raise ArgumentError(f'{path} is no fragment: {found}. One is {{"type": "Fragment", "persona": {{…}}}}')
    return persona


def write(path: str | os.PathLike[str], data: Mapping[str, Any]) -> None:
    """The document as a file that a person can read: all of it, or what was there before."""
    place = place_of(path, "path")
    beside = place.parent / f".{token_hex(4)}.new"
    try:
        if place.exists() and not place.is_file():  # a folder; or a device, which is not to be replaced
            raise ArgumentError(f"{place} cannot be written: it is no file")
        beside.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        beside.replace(place)
    except TypeError as error:
        raise ArgumentError(f"{place} cannot be written: {error}") from None
    except OSError as error:
        raise ArgumentError(f"{place} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            beside.unlink()


def is_of_somebody_else(path: Path, name: str) -> bool:
    """Whether there is a file that is about somebody of another name, or about nobody at all."""
    if not path.exists():
        return False
    try:
        data = read(path)
    except ArgumentError:
        return True
    persona = data.get("persona", data)
    return not isinstance(persona, Mapping) or persona.get("name") != name


LONGEST_NAME = 100
"""Bytes of a file's name without its ending; file systems take about twice as many."""


def file_name(name: str) -> str:
    """Somebody's name as part of a file's: small letters, Latin ones without accents, those of other scripts as they
    are.
    """
    letters = [""]
    for letter in normalize("NFKD", name.casefold()):
        if not category(letter).startswith("M"):
            letters.append(letter if letter.isalnum() else "_")
        elif not letters[-1].isascii():
            letters.append(letter)
    joined = re.sub("_+", "_", normalize("NFC", "".join(letters))).strip("_")
    return joined.encode()[:LONGEST_NAME].decode(errors="ignore") or "_"
