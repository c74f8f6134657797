"""What has happened in a simulation, in logical order: the order in which things were asked for, not that in which they
came to an end. Two people who act at the same time stand in it as their calls were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from troupe_core.events import Fact


class Passage(list[Fact]):
    """The facts of one call, at the place that was kept for them when it began."""

    __slots__ = ()


class Chronicle(Sequence[Fact]):
    """All facts, as passages."""

    def __init__(self) -> None:
        self._passages: list[Passage] = []
        self._plain: Passage | None = None

    def begin(self) -> Passage:
        """Keep a place for what a call will bring."""
        passage = Passage()
        self._passages.append(passage)
        self._plain = None
        return passage

    def add(self, facts: Iterable[Fact]) -> None:
        """What happens at once."""
        plain = self._plain
        if plain is None:
            plain = self.begin()
            self._plain = plain
        plain.extend(facts)

    def clear(self) -> None:
        self._passages.clear()
        self._plain = None

    def __iter__(self) -> Iterator[Fact]:
        for passage in list(self._passages):
            yield from passage

    def __len__(self) -> int:
        return sum(map(len, self._passages))

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> list[Fact]: ...
    def __getitem__(self, place: int | slice) -> Fact | list[Fact]:
        return list(self)[place]

    def __repr__(self) -> str:
        return f"<{len(self)} facts>"
