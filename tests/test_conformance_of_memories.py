"""The memory that everybody has keeps to what every kind of memory has to keep to."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import EpisodicMemory, MemorySpec, hookimpl
from troupe_testing.conformance import MalleableMemoryConformance


class Remembering:
    """Registers it as a plugin would."""

    @hookimpl
    def troupe_register_memories(self) -> Iterator[MemorySpec]:
        yield MemorySpec("remembering", EpisodicMemory)


class TestEpisodicMemory(MalleableMemoryConformance):
    plugin = Remembering


class TestSmallEpisodicMemory(MalleableMemoryConformance):
    """One whose window is cut, whose episodes end and whose oldest things are forgotten all the time."""

    plugin = Remembering
    settings = {"window_size": 6_000, "keep": 500, "episode": 3, "capacity": 100}  # noqa: RUF012
    bound = 7_000
