"""Where values and plain data are turned into each other: the cattrs converters."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, cast, get_args, get_origin

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.type_words import words_for

if TYPE_CHECKING:
    from cattrs import Converter


class Written(str):
    """Text from a place that knows no other types, such as the environment: it is read as what is wanted."""

    __slots__ = ()


@cache
def strict_converter() -> Converter:
    """For settings: an unknown key is an error, and so is text where a number belongs."""
    from cattrs import Converter

    from troupe_core.secrets import SecretRef

    converter = Converter(forbid_extra_keys=True, prefer_attrib_converters=False)
    for kind in (int, float, str, bool):
        converter.register_structure_hook(kind, exactly)
    converter.register_structure_hook(
        Path, lambda value, _: value if isinstance(value, Path) else Path(str(exactly(value, str)))
    )
    converter.register_structure_hook(SecretRef, lambda value, _: _secret(value))
    converter.register_structure_hook_func(lambda kind: kind in (Any, object), lambda value, _: untyped(value))
    converter.register_structure_hook_factory(_is_list, lambda kind: _list_of(kind, converter))
    converter.register_structure_hook_factory(_is_table, lambda kind: _table_of(kind, converter))
    converter.register_structure_hook_factory(_is_choice, lambda kind: _choice_of(kind, converter))
    converter.register_structure_hook_factory(_is_literal, _literal_of)
    converter.register_structure_hook_factory(_is_class, lambda kind: _class_of(kind, converter))
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


_TRUTH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_READ: dict[type, Callable[[str], Any]] = {int: int, float: float, bool: lambda text: _TRUTH[text.strip().lower()]}


def exactly(value: object, kind: type) -> object:
    """A value of that very type; a whole number will do where a fraction is wanted."""
    if isinstance(value, Written):
        try:
            return _READ[kind](value) if kind in _READ else str(value)
        except (ValueError, KeyError):
            raise _unexpected(value, kind) from None
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise _unexpected(value, kind)
    return value


def untyped(value: Any) -> Any:
    """A value where any will do: written text is what it would be in JSON if it is a number or a truth there, else
    plain text.
    """
    if isinstance(value, Written):
        from msgspec import MsgspecError
        from msgspec.json import decode

        try:
            found = decode(str(value))
        except (MsgspecError, UnicodeEncodeError):
            return str(value)
        return found if isinstance(found, bool | int | float) else str(value)
    if type(value) is dict:
        return {key: untyped(each) for key, each in value.items()}
    return value


def _unexpected(value: object, kind: Any) -> TypeError:
    return TypeError(f"expected {words_for(kind)}, got {_described(value, kind)}")


def _described(value: object, kind: Any) -> str:
    """What was given, but for a text that may be a secret; of a list, what in it is no text."""
    if isinstance(value, bool | int | float):
        return f"{'a bool,' if isinstance(value, bool) else 'the number'} {value!r}"
    if isinstance(value, str):
        return f"the text {str(value)!r}" if _is_open(kind) else "a text"
    if isinstance(value, list):
        strange = next((each for each in value if not isinstance(each, str)), None)
        return "a list" if strange is None else f"a list with {_described(strange, kind)} in it"
    return "a table" if isinstance(value, Mapping) else f"a {type(value).__name__}"


def _is_open(kind: Any) -> bool:
    """Whether text in its place can be shown. A key may stand where a reference to one, or a table, belongs."""
    inner = get_args(kind)
    if get_origin(kind) is Literal or kind in (int, float, str, bool, type(None), Path, Ellipsis):
        return True
    return bool(inner) and not _is_table(kind) and all(map(_is_open, inner))


def _secret(value: object) -> Any:
    from troupe_core.secrets import SecretRef

    return value if isinstance(value, SecretRef) else SecretRef(str(value) if isinstance(value, str) else "")


_LISTS = {tuple: tuple, list: list, set: set, frozenset: frozenset}


def _is_list(kind: Any) -> bool:
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        return len(arguments) == 2 and arguments[1] is Ellipsis
    return get_origin(kind) in _LISTS


def _list_of(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """A list, and no text that would pass for a list of its letters."""
    from cattrs.errors import IterableValidationError, IterableValidationNote

    make, item = _LISTS[get_origin(kind)], get_args(kind)[0]

    def structure(value: Any, _: Any) -> Any:
        if isinstance(value, Written):
            value = [Written(each.strip()) for each in value.split(",") if each.strip()]
        if not isinstance(value, list | tuple | set | frozenset):
            raise _unexpected(value, kind)
        out, wrong = [], []
        for place, each in enumerate(value):
            try:
                out.append(converter.structure(each, item))
            except Exception as error:
                error.__notes__ = [*getattr(error, "__notes__", []), IterableValidationNote("", place, item)]
                wrong.append(error)
        if wrong:
            raise IterableValidationError("", wrong, kind)
        return make(out)

    return structure


def _is_table(kind: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _table_of(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    from cattrs.errors import IterableValidationError, IterableValidationNote

    _, item = get_args(kind)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _unexpected(value, kind)
        out, wrong = {}, []
        for key, each in value.items():
            try:
                out[str(key)] = converter.structure(each, item)
            except Exception as error:
                error.__notes__ = [*getattr(error, "__notes__", []), IterableValidationNote("", key, item)]
                wrong.append(error)
        if wrong:
            raise IterableValidationError("", wrong, kind)
        return out

    return structure


def _is_class(kind: Any) -> bool:
    return attrs.has(kind) and kind.__name__ != "SecretRef"


def _class_of(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    from cattrs.gen import make_dict_structure_fn

    attrs.resolve_types(kind)
    structure_fields: Any = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)

    def structure(value: Any, _: Any) -> Any:
        if isinstance(value, kind):
            return value
        if not isinstance(value, Mapping):
            raise _unexpected(value, kind)
        return structure_fields(value, kind)

    return structure


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _literal_of(kind: Any) -> Callable[[Any, Any], Any]:
    choices = {(type(each), each): each for each in get_args(kind)}

    def structure(value: Any, _: Any) -> Any:
        for choice in choices.values():
            if value == choice and (type(value) is type(choice) or isinstance(value, Written)):
                return choice
        raise _unexpected(value, kind)

    return structure


def _is_choice(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _choice_of(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """The first of several types that fits; None only where it is meant."""
    choices = [each for each in get_args(kind) if each is not type(None)]
    optional = len(choices) < len(get_args(kind))

    def structure(value: Any, _: Any) -> Any:
        if value is None and optional:
            return None
        if len(choices) == 1:
            return converter.structure(value, choices[0])
        for each in choices:
            try:
                return converter.structure(value, each)
            except Exception:  # noqa: S112 - the next one may fit
                continue
        raise _unexpected(value, kind)

    return structure
