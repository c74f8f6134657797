"""Putting a persona together from parts: what a fragment adds, what it leaves as it is, and where it contradicts.

What is missing, or None, is added. Tables are joined key by key, lists one behind the other, each item once. Anything
else has to be equal: nobody is asked to guess which of two ages is meant. Joining the same part again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.keys import canonical

Path = tuple[str, ...]

SHOWN = 60
"""Characters of a value that are shown in a message."""


@attrs.frozen
class Part:
    """Some of what describes a person, and where it is from, as a message would name it."""

    source: str
    data: Mapping[str, Any]


@attrs.frozen
class Conflict:
    """Two parts say something else of the same thing."""

    path: Path
    first: Part
    second: Part

    def __str__(self) -> str:
        values = [_shown(_at(part.data, self.path)) for part in (self.first, self.second)]
        return f"{'.'.join(self.path)} is {values[0]} in {self.first.source}, and {values[1]} in {self.second.source}"


class PersonaConflict(ArgumentError):
    """Parts of a persona contradict each other: a fragment says 17 where the persona says 24. Nothing has changed."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        told = "\n".join(map(str, conflicts))
        super().__init__(f"{told}\nLeave one of the two out, or make them say the same.")
        self.conflicts = tuple(conflicts)
        """Every place where they do, each with its `path`, as the keys that lead there."""


def whole_of(parts: Iterable[Part]) -> dict[str, Any]:
    """All of them as one persona, those that come first first."""
    joining = _Joining()
    for part in parts:
        joining.add(joining.whole, part.data, (), part)
    if joining.conflicts:
        raise PersonaConflict(joining.conflicts)
    return joining.whole


class _Joining:
    def __init__(self) -> None:
        self.whole: dict[str, Any] = {}
        self.conflicts: list[Conflict] = []
        self._said_by: dict[Path, Part] = {}

    def add(self, known: dict[str, Any], more: Mapping[str, Any], path: Path, part: Part) -> None:
        for key, value in more.items():
            here = (*path, key)
            there = known.get(key)
            if isinstance(value, Mapping) and (there is None or isinstance(there, dict)):
                if there is None:
                    there = known[key] = {}
                    self._said_by[here] = part
                self.add(there, value, here, part)
            elif there is None:
                known[key] = _distinct(value) if _is_list(value) else value
                self._said_by[here] = part
            elif isinstance(there, list) and _is_list(value):
                known[key] = _distinct([*there, *value])
            elif value is not None and _key(there) != _key(value):
                self.conflicts.append(Conflict(here, self._said_by[here], part))


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _distinct(items: Iterable[Any]) -> list[Any]:
    """Each item once, where it stands first."""
    return list({_key(item): item for item in items}.values())


def _key(value: Any) -> bytes:
    """Equal for equal values only: 1 is neither True nor "1"."""
    return canonical(value, "persona")


def _at(data: Any, path: Path) -> Any:
    for key in path:
        data = data[key]
    return data


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
