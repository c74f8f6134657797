"""Forks, re-runs and resumes: what is paid for once, which names there are, where `at` leads, what is read and left."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from attrs import frozen

import troupe_core.runtime
from troupe_core import (
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyThing,
    TinyWorld,
    Turn,
    action,
    control,
    transactional,
)
from troupe_core.errors import ArgumentError, BadRequest, JournalError
from troupe_core.llm import LLMBackend
from troupe_core.simulation.journal.records import Records
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, constant, do, talk, turn


def script(request: Any, call: Any) -> Any:
    return turn(talk(f"{call.person} says {call.turn} to {len(request.messages)}."))


@pytest.fixture
def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = make_runtime(script)
    return made


@pytest.fixture(params=["study.db", "study.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def begin(simulation: Simulation, age: int = 70) -> TinyWorld:
    people = [TinyPerson("Ada", {"age": age}, simulation=simulation), TinyPerson("Ben", simulation=simulation)]
    return TinyWorld("Room", people, simulation=simulation)


def calls(runtime: Runtime) -> int:
    return runtime.model_under_test.calls  # type: ignore[attr-defined, no-any-return]


def ids(simulation: Simulation) -> list[bytes]:
    return [fact.id for fact in simulation.facts]


def names(path: Path) -> dict[str, bytes]:
    runtime = Runtime(plugins=[ScriptedModel()], autoload=False, model="scripted/test")
    with runtime, Simulation(path, runtime=runtime) as simulation:
        return simulation.the_journal().store.names()


# -- programs that fork ----------------------------------------------------------------------------------------------


def forking(path: Path, runtime: Runtime, age: int = 70, wish: str = "Rolls?") -> tuple[Any, ...]:
    with Simulation(path, runtime=runtime) as simulation:
        world = begin(simulation, age)
        world.run(2)
        with simulation.fork("variant") as variant:
            variant["Room"].broadcast(wish, source="Moderator")
            variant["Room"].run(2)
        world.run(1)
    return simulation.digest(), variant.digest(), ids(simulation), ids(variant)


def test_a_program_that_forks_is_run_again_for_nothing(path: Path, runtime: Runtime):
    done = forking(path, runtime)
    paid, there, size = calls(runtime), names(path), path.stat().st_size
    assert set(there) == {"main", "variant"}
    for _ in range(2):
        assert forking(path, runtime) == done
        assert (calls(runtime), names(path), path.stat().st_size) == (paid, there, size)


def test_what_was_changed_before_a_fork_leaves_the_old_variant_a_name(path: Path, runtime: Runtime):
    done = forking(path, runtime)
    before = names(path)
    assert forking(path, runtime, age=71)[1] != done[1]
    after = names(path)
    assert (after["variant@1"], after["main@1"]) == (before["variant"], before["main"])
    assert set(after) == {"main", "main@1", "variant", "variant@1"}
    with Simulation.resume(path, at="variant@1", runtime=runtime) as old:
        assert (old.digest(), ids(old)) == (done[1], done[3])


def test_two_simulations_are_not_on_one_branch_at_a_time(path: Path, runtime: Runtime):
    with Simulation(path, runtime=runtime) as simulation:
        begin(simulation).run(1)
        with simulation.fork("variant") as variant:
            for taken in ("variant", "main"):
                with pytest.raises(ArgumentError, match=f"on the branch '{taken}' of {path.name} already: end it"):
                    simulation.fork(taken)
            with pytest.raises(ArgumentError, match="already: end it"):
                variant.fork("variant")
            variant["Room"].run(1)
        again = simulation.fork("variant")  # it is free now
        again.end()
    assert set(names(path)) == {"main", "variant"}


@pytest.mark.parametrize("change", [{"age": 71}, {"wish": "Croissants?"}])
def test_programs_that_are_run_in_turn_add_no_names(path: Path, runtime: Runtime, change: dict[str, Any]):
    one, other = forking(path, runtime), forking(path, runtime, **change)
    assert forking(path, runtime) == one
    assert forking(path, runtime, **change) == other
    paid, there = calls(runtime), set(names(path))
    for _ in range(3):
        assert forking(path, runtime) == one
        assert forking(path, runtime, **change) == other
    assert set(names(path)) == there
    assert calls(runtime) == paid


# -- one question, asked twice at the same time ----------------------------------------------------------------------


class Unsteady(LLMBackend):
    """Takes a second, and answers differently each time; the first question may come to nothing."""

    name = "scripted"

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__()
        self.fails = fails
        self.numbers = count(1)
        self.asked = 0
        self.inner = LatencyModel(ScriptedModel(self.answer), constant(1))

    def answer(self, request: Any, call: Any) -> Any:
        number = next(self.numbers)
        return BadRequest("not this time") if self.fails and number == 1 else turn(talk(f"answer {number}"))

    async def complete(self, request: Any, call: Any) -> Any:
        self.asked += 1
        return await self.inner.complete(request, call)


def forked(path: Path, runtime: Runtime) -> tuple[Simulation, Simulation]:
    simulation = Simulation(path, runtime=runtime)
    TinyPerson("Ada", simulation=simulation).listen("What do you say?")
    return simulation, simulation.fork("other")


def check_both(path: Path, runtime: Runtime, simulation: Simulation, fork: Simulation) -> None:
    """They agree, in memory and on disk, and can be executed once more from what is recorded."""
    assert (fork.digest(), ids(fork)) == (simulation.digest(), ids(simulation))
    fork.end()
    simulation.end()
    for branch in ("main", "other"):
        with Simulation.resume(path, at=branch, runtime=runtime) as resumed:
            assert resumed.digest() == simulation.digest()
        Simulation.replay(path, at=branch, runtime=runtime)


def test_what_two_ask_at_the_same_time_is_paid_for_once(path: Path, make_runtime: Any):
    model = Unsteady()
    runtime = make_runtime(model, loop_factory=VirtualLoop)
    simulation, fork = forked(path, runtime)

    async def both() -> None:
        await asyncio.gather(simulation["Ada"].aact(), fork["Ada"].aact())

    runtime.wait(both, "both()")
    assert model.asked == 1
    assert [fact.content for fact in fork.facts if fact.type == "TALK"] == ["answer 1"]
    check_both(path, runtime, simulation, fork)


@pytest.mark.parametrize("way", ["cancelled", "failed"])
def test_if_the_first_question_comes_to_nothing_the_second_is_asked(path: Path, make_runtime: Any, way: str):
    model = Unsteady(fails=way == "failed")
    runtime = make_runtime(model, loop_factory=VirtualLoop)
    simulation, fork = forked(path, runtime)

    async def both() -> None:
        first = asyncio.create_task(simulation["Ada"].aact())
        await asyncio.sleep(0.1)
        second = asyncio.create_task(fork["Ada"].aact())
        await asyncio.sleep(0.1)
        assert model.asked == 1
        if way == "cancelled":
            first.cancel()
        with pytest.raises(asyncio.CancelledError if way == "cancelled" else BadRequest):
            await first
        await second

    runtime.wait(both, "both()")
    assert model.asked == 2
    assert simulation["Ada"].state.turns == 0
    assert fork["Ada"].state.turns == 1
    simulation["Ada"].act()
    assert model.asked == 2  # the fork's answer is everybody's
    check_both(path, runtime, simulation, fork)


# -- where `at` leads ------------------------------------------------------------------------------------------------


def test_a_checkpoint_of_a_fork_goes_on_with_the_fork(path: Path, runtime: Runtime):
    with Simulation(path, runtime=runtime) as simulation:
        begin(simulation).run(1)
        with simulation.fork("variant") as variant:
            variant["Ada"].define("age", 99)
            variant["Room"].run(1)
            variant.checkpoint("half")
        simulation["Room"].run(1)
    before = names(path)
    with Simulation.resume(path, at="half", runtime=runtime) as resumed:
        assert resumed.journal.branch.name == "variant"
        assert (resumed.digest(), resumed["Ada"].get("age")) == (variant.digest(), 99)
        resumed["Room"].run(1)
    after = names(path)
    assert after["main"] == before["main"]
    assert after["variant"] != before["variant"]
    assert set(after) == set(before)
    with Simulation.resume(path, at="variant", runtime=runtime) as again:
        assert again.digest() == resumed.digest()


def test_a_step_of_one_of_two_worlds_is_named_with_its_world(path: Path, runtime: Runtime):
    with Simulation(path, runtime=runtime) as simulation:
        worlds = [TinyWorld(name, [TinyPerson(f"Person of {name}")]) for name in "AB"]
        begun = simulation.digest()
        worlds[0].run(1)
        first = simulation.digest()
        worlds[1].run(1)
        worlds[0].run(1)
        whole, head = simulation.digest(), simulation.journal.branch.head

    def at(place: Any) -> str:
        with Simulation.resume(path, at=place, runtime=runtime) as resumed:
            return resumed.digest()

    with pytest.raises(ArgumentError, match=r"at=1: several worlds have made steps, 'A', 'B'.*at=\('A', 1\)"):
        at(1)
    assert at(("A", 1)) == first
    assert at(("A", 2)) == whole
    assert at(("A", 0)) == begun
    for length in (6, 12, 64):
        assert at(head.hex()[:length]) == whole
    for wrong in (("A", 3), ("C", 1), ("B", 2)):
        with pytest.raises(ArgumentError, match="no such step"):
            at(wrong)
    with pytest.raises(JournalError, match=r"no checkpoint, branch or commit '2' \(a step is a number: at=2\)"):
        at("2")


def test_step_0_is_what_was_before_the_first(path: Path, runtime: Runtime):
    with Simulation(path, runtime=runtime) as simulation:
        world = begin(simulation)
        world.broadcast("Hello", source="Moderator")
        begun = simulation.digest()
        world.run(2)
    with Simulation.resume(path, at=0, runtime=runtime) as resumed:
        assert (resumed.digest(), resumed["Room"].state.step) == (begun, 0)
        resumed["Room"].run(2)
    assert resumed.digest() == simulation.digest()
    assert set(names(path)) == {"main"}


def test_one_name_does_not_mean_two_things(path: Path, runtime: Runtime):
    with Simulation(path, runtime=runtime) as simulation:
        begin(simulation).run(1)
        simulation.checkpoint("half")
        simulation.fork("variant").end()
        with pytest.raises(ArgumentError, match="has a checkpoint 'half' already"):
            simulation.fork("half")
        with pytest.raises(ArgumentError, match="has a branch 'variant'"):
            simulation.checkpoint("variant")
        for name in ("2", "main@1", "checkpoint/half"):
            with pytest.raises(ArgumentError, match="a name in a journal"):
                simulation.checkpoint(name)
            with pytest.raises(ArgumentError, match="a name in a journal"):
                simulation.fork(name)
    assert set(names(path)) == {"main", "variant", "checkpoint/half"}


# -- resumes ---------------------------------------------------------------------------------------------------------


class Humming(TinyMentalFaculty):
    """You hum."""


@pytest.fixture
def default_runtime(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> Iterator[Runtime]:
    """That of free people."""
    monkeypatch.setattr(troupe_core.runtime, "_default", runtime)
    yield runtime
    control.reset()


@pytest.mark.parametrize("given", [{"at": "nowhere"}, {"at": 7}, {"attach": {"whistling": Humming}}, {"seed": "one"}])
def test_a_resume_that_fails_leaves_nothing_open(path: Path, default_runtime: Runtime, given: dict[str, Any]):
    with Simulation(path, runtime=default_runtime) as simulation:
        begin(simulation).run(1)
    there = set(default_runtime.simulations)
    with pytest.raises((ArgumentError, JournalError)) as caught:  # as long as it is there, so is what was not let go of
        Simulation.resume(path, runtime=default_runtime, **given)
    assert control.current_simulation() is None
    free = TinyPerson("Zoe").simulation
    assert set(default_runtime.simulations) - there <= {free.id}
    assert free.journal is None
    with Simulation.resume(path, runtime=default_runtime) as resumed:
        assert resumed.digest() == simulation.digest()
    assert caught.value.__traceback__ is not None


def test_a_fork_of_what_was_resumed_reads_nobody(path: Path, runtime: Runtime, monkeypatch: pytest.MonkeyPatch):
    with Simulation(path, runtime=runtime) as simulation:
        TinyWorld("Room", [TinyPerson(f"Person {number}") for number in range(20)]).run(1)
    read: list[str] = []
    genuine = Records.read

    def noted(self: Records, id: str) -> Any:
        read.append(id)
        return genuine(self, id)

    monkeypatch.setattr(Records, "read", noted)
    with Simulation.resume(path, runtime=runtime) as resumed:
        with resumed.fork("now") as fork, resumed.fork("then", at=0) as earlier:
            assert set(read) <= {"Room"}  # who is there has to be known
            fork["Person 3"].listen("Are you there?")
            assert set(read) == {"Room", "Person 3"}
            assert earlier["Person 4"].state.turns == 0
            assert set(read) == {"Room", "Person 3", "Person 4"}
        assert resumed.digest() == simulation.digest()


# -- what is told ----------------------------------------------------------------------------------------------------


@frozen
class Tally:
    number: int = 0


class TinyTally(TinyThing, state=Tally):
    @transactional
    def add(self, number: int) -> int:
        self.state = Tally(self.state.number + number)
        return self.state.number


def test_why_of_whoever_has_no_turns_and_of_a_thing(path: Path, runtime: Runtime):
    def study(number: int) -> Simulation:
        with Simulation(path, runtime=runtime) as simulation:
            begin(simulation).run(1)
            TinyPerson("Zoe")
            tally = TinyTally("Tally")
            tally.add(number)
            tally.add(1)
        return simulation

    first = study(2)
    assert not first.why("Tally").recorded
    assert study(2).why("Tally").differences == ()
    changed = study(3)
    for who in ("Tally", changed["Tally"]):
        assert [each.where for each in changed.why(who, 0).differences] == ["arguments.number"]
        assert [str(each) for each in changed.why(who).differences] == ["state.number: 2 → 3"]
    for who in ("Room", changed["Room"], "Zoe", changed["Zoe"]):
        with pytest.raises(ArgumentError, match=r"'(Room|Zoe)' has had no turn"):
            changed.why(who)


def test_without_the_cache_every_turn_is_a_miss(path: Path, runtime: Runtime):
    for cache, counted in ((True, (0, 4)), (False, (0, 4)), (True, (4, 0))):
        with Simulation(path, runtime=runtime, cache=cache) as simulation:
            begin(simulation).run(2)
        assert (simulation.journal.hits, simulation.journal.misses) == counted
    assert calls(runtime) == 4


# -- a full disk -----------------------------------------------------------------------------------------------------


def test_a_turn_whose_commit_finds_no_room_counts_once(
    tmp_path: Path, make_runtime: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The disk is full from the moment that the answer is on it."""
    room = True

    class Filling(TinyMentalFaculty):
        """You can fill a disk."""

        @action
        def fill(self, turn: Turn[None]) -> None:
            """Fill it."""
            nonlocal room
            room = turn.number != 0

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            if not room and not sql.lower().startswith(("select", "pragma")):
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(sql, *given)

    genuine = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: genuine(*given, factory=Connection, **named))
    path = tmp_path / "study.db"
    runtime = make_runtime(lambda request, call: turn(talk(f"turn {call.turn}"), do("FILL")))
    with Simulation(path, runtime=runtime) as simulation:
        ada = TinyPerson("Ada", mental_faculties=[Filling])
        assert [fact.content for fact in ada.act() if fact.type == "TALK"] == ["turn 0"]
        assert not room
        assert "what has happened is not on disk yet" in caplog.text
        assert (ada.state.turns, calls(runtime)) == (1, 1)
        before = simulation.digest(), ids(simulation)
        room = True
        simulation.checkpoint()
        simulation.the_journal().store.writer.fold_now()  # nothing is moved between the files while they are copied
        copy = tmp_path / "copy.db"
        for ending in ("", "-wal"):
            copyfile(f"{path}{ending}", f"{copy}{ending}")
        with Simulation.resume(copy, runtime=runtime, attach={"filling": Filling}) as resumed:
            assert (resumed.digest(), ids(resumed)) == before
        assert (simulation.digest(), ids(simulation)) == before
        ada.act()
        assert (ada.state.turns, calls(runtime)) == (2, 2)
    assert [fact.content for fact in simulation.facts if fact.type == "TALK"] == ["turn 0", "turn 1"]
    with Simulation.resume(path, runtime=runtime, attach={"filling": Filling}) as resumed:
        assert (resumed.digest(), ids(resumed)) == (simulation.digest(), ids(simulation))
