"""Records by name, each with the plugin that it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from troupe_core.errors import PluginError
from troupe_core.plugins.origin import Failure, Origin
from troupe_core.records import Record

R = TypeVar("R", bound=Record)


class Registered(Generic[R]):
    """The records of one kind. Two with one name are an error for whoever asks for that name, and for nobody else,
    unless `prefer` names the plugin that counts.
    """

    def __init__(self, word: str, prefer: Mapping[str, str]) -> None:
        self.word = word
        self.failures: list[Failure] = []
        self._prefer = prefer
        self._found: dict[str, list[tuple[R, Origin]]] = {}

    def add(self, record: R, origin: Origin) -> None:
        """What was asked for goes before what is installed."""
        found = self._found.setdefault(record.name, [])
        if not origin.installed:
            found[:] = [(other, theirs) for other, theirs in found if not theirs.installed]
        found.append((record, origin))

    def drop(self, origin: Origin) -> None:
        """Forget what a plugin registered."""
        self._found = {
            name: left for name, found in self._found.items() if (left := [pair for pair in found if pair[1] != origin])
        }

    def names(self) -> list[str]:
        return sorted(self._found)

    def all(self) -> list[tuple[R, Origin]]:
        """Every record, also those that clash, by name."""
        return [pair for name in self.names() for pair in self._found[name]]

    def find(self, name: str) -> tuple[R, Origin] | None:
        found = self._found.get(name)
        if found is None:
            return None
        if len(found) == 1:
            return found[0]
        key = f"{self.word} {name}"
        chosen = [pair for pair in found if self._prefer.get(key) in pair[1].names]
        if len(chosen) == 1:
            return chosen[0]
        sides = " and ".join(str(origin) for _, origin in found)
        raise PluginError(
            f"{name!r} ({self.word}) is offered by {sides}. Disable all but one, or say which one counts: "
            f'loading.prefer = {{"{key}" = "{found[0][1].plugin}"}}'
        )

    def get(self, name: str) -> R | None:
        found = self.find(name)
        return None if found is None else found[0]
