"""What has happened in a simulation, in logical order: the order in which things were asked for, not that in which they
came to an end. Two people who act at the same time stand in it as their calls were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from troupe_core.events import Fact
from troupe_core.simulation.transaction import Outcome


class Passage(list[Fact]):
    """The facts of one call, at the place that was kept for them when it began."""

    __slots__ = ("number", "outcomes", "saved")

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.outcomes: list[bytes] = []
        """The keys of outcomes that came in since the last commit."""
        self.saved = 0
        """How many of the facts last already."""

    def take(self, outcome: Outcome) -> None:
        """What came of a transaction."""
        self.extend(outcome.facts)
        if outcome.key:
            self.outcomes.append(outcome.key)

    def cut(self, length: int) -> None:
        """Keep only so many facts: the others were rolled back, and so were the outcomes that do not last yet."""
        del self[length:]
        self.outcomes.clear()

    def unsaved(self) -> tuple[list[Fact], list[bytes]]:
        """What has not been made to last yet: facts, and keys of outcomes."""
        return self[self.saved :] if self.saved else list(self), list(self.outcomes)

    def settle(self) -> None:
        """All of it lasts now."""
        self.saved = len(self)
        self.outcomes.clear()


class Chronicle(Sequence[Fact]):
    """All facts, as passages."""

    def __init__(self) -> None:
        self._passages: list[Passage] = []
        self._plain: Passage | None = None
        """The last passage, as long as it has nothing but what happens at once."""
        self._made = 0
        self._earlier: Callable[[], list[Fact]] | None = None
        """Reads what came before from the journal, until somebody has needed it."""

    def preceded_by(self, earlier: Callable[[], list[Fact]], passages: int) -> None:
        """So many passages came before, and are read when somebody asks for them."""
        self._earlier = earlier
        self._made = passages

    @property
    def begun(self) -> int:
        """How many passages there have been."""
        return self._made

    def begin(self) -> Passage:
        """Keep a place for what a call will bring."""
        self._made += 1
        passage = Passage(self._made)
        self._passages.append(passage)
        self._plain = None
        return passage

    def add(self, facts: Iterable[Fact]) -> Passage:
        """Put down what happens at once."""
        plain = self._plain
        if plain is None:
            plain = self.begin()
            self._plain = plain
        plain.extend(facts)
        return plain

    def clear(self) -> None:
        self._passages.clear()
        self._plain = self._earlier = None

    def __iter__(self) -> Iterator[Fact]:
        self._read_earlier()
        for passage in list(self._passages):
            yield from passage

    def __reversed__(self) -> Iterator[Fact]:
        self._read_earlier()
        for passage in reversed(self._passages):
            yield from reversed(passage)

    def __len__(self) -> int:
        self._read_earlier()
        return sum(map(len, self._passages))

    def _read_earlier(self) -> None:
        earlier, self._earlier = self._earlier, None
        if earlier is not None:
            past = Passage(0)
            past.extend(earlier())
            past.saved = len(past)
            self._passages.insert(0, past)

    def shared(self) -> Chronicle:
        """The same past, for a fork: passages that are over are of both."""
        self._plain = None
        made = Chronicle()
        made._earlier, made._made = self._earlier, self._made
        made._passages = list(self._passages)
        return made

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> list[Fact]: ...
    def __getitem__(self, place: int | slice) -> Fact | list[Fact]:
        return list(self)[place]

    def __repr__(self) -> str:
        return f"<{len(self)} facts>"
