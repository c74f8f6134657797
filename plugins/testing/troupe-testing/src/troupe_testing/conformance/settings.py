"""How settings are written, and which of them are secrets."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import attrs

from troupe_core import SecretRef

_SECRET = re.compile(
    r"(?:.*_)?(?:(?:api_?)?keys?|tokens?|secrets?|passwords?|passwd|passphrase|credentials?|auth|authorization)"
)


def written(settings: Any) -> Any:
    """Settings as a file has them: tables, lists, texts, numbers. What is no argument of their class is left out."""
    if isinstance(settings, SecretRef):
        return settings.place
    if isinstance(settings, Enum):
        return settings.value
    if isinstance(settings, Path):
        return str(settings)
    if attrs.has(type(settings)):
        fields = [field.name for field in attrs.fields(type(settings)) if field.init]
        return {name: written(getattr(settings, name)) for name in fields}
    if isinstance(settings, Mapping):
        return {str(key): written(value) for key, value in settings.items()}
    if isinstance(settings, set | frozenset):
        return sorted(map(written, settings), key=repr)
    return [*map(written, settings)] if isinstance(settings, list | tuple) else settings


def same(one: Any, other: Any) -> bool:
    """Whether settings are the same. A file is read anew for each runtime, so a class in it is then another one of the
    same name.
    """
    if type(one) is type(other):
        return bool(one == other)
    return type(one).__qualname__ == type(other).__qualname__ and written(one) == written(other)


def secretive(settings: type[Any]) -> list[str]:
    """The settings that are called a secret, and are text."""
    fields = attrs.fields(attrs.resolve_types(settings))
    return [field.name for field in fields if _SECRET.fullmatch(field.name.lower()) and _is_text(field.type)]


def _is_text(kind: Any) -> bool:
    """Whether it is text, or holds any; the keys of a table do not count."""
    return kind is str or any(map(_is_text, _held(kind)))


def _held(kind: Any) -> tuple[Any, ...]:
    """What a type of several, or of things that hold others, has in it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return arguments
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return arguments[1:]
    return arguments if origin in (list, tuple, set, frozenset) else ()


def referring(settings: Any, place: str) -> dict[str, Any]:
    """The settings as a file has them, with every secret at this place; nothing, if there are none."""
    fields = attrs.fields(attrs.resolve_types(type(settings)))
    secrets = {
        field.name: found
        for field in fields
        if field.init
        for found in _references(field.type, getattr(settings, field.name), place)
    }
    return {**written(settings), **secrets} if secrets else {}


def _references(kind: Any, value: Any, place: str) -> Iterator[Any]:
    """What is written for a setting of that type, if it is a reference to a secret or can hold one."""
    if kind is SecretRef or isinstance(value, SecretRef):
        yield place
    elif attrs.has(type(value)):
        yield from filter(None, [referring(value, place)])
    elif isinstance(value, Mapping) and any(
        attrs.has(type(each)) and referring(each, place) for each in value.values()
    ):
        yield {str(key): referring(each, place) or written(each) for key, each in value.items()}
    else:
        found = next((each for inner in _held(kind) for each in _references(inner, None, place)), None)
        origin = get_origin(kind)
        if found is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            yield {str(key): found for key in value or ("conformance",)}
        elif found is not None:
            yield found if origin in (Union, types.UnionType) else [found]
