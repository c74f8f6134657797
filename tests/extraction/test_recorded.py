"""What is asked at a desk is recorded when it arrives: the same program again asks nothing, also after the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from troupe_core import Enricher, ResultsExtractor, Runtime, Simulation, TinyEnricher, TinyPerson, TinyWorld
from troupe_core.errors import ExtractionStopped, ModelUnavailable, OutputError
from troupe_testing import ScriptedModel, talk, turn


def cell(value: Any) -> dict[str, Any]:
    return {"evidence": [1], "value": value, "confidence": 0.8}


class Shorter(Enricher):
    async def enrich(self, task: Any, desk: Any) -> str:
        return await desk.ask(f"Shorter: {task.content}")


def script(request: Any, call: Any) -> Any:
    if call.purpose == "extraction":
        return {"rating": cell(len(call.person or call.world))}
    return "short" if call.purpose == "enrichment" else turn(talk(f"{call.person} {call.turn}"))


@pytest.fixture
def open_run(make_runtime: Callable[..., Runtime], reader_plugin: Any, tmp_path: Path) -> Callable[..., Any]:
    """Makes simulations with one journal, each on a runtime and with a model of its own."""

    def make(script: Any = script, **options: Any) -> Simulation:
        runtime = make_runtime(script, plugins=[reader_plugin, Shorter])
        return Simulation(tmp_path / options.pop("name", "run.db"), runtime=runtime, **options)

    return make


def study(simulation: Simulation, objective: str = "How good?") -> list[Any]:
    """Two people, their world, and a text."""
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Benjamin")]
    world = TinyWorld("Room", people, simulation=simulation).broadcast("Well?", "Eve")
    world.run(1)
    return found(simulation, objective)


def found(simulation: Simulation, objective: str = "How good?") -> list[Any]:
    extractor = ResultsExtractor(extractor="reader", extraction_objective=objective, fields={"rating": int})
    world = simulation["Room"]
    rows = extractor.extract_results_from_agents(world.agents)
    text = TinyEnricher(enricher="shorter", simulation=simulation).enrich_content("be brief", "a long story")
    return [*rows, extractor.extract_results_from_world(world), text]


def calls(simulation: Simulation) -> dict[str, int]:
    return {purpose: spent.calls for purpose, spent in simulation.meter.purposes().items()}


EVERYTHING = [{"rating": 3}, {"rating": 8}, {"rating": 4}, "short"]


@pytest.mark.parametrize("name", ["run.db", "run.json"])
def test_the_same_program_again_asks_nothing(open_run, name):
    with open_run(name=name) as first:
        made = study(first)
        assert made == EVERYTHING
        assert calls(first) == {"turn": 2, "extraction": 3, "enrichment": 1}
    with open_run(name=name) as again:
        rows = study(again)
        assert rows == made
        assert [row.plain() for row in rows[:3]] == [row.plain() for row in made[:3]]
        assert calls(again) == {}
        assert found(again, "How bad?") == EVERYTHING
        assert calls(again) == {"extraction": 3}


def test_resuming_finds_them_too(open_run, tmp_path):
    with open_run() as first:
        study(first)
        runtime = first.runtime
    resumed = Simulation.resume(tmp_path / "run.db", runtime=runtime)
    before = calls(resumed)
    assert found(resumed) == EVERYTHING
    assert calls(resumed) == before
    resumed.end()


@pytest.mark.parametrize("name", ["run.db", "run.json"])
def test_when_it_has_ended_what_is_recorded_is_found_and_what_is_new_is_asked_with_a_remark(open_run, name, caplog):
    with open_run(name=name) as simulation:
        study(simulation)
    before = calls(simulation)
    assert found(simulation) == EVERYTHING
    assert calls(simulation) == before
    assert "not recorded" not in caplog.text
    assert found(simulation, "How bad?") == EVERYTHING
    assert calls(simulation)["extraction"] == before["extraction"] + 3
    assert caplog.text.count("answers that come now are not recorded. Ask before end() to keep them.") == 1


def test_an_end_in_the_middle_of_an_extraction_waits_for_it_and_its_answer_is_kept(
    make_runtime, reader_plugin, tmp_path
):
    asked = asyncio.Event()
    answered = asyncio.Event()

    async def slowly(request: Any, call: Any) -> Any:
        asked.set()
        await answered.wait()
        return {"rating": cell(4)}

    runtime = make_runtime(ScriptedModel(slowly), plugins=[reader_plugin])
    simulation = Simulation(tmp_path / "run.db", runtime=runtime)
    ada = TinyPerson("Ada", simulation=simulation)

    async def main() -> Any:
        extractor = ResultsExtractor(extractor="reader", fields={"rating": int})
        drawing = asyncio.ensure_future(extractor.aextract_results_from_agent(ada))
        await asked.wait()
        ending = asyncio.ensure_future(simulation.aend())
        await asyncio.sleep(0.01)
        assert not ending.done()
        answered.set()
        await ending
        return await drawing

    assert runtime.wait(main, "") == {"rating": 4}
    again = make_runtime(ScriptedModel(slowly), plugins=[reader_plugin])
    with Simulation(tmp_path / "run.db", runtime=again) as simulation:
        extractor = ResultsExtractor(extractor="reader", fields={"rating": int})
        assert extractor.extract_results_from_agent(TinyPerson("Ada")) == {"rating": 4}
    assert again.model_under_test.calls == 0


def test_an_answer_that_came_is_not_paid_for_again_when_a_later_one_fails(make_runtime, tmp_path):
    from troupe_core import Extractor, Finding

    class Twice(Extractor):
        async def extract(self, task: Any, desk: Any) -> Any:
            return [Finding({"a": await desk.ask("one"), "b": await desk.ask("two"), "c": await desk.ask("one")})]

    def answer(request: Any, call: Any) -> Any:
        words = request.messages[-1].content
        return ModelUnavailable("down") if words == "two" and model.calls == 2 else f"{words} {request.draw}"

    for path in (None, tmp_path / "run.db"):
        model = ScriptedModel(answer)
        simulation = Simulation(path, runtime=make_runtime(model, plugins=[Twice]))
        ada = TinyPerson("Ada", simulation=simulation)
        with pytest.raises(ModelUnavailable):
            ResultsExtractor(extractor="twice").extract_results_from_agent(ada)
        row = ResultsExtractor(extractor="twice").extract_results_from_agent(ada)
        assert row == {"a": "one 0", "b": "two 0", "c": "one 1"}
        assert model.calls == 4
        simulation.close()


def test_answers_that_were_no_use_are_passed_over_and_asked_anew_by_whoever_comes_again(open_run):
    def answer(request: Any, call: Any) -> Any:
        return {"rating": cell("none" if request.draw < 2_000 else 2)}

    extractor = ResultsExtractor(extractor="reader", fields={"rating": int})
    for draws in (1, 2):  # the same program, run twice: each asks a new draw, with its one re-ask
        with open_run(answer) as failing, pytest.raises(OutputError):
            extractor.extract_results_from_agent(TinyPerson("Ada", simulation=failing))
        assert calls(failing) == {"extraction": 2}, draws
    for expected in ({"extraction": 1}, {}):
        with open_run(answer) as simulation:
            assert extractor.extract_results_from_agent(TinyPerson("Ada", simulation=simulation)) == {"rating": 2}
        assert calls(simulation) == expected


def test_answers_about_one_are_no_answers_about_another_or_for_another_seed(open_run):
    with open_run() as simulation:
        people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]
        extractor = ResultsExtractor(extractor="reader", fields={"rating": int})
        extractor.extract_results_from_agents(people)
        assert calls(simulation) == {"extraction": 2}
    with open_run(seed=1) as other:
        extractor.extract_results_from_agent(TinyPerson("Ada", simulation=other))
        assert calls(other) == {"extraction": 1}


def test_a_stopped_extraction_goes_on_where_it_was(open_run):
    from troupe_core.errors import QuotaError

    def broke(request: Any, call: Any) -> Any:
        return QuotaError("no credit") if call.person == "Person 6" else {"rating": cell(1)}

    def program(simulation: Simulation) -> Any:
        people = [TinyPerson(f"Person {number}", simulation=simulation) for number in range(10)]
        return ResultsExtractor(extractor="reader", fields={"rating": int}).extract_results_from_agents(people)

    with open_run(broke, max_in_flight=1) as first, pytest.raises(ExtractionStopped, match="6 of 10 rows"):
        program(first)
    with open_run(lambda request, call: {"rating": cell(1)}) as again:
        assert len(program(again)) == 10
        assert calls(again) == {"extraction": 4}
