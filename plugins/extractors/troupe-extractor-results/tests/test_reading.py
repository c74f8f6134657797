"""The extractor "results", with a scripted model: what it asks, what it makes of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import troupe_extractor_results
from troupe_core import ResultsExtractor, Runtime, Simulation, TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError, OutputError
from troupe_testing import ScriptedModel, talk, turn


@pytest.fixture
def play() -> Iterator[Callable[..., tuple[Simulation, ScriptedModel]]]:
    made: list[Runtime] = []

    def make(answer: Any, **settings: Any) -> tuple[Simulation, ScriptedModel]:
        def script(request: Any, call: Any) -> Any:
            if call.purpose != "extraction":
                return turn(talk(f"{call.person} says {call.turn}."))
            return answer(request) if callable(answer) else answer

        model = ScriptedModel(script)
        tables = {"results": settings} if settings else {}
        plugins = [model, troupe_extractor_results]
        made.append(Runtime(plugins, model="scripted/x", autoload=False, config={}, settings=tables))
        return Simulation(runtime=made[-1]), model

    yield make
    for runtime in made:
        runtime.close()


def questions(model: ScriptedModel) -> list[Any]:
    return [request for request, call in model.requests if call.purpose == "extraction"]


def cell(value: Any, *evidence: int, confidence: float = 0.9) -> dict[str, Any]:
    return {"evidence": list(evidence), "value": value, "confidence": confidence}


def test_it_asks_once_with_everything_and_what_is_shared_first(play):
    simulation, model = play({"rating": cell(4, 2), "why": cell(None)})
    world = TinyWorld("Room", [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")])
    world.broadcast("How do you like it?", "Moderator")
    world.run(1)
    extractor = ResultsExtractor(
        extraction_objective="What do they think?",
        situation="A tasting",
        fields={"rating": "1..5", "why": "text"},
        fields_hints={"rating": "5 is best"},
    )
    results = extractor.extract_results_from_agents(world.agents)
    first, second = questions(model)
    assert first.messages[0].content == second.messages[0].content
    assert first.schema == second.schema
    system = first.messages[0].content
    assert "# What is to be found out\nWhat do they think?\n\n# The situation\nA tasting" in system
    assert system.endswith(
        "# The fields\n- rating: a whole number from 1 to 5. 5 is best\n- why: text: a sentence or a few"
    )
    assert first.messages[1].content.startswith("The transcript is about Ada:\n\n[1] Moderator: How do you like it?\n")
    assert [dict(row) for row in results] == [{"rating": 4, "why": None}] * 2
    assert [fact.content for fact in results[1].evidence["rating"]] == ["Ada says 0."]


def test_without_fields_it_finds_the_main_points(play):
    simulation, _ = play({"main_points": cell(["She listens."], 1)})
    ada = TinyPerson("Ada", simulation=simulation).listen("Well?", "Eve")
    assert ResultsExtractor().extract_results_from_agent(ada) == {"main_points": ["She listens."]}


def test_of_somebody_to_whom_nothing_has_happened_nobody_is_asked(play):
    simulation, model = play({})
    ada = TinyPerson("Ada", simulation=simulation)
    assert ResultsExtractor(fields=["a", "b"]).extract_results_from_agent(ada) == {"a": None, "b": None}
    assert not questions(model)


def test_what_is_out_of_range_is_asked_for_once_more_and_then_an_error(play):
    answers = [{"rating": cell(9)}, {"rating": cell(5)}]
    simulation, model = play(lambda request: answers.pop(0))
    ada = TinyPerson("Ada", simulation=simulation).listen("Well?", "Eve")
    extractor = ResultsExtractor(fields={"rating": "1..5"})
    assert extractor.extract_results_from_agent(ada) == {"rating": 5}
    assert "Expected `int` <= 5" in questions(model)[1].messages[-1].content
    answers += [{"rating": cell(9)}, {"rating": cell(0)}]
    with pytest.raises(OutputError, match="asked twice"):
        extractor.extract_results_from_agent(ada)


def test_a_long_transcript_loses_its_middle_and_evidence_stays_right(play):
    simulation, model = play({"last": cell("yes", 1, 100, 200, 200)}, max_characters=2_000)
    ada = TinyPerson("Ada", simulation=simulation)
    for number in range(1, 201):
        ada.listen(f"Remark {number}.", "Eve")
    row = ResultsExtractor(fields=["last"]).extract_results_from_agent(ada)
    (question,) = questions(model)
    text = question.messages[-1].content
    assert len(text) < 2_200
    assert "are left out here)" in text
    assert text.endswith("[200] Eve → Ada: Remark 200.")
    assert "[100]" not in text
    assert [fact.content for fact in row.evidence["last"]] == ["Remark 1.", "Remark 200."], "the model never saw 100"
    assert row.confidence["last"] == pytest.approx(0.9 * 3 / 4)
    assert "1 of 4 lines that were cited do not exist, or were not read" in row.problems[0]


def test_what_users_and_people_say_is_never_a_template(play):
    simulation, model = play({"a": cell(None)})
    ada = TinyPerson("Ada", simulation=simulation).listen("{{{objective}}}", "Eve")
    ResultsExtractor(extraction_objective="{{#x}} %s {0}", fields=["a"]).extract_results_from_agent(ada)
    (question,) = questions(model)
    assert "{{#x}} %s {0}" in question.messages[0].content
    assert "{{{objective}}}" in question.messages[1].content


@pytest.mark.parametrize("settings", [{"max_characters": 5}, {"most": 5}, {"max_characters": "many"}])
def test_a_bad_setting_is_told(play, settings):
    with pytest.raises(ArgumentError, match=r"results.*(max_characters|most)"):
        play({}, **settings)
