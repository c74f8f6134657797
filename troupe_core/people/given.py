"""Faculties and tools as they are given to a person: by name, or as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from troupe_core.errors import ArgumentError, PluginError
from troupe_core.people.faculty import TinyMentalFaculty
from troupe_core.people.state import NO_SLICES
from troupe_core.people.tool import TinyTool
from troupe_core.records import TOOL

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.simulation import Simulation


CONVERSATION = "conversation"
"""The faculty that everybody has."""


def faculty_named(simulation: Simulation, given: Any) -> str:
    """The name of a faculty in this simulation's runtime, which takes in one that is given as an object."""
    if isinstance(given, str):
        made = simulation.runtime.faculty(given)
        if not isinstance(made, TinyMentalFaculty):
            raise PluginError(f"the faculty {given!r} is no TinyMentalFaculty: its factory makes {made!r}")
        return given
    kind = given if isinstance(given, type) else type(given)
    if not issubclass(kind, TinyMentalFaculty):
        raise ArgumentError(f"a mental faculty is a name or a TinyMentalFaculty, not {given!r}")
    if issubclass(kind, TinyTool):
        raise ArgumentError(f"{kind.__qualname__} is a tool: give it as tools=[…], not among the mental faculties")
    return simulation.runtime.lend(given)


def tool_named(simulation: Simulation, given: Any) -> str:
    """The same for a tool."""
    if isinstance(given, str):
        name = given if given.startswith(TOOL) else TOOL + given
        made = simulation.runtime.faculty(name)
        if not isinstance(made, TinyTool):
            raise PluginError(f"the tool {given!r} is no TinyTool: its factory makes {made!r}")
        return name
    kind = given if isinstance(given, type) else type(given)
    if not issubclass(kind, TinyTool):
        raise ArgumentError(f"a tool is a name or a TinyTool, not {given!r}")
    return simulation.runtime.lend(given)


def fresh_slices(runtime: Runtime, faculties: Iterable[str]) -> Mapping[str, Any]:
    """What each of them keeps for somebody who has just got it."""
    kept = {each: runtime.faculty(each).start() for each in faculties}
    slices = {each: value for each, value in kept.items() if value is not None}
    return MappingProxyType(slices) if slices else NO_SLICES


def several(given: Any, argument: str) -> list[Any]:
    """A list of them, and no text that would pass for a list of its letters."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ArgumentError(f"{argument} is a list; write [{given!r}]")
    return list(given)
