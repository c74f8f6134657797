"""Lives that are made up, and what can be seen of a memory while somebody lives them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import pairwise, takewhile
from typing import Any, TypeAlias, TypeVar

from troupe_core import PAUSE, Fact, TinyMentalFaculty, Turn, action

T = TypeVar("T")
Deed: TypeAlias = Callable[[Any, Turn[Any]], Awaitable[T]]
"""Something that is done with a kind of memory in the middle of a turn."""


class Doing(TinyMentalFaculty, name="doing_what_a_test_wants"):
    """You can do what a test wants."""

    def __init__(self, deed: Deed[Any]) -> None:
        super().__init__()
        self.deed, self.memory, self.results = deed, None, list[Any]()

    @action
    async def do_it(self, turn: Turn[Any]) -> None:
        """do it."""
        self.results.append(await self.deed(self.memory, turn))


_THINGS = ("a heron", "the blue kettle", "my uncle's violin", "the ferry", "an old map", "the baker", "a locked door")
_WORDS = ("quarry", "saffron", "thunder", "meadow", "copper", "violet", "harbour", "winter", "marble", "嵐の夜")


def day(number: int) -> list[Fact]:
    """The facts of one turn of a life that is made up."""
    facts = [
        Fact.of(b"", number * 10 + place, "stimulus", "CONVERSATION", "Ada", "Ben", _remark(number, place))
        for place in range(number % 3 + 1)
    ]
    said = Fact.of(b"", number * 10 + 9, "action", "TALK", "Ada", "Ada", f"I have heard of case {number}", turn=number)
    return [*facts, said, PAUSE]


def _remark(number: int, place: int) -> str:
    thing, word = _THINGS[(number + place) % len(_THINGS)], _WORDS[(number * 3 + place) % len(_WORDS)]
    return f"Case {number}-{place}: {thing} was seen near the {word}, and somebody told us of {_THINGS[number % 5]}"


def a_life(days: int, look: Callable[[Any, Any], T]) -> Deed[list[T]]:
    """What is seen after each of so many turns; episodes are consolidated when they are over."""

    async def deed(kind: Any, turn: Turn[Any]) -> list[T]:
        seen, state = [], kind.start()
        for number in range(days):
            state = await _digested(kind, kind.append(state, day(number)), turn)
            seen.append(look(kind, state))
        return seen

    return deed


async def later(kind: Any, turn: Turn[Any], days: int) -> Any:
    """The memory of somebody who has lived so long."""
    states = await a_life(days, lambda kind, state: state)(kind, turn)
    return states[-1]


async def _digested(kind: Any, state: Any, turn: Turn[Any]) -> Any:
    delta = await kind.consolidate(state, turn) if kind.due(state) else None
    return state if delta is None else kind.absorb(state, delta)


def without_omitted(facts: Iterable[Fact]) -> list[Fact]:
    """Without what stands for others."""
    return [fact for fact in facts if fact is not PAUSE and fact.type != "OMITTED"]


def ids_of(facts: Iterable[Fact]) -> list[bytes]:
    return [fact.id for fact in facts if fact is not PAUSE]


def seen_of(kind: Any, state: Any) -> object:
    """Everything that can be seen of a state."""
    return ids_of(kind.items(state)), [fact.id for fact in kind.window(state)], kind.due(state)


def size_of(facts: Iterable[Fact]) -> int:
    return sum(len(fact.content) + 40 for fact in facts)


def paid_anew(windows: Sequence[Sequence[Fact]]) -> int:
    """Characters that were shown before, and stand behind something that has changed: no provider knows them there."""
    paid = 0
    for before, after in pairwise(windows):
        same = sum(1 for _ in takewhile(lambda pair: pair[0].id == pair[1].id, zip(before, after, strict=False)))
        known = {fact.id for fact in before}
        paid += size_of(fact for fact in after[same:] if fact.id in known and fact is not PAUSE)
    return paid
