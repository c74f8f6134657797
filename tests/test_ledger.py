"""The ledger: where calls, tokens and money went, and what was saved."""

from __future__ import annotations

import gc
import json
from math import ceil
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    AnswerReused,
    ArgumentError,
    Call,
    JournalError,
    LedgerRow,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    LLMWrapper,
    People,
    Price,
    RateLimited,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    Usage,
    hookimpl,
)
from troupe_core.events import Event
from troupe_core.llm.ledger import NOTHING, Ledger
from troupe_core.llm.sketch import ERROR, LEAST, MOST, Sketch
from troupe_core.simulation.journal.kinds import ANSWER
from troupe_testing.scripted import Answer, ScriptedModel, quiet, reply

USED = Usage(1_000, 100, 400, 20)
PRICE = Price(1.0, 10.0, cached=0.5)
COST = PRICE.cost(USED)


class Shop(ScriptedModel):
    """A provider with prices; `troubles` come before it answers."""

    name = "shop"
    free = False

    def __init__(self, *troubles: Exception) -> None:
        super().__init__(self.answered)
        self.troubles = [*troubles]

    def price_of(self, model: str) -> Price | None:
        return PRICE if model == "known" else None

    def answered(self, request: LLMRequest, call: Call) -> Answer:
        if self.troubles:
            return self.troubles.pop()
        if call.purpose == "ask":
            return LLMResponse(json.dumps(reply("Yes.")), USED)
        return LLMResponse(json.dumps(quiet(request, call)), USED)


def study(runtime: Runtime, path: Path | None = None, people: int = 2, rounds: int = 2) -> Simulation:
    """Some people in a room, each asked aside at the end."""
    simulation = Simulation(path, runtime=runtime)
    names = [f"P{n}" for n in range(people)]
    world = TinyWorld("Room", [TinyPerson(name, simulation=simulation) for name in names], simulation=simulation)
    world.run(rounds)
    People(world.agents).ask("Are you well?", remember=False)
    return simulation


# -- percentiles ------------------------------------------------------------------------------------------------------

durations = st.lists(st.floats(LEAST, MOST), min_size=1, max_size=60)


@given(durations, st.floats(0, 1))
def test_a_percentile_is_off_by_its_error_at_most(seen, part):
    exact = sorted(seen)[max(ceil(part * len(seen)), 1) - 1]
    assert Sketch.of(seen).quantile(part) == pytest.approx(exact, rel=ERROR)


@given(durations, durations, durations)
def test_sketches_add_up_in_whatever_order(a, b, c):
    one, two, three = map(Sketch.of, (a, b, c))
    assert one + (two + three) == (two + one) + three == Sketch.of([*a, *b, *c])
    assert len(one + two) == len(a) + len(b)


def test_what_is_beyond_all_measure_counts_as_the_longest_and_there_are_so_many_buckets():
    assert Sketch().quantile(0.5) is None
    assert Sketch.of([0.0, -1.0]) == Sketch.of([LEAST] * 2)
    assert Sketch.of([1e300]) == Sketch.of([MOST])
    (least,), (most,) = Sketch.of([LEAST]).counts, Sketch.of([MOST]).counts
    assert most - least + 1 == 1_281


# -- what is counted --------------------------------------------------------------------------------------------------


def test_it_tells_who_has_asked_whom_for_what_and_what_that_took(make_runtime):
    runtime = make_runtime(Shop(), model="shop/known")
    simulation = study(runtime)
    ledger, usage = simulation.ledger, simulation.usage
    assert [(row.person, row.purpose, row.model, row.world, row.calls) for row in ledger.by("person", "purpose")] == [
        (person, purpose, None, None, calls)
        for person, purpose, calls in (("P0", "turn", 2), ("P1", "turn", 2), ("P0", "ask", 1), ("P1", "ask", 1))
    ]
    assert {row.world for row in ledger.by("world")} == {"Room"}
    total = ledger.total
    assert total == ledger.by("model").total == ledger.by().total
    assert (total.calls, total.failed, total.spent.usage) == (usage.calls, usage.failed, usage.usage)
    assert (total.spent.cost, total.spent.unpriced) == (usage.cost, 0) == (6 * COST, 0)
    assert len(total.seconds) == 6
    again = ledger.by("model").by("model")
    assert again == ledger.by("model")
    assert again.names == ("model",)
    with pytest.raises(ArgumentError, match="tells nothing by 'person'; it does by model"):
        again.by("person")


def test_answers_are_told_from_calls_whoever_asks_again(make_runtime):
    class Again(LLMWrapper):
        async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
            for _ in range(2):
                try:
                    return await super().complete(request, call)
                except RateLimited:
                    pass
            return await super().complete(request, call)

    class Insisting:
        @hookimpl(wrapper=True)
        def troupe_llm_handler(self) -> Any:
            return Again((yield))

    shop = Shop(RateLimited("later"), RateLimited("later"))
    runtime = make_runtime(shop, model="shop/unheard-of", plugins=[Insisting()])
    simulation = Simulation(runtime=runtime)
    person = TinyPerson("Ada", simulation=simulation)
    person.act()
    (row,) = simulation.ledger
    assert (row.answers, row.calls, row.failed, row.retries) == (1, 3, 2, 2)
    assert (row.spent.unpriced, row.spent.priced) == (3, "unknown")
    shop.troubles = [RateLimited("later")] * 3
    with pytest.raises(RateLimited):
        person.act()
    person.act()
    (row,) = simulation.ledger
    assert (row.answers, row.calls, row.failed) == (2, 7, 5)
    assert row.retries == 5  # the turn that is tried again puts the same question once more


def test_a_runtime_knows_of_all_of_its_simulations_and_of_those_that_are_gone(make_runtime):
    runtime = make_runtime(Shop(), model="shop/known")
    for _ in range(40):
        simulation = Simulation(runtime=runtime)
        TinyPerson("Ada", simulation=simulation).act()
        simulation.close()
    del simulation
    gc.collect()
    open_one = Simulation(runtime=runtime)
    TinyPerson("Bea", simulation=open_one).act()
    assert [(row.person, row.purpose, row.calls) for row in runtime.ledger] == [(None, "turn", 40), ("Bea", "turn", 1)]
    branch = open_one.fork("other")
    branch["Bea"].act()
    assert [each.ledger.total.calls for each in (open_one, branch)] == [1, 2]
    assert runtime.ledger.total.spent.cost == 42 * COST


# -- what is saved ----------------------------------------------------------------------------------------------------


def test_what_a_journal_answers_is_saved_and_not_spent_and_the_journal_tells_what_all_runs_have_cost(
    make_runtime, tmp_path
):
    path = tmp_path / "study.db"
    runtime = make_runtime(Shop(), model="shop/known")
    with study(runtime, path) as first:
        spent = first.ledger
    with study(runtime, path) as again:
        ledger = again.ledger
    assert ledger.total.calls == 0
    saved = ledger.total.saved
    assert (saved.number, saved.usage, saved.cost) == (6, spent.total.spent.usage, spent.total.spent.cost)
    assert {row.name for row in ledger} == {row.name for row in spent}
    size = path.stat().st_size
    with study(runtime, path, rounds=3) as longer:
        assert (longer.ledger.total.calls, longer.ledger.total.saved.number) == (2 + 2, 4)
    assert path.stat().st_size > size
    whole = Simulation.ledger_of(path)
    assert whole == spent + Ledger(map(unsaved, longer.ledger))
    assert (whole.total.spent.cost, len(whole.total.seconds)) == (10 * COST, 10)
    with Simulation.resume(path, runtime=runtime) as resumed:
        assert resumed.ledger == whole
        resumed["Room"].run(1)
        assert resumed.ledger.total.spent.cost == 12 * COST
    assert Simulation.ledger_of(path) == resumed.ledger
    assert Simulation.ledger_of(path, at=("Room", 2)).total.calls == 4 + 2  # asked aside, when that was the end


def unsaved(row: LedgerRow) -> LedgerRow:
    return attrs.evolve(row, saved=NOTHING)


def test_a_run_that_was_killed_leaves_in_its_journal_what_it_has_spent(make_runtime, tmp_path):
    runtime = make_runtime(Shop(), model="shop/known")
    simulation = study(runtime, tmp_path / "study.json")
    spent = simulation.ledger.total.spent
    simulation.journal.store.writer.flush()
    at_hand = Simulation.ledger_of(tmp_path / "study.json")
    assert [(row.purpose, row.calls) for row in at_hand.by("purpose")] == [("turn", 4), ("ask", 2)]
    simulation.checkpoint()
    assert Simulation.ledger_of(tmp_path / "study.json").total.spent == spent
    branch = simulation.fork("other")
    branch["Room"].run(1)
    branch.end()
    simulation.end()
    assert Simulation.ledger_of(tmp_path / "study.json", at="other").total.calls == 8
    assert Simulation.ledger_of(tmp_path / "study.json").total.calls == 8


def test_what_was_saved_is_known_when_its_simulation_is_gone_and_when_a_row_cannot_be_read(make_runtime, tmp_path):
    path = tmp_path / "study.json"
    study(make_runtime(Shop(), model="shop/known"), path).end()
    document = json.loads(path.read_bytes())
    outcome = next(each for each in document["outcomes"].values() if each["thing"] == "P0" and each["answers"])
    name, gone = outcome["answers"][0], document["answers"].pop(outcome["answers"][0])
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    runtime = make_runtime(Shop(), model="shop/known")
    simulation = study(runtime, path)
    for _ in range(2):
        with pytest.raises(JournalError, match="has lost the row"):
            _ = runtime.ledger
    simulation.journal.store.put([(ANSWER + bytes.fromhex(name), json.dumps(gone).encode())])
    simulation.end()
    del simulation
    gc.collect()
    assert runtime.ledger.total.saved.number == 6


def test_two_branches_that_end_at_one_commit_each_have_their_page(make_runtime, tmp_path):
    with study(make_runtime(Shop(), model="shop/known"), tmp_path / "study.db") as simulation:
        other = simulation.fork("other")
        People([other["P0"]]).ask("Really?", remember=False)
        other.end()
    assert Simulation.ledger_of(tmp_path / "study.db").total.calls == 6 + 1


def test_of_a_journal_that_does_not_say_who_has_asked_the_purposes_are_known(make_runtime, tmp_path):
    path = tmp_path / "study.json"
    runtime = make_runtime(Shop(), model="shop/known")
    with Simulation(path, runtime=runtime) as simulation:
        TinyPerson("Ada", simulation=simulation).act()
        simulation["Ada"].act()
    document = json.loads(path.read_bytes())
    for commit in document["commits"].values():
        commit.pop("ledger")
    document["parts"] = {name: part for name, part in document["parts"].items() if "seconds" not in part}
    path.write_text(json.dumps(document), encoding="utf-8")
    (row,) = Simulation.ledger_of(path)
    assert (row.person, row.purpose, row.model, row.calls, row.spent.cost) == (None, "turn", None, 2, 2 * COST)


def test_a_turn_that_failed_finds_the_answers_that_it_had_and_a_cache_tells_what_it_had(make_runtime):
    """Whoever keeps answers tells it in one line."""

    class Kept(LLMWrapper):
        def __init__(self, inner: LLMHandler, runtime: Runtime) -> None:
            super().__init__(inner)
            self.runtime, self.kept = runtime, dict[bytes, LLMResponse]()

        async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
            found = self.kept.get(request.key)
            if found is None:
                found = self.kept[request.key] = await super().complete(request, call)
            else:
                self.runtime.reuse(call, request.form.model, found.usage, "kept")
            return found

    class Keeping:
        def __init__(self, config: None, runtime: Runtime) -> None:
            self.runtime = runtime

        @hookimpl(wrapper=True)
        def troupe_llm_handler(self) -> Any:
            return Kept((yield), self.runtime)

    runtime = make_runtime(Shop(), model="shop/known", plugins=[Keeping])
    seen: list[Event] = []
    with runtime.watching(seen.append):
        for _ in range(2):
            simulation = Simulation(runtime=runtime)
            TinyPerson("Ada", simulation=simulation).act()
    (row,) = simulation.ledger
    assert (row.calls, row.saved.number, row.saved.cost) == (0, 1, COST)
    (event,) = [each for each in seen if isinstance(each, AnswerReused)]
    assert (event.call.person, event.model, event.usage, event.source, event.cost) == (
        *("Ada", "shop/known", USED),
        *("kept", COST),
    )


# -- how it reads -----------------------------------------------------------------------------------------------------


def test_it_is_a_table_a_document_and_flat_records(make_runtime, tmp_path):
    runtime = make_runtime(Shop(), model="shop/known")
    simulation = Simulation(runtime=runtime, models={"ask": "shop/unheard-of"})
    assert str(simulation.ledger) == "nothing was asked"
    assert "nothing was asked" in simulation.ledger._repr_html_()
    people = People([TinyPerson(f"P{n}", simulation=simulation) for n in range(3)])
    people[0].act()
    people.ask("Are you well?", remember=False)
    ledger = simulation.ledger.by("purpose", "model")
    lines = str(ledger).splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["purpose", "model", "calls"],
        ["turn", "shop/known", "1"],
        ["ask", "shop/unheard-of", "3"],
        ["all", "–", "4"],
    ]
    assert all(
        words in line for words, line in zip(("money", "0.0018 USD", "unknown", "+ 3 unpriced"), lines, strict=True)
    )
    assert len({len(line) for line in lines}) == 1
    assert "retries" not in lines[0]
    turn, asked = ledger.records()
    assert turn == ledger[0].record(("purpose", "model"))
    assert (turn["money"], turn["unpriced"], asked["money"], asked["unpriced"]) == (COST / 1e9, 0, 0.0, 3)
    assert turn["p50"] == turn["p99"] > 0
    ledger.save_as_json(tmp_path / "ledger.json")
    document = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert document == ledger.plain()
    assert document["total"]["calls"] == 4
    page = ledger._repr_html_()
    assert page.count("<tr>") == 4
    assert "0.0018 USD + 3 unpriced" in page
    many = Ledger([LedgerRow(f"P{n}") for n in range(40)])
    assert str(many).splitlines()[-2] == "… and 10 more, none of them dearer; records() has them all"
