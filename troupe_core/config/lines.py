"""On which line of a TOML file a setting stands, without a parser of our own: the file is cut between its statements,
and the shortest beginning of it that has the setting ends with its line. Only a mistake pays for that.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

DEEPEST = 4
"""So many brackets that are still open are closed, to look into a value that goes on for several lines."""
CLOSINGS = [
    quotes + "".join(brackets)
    for quotes in ("", '"""', "'''")
    for depth in range(DEEPEST + 1)
    for brackets in product("]}", repeat=depth)
]


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The line, from 1 on, on which a setting begins. In lists, a step of the path is the number of an item."""
    lines = text.replace("\r\n", "\n").split("\n")
    ends = [0, *_ends(lines)]
    found = bisect_left(ends, True, key=lambda end: _has(_parsed(lines[:end]), path))
    if not 0 < found < len(ends):
        return None
    begin, end = ends[found - 1], ends[found]
    within = range(begin + 1, end)  # a value that goes on for several lines
    return next((line for line in within if _has(_closed(lines, begin, line), path)), end)


def _ends(lines: Sequence[str]) -> Iterator[int]:
    """After how many lines a statement is complete."""
    begun = 0
    for end in range(1, len(lines) + 1):
        if _parsed(lines[begun:end]) is not None:
            yield end
            begun = end


def _closed(lines: Sequence[str], begin: int, end: int) -> Any:
    """What a beginning would be if the statement that it is in the middle of ended here."""
    for closing in CLOSINGS:
        if _parsed([*lines[begin:end], closing]) is not None:
            return _parsed([*lines[:end], closing])
    return None


def _parsed(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def _has(tree: Any, path: Sequence[str]) -> bool:
    for key in path:
        if isinstance(tree, list) and key.isdecimal() and int(key) < len(tree):
            tree = tree[int(key)]
        elif isinstance(tree, dict) and key in tree:
            tree = tree[key]
        else:
            return False
    return True
