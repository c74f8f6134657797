"""What holds for every mental faculty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from troupe_core import (
    FacultySpec,
    PluginError,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    TroupeError,
    Turn,
    action,
)
from troupe_core.records import Record
from troupe_testing.conformance.acting import TRIO, ActingConformance, kept_in, replaced
from troupe_testing.conformance.stage import Stage
from troupe_testing.scripted import do, quiet


class FacultyConformance(ActingConformance):
    """What a mental faculty has to keep to. Subclass it in the faculty's tests, and say which one it is:

        class TestMood(FacultyConformance):
            plugin = "troupe_faculty_mood"
            settings = {"tension": 3}
            orders = [do("VENT", intensity=2)]   # if made-up arguments would not do
            earlier = {1: {"tense": True}}       # if its state_version is 2

    Its actions are found and performed by people of small simulations, with ordinary arguments and with strange ones.
    Give `answer` if the faculty asks a model.
    """

    kind: ClassVar[type[Record] | None] = FacultySpec
    earlier: ClassVar[Mapping[int, Mapping[str, Any]]] = {}
    """For each version of its state before the present one, an example of that state as a journal has it: plain
    data."""

    # -- what people perceive -----------------------------------------------------------------------------------------

    def test_what_an_observing_action_returns_is_text(self, stage: Stage) -> None:
        """The person perceives it before going on; what is no text, or empty, tells nobody anything."""
        seen = self.returned(stage)
        if not seen:
            pytest.skip("it has no observing action")
        silent = [f"{name} returns {result!r}" for name, result in seen if not _words(result)]
        assert not silent, f"{'; '.join(silent)}: return words for the person, or leave out observe=True"

    def test_what_it_says_of_the_moment_is_text(self, stage: Stage) -> None:
        """`state_prompt` returns a line for the present state, or empty text."""
        said, _ = self._moments(stage)
        others = sorted({type(each).__name__ for each in said if not isinstance(each, str)})
        assert not others, f"state_prompt returns a {', '.join(others)}: return text, which may be empty"

    def test_what_it_says_of_the_moment_is_the_same_when_asked_again(self, stage: Stage) -> None:
        """A person's prompt can be looked at, and is then sent as it was seen."""
        first, again = self._moments(stage)
        assert first == again, (
            f"asked twice at one moment, state_prompt returns {first} and {again}: draw random numbers from turn.rng, "
            "and change nothing in it"
        )

    def _moments(self, stage: Stage) -> tuple[list[object], list[object]]:
        """What it says of one moment, asked twice."""
        runtime = stage.runtime()
        faculty = self.ability(stage, runtime)
        if type(faculty).state_prompt is TinyMentalFaculty.state_prompt:
            pytest.skip("it has no state_prompt")
        said: list[object] = []
        asked = faculty.state_prompt

        def listening(turn: Turn[Any]) -> object:
            said.append(asked(turn))
            return said[-1]

        with replaced(faculty, "state_prompt", listening):
            (ada,) = self.company(stage, Simulation(runtime=runtime), ["Ada"])
            ada.prompt()
            first, said[:] = said[:], []
            ada.prompt()
        return first, said

    # -- state --------------------------------------------------------------------------------------------------------

    def test_being_aware_changes_nothing(self, stage: Stage) -> None:
        """Only what a person does changes what is kept for it: `state_prompt` reads the state, and does not write."""
        (ada,) = self.company(stage, Simulation(runtime=stage.runtime()), ["Ada"])
        before = _kept_for(ada)
        ada.act()
        assert _kept_for(ada) == before, "a turn in which nothing of it was done has changed its state: " + before

    def test_a_turn_that_fails_leaves_its_state_as_it_was(self, stage: Stage) -> None:
        """A state is a frozen value. If the turn fails after the action, the person has the one from before."""
        changed = ""
        for wanted in self.ordered(stage):
            runtime = stage.runtime(self.doing(wanted, do("LOSE_THE_THREAD")), plugins=(Losing,))
            (ada,) = self.company(stage, Simulation(runtime=runtime), ["Ada"], Losing)
            before = _kept_for(ada)
            if _fails(ada) and _kept_for(ada) != before:
                changed = f"{wanted['type']} has changed {before} to {_kept_for(ada)}"
        assert not changed, f"{changed}, and the turn has failed: assign another frozen value to turn.state"

    def test_it_keeps_nothing_in_itself(self, stage: Stage) -> None:
        """One instance serves everybody in a runtime: what belongs to a person is in its state, and nowhere else."""
        runtime = stage.runtime(self.script)
        faculty = self.ability(stage, runtime)
        before = kept_in(faculty)
        self.exercise(stage, runtime)
        after = kept_in(faculty)
        assert before == after, f"after people have used it, it keeps {after}, and kept {before}: put that in a state"

    def test_two_persons_do_not_share_it(self, stage: Stage) -> None:
        """What one person does changes neither what is kept for another one, nor what that one is aware of."""
        runtime = stage.runtime(self.script)
        ada, ben = self.company(stage, Simulation(runtime=runtime), ["Ada", "Ben"])
        before = _kept_for(ben), str(ben.prompt())
        if before[1] != str(ben.prompt()):
            pytest.skip("what it says of a moment changes by itself, which another check is about")
        for _ in self.ordered(stage):
            ada.act()
        after = _kept_for(ben), str(ben.prompt())
        assert before == after, "what Ada has done has changed Ben: let each person's state be a value of its own"

    # -- a journal ----------------------------------------------------------------------------------------------------

    def test_its_state_comes_back_from_a_journal(self, stage: Stage, tmp_path: Path) -> None:
        """What is kept for a person is recorded by the fields of its class, and is the same when it is resumed. Run
        again, the same program finds everything, and asks no model.
        """
        path = tmp_path / "study.db"
        first = _tried(lambda: self._study(stage, path))
        resumed = _tried(lambda: self._resumed(stage, path))
        runtime: Any = stage.runtime(self.script)
        again = _tried(lambda: self._study(stage, path, runtime=runtime))
        found = (resumed, again, runtime.model_under_test.calls)
        assert found == (first, first, 0), (
            f"what people have of it does not survive a journal: the study came to {first}; resumed, run again, and in "
            f"calls of a model it is {found}"
        )

    def test_people_live_on_after_a_journal_as_they_would_have(self, stage: Stage, tmp_path: Path) -> None:
        """Nothing counts but what the journal has: a study that was interrupted comes to what it would have come to."""
        if isinstance(_tried(lambda: self._study(stage, tmp_path / "study.db")), Exception):
            pytest.skip("no journal takes its state, which another check is about")
        later = self._study(stage, tmp_path / "study.db", more=2)
        at_once = self._study(stage, tmp_path / "other.db", more=2)
        assert later == at_once, (
            "people go on otherwise when their state was in a journal meanwhile: let everything that counts be a field "
            "of the state that its class is made with"
        )

    def test_there_is_an_example_of_every_earlier_state(self, stage: Stage) -> None:
        """Whoever raises `state_version` keeps a state of each version before, to try `migrate` on."""
        version = self.ability(stage, stage.runtime()).state_version
        missing = [str(each) for each in range(1, version) if each not in self.earlier]
        assert not missing, (
            f"its state is of version {version}: give an example of version {', '.join(missing)}, as "
            f"earlier = {{{', '.join(f'{each}: {{…}}' for each in missing)}}}"
        )

    def test_it_reads_what_earlier_versions_wrote(self, stage: Stage, tmp_path: Path) -> None:
        """`migrate` makes a state of today of what a journal has from an earlier version."""
        if not self.earlier:
            pytest.skip("its state has no earlier version")
        wrong = {}
        for version, data in self.earlier.items():
            path = tmp_path / f"version-{version}.db"
            _written_by(version, data, stage, path)
            found = _tried(lambda: self._resumed(stage, path))  # noqa: B023 - called at once
            if isinstance(found, Exception):
                wrong[version] = found
        assert not wrong, "; ".join(
            f"its state of version {version} is not read: {wrong[version]}" for version in wrong
        )

    def _study(self, stage: Stage, path: Path, more: int = 0, runtime: Runtime | None = None) -> str:
        """What a small study comes to, and so many turns more of it."""
        simulation = Simulation(path, runtime=runtime or stage.runtime(self.script), seed=7)
        try:
            world = TinyWorld("The room", self.company(stage, simulation, TRIO[:2]), simulation=simulation)
            world.run(max(2, len(self.ordered(stage))))
            if more:
                world.run(more)
            simulation.end()
            return simulation.digest()
        finally:
            simulation.close()

    def _resumed(self, stage: Stage, path: Path) -> str:
        """What stands in a journal, once everybody's state has been looked at."""
        simulation = Simulation.resume(path, runtime=stage.runtime(self.script))
        try:
            for each in simulation:
                if isinstance(each, TinyPerson):
                    _kept_for(each)
            return simulation.digest()
        finally:
            simulation.close()


class Losing(TinyMentalFaculty, name="losing_the_thread"):
    """Now and then you lose the thread."""

    @action
    async def lose_the_thread(self, turn: Turn[Any]) -> None:
        """lose the thread."""
        raise PluginError("the thread is lost, as the test wants it")


def _tried(study: Callable[[], str]) -> str | Exception:
    """What it comes to, or why it comes to nothing."""
    try:
        return study()
    except Exception as error:  # a stranger's migrate() can do anything
        return error


def _fails(person: TinyPerson) -> bool:
    try:
        person.act()
    except TroupeError:
        return True
    return False


def _words(result: object) -> bool:
    return isinstance(result, str) and bool(result.strip())


def _kept_for(person: TinyPerson) -> str:
    """Of every faculty, to be compared with itself."""
    return repr(dict(person.state.slices))


def _written_by(version: int, data: Mapping[str, Any], stage: Stage, path: Path) -> None:
    """A journal as it was left by a faculty of that name, whose state was of that version."""
    fields = {name: attrs.field(default=value, type=Any) for name, value in data.items()}
    state = attrs.make_class("Earlier", fields, frozen=True)

    class Earlier(TinyMentalFaculty, state=state, name=stage.record_name()):
        """As it was."""

        state_version = version

    with stage.make_runtime(quiet, plugins=[Earlier]) as runtime:
        simulation = Simulation(path, runtime=runtime)
        TinyPerson("Ada", mental_faculties=[stage.record_name()], simulation=simulation).act()
        simulation.end()
        simulation.close()
