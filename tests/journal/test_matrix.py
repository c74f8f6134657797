"""What is executed again when a program is run again: four people, counted by hand.

Ada talks to Ben, Ben to Cleo, Cleo to Dan; Dan thinks. They do so in each of five steps, and before each step Ben is
told something. Ada's and Ben's words depend on every byte that they are asked with; Cleo says the same two words
whatever she hears. So a change travels from Ada to Ben to Cleo to Dan, and nowhere else.

*Parallel*: what is said in one step is heard in the next. Once Ada has changed, she has 5 turns that are not as they
were, Ben 4 (from step 2 on), Cleo 3, Dan 2: 14 turns. *Sequential*: they act in that order, and each hears those before
in the same step: once Ada has changed, everybody has 5 turns that are not as they were: 20.

A fact bears the name of the turn that it comes from. Cleo's words of a new turn are new facts, and Dan's turn with them
is a new turn; but what Dan is asked then is what he was asked before, and the recorded answer is found: none of his
turns makes a call, unless the question itself has changed.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import attrs
import pytest

from troupe_core import (
    BackendSpec,
    EpisodicMemory,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    templates,
)
from troupe_core.hookspecs import hookimpl
from troupe_testing import ScriptedModel, talk, think, turn

pytestmark = pytest.mark.once

NAMES = ("Ada", "Ben", "Cleo", "Dan")
STEPS = 5
NONE: dict[str, int] = {}
ALL = dict.fromkeys(NAMES, STEPS)


# -- the study -------------------------------------------------------------------------------------------------------


def script(request: Any, call: Any) -> Any:
    if call.person == "Cleo":
        return turn(talk("As ever.", to="Dan"))
    words = sha256("\0".join(message.content for message in request.messages).encode()).hexdigest()
    to = {"Ada": "Ben", "Ben": "Cleo", "Eve": "Cleo"}.get(call.person)
    return turn(talk(words, to=to)) if to else turn(think(words))


class Pace(TinyMentalFaculty):
    """You keep your pace."""


class Unused(TinyMentalFaculty):
    """Nobody has it."""


@attrs.frozen
class Plain(EpisodicMemory):
    """Ben's kind of memory."""


class Counting:
    """Counts what is executed, and not found: whatever is wrapped around a transaction, its core runs through here."""

    def __init__(self) -> None:
        self.executed: list[tuple[str, int]] = []

    @hookimpl(wrapper=True)
    def troupe_transaction_handler(self, kind: str) -> Any:
        inner = yield

        async def counted(tx: Any) -> Any:
            async def execute(given: Any) -> Any:
                self.executed.append((tx.thing, tx.state.turns))
                return await tx.execute(given)

            return await inner(attrs.evolve(tx, execute=execute))

        return counted


class Spare(ScriptedModel):
    """A backend that nobody asks."""

    name = "spare"

    def __init__(self, version: int) -> None:
        super().__init__(script)
        self.version = version

    def as_record(self, given: Any) -> BackendSpec:  # type: ignore[override]
        return BackendSpec("spare", lambda: self, cache_version=self.version)


class Versioned(ScriptedModel):
    """The backend that everybody asks, in some version."""

    def __init__(self, version: int) -> None:
        super().__init__(script)
        self.version = version

    def as_record(self, given: Any) -> BackendSpec:  # type: ignore[override]
        return BackendSpec("scripted", lambda: self, cache_version=self.version, capabilities=self.capabilities)


@attrs.frozen
class Study:
    """The program with its settings; each field is something that may be changed."""

    age: int = 71
    told: tuple[str, ...] = ("one", "two", "three", "four", "five")
    eve: bool = False
    model: str = "scripted/one"
    bens_model: str | None = None
    seed: int = 0
    pace: int = 1
    unused: int = 1
    spare: int = 1
    backend: int = 1
    memory: int = 1
    parameters: Any = None


class Ran(NamedTuple):
    """What one run did: the turns it executed, in order, and the calls, by person."""

    executed: list[tuple[str, int]]
    calls: dict[str, int]
    hits: int
    misses: int
    digest: str
    facts: list[bytes]


def version_of(kind: type[Any], version: int) -> type[Any]:
    """The same class as another release would have it."""
    return type(kind.__name__, (kind,), {"cache_version": version, "__doc__": kind.__doc__, "__module__": __name__})


def run(path: Path | None, study: Study, *, schedule: str = "parallel", cache: bool = True) -> Ran:
    model, counting = Versioned(study.backend), Counting()
    faculties = [version_of(Pace, study.pace), version_of(Unused, study.unused)]
    with Runtime([model, Spare(study.spare), counting, *faculties], autoload=False) as runtime:
        options: dict[str, Any] = {"model": study.model, "parameters": study.parameters}
        with Simulation(path, runtime=runtime, seed=study.seed, cache=cache, **options) as simulation:
            people = [
                TinyPerson("Ada", {"age": study.age}),
                TinyPerson(
                    "Ben", mental_faculties=["pace"], memory=version_of(Plain, study.memory)(), model=study.bens_model
                ),
                TinyPerson("Cleo"),
                TinyPerson("Dan"),
                *([TinyPerson("Eve")] if study.eve else []),
            ]
            world = TinyWorld("Yard", people, schedule=schedule)
            for number in range(STEPS):
                people[1].listen(study.told[number], source="The bell")
                report = world.run(1)
                assert not report.failures
        journal = simulation.journal
        calls = dict(Counter(call.person for _, call in model.requests))
        facts = [fact.id for fact in simulation.facts]
        counts = (journal.hits, journal.misses) if journal is not None else (0, 0)
        return Ran(counting.executed, calls, *counts, simulation.digest(), facts)


def last(turns: dict[str, int]) -> list[tuple[str, int]]:
    """The last so many turns of each."""
    return sorted((name, number) for name, count in turns.items() for number in range(STEPS - count, STEPS))


@cache
def without_a_journal(study: Study, schedule: str) -> Ran:
    return run(None, study, schedule=schedule)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Ran]:
    """The usual study for the first time, which all cases begin with: made once, and copied."""
    folder = tmp_path_factory.mktemp("begun")
    made: dict[Path, Ran] = {}

    def begun(path: Path, schedule: str) -> Ran:
        original = folder / f"{schedule}{path.suffix}"
        if original not in made:
            made[original] = run(original, Study(), schedule=schedule)
        shutil.copyfile(original, path)
        return made[original]

    return begun


@pytest.fixture(params=["db", "json"])
def path(request: Any, tmp_path: Path) -> Path:
    return tmp_path / f"study.{request.param}"


def contents(path: Path) -> Any:
    """All that is in the file."""
    if path.suffix == ".json":
        return path.read_bytes()
    connection = sqlite3.connect(path)
    try:
        return connection.execute("select k, v from kv order by k").fetchall(), path.stat().st_size
    finally:
        connection.close()


# -- the matrix ------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A change, and how many turns of whom it executes again, with how many calls: parallel, then sequential."""

    change: dict[str, Any]
    turns: dict[str, int]
    calls: dict[str, int]
    turns_one_by_one: dict[str, int]
    calls_one_by_one: dict[str, int]


def both(turns: dict[str, int], calls: dict[str, int]) -> tuple[dict[str, int], ...]:
    return turns, calls, turns, calls


FROM_BEN = {"Ben": 5, "Cleo": 4, "Dan": 3}
FROM_BEN_ONE_BY_ONE = {"Ben": 5, "Cleo": 5, "Dan": 5}

CASES = {
    "nothing": Case({}, *both(NONE, NONE)),
    # Ada 5, Ben 4, Cleo 3, Dan 2, who is asked what he was asked before; one by one 5 each.
    "persona": Case(
        {"age": 72},
        {"Ada": 5, "Ben": 4, "Cleo": 3, "Dan": 2},
        {"Ada": 5, "Ben": 4, "Cleo": 3},
        {"Ada": 5, "Ben": 5, "Cleo": 5, "Dan": 5},
        {"Ada": 5, "Ben": 5, "Cleo": 5},
    ),
    # Before step 3 Ben is told something else: Ben 3 (steps 3 to 5), Cleo 2, Dan 1; one by one 3 each.
    "stimulus": Case(
        {"told": ("one", "two", "another", "four", "five")},
        {"Ben": 3, "Cleo": 2, "Dan": 1},
        {"Ben": 3, "Cleo": 2},
        {"Ben": 3, "Cleo": 3, "Dan": 3},
        {"Ben": 3, "Cleo": 3},
    ),
    # Eve acts last, and talks to Cleo: Eve 5, Cleo 4 (from step 2 on), Dan 3. One by one Cleo hears her in step 2 as
    # well, for she has acted by then in step 1; Dan hears Cleo in the same step: 4 each.
    "person added": Case(
        {"eve": True},
        {"Eve": 5, "Cleo": 4, "Dan": 3},
        {"Eve": 5, "Cleo": 4},
        {"Eve": 5, "Cleo": 4, "Dan": 4},
        {"Eve": 5, "Cleo": 4},
    ),
    "model": Case({"model": "scripted/two"}, *both(ALL, ALL)),
    # Ben asks another model, which answers the same: he makes 5 calls, and his words are new facts for the others.
    "one person's model": Case({"bens_model": "scripted/two"}, FROM_BEN, {"Ben": 5}, FROM_BEN_ONE_BY_ONE, {"Ben": 5}),
    "seed": Case({"seed": 1}, *both(ALL, ALL)),
    "faculty nobody has": Case({"unused": 2}, *both(NONE, NONE)),
    "backend nobody asks": Case({"spare": 2}, *both(NONE, NONE)),
    # What takes part has changed, and asks the same: Ben's turns are executed, and those of whom he reaches; no call.
    "faculty": Case({"pace": 2}, FROM_BEN, NONE, FROM_BEN_ONE_BY_ONE, NONE),
    "kind of memory": Case({"memory": 2}, FROM_BEN, NONE, FROM_BEN_ONE_BY_ONE, NONE),
    "backend": Case({"backend": 2}, *both(ALL, NONE)),
}


@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_executed_again_is_what_the_change_can_reach(begun, path, name, schedule):
    case = CASES[name]
    turns, calls = (case[1:3], case[3:5])[schedule == "sequential"]
    usual, changed = Study(), Study(**case.change)
    everybody = len(NAMES) * STEPS

    first = begun(path, schedule)
    assert sorted(first.executed) == last(ALL)
    assert (first.calls, first.hits, first.misses) == (ALL, 0, everybody)

    again = run(path, changed, schedule=schedule)
    assert sorted(again.executed) == last(turns)
    assert again.calls == calls
    assert again.misses == sum(turns.values())
    assert again.hits == everybody + (STEPS if changed.eve else 0) - again.misses
    plain = without_a_journal(changed, schedule)
    assert (again.digest, again.facts) == (plain.digest, plain.facts)

    for study, ran in ((usual, first), (changed, again)):  # back, and there once more
        back = run(path, study, schedule=schedule)
        assert (back.executed, back.calls, back.misses) == ([], {}, 0)
        assert (back.digest, back.facts) == (ran.digest, ran.facts)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].turns])
def test_the_changes_are_changes(name):
    """Else the numbers above would be right of a program that loses them."""
    usual, changed = run(None, Study()), run(None, Study(**CASES[name].change))
    assert usual.digest != changed.digest or name == "backend"


def test_the_order_within_a_run_is_that_of_the_people(path):
    run(path, Study())
    again = run(path, Study(age=72))
    assert again.executed == [
        ("Ada", 0),
        ("Ada", 1), ("Ben", 1),
        ("Ada", 2), ("Ben", 2), ("Cleo", 2),
        ("Ada", 3), ("Ben", 3), ("Cleo", 3), ("Dan", 3),
        ("Ada", 4), ("Ben", 4), ("Cleo", 4), ("Dan", 4),
    ]  # fmt: skip


def test_another_schedule_is_another_story_until_somebody_hears_something_else(path):
    """One by one, in step 1 Ada is asked what she was asked before, and nobody talks to her: none of her turns is
    executed. Ben, Cleo and Dan hear a step sooner what they heard: all of theirs are.
    """
    run(path, Study())
    again = run(path, Study(), schedule="sequential")
    assert sorted(again.executed) == last({"Ben": 5, "Cleo": 5, "Dan": 5})
    assert run(path, Study()).executed == []


# -- templates -------------------------------------------------------------------------------------------------------


@pytest.fixture
def edit_template(tmp_path: Path, monkeypatch: Any) -> Iterator[Callable[[str, str, str], None]]:
    """Changes the text of a template, for this test only."""

    def forget() -> None:
        templates.template.cache_clear()

    def edit(name: str, old: str, new: str) -> None:
        folder = tmp_path / "prompts"
        if not folder.exists():
            shutil.copytree(templates._FOLDER, folder)
        text = (folder / f"{name}.mustache").read_text(encoding="utf-8")
        assert old in text
        (folder / f"{name}.mustache").write_text(text.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setattr(templates, "_FOLDER", folder)
        forget()

    yield edit
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize(
    ("name", "old", "new", "turns", "calls"),
    [
        ("state", "Go on.", "Carry on.", ALL, ALL),
        ("rules", "", "Mind the gap.\n", ALL, ALL),
        # Nothing that is sent changes by what stands behind a condition that nobody meets; but it could have.
        ("state", "You feel:", "You are in this mood:", ALL, NONE),
        # No episode is over yet, so that nobody was asked for what it leaves behind.
        ("consolidate", "", "Be brief.\n", NONE, NONE),
    ],
)
def test_a_template_takes_part_in_the_turns_that_are_written_with_it(path, edit_template, name, old, new, turns, calls):
    first = run(path, Study())
    edit_template(name, old, new)
    again = run(path, Study())
    assert sorted(again.executed) == last(turns)
    assert again.calls == calls
    edit_template(name, new, old)
    back = run(path, Study())
    assert (back.executed, back.calls, back.digest) == ([], {}, first.digest)


# -- whatever is there ------------------------------------------------------------------------------------------------


def test_without_the_cache_everything_is_executed_from_the_answers_that_are_there(path):
    first = run(path, Study())
    again = run(path, Study(), cache=False)
    assert sorted(again.executed) == last(ALL)
    assert (again.calls, again.hits) == ({}, 0)
    assert (again.digest, again.facts) == (first.digest, first.facts)
    assert run(path, Study(), cache=True).executed == []


def test_what_was_recorded_without_the_cache_is_found_with_it(path):
    first = run(path, Study(), cache=False)
    assert first.calls == ALL
    assert run(path, Study()).executed == []


@pytest.mark.parametrize("cache", [True, False])
def test_the_same_run_once_more_leaves_the_file_as_it_was(path, cache):
    run(path, Study())
    before = contents(path)
    for _ in range(3):
        run(path, Study(), cache=cache)
        assert contents(path) == before


def test_going_back_and_forth_does_not_make_the_file_grow_either(path):
    run(path, Study())
    run(path, Study(age=72))
    run(path, Study())  # what was left has a name from now on
    run(path, Study(age=72))
    rows = len(contents(path)[0]) if path.suffix == ".db" else contents(path).count(b"\n")
    for age in (71, 72, 71, 72):
        assert run(path, Study(age=age)).executed == []
    now = len(contents(path)[0]) if path.suffix == ".db" else contents(path).count(b"\n")
    assert now == rows


def test_parameters_are_part_of_every_question(path):
    from troupe_core import Parameters

    run(path, Study())
    again = run(path, Study(parameters=Parameters(temperature=0.3)))
    assert (sorted(again.executed), again.calls) == (last(ALL), ALL)
    assert run(path, Study(parameters=Parameters(temperature=0.3))).executed == []


def test_more_steps_are_executed_and_those_before_found(path):
    model = ScriptedModel(script)
    for steps, calls in ((2, 8), (4, 8), (3, 0), (5, 4)):
        before = model.calls
        with Runtime([model], autoload=False, model="scripted/one") as runtime, Simulation(path, runtime=runtime):
            TinyWorld("Yard", [TinyPerson(name) for name in NAMES]).run(steps)
        assert model.calls - before == calls


def test_a_file_that_another_study_was_written_to_is_no_hindrance(path):
    """The same name in another study is another person: the root holds everything that the turn can read."""

    class Shy(TinyMentalFaculty):
        """You are shy."""

        cache_version: ClassVar[int] = 1

    run(path, Study())
    model = ScriptedModel(script)
    with Runtime([model], autoload=False, model="scripted/one") as runtime:
        with Simulation(path, runtime=runtime) as simulation:
            TinyWorld("Yard", [TinyPerson(name, mental_faculties=[Shy]) for name in NAMES]).run(1)
        assert (simulation.journal.hits, simulation.journal.misses, model.calls) == (0, 4, 4)
    assert run(path, Study()).executed == []
