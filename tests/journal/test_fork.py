"""Forks: another life from some point on, with a past that is shared, and paid for once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest

from troupe_core import EpisodicMemory, Runtime, Simulation, TinyMentalFaculty, TinyPerson, TinyWorld, Turn
from troupe_core.errors import ArgumentError, Busy, JournalError, SimulationEnded
from troupe_core.simulation.rng import Stream
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, talk, think, turn, uniform

pytestmark = pytest.mark.once

NAMES = ("Ada", "Ben", "Cleo", "Dan")
STEPS = 5


@attrs.frozen
class Drawn:
    numbers: tuple[int, ...] = ()


class Dice(TinyMentalFaculty, state=Drawn):
    """You throw a die now and then."""

    def state_prompt(self, turn: Turn[Drawn]) -> str:
        if len(turn.state.numbers) <= turn.number:
            turn.state = Drawn((*turn.state.numbers, turn.rng.below(1_000_000)))
        return f"the die shows {turn.state.numbers[-1]}"


def script(request: Any, call: Any) -> Any:
    """Ada talks to Ben, Ben to Cleo; the others think. Words follow from the question."""
    words = Stream(0, request.key.hex(), "script", 0).below(10**9)
    if call.purpose == "consolidation":
        return {"memories": [f"What was that about {words}?"]}
    to = {"Ada": "Ben", "Ben": "Cleo"}.get(call.person)
    return turn(talk(f"{words}", to=to)) if to else turn(think(f"{words}"))


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    model = ScriptedModel(script)
    with Runtime([model, Dice], autoload=False, model="scripted/test") as made:
        made.model_under_test = model  # type: ignore[attr-defined]
        yield made


@pytest.fixture(params=["db", "json"])
def path(request: Any, tmp_path: Path) -> Path:
    return tmp_path / f"study.{request.param}"


@pytest.fixture(params=["db", "json", "memory"])
def anywhere(request: Any, tmp_path: Path) -> Path | None:
    """With a file of either kind, and without one."""
    return None if request.param == "memory" else tmp_path / f"study.{request.param}"


def study(path: Path | None, runtime: Runtime, *, episode: int = 10, number: int = 4) -> Simulation:
    simulation = Simulation(path, runtime=runtime, seed=3)
    names = [*NAMES, *(f"P{place}" for place in range(number - len(NAMES)))]
    memory = EpisodicMemory(episode=episode)
    people = [TinyPerson(name, mental_faculties=["dice"], memory=memory, simulation=simulation) for name in names]
    TinyWorld("Yard", people, initial_datetime="2026-03-02T09:00")
    return simulation


def run(simulation: Simulation, steps: int = 1) -> None:
    assert not simulation["Yard"].run(steps, timedelta(minutes=5)).failures


def ids(simulation: Simulation) -> list[bytes]:
    return [fact.id for fact in simulation.facts]


def calls(runtime: Runtime, since: int = 0) -> list[tuple[str, int]]:
    return sorted((call.person, call.turn) for _, call in runtime.model_under_test.requests[since:])


def numbers(simulation: Simulation, name: str) -> tuple[int, ...]:
    return simulation[name].state.slices["dice"].numbers


# -- what is paid for, and what is not -------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(1, STEPS))
def test_a_fork_at_an_earlier_step_pays_for_what_becomes_otherwise(path, runtime, at):
    simulation = study(path, runtime)
    run(simulation, STEPS)
    before, past = simulation.digest(), ids(simulation)
    asked = runtime.model_under_test.calls

    same = simulation.fork("same", at=at)
    assert same["Yard"].state.step == at
    assert ids(same) == past[: len(same.facts)]
    run(same, STEPS - at)
    assert same.digest() == before
    assert ids(same) == past
    assert runtime.model_under_test.calls == asked  # every turn of it was known

    other = simulation.fork("other", at=at)
    other["Ada"].define("age", 99)
    run(other, STEPS - at)
    left = range(at, STEPS)  # Ada's turns, Ben's from the second on, Cleo's from the third on
    reached = [("Ada", k) for k in left] + [("Ben", k) for k in left[1:]] + [("Cleo", k) for k in left[2:]]
    assert calls(runtime, asked) == sorted(reached)
    assert ids(other)[: len(past) * at // STEPS] == past[: len(past) * at // STEPS]
    assert (simulation.digest(), ids(simulation)) == (before, past)


def test_a_fork_of_now_pays_for_what_comes_from_then_on(anywhere, runtime):
    simulation = study(anywhere, runtime)
    run(simulation, 3)
    asked = runtime.model_under_test.calls
    fork = simulation.fork("other")
    assert (fork.digest(), ids(fork)) == (simulation.digest(), ids(simulation))
    assert fork.meter.purposes() == simulation.meter.purposes()
    fork["Ada"].define("age", 99)
    run(fork, 2)
    assert calls(runtime, asked) == sorted((name, turn) for name in NAMES for turn in (3, 4))
    asked = runtime.model_under_test.calls
    run(simulation, 2)  # of these only what Ada and Ben do is not known from the fork, if there is a journal
    both = [("Ada", 3), ("Ada", 4), ("Ben", 4)]
    assert calls(runtime, asked) == (both if anywhere else sorted((name, turn) for name in NAMES for turn in (3, 4)))
    assert simulation.digest() != fork.digest()


def test_who_is_not_reached_by_the_change_draws_the_same_numbers(anywhere, runtime):
    simulation = study(anywhere, runtime)
    run(simulation, 2)
    fork = simulation.fork("other")
    fork["Ada"].define("age", 99)
    run(simulation, 3)
    run(fork, 3)
    for name in NAMES:
        assert len(numbers(fork, name)) == STEPS
        assert numbers(fork, name) == numbers(simulation, name)  # Ada's too: a number is named by whose it is, and when
    assert len({numbers(fork, name) for name in NAMES}) == 4
    assert fork["Dan"].state.digest == simulation["Dan"].state.digest
    assert fork["Ben"].state.digest != simulation["Ben"].state.digest


# -- two lives -------------------------------------------------------------------------------------------------------


def test_people_of_a_fork_are_others(anywhere, runtime):
    simulation = study(anywhere, runtime)
    run(simulation, 2)
    ada = simulation["Ada"]
    fork = simulation.fork("other")
    assert fork["Ada"] is not ada
    assert fork["Ada"] is fork["Ada"]
    assert fork["Ada"].simulation is fork
    assert ada.simulation is simulation
    assert fork["Yard"].agents[0] is fork["Ada"]
    fork["Ada"].define("age", 99).move_to("the attic").listen("Psst.")
    fork["Yard"].remove_agent(fork["Dan"])
    TinyPerson("Eve", simulation=fork)
    assert (ada.get("age"), ada.state.place, ada.state.inbox) == (None, "", simulation["Ada"].state.inbox)
    assert "Eve" not in simulation
    assert [person.id for person in simulation["Yard"].agents] == list(NAMES)
    ada.define("age", 31)
    assert fork["Ada"].get("age") == 99
    simulation.end()
    with pytest.raises(SimulationEnded):
        ada.listen("Too late.")
    fork["Ada"].listen("Not here.")
    fork.end()


def test_both_go_on_and_neither_sees_the_other(anywhere, runtime):
    simulation = study(anywhere, runtime)
    run(simulation, 2)
    fork = simulation.fork("other")
    shared = ids(simulation)
    for number in range(3):
        simulation["Ada"].listen(f"Here {number}")
        fork["Ada"].listen(f"There {number}")
        run(simulation)
        run(fork)
    here, there = ids(simulation), ids(fork)
    assert here[: len(shared)] == there[: len(shared)] == shared
    assert [f.content for f in simulation.facts if f.content.startswith("There")] == []
    assert [f.content for f in fork.facts if f.content.startswith("There")] == ["There 0", "There 1", "There 2"]
    if anywhere is not None:
        digests = simulation.digest(), fork.digest()
        simulation.end()
        fork.end()
        for name, digest, past in (("main", digests[0], here), ("other", digests[1], there)):
            again = Simulation.resume(anywhere, name, runtime=runtime)
            assert (again.digest(), ids(again)) == (digest, past)
            again.close()


@pytest.mark.parametrize("seed", range(3))
def test_both_go_on_at_the_same_time(tmp_path, seed):
    def made(path: Path | None) -> tuple[Runtime, Simulation]:
        model = LatencyModel(ScriptedModel(script), uniform(0.1, 30.0), seed)
        runtime = Runtime([model, Dice], autoload=False, model="scripted/test", loop_factory=VirtualLoop)
        return runtime, study(path, runtime, episode=2)

    runtime, alone = made(None)
    with runtime:
        run(alone, 6)
        other = study(None, runtime, episode=2)
        run(other, 3)
        other["Ada"].define("age", 99)
        run(other, 3)
        alone.end()
        other.end()
        expected = [(alone.digest(), ids(alone)), (other.digest(), ids(other))]

    runtime, simulation = made(tmp_path / "study.db")
    with runtime:
        run(simulation, 3)
        fork = simulation.fork("other")
        fork["Ada"].define("age", 99)

        async def both() -> None:
            worlds = [each["Yard"] for each in (fork, simulation)]
            await asyncio.gather(*(world.arun(3, timedelta(minutes=5)) for world in worlds))

        runtime.wait(both, "both()")
        simulation.end()
        fork.end()
        assert [(each.digest(), ids(each)) for each in (simulation, fork)] == expected


def test_the_file_is_free_when_both_have_ended_in_either_order(path, runtime):
    for first_is_parent in (True, False):
        simulation = study(path, runtime)
        fork = simulation.fork(f"other {first_is_parent}")
        first, second = (simulation, fork) if first_is_parent else (fork, simulation)
        first.end()
        run(second)
        with pytest.raises(JournalError, match="in use"):
            Simulation(path, runtime=runtime)
        second.end()
    Simulation.resume(path, runtime=runtime).end()


# -- what is in the file ----------------------------------------------------------------------------------------------


def stored(path: Path) -> dict[str, int]:
    """How many bytes of rows of each kind are in the file, uncompressed in a document, compressed in SQLite."""
    if path.suffix == ".json":
        document = orjson.loads(path.read_bytes())
        sections = ("commits", "outcomes", "answers", "memory", "parts")
        return {name: sum(len(key) + len(orjson.dumps(v)) for key, v in document[name].items()) for name in sections}
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("select cast(substr(k, 1, 1) as text), sum(length(k) + length(v)) from kv group by 1")
        return dict(rows.fetchall())


def grown(path: Path, simulation: Simulation, change: Callable[[], object]) -> int:
    """By how many bytes of rows the change makes the file larger."""
    simulation.checkpoint()
    before = sum(stored(path).values())
    change()
    simulation.checkpoint()
    return sum(stored(path).values()) - before


@pytest.mark.parametrize("number", [10, 200])
def test_a_fork_takes_as_much_room_as_what_is_different_in_it(path, runtime, number):
    simulation = study(path, runtime, number=number)
    run(simulation, 2)
    fork = simulation.fork("idle")
    assert grown(path, simulation, lambda: None) == 0
    assert grown(path, simulation, lambda: simulation.fork("idle too")) <= 1_000
    assert grown(path, simulation, lambda: simulation.fork("idle and earlier", at=1)) <= 1_000
    assert grown(path, simulation, lambda: fork["Ada"].define("age", 99)) <= 1_500
    assert grown(path, simulation, lambda: fork["P3"].listen("Psst.")) <= 1_500
    late = simulation.fork("at the end", at=1)
    assert grown(path, simulation, late["P3"].act) <= 6_000


def test_one_person_who_changed_costs_the_same_in_any_crowd(path, runtime):
    costs = []
    for number in (10, 300):
        file = path.with_name(f"{number}{path.suffix}")
        simulation = study(file, runtime, number=number)
        run(simulation)
        fork = simulation.fork("other")
        costs.append(grown(file, simulation, lambda fork=fork: fork["P1"].define("age", 99)))
        simulation.close()
        fork.close()
    assert costs[1] <= costs[0] + 200


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_name_is_taken_once(path, runtime):
    simulation = study(path, runtime)
    simulation.checkpoint("here")
    other = simulation.fork("other")  # held: a branch that nobody holds is free again
    for name in ("main", other.journal.branch.name):
        with pytest.raises(ArgumentError, match="take another name"):
            simulation.fork(name)
    for name in ("", " ", "a@1", "x\ny", None, 5, "x" * 201):
        with pytest.raises(ArgumentError):
            simulation.fork(name)
    with pytest.raises((ArgumentError, JournalError)):
        simulation.fork("late", at=7)
    simulation.fork("late").end()  # what came to nothing has taken no name
    again = simulation.fork("from the checkpoint", at="here")
    assert again.digest() == simulation.digest()


def test_a_fork_and_a_checkpoint_do_not_hide_each_other(path, runtime):
    """`resume(at=name)` looks for both: one name must not mean two things."""
    simulation = study(path, runtime)
    simulation.checkpoint("lunch")
    with pytest.raises(ArgumentError, match="take another name"):
        simulation.fork("lunch")
    with pytest.raises(ArgumentError):
        simulation.fork("checkpoint/lunch")
    fork = simulation.fork("dinner")
    for each in (simulation, fork):
        for name in ("dinner", "main"):
            with pytest.raises(ArgumentError):
                each.checkpoint(name)
    fork["Ada"].define("age", 99)
    fork.checkpoint("lunch")  # a checkpoint can be made anew
    assert simulation.fork("again", at="lunch")["Ada"].get("age") == 99


def test_a_fork_of_a_fork(path, runtime):
    simulation = study(path, runtime)
    run(simulation)
    child = simulation.fork("child")
    child["Ada"].define("age", 1)
    run(child)
    grandchild = child.fork("grandchild")
    grandchild["Ada"].define("age", 2)
    run(grandchild)
    older = grandchild.fork("older", at=1)
    assert older["Ada"].get("age") is None
    assert older["Yard"].state.step == 1
    run(child)
    ages = [each["Ada"].get("age") for each in (simulation, child, grandchild)]
    digests = {
        name: each.digest() for name, each in (("main", simulation), ("child", child), ("grandchild", grandchild))
    }
    assert ages == [None, 1, 2]
    for each in (simulation, child, grandchild, older):
        each.end()
    for name, digest in digests.items():
        again = Simulation.resume(path, name, runtime=runtime)
        assert again.digest() == digest
        run(again)
        assert again.journal.branch.name == name
        again.end()
    steps = {name: Simulation.resume(path, name, runtime=runtime) for name in ["grandchild"]}
    assert steps["grandchild"]["Yard"].state.step == 4


def test_resumed_at_a_fork_it_is_the_fork_that_goes_on(path, runtime):
    simulation = study(path, runtime)
    run(simulation)
    fork = simulation.fork("other")
    fork["Ada"].define("age", 99)
    run(fork)
    main, there = simulation.digest(), fork.digest()
    simulation.end()
    fork.end()
    again = Simulation.resume(path, at="other", runtime=runtime)
    assert (again.digest(), again["Ada"].get("age")) == (there, 99)
    run(again)
    further = again.digest()
    again.end()
    again = Simulation.resume(path, runtime=runtime)
    assert again.digest() == main
    assert set(again.journal.store.names()) == {"main", "other"}
    again.end()
    assert Simulation.resume(path, at="other", runtime=runtime).digest() == further


@pytest.mark.parametrize("at", [None, 1])
def test_a_fork_in_which_one_person_has_changed_is_whole_when_it_is_resumed(path, runtime, at):
    simulation = study(path, runtime, episode=2)
    run(simulation, 2)
    fork = simulation.fork("other", at=at)
    fork["Ada"].define("age", 99)
    fork["Ada"].listen("Psst.")
    everything = {thing.id: thing.state.digest for thing in fork}
    digest, past, spent = fork.digest(), ids(fork), fork.meter.purposes()
    fork.close()
    simulation.close()
    again = Simulation.resume(path, at="other", runtime=runtime)
    assert {thing.id: thing.state.digest for thing in again} == everything
    assert (again.digest(), ids(again), again.meter.purposes()) == (digest, past, spent)


def test_in_memory_there_is_no_earlier_point(runtime):
    simulation = study(None, runtime)
    run(simulation)
    with pytest.raises(ArgumentError, match="journal"):
        simulation.fork("other", at=1)
    assert simulation.fork("other").fork("another").digest() == simulation.digest()


def test_nobody_forks_in_the_middle_of_something(anywhere, runtime):
    simulation = study(anywhere, runtime)
    tried = []

    def forks(request: Any, call: Any) -> Any:
        with pytest.raises(Busy):
            simulation.fork("other")
        tried.append(call.person)
        return script(request, call)

    runtime.model_under_test.script = forks
    run(simulation)
    assert sorted(tried) == sorted(NAMES)
    simulation.fork("other")


# -- memories in the making ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["parent", "fork", "both"])
def test_what_is_being_remembered_comes_to_both_and_is_paid_for_once(tmp_path, first):
    """After two steps everybody's first episode is being written down; it takes longer than the next steps."""

    def slow(stream: Any) -> float:
        return 1.0

    class Late(LatencyModel):
        async def complete(self, request: Any, call: Any) -> Any:
            if call.purpose == "consolidation":
                await asyncio.sleep(100.0)
            return await super().complete(request, call)

    for path in (None, tmp_path / "study.db", tmp_path / "study.json"):
        inner = ScriptedModel(script)
        model = Late(inner, slow)
        with Runtime([model, Dice], autoload=False, model="scripted/test", loop_factory=VirtualLoop) as runtime:
            simulation = study(path, runtime, episode=2)
            run(simulation, 2)
            assert len(simulation.background.pending) == 4
            fork = simulation.fork("other")
            assert len(fork.background.pending) == 4
            order = {"parent": [simulation, fork], "fork": [fork, simulation]}.get(first)
            if order is None:

                async def both(fork: Simulation = fork, simulation: Simulation = simulation) -> None:
                    await asyncio.gather(*(each["Yard"].arun(2) for each in (simulation, fork)))

                runtime.wait(both, "both()")
            else:
                for each in order:
                    each["Yard"].run(2)
            written = [call for _, call in inner.requests if call.purpose == "consolidation"]
            assert sorted(call.person for call in written if call.turn == 2) == [*NAMES]
            for each in (simulation, fork):
                memories = [fact for fact in each["Ada"].memories() if fact.kind == "memory"]
                assert len(memories) == 1
            assert simulation.digest() == fork.digest()


def test_a_parent_that_ends_or_closes_leaves_its_fork_what_it_was_waiting_for(anywhere, runtime):
    expected = study(None, runtime, episode=2)
    run(expected, 5)
    expected.end()
    for number, leave in enumerate(("end", "close")):
        file = None if anywhere is None else anywhere.with_name(f"{number}{anywhere.suffix}")
        simulation = study(file, runtime, episode=2)
        run(simulation, 2)
        fork = simulation.fork("other")
        getattr(simulation, leave)()
        run(fork, 3)
        fork.end()
        assert fork.digest() == expected.digest()
        assert ids(fork) == ids(expected)
