"""Values of other people's classes as plain data and back, by the types of their fields."""

from __future__ import annotations

from collections import OrderedDict
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
_proven: OrderedDict[int, Any] = OrderedDict()  # by id, with the value itself, so that its id means it


def proven(value: Any, kind: Any, what: str) -> Any:
    """The value, spelled, if it would come back as it is; else an error, before anything is lost."""
    try:
        if attrs.has(kind) and type(value) is not kind:
            raise JournalError(
                f"{what} is a {type(value).__qualname__}, and has to be a {kind.__qualname__}: {value!r}"
            )
        spelled = converter().unstructure(value)
        if id(value) not in _proven:
            again = from_plain(decode(encode(spelled)), kind, what)
            if not same(again, value):
                raise JournalError(
                    f"{what} does not survive the journal: {value!r} would come back as {again!r}. "
                    "Give every field of it a precise type."
                )
            _proven[id(value)] = value
            if len(_proven) > PROVEN:
                _proven.popitem(last=False)
    except JournalError:
        raise
    except Exception as error:
        raise JournalError(
            f"{what} cannot be kept in the journal ({type(error).__name__}: {error}). Use plain values, or a frozen "
            "attrs class whose fields have precise types."
        ) from error
    return spelled


def from_plain(spelled: Any, kind: Any, what: str) -> Any:
    if kind is Any or kind is None or kind is type(None):
        return spelled
    try:
        return converter().structure(spelled, kind)
    except Exception as error:
        from cattrs import transform_error

        problems = "; ".join(transform_error(error, path="it"))
        name = getattr(kind, "__qualname__", kind)
        raise JournalError(
            f"{what} cannot be read from the journal as {name}: {problems}. If the class has changed, raise its "
            "state_version and give migrate(), which reads what was written before."
        ) from error


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
