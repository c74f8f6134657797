"""Which line a setting stands on, however the file is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core.config.lines import line_of

FILE = '''\
# How the study is run.
model = "openai/gpt-5-mini"
[budget]
calls = 3

[settings."with a space"]
list = [
  1,  # one
  { x = 1, y = [
    2,
    """three
    and more""",
  ] },
]
text = """
not = "a setting"
"""
a.b.'c d' = 1
[[settings.pool.servers]]
port = 1
[[settings.pool.servers]]

port = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("model", 2),
        ("budget", 3),
        ("budget calls", 4),
        ("settings", 6),
        ("settings|with a space|list", 7),
        ("settings|with a space|list|0", 8),
        ("settings|with a space|list|1", 9),
        ("settings|with a space|list|1|x", 9),
        ("settings|with a space|list|1|y|0", 10),
        ("settings|with a space|list|1|y|1", 11),
        ("settings|with a space|text", 15),
        ("settings|with a space|not", None),
        ("settings|with a space|a|b", 18),
        ("settings|with a space|a|b|c d", 18),
        ("settings pool servers", 19),
        ("settings pool servers 0 port", 20),
        ("settings pool servers 1", 21),
        ("settings pool servers 1 port", 23),
        ("settings pool servers 2", None),
        ("nothing", None),
    ],
)
def test_a_setting_is_found_on_its_line(path, line):
    assert line_of(FILE, path.split("|" if "|" in path else " ")) == line


def test_windows_line_ends_change_nothing():
    windows = FILE.replace("\n", "\r\n")
    assert line_of(windows, ("settings", "pool", "servers", "1", "port")) == 23


# -- any tree, written in several ways --------------------------------------------------------------------------------

KEYS = st.text(min_size=1, max_size=6) | st.sampled_from(["a", "b", "calls", "0", "a.b", 'q"q', "é", "\u2028"])
VALUES = st.integers(-9, 9) | st.booleans() | st.text(max_size=8)
LISTS = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
TREES = st.recursive(
    st.dictionaries(KEYS, VALUES | LISTS, max_size=3),
    lambda inner: st.dictionaries(KEYS, VALUES | LISTS | inner | st.lists(inner, min_size=1, max_size=3), max_size=3),
    max_leaves=8,
)
STYLES = ["sections", "dotted", "inline"]


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class Written:
    """A tree as a file in one of the styles, with the line of everything in it."""

    def __init__(self, tree: dict[str, Any], choose: Any) -> None:
        self.lines: list[str] = []
        self.places: dict[tuple[str, ...], int] = {}
        self._choose = choose
        self._section(tree, ())

    def _add(self, text: str) -> None:
        if self._choose(2) == 0:
            self.lines.append(["", "# x = 1", '   # """ [ {'][self._choose(3)])
        self.lines.append(text)

    def _note(self, path: tuple[str, ...], line: int | None = None) -> None:
        for length in range(1, len(path) + 1):
            self.places.setdefault(path[:length], line or len(self.lines))

    def _section(self, tree: dict[str, Any], path: tuple[str, ...]) -> None:
        """What stands under a header: single settings first, then tables with headers of their own."""
        later = []
        for key, value in tree.items():
            tables = isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict))
            style = STYLES[self._choose(3)] if isinstance(value, dict) else "sections"
            if tables and (style == "sections" or not value):
                later.append((key, value))
            elif style == "dotted":
                self._dotted(value, path, (key,))
            else:
                self._setting(path, (key,), value)
        for key, value in later:
            name = ".".join(map(quoted, (*path, key)))
            for number, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
                inner = (*path, key) if number is None else (*path, key, str(number))
                self._add(f"[{name}]" if number is None else f"[[{name}]]")
                self._note(inner)
                self._section(each, inner)

    def _dotted(self, tree: dict[str, Any], section: tuple[str, ...], keys: tuple[str, ...]) -> None:
        for key, value in tree.items():
            if isinstance(value, dict) and value:
                self._dotted(value, section, (*keys, key))
            else:
                self._setting(section, (*keys, key), value)

    def _setting(self, section: tuple[str, ...], keys: tuple[str, ...], value: Any) -> None:
        name = ".".join(map(quoted, keys))
        path = (*section, *keys)
        if isinstance(value, list) and value and self._choose(2):
            self._add(f"{name} = [")
            self._note(path)
            for number, item in enumerate(value):
                self._add(f"  {inline(item)},")
                self._note_all((*path, str(number)), item)
            self.lines.append("]")
        else:
            self._add(f"{name} = {inline(value)}")
            self._note(path)
            self._note_all(path, value)

    def _note_all(self, path: tuple[str, ...], value: Any) -> None:
        self._note(path)
        inner: Sequence[tuple[str, Any]] = []
        if isinstance(value, dict):
            inner = list(value.items())
        elif isinstance(value, list):
            inner = [(str(number), item) for number, item in enumerate(value)]
        for key, item in inner:
            self._note_all((*path, key), item)


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


@given(TREES.filter(lambda tree: not _nested_below_lists(tree)), st.data())
def test_whatever_is_written_is_found_where_it_was_written(tree, data):
    written = Written(tree, lambda below: data.draw(st.integers(0, below - 1)))
    text = "\n".join(written.lines)
    for path, line in written.places.items():
        assert line_of(text, path) == line, (path, text)


def _nested_below_lists(tree: Any) -> bool:
    """Tables below a list of tables have headers without the number; these files do without them."""
    if isinstance(tree, dict):
        return any(_nested_below_lists(value) for value in tree.values())
    if isinstance(tree, list):
        return any(isinstance(item, dict) and any(isinstance(v, dict | list) for v in item.values()) for item in tree)
    return False
