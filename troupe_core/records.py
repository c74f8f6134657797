"""What plugins register: frozen records. A factory is a class, or its place as text, which is imported at first use."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from troupe_core.errors import ArgumentError, PluginError, TroupeError
from troupe_core.llm.handlers import Capabilities

Factory: TypeAlias = str | Callable[..., Any]

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def _is_name(record: Any, attribute: attrs.Attribute[str], value: str) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ArgumentError(f"{type(record).__name__}: {value!r} is no name; use lower-case letters, digits, - and _")


@attrs.frozen
class Record:
    """A name, unique among the records of its kind, and what makes the thing."""

    name: str = attrs.field(validator=_is_name)
    factory: Factory

    def load(self) -> Callable[..., Any]:
        """The class itself."""
        return resolve(self.factory, self.name) if isinstance(self.factory, str) else self.factory

    def make(self, *arguments: Any, **settings: Any) -> Any:
        """What the factory makes; what goes wrong in it is told by its name."""
        factory = self.load()
        try:
            return factory(*arguments, **settings)
        except TroupeError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(f"{self.name}: its factory failed: {type(error).__name__}: {error}") from error


def resolve(place: str, name: str) -> Any:
    """What stands at `package.module:attribute`; `name` is who wants it, for the error's sake."""
    from importlib import import_module

    module, colon, attribute = place.partition(":")
    if not colon:
        raise PluginError(f"{name}: the factory {place!r} is not of the form package.module:Class")
    try:
        return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # a stranger's module can do anything when it is imported
        raise PluginError(f"{name}: cannot load {place}: {type(error).__name__}: {error}") from error


@attrs.frozen
class BackendSpec(Record):
    """An LLM backend. Raise `cache_version` when its answers to the same requests change."""

    cache_version: int = 1
    capabilities: Capabilities = Capabilities()


@attrs.frozen
class FacultySpec(Record):
    """A mental faculty. Its class has a `cache_version`, to be raised when it acts otherwise in the same situation."""


@attrs.frozen
class MemorySpec(Record):
    """A kind of memory. Its class may have a `cache_version`, as faculties have."""
