"""Where values and plain data are turned into each other: the cattrs converters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from troupe_core.errors import ArgumentError

if TYPE_CHECKING:
    from cattrs import Converter


@cache
def strict_converter() -> Converter:
    """For settings: an unknown key is an error, and so is text where a number belongs."""
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, prefer_attrib_converters=False)
    for kind in (int, float, str, bool):
        converter.register_structure_hook(kind, exactly)
    return converter


def frozen_class(given: Any, owner: str) -> type[Any]:
    """A class whose values nobody can change: what a state has to be, so that nothing is ever half done."""
    frozen = isinstance(given, type) and getattr(given.__setattr__, "__name__", "") == "_frozen_setattrs"
    if not frozen:
        shown = given.__qualname__ if isinstance(given, type) else repr(given)
        raise ArgumentError(
            f"{owner}: state= is a frozen attrs class (@attrs.frozen), each field with a precise type; {shown} is not"
        )
    return cast("type[Any]", given)


def exactly(value: object, kind: type) -> object:
    """A value of that very type; a whole number will do where a fraction is wanted."""
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__} {value!r}")
    return value
