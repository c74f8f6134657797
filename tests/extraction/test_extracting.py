"""Extracting: from one, from several, from a world; what is verified, what fails, what is asked again."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    Busy,
    ExtractionStopped,
    Extractor,
    Fact,
    Finding,
    OutputError,
    Results,
    ResultsExtractor,
    Row,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Transcript,
    action,
)
from troupe_core.errors import AuthenticationError, ModelUnavailable, WrongThread
from troupe_core.events import NO_DATA
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, constant, do, turn

RATING = {"rating": "1..5"}


def reader(**options: Any) -> ResultsExtractor:
    return ResultsExtractor(extractor="reader", **{"fields": RATING, **options})


def cell(value: Any, *evidence: int, confidence: float = 0.8) -> dict[str, Any]:
    """A field of an answer."""
    return {"evidence": list(evidence), "value": value, "confidence": confidence}


def rates(value: Any = 4, *evidence: int, confidence: float = 0.8) -> Any:
    return lambda request, call: {"rating": cell(value, *evidence, confidence=confidence)}


def room(simulation: Simulation, *names: str) -> TinyWorld:
    """Some people in a world."""
    people = [TinyPerson(name, simulation=simulation) for name in names]
    return TinyWorld("Room", people, simulation=simulation)


def asked(simulation: Simulation) -> list[Any]:
    """The requests of extraction."""
    made: Any = simulation.runtime
    return [request for request, call in made.model_under_test.requests if call.purpose == "extraction"]


def test_a_row_is_a_dictionary_with_confidence_and_evidence(reading):
    simulation = reading(rates(4, 2))
    ada = TinyPerson("Ada", simulation=simulation)
    ada.listen_and_act("How do you like it?", "Eve")
    extractor = reader()
    row = extractor.extract_results_from_agent(ada)
    assert row == {"rating": 4}
    assert isinstance(row, dict)
    assert (row.of, row.confidence, row.problems) == ("Ada", {"rating": 0.8}, ())
    assert [fact.content for fact in row.evidence["rating"]] == ["Hm."]
    assert row.evidence["rating"][0] in list(simulation.facts)
    assert extractor.agent_extraction == {"Ada": row}
    assert simulation.meter.purposes()["extraction"].calls == 1


def test_what_is_asked_names_the_objective_the_situation_and_hints_and_each_call_may_want_others(reading):
    simulation = reading(lambda request, call: {name: cell(None) for name in request.schema["properties"]})
    ada = TinyPerson("Ada", simulation=simulation)
    extractor = reader(extraction_objective="Why?", situation="In a shop", fields_hints={"rating": "5 is best"})
    extractor.extract_results_from_agent(ada)
    extractor.extract_results_from_agent(ada, "How?", situation="", fields=["way"])
    extractor.extract_results_from_agent(ada, fields_hints={"rating": "1 is best"})
    assert [request.messages[0].content for request in asked(simulation)] == [
        "Why?|In a shop|['5 is best']",
        "How?||['']",
        "Why?|In a shop|['1 is best']",
    ]
    assert list(asked(simulation)[1].schema["properties"]) == ["way"]


def test_a_world_is_read_as_one_transcript_with_each_event_once(reading):
    simulation = reading(rates(3, 1, 2))
    world = room(simulation, "Ada", "Ben", "Cleo")
    world.broadcast("Well?", "Moderator")
    world.run(1)
    extractor = reader()
    row = extractor.extract_results_from_world(world)
    (request,) = asked(simulation)
    assert request.messages[-1].content == f"Room\n{Transcript.of(world)}"
    assert request.messages[-1].content.count("Well?") == 1
    assert (row.of, extractor.world_extraction) == ("Room", {"Room": row})


# -- evidence and confidence ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cited", "stated", "confidence", "shown"),
    [
        ([1, 2], 0.8, 0.8, 2),
        ([2, 1, 2], 0.8, 0.8, 2),
        ([], 0.8, 0.5, 0),
        ([], 0.3, 0.3, 0),
        ([99], 0.8, 0.0, 0),
        ([1, 99], 0.8, 0.4, 1),
        ([0, -1, 1, 2], 0.8, 0.4, 2),
    ],
)
def test_evidence_is_looked_up_and_what_does_not_exist_costs_confidence(reading, cited, stated, confidence, shown):
    simulation = reading(rates(4, *cited, confidence=stated))
    ada = TinyPerson("Ada", simulation=simulation)
    ada.listen_and_act("How do you like it?", "Eve")
    row = reader().extract_results_from_agent(ada)
    assert row.confidence["rating"] == pytest.approx(confidence)
    assert len(row.evidence["rating"]) == shown
    assert all(fact in Transcript.of(ada).facts for fact in row.evidence["rating"])
    wrong = len([number for number in cited if not 1 <= number <= 3])
    assert bool(row.problems) == bool(wrong)


def test_a_citation_that_does_not_exist_is_remarked(reading, caplog):
    ada = TinyPerson("Ada", simulation=reading(rates(4, 1, 7)))
    ada.listen("Well?", "Eve")
    row = reader().extract_results_from_agent(ada)
    assert row.problems == ("rating: 1 of 2 lines that were cited do not exist, and are left out",)
    assert row.problems[0] in caplog.text


def test_null_is_none_and_nobody_is_sure_of_it(reading):
    row = reader().extract_results_from_agent(TinyPerson("Ada", simulation=reading(rates(None, confidence=1))))
    assert (row, row.confidence, row.evidence) == ({"rating": None}, {"rating": 0.0}, {"rating": ()})


def test_an_extractor_may_cite_events_lines_and_numbers_and_only_those_of_the_transcript(reading, make_simulation):
    stranger = TinyPerson("Eve", simulation=make_simulation()).listen("Not here.").simulation.facts[0]

    class Citing(Extractor):
        async def extract(self, task: Any, desk: Any) -> list[Finding]:
            first, second = task.transcript.lines[:2]
            return [Finding({"a": 1, "b": 2}, evidence={"a": [first, second.fact, 1], "b": [stranger]})]

    simulation = reading(rates(), plugins=[Citing])
    ada = TinyPerson("Ada", simulation=simulation).listen("One.").listen("Two.")
    row = ResultsExtractor(extractor="citing").extract_results_from_agent(ada)
    assert [fact.content for fact in row.evidence["a"]] == ["One.", "Two."]
    assert row.confidence == {"a": 1.0, "b": 0.0}


def test_a_line_that_was_not_read_shows_nothing(reading):
    class Hasty(Extractor):
        async def extract(self, task: Any, desk: Any) -> list[Finding]:
            first, second, third = task.transcript.lines
            return [Finding({"a": 1, "b": 2}, evidence={"a": [1, second], "b": [third.fact]}, seen={first.number, 3})]

    simulation = reading(rates(), plugins=[Hasty])
    ada = TinyPerson("Ada", simulation=simulation).listen("One.").listen("Two.").listen("Three.")
    row = ResultsExtractor(extractor="hasty").extract_results_from_agent(ada)
    assert {field: [fact.content for fact in facts] for field, facts in row.evidence.items()} == {
        "a": ["One."], "b": ["Three."]
    }  # fmt: skip
    assert row.confidence == {"a": 0.5, "b": 1.0}
    assert row.problems == ("a: 1 of 2 lines that were cited do not exist, or were not read, and are left out",)


# -- several ----------------------------------------------------------------------------------------------------------


def test_fifty_people_three_of_whom_fail(reading, caplog):
    def read(request: Any, call: Any) -> Any:
        if call.person in ("Person 7", "Person 30"):
            return {"rating": cell(9)}
        return ModelUnavailable("down") if call.person == "Person 12" else {"rating": cell(3, 1)}

    simulation = reading(read, max_in_flight=10)
    people = room(simulation, *(f"Person {number}" for number in range(50))).broadcast("Well?", "Eve").agents
    extractor = reader()
    results = extractor.extract_results_from_agents(people)
    assert [row.of for row in results] == [f"Person {number}" for number in range(50) if number not in (7, 12, 30)]
    assert [failure.of for failure in results.failures] == ["Person 7", "Person 12", "Person 30"]
    assert isinstance(results.failures[0].error, OutputError)
    assert "asked twice: Expected `int` <= 5 - at `$.rating.value`" in str(results.failures[0])
    assert len(extractor.agent_extraction) == 47
    assert "failed: Person 7" in caplog.text
    assert "and 2 more" in caplog.text
    assert len(asked(simulation)) == 52


def test_they_are_read_at_the_same_time_and_no_more_than_may_be_in_flight(make_runtime, reader_plugin):
    model = LatencyModel(ScriptedModel(rates(3)), constant(0.5))
    runtime = make_runtime(model, plugins=[reader_plugin], loop_factory=VirtualLoop)
    for bound in (50, 7):
        simulation = Simulation(runtime=runtime, max_in_flight=bound)
        people = [TinyPerson(f"Person {number}", simulation=simulation) for number in range(50)]
        model.most_in_flight, before = 0, runtime.thread.loop.time()
        assert len(reader().extract_results_from_agents(people)) == 50
        assert model.most_in_flight == bound
        assert runtime.thread.loop.time() - before == pytest.approx(0.5 * -(-50 // bound))
        simulation.close()


def test_what_nobody_gets_beyond_stops_it_and_what_was_found_is_kept(reading):
    def read(request: Any, call: Any) -> Any:
        return AuthenticationError("no such key") if call.person == "Ben" else {"rating": cell(3)}

    simulation = reading(read, max_in_flight=1)
    extractor = reader()
    with pytest.raises(ExtractionStopped, match="1 of 3 rows were made: AuthenticationError: no such key") as caught:
        extractor.extract_results_from_agents(room(simulation, "Ada", "Ben", "Cleo").agents)
    assert [row.of for row in caught.value.results] == ["Ada"]
    assert [failure.of for failure in caught.value.results.failures] == ["Ben"]
    assert list(extractor.agent_extraction) == ["Ada"]
    assert isinstance(caught.value.__cause__, AuthenticationError)


def test_if_it_fails_for_all_nobody_takes_the_empty_table_for_a_result(reading):
    simulation = reading(lambda request, call: ModelUnavailable("down"))
    with pytest.raises(ExtractionStopped, match="0 of 2 rows were made"):
        reader().extract_results_from_agents(room(simulation, "Ada", "Ben").agents)


def test_who_got_no_usable_answer_is_asked_afresh_the_next_time(reading):
    simulation = reading(lambda request, call: {"rating": cell(9 if request.draw == 0 else 2)})
    ada = TinyPerson("Ada", simulation=simulation)
    with pytest.raises(OutputError):
        reader().extract_results_from_agent(ada)
    assert reader().extract_results_from_agent(ada) == {"rating": 2}


def test_the_results_are_a_list_a_table_and_json(reading, tmp_path):
    simulation = reading(lambda request, call: ModelUnavailable("down") if call.person == "Ben" else {
        "rating": cell(4, 1), "why": cell("because it is so very much better than anything else"), "tags": cell(None)
    })  # fmt: skip
    world = room(simulation, "Ada", "Ben", "Zoë 李").broadcast("Well?", "Eve")
    extractor = reader(fields={"rating": "1..5", "why": str, "tags": list[str]})
    results = extractor.extract_results_from_agents(world.agents)
    assert str(results).splitlines() == [
        "       rating    why                                              tags",
        "Ada    4 (0.80)  because it is so very much better than … (0.50)  –",
        "Zoë 李  4 (0.80)  because it is so very much better than … (0.50)  –",
        "failed: Ben: ModelUnavailable: down",
    ]
    data = json.loads(results.to_json())
    assert [row["of"] for row in data["rows"]] == ["Ada", "Zoë 李"]
    assert data["rows"][0]["evidence"]["rating"] == [
        {"id": results[0].evidence["rating"][0].cite, "text": "Eve: Well?"}
    ]
    assert data["failures"] == [{"of": "Ben", "error": "ModelUnavailable: down"}]
    results.save_as_json(tmp_path / "results.json")
    assert (tmp_path / "results.json").read_text(encoding="utf-8") == results.to_json()
    extractor.save_as_json(tmp_path / "all.json")
    saved = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert saved == {
        "agent_extractions": {row["of"]: row for row in data["rows"]},
        "world_extraction": {},
    }


TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.dictionaries(
    TEXT, st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e9, 1e9) | TEXT | st.lists(TEXT)
)


@given(VALUES, TEXT)
def test_a_row_survives_json(values, heard):
    fact = Fact.of(b"", 0, "stimulus", "CONVERSATION", "Ada", "Eve", heard)
    row = Row(values, of="Ada", confidence=dict.fromkeys(values, 0.5), evidence=dict.fromkeys(values, (fact,)))
    assert json.loads(json.dumps(row)) == row == values
    (plain,) = json.loads(Results([row]).to_json())["rows"]
    assert plain["values"] == values
    assert plain["confidence"] == row.confidence
    assert all(cited == [{"id": fact.cite, "text": str(fact)}] for cited in plain["evidence"].values())


# -- awaited, and where it cannot be ----------------------------------------------------------------------------------


def test_each_call_has_an_awaited_twin(reading):
    world = room(reading(rates(2)), "Ada", "Ben")
    ada = world.agents[0]

    async def main() -> list[Any]:
        extractor = reader()
        return [
            await extractor.aextract_results_from_agent(ada),
            *await extractor.aextract_results_from_agents(world.agents),
            await extractor.aextract_results_from_world(world),
        ]

    assert asyncio.run(main()) == [{"rating": 2}] * 4


def test_within_somebodys_turn_it_is_an_error_that_says_so(reading):
    told: list[str] = []

    class Prying(TinyMentalFaculty):
        """You pry."""

        @action
        async def pry(self, turn: Any) -> None:
            """pry."""
            for call, error in (("extract_results_from_agent", WrongThread), ("aextract_results_from_agent", Busy)):
                with pytest.raises(error) as caught:
                    await getattr(reader(), call)(ada)
                told.append(str(caught.value))

    simulation = reading(rates(), lambda request, call: turn(do("PRY")))
    ada = TinyPerson("Ada", mental_faculties=[Prying], simulation=simulation)
    ada.act()
    assert "use `await extractor.aextract_results_from_agent(…)`" in told[0]
    assert told[1] == "'Ada' is having a turn, and extraction is no part of one; do it before or after"


def test_an_enricher_within_an_extractor_needs_no_second_place(reading):
    from troupe_core import Enricher, TinyEnricher

    class Louder(Enricher):
        async def enrich(self, task: Any, desk: Any) -> str:
            return task.content.upper()

    class Loud(Extractor):
        async def extract(self, task: Any, desk: Any) -> list[Finding]:
            text = await TinyEnricher(enricher="louder", simulation=simulation).aenrich_content(
                "loud", str(task.transcript)
            )
            return [Finding({"text": text})]

    simulation = reading(rates(), plugins=[Louder, Loud], max_in_flight=1)
    ada = TinyPerson("Ada", simulation=simulation).listen("hello", "Eve")
    assert ResultsExtractor(extractor="loud").extract_results_from_agent(ada) == {"text": "[1] EVE → ADA: HELLO"}


def test_it_changes_nobody(reading):
    simulation = reading(rates(2))
    world = room(simulation, "Ada", "Ben").broadcast("Well?", "Eve")
    before, facts = simulation.digest(), len(simulation.facts)
    reader().extract_results_from_world(world)
    reader().extract_results_from_agents(world.agents)
    assert (simulation.digest(), len(simulation.facts)) == (before, facts)


def test_a_simulation_in_memory_can_be_read_when_it_has_ended_until_it_is_closed(reading):
    from troupe_core import SimulationEnded

    simulation = reading(rates(2))
    world = room(simulation, "Ada", "Ben")
    simulation.end()
    assert reader().extract_results_from_world(world) == {"rating": 2}
    assert len(reader().extract_results_from_agents(world.agents)) == 2
    simulation.close()
    with pytest.raises(SimulationEnded, match="was closed"):
        reader().extract_results_from_world(world)


def test_names_in_other_scripts(reading):
    names = ["李小龍", "Åsa Ö", "محمد", "Zoë 👩🏽‍🚀", 'O\'Neill "Bo"']
    simulation = reading(rates(2, 1))
    results = reader().extract_results_from_agents(room(simulation, *names).broadcast("¿Qué?", "Μαρία").agents)
    assert [row.of for row in results] == names
    assert [str(row.evidence["rating"][0]) for row in results] == ["Μαρία: ¿Qué?"] * 5


# -- extractors of one's own -------------------------------------------------------------------------------------------


def test_what_an_extractor_leaves_out_is_none_and_what_it_adds_stays(reading):
    class Chatty(Extractor):
        async def extract(self, task: Any, desk: Any) -> Any:
            return [Finding({"extra": desk.rng.randint(1, 6)})]

    simulation = reading(rates(), plugins=[Chatty])
    ada, ben = room(simulation, "Ada", "Ben").agents
    extractor = ResultsExtractor(extractor="chatty", fields=RATING)
    first, again = (extractor.extract_results_from_agent(ada) for _ in range(2))
    assert first == again
    assert first["rating"] is None
    assert set(extractor.extract_results_from_agent(ben)) == {"rating", "extra"}


def test_the_table_of_settings_reaches_the_extractor(make_simulation):
    from attrs import frozen

    @frozen
    class Config:
        word: str = "no"

    class Set(Extractor, config=Config):
        async def extract(self, task: Any, desk: Any) -> Any:
            return [Finding({"word": self.config.word})]

    simulation = make_simulation(plugins=[Set], settings={"set": {"word": "yes"}})
    ada = TinyPerson("Ada", simulation=simulation)
    assert ResultsExtractor(extractor="set").extract_results_from_agent(ada) == {"word": "yes"}


def test_verbose_rows_go_to_the_log(reading, caplog):
    with caplog.at_level("INFO", logger="troupe"):
        reader(verbose=True).extract_results_from_agent(TinyPerson("Ada", simulation=reading(rates(2))))
    assert "reader found about Ada: {'rating': 2}" in caplog.text


def test_what_stands_in_a_transcript_is_no_template(reading):
    simulation = reading(rates(2))
    ada = TinyPerson("Ada", simulation=simulation).listen("{{{rating}}} {{#x}} %s {0}", "Eve")
    reader().extract_results_from_agent(ada)
    assert "{{{rating}}} {{#x}} %s {0}" in asked(simulation)[0].messages[-1].content


def test_a_persons_own_model_does_not_judge_it(make_runtime, reader_plugin):
    runtime = make_runtime(ScriptedModel(rates(2)), plugins=[reader_plugin])
    simulation = Simulation(runtime=runtime, models={"extraction": "scripted/judge"})
    ada = TinyPerson("Ada", model="scripted/ada", simulation=simulation)
    reader().extract_results_from_agent(ada)
    assert [request.model for request in asked(simulation)] == ["judge"]
    simulation.close()


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_rows_can_be_copied_and_pickled_with_all_that_they_hold(reading, again):
    def read(request: Any, call: Any) -> Any:
        return {"rating": cell(9 if call.person == "Ben" else 4, 1)}

    world = room(reading(read), "Ada", "Ben").broadcast("Well?", "Eve")
    results = reader().extract_results_from_agents(world.agents)
    other = again(results)
    assert isinstance(other, Results)
    assert other.plain() == results.plain()
    (row,) = other
    assert isinstance(row, Row)
    (fact,) = row.evidence["rating"]
    assert fact.id == results[0].evidence["rating"][0].id
    assert fact.data is NO_DATA
    error = other.failures[0].error
    assert isinstance(error, OutputError)
    assert error.raw == results.failures[0].error.raw
