"""What holds for a kind of memory that can be given something to know, and from which something can be taken."""

from __future__ import annotations

from typing import Any

from troupe_core import Fact, Turn
from troupe_testing.conformance.lives import day, ids_of, later, seen_of
from troupe_testing.conformance.memory import MemoryConformance
from troupe_testing.conformance.memory_stage import MemoryStage

TOLD = [
    Fact.of(b"", number, "memory", "KNOWLEDGE", "", "almanac.md", f"Lantern {number} hangs over door {number * 7}")
    for number in range(30)
]
"""Nobody has lived this."""

DAYS = 20


class MalleableMemoryConformance(MemoryConformance):
    """The same as `MemoryConformance`, and what a memory with `learn` and `forget` has to keep to besides."""

    def test_what_is_learnt_is_kept(self, stage: MemoryStage) -> None:
        """Also when somebody lives on."""

        async def deed(kind: Any, turn: Turn[Any]) -> set[bytes]:
            state = kind.learn(await later(kind, turn, DAYS), TOLD)
            for number in range(DAYS, 2 * DAYS):
                state = kind.append(state, day(number))
            return {*ids_of(TOLD)} - {*ids_of(kind.items(state))}

        lost = self._in_a_turn(stage, deed)
        assert not lost, f"of {len(TOLD)} facts that were learnt, {len(lost)} are not kept"

    def test_what_is_learnt_is_never_in_view(self, stage: MemoryStage) -> None:
        """It was not lived, and would flood the prompt."""

        async def deed(kind: Any, turn: Turn[Any]) -> set[bytes]:
            state = kind.learn(await later(kind, turn, DAYS), TOLD)
            return {fact.id for fact in kind.window(state)} & {*ids_of(TOLD)}

        shown = self._in_a_turn(stage, deed)
        assert not shown, f"of {len(TOLD)} facts that were learnt, the window shows {len(shown)}"

    def test_what_is_learnt_is_recalled(self, stage: MemoryStage) -> None:
        """By its own words."""

        async def deed(kind: Any, turn: Turn[Any]) -> bool:
            state = kind.learn(await later(kind, turn, DAYS), TOLD)
            found = await kind.recall(state, TOLD[3].content, 10, turn)
            return TOLD[3].id in [recalled.fact.id for recalled in found]

        assert self._in_a_turn(stage, deed), f"asked for {TOLD[3].content!r}, which was learnt, recall does not find it"

    def test_what_is_known_is_not_learnt_again(self, stage: MemoryStage) -> None:
        """Whoever reads the same twice is the same person."""

        async def deed(kind: Any, turn: Turn[Any]) -> bool:
            state = kind.learn(await later(kind, turn, DAYS), TOLD)
            return kind.learn(state, TOLD[5:9]) is state

        assert self._in_a_turn(stage, deed), "learn() gives another state when all of it was known: return the same one"

    def test_what_is_forgotten_is_nowhere_and_the_rest_is_kept(self, stage: MemoryStage) -> None:
        """Among the items, in the window, or to be recalled."""

        async def deed(kind: Any, turn: Turn[Any]) -> bool:
            state = kind.learn(await later(kind, turn, DAYS), TOLD)
            kept, words = ids_of(kind.items(state)), kind.items(state)[0].content
            after = kind.forget(state, frozenset(kept[::3]))
            seen = [*ids_of(kind.window(after)), *(r.fact.id for r in await kind.recall(after, words, 10, turn))]
            return ids_of(kind.items(after)) == [id for id in kept if id not in kept[::3]] and not {*seen} & {
                *kept[::3]
            }

        assert self._in_a_turn(stage, deed), "after forget(), something that is gone is still there, or more is gone"

    def test_who_forgets_nothing_is_the_same(self, stage: MemoryStage) -> None:
        """What nobody remembers cannot be forgotten."""

        async def deed(kind: Any, turn: Turn[Any]) -> bool:
            state = await later(kind, turn, DAYS)
            return kind.forget(state, frozenset(ids_of(TOLD))) is state

        assert self._in_a_turn(stage, deed), "forget() gives another state when nothing is gone: return the same one"

    def test_neither_changes_an_earlier_state(self, stage: MemoryStage) -> None:
        """A state is a value."""

        async def deed(kind: Any, turn: Turn[Any]) -> bool:
            state = await later(kind, turn, DAYS)
            seen = [(state, seen_of(kind, state))]
            for change, given in ((kind.learn, TOLD), (kind.forget, frozenset([TOLD[0].id]))):
                state = change(state, given)
                seen.append((state, seen_of(kind, state)))
            return all(seen_of(kind, state) == before for state, before in seen)

        assert self._in_a_turn(stage, deed), "an earlier state has changed: return another value, and change nothing"
