"""Settings one by one: each with its value, what it is by default, and where it was said. Secrets are not among them:
of a reference its place is shown, and of text that is called a secret nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import attrs

from troupe_core.config.sources import Layers
from troupe_core.errors import SecretError
from troupe_core.secrets import HIDDEN, SecretRef
from troupe_core.type_words import words_for

DEFAULT = "default"
_SECRETIVE = re.compile(
    r"(?:^|[^a-z])(?:api)?(?:keys?|tokens?|passwords?|passwd|pwd|passphrase|secrets?|authorization|credentials?|cookies?)"
    r"(?:$|[^a-z])"
)
"""A name with one of these words, as in `api_key` and `X-Auth-Token`."""


@attrs.frozen
class Setting:
    """One that counts. Its values are as they could be written in a file: of a secret, where it is. Text that is called
    a secret, and is no reference to one, is `[secret]`.
    """

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
    optional: bool = False
    """Whether it can be nothing."""

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


def _from(
    value: Any, default: Any, kind: Any, path: tuple[str, ...], layers: Layers, hidden: bool = False
) -> Iterator[Setting]:
    hidden = hidden or (is_secretive(path[-1]) and not _is_choice(kind))
    if attrs.has(type(value)) and not isinstance(value, SecretRef):
        yield from listed(value, layers, path)
    elif isinstance(value, Mapping) and value:
        known = default if isinstance(default, Mapping) else {}
        for key, each in value.items():
            yield from _from(each, known.get(key), type(each), (*path, str(key)), layers, hidden)
    else:
        source = layers.source(path)
        place = DEFAULT if source is None else source.place(path)
        secret = value if isinstance(value, SecretRef) else None
        optional = type(None) in get_args(kind)
        yield Setting(path, words_for(kind), shown(value, hidden), shown(default, hidden), place, secret, optional)


def _is_choice(kind: Any) -> bool:
    """Whether it can only be one of certain words, which are no secret."""
    return any(get_origin(each) is Literal for each in (kind, *get_args(kind)))


def is_secretive(name: str) -> bool:
    """Whether a setting is called a secret."""
    return _SECRETIVE.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) is not None


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    if hasattr(default, "takes_self"):  # a factory
        return None if default.takes_self else default.factory()
    return None if default is attrs.NOTHING else default


def shown(value: Any, hidden: bool = False) -> Any:
    """A value as it could be written in a file. Of what cannot, the text that stands for it. Text that is `hidden`, or
    called a secret, is shown only where it is a reference to one.
    """
    if isinstance(value, SecretRef):
        return value.place
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): shown(each, hidden or is_secretive(str(key))) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(each, hidden) for each in value]
    if attrs.has(type(value)):
        fields = [field.name for field in attrs.fields(type(value))]
        return {name: shown(getattr(value, name), hidden or is_secretive(name)) for name in fields}
    if isinstance(value, Path):
        return str(value)
    text = value if isinstance(value, str) else repr(value)
    return HIDDEN if hidden and text and not _is_reference(text) else text


def _is_reference(text: str) -> bool:
    try:
        SecretRef(text)
    except SecretError:
        return False
    return True
