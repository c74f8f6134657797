"""Budgets of money: priced before sending, exact, kept, and larger ones go on."""

from __future__ import annotations

import asyncio
import heapq
import json
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from troupe_core import (
    ArgumentError,
    AskingStopped,
    BadRequest,
    Budget,
    BudgetExceeded,
    Call,
    ConfigError,
    Embedder,
    EmbedderSpec,
    Embeddings,
    LLMResponse,
    ModelCall,
    ModelError,
    ModelTimeout,
    People,
    Price,
    PriceTable,
    RateLimited,
    RunStopped,
    Runtime,
    SecretError,
    Simulation,
    TinyPerson,
    TinyPersonFactory,
    TinyWorld,
    UnknownPrice,
    Usage,
    hookimpl,
)
from troupe_core.config import Limits
from troupe_core.llm import dollars, unit
from troupe_core.llm.accounts import SIMULATION, Account
from troupe_core.llm.landing import with_room
from troupe_core.llm.meter import Meter
from troupe_core.llm.prices import BILLION, Pricing
from troupe_testing import LatencyModel, VirtualLoop, constant
from troupe_testing.scripted import ScriptedModel, quiet, reply

PRICE = Price(input=2.0, cached=0.5, output=8.0, as_of="2026-11")
CENT = BILLION // 100


class Paid(ScriptedModel):
    """A cent for each answer; only one of its models has a price that anybody knows."""

    name = "paid"
    free = False

    def price_of(self, model: str) -> Price | None:
        return PRICE if model == "known" else None

    usage = Usage(2_000, 750)

    async def complete(self, request: Any, call: Call) -> LLMResponse:
        response = await super().complete(request, call)
        return LLMResponse(response.text, self.usage)


def answered(request: Any, call: Call) -> Any:
    return reply("Yes.") if call.purpose == "ask" else quiet(request, call)


def company(runtime: Runtime, budget: Budget | None = None, path: Any = None, people: int = 3) -> Any:
    simulation = Simulation(path, runtime=runtime, budget=budget)
    room = [TinyPerson(f"P{n}", simulation=simulation) for n in range(people)]
    return TinyWorld("Room", room, simulation=simulation)


numbers = st.integers(0, 10_000)


@given(
    st.lists(st.tuples(st.integers(0, 40_000), numbers, numbers, st.integers(1, 20), st.booleans()), max_size=60),
    st.integers(1, 12),
    st.floats(0.001, 0.5),
)
@settings(max_examples=60)
def test_what_is_spent_is_over_the_budget_by_what_is_in_flight_at_most(calls, at_once, money):
    """A virtual clock, calls of random size, cost and latency; some come to nothing, and say so or not."""
    meter, pricing, call = Meter(Budget(money=money)), Pricing(PRICE), Call("s", "turn")
    limit, now, spent = round(money * BILLION), 0, 0
    flying: list[tuple[int, int, int, int, bool, Any]] = []
    surprise = 0  # by what those in flight at the last admission cost more than was expected

    def land() -> int:
        nonlocal now, spent
        now, _, size, tokens, fails, admission = heapq.heappop(flying)
        usage = Usage(tokens, tokens // 4)
        lost = pricing.lost(ModelTimeout("late"), None, admission.expected) if fails else None
        cost = lost if fails else pricing.cost("turn", size, usage, admission.expected)
        error = ModelTimeout("late") if fails else None
        meter.count(ModelCall(call, "paid/known", None if fails else usage, 1.0, error, cost), admission)
        spent += cost or 0
        return max((cost or 0) - (admission.expected or 0), 0)

    for number, (size, tokens, most, latency, fails) in enumerate(calls):
        while len(flying) >= at_once:
            surprise += land()
        expected = pricing.expected("turn", size, most)
        try:
            admission = meter.admit(call, "paid/known", True, expected)
        except BudgetExceeded:
            continue
        surprise = 0
        heapq.heappush(flying, (now + latency, number, size, tokens, fails, admission))
        assert spent < limit
        assert spent + sum(each[-1].expected for each in flying) <= limit
    while flying:
        surprise += land()
    assert meter.total().cost == spent
    assert spent <= limit + surprise


@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**8), st.integers(0, 10**8)
)
@settings(max_examples=50)
def test_a_cost_is_exact_to_the_billionth_and_never_less(fresh, cached, output, millionths, others):
    price = Price(millionths / 10**6, others / 10**6)
    exact = (fresh + cached) * Fraction(millionths, 10**6) * 1_000 + output * Fraction(others, 10**6) * 1_000
    assert price.cost(Usage(fresh + cached, output, cached)) == ceil(exact)


@pytest.mark.parametrize(
    ("money", "told"),
    [
        (5, "5 USD"),
        (1e-5, "0.00001 USD"),
        (0.1 + 0.2, "0.3 USD"),
        (12_000.5, "12,000.5 USD"),
        (1e16, "10,000,000,000,000,000 USD"),
    ],
)
def test_an_amount_is_told_as_people_write_it(money, told):
    assert dollars(money) == told


def test_a_model_of_a_certain_day_costs_what_its_family_does():
    table = PriceTable(
        "2026-11", "a test", {"gpt-4o": PRICE, "gpt-4o-2024-05-13": Price(5, 15), "gpt-4": Price(30, 60)}
    )
    assert table.of("gpt-4o-2024-08-06") == table.of("gpt-4o") == PRICE
    assert table.of("gpt-4o-2024-05-13") == Price(5, 15)
    assert table.of("gpt-4-0613") == Price(30, 60)
    assert [table.of(name) for name in ("gpt-4o-mini", "gpt-4-0125-preview", "ft:gpt-4o-2024-08-06:us")] == [None] * 3


def test_a_run_stops_before_too_much_is_spent_and_goes_on_with_a_larger_budget(make_runtime, tmp_path):
    runtime = make_runtime(Paid(), model="paid/known")
    world = company(runtime, Budget(money=0.045), tmp_path / "study.db")
    with pytest.raises(RunStopped, match=r"the budget of 0\.045 USD would not do: 0\.0\d+ USD is spent") as told:
        world.run(10)
    assert "simulation.budget = Budget(money=…)" in str(told.value)
    simulation = world.simulation
    assert (world.state.step, simulation.usage.money, simulation.usage.priced) == (1, 0.04, "0.0400 USD")
    simulation.end()
    again = Simulation.resume(tmp_path / "study.db", runtime=runtime, budget=Budget(money=0.095))
    assert again.usage.cost == 4 * CENT  # one of them after the last step
    with pytest.raises(RunStopped):
        again["Room"].run(10)
    assert again.usage.cost == runtime.model_under_test.calls * CENT == 9 * CENT
    again.end()


def test_a_budget_is_not_spent_once_more_by_whoever_resumes(make_runtime, tmp_path):
    """What is asked aside, and is in no commit."""
    runtime = make_runtime(Paid(answered), model="paid/known")
    budget = Budget(money=0.055, person=Budget(calls=4))
    company(runtime, budget, tmp_path / "study.db").simulation.end()
    asked = 0
    for _ in range(3):
        with Simulation.resume(tmp_path / "study.db", runtime=runtime, budget=budget) as again:
            for name in ("P0", "P0", "P1"):
                asked += 1
                try:
                    People([again[name]]).ask(f"Question {asked}?", remember=False)
                except AskingStopped:
                    break
            calls = runtime.model_under_test.calls
            assert (again.usage.cost, again.ledger.total.spent.cost) == (calls * CENT, calls * CENT)
            assert sum(each[0] for each in again.meter.by_person().values()) == calls
    assert calls == 5


@pytest.mark.parametrize("name", ["study.db", "study.json"])
def test_what_was_paid_for_before_a_program_was_killed_counts(make_runtime, tmp_path, name):
    """The files are as they are on disk at some moment."""
    runtime = make_runtime(Paid(answered), model="paid/known")
    simulation = company(runtime, Budget(person=Budget(calls=9)), tmp_path / name).simulation
    simulation["Room"].run(1)
    simulation.checkpoint()
    People([simulation["P0"], simulation["P1"]]).ask("Well?", remember=False)
    simulation["P1"].act()
    People([simulation["P1"]]).ask("And now?", remember=False)
    left = left_by_a_kill(simulation, tmp_path / name)
    calls = runtime.model_under_test.calls
    assert calls == 7
    assert Simulation.ledger_of(left).total.spent.cost == calls * CENT
    seen = Simulation.view(left, runtime=runtime)
    assert seen.usage.cost == calls * CENT
    seen.close()
    people = simulation.meter.by_person()
    for more in range(2):
        with Simulation.resume(left, runtime=runtime) as again:
            assert (again.usage.cost, again.ledger.total.spent.cost) == ((calls + more) * CENT,) * 2
            assert [again.meter.by_person()[who] for who in ("P0", "P1")] == [people["P0"], people["P1"]]
            again["P2"].act()
            assert again.usage.calls == runtime.model_under_test.calls == calls + more + 1
    simulation.end()


def left_by_a_kill(simulation: Simulation, path: Path) -> Path:
    """A copy of its files, as they are on disk at this moment."""
    simulation.journal.store.writer.flush()
    left = path.parent / "left"
    left.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        (left / file.name).write_bytes(file.read_bytes())
    return left / path.name


@pytest.mark.parametrize("name", ["study.db", "study.json"])
def test_an_attempt_that_failed_before_a_program_was_killed_counts_though_no_answer_came(make_runtime, tmp_path, name):
    outage = ModelError("odd", usage=Usage(2_000, 750))
    answers = [outage, outage, *[outage] * 3]
    runtime = make_runtime(
        Paid(lambda request, call: answers.pop() if answers else quiet(request, call)), model="paid/known"
    )
    simulation = Simulation(tmp_path / name, runtime=runtime, budget=Budget(person=Budget(calls=9)))
    ada = TinyPerson("Ada", simulation=simulation)
    for _ in range(3):
        with pytest.raises(ModelError):
            ada.act()
    left = left_by_a_kill(simulation, tmp_path / name)
    assert Simulation.ledger_of(left).total.failed == 3
    with Simulation.resume(left, runtime=runtime) as again:
        assert (again.usage.calls, again.usage.failed, again.usage.cost) == (3, 3, 3 * CENT)
        assert again.meter.by_person() == {"Ada": [3, 3 * 2_750, 3 * CENT]}
        assert again.ledger.total.failed == 3
    for _ in range(2):
        with pytest.raises(ModelError):
            ada.act()
    ada.act()
    simulation.end()
    assert Simulation.ledger_of(tmp_path / name).total.spent.cost == 6 * CENT
    with Simulation.resume(tmp_path / name, runtime=runtime) as whole:
        assert (whole.usage.calls, whole.usage.failed) == (6, 5)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["ask", "turn", "fork", "save"])), max_size=7))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_branch_goes_on_with_what_it_had_spent_itself(make_runtime, tmp_path_factory, deeds):
    """Whatever others have asked aside at the point where it was forked, or it has asked there itself."""
    path = tmp_path_factory.mktemp("forks") / "study.db"
    runtime = make_runtime(Paid(answered), model="paid/known")
    simulations = [Simulation(path, runtime=runtime, budget=Budget(money=9, person=Budget(calls=99)))]
    TinyPerson("Ada", simulation=simulations[0])
    for number, (place, deed) in enumerate(deeds):
        simulation = simulations[place % len(simulations)]
        if deed == "fork":
            simulations.append(simulation.fork(f"fork {number}"))
        elif deed == "turn":
            simulation["Ada"].listen_and_act(f"Word {number}.")
        elif deed == "save":
            simulation.checkpoint()
        else:
            People([simulation["Ada"]]).ask(f"Question {number}?", remember=False)
    left = [(each.journal.branch.name, each.usage, each.meter.by_person(), each.ledger.total) for each in simulations]
    for each in simulations:
        each.end()
    assert Simulation.ledger_of(path).total.spent.cost == runtime.model_under_test.calls * CENT
    for branch, usage, people, total in left:
        assert Simulation.ledger_of(path, branch).total.spent == total.spent
        with Simulation.resume(path, branch, runtime=runtime) as again:
            assert (again.usage, again.meter.by_person(), again.ledger.total.spent) == (usage, people, total.spent)
    runtime.close()


def test_who_finds_no_room_beside_those_in_flight_waits_for_what_they_leave(make_runtime):
    paid = Paid()
    paid.usage = Usage(1_000, 250)  # less than is expected of the first ones
    model = LatencyModel(paid, constant(1.0))
    runtime = make_runtime(model, model="paid/known", loop_factory=VirtualLoop)
    world = company(runtime, Budget(money=0.3), people=100)
    with pytest.raises(RunStopped, match=r"0\.3 USD would not do: .* USD is spent, and the next call may take"):
        world.run(1)
    spent = world.simulation.usage
    assert model.most_in_flight < 75
    assert spent.calls > model.most_in_flight
    assert 0.3 - 2 * spent.money / spent.calls < spent.money <= 0.3


def test_who_waits_for_room_and_is_called_off_keeps_nobody_else_from_it():
    async def trial() -> list[str]:
        account, tried = Account(SIMULATION), []

        async def ask(name: str) -> str:
            tried.append(name)
            account.check(Limits(money=1.0), BILLION, "paid/known")
            return name

        account.begin(BILLION)
        first, second = (asyncio.ensure_future(with_room(lambda name=name: ask(name))) for name in ("first", "second"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        account.end(BILLION, 0, 0)
        return [await second, *tried]

    assert asyncio.run(trial()) == ["second", "first", "second", "second"]


def test_room_that_is_left_before_somebody_begins_to_wait_for_it_is_found():
    """What stands around a model may pass on later that there is no room: nobody else may be in flight by then."""

    async def trial() -> str:
        account = Account(SIMULATION)

        async def ask() -> str:
            try:
                account.check(Limits(money=1.0), BILLION, "paid/known")
            except BudgetExceeded:
                account.end(BILLION, 0, 0)
                raise
            return "answered"

        account.begin(BILLION)
        return await asyncio.wait_for(with_room(ask), 10)

    assert asyncio.run(trial()) == "answered"


def test_vectors_that_have_come_are_not_asked_for_again_when_there_is_no_room_for_the_rest_yet(make_runtime):
    asked: list[str] = []

    class Slow(Embedder):
        name, free = "slow", False

        def price_of(self, model: str) -> Price:
            return Price(1_000, 0)

        async def embed(self, model: str, texts: Any, call: Call) -> Embeddings:
            asked.extend(text[0] for text in texts)
            long = len(texts[0]) > 400
            await asyncio.sleep(5 if long else 1)
            return Embeddings(tuple(unit([1.0]) for _ in texts), Usage(10 if long else 90))

    class Registering:
        @hookimpl
        def troupe_register_embedders(self) -> Any:
            yield EmbedderSpec("slow", Slow, texts=1)

    runtime = make_runtime(plugins=[Registering()], loop_factory=VirtualLoop, budget=Budget(money=0.65))

    async def trial() -> None:
        wanted = (["a" * 400, "b" * 400], ["l" * 2_000])
        await asyncio.gather(*(runtime.aembed(texts, "slow/x") for texts in wanted))

    runtime.wait(trial, "trial()")
    assert asked == ["a", "l", "b"]


def test_people_and_purposes_have_budgets_that_last(make_runtime, tmp_path):
    runtime = make_runtime(Paid(), model="paid/known")
    budget = Budget(person=Budget(calls=2), purposes={"survey": Budget(money=0.015)})
    path = tmp_path / "study.json"
    simulation = company(runtime, budget, path).simulation
    ada, ben = simulation["P0"], simulation["P1"]
    ada.act()
    ben.act()
    ada.act()
    with pytest.raises(BudgetExceeded, match=r"2 calls for P0 is spent.*Budget\(person=Budget\(calls=…\)\)"):
        ada.act()
    simulation.end()
    commits = [row["people"] for row in json.loads(path.read_text())["commits"].values() if "people" in row]
    assert sorted(map(sorted, commits)) == [["P0"], ["P0"], ["P1"]]  # only those that have changed

    again = Simulation.resume(path, runtime=runtime, budget=budget)
    with pytest.raises(BudgetExceeded, match="2 calls for P0 is spent"):
        again["P0"].act()
    again["P1"].act()
    variant = again.fork("variant")
    with pytest.raises(BudgetExceeded, match="2 calls for P1 is spent"):
        variant["P1"].act()
    variant.close()
    call = Call(again.id, "survey")
    runtime.admit(call, "paid/known", True, CENT)
    with pytest.raises(BudgetExceeded, match=r'0\.015 USD for the purpose survey would.*purposes=\{"survey": Budget'):
        runtime.admit(call, "paid/known", True, CENT)
    again.budget = Budget(person=Budget(calls=3))
    again["P0"].act()
    again.close()


def test_how_long_was_asked_is_told_of_those_alone_who_have_asked_since():
    """A thousand people with a limit each would make each answer dear."""
    meter = Meter(Budget(person=Budget(calls=9)))
    for name in ("Ada", "Ben"):
        call = Call("s", "turn", person=name)
        meter.count(ModelCall(call, "x", Usage(1, 1), 1.0, None, 0), meter.admit(call, "x", True, 0, name))
    assert sorted(meter.asking()) == ["", "person.Ada", "person.Ben", "purposes.turn"]
    assert sorted(meter.asking([("Ada", "turn", "x", None)])) == ["", "person.Ada", "purposes.turn"]


def test_an_account_knows_the_calls_that_were_made_while_there_was_no_limit():
    """Or that were in flight when it came."""
    call = Call("s", "turn", person="Ada")
    limited = Budget(purposes={"turn": Budget(calls=5)}, person=Budget(calls=9))
    meter = Meter(limited)

    def admit() -> Any:
        return meter.admit(call, "paid/known", True, CENT, "Ada")

    def land(admission: Any) -> None:
        meter.count(ModelCall(call, "paid/known", Usage(1, 1), 1.0, None, CENT), admission)

    land(admit())
    meter.budget = Budget(calls=1_000)
    flying = [admit() for _ in range(3)]
    land(flying.pop())
    meter.budget = limited
    for each in flying:
        land(each)
    assert meter.by_person() == {"Ada": [4, 8, 4 * CENT]}
    land(admit())
    with pytest.raises(BudgetExceeded, match="5 calls for the purpose turn"):
        admit()


def test_what_a_person_took_when_the_program_ran_before_is_added(make_runtime, tmp_path):
    runtime = make_runtime(Paid(), model="paid/known")
    for acts, asked in ((2, 2), (3, 1)):
        simulation = company(runtime, Budget(person=Budget(calls=9)), tmp_path / "study.db").simulation
        for _ in range(acts):
            simulation["P0"].act()
        assert simulation.meter.by_person() == {"P0": [asked, asked * 2_750, asked * CENT]}
        simulation.end()
    again = Simulation.resume(tmp_path / "study.db", runtime=runtime)
    assert again.meter.by_person() == {"P0": [3, 3 * 2_750, 3 * CENT]}
    assert again.usage.cost == 3 * CENT
    again.close()


def test_who_asks_for_people_is_none_of_them(make_runtime):
    runtime = make_runtime(Paid(), model="paid/known")
    simulation = Simulation(runtime=runtime, budget=Budget(person=Budget(calls=1)))
    factory, ada = TinyPersonFactory("A village.", simulation=simulation), TinyPerson("Ada", simulation=simulation)
    for _ in range(2):
        runtime.admit(Call(simulation.id, "casting", person=factory.name), "paid/known", True, CENT)
    runtime.admit(Call(simulation.id, "ask", person=ada.name), "paid/known", True, CENT)
    with pytest.raises(BudgetExceeded, match="1 call for Ada"):
        runtime.admit(Call(simulation.id, "ask", person=ada.name), "paid/known", True, CENT)


def test_a_purpose_that_is_almost_one_is_told_once_since_its_limit_would_do_nothing(make_runtime, caplog):
    models = {"gossip": "paid/known", "consolidatoin": "paid/known"}
    runtime = make_runtime(Paid(), model="paid/known", config={"models": models})
    budget = Budget(money=5, purposes={"extractoin": Budget(money=1), "extraction": Budget(money=1)})
    world = company(runtime, budget=budget)
    world.run(2)
    told = [record.getMessage() for record in caplog.records if "did you mean" in record.getMessage()]
    assert [line.split(": ", 1)[1] for line in told] == [
        "extractoin: budget.purposes names a purpose that only a faculty could have; did you mean extraction?",
        "consolidatoin: models names a purpose that only a faculty could have; did you mean consolidation?",
    ]


def test_all_simulations_together_have_a_budget(make_runtime):
    runtime = make_runtime(Paid(), model="paid/known", config={"budget": {"runtime": {"money": 0.045}}})
    first, second = company(runtime), company(runtime)
    first.run(1)
    with pytest.raises(RunStopped, match=r"0\.045 USD for all simulations together.*runtime\.everything\.budget"):
        second.run(1)
    assert runtime.everything.account.cost == 4 * CENT
    runtime.everything.budget = Budget(calls=6)
    second.run(1)
    assert runtime.everything.account.calls == 6
    with pytest.raises(ArgumentError, match="says nothing about all of them together"):
        Simulation(runtime=runtime, budget=Budget(runtime=Budget(calls=1)))


@pytest.mark.parametrize(
    "budget",
    [Budget(money=1), Budget(person=Budget(money=1)), Budget(purposes={"extraction": Budget(money=1)})],
)
def test_where_money_counts_no_model_is_asked_before_all_prices_are_known(make_runtime, budget):
    """The model that nobody knows would be asked last."""
    models = {"models": {"extraction": ("paid/known", "paid/local")}}
    with make_runtime(Paid(), model="paid/known", config=models) as runtime:
        ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime, budget=budget))
        with pytest.raises(UnknownPrice, match=r'paid/local costs.*\[prices\] "paid/local" = \{ input = …, output = …'):
            ada.act()
        assert not runtime.model_under_test.requests
    free = {"paid/local": {"input": 0, "output": 0}}
    runtime = make_runtime(Paid(), model="paid/local", config={"prices": free, **models})
    TinyPerson("Ada", simulation=Simulation(runtime=runtime, budget=budget)).act()


@pytest.mark.parametrize("budget", [Budget(money=1), Budget(purposes={"turn": Budget(money=1)})])
def test_the_prices_of_peoples_own_models_have_to_be_known_too(make_runtime, budget):
    runtime = make_runtime(Paid(), model="paid/known")
    world = company(runtime, budget=budget)
    simulation = world.simulation
    world.run(1)
    asked = runtime.model_under_test.calls
    world.add_agent(TinyPerson("Zoe", model="paid/known,paid/local", simulation=simulation))
    with pytest.raises(RunStopped, match="paid/local costs"):
        world.run(1)
    assert runtime.model_under_test.calls == asked, "none of the others either"


def test_without_a_budget_two_dollars_are_spent_where_prices_are_known(make_runtime, caplog, monkeypatch):
    monkeypatch.setattr("troupe_core.llm.meter.UNASKED_MONEY", 0.035)
    runtime = make_runtime(Paid(), model="paid/known")
    ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
    for _ in range(3):
        ada.act()
    with pytest.raises(BudgetExceeded, match=r"no budget is given.*at most 0\.035 USD.*0\.0300 USD is spent.*money=…"):
        ada.act()
    told = [record.getMessage() for record in caplog.records if "no budget is given" in record.getMessage()]
    assert len(told) == 1
    assert "2 USD are spent on it and others at most (prices of 2026-11" in told[0]
    ada.simulation.budget = Budget(calls=100)
    ada.act()


@pytest.mark.parametrize(
    "part", [{"person": Budget(money=9)}, {"purposes": {"ask": Budget(calls=1)}}, {"seconds": 1e9}]
)
def test_a_limit_that_is_none_of_all_of_it_lets_no_more_be_spent(part):
    meter = Meter(Budget(**part))
    meter.admit(Call("s", "turn"), "paid/known", True, 2 * BILLION)
    with pytest.raises(BudgetExceeded, match=r"nothing of money, calls or tokens in all, and so at most 2 USD"):
        meter.admit(Call("s", "turn"), "paid/known", True, 1)
    meter.budget = Budget(tokens=10, **part)
    meter.admit(Call("s", "turn"), "paid/known", True, 2 * BILLION)


def test_what_is_asked_for_no_simulation_is_bounded_too_and_that_is_said(make_runtime, caplog, monkeypatch):
    monkeypatch.setattr("troupe_core.llm.meter.UNASKED_MONEY", 14e-5)

    class Dear(Embedder):
        name, free = "dear", False

        def price_of(self, model: str) -> Price:
            return Price(10, 0)

        async def embed(self, model: str, texts: Any, call: Call) -> Embeddings:
            return Embeddings(tuple(unit([1.0]) for _ in texts), Usage(10))

    runtime = make_runtime(plugins=[Dear()])
    runtime.embed(["a"], "dear/x")
    with pytest.raises(BudgetExceeded, match=r"runtime\.meter\.budget = Budget\(money=…\)"):
        runtime.embed(["a"], "dear/x")
    told = [record.getMessage() for record in caplog.records if "no budget is given" in record.getMessage()]
    assert len(told) == 1
    assert "Runtime(budget=Budget(money=…))" in told[0]


def test_the_prices_of_the_settings_go_before_those_of_the_backend(make_runtime):
    prices = {"paid/known": {"input": 1, "output": 1}, "paid/other": {"input": 0.25, "cached": 0.025, "output": 2}}
    runtime = make_runtime(Paid(), model="paid/known", config={"prices": prices})
    assert runtime.price_of("paid/known") == Price(1, 1)
    assert runtime.price_of("paid/other-2026-01-31") == Price(0.25, 2, 0.025)
    assert runtime.price_of("paid/third") is None
    with pytest.raises(ConfigError, match=r"prices\.a/b\.output: is missing"):
        make_runtime(config={"prices": {"a/b": {"input": 1}}})
    with pytest.raises(ConfigError, match=r"0 or more; got -1"):
        make_runtime(config={"prices": {"a/b": {"input": -1, "output": 1}}})


def test_what_saved_answers_are_worth_is_known_as_soon_as_their_price_is(make_runtime):
    backend = Paid()
    runtime = make_runtime(backend)
    assert runtime.worth("paid/later", Usage(1_000_000)) is None
    backend.price_of = lambda model: PRICE  # type: ignore[method-assign]
    assert runtime.worth("paid/later", Usage(1_000_000)) == 2 * BILLION


@pytest.mark.parametrize(
    ("error", "cost"),
    [
        (RateLimited("later", status=429), 0),
        (BadRequest("never"), 0),
        (SecretError("the variable KEY is not set"), 0),
        (ModelError("odd", usage=Usage(2_000, 750)), CENT),
        (ModelTimeout("late"), 500 * 8_000),  # nobody tells: as expected, beside the prompt
    ],
)
def test_who_is_refused_pays_nothing_and_what_was_on_its_way_is_paid_for(make_runtime, error, cost):
    runtime = make_runtime(Paid(lambda request, call: error), model="paid/known")
    simulation = Simulation(runtime=runtime)
    missing = "paid cannot be asked without a key: the variable KEY is not set"
    with pytest.raises(ModelError, match=missing if isinstance(error, SecretError) else str(error)):
        TinyPerson("Ada", simulation=simulation).act()
    spent = simulation.usage
    assert (spent.calls, spent.failed, spent.unpriced) == (1, 1, 0)
    assert cost <= spent.cost <= cost + (30_000 // 4 * 2_000 if isinstance(error, ModelTimeout) else 0)


def test_what_a_call_costs_is_learned_for_each_purpose():
    pricing = Pricing(PRICE)
    assert pricing.expected("turn", 4_000, None) == 1_000 * 2_000 + 500 * 8_000
    assert pricing.expected("turn", 4_000, 100) == 1_000 * 2_000 + 100 * 8_000
    pricing.cost("turn", 3_999, Usage(2_000, 50, 1_000), None)
    assert pricing.expected("turn", 8_000, 100) == 2 * (1_000 * 2_000 + 1_000 * 500) + 50 * 8_000
    assert pricing.expected("ask", 4_000, None) == 1_000 * 2_000 + 500 * 8_000


@pytest.mark.parametrize(
    "wrong",
    [{"money": 0}, {"money": True}, {"person": 5}, {"purposes": {"turn": 5}}],
)
def test_a_budget_that_is_none_is_refused(wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} of a Budget"):
        Budget(**wrong)
    with pytest.raises(ArgumentError, match="no budgets in it"):
        Budget(person=Budget(person=Budget(calls=1)))


def test_budgets_are_settings_and_merged_key_by_key(make_runtime, monkeypatch):
    monkeypatch.setenv("TROUPE_BUDGET__PURPOSES__EXTRACTION__MONEY", "0.5")
    code = Budget(calls=9, purposes={"turn": Budget(calls=3)}, runtime=Budget(money=2))
    with Runtime(autoload=False, config=None, budget=code) as runtime:
        assert runtime.config.budget.purposes == {"turn": Limits(calls=3), "extraction": Limits(money=0.5)}
        assert runtime.everything.budget == Limits(money=2)
        assert runtime.usual_budget.given() == {
            "calls": 9,
            "purposes": {"turn": {"calls": 3}, "extraction": {"money": 0.5}},
        }
    with pytest.raises(ConfigError, match=r"budget\.person\.person: there is no such setting"):
        make_runtime(config={"budget": {"person": {"person": {"calls": 1}}}})


def test_calls_of_unknown_price_are_told_apart(make_runtime):
    simulation = Simulation(runtime=make_runtime(Paid(), model="paid/known"))
    TinyPerson("Ada", simulation=simulation).act()
    TinyPerson("Ben", model="paid/local", simulation=simulation).act()
    assert simulation.usage.priced == "0.0100 USD and 1 call of unknown price"
