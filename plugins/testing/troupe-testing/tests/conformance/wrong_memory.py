"""Kinds of memory that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from attrs import evolve, field, frozen

from troupe_core import PAUSE, Fact, MemorySpec, Recalled, Turn, hookimpl
from troupe_testing.conformance import MemoryConformance


@frozen
class Kept:
    facts: tuple[Fact, ...] = ()
    memories: tuple[Fact, ...] = ()
    begin: int = 0
    """Of what is in view."""
    since: int = 0


@frozen
class Delta:
    memory: Fact
    turns: int
    until: int = 0


@frozen
class Diary:
    """Shows the last pages, and searches everything by its words."""

    most: int = 60
    least: int = 10

    def start(self) -> Any:
        return Kept()

    def append(self, state: Any, items: Sequence[Fact]) -> Any:
        facts = (*state.facts, *items)
        begin = state.begin if len(facts) - state.begin <= self.most else len(facts) - self.least
        return evolve(state, facts=facts, begin=begin, since=state.since + 1)

    def window(self, state: Any) -> Sequence[Fact]:
        return state.facts[state.begin :]

    def items(self, state: Any) -> Sequence[Fact]:
        return [fact for fact in (*state.memories, *state.facts) if fact is not PAUSE]

    async def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        return best(self.items(state), query)[:k]

    async def remind(self, state: Any, news: str, k: int, turn: Any) -> Sequence[Recalled]:
        return best(state.memories, news)[:k]

    def due(self, state: Any) -> bool:
        return state.since >= 3

    async def consolidate(self, state: Any, turn: Turn[Any]) -> Delta:
        words = await turn.llm("consolidation").ask(f"What was on day {turn.number}?")
        return Delta(turn.remember(words), state.since, len(state.facts))

    def absorb(self, state: Any, delta: Delta) -> Any:
        return evolve(state, memories=(*state.memories, delta.memory), since=max(0, state.since - delta.turns))


def best(facts: Sequence[Fact], query: str) -> list[Recalled]:
    asked = {*query.split()}
    found = [Recalled(fact, float(len(asked & {*fact.content.split()}))) for fact in facts]
    return sorted((each for each in found if each.score), key=lambda each: each.score, reverse=True)


class DiaryConformance(MemoryConformance):
    turns = 4


def registering(kind: type[Any]) -> type[Any]:
    """A plugin with that kind of memory."""

    class Plugin:
        @hookimpl
        def troupe_register_memories(self) -> Iterator[MemorySpec]:
            yield MemorySpec("diary", kind)

    return Plugin


class TestRight(DiaryConformance):
    plugin = registering(Diary)
    keeps = None


class Recent(Diary):
    """Forgets what it does not show."""

    keep = 10

    def append(self, state: Any, items: Sequence[Fact]) -> Any:
        facts = (*state.facts, *items)
        return evolve(state, facts=facts[-self.keep :] if len(facts) > 2 * self.keep else facts)

    def window(self, state: Any) -> Sequence[Fact]:
        return [*state.facts]

    def due(self, state: Any) -> bool:
        return False


class TestRightIfItForgets(DiaryConformance):
    plugin = registering(Recent)


class Important(Recent):
    """Only the ten most important things, which fade."""

    def append(self, state: Any, items: Sequence[Fact]) -> Any:
        facts = [fact for fact in (*state.facts, *items) if fact is not PAUSE]
        weights = {fact.id: fact.id[0] / 8 + place for place, fact in enumerate(facts)}
        kept = sorted(weights, key=weights.__getitem__)[-self.keep :]
        return evolve(state, facts=tuple(fact for fact in facts if fact.id in kept))


class TestRightIfItKeepsWhatIsImportant(DiaryConformance):
    plugin = registering(Important)
    keeps = 0


INVENTED = Fact.of(b"", 1, "memory", "MEMORY", "Ada", "Ada", "I was born in a small town.")


# -- the laws of a life -----------------------------------------------------------------------------------------------


class Unfinished(Diary):
    due = None  # type: ignore[assignment]

    def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Any:
        return best(self.items(state), query)[:k]


class TestLacksSomething(DiaryConformance):
    fails = "test_it_has_all_of_a_memory"
    plugin = registering(Unfinished)


class Born(Diary):
    def start(self) -> Any:
        return Kept((INVENTED,))


class TestStartsWithAMemory(DiaryConformance):
    fails = "test_it_starts_empty"
    plugin = registering(Born)


class Losing(Diary):
    def append(self, state: Any, items: Sequence[Fact]) -> Any:
        return super().append(state, [fact for fact in items if not fact.content.startswith("Case 8-0")])


class TestLosesSomething(DiaryConformance):
    fails = "test_the_latest_is_kept"
    plugin = registering(Losing)


class Hasty(Diary):
    """The latest of a turn first."""

    def append(self, state: Any, items: Sequence[Fact]) -> Any:
        return super().append(state, items[::-1])


class TestTurnsItsDaysAround(DiaryConformance):
    fails = "test_what_is_kept_stands_in_the_order_in_which_it_came"
    plugin = registering(Hasty)


@frozen
class Shown(Kept):
    shown: list[Fact] = field(factory=list)


class Writing(Diary):
    """The window of a state grows with its successors."""

    def start(self) -> Any:
        return Shown()

    def append(self, state: Any, items: Sequence[Fact]) -> Any:
        after = super().append(state, items)
        if after.begin != state.begin:
            return evolve(after, shown=list(after.facts[after.begin :]))
        state.shown.extend(items)
        return after

    def window(self, state: Any) -> Sequence[Fact]:
        return list(state.shown)


class TestWritesIntoEarlierStates(DiaryConformance):
    fails = "test_no_earlier_state_changes"
    plugin = registering(Writing)


class Doubling(Diary):
    def absorb(self, state: Any, delta: Delta) -> Any:
        return super().absorb(super().absorb(state, delta), delta)


class TestKeepsWhatItFoundTwice(DiaryConformance):
    fails = "test_nothing_is_kept_twice"
    plugin = registering(Doubling)


# -- the window -------------------------------------------------------------------------------------------------------


class Inventing(Diary):
    def window(self, state: Any) -> Sequence[Fact]:
        return [*([INVENTED] if state.facts else []), *super().window(state)]


class TestShowsWhatNeverHappened(DiaryConformance):
    fails = "test_the_window_shows_what_is_kept_in_order"
    plugin = registering(Inventing)


class Endless(Diary):
    def window(self, state: Any) -> Sequence[Fact]:
        return state.facts


class TestShowsEverything(DiaryConformance):
    fails = "test_the_window_is_bounded"
    plugin = registering(Endless)


class Sliding(Diary):
    def window(self, state: Any) -> Sequence[Fact]:
        return state.facts[-20:]


class TestSlidesAlong(DiaryConformance):
    fails = "test_the_window_mostly_grows_at_its_end_alone"
    plugin = registering(Sliding)


# -- remembering ------------------------------------------------------------------------------------------------------


class Blank(Diary):
    async def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        return []


class TestFindsNothing(DiaryConformance):
    fails = "test_recall_finds_what_was_said_in_the_same_words"
    plugin = registering(Blank)


class Overflowing(Diary):
    async def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        return best(self.items(state), query)


class TestRecallsEverything(DiaryConformance):
    fails = "test_recall_gives_no_more_than_it_is_asked_for"
    plugin = registering(Overflowing)


class Backwards(Diary):
    async def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        return best(self.items(state), query)[:k][::-1]


class TestRecallsTheWeakestFirst(DiaryConformance):
    fails = "test_recall_gives_the_strongest_first"
    plugin = registering(Backwards)


class Dreaming(Diary):
    async def recall(self, state: Any, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        found = best(self.items(state), query)[:k]
        return [*found[:-1], Recalled(INVENTED, 0.0)] if k > 1 else found


class TestRecallsWhatNeverHappened(DiaryConformance):
    fails = "test_recall_gives_only_what_is_kept"
    plugin = registering(Dreaming)


class Repeating(Diary):
    async def remind(self, state: Any, news: str, k: int, turn: Any) -> Sequence[Recalled]:
        return best(self.items(state), news)[:k]


class TestRemindsOfWhatIsShown(DiaryConformance):
    fails = "test_nobody_is_reminded_of_what_the_window_shows"
    plugin = registering(Repeating)


class Insistent(Diary):
    async def remind(self, state: Any, news: str, k: int, turn: Any) -> Sequence[Recalled]:
        return best(state.memories, news)


class TestRemindsOfEverything(DiaryConformance):
    fails = "test_remind_gives_no_more_than_it_is_asked_for"
    plugin = registering(Insistent)


# -- episodes ---------------------------------------------------------------------------------------------------------


class Counting(Diary):
    def due(self, state: Any) -> Any:
        return state.since // 3


class TestAnswersWithANumber(DiaryConformance):
    fails = "test_whether_an_episode_is_over_is_a_plain_question"
    plugin = registering(Counting)


class Overwriting(Diary):
    def absorb(self, state: Any, delta: Delta) -> Any:
        return super().absorb(evolve(state, facts=state.facts[: delta.until]), delta)


class TestForgetsWhatHappenedMeanwhile(DiaryConformance):
    fails = "test_absorbing_keeps_what_has_happened_meanwhile"
    plugin = registering(Overwriting)


# -- a journal --------------------------------------------------------------------------------------------------------


@frozen
class Loose(Kept):
    tags: Any = attrs.field(default=("a", "b"))


class Untyped(Diary):
    def start(self) -> Any:
        return Loose()


class TestHasAStateThatComesBackAsAnotherOne(DiaryConformance):
    fails = "test_it_comes_back_from_a_journal"
    plugin = registering(Untyped)
