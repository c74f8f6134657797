"""What plugins register: frozen records. A factory is a class, or its place as text, which is imported at first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs

from troupe_core.errors import ArgumentError, PluginError, TroupeError, containable
from troupe_core.llm.handlers import Capabilities

Factory: TypeAlias = str | Callable[..., Any]

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def _is_name(record: Any, attribute: attrs.Attribute[str], value: str) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ArgumentError(f"{type(record).__name__}: {value!r} is no name; use lower-case letters, digits, - and _")


def _are_names(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not (isinstance(value, tuple) and all(isinstance(each, str) for each in value)):
        raise ArgumentError(f"{attribute.name} of {record.name} is a tuple of names, ('resilience',); got {value!r}")


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
        except BaseException as error:
            if not containable(error):
                raise
            raise PluginError(f"{self.name}: its factory failed: {type(error).__name__}: {error}") from error


def resolve(place: str, name: str) -> Any:
    """What stands at `package.module:attribute`; `name` is who wants it, for the error's sake."""
    from importlib import import_module

    module, colon, attribute = place.partition(":")
    if not colon:
        raise PluginError(f"{name}: the factory {place!r} is not of the form package.module:Class")
    try:
        return getattr(import_module(module), attribute)
    except BaseException as error:  # a stranger's module can do anything when it is imported
        if not containable(error):
            raise
        raise PluginError(f"{name}: cannot load {place}: {type(error).__name__}: {error}") from error


@attrs.frozen
class BackendSpec(Record):
    """An LLM backend. Raise `cache_version` when its answers to the same requests change. One that is `free` costs
    nothing to ask, as a stand-in does; any other is not asked without end by a simulation without a budget.
    `wants` names plugins whose wrappers are to stand around its models wherever they are installed, though no settings
    ask for them: what its provider cannot well be asked without.
    """

    cache_version: int = 1
    capabilities: Capabilities = Capabilities()
    free: bool = False
    wants: tuple[str, ...] = attrs.field(default=(), validator=_are_names)


@attrs.frozen
class EmbedderSpec(Record):
    """What makes vectors of texts, behind `<embedder>/<model>`. Raise `cache_version` when it makes others of the same
    texts; one that is `free` costs nothing to ask.
    """

    cache_version: int = 1
    free: bool = False
    texts: int = attrs.field(default=256, validator=attrs.validators.ge(1))
    """So many it takes at a time; more are given to it in batches."""
    characters: int = attrs.field(default=200_000, validator=attrs.validators.ge(1))
    """So many characters, all texts of a batch together. One that is longer comes alone."""


@attrs.frozen
class FacultySpec(Record):
    """A mental faculty. Its class has a `cache_version`, to be raised when it acts otherwise in the same situation."""


@attrs.frozen
class MemorySpec(Record):
    """A kind of memory. Its class may have a `cache_version`, as faculties have."""


TOOL = "tool:"
"""Before the names of tools, where those of faculties stand too."""


@attrs.frozen
class ToolSpec(Record):
    """A tool: actions with an effect outside of the simulation. Its class is a `TinyTool`."""


@attrs.frozen
class EnricherSpec(Record):
    """What rewrites a text by requirements, behind `TinyEnricher`."""


@attrs.frozen
class ExtractorSpec(Record):
    """What draws findings from what people said and did, behind `ResultsExtractor`."""


@attrs.frozen
class TemplatesSpec(Record):
    """A set of prompts: a mapping from a template's name ("rules") to its text, or a function that makes one. What it
    lacks is as the core has it.
    """

    def make(self, *arguments: Any, **settings: Any) -> Any:
        """The mapping."""
        texts: object = self.load()  # a mapping, where the place of one was given as text
        return texts if isinstance(texts, Mapping) else super().make(*arguments, **settings)


@attrs.frozen
class CommandSpec(Record):
    """A command: `troupe NAME …`, where `troupe-cli` is installed. Its factory makes a function that takes the
    arguments behind the name and returns the exit code (None: 0); or it makes, or is, a `click.Command`, which then has
    help and completion like those of `troupe` itself.
    """

    help: str = ""
    """One line for the list of commands."""
