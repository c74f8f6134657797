"""Answers of a given form: a schema made from a class, strict reading first, lenient reading second.

A class is an attrs class or a msgspec Struct; `Output.of(cls)` is made once. Reading never guesses at content: leniency
concerns wrapping (fences, prose around the object), spelling (`"5"` for 5, null for an optional text) and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

import msgspec

T = TypeVar("T")

Adapt = Callable[[Any], Any]

MOST_STARTS = 1_000
"""So many brackets of a text are tried: what is nothing but brackets holds no answer."""


class Problem(ValueError):
    """Why an answer cannot be read, in words that can be put to the model."""


class Output(Generic[T]):
    """The form of an answer: its schema, and how to read it."""

    def __init__(
        self, type: type[T], *, name: str = "", schema: Mapping[str, Any] | None = None, adapt: Adapt | None = None
    ):
        self.type = type
        self.name = name or type.__name__.lower()
        self.schema: Mapping[str, Any] = json_schema(type) if schema is None else schema
        self._adapt = adapt
        self._decode = msgspec.json.Decoder(type).decode

    @staticmethod
    @lru_cache(maxsize=256)
    def of(type: type[T]) -> Output[T]:
        return Output(type)

    def read(self, text: str) -> T:
        """The value in the text, or `Problem`."""
        try:
            return self._decode(text)
        except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
            return self._read_leniently(text, error)

    def _read_leniently(self, text: str, first: Exception) -> T:
        problem = first
        for found in json_values(text):
            try:
                value = well_formed(found)
                return self._converted(self._adapt(value) if self._adapt is not None else value)
            except (msgspec.ValidationError, RecursionError) as error:
                problem = error
        raise Problem(str(problem)) from None

    def _converted(self, value: Any) -> T:
        try:
            return msgspec.convert(value, self.type, strict=False)
        except msgspec.ValidationError:
            return msgspec.convert(without_null(value), self.type, strict=False)


def json_values(text: str) -> Iterator[Any]:
    """The JSON objects and lists that stand in a text, one after the other, whatever is written around them."""
    import json  # the standard decoder can stop where a value ends; only a bad answer comes here

    decoder = json.JSONDecoder(strict=False)
    at = 0
    for _ in range(MOST_STARTS):
        starts = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
        else:
            yield value


def well_formed(value: Any) -> Any:
    """Without halves of surrogate pairs, where an emoji was cut in two: they stand for nothing, and cannot be sent."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    return [well_formed(item) for item in value] if isinstance(value, list) else value


def without_null(value: Any) -> Any:
    """Absent instead of null: a default applies, and a missing field is reported as missing."""
    if isinstance(value, dict):
        return {key: without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_null(item) for item in value]
    return value


def json_schema(type: Any) -> dict[str, Any]:
    """A schema that providers' strict modes accept: no references, every property required, none beside them."""
    (whole,), parts = msgspec.json.schema_components([type], ref_template="{name}")
    strict = _strict(whole, parts, ())
    return cast("dict[str, Any]", strict)


_DECORATION = frozenset({"title", "default", "discriminator"})


def _strict(node: Any, parts: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_strict(item, parts, path) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"]
        if name in path:
            raise TypeError(f"{name} contains itself; a schema for strict output has to end somewhere")
        return _strict(parts[name], parts, (*path, name))
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key in _DECORATION:
            continue
        if key == "properties":
            out[key] = {name: _strict(item, parts, path) for name, item in value.items()}
        elif key == "const":  # not every provider knows it
            out["enum"] = [value]
        else:
            out[key] = _strict(value, parts, path) if key not in ("enum", "required") else value
    if "properties" in out:
        out["required"] = list(out["properties"])
        out["additionalProperties"] = False
    return out
