"""Settings one by one: each with its value, what it is by default, and where it was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from troupe_core.config.reading import words_for
from troupe_core.config.sources import Layers
from troupe_core.secrets import SecretRef

DEFAULT = "default"


@attrs.frozen
class Setting:
    """One that counts. Its values are as they could be written in a file: of a secret, where it is."""

    path: tuple[str, ...]
    """Where it stands in the whole tree: ("budget", "calls")."""
    type: str
    """In words."""
    value: Any
    default: Any
    place: str
    """Where it was said: a file and line, a variable, the call; `default` if nobody said it."""
    secret: SecretRef | None = attrs.field(default=None, repr=False)
    """If it is a secret: the reference itself."""

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def said(self) -> bool:
        """Whether anybody has said it."""
        return self.place != DEFAULT


def listed(config: Any, layers: Layers, within: tuple[str, ...] = (), leave_out: str = "") -> Iterator[Setting]:
    """The settings of a settings class, in its order; those of tables within it one by one."""
    attrs.resolve_types(type(config))
    for field in attrs.fields(type(config)):
        if field.init and field.name != leave_out:
            path, value = (*within, field.name), getattr(config, field.name)
            yield from _from(value, _default(field), field.type, path, layers)


def _from(value: Any, default: Any, kind: Any, path: tuple[str, ...], layers: Layers) -> Iterator[Setting]:
    if attrs.has(type(value)) and not isinstance(value, SecretRef):
        yield from listed(value, layers, path)
    elif isinstance(value, Mapping) and value:
        known = default if isinstance(default, Mapping) else {}
        for key, each in value.items():
            yield from _from(each, known.get(key), type(each), (*path, str(key)), layers)
    else:
        source = layers.source(path)
        place = DEFAULT if source is None else source.place(path)
        secret = value if isinstance(value, SecretRef) else None
        yield Setting(path, words_for(kind), shown(value), shown(default), place, secret)


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    if hasattr(default, "takes_self"):  # a factory
        return None if default.takes_self else default.factory()
    return None if default is attrs.NOTHING else default


def shown(value: Any) -> Any:
    """A value as it could be written in a file. Of what cannot, the text that stands for it."""
    if isinstance(value, SecretRef):
        return value.place
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): shown(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(each) for each in value]
    if attrs.has(type(value)):
        return {field.name: shown(getattr(value, field.name)) for field in attrs.fields(type(value))}
    return repr(value)
