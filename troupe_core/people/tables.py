"""People as rows: of CSV, whose first row names the columns, and of JSON Lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from troupe_core.errors import ArgumentError
from troupe_core.people.files import LARGEST, text_in

if TYPE_CHECKING:
    from troupe_core.people.loading import Found

DELIMITERS = ",;\t|"
LIST, BETWEEN = "[]", ";"
"""The end of a column's name that says that its cells are lists, and what stands between the items."""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def rows_of_jsonl(path: Path, name_column: str) -> list[tuple[str, Found]]:
    """What each line says of somebody, and where it is."""
    lines = enumerate(text_in(path, LARGEST).split("\n"), 1)
    return [(f"{path}, line {number}", _object(line, name_column)) for number, line in lines if line.strip()]


def _object(line: str, name_column: str) -> Found:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return ArgumentError(f"this is no JSON: {error.msg}")
    if not isinstance(found, dict):
        return ArgumentError(f"this is a {type(found).__name__}; an object is expected in each line")
    if "persona" in found:
        return found
    name = found.pop(name_column, None)
    return {**found, "name": name}


def rows_of_csv(path: Path, name_column: str, delimiter: str | None) -> list[tuple[str, Found]]:
    """The same of each row that is not empty."""
    text = text_in(path, LARGEST)
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise ArgumentError(f"delimiter is one character, not {delimiter!r}")
    lines = _lines(path, text, delimiter or _delimiter_of(text))
    header = next((row for _, row in lines if any(row)), None)
    if header is None:
        raise ArgumentError(f"{path} is empty: nothing stands in its cells")
    columns = _columns(path, header, name_column)
    rows = [(number, row) for number, row in lines if any(row)]
    if not rows:
        raise ArgumentError(f"{path} has nobody in it: there is no row beneath the one that names the columns")
    for column in columns:
        texts = (text for _, row in rows for text in column.texts(row))
        column.numeric = column.path != NAME and all(map(_is_number, texts))
    return [(f"{path}, line {number}", _persona(columns, row)) for number, row in rows]


def _delimiter_of(text: str) -> str:
    """The one that makes most columns of the first line."""
    first = next(line for line in text.splitlines() if line.strip())[: csv.field_size_limit()]
    return max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each))))


def _lines(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows, each with the number of the line in which it begins."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for row in reader:
            yield begin, [cell.strip() for cell in row]
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ArgumentError(f"{path}, line {begin}: this is no row of CSV: {error}") from None


# -- columns ---------------------------------------------------------------------------------------------------------

NAME = ("name",)


@attrs.define
class Column:
    """Where the cells of a column belong, and how they are read."""

    place: int
    title: str
    path: tuple[str, ...]
    several: bool
    numeric: bool = False

    def texts(self, row: Sequence[str]) -> list[str]:
        """What stands in a row's cell: a text, several, or nothing."""
        cell = row[self.place] if self.place < len(row) else ""
        found = [item.strip() for item in cell.split(BETWEEN)] if self.several else [cell]
        return [text for text in found if text]


def _columns(path: Path, header: Sequence[str], name_column: str) -> list[Column]:
    if name_column not in header:
        raise ArgumentError(
            f"{path} has no column {name_column!r}, which would name people; its columns are "
            f"{', '.join(map(repr, header))}. name_column=… names another one"
        )
    columns: list[Column] = []
    for place, title in enumerate(header):
        several = title.endswith(LIST)
        keys = NAME if title == name_column else tuple(title.removesuffix(LIST).split("."))
        if title and not all(keys):
            raise ArgumentError(f"{path}: the column {title!r} is no dotted key, such as occupation.title")
        for other in columns:
            if title and other.title and keys[: len(other.path)] == other.path[: len(keys)]:
                raise ArgumentError(f"{path}: the columns {other.title!r} and {title!r} are about the same")
        columns.append(Column(place, title, keys, several))
    return columns


def _persona(columns: Sequence[Column], row: Sequence[str]) -> Found:
    if len(row) != len(columns):
        return ArgumentError(f"there are {len(row)} cells, and {len(columns)} columns")
    persona: dict[str, Any] = {}
    for column in columns:
        texts = column.texts(row)
        if texts and not column.title:
            return ArgumentError(f"{texts[0]!r} stands in column {column.place + 1}, which has no name")
        if texts:
            values = [_number(text) for text in texts] if column.numeric else texts
            table = persona
            for key in column.path[:-1]:
                table = table.setdefault(key, {})
            table[column.path[-1]] = values if column.several else values[0]
    return persona if "name" in persona else ArgumentError("it names nobody")


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and isfinite(float(text))


def _number(text: str) -> int | float:
    return int(text) if text.removeprefix("-").isdigit() else float(text)
