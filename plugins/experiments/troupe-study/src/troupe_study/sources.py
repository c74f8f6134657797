"""Files that hold a study: TOML as the settings have it, and JSON, whose keys have lines too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from troupe_core import ConfigError
from troupe_core.config import Source, read, text_of

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
LARGEST = 4_000_000
"""Bytes: what is larger is no study, but data, or something else."""
Lines = dict[tuple[str, ...], int]


def source_of(path: Path) -> Source:
    """A study's file, read."""
    suffix = path.suffix.lower()
    if suffix not in (".toml", ".json"):
        raise ConfigError(f"{path}: a study is a file that ends in .toml or .json; troupe init writes one")
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path} is {'a folder' if path.is_dir() else 'no file'}; a study is a file")
    if path.is_file() and path.stat().st_size > LARGEST:
        size = f"{path.stat().st_size / 1_000_000:,.1f} MB"
        raise ConfigError(
            f"{path} is of {size}, too large for a study; put people into files of their own, such as csv"
        )
    return read(path) if suffix == ".toml" else JsonSource.read(path)


class JsonSource(Source):
    """A JSON file."""

    def __init__(self, path: Path, text: str, data: dict[str, Any]) -> None:
        super().__init__(data, str(path), path.parent)
        self._text = text

    @classmethod
    def read(cls, path: Path) -> JsonSource:
        text = text_of(path)
        try:
            data = json.loads(text, object_pairs_hook=_once)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{path}:{error.lineno}: this is no JSON: {error.msg}") from None
        except RecursionError:
            raise ConfigError(f"{path}: this is nested too deeply to be a study") from None
        except ValueError as error:
            raise ConfigError(f"{path} cannot be read: {error}") from None
        if not isinstance(data, dict):
            raise ConfigError(f"{path}: a study is an object, not a {type(data).__name__}")
        return cls(path, text, data)

    @cached_property
    def _lines(self) -> Lines:
        return dict(_lines(self._text))

    def place(self, path: Sequence[str]) -> str:
        found = (self._lines.get(tuple(path[:length])) for length in range(len(path), 0, -1))
        line = next((line for line in found if line is not None), None)
        return self.name if line is None else f"{self.name}:{line}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return made


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The line of each key, and of each item of a list, in a text that is valid JSON."""
    within: list[str | int] = []
    key: str | None = None
    line, seen = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen, word = token.start(), token[0]
        is_value = word not in ("}", "]", ",", ":")
        if is_value and within and isinstance(within[-1], int):
            yield tuple(map(str, within)), line
        elif is_value and within and key is None:
            key = json.loads(word)
            yield (*map(str, within[:-1]), key), line
            within[-1] = key
        if word in ("{", "["):
            within.append("" if word == "{" else 0)
            key = None
        elif word in ("}", "]"):
            within.pop()
            key = str(within[-1]) if within and isinstance(within[-1], str) else None
        elif word == "," and within:
            top = within[-1]
            within[-1] = top + 1 if isinstance(top, int) else ""
            key = None
