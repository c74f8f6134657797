"""Canonical bytes and digests: how a value is named by its content, the same in every process.

`canonical` refuses what has no single spelling (NaN, sets of unsortable things, unknown types) with an error that
names the argument, since a value that is silently written as something else would be found again as something else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from enum import Enum
from hashlib import blake2b
from pathlib import PurePath
from typing import Any

import attrs
import orjson

from troupe_core.errors import ArgumentError

DIGEST_SIZE = 16
NOTHING = b"\0" * DIGEST_SIZE
"""Where every rolling digest begins."""

_LIMIT = 2**63


def digest(tag: bytes, *parts: bytes) -> bytes:
    """A digest of framed parts: ("ab", "c") is not ("a", "bc"). The tag keeps kinds of things apart."""
    whole = blake2b(digest_size=DIGEST_SIZE, person=tag)
    for part in parts:
        whole.update(b"%d:%b" % (len(part), part))
    return whole.digest()


def roll(before: bytes, entry: bytes) -> bytes:
    """The next rolling digest. Both have a fixed length, so that no framing is needed."""
    return blake2b(before + entry, digest_size=DIGEST_SIZE, person=b"roll").digest()


def utf8(text: str) -> bytes:
    """UTF-8, also of text with a lone half of a surrogate pair, which models do send now and then."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def text_of(encoded: bytes) -> str:
    """The inverse of `utf8`."""
    return encoded.decode("utf-8", "surrogatepass")


def canonical(value: object, name: str = "value") -> bytes:
    """The one spelling of a value as JSON, keys sorted. `name` is what an error calls it."""
    try:
        return orjson.dumps(plain(value, name), option=orjson.OPT_SORT_KEYS)
    except (TypeError, orjson.JSONEncodeError) as error:
        raise ArgumentError(f"{name} cannot be written as JSON: {error}") from None
    except RecursionError:
        raise ArgumentError(f"{name} contains itself, or is nested too deeply to be written as JSON") from None


def plain(value: Any, name: str = "value") -> Any:  # noqa: PLR0911, PLR0912 - one line for each kind of value
    """The value made of dictionaries, lists, strings, finite numbers, booleans and None."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:  # what nearly everything is made of goes first
        return _plain_mapping(value, name)
    if kind is list or kind is tuple:
        return _plain_sequence(value, name)
    if kind is int or (isinstance(value, int) and not isinstance(value, Enum)):
        if not -_LIMIT <= value < _LIMIT:
            raise ArgumentError(f"{name} is an integer beyond 64 bits: {value}. Give it as text.")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ArgumentError(f"{name} is {value}, which has no place in JSON. Give None, or a finite number.")
        return float(value)
    if isinstance(value, Enum):
        return plain(value.value, name)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, Mapping):
        return _plain_mapping(value, name)
    if isinstance(value, AbstractSet):
        return sorted((plain(item, f"{name}{{…}}") for item in value), key=orjson.dumps)
    if attrs.has(kind):
        fields = attrs.fields(kind)
        return {
            "$type": kind.__qualname__,
            **{f.name: plain(getattr(value, f.name), f"{name}.{f.name}") for f in fields if f.init},
        }
    if isinstance(value, PurePath):
        raise ArgumentError(f"{name} is a path, whose name says nothing of its content. Read the file and give that.")
    if isinstance(value, Sequence):
        return _plain_sequence(value, name)
    own = getattr(kind, "__plain__", None)
    if own is not None:
        return own(value)
    raise ArgumentError(
        f"{name} is of type {kind.__module__}.{kind.__qualname__}, which has no canonical form. "
        "Use plain values (text, numbers, lists, dictionaries) or a frozen attrs class."
    )


def _plain_mapping(value: Mapping[Any, Any], name: str) -> dict[str, Any]:
    out = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ArgumentError(f"{name} has the key {key!r}; keys must be text.")
        out[str(key)] = item if type(item) is str else plain(item, f"{name}.{key}")
    return out


def _plain_sequence(value: Sequence[Any], name: str) -> list[Any]:
    return [item if type(item) is str else plain(item, f"{name}[{place}]") for place, item in enumerate(value)]


def digest_of(value: object, name: str = "value") -> bytes:
    """The digest of a value that may know its own."""
    own = getattr(value, "digest", None)
    return own if isinstance(own, bytes) else digest(b"value", canonical(value, name))
