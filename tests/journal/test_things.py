"""Things of other kinds than people and worlds: a frozen state, methods that are all or nothing, and a journal."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from troupe_core import (
    ArgumentError,
    JournalError,
    ReplayError,
    Runtime,
    Simulation,
    TinyPerson,
    TinyThing,
    transactional,
)
from troupe_core.errors import CrossThingError, SimulationError
from troupe_testing import ScriptedModel


@frozen
class Stock:
    apples: int = 10
    sold_to: tuple[str, ...] = ()
    since: date = date(2026, 3, 2)


@frozen
class Deal:
    words: str
    price: float


class TinyStall(TinyThing, state=Stock):
    """Sells apples."""

    @transactional
    async def haggle(self, who: str, offer: float = 0.5) -> Deal:
        words = await self.llm("haggling").ask(f"{who} offers {offer}.")
        self.state = evolve(self.state, apples=self.state.apples - 1, sold_to=(*self.state.sold_to, who))
        self.emit("SOLD", words, {"to": who})
        return Deal(words, offer + self.rng("price").random())

    @transactional
    async def haggle_twice(self, who: str) -> float:
        one, two = await self.haggle.awaited(who), await self.haggle.awaited(who, 0.7)
        return one.price + two.price

    @transactional
    async def fail_at_the_end(self, who: str) -> None:
        await self.haggle.awaited(who)
        raise RuntimeError("the scales are broken")

    @transactional(memo=False)
    def take(self, number: int) -> int:
        self.state = evolve(self.state, apples=self.state.apples - number)
        self.emit("TAKEN", str(number))
        if self.state.apples < 0:
            raise ValueError("so many are not there")
        return self.state.apples

    @transactional
    def greet(self, other: TinyThing) -> str:
        return f"{self.id} greets {other.id}"

    @transactional
    def disturb(self, other: Any) -> None:
        other.take(1)


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def runtime(calls: list[str]) -> Any:
    def script(request: Any, call: Any) -> str:
        calls.append(request.messages[-1].content)
        return f"answer {len(calls)}"

    with Runtime(plugins=[ScriptedModel(script)], model="scripted/any", autoload=False) as made:
        yield made


@pytest.fixture(params=["things.db", "things.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def market(simulation: Simulation) -> tuple[Any, ...]:
    stall = TinyStall("Stall", simulation=simulation)
    deal = stall.haggle("Ada")
    left = stall.take(3)
    both = stall.haggle_twice("Ben")
    return deal, left, both, stall.state, [fact.id for fact in simulation.facts], simulation.digest()


def test_a_method_changes_its_thing_and_says_what_happened(runtime: Runtime, calls: list[str]):
    with Simulation(runtime=runtime) as simulation:
        deal, left, both, state, _, _ = market(simulation)
    assert deal.words == "answer 1"
    assert 0.5 <= deal.price < 1.5
    assert left == 6
    assert both > 1.2
    assert state == Stock(4, ("Ada", "Ben", "Ben"))
    assert [fact.type for fact in simulation.facts] == ["SOLD", "TAKEN", "SOLD", "SOLD"]
    assert simulation.facts[0].data == {"to": "Ada"}
    assert calls == ["Ada offers 0.5.", "Ben offers 0.5.", "Ben offers 0.7."]


def test_run_again_it_is_found_and_the_same(runtime: Runtime, calls: list[str], path: Path):
    with Simulation(path, runtime=runtime) as first:
        done = market(first)
    paid = len(calls)
    with Simulation(path, runtime=runtime) as again:
        assert market(again) == done
        assert (again.journal.hits, again.journal.misses) == (2, 0)
    assert len(calls) == paid
    with Simulation(path, runtime=runtime, seed=1) as other:
        assert market(other) != done


def test_it_is_resumed_forked_and_replayed(runtime: Runtime, calls: list[str], path: Path):
    with Simulation(path, runtime=runtime) as first:
        done = market(first)
    resumed = Simulation.resume(path, runtime=runtime)
    stall = resumed["Stall"]
    assert isinstance(stall, TinyStall)
    assert (stall.state, [fact.id for fact in resumed.facts], resumed.digest()) == done[3:]
    fork = resumed.fork("variant")
    assert fork["Stall"].take(1) == 3
    assert stall.state.apples == 4
    fork.end()
    resumed.end()
    paid = len(calls)
    assert Simulation.replay(path, runtime=runtime).others == 2
    assert len(calls) == paid


def test_what_fails_has_not_happened_and_is_not_paid_for_twice(runtime: Runtime, calls: list[str], path: Path):
    with Simulation(path, runtime=runtime) as simulation:
        stall = TinyStall("Stall")
        with pytest.raises(RuntimeError, match="scales"):
            stall.fail_at_the_end("Ada")
        with pytest.raises(ValueError, match="not there"):
            stall.take(11)
        assert stall.state == Stock()
        assert list(simulation.facts) == []
        with pytest.raises(RuntimeError, match="scales"):
            stall.fail_at_the_end("Ada")
    assert len(calls) == 1


def test_another_thing_is_out_of_reach(runtime: Runtime, path: Path):
    with Simulation(path, runtime=runtime):
        stall, other, ada = TinyStall("Stall"), TinyStall("Other"), TinyPerson("Ada")
        with pytest.raises(CrossThingError, match="'Stall' is in the middle of something, and may not change 'Other'"):
            stall.disturb(other)
        assert other.state == Stock()
        assert stall.greet(other) == "Stall greets Other"
        assert stall.greet(ada) == "Stall greets Ada"


def test_an_argument_that_is_a_thing_counts_as_what_it_is_now(runtime: Runtime, path: Path):
    for apples, found in ((1, 0), (1, 1), (2, 0)):
        with Simulation(path, runtime=runtime) as simulation:
            stall, other = TinyStall("Stall"), TinyStall("Other", Stock(apples))
            stall.greet(other)
            assert simulation.journal.hits == found


def test_changed_code_is_executed_and_a_version_stands_for_code(runtime: Runtime, path: Path):
    def make(word: str, version: int | None) -> Any:
        if word == "hello":

            class TinyThingy(TinyThing, state=Stock):
                @transactional(version=version)
                def say(self) -> str:
                    return "hello"

        else:

            class TinyThingy(TinyThing, state=Stock):  # type: ignore[no-redef]
                @transactional(version=version)
                def say(self) -> str:
                    return "good day"

        return TinyThingy

    def say(word: str, version: int | None) -> tuple[str, int]:
        with Simulation(path, runtime=runtime) as simulation:
            return make(word, version)("It").say(), simulation.journal.hits

    assert say("hello", None) == ("hello", 0)
    assert say("hello", None) == ("hello", 1)
    assert say("good day", None) == ("good day", 0)
    assert say("hello", 1) == ("hello", 0)
    assert say("good day", 1) == ("hello", 1)  # whoever states a version says that the code has not changed


def test_source_that_nobody_can_read_needs_a_version(runtime: Runtime, path: Path):
    namespace: dict[str, Any] = {"TinyThing": TinyThing, "transactional": transactional, "Stock": Stock}
    exec(
        "class TinyTyped(TinyThing, state=Stock):\n    @transactional\n    def say(self): return 1\n",
        namespace,
    )
    with Simulation(path, runtime=runtime), pytest.raises(ArgumentError, match=r"transactional\(version=1\)"):
        namespace["TinyTyped"]("It").say()


def test_a_state_that_would_not_survive_is_refused_at_once(runtime: Runtime, path: Path):
    @frozen
    class Loose:
        thing: Any = Stock()

    class TinyLoose(TinyThing, state=Loose):
        pass

    with Simulation(path, runtime=runtime), pytest.raises(JournalError, match="does not survive the journal"):
        TinyLoose("It")


def test_an_unknown_class_is_named(runtime: Runtime, path: Path, monkeypatch: pytest.MonkeyPatch):
    with Simulation(path, runtime=runtime) as first:
        market(first)
    monkeypatch.delitem(TinyThing.known, "TinyStall")
    simulation = Simulation.resume(path, runtime=runtime)
    with pytest.raises(JournalError, match="'Stall' is a TinyStall, and no such class is defined here"):
        simulation["Stall"]
    simulation.end()
    simulation = Simulation.resume(path, runtime=runtime, attach={"TinyStall": TinyStall})
    assert simulation["Stall"].state.apples == 4
    simulation.end()


def test_a_changed_method_fails_a_replay_with_the_difference(
    runtime: Runtime, path: Path, monkeypatch: pytest.MonkeyPatch
):
    with Simulation(path, runtime=runtime) as first:
        TinyStall("Stall").greet(TinyPerson("Ada"))
        first["Stall"].haggle("Ada")
    with pytest.raises(SimulationError, match="given another thing"):
        Simulation.replay(path, runtime=runtime)
    path.unlink()
    with Simulation(path, runtime=runtime):
        TinyStall("Stall").haggle("Ada")

    @transactional
    async def haggle(self: Any, who: str, offer: float = 0.5) -> Deal:
        return Deal(f"not today, {who}", offer)

    haggle.function.__qualname__ = "TinyStall.haggle"
    monkeypatch.setattr(TinyStall, "haggle", haggle)
    with pytest.raises(ReplayError, match=r"not today"):
        Simulation.replay(path, runtime=runtime)


def test_only_a_method_can_assign_the_state(runtime: Runtime):
    with Simulation(runtime=runtime):
        stall = TinyStall("Stall")
        with pytest.raises(SimulationError, match="@transactional"):
            stall.state = Stock(1)
        with pytest.raises(SimulationError, match="@transactional"):
            stall.llm("x")
        with pytest.raises(AttributeError):
            stall.colour = "green"
        with pytest.raises(ArgumentError, match="is a Stock"):
            TinyStall("Other", 7)
        with pytest.raises(ArgumentError, match="called by a text"):
            TinyStall("")


def test_many_at_once_and_from_another_loop(runtime: Runtime, path: Path):
    async def all_of_them() -> list[Deal]:
        return await asyncio.gather(*(stall.haggle.awaited(name) for name in "abcdef"))

    with Simulation(path, runtime=runtime) as simulation:
        stall = TinyStall("Stall")
        deals = asyncio.run(all_of_them())
        assert len({deal.words for deal in deals}) == 6
        assert stall.state == Stock(4, tuple("abcdef"))  # one after the other, in the order of the calls
        assert len(simulation.facts) == 6
