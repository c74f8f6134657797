"""Plain data as a settings class, or an error that says where each mistake stands and what belongs there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from traceback import walk_tb
from typing import Any, TypeVar

import attrs

from troupe_core.converters import strict_converter
from troupe_core.errors import ConfigError
from troupe_core.type_words import words_for

T = TypeVar("T")

Path = tuple[str, ...]
Place = Callable[[Path], str]


def structured(kind: type[T], data: Mapping[str, Any], place: Place, within: Path = ()) -> T:
    """The settings. `place` says where the setting of a path stands, for the error's sake; `within` is where they are
    in the whole tree.
    """
    if not data and _has_defaults(kind):
        return kind()  # nobody has set anything: what reads settings need not even be loaded
    try:
        return strict_converter().structure(dict(data), kind)
    except Exception as error:
        told = [f"{place((*within, *path))}: {_named((*within, *path))}{what}" for path, what in _problems(error, kind)]
        raise ConfigError("\n".join(dict.fromkeys(told))) from None


def _has_defaults(kind: type[Any]) -> bool:
    return attrs.has(kind) and not any(field.init and field.default is attrs.NOTHING for field in attrs.fields(kind))


def _named(path: Path) -> str:
    return f"{'.'.join(path)}: " if path else ""


def _problems(error: BaseException, kind: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each mistake: its path, and what is wrong."""
    from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            note = _note(inner)
            if note is None:
                refused = () if isinstance(inner, BaseValidationError) else _validated(inner)
                yield from _problems(inner, kind, (*path, *refused))
            else:
                step, expected = note
                yield from _problems(inner, expected, (*path, step))
    elif isinstance(error, ForbiddenExtraKeysError):
        known = sorted(field.name for field in attrs.fields(error.cl) if field.init)
        for key in sorted(map(str, error.extra_fields)):
            close = get_close_matches(key, known, 1)
            meant = f" Did you mean {close[0]}, {words_for(_field_type(error.cl, close[0]))}?" if close else ""
            yield (*path, key), f"there is no such setting; there are {', '.join(known) or 'none'}.{meant}"
    elif isinstance(error, KeyError):
        yield path, f"is missing; expected {words_for(kind)}"
    else:
        words = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
        yield path, words or type(error).__name__


def _note(error: BaseException) -> tuple[str, Any] | None:
    from cattrs.errors import AttributeValidationNote, IterableValidationNote

    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return note.name, note.type
        if isinstance(note, IterableValidationNote):
            return str(note.index), note.type
    return None


def _validated(error: BaseException) -> Path:
    """The field that a validator has refused: every validator is handed it."""
    given = (value for frame, _ in walk_tb(error.__traceback__) for value in frame.f_locals.values())
    found = [value.name for value in given if isinstance(value, attrs.Attribute)]
    return tuple(found[-1:])


def _field_type(kind: type[Any], name: str) -> Any:
    attrs.resolve_types(kind)
    return next(field.type for field in attrs.fields(kind) if field.name == name)
