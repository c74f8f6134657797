"""Files that describe people: JSON, one document each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any
from unicodedata import category, normalize

import orjson

from troupe_core.errors import ArgumentError

LARGEST = 16 * 2**20
"""Bytes. All that describes a person stands in each of its prompts."""


def text_in(place: Path, most: int) -> str:
    """The text of a file, or an error that names the file."""
    try:
        size = place.stat().st_size
        if size > most:
            raise ArgumentError(f"{place} has {size:,} bytes, and at most {most:,} are read: is it the right file?")
        text = place.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ArgumentError(f"there is no file {place}") from None
    except OSError as error:
        raise ArgumentError(f"{place} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ArgumentError(f"{place} is not in UTF-8 (at byte {error.start:,}); save it as UTF-8") from None
    if not text.strip():
        raise ArgumentError(f"{place} is empty")
    return text


def document(path: str | os.PathLike[str]) -> Any:
    """What a JSON file holds, or an error that names the file, and the line where it breaks off."""
    place = Path(path).expanduser()
    text = text_in(place, LARGEST)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ArgumentError(f"{place}, line {error.lineno}: this is no JSON: {error.msg}") from None


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The same, if it is an object."""
    data = document(path)
    if not isinstance(data, dict):
        raise ArgumentError(f'{path} holds a {type(data).__name__}; an object is expected, as {{"persona": {{…}}}}')
    return data


def fragment_in(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """What a file with a fragment adds to a persona."""
    data = read(path)
    kind, persona = data.get("type"), data.get("persona")
    if kind != "Fragment" or not isinstance(persona, Mapping):
        found = f"its type is {kind!r}" if kind != "Fragment" else "it has no persona"
        raise ArgumentError(f'{path} is no fragment: {found}. One is {{"type": "Fragment", "persona": {{…}}}}')
    return persona


def write(path: str | os.PathLike[str], data: Mapping[str, Any]) -> None:
    """The document as a file that a person can read: all of it, or what was there before."""
    place = Path(path).expanduser()
    beside = place.with_name(f".{token_hex(4)}.new")
    try:
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
