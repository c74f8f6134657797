"""Random little worlds: what a change makes run again, and what of that is paid for, as a plain interpreter foretells.

The interpreter lives the same lives with tuples for values, and knows nothing of digests, rows or files. A turn is
executed again if anything that it can read is another value than in all runs before, and facts bear the name of the
turn that they come from. A call is made if the prompt is one that was never asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_core.hookspecs import hookimpl
from troupe_testing import ScriptedModel, quiet, talk, think, turn

pytestmark = pytest.mark.once

NAMES = tuple(f"P{number}" for number in range(9))


@attrs.frozen
class Life:
    """A persona: whom somebody talks to at every turn (`""` is everybody), and whether it always says the same."""

    targets: tuple[str, ...]
    age: int = 30
    fixed: bool = False


@attrs.frozen
class Study:
    """A program. `told` holds who hears what before which step."""

    lives: dict[str, Life]
    steps: int
    told: tuple[tuple[int, str, str], ...] = ()
    schedule: str = "parallel"


Turns = list[tuple[str, int]]


# -- the interpreter -------------------------------------------------------------------------------------------------


class Interpreter:
    """Values are tuples, and each has a number. What was lived and asked before is remembered from run to run."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}
        self.lived: set[int] = set()
        self.asked: set[int] = set()

    def number(self, *value: Any) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    def run(self, study: Study) -> tuple[Turns, Turns]:
        """The turns that are executed, and those that make a call."""
        root: dict[str, int] = {}
        shown: dict[str, tuple[Any, ...]] = dict.fromkeys(study.lives, ())
        inbox: dict[str, list[tuple[int, str, str]]] = {name: [] for name in study.lives}
        executed, called = [], []
        for step in range(study.steps):
            for when, name, text in study.told:
                if when == step:
                    inbox[name].append((self.number("told", root.get(name), *inbox[name], text), "The bell", text))
            said: list[tuple[int, str, str, str]] = []
            for name, life in study.lives.items():
                heard, inbox[name] = inbox[name], []
                root[name] = self.number("root", name, life, root.get(name), *(fact for fact, _, _ in heard))
                prompt = self.number("prompt", name, life, *shown[name], tuple(heard_as[1:] for heard_as in heard))
                for known, found, number in ((self.lived, executed, root[name]), (self.asked, called, prompt)):
                    if number not in known:
                        known.add(number)
                        found.append((name, step))
                words = "as ever" if life.fixed else f"{prompt}"
                shown[name] += (tuple(heard_as[1:] for heard_as in heard), words)
                said += [(self.number("said", root[name], place, to), name, words, to)
                         for place, to in enumerate(life.targets)]  # fmt: skip
                if study.schedule == "sequential":
                    said = self.deliver(said, inbox)
            self.deliver(said, inbox)
        return executed, called

    def deliver(self, said: list[Any], inbox: dict[str, list[Any]]) -> list[Any]:
        for fact, speaker, words, to in said:
            for hearer in [to] if to else [name for name in inbox if name != speaker]:
                inbox[hearer].append((fact, speaker, words))
        return []


# -- the real thing --------------------------------------------------------------------------------------------------


class Counting:
    """Notes each turn that is executed, wherever it stands among those who wrap transactions."""

    def __init__(self) -> None:
        self.executed: Turns = []

    @hookimpl(wrapper=True)
    def troupe_transaction_handler(self, kind: str) -> Any:
        inner = yield

        async def counted(tx: Any) -> Any:
            async def execute(given: Any) -> Any:
                self.executed.append((tx.thing, tx.state.turns))
                return await tx.execute(given)

            return await inner(attrs.evolve(tx, execute=execute))

        return counted


@attrs.frozen
class Real:
    """One runtime for all examples."""

    model: ScriptedModel
    counting: Counting
    runtime: Runtime

    def run(self, path: Path | None, study: Study) -> tuple[Turns, Turns, str]:
        def script(request: Any, call: Any) -> Any:
            life = study.lives[call.person]
            words = sha256("\0".join(message.content for message in request.messages).encode()).hexdigest()
            said = "as ever" if life.fixed else words
            return turn(*(talk(said, to=to) for to in life.targets), think("And so on."))

        self.model.script = script
        self.model.requests.clear()
        self.counting.executed.clear()
        with Simulation(path, runtime=self.runtime) as simulation:
            people = {name: TinyPerson(name, attrs.asdict(life)) for name, life in study.lives.items()}
            world = TinyWorld("Yard", list(people.values()), schedule=study.schedule)
            for step in range(study.steps):
                for when, name, text in study.told:
                    if when == step:
                        people[name].listen(text, source="The bell")
                assert not world.run(1).failures
        found = simulation.digest()
        journal = simulation.journal
        if journal is not None:
            assert journal.misses == len(self.counting.executed)
            assert journal.hits == len(study.lives) * study.steps - journal.misses
        simulation.close()
        called = [(call.person, call.turn) for _, call in self.model.requests]
        return list(self.counting.executed), called, found


@pytest.fixture(scope="module")
def real() -> Iterator[Real]:
    model, counting = ScriptedModel(quiet), Counting()
    with Runtime([model, counting], model="scripted/test", autoload=False) as runtime:
        yield Real(model, counting, runtime)


# -- random worlds ---------------------------------------------------------------------------------------------------


@st.composite
def studies(draw: Any) -> Study:
    names = NAMES[: draw(st.integers(2, 9))]
    lives = {}
    for name in names:
        others = [other for other in names if other != name]
        everybody = [""] if draw(st.integers(0, 7)) == 0 else []
        targets = draw(st.lists(st.sampled_from(others), max_size=2, unique=True))
        lives[name] = Life((*targets, *everybody), 30, draw(st.booleans()))
    steps = draw(st.integers(1, 5))
    told = st.tuples(st.integers(0, steps - 1), st.sampled_from(names), st.sampled_from(["rain", "sun"]))
    return Study(
        lives, steps, tuple(draw(st.lists(told, max_size=3))), draw(st.sampled_from(["parallel", "sequential"]))
    )


@st.composite
def edited(draw: Any, study: Study) -> Study:
    """One edit."""
    names = list(study.lives)
    who = draw(st.sampled_from(names))
    life = study.lives[who]
    others = st.sampled_from([name for name in names if name != who])
    what = draw(st.sampled_from(["persona", "told", "added", "gone", "steps", "targets", "fixed"]))
    lives = dict(study.lives)
    if what == "told":
        when = draw(st.integers(0, study.steps - 1))
        return attrs.evolve(study, told=(*study.told, (when, who, draw(st.sampled_from(["snow", "fog"])))))
    if what == "steps":
        return attrs.evolve(study, steps=draw(st.integers(study.steps, 5)))
    if what == "added":
        lives[f"Q{len(names)}"] = Life((who, *draw(st.sampled_from([(), ("",)]))), 30, draw(st.booleans()))
    elif what == "gone" and len(names) > 2:
        del lives[who]
        lives = {name: attrs.evolve(each, targets=tuple(to for to in each.targets if to != who))
                 for name, each in lives.items()}  # fmt: skip
        return attrs.evolve(study, lives=lives, told=tuple(each for each in study.told if each[1] != who))
    elif what == "targets":
        lives[who] = attrs.evolve(life, targets=(draw(others),))
    elif what == "fixed":
        lives[who] = attrs.evolve(life, fixed=not life.fixed)
    else:
        lives[who] = attrs.evolve(life, age=life.age + 1)
    return attrs.evolve(study, lives=lives)


@st.composite
def histories(draw: Any) -> list[Study]:
    """A study, the same with an edit or two, and each of them once more."""
    found = [draw(studies())]
    for _ in range(draw(st.integers(1, 2))):
        found.append(draw(edited(found[-1])))
    return [*found, *found[::-1]]


def test_what_is_executed_and_what_is_paid_for_is_what_the_interpreter_foretells(real):
    seen: Counter[str] = Counter()

    @settings(max_examples=28)
    @given(histories(), st.sampled_from(["db", "json"]))
    def check(history: list[Study], suffix: str) -> None:
        interpreter = Interpreter()
        plain = {}
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"study.{suffix}"
            for number, study in enumerate(history):
                executed, called, digest = real.run(path, study)
                expected = interpreter.run(study)
                assert (sorted(executed), sorted(called)) == tuple(map(sorted, expected)), (number, study)
                mark = repr(study)
                if mark not in plain:
                    plain[mark] = real.run(None, study)[2]
                assert digest == plain[mark]
                if 0 < number < len(history) // 2:
                    seen["edits"] += 1
                    seen["not everybody"] += len(executed) < len(study.lives) * study.steps
                    seen["found though executed"] += len(called) < len(executed)
                    seen[study.schedule] += 1
                if number >= len(history) // 2:
                    assert not executed, "there is nothing new in what was there before"

    check()
    assert seen["edits"] >= 28
    assert min(seen["not everybody"], seen["parallel"], seen["sequential"]) >= 7, seen
    assert seen["found though executed"] >= 3


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=1000)
@given(histories(), st.sampled_from(["db", "json"]))
def test_a_thousand_more(real, history, suffix):
    interpreter = Interpreter()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"study.{suffix}"
        for study in history:
            executed, called, _ = real.run(path, study)
            assert (sorted(executed), sorted(called)) == tuple(map(sorted, interpreter.run(study)))


def test_the_interpreter_counts_as_one_counts_by_hand(real, tmp_path):
    """P0 → P1 → P2 → P3, of whom P2 says the same whatever it hears. P0 is edited: 3 + 2 + 1 turns in three steps, and
    P2's turn is asked something new; P3 hears nothing in time. With four steps P3 has a turn as well, at no cost.
    """
    lives = {"P0": Life(("P1",)), "P1": Life(("P2",)), "P2": Life(("P3",), fixed=True), "P3": Life(())}
    edit = {**lives, "P0": Life(("P1",), age=31)}
    for steps, turns, calls in ((3, 3 + 2 + 1, 3 + 2 + 1), (4, 4 + 3 + 2 + 1, 4 + 3 + 2)):
        interpreter, path = Interpreter(), tmp_path / f"{steps}.db"
        for study, expected in ((Study(lives, steps), (4 * steps, 4 * steps)), (Study(edit, steps), (turns, calls))):
            executed, called, _ = real.run(path, study)
            foretold = interpreter.run(study)
            assert (len(executed), len(called)) == expected == (len(foretold[0]), len(foretold[1]))
