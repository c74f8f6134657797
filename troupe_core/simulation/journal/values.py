"""Values of other people's classes as plain data and back, by the types of their fields."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import JournalError
from troupe_core.events import PAUSE, Fact
from troupe_core.keys import canonical, digest_of
from troupe_core.simulation.journal.codec import decode, encode, fact_from_plain, fact_to_plain

if TYPE_CHECKING:
    from cattrs import Converter


@cache
def converter() -> Converter:
    """Plain data that JSON holds, and typed values from it."""
    from cattrs.preconf.orjson import make_converter

    made = make_converter()
    made.register_unstructure_hook(Fact, fact_to_plain)
    made.register_structure_hook(Fact, _fact)
    return made


def _fact(spelled: Any, _: Any) -> Fact:
    """Somebody's memory may hold the one fact that is told by being that one."""
    return PAUSE if spelled["id"] == _PAUSE else fact_from_plain(spelled)


_PAUSE = PAUSE.id.hex()


_proven: set[type[Any]] = set()


def to_plain(value: Any, kind: Any, what: str) -> Any:
    """The value, spelled. The first of its class is read back at once: what would not survive is told now."""
    try:
        spelled = converter().unstructure(value)
        if type(value) not in _proven:
            again = from_plain(decode(encode(spelled)), kind, what)
            if type(again) is not type(value) or _content(again) != _content(value):
                raise JournalError(
                    f"{what} does not survive the journal: {value!r} would come back as {again!r}. "
                    "Give every field of it a precise type."
                )
            _proven.add(type(value))
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
        raise JournalError(f"{what} cannot be read from the journal as {kind}: {error!r}") from error


def _content(value: Any) -> bytes:
    return digest_of(value) if attrs.has(type(value)) else canonical(value)
