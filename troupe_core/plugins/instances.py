"""The faculties and tools of a runtime: one instance of each, whether its plugin was installed or somebody gave it."""

from __future__ import annotations

import threading
from typing import Any

from troupe_core.errors import PluginError
from troupe_core.plugins.registry import Registry
from troupe_core.records import TOOL, FacultySpec, Record, ToolSpec


class Instances:
    """They keep no state of their own."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._made: dict[str, Any] = {}
        self._lock = threading.RLock()

    def get(self, name: str) -> Any:
        """The one of that name, made if nobody has needed it before."""
        with self._lock:
            made = self._made.get(name)
            if made is None:
                made = self._made[name] = self._registry.make(*_record_of(name))
            return made

    def has(self, name: str) -> bool:
        """Whether there is one of that name, installed or lent."""
        return name in self._made or self._registered(name)

    def lend(self, given: Any) -> tuple[str, bool]:
        """Take in one that was given to a person as an object: its name, which from then on means it; and whether it
        takes the place of another one.
        """
        with self._lock:
            made = given() if isinstance(given, type) else given
            name: str = made.known_as
            known = self._made.get(name)
            if known is None:
                known = self.get(name) if self._registered(name) else made
                self._made[name] = known
                self._registry.keep_secret(known)
            if type(known) is type(made) and known.config == made.config:
                return name, False
            if _namesakes(known, made) and known.config == made.config:
                self._registry.keep_secret(made)
                self._made[name] = made  # the same cell of a notebook, run once more
                return name, True
            raise PluginError(
                f"this runtime has another faculty called {made.name!r}: {type(known).__qualname__} with settings "
                f"{known.config!r}. Give one of them another name, or use two runtimes."
            )

    def _registered(self, name: str) -> bool:
        kind, plain = _record_of(name)
        return self._registry.records(kind).get(plain) is not None


def _record_of(name: str) -> tuple[type[Record], str]:
    _, tool, plain = name.rpartition(TOOL)
    return (ToolSpec if tool else FacultySpec), plain


def _namesakes(one: object, other: object) -> bool:
    return (type(one).__module__, type(one).__qualname__) == (type(other).__module__, type(other).__qualname__)
