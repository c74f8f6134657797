"""A study from a file, or an error with every mistake in it: where it stands, its key, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import attrs

from troupe_core import Config, ConfigError
from troupe_core.config import structured
from troupe_study.mistakes import mistakes
from troupe_study.sources import source_of
from troupe_study.study import Design, Study

_PLACE = re.compile(r".*?\.(?:toml|json):(\d+): ")
"""The beginning of a message: a file, and a line."""
_SEVERAL = ("people", "stimulus", "ask")


def read_study(path: Path) -> Study:
    """The study in a file."""
    source = source_of(path.absolute())
    return _study(source.data, source.place, path.absolute().parent, path.absolute())


def study_of(data: Mapping[str, Any], folder: Path) -> Study:
    """The study that such data means."""
    return _study(data, lambda _: "the study", folder, None)


def _study(data: Mapping[str, Any], place: Callable[[Sequence[str]], str], folder: Path, file: Path | None) -> Study:
    elsewhere = [field.name for field in attrs.fields(Config) if field.name not in attrs.fields_dict(Design)]
    said = {key: value for key, value in _without_dates(data).items() if key not in elsewhere}
    told = [f"{place((key,))}: {_of_settings(key, data[key])}" for key in elsewhere if key in data]
    for key in _SEVERAL:
        if isinstance(said.get(key), Mapping):
            told.append(
                f"{place((key,))}: {key}: is a list of tables: write [[{key}]], with two brackets; in JSON, a list"
            )
            said[key] = [said[key]]
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


def _of_settings(key: str, value: Any) -> str:
    """What to say of a setting in a study. They could name code to run, and servers that keys are sent to: whoever runs
    a study that somebody else has written must not take them over with it.
    """
    tables = [f"{key}.{name}" for name in value] if key == "settings" and isinstance(value, Mapping) else []
    here = ", ".join(f"[{table}]" for table in tables) or key
    return (
        f"{', '.join(tables) or key}: is a matter of whoever runs the study, and stands in no study: write {here} into "
        "troupe.toml, in the folder in which you run it"
    )


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
