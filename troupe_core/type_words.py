"""Types in words, for people who write settings and read what is wrong with them."""

from __future__ import annotations

import pathlib
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

import attrs

_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    pathlib.Path: "a path",
    type(None): "nothing",
}


def words_for(kind: Any) -> str:
    """What belongs where a type is wanted: "a whole number", "a list of text", "one of …"."""
    known = _WORDS.get(kind)
    if known is not None:
        return known
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(words_for(each) for each in arguments if each is not type(None))
    if origin is Literal:
        return "one of " + ", ".join(map(repr, arguments))
    if attrs.has(kind) and kind.__name__ == "SecretRef":
        return 'a reference such as "env:NAME"'
    if origin is not None and issubclass(origin, Mapping):
        return "a table"
    if origin is not None and arguments:
        each = words_for(arguments[0])
        return "a list of tables" if each == "a table" else f"a list of {each}"
    if attrs.has(kind):
        return "a table"
    return getattr(kind, "__name__", str(kind))
