"""A study from a file, or an error with every mistake in it: where it stands, its key, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import attrs

from troupe_core import ConfigError
from troupe_core.config import structured
from troupe_study.mistakes import mistakes
from troupe_study.sources import source_of
from troupe_study.study import Design, Study

_PLACE = re.compile(r".*?\.(?:toml|json):(\d+): ")
"""The beginning of a message: a file, and a line."""


def read_study(path: Path) -> Study:
    """The study in a file."""
    source = source_of(path.absolute())
    return _study(source.data, source.place, path.absolute().parent, path.absolute())


def study_of(data: Mapping[str, Any], folder: Path) -> Study:
    """The study that such data means."""
    return _study(data, lambda _: "the study", folder, None)


def _study(data: Mapping[str, Any], place: Callable[[Sequence[str]], str], folder: Path, file: Path | None) -> Study:
    said, told = _without_dates(data), []
    design: Design | None = None
    try:
        design = structured(Design, said, place)
    except ConfigError as error:
        told += str(error).split("\n")
    told += [f"{place(path)}: {'.'.join(path)}: {what}" for path, what in mistakes(said, folder)]
    if design is None or told:
        raise ConfigError("\n".join(sorted(dict.fromkeys(told), key=_line)))
    fields = {field.name: getattr(design, field.name) for field in attrs.fields(Design)}
    return Study(**fields, folder=folder, file=file, place=place)


def _line(told: str) -> int:
    found = _PLACE.match(told)
    return int(found[1]) if found else 0


def _without_dates(value: Any) -> Any:
    """TOML knows dates; wherever one can stand in a study, it is text. Keys are text too, whoever has made them."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _without_dates(each) for key, each in value.items()}
    return [_without_dates(each) for each in value] if isinstance(value, list | tuple) else value
