"""What holds for every tool."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import pytest

from troupe_core import (
    CannotTell,
    PluginError,
    RunStopped,
    Runtime,
    Simulation,
    TinyPerson,
    TinyTool,
    TinyWorld,
    ToolCall,
    ToolFailure,
    ToolHandler,
    ToolSpec,
    hookimpl,
)
from troupe_core.records import Record
from troupe_testing.conformance.acting import ActingConformance, kept_in, perceived, replaced
from troupe_testing.conformance.interrupting import die, killed
from troupe_testing.conformance.stage import Stage

CROWD = tuple(f"Visitor {number:02}" for number in range(1, 21))
Around: TypeAlias = Callable[[TinyTool, ToolHandler, ToolCall], Awaitable[str]]


class ToolConformance(ActingConformance):
    """What a tool has to keep to. Subclass it in the tool's tests, say which one it is, and what its effects are:

        class TestNotes(ToolConformance):
            plugin = "troupe_tool_notes"
            orders = [do("WRITE_NOTE", title="Plan", text="We meet at nine."), do("LIST_NOTES")]

            @pytest.fixture
            def table(self, tmp_path):
                self.folder = tmp_path / "notes"
                return {"folder": str(self.folder)}

            def effects(self):
                return {file.name: file.read_text() for file in self.folder.glob("*.md")}

            def clear(self):
                shutil.rmtree(self.folder, ignore_errors=True)

    The first of the orders is one that has an effect. `clear` is needed if what the tool says depends on what was done
    before, as a list does.
    """

    kind: ClassVar[type[Record] | None] = ToolSpec

    def effects(self) -> object:
        """What has become of the world outside, as a value that can be compared: the files of a folder, the letters
        that were sent. Without it there is only counted how often the tool is used.
        """
        return None

    def clear(self) -> None:
        """Make the world outside as it was before anything was done. Studies that are compared begin with it; without
        it, what the tool says may not depend on what was done before.
        """

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        self.clear()
        return super().exercise(stage, runtime)

    def difference(self, results: Sequence[object]) -> str:
        """The first line that somebody perceives otherwise."""
        first = next(result for result in results if result != results[0])
        return (
            f": {_differing(_lines(first), _lines(results[0]))}. If what the tool says depends on what was done "
            "before, give the test clear(self), which makes the world outside as it was"
        )

    # -- what people perceive -----------------------------------------------------------------------------------------

    def test_people_can_do_something_with_it(self, stage: Stage) -> None:
        """A tool has at least one method that is an `@action`."""
        actions = self.ability(stage, stage.runtime()).actions
        assert actions, "nobody can do anything with it: mark what people can do with @action"

    def test_what_an_action_returns_is_text(self, stage: Stage) -> None:
        """It is what the person perceives. Where a method returns nothing, that is "Done."; anything else is a mistake,
        of which the person would perceive how Python writes it.
        """
        wrong = [f"{name} returns {said!r}" for name, said in self.returned(stage) if not isinstance(said, str | None)]
        assert not wrong, f"{'; '.join(wrong)}: return text for the person, or nothing"

    def test_what_is_done_is_told(self, stage: Stage) -> None:
        """What a use came to is text, which the person perceives before going on."""
        silent = [wanted["type"] for wanted in self.ordered(stage) if not self._perceived(stage, wanted)]
        assert not silent, f"who does {', '.join(silent)} perceives nothing: return what came of it, in words"

    def test_a_failure_says_why(self, stage: Stage) -> None:
        """The person is told the words of a `ToolFailure`, and goes on."""
        unsaid = [failure for failure, _, _ in self._failures(stage) if not str(failure).strip()]
        assert not unsaid, "a ToolFailure has no words: say why it was not done, for the person who wanted it"

    def test_where_it_fails_nothing_has_happened(self, stage: Stage) -> None:
        """A `ToolFailure` says that nothing was done; after it, the world outside is as before."""
        if not self._tells_effects():
            pytest.skip("what its effects are is not said")
        half = [(failure, before, after) for failure, before, after in self._failures(stage) if before != after]
        assert not half, f"a ToolFailure was raised, and yet something was done: {half[0] if half else ''}"

    def _perceived(self, stage: Stage, wanted: Mapping[str, Any]) -> str:
        runtime = stage.runtime(self.doing(wanted))
        (ada,) = self.company(stage, Simulation(runtime=runtime), ["Ada"])
        ada.act()
        return "".join(perceived(ada)).strip()

    def _failures(self, stage: Stage) -> list[tuple[ToolFailure, object, object]]:
        """What comes of arguments that a model may give, with the effects before and after."""
        found = []

        async def around(tool: TinyTool, inner: ToolHandler, call: ToolCall) -> str:
            before = self.effects()
            try:
                return await inner(call)
            except ToolFailure as failure:
                found.append((failure, before, self.effects()))
                raise

        self.attempts(stage, [*self.ordered(stage), *self.strangely(stage)], Standing(around))
        if not found:
            pytest.skip("none of the orders fails, whatever the arguments")
        return found

    # -- nothing is done twice ----------------------------------------------------------------------------------------

    def test_run_again_on_its_journal_it_does_nothing_again(self, stage: Stage, tmp_path: Path) -> None:
        """The same program, run again, finds what each use came to; also where turns are executed once more, since the
        tool has become another version.
        """
        self.clear()
        self._program(stage, tmp_path / "study.db", version=1)
        before = self.effects()
        uses = self._program(stage, tmp_path / "study.db", version=2)
        done = self.effects() != before if self._tells_effects() else bool(uses)
        assert not done, f"run again, the same program has other effects: {self.effects()}, and before {before}"

    def test_interrupted_after_its_effect_it_does_not_do_it_again(self, stage: Stage, tmp_path: Path) -> None:
        """If a program is killed before it is on record what a use came to, `became` tells it, by the key that was
        written down with the effect; or the use is left in doubt.
        """
        before, uses, _ = self._interrupted(stage, tmp_path / "study.db")
        again = bool(uses) and (self.effects() != before or not self._tells_effects())
        assert not again, (
            "interrupted after its effect, it does it once more: let became() find it by call.key, or leave it out"
        )

    def test_interrupted_after_its_effect_the_person_is_told(self, stage: Stage, tmp_path: Path) -> None:
        """Whoever wanted it perceives what it came to, or that nobody knows."""
        _, _, told = self._interrupted(stage, tmp_path / "study.db")
        assert told, "after a crash the person perceives nothing of what it did: became() returns what it came to"

    def test_asked_before_its_effect_it_does_not_claim_it(self, stage: Stage) -> None:
        """`became` returns None for a call that had no effect yet, so that it can be made, or raises `CannotTell`."""
        claims = []

        async def around(tool: TinyTool, inner: ToolHandler, call: ToolCall) -> str:
            with suppress(CannotTell):
                claims.append((call.action, await tool.became(call)))
            return await inner(call)

        for wanted in self.ordered(stage):
            self.clear()
            self._perform(stage, wanted, around)
        wrong = [f"of {name} it says {said!r}" for name, said in claims if said is not None]
        assert not wrong, f"became() claims what was not done yet: {'; '.join(wrong)}"

    def test_what_is_repeatable_does_no_more_when_it_is_repeated(self, stage: Stage) -> None:
        """A tool with `repeatable = True` is used again after a crash without a question."""
        if not self._is_repeatable(stage):
            pytest.skip("it is not repeatable")
        if not self._tells_effects():
            pytest.skip("what its effects are is not said")
        effects: list[tuple[object, object]] = []

        async def around(tool: TinyTool, inner: ToolHandler, call: ToolCall) -> str:
            await inner(call)
            once = self.effects()
            result = await inner(call)
            effects.append((once, self.effects()))
            return result

        for wanted in self.ordered(stage):
            self._perform(stage, wanted, around)
        more = [f"{once}, and then {twice}" for once, twice in effects if once != twice]
        assert not more, f"done twice it has other effects than done once: {'; '.join(more)}; it is not repeatable"

    def _program(self, stage: Stage, path: Path, version: int) -> int:
        """Three people do everything that is ordered: how often the tool was really used."""
        uses = []

        async def around(tool: TinyTool, inner: ToolHandler, call: ToolCall) -> str:
            uses.append(call)
            return await inner(call)

        count = len(self.ordered(stage))
        with stage.runtime(self.script, plugins=(Standing(around),)) as runtime:
            simulation = Simulation(path, runtime=runtime, seed=7)
            with replaced(self.ability(stage, runtime), "cache_version", version):
                world = TinyWorld("The room", self.company(stage, simulation), simulation=simulation)
                world.run(count, schedule="sequential")
            simulation.end()
        return len(uses)

    def _perform(
        self, stage: Stage, wanted: Mapping[str, Any], around: Around, path: Path | None = None
    ) -> tuple[TinyPerson, bool]:
        """Somebody who does that, and whether it is in doubt."""
        runtime = stage.runtime(self.doing(wanted), plugins=(Standing(around),))
        simulation = Simulation(path, runtime=runtime, seed=7)
        (ada,) = self.company(stage, simulation, ["Ada"])
        ada.act()
        return ada, bool(simulation.doubts)

    def _interrupted(self, stage: Stage, path: Path) -> tuple[object, int, bool]:
        """The effects when a process was killed after the first of the orders; how often the tool was used when the
        program was run again, and whether the person was told anything.
        """
        if self._is_repeatable(stage):
            pytest.skip("it is repeatable, and simply done again")
        wanted = self.ordered(stage)[0]
        uses = []

        async def dying(tool: TinyTool, inner: ToolHandler, call: ToolCall) -> str:
            result = await inner(call)
            die()
            return result

        async def counting(tool: TinyTool, inner: ToolHandler, call: ToolCall) -> str:
            uses.append(call)
            return await inner(call)

        self.clear()
        if not killed(lambda: self._perform(stage, wanted, dying, path)):
            raise PluginError(f"{dict(wanted)} was not done: let the first of the orders be one that succeeds")
        before = self.effects()
        ada, doubtful = self._perform(stage, wanted, counting, path)
        return before, len(uses), doubtful or bool("".join(perceived(ada)).strip())

    def _is_repeatable(self, stage: Stage) -> bool:
        return bool(self.ability(stage, stage.runtime()).repeatable)

    def _tells_effects(self) -> bool:
        return type(self).effects is not ToolConformance.effects

    # -- many people --------------------------------------------------------------------------------------------------

    def test_twenty_people_at_once_get_each_their_own_result(self, stage: Stage) -> None:
        """One instance serves everybody at the same time. What each perceives is what they would have perceived one
        after the other.
        """
        (alone, _), (together, errors) = self._crowd(stage, "sequential"), self._crowd(stage, "parallel")
        if errors:
            pytest.skip("some of them fail, which another check is about")
        assert together == alone, (
            f"used by many at once it tells people {_differing(together, alone)}: keep what belongs to a call in it"
        )

    def test_twenty_people_at_once_are_no_trouble(self, stage: Stage) -> None:
        """Calls run at the same time: whatever they share (a file, a connection) is guarded."""
        _, errors = self._crowd(stage, "parallel")
        assert not errors, (
            f"{len(errors)} of {len(CROWD)} uses at once have failed: {errors[0]}. Calls run at the same time, so "
            "guard what they share, as with an asyncio.Lock, and replace a file by a whole one"
        )

    def test_it_keeps_nobody_in_itself(self, stage: Stage) -> None:
        """A connection may be kept; what belongs to a person, or to a call, may not."""
        runtime = stage.runtime(self.doing(self.ordered(stage)[0]))
        simulation = Simulation(runtime=runtime)
        TinyWorld("The room", self.company(stage, simulation, CROWD[:3]), simulation=simulation).run(
            1, schedule="sequential"
        )
        kept = kept_in(self.ability(stage, runtime))
        named = [name for name in CROWD[:3] if name in kept]
        assert not named, f"after people have used it, it still knows {', '.join(named)}: {kept}"

    def test_what_its_effects_are_on_is_plain_data(self, stage: Stage) -> None:
        """`target` is part of the name of every use, and is the same in each process."""
        target = self.ability(stage, stage.runtime()).target()
        assert _is_plain(target), (
            f"target() is {target!r}: return text, numbers, lists and dictionaries of them, or None"
        )

    def _crowd(self, stage: Stage, schedule: str) -> tuple[list[str], list[str]]:
        """What people perceive of the first of the orders, with "…" for their own names; and what failed."""
        errors = []

        async def around(tool: TinyTool, inner: ToolHandler, call: ToolCall) -> str:
            try:
                return await inner(call)
            except ToolFailure:
                raise
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
                raise

        self.clear()
        runtime = stage.runtime(self.doing(self.ordered(stage)[0]), plugins=(Standing(around),))
        simulation = Simulation(runtime=runtime)
        people = self.company(stage, simulation, CROWD)
        with suppress(RunStopped):
            TinyWorld("The room", people, simulation=simulation).run(1, schedule=schedule)
        told = [said.replace(person.name, "…") for person in people for said in perceived(person)]
        simulation.close()
        return sorted(told), errors


class Standing:
    """Stands around the tool."""

    def __init__(self, around: Around) -> None:
        self._around = around

    @hookimpl(wrapper=True)
    def troupe_tool_handler(self, tool: TinyTool) -> Generator[None, ToolHandler, ToolHandler]:
        inner = yield

        async def handler(call: ToolCall) -> str:
            return await self._around(tool, inner, call)

        return handler


def _differing(these: Sequence[str], those: Sequence[str]) -> str:
    return next((f"{one!r} instead of {other!r}" for one, other in zip(these, those, strict=False) if one != other), "")


def _lines(result: object) -> Sequence[str]:
    return result if isinstance(result, list) else [repr(result)]


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or type(value) in (str, int, float, bool)
