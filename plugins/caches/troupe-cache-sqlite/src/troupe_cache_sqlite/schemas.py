"""Whether a value has the form that a JSON schema asks for: types, required keys, enumerations, bounds, alternatives.

Keys beyond those that a schema names are no fault here, since the core reads over them; so `oneOf` is `anyOf`. What a
schema says in words that are not known here is no fault either, as the standard has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Any
"""A mapping, or True and False."""
DEEPEST = 100
"""Levels. Deeper ones, and references that lead in a circle, fit nothing."""


def fits(value: Any, schema: Schema) -> bool:
    """Whether the value has that form."""
    try:
        return _fits(value, schema, schema, DEEPEST)
    except (
        RecursionError,
        TypeError,
        KeyError,
        ValueError,
        OverflowError,
        re.error,
    ):  # a schema that is none fits nothing
        return False


def _fits(value: Any, schema: Schema, root: Schema, deep: int) -> bool:
    if isinstance(schema, bool):
        return schema
    if deep == 0:
        raise RecursionError
    return all(
        _CHECKS[word](value, said, schema, lambda item, form: _fits(item, form, root, deep - 1))
        for word, said in schema.items()
        if word in _CHECKS
    ) and ("$ref" not in schema or _fits(value, _named(schema["$ref"], root), root, deep - 1))


def _named(reference: str, root: Schema) -> Schema:
    """What stands at a place within the same schema, such as #/$defs/Said."""
    first, *path = reference.split("/")
    if first != "#":
        raise KeyError(reference)
    for part in path:
        root = root[part.replace("~1", "/").replace("~0", "~")]
    return root


Fits = Callable[[Any, Schema], bool]
Check = Callable[[Any, Any, Mapping[str, Any], Fits], bool]
Kind = Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_KINDS: dict[str, Kind] = {
    "object": _is_object,
    "array": _is_list,
    "string": _is_text,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value == int(value),
}


def _type(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return any(_KINDS[name](value) for name in ([said] if isinstance(said, str) else said))


def _same(left: Any, right: Any) -> bool:
    """1 is not true, though Python has it so."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _enum(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return any(_same(value, item) for item in said)


def _properties(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return all(fits(value[name], form) for name, form in said.items() if name in value)


def _additional(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    named = schema.get("properties", {})
    return isinstance(said, bool) or all(fits(item, said) for name, item in value.items() if name not in named)


def _items(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return all(fits(item, said) for item in value[len(schema.get("prefixItems", ())) :])


def _prefix(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return all(map(fits, value, said))


def _any(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return any(fits(value, form) for form in said)


def _all(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return all(fits(value, form) for form in said)


def _not(value: Any, said: Any, schema: Mapping[str, Any], fits: Fits) -> bool:
    return not fits(value, said)


def _only(kind: Kind, check: Check) -> Check:
    """Concerns values of that kind; about others it says nothing."""
    return lambda value, said, schema, fits: not kind(value) or check(value, said, schema, fits)


def _bound(kind: Kind, holds: Callable[[Any, Any], bool]) -> Check:
    return lambda value, said, schema, fits: not kind(value) or holds(value, said)


_CHECKS: dict[str, Check] = {
    "type": _type,
    "enum": _enum,
    "const": lambda value, said, schema, fits: _same(value, said),
    "required": _bound(_is_object, lambda value, said: all(name in value for name in said)),
    "properties": _only(_is_object, _properties),
    "additionalProperties": _only(_is_object, _additional),
    "items": _only(_is_list, _items),
    "prefixItems": _only(_is_list, _prefix),
    "anyOf": _any,
    "oneOf": _any,
    "allOf": _all,
    "not": _not,
    "minimum": _bound(_is_number, lambda value, said: value >= said),
    "maximum": _bound(_is_number, lambda value, said: value <= said),
    "exclusiveMinimum": _bound(_is_number, lambda value, said: value > said),
    "exclusiveMaximum": _bound(_is_number, lambda value, said: value < said),
    "minLength": _bound(_is_text, lambda value, said: len(value) >= said),
    "maxLength": _bound(_is_text, lambda value, said: len(value) <= said),
    "pattern": _bound(_is_text, lambda value, said: re.search(said, value) is not None),
    "minItems": _bound(_is_list, lambda value, said: len(value) >= said),
    "maxItems": _bound(_is_list, lambda value, said: len(value) <= said),
}
