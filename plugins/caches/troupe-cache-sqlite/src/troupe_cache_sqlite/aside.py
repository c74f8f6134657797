"""A cache that is damaged makes way for a new one, and is kept: what was paid for may still be in it."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

APPLICATION = 0x54525043
"""Stands in the head of each such file."""
_PLACE = 68

BESIDE = ("", "-wal", "-shm")
"""The file, and what SQLite has beside it."""

log = logging.getLogger("troupe.cache")


def code_of(error: Exception) -> int:
    """The kind of error, without what SQLite adds to it in higher bits."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_corrupt(error: Exception) -> bool:
    """Whether what is in the file makes no sense."""
    return code_of(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_ours(path: Path) -> bool:
    """Whether it bears our name where it can be read, damaged or not: nobody else's file is touched."""
    try:
        with path.open("rb") as file:
            head = file.read(_PLACE + 4)
    except OSError:
        return False
    return head[_PLACE:] == APPLICATION.to_bytes(4, "big")


def set_aside(path: Path, error: Exception) -> Path:
    """Move it away; where to."""
    aside = free_name(path)
    for end in BESIDE:
        beside = Path(f"{path}{end}")
        if beside.exists():
            beside.rename(f"{aside}{end}")
    log.warning(
        "the cache at %s is damaged (%s). It was set aside as %s, and a new one is begun; `troupe cache export` reads "
        "what can still be read of it.",
        path, error, aside,
    )  # fmt: skip
    return aside


def free_name(path: Path) -> Path:
    """Beside it, where nothing is yet."""
    number = 1
    while (made := Path(f"{path}.damaged{'' if number == 1 else f'-{number}'}")).exists():
        number += 1
    return made
