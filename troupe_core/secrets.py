"""Secrets by reference: settings, keys, logs and errors hold where a secret is, and never the secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs

from troupe_core.errors import PluginError, SecretError, told

HIDDEN = "[secret]"
SHORTEST = 6
"""Shorter values are left alone in messages: they are placeholders, and would hide ordinary words."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@attrs.frozen
class SecretRef:
    """Where a secret is: `env:NAME`, a variable of the environment, or `file:PATH`, all that a file holds."""

    place: str = attrs.field()

    @place.validator
    def _check(self, attribute: attrs.Attribute[str], value: object) -> None:
        scheme, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
        usable = _VARIABLE.fullmatch(rest) if scheme == "env" else scheme == "file" and colon and rest.strip()
        if not usable:
            raise SecretError(  # without the value, which may be the secret itself
                'a secret is named, not written down: give a reference such as "env:ACME_API_KEY" or '
                '"file:/run/secrets/acme"'
            )

    def __plain__(self) -> str:
        """How it stands in a key: which secret it is changes no answer."""
        return "secret"

    def rooted(self, folder: Path) -> SecretRef:
        """The same, wherever the working folder is."""
        scheme, _, rest = self.place.partition(":")
        return SecretRef(f"file:{folder / rest}") if scheme == "file" and not rest.startswith("~") else self

    def find(self) -> str | None:
        """The secret, if there is one."""
        scheme, _, rest = self.place.partition(":")
        if scheme == "env":
            return os.environ.get(rest) or None
        try:
            return Path(rest).expanduser().read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def reveal(self) -> str:
        """The secret, read anew each time; for the moment in which it is sent."""
        found = self.find()
        if found is None:
            scheme, _, rest = self.place.partition(":")
            what = (
                f"the variable {rest} is not set" if scheme == "env" else f"the file {rest} is empty or cannot be read"
            )
            raise SecretError(f"{what}, and a secret is expected there ({self.place})")
        return found


def secrets_in(config: Any) -> Iterator[str]:
    """The secrets that settings refer to, as they are and as they stand in an address."""
    if isinstance(config, SecretRef):
        found = config.find()
        if found is not None and len(found) >= SHORTEST:
            yield from {found, quote(found, safe="")}
    elif attrs.has(type(config)):
        for field in attrs.fields(type(config)):
            yield from secrets_in(getattr(config, field.name))
    elif isinstance(config, Mapping):
        for value in config.values():
            yield from secrets_in(value)
    elif isinstance(config, list | tuple | set | frozenset):
        for value in config:
            yield from secrets_in(value)


def without_secrets(text: str, config: Any) -> str:
    """A text without the secrets of these settings."""
    return str(_without(_longest_first(config), text))


def _longest_first(config: Any) -> list[str]:
    return sorted(set(secrets_in(config)), key=len, reverse=True)


def redacted(error: BaseException, config: Any) -> BaseException:
    """The error without the secrets of these settings, in its own words and in those of its causes. It is the same one,
    unless its words cannot be changed; then one that says the same, as it is for such a cause.
    """
    secrets = _longest_first(config)
    if not secrets:
        return error
    chain = list(_chain(error))
    for each in chain:
        _clean(each, secrets)
    instead = {id(each): _retold(each, secrets) for each in chain if _still_tells(each, secrets)}
    for each in (*chain, *instead.values()):
        for link in ("__cause__", "__context__"):
            before = getattr(each, link)
            if id(before) in instead:
                hidden = each.__suppress_context__
                setattr(each, link, instead[id(before)])
                each.__suppress_context__ = hidden
    return instead.get(id(error), error)


def _still_tells(error: BaseException, secrets: list[str]) -> bool:
    """Whether a secret is in words that it makes from something else than they were kept in."""
    return any(_without(secrets, text) != text for text in (str(error), repr(error)))


def _retold(error: BaseException, secrets: list[str]) -> BaseException:
    other = PluginError(_without(secrets, told(error)))
    other.__cause__, other.__context__ = error.__cause__, error.__context__
    other.__suppress_context__ = True  # what is raised in the place of another one is not raised because of it
    return other


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and whatever led to it."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            pending += [each.__cause__, each.__context__]
            pending += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
            yield each


_WORDS: dict[type[BaseException], tuple[str, ...]] = {
    OSError: ("strerror", "filename", "filename2"),
    ImportError: ("msg",),
    SystemExit: ("code",),
    UnicodeError: ("reason",),
}
"""Where errors of Python itself keep theirs."""


def _clean(error: BaseException, secrets: list[str]) -> None:
    error.args = tuple(_without(secrets, value) for value in error.args)
    own = (name for kind, names in _WORDS.items() if isinstance(error, kind) for name in names)
    for name in (*vars(error), *own):
        value = getattr(error, name, None)
        cleaned = _without(secrets, value)
        if cleaned is not value:
            with suppress(AttributeError, TypeError):  # one that cannot be changed is seen in what the error says
                setattr(error, name, cleaned)


def _without(secrets: list[str], value: Any) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, HIDDEN) if secret in value else value
        return value
    if isinstance(value, dict):
        cleaned = {name: _without(secrets, item) for name, item in value.items()}
        return value if all(cleaned[name] is item for name, item in value.items()) else cleaned
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        items = [_without(secrets, item) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else type(value)(items)
    return value
