"""Values of other people's classes as plain data and back, by the types of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import attrs

from troupe_core.converters import exactly
from troupe_core.errors import JournalError
from troupe_core.events import PAUSE, Fact
from troupe_core.simulation.journal.codec import decode, encode, fact_from_plain, fact_to_plain

if TYPE_CHECKING:
    from cattrs import Converter

    from troupe_core.simulation.journal.shelf import Shelf


@cache
def converter() -> Converter:
    """Plain data that JSON holds, and typed values from it."""
    from cattrs.preconf.orjson import make_converter

    made = make_converter(forbid_extra_keys=True, prefer_attrib_converters=False)
    for kind in (int, float, str, bool):  # text that happens to read as a number is no number
        made.register_structure_hook(kind, exactly)
    made.register_unstructure_hook(Fact, fact_to_plain)
    made.register_structure_hook(Fact, _fact)
    return made


def _fact(spelled: Any, _: Any) -> Fact:
    """Somebody's memory may hold the one fact that is told by being that one."""
    return PAUSE if spelled["id"] == _PAUSE else fact_from_plain(spelled)


_PAUSE = PAUSE.id.hex()


PROVEN = 4_096
"""So many values are known to come back as they are."""


def proven(shelf: Shelf, value: Any, kind: Any, what: str) -> Any:
    """The value, spelled, if it would come back as it is; else an error, before anything is lost."""
    if attrs.has(kind) and type(value) is not kind:
        raise JournalError(f"{what} is a {type(value).__qualname__}, and has to be a {kind.__qualname__}: {value!r}")
    try:
        spelled = converter().unstructure(value)
        if id(value) in shelf.proven:
            return spelled
        again = _structured(decode(encode(spelled)), kind)
    except Exception as error:
        raise JournalError(
            f"{what} cannot be kept in the journal: {_problems(error)}. It is {value!r}; use plain values, or a frozen "
            "attrs class whose fields have precise types, and give each a value of its type."
        ) from error
    if not same(again, value):
        raise JournalError(
            f"{what} does not survive the journal: {value!r} would come back as {again!r}. "
            "Give every field of it a precise type."
        )
    shelf.proven[id(value)] = value
    if len(shelf.proven) > PROVEN:
        shelf.proven.popitem(last=False)
    return spelled


def from_plain(spelled: Any, kind: Any, what: str) -> Any:
    """The inverse."""
    try:
        return _structured(spelled, kind)
    except Exception as error:
        raise JournalError(
            f"{what} cannot be read from the journal as {getattr(kind, '__qualname__', kind)}: {_problems(error)}. If "
            "the class has changed, raise its state_version and give migrate(), which reads what was written before."
        ) from error


def _structured(spelled: Any, kind: Any) -> Any:
    return spelled if kind in (Any, None, type(None)) else converter().structure(spelled, kind)


def _problems(error: Exception) -> str:
    """What cattrs found, each with its place."""
    from cattrs import ClassValidationError, IterableValidationError, transform_error

    if isinstance(error, ClassValidationError | IterableValidationError):
        return "; ".join(transform_error(error, path="it"))
    return f"{type(error).__name__}: {error}"


def same(one: Any, two: Any) -> bool:
    """Equal all the way down, types included: 0 is not 0.0 here, and a tuple no list."""
    if type(one) is not type(two):
        return False
    if isinstance(one, Fact):
        return one.id == cast("Fact", two).id
    if attrs.has(type(one)):
        return all(same(getattr(one, f.name), getattr(two, f.name)) for f in attrs.fields(type(one)) if f.init)
    if isinstance(one, Mapping):
        return list(one) == list(two) and all(same(item, two[key]) for key, item in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    return bool(one == two)
