"""What a simulation may spend: enforced before each call, announced where nobody has said anything."""

from __future__ import annotations

import json
import logging
import sqlite3
from typing import Any

import pytest

from troupe_core import (
    ArgumentError,
    Budget,
    BudgetExceeded,
    Call,
    LLMBackend,
    LLMResponse,
    ModelCall,
    ModelError,
    People,
    Remark,
    RunStopped,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    Usage,
    hookimpl,
)
from troupe_core.llm.meter import UNASKED, Meter
from troupe_testing import LatencyModel, VirtualLoop, constant, quiet
from troupe_testing.scripted import ScriptedModel, reply


class Paid(ScriptedModel):
    """A stand-in that says it costs something."""

    name = "paid"
    free = False


@pytest.mark.parametrize("budget", [Budget(calls=7), Budget(tokens=9_000)])
def test_a_run_stops_before_more_is_spent_and_goes_on_with_a_larger_budget(make_runtime, tmp_path, budget):
    runtime = make_runtime()

    def study(budget: Budget | None) -> Any:
        return Simulation(tmp_path / "study.db", runtime=runtime, budget=budget)

    simulation = study(budget)
    world = TinyWorld("Room", [TinyPerson(f"P{n}", simulation=simulation) for n in range(3)], simulation=simulation)
    with pytest.raises(
        RunStopped, match=r"the budget of .* is spent.*goes on: simulation.budget = Budget\((calls|tokens)=…\)"
    ) as told:
        world.run(10)
    assert isinstance(told.value.__cause__, BudgetExceeded)
    steps, spent = world.state.step, simulation.usage
    assert told.value.report.steps == steps
    if budget.calls:
        assert (steps, spent.calls) == (2, 7)
    else:
        assert spent.usage.input + spent.usage.output < budget.tokens + 3 * 2_000  # those in flight were answered
    simulation.end()

    again = Simulation.resume(tmp_path / "study.db", runtime=runtime, budget=Budget(calls=1_000))
    before = runtime.model_under_test.calls
    again["Room"].run(1)
    assert runtime.model_under_test.calls == before + 3 - (spent.calls - 3 * steps)  # answers that had come are found
    again.end()

    stopped = Simulation.resume(tmp_path / "study.db", runtime=runtime, budget=Budget(calls=spent.calls))
    with pytest.raises(RunStopped):
        stopped["Room"].run(1)  # what was spent before counts
    stopped.end()


def test_calls_are_counted_exactly_however_many_are_in_flight(make_runtime):
    model = LatencyModel(ScriptedModel(quiet), constant(1.0))
    runtime = make_runtime(model, loop_factory=VirtualLoop)
    simulation = Simulation(runtime=runtime, budget=Budget(calls=25))
    world = TinyWorld("Room", [TinyPerson(f"P{n}", simulation=simulation) for n in range(100)], simulation=simulation)
    with pytest.raises(RunStopped):
        world.run(1)
    assert simulation.usage.calls == 25
    assert model.most_in_flight == 25


def test_seconds_are_those_in_which_a_model_is_asked(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("troupe_core.llm.accounts.monotonic", lambda: clock[0])
    meter, call = Meter(Budget(seconds=10)), Call("s", "turn")
    event = ModelCall(call, "a/b", None, 1.0)
    first = meter.admit(call, "a/b", False, 0)
    clock[0] += 6
    second = meter.admit(call, "a/b", False, 0)  # two at a time count once
    clock[0] += 1
    meter.count(event, first)
    meter.count(event, second)
    clock[0] += 1_000  # nobody asks
    assert meter.seconds == 7
    meter.admit(call, "a/b", False, 0)
    clock[0] += 3
    with pytest.raises(BudgetExceeded, match="10 seconds of asking"):
        meter.admit(call, "a/b", False, 0)


def test_seconds_before_a_resume_a_fork_or_a_kill_count(make_runtime, tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("troupe_core.llm.accounts.monotonic", lambda: clock[0])

    def slow(request: Any, call: Any) -> Any:
        clock[0] += 4
        return reply("Yes.") if call.purpose == "ask" else quiet(request, call)

    runtime = make_runtime(slow)
    path = tmp_path / "study.db"
    limits = Budget(seconds=15)
    budget = Budget(seconds=100, person=limits, purposes={"turn": limits})

    def asked(simulation: Simulation) -> list[int]:
        whole = {"": 0, "purposes.turn": 0, "person.Ada": 0, **simulation.meter.asking()}
        return [whole[name] for name in ("", "purposes.turn", "person.Ada")]

    simulation = Simulation(path, runtime=runtime, budget=budget)
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    ada.act()
    ben.act()
    with simulation.fork("variant") as variant:
        variant["Ada"].act()
        assert asked(variant) == [12_000, 12_000, 8_000]
    People([ben]).ask("Well?", remember=False)
    assert asked(simulation) == [12_000, 8_000, 4_000]
    simulation.journal.store.writer.flush()
    left = tmp_path / "left.db"
    with sqlite3.connect(path) as there, sqlite3.connect(left) as copy:
        there.backup(copy)
    simulation.end()
    for file, branch in ((path, "main"), (left, "main"), (path, "variant")):
        again = Simulation.resume(file, branch, runtime=runtime, budget=budget)
        assert asked(again) == ([12_000, 12_000, 8_000] if branch == "variant" else [12_000, 8_000, 4_000])
        if branch == "main":
            again["Ben"].act()
            again["Ben"].act()
            for name, spent in (("Ben", "Ben"), ("Ada", "the purpose turn")):
                with pytest.raises(BudgetExceeded, match=f"15 seconds of asking for {spent} is spent"):
                    again[name].listen_and_act("Well?")
        again.end()


def test_without_a_budget_a_provider_that_costs_something_is_asked_so_often_and_that_is_said(
    make_runtime, caplog, monkeypatch
):
    monkeypatch.setattr("troupe_core.llm.meter.UNASKED", 5)
    events: list[Remark] = []

    class Watching:
        @hookimpl
        def troupe_event(self, event: Any) -> None:
            if isinstance(event, Remark):
                events.append(event)

    runtime = make_runtime(Paid(), model="paid/x", plugins=[Watching()])
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", simulation=simulation)
    with caplog.at_level(logging.WARNING, "troupe"):
        for _ in range(5):
            ada.act()
        with pytest.raises(BudgetExceeded, match=r"no budget is given.*Budget\(calls=…\)"):
            ada.act()
    assert simulation.usage.calls == 5
    told = [record.getMessage() for record in caplog.records if "no budget is given" in record.getMessage()]
    assert len(told) == 1
    assert f"{UNASKED:,} times at most" in told[0]
    assert [event.thing for event in events] == ["paid/x"]
    with_one = Simulation(runtime=runtime, budget=Budget(calls=8))
    ben = TinyPerson("Ben", simulation=with_one)
    for _ in range(8):
        ben.act()


def test_what_may_cost_something_is_counted_on_by_later_sessions_and_forks(make_runtime, tmp_path, monkeypatch):
    monkeypatch.setattr("troupe_core.llm.meter.UNASKED", 4)
    runtime = make_runtime(Paid(), model="paid/x")
    with Simulation(tmp_path / "study.db", runtime=runtime) as simulation:
        ada = TinyPerson("Ada", simulation=simulation)
        ada.act()
        ada.act()
    again = Simulation.resume(tmp_path / "study.db", runtime=runtime)
    again["Ada"].act()
    fork = again.fork("variant")
    fork["Ada"].act()
    with pytest.raises(BudgetExceeded, match="no budget is given"):
        fork["Ada"].act()
    assert (again.usage.calls, fork.usage.calls) == (3, 4)
    fork.close()
    again.close()


def test_a_journal_that_did_not_count_them_is_read(make_runtime, tmp_path):
    runtime = make_runtime()
    path = tmp_path / "study.json"
    with Simulation(path, runtime=runtime) as simulation:
        TinyPerson("Ada", simulation=simulation).act()
        spent = simulation.meter.tallies()["turn"]
    text = path.read_text(encoding="utf-8")
    now, before = (json.dumps(tally).replace(" ", "") for tally in (spent, spent[:5]))
    assert now in text
    path.write_text(text.replace(now, before), encoding="utf-8")
    again = Simulation.resume(path, runtime=runtime)
    again["Ada"].act()
    assert again.usage.calls == 2
    assert again.meter.tallies()["turn"][5:] == [0, 0, 0]
    again.close()


def test_what_is_free_is_asked_as_often_as_one_likes(make_simulation, monkeypatch):
    monkeypatch.setattr("troupe_core.llm.meter.UNASKED", 3)
    simulation = make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    for _ in range(6):
        ada.act()
    assert simulation.usage.calls == 6


def test_attempts_that_fail_count_and_are_admitted(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return ModelError("no")

    simulation = make_simulation(script)
    simulation.meter.budget = Budget(calls=2)
    ada = TinyPerson("Ada", simulation=simulation)
    for _ in range(2):
        with pytest.raises(ModelError):
            ada.act()
    with pytest.raises(BudgetExceeded):
        ada.act()
    assert (simulation.usage.calls, simulation.usage.failed) == (2, 2)


def test_the_budget_of_the_settings_is_each_simulations_own(make_runtime):
    runtime = make_runtime(config={"budget": {"calls": 2}})
    for _ in range(2):
        ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
        ada.act()
        ada.act()
        with pytest.raises(BudgetExceeded, match="the budget of 2 calls is spent"):
            ada.act()
    assert make_runtime(config={"budget": {"calls": 2}}, budget=Budget(calls=9)).config.budget == Budget(calls=9)


def test_a_larger_budget_can_be_given_while_it_lives(make_simulation):
    simulation = make_simulation()
    simulation.budget = Budget(calls=1)
    ada = TinyPerson("Ada", simulation=simulation)
    ada.act()
    with pytest.raises(BudgetExceeded):
        ada.act()
    simulation.budget = Budget(calls=2)
    ada.act()
    with pytest.raises(ArgumentError, match="budget must be a Budget"):
        simulation.budget = 5


def test_forks_go_on_counting(make_simulation):
    simulation = make_simulation()
    simulation.meter.budget = Budget(calls=3)
    ada = TinyPerson("Ada", simulation=simulation)
    ada.act()
    variant = simulation.fork("variant")
    variant["Ada"].act()
    variant["Ada"].act()
    with pytest.raises(BudgetExceeded):
        variant["Ada"].act()
    ada.act()
    variant.close()


@pytest.mark.parametrize("wrong", [{"calls": 0}, {"calls": -1}, {"tokens": "many"}, {"seconds": True}])
def test_a_budget_that_is_none_is_refused(wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} of a Budget is a (whole )?number above 0"):
        Budget(**wrong)


def test_a_wrong_budget_is_refused_before_anything_begins(make_runtime):
    with pytest.raises(ArgumentError, match="budget must be a Budget, such as"):
        Simulation(runtime=make_runtime(), budget=500)  # type: ignore[arg-type]


def test_a_stream_is_metered_too(make_runtime):
    class Streaming(LLMBackend):
        free = True

        async def complete(self, request: Any, call: Any) -> LLMResponse:
            return LLMResponse("words", Usage(1, 1))

    from troupe_core import Form, LLMRequest, Message

    runtime: Runtime = make_runtime(Streaming(), model="streaming/x")
    simulation = Simulation(runtime=runtime, budget=Budget(calls=1))
    request = LLMRequest(Form("streaming/x"), (Message("user", "hello"),))

    async def listen() -> list[str]:
        handler = runtime.llm_handler("streaming/x")
        return [chunk.text async for chunk in handler.stream(request, Call(simulation.id, "test"))]

    assert runtime.wait(listen, "") == ["words"]
    with pytest.raises(BudgetExceeded):
        runtime.wait(listen, "")
