"""Kinds of memory that learn or forget wrongly in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve, field, frozen

from troupe_core import PAUSE, Fact, MemorySpec, Recalled, hookimpl
from troupe_testing.conformance import MalleableMemoryConformance


@frozen
class Kept:
    facts: tuple[Fact, ...] = ()
    known: tuple[Fact, ...] = ()


@frozen
class Schooled:
    """Shows the last things, and searches everything by its words."""

    most: int = 60

    def start(self) -> Any:
        return Kept()

    def append(self, state: Any, items: Sequence[Fact]) -> Any:
        facts = (*state.facts, *items)
        return evolve(state, facts=facts if len(facts) <= 2 * self.most else facts[-self.most :])

    def window(self, state: Any) -> Sequence[Fact]:
        return list(state.facts)

    def items(self, state: Any) -> Sequence[Fact]:
        return [fact for fact in (*state.known, *state.facts) if fact is not PAUSE]

    async def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        asked = {*query.split()}
        found = [Recalled(fact, float(len(asked & {*fact.content.split()}))) for fact in self.items(state)]
        return sorted((each for each in found if each.score), key=lambda each: each.score, reverse=True)[:k]

    async def remind(self, state: Any, news: str, k: int, turn: Any) -> Sequence[Recalled]:
        return []

    def due(self, state: Any) -> bool:
        return False

    async def consolidate(self, state: Any, turn: Any) -> None:
        return None

    def absorb(self, state: Any, delta: None) -> Any:
        return state

    def learn(self, state: Any, facts: Sequence[Fact]) -> Any:
        new = tuple(fact for fact in facts if fact.id not in {known.id for known in state.known})
        return evolve(state, known=(*state.known, *new)) if new else state

    def forget(self, state: Any, gone: Any) -> Any:
        left = Kept(*(tuple(fact for fact in kept if fact.id not in gone) for kept in (state.facts, state.known)))
        return left if left != state else state


class SchooledConformance(MalleableMemoryConformance):
    turns = 4


def registering(kind: type[Any]) -> type[Any]:
    """A plugin with that kind of memory."""

    class Plugin:
        @hookimpl
        def troupe_register_memories(self) -> Iterator[MemorySpec]:
            yield MemorySpec("schooled", kind)

    return Plugin


class TestRight(SchooledConformance):
    plugin = registering(Schooled)


class Distracted(Schooled):
    """Learns the first half of it."""

    def learn(self, state: Any, facts: Sequence[Fact]) -> Any:
        return super().learn(state, facts[: 1 + len(facts) // 2])


class TestLearnsHalfOfIt(SchooledConformance):
    fails = "test_what_is_learnt_is_kept"
    plugin = registering(Distracted)


class Reciting(Schooled):
    def window(self, state: Any) -> Sequence[Fact]:
        return [*state.known, *state.facts]


class TestRecitesWhatItKnows(SchooledConformance):
    fails = "test_what_is_learnt_is_never_in_view"
    plugin = registering(Reciting)


class Mute(Schooled):
    async def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        return await super().recall(evolve(state, known=()), query, k, turn)


class TestDoesNotRecallWhatItKnows(SchooledConformance):
    fails = "test_what_is_learnt_is_recalled"
    plugin = registering(Mute)


class Diligent(Schooled):
    def learn(self, state: Any, facts: Sequence[Fact]) -> Any:
        return evolve(super().learn(state, facts))


class TestIsAnotherAfterReadingAgain(SchooledConformance):
    fails = "test_what_is_known_is_not_learnt_again"
    plugin = registering(Diligent)


class Stubborn(Schooled):
    """What it was taught it does not forget."""

    def forget(self, state: Any, gone: Any) -> Any:
        return super().forget(state, gone - {fact.id for fact in state.known})


class TestDoesNotForgetWhatItKnows(SchooledConformance):
    fails = "test_what_is_forgotten_is_nowhere_and_the_rest_is_kept"
    plugin = registering(Stubborn)


class Restless(Schooled):
    def forget(self, state: Any, gone: Any) -> Any:
        return evolve(super().forget(state, gone))


class TestIsAnotherAfterForgettingNothing(SchooledConformance):
    fails = "test_who_forgets_nothing_is_the_same"
    plugin = registering(Restless)


@frozen
class Scribbling(Schooled):
    """Notes what was forgotten beside all states."""

    _gone: set[bytes] = field(factory=set, init=False, eq=False, repr=False)

    def items(self, state: Any) -> Sequence[Fact]:
        return [fact for fact in super().items(state) if fact.id not in self._gone]

    def forget(self, state: Any, gone: Any) -> Any:
        self._gone.update(gone)
        return super().forget(state, gone)


class TestWritesIntoEarlierStates(SchooledConformance):
    fails = "test_neither_changes_an_earlier_state"
    plugin = registering(Scribbling)
