"""The folder of a study: nothing that stands in it is lost.

What a run has to write and stands there already is left alone; where it differs, the older file moves to `earlier/1`,
`earlier/2`, …, and so does what an older run has left and this one has not. What a run leaves that was stopped lies in
`unfinished`, until one is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson

from troupe_core import ArgumentError
from troupe_study.results import RUNS, UNFINISHED

EARLIER = "earlier"
_OURS = re.compile(r"plots/\w+\.svg|(?:README|answers|findings|study|transcript)\.\w+")


def check_folder(folder: Path) -> None:
    """That it is a study's, or can become one."""
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"{folder} is no folder; name one that is empty, or not there yet")
    if folder.is_dir() and not (folder / RUNS).exists() and any(folder.iterdir()):
        raise ArgumentError(
            f"{folder} has other things in it, and no results of a study: nothing was written there. "
            "Name a folder that is empty, or not there yet"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RUNS).touch()
    except OSError as error:
        raise ArgumentError(f"{folder} cannot be written to: {error.strerror or error}") from None


def settle(folder: Path, files: Mapping[str, bytes], *, finished: bool) -> list[str]:
    """Write them; the names of older ones that have moved, as they are called now."""
    aside = folder / UNFINISHED
    if not finished:
        for name, content in files.items():
            _put(aside / name, content)
        return []
    moved = []
    place = _free(folder / EARLIER)
    for name in dict.fromkeys([*files, *_written_before(folder)]):
        path = folder / name
        if path.is_file() and path.read_bytes() != files.get(name):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            path.rename(place / name)
            moved.append((place / name).relative_to(folder).as_posix())
    for name, content in files.items():
        if not (folder / name).exists():
            _put(folder / name, content)
    for path in sorted(aside.rglob("*"), reverse=True) if aside.is_dir() else ():
        path.unlink() if path.is_file() else path.rmdir()
    with suppress(OSError):
        aside.rmdir()
    return moved


def log_run(folder: Path, line: Mapping[str, Any]) -> None:
    """Note that there was a run, and what it took: a whole line, or none."""
    with (folder / RUNS).open("ab", buffering=0) as file:
        end, content = file.tell(), orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        try:
            written = file.write(content)
            if written < len(content):
                file.write(content[written:])  # says why it has not been written
        except OSError:
            file.truncate(end)
            raise


def _written_before(folder: Path) -> list[str]:
    """The names of what runs have left here. A stranger's folder may name what is none of them."""
    names: dict[str, None] = {}
    for line in (folder / RUNS).read_bytes().splitlines():
        with suppress(orjson.JSONDecodeError, AttributeError, TypeError):
            names |= dict.fromkeys(name for name in orjson.loads(line).get("files", ()) if _OURS.fullmatch(name))
    return list(names)


def _put(path: Path, content: bytes) -> None:
    """As a whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _free(place: Path) -> Path:
    number = 1
    while (place / str(number)).exists():
        number += 1
    return place / str(number)
