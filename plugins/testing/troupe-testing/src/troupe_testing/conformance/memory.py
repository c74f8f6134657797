"""What holds for every kind of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import attrs
import pytest

from troupe_core import (
    PAUSE,
    Call,
    Fact,
    LLMRequest,
    MemorySpec,
    PluginError,
    Recalled,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    TroupeError,
    Turn,
)
from troupe_core.records import Record
from troupe_testing.conformance.lives import (
    Deed,
    Doing,
    a_life,
    day,
    ids_of,
    later,
    paid_anew,
    seen_of,
    size_of,
    without_omitted,
)
from troupe_testing.conformance.memory_stage import MemoryStage
from troupe_testing.conformance.plugin import PluginConformance
from troupe_testing.conformance.stage import Stage
from troupe_testing.scripted import Answer, do, quiet, talk, turn

T = TypeVar("T")

LONG, SHORT, FEW = 400, 60, 5
TRIFLE = 3
"""A window may cost so many times what the turns themselves bring, however small it is."""


class MemoryConformance(PluginConformance):
    """What a kind of memory has to keep to. Subclass it in its tests, and say which one it is:

        class TestDiary(MemoryConformance):
            plugin = "troupe_memory_diary"
            settings = {"capacity": 500}
            keeps = 10          # of the latest turns it forgets nothing
            bound = 20_000      # characters that the window may have
            turns = 30          # if an episode has more than 12

    Its laws are tried on lives that are made up, and people of small studies live with it. Give `answer` if what it
    asks a model, to consolidate an episode, is not to be answered with `{"memories": […]}`.
    """

    kind: ClassVar[type[Record] | None] = MemorySpec
    keeps: ClassVar[int | None] = 1
    """Of so many turns, the latest, it keeps everything, word for word. None: of all. 0: of none, as a memory that
    keeps what is important and forgets the rest at once. What it has forgotten, beyond that, nobody misses.
    """
    bound: ClassVar[int | None] = None
    """Characters that the window may have. If nothing is said, it may have half as many again after 400 turns as it
    had at most in the first 200."""
    turns: ClassVar[int] = 12
    """So many turns the people of a study live: enough for an episode to end, and to be consolidated."""

    @pytest.fixture
    def stage(self, make_runtime: Callable[..., Runtime], table: Mapping[str, Any]) -> MemoryStage:
        if self.plugin is None:
            raise PluginError(f"say which plugin it is, as {type(self).__name__}.plugin = …")
        return MemoryStage(self.plugin, table, make_runtime, self.kind, self.name)

    def answer(self, request: LLMRequest, call: Call) -> Answer:
        """What a model answers when the memory itself asks it something."""
        if call.purpose == "consolidation":
            return {"memories": [f"On day {call.turn} I learned that the lantern was number {call.ordinal}."]}
        return quiet(request, call)

    def script(self, request: LLMRequest, call: Call) -> Answer:
        """What the model answers while people live with it."""
        if call.purpose != "turn":
            return self.answer(request, call)
        return turn(talk(f"This is what {call.person} has to say, for the time number {call.turn}."))

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        """Two people who hear and answer each other until an episode is over."""
        return self._lived(stage, runtime)

    # -- the laws of a life -------------------------------------------------------------------------------------------

    def test_it_has_all_of_a_memory(self, stage: MemoryStage) -> None:
        """There is no base class: it has every method of the protocol `Memory`, async where that is."""
        missing = stage.missing()
        assert not missing, f"a kind of memory has all methods of troupe_core.Memory; this one has {', '.join(missing)}"

    def test_it_starts_empty(self, stage: Stage) -> None:
        """Who has not lived yet remembers nothing."""
        kind = stage.make(stage.runtime())
        state = kind.start()
        kept = [*kind.items(state), *kind.window(state)]
        assert not kept, f"at the start it keeps, or shows, {kept}"

    def test_the_latest_is_kept(self, stage: Stage) -> None:
        """`items` has each of the facts of the last turns; of how many, `keeps` says."""
        if self.keeps == 0:
            pytest.skip("it may forget anything at once")

        def lost(kind: Any, state: Any, number: int) -> list[Fact]:
            begin = 0 if self.keeps is None else max(0, number + 1 - self.keeps)
            kept = {*ids_of(kind.items(state))}
            return [fact for each in range(begin, number + 1) for fact in _told(day(each)) if fact.id not in kept]

        found = [(number, each) for number, facts in enumerate(self._grown(stage, lost)) for each in facts]
        assert not found, (
            f"after turn {found[0][0]}, {found[0][1].content!r} is not among the items: keep everything of the latest "
            f"turns, or say of how many (keeps is {self.keeps}; 0, if it keeps what is important)"
        )

    def test_what_is_kept_stands_in_the_order_in_which_it_came(self, stage: Stage) -> None:
        """Of what was appended, `items` has the older before the newer, whatever is forgotten between them."""
        lived = {fact.id: place for place, fact in enumerate(_told(fact for n in range(SHORT) for fact in day(n)))}

        def places(kind: Any, state: Any, number: int) -> list[int]:
            return [lived[id] for id in ids_of(kind.items(state)) if id in lived]

        mixed = [number for number, found in enumerate(self._grown(stage, places)) if found != sorted(found)]
        assert not mixed, f"after turn {mixed[0]}, the items do not stand in the order in which they were appended"

    def test_no_earlier_state_changes(self, stage: Stage) -> None:
        """A state is a value: neither appending, nor consolidating, nor absorbing changes one that was there before."""

        async def deed(kind: Any, turn: Turn[Any]) -> list[bool]:
            states = [kind.start()]
            seen = [seen_of(kind, states[0])]
            for number in range(SHORT):
                state = kind.append(states[-1], day(number))
                delta = await kind.consolidate(state, turn) if kind.due(state) else None
                for each in (state, *([kind.absorb(state, delta)] if delta is not None else [])):
                    states.append(each)
                    seen.append(seen_of(kind, each))
            return [seen_of(kind, state) == before for state, before in zip(states, seen, strict=True)]

        same = self._in_a_turn(stage, deed)
        assert all(same), (
            "an earlier state has changed when somebody lived on: return another value, and change nothing"
        )

    def test_nothing_is_kept_twice(self, stage: Stage) -> None:
        """After an episode was consolidated the memory is larger by what was found, and by nothing else."""
        kept = self._in_a_turn(stage, a_life(SHORT, lambda kind, state: ids_of(kind.items(state))))[-1]
        doubled = len(kept) - len({*kept})
        assert not doubled, f"{doubled} of {len(kept)} items are kept more than once"

    # -- the window ---------------------------------------------------------------------------------------------------

    def test_the_window_shows_what_is_kept_in_order(self, stage: Stage) -> None:
        """Nothing else is in a prompt, but for one fact of the type OMITTED that stands for what is left out."""

        def wrong(kind: Any, state: Any) -> list[str]:
            items = iter(ids_of(kind.items(state)))
            return [
                fact.content for fact in without_omitted(kind.window(state)) if fact.id not in items
            ]  # it moves along

        found = [each for step in self._in_a_turn(stage, a_life(SHORT, wrong)) for each in step]
        assert not found, f"the window shows {found[0]!r}, which is not kept, or not there" if found else ""

    def test_the_window_is_bounded(self, stage: Stage) -> None:
        """However long somebody lives, the prompt does not grow on."""
        sizes = self._in_a_turn(stage, a_life(LONG, lambda kind, state: size_of(kind.window(state))))
        bound = self.bound if self.bound is not None else max(sizes[: LONG // 2]) * 3 // 2
        assert max(sizes) <= bound, (
            f"after {LONG} turns the window has had {max(sizes)} characters, and may have {bound}: let it shrink, or "
            "set bound"
        )

    def test_the_window_mostly_grows_at_its_end_alone(self, stage: Stage) -> None:
        """Everything behind a change is paid for anew: a window shrinks rarely, and then by much. What is paid anew is
        at most a tenth of what is shown; or, in a small window, little beside what the turns themselves bring.
        """
        shown = self._in_a_turn(stage, a_life(LONG, lambda kind, state: list(kind.window(state))))
        anew, all_of_it = paid_anew(shown), sum(map(size_of, shown))
        trifle = TRIFLE * sum(size_of(day(number)) for number in range(LONG))
        assert anew <= max(all_of_it // 10, trifle), (
            f"in {LONG} turns the window has shown {all_of_it} characters, and {anew} of them are paid for anew, since "
            "something before them was changed; cut it by much at once, and rarely"
        )

    # -- remembering --------------------------------------------------------------------------------------------------

    def test_recall_finds_what_was_said_in_the_same_words(self, stage: Stage) -> None:
        """A fact that is kept is among the first that its own words bring to mind."""
        fact, found = self._recalled(stage, FEW)
        ids = [recalled.fact.id for recalled in found]
        assert fact.id in ids, f"asked for {fact.content!r}, which is kept, in just these words, it does not find it"

    def test_recall_gives_no_more_than_it_is_asked_for(self, stage: Stage) -> None:
        """Up to `k` facts, also if that is one."""
        many = {k: len(self._recalled(stage, k)[1]) for k in (1, 3)}
        assert all(count <= k for k, count in many.items()), f"asked for {[*many]} facts, it gives {[*many.values()]}"

    def test_recall_gives_the_strongest_first(self, stage: Stage) -> None:
        """Whoever looks at the first few has the best."""
        scores = [recalled.score for recalled in self._recalled(stage, 10)[1]]
        assert scores == sorted(scores, reverse=True), f"the scores are {scores}: the strongest comes first"

    def test_recall_gives_only_what_is_kept(self, stage: Stage) -> None:
        """Nobody remembers what is nowhere in the memory."""

        async def deed(kind: Any, turn: Turn[Any]) -> list[str]:
            state = await later(kind, turn, SHORT)
            kept = {*ids_of(kind.items(state))}
            found = await kind.recall(state, day(7)[0].content, 10, turn)
            return [recalled.fact.content for recalled in found if recalled.fact.id not in kept]

        strange = self._in_a_turn(stage, deed)
        assert not strange, f"recall gives {strange[0] if strange else ''!r}, which is not among the items"

    def test_nobody_is_reminded_of_what_the_window_shows(self, stage: Stage) -> None:
        """It stands in the prompt already."""
        doubled = [content for _, shown in self._reminded(stage) for content in shown]
        assert not doubled, f"remind gives {doubled[0] if doubled else ''!r}, which the window shows"

    def test_remind_gives_no_more_than_it_is_asked_for(self, stage: Stage) -> None:
        """Up to `k` facts, in each turn."""
        most = max((count for count, _ in self._reminded(stage)), default=0)
        assert most <= 2, f"asked for 2 facts, remind gives {most}"

    def _recalled(self, stage: Stage, k: int) -> tuple[Fact, Sequence[Recalled]]:
        """Something of the middle of what is kept, and what its own words bring to mind."""

        async def deed(kind: Any, turn: Turn[Any]) -> tuple[Fact, Sequence[Recalled]] | None:
            state = await later(kind, turn, SHORT)
            kept = _told(kind.items(state))
            if not kept:
                return None
            heard = [each for each in kept if each.kind == "stimulus"] or kept
            fact = heard[len(heard) // 2]
            return fact, await kind.recall(state, fact.content, k, turn)

        found = self._in_a_turn(stage, deed)
        if found is None:
            pytest.skip("it keeps nothing")
        return found

    def _reminded(self, stage: Stage) -> list[tuple[int, list[str]]]:
        """Of news in the words of every turn, two at a time: how many come to mind, and which of them are shown."""

        async def deed(kind: Any, turn: Turn[Any]) -> list[tuple[int, list[str]]]:
            state = await later(kind, turn, SHORT)
            shown = {fact.id for fact in kind.window(state)}
            out = []
            for news in (fact.content for fact in [*kind.items(state)]):
                found = [recalled.fact for recalled in await kind.remind(state, news, 2, turn)]
                out.append((len(found), [fact.content for fact in found if fact.id in shown]))
            return out

        return self._in_a_turn(stage, deed)

    # -- episodes -----------------------------------------------------------------------------------------------------

    def test_whether_an_episode_is_over_is_a_plain_question(self, stage: Stage) -> None:
        """`due` is asked often: it says True or False, says the same when it is asked again, and changes nothing."""

        def asked(kind: Any, state: Any) -> bool:
            before = ids_of(kind.items(state))
            answers = [kind.due(state), kind.due(state)]
            return (
                {type(each) for each in answers} == {bool}
                and len({*answers}) == 1
                and ids_of(kind.items(state)) == before
            )

        plain = self._in_a_turn(stage, a_life(SHORT, asked))
        assert all(plain), "due() answers with something else than True or False, or differently when asked again"

    def test_absorbing_keeps_what_has_happened_meanwhile(self, stage: Stage) -> None:
        """A person lives on while an episode is consolidated; `absorb` touches only what the delta names."""

        if self.keeps == 0:
            pytest.skip("it may forget anything at once")

        async def deed(kind: Any, turn: Turn[Any]) -> tuple[list[bytes], list[bytes]] | None:
            state = kind.start()
            for number in range(SHORT):
                state = kind.append(state, day(number))
                if kind.due(state):
                    break
            delta = await kind.consolidate(state, turn)
            if delta is None:
                return None
            for number in range(SHORT, SHORT + FEW):
                state = kind.append(state, day(number))
            before, after = (ids_of(kind.items(each)) for each in (state, kind.absorb(state, delta)))
            return [id for id in before if id in meanwhile], [id for id in after if id in meanwhile]

        meanwhile = {id for number in range(SHORT, SHORT + FEW) for id in ids_of(day(number))}
        found = self._in_a_turn(stage, deed)
        if found is None:
            pytest.skip("an episode leaves nothing behind")
        before, after = found
        assert after == before, f"of {len(before)} things that happened meanwhile, {len(after)} are kept in order"

    # -- a journal ----------------------------------------------------------------------------------------------------

    def test_it_comes_back_from_a_journal(self, stage: Stage, tmp_path: Path) -> None:
        """States, and what episodes leave behind, are recorded by their fields or as the memory packs them. Resumed,
        people remember the same; run again, the same program finds everything, and asks no model.
        """
        path = tmp_path / "study.db"
        first = _tried(lambda: self._lived(stage, stage.runtime(self.script), path))
        resumed = _tried(lambda: self._resumed(stage, path))
        runtime: Any = stage.runtime(self.script)
        again = _tried(lambda: self._lived(stage, runtime, path))
        found = (resumed, again, runtime.model_under_test.calls)
        assert found == (first, first, 0), (
            f"what people remember does not survive a journal: the study came to {first}; resumed, run again, and in "
            f"calls of a model it is {found}"
        )

    def _lived(self, stage: Stage, runtime: Runtime, path: Path | None = None) -> Remembered:
        """What a small study came to."""
        simulation = Simulation(path, runtime=runtime, seed=7)
        try:
            kinds = [(name, runtime.memory(stage.record_name())) for name in ("Ada", "Ben")]
            people = [TinyPerson(name, memory=kind, simulation=simulation) for name, kind in kinds]
            world = TinyWorld("The room", people, simulation=simulation)
            world.broadcast("Somebody has found a lantern.")
            world.run(self.turns)
            simulation.end()
            return _remembered(simulation)
        finally:
            simulation.close()

    def _resumed(self, stage: Stage, path: Path) -> Remembered:
        simulation = Simulation.resume(path, runtime=stage.runtime(self.script))
        try:
            return _remembered(simulation)
        finally:
            simulation.close()

    # -- what checks are made of --------------------------------------------------------------------------------------

    def _grown(self, stage: Stage, look: Callable[[Any, Any, int], T]) -> list[T]:
        """What is seen after each of the turns of a life in which no episode ever ends."""
        kind = stage.make(stage.runtime())
        state, seen = kind.start(), []
        for number in range(SHORT):
            state = kind.append(state, day(number))
            seen.append(look(kind, state, number))
        return seen

    def _in_a_turn(self, stage: Stage, deed: Deed[T]) -> T:
        """What comes of doing something with the memory in a real turn, in which a model can be asked."""
        doing = Doing(deed)
        runtime = stage.runtime(
            lambda request, call: turn(do("DO_IT")) if call.purpose == "turn" else self.answer(request, call),
            plugins=(doing,),
        )
        doing.memory = stage.make(runtime)
        TinyPerson("Ada", mental_faculties=[doing], simulation=Simulation(runtime=runtime)).act()
        (result,) = doing.results
        return result  # type: ignore[no-any-return]  # of the deed


@attrs.frozen
class Remembered:
    """What people of a study remember."""

    digest: str
    items: int


def _told(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact is not PAUSE]


def _tried(study: Callable[[], Remembered]) -> Remembered | TroupeError:
    try:
        return study()
    except TroupeError as error:
        return error


def _remembered(simulation: Simulation) -> Remembered:
    people = [each for each in simulation if isinstance(each, TinyPerson)]
    return Remembered(simulation.digest(), sum(len(person.memories()) for person in people))
