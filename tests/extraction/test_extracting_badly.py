"""What cannot be extracted, and whose fault that is: bad arguments, missing plugins, strangers' bugs."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from troupe_core import (
    ArgumentError,
    Extractor,
    Finding,
    PluginError,
    ResultsExtractor,
    Simulation,
    TinyPerson,
    TinyWorld,
)
from troupe_core.errors import SimulationError

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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"extractor": 5}, "extractor is the name of one"),
        ({"extraction_objective": 5}, "extraction_objective must be text"),
        ({"extraction_objective": " "}, "extraction_objective is empty"),
        ({"situation": None}, "situation must be text"),
        ({"fields": "rating"}, "fields is a list"),
    ],
)
def test_bad_arguments_are_told_by_name(arguments, told):
    with pytest.raises(ArgumentError, match=told):
        ResultsExtractor(**arguments)


def test_bad_people_are_told_by_name(reading, make_simulation):
    world = room(reading(rates()), "Ada", "Ben")
    ada, ben = world.agents
    stranger = TinyPerson("Eve", simulation=make_simulation())
    extractor = reader()
    for call, whom, told in (
        (extractor.extract_results_from_agent, "Ada", "expected a TinyPerson"),
        (extractor.extract_results_from_agent, world, "expected a TinyPerson"),
        (extractor.extract_results_from_world, ada, "expected a TinyWorld"),
        (extractor.extract_results_from_agents, [], "agents is empty"),
        (extractor.extract_results_from_agents, [ada, ben, ada], "agents has 'Ada' twice"),
        (extractor.extract_results_from_agents, ["Ada"], "agents must be TinyPersons"),
    ):
        with pytest.raises(ArgumentError, match=told):
            call(whom)
    with pytest.raises(SimulationError, match="different simulations"):
        extractor.extract_results_from_agents([ada, stranger])
    with pytest.raises(ArgumentError, match="fields_hints has a hint for 'x'"):
        extractor.extract_results_from_agent(ada, fields_hints={"x": "y"})


def test_a_missing_plugin_is_named(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    with pytest.raises(PluginError, match=r"no extractor 'results'.*pip install troupe-extractor-results"):
        ResultsExtractor().extract_results_from_agent(ada)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: 1 / 0, "the extractor 'strange', for Ada failed: ZeroDivisionError"),
        (lambda: sys.exit(3), "the extractor 'strange', for Ada failed: SystemExit: 3"),
        (lambda: None, "gave None for Ada"),
        (list, "a list of one Finding"),
        (lambda: [Finding({}), Finding({})], "a list of one Finding"),
        (lambda: [{"rating": 4}], "a list of Findings"),
        (lambda: [Finding({"rating": 9})], "'rating' of Ada is to be a whole number from 1 to 5"),
        (lambda: [Finding({"rating": 1, "more": object()})], "no plain data"),
        (lambda: [Finding({"rating": 1}, {"rating": 7})], "7 sure of 'rating'"),
        (lambda: [Finding({"rating": 1}, evidence={"why": [1]})], "evidence for 'why' of Ada, and no such value"),
        *[(lambda odd=odd: [Finding(**odd)], told) for told, odd in {
            "gave None as values for Ada": {"values": None},
            "as values for Ada; it has to be a mapping": {"values": {1: 2}},
            "gave 0.5 as confidence for Ada": {"values": {"rating": 1}, "confidence": 0.5},
            "None sure of 'rating'": {"values": {"rating": 1}, "confidence": {"rating": None}},
            "as evidence for Ada": {"values": {"rating": 1}, "evidence": [1]},
            "gave 1 as evidence for 'rating' of Ada; it has to be a list": {
                "values": {"rating": 1}, "evidence": {"rating": 1}
            },
            "gave '12' as evidence for 'rating'": {"values": {"rating": 1}, "evidence": {"rating": "12"}},
        }.items()],
    ],
)  # fmt: skip
def test_a_strangers_bug_is_told_by_its_name(reading, made, told):
    class Strange(Extractor):
        async def extract(self, task: Any, desk: Any) -> Any:
            return made()

    ada = TinyPerson("Ada", simulation=reading(rates(), plugins=[Strange]))
    with pytest.raises(PluginError, match=told):
        ResultsExtractor(extractor="strange", fields=RATING).extract_results_from_agent(ada)


def test_what_is_misspelled_is_refused_before_anything_is_asked(reading):
    simulation = reading(rates())
    world = room(simulation, "Ada")
    for call, whom in (
        (reader().extract_results_from_agent, world.agents[0]),
        (reader().extract_results_from_agents, world.agents),
        (reader().extract_results_from_world, world),
    ):
        with pytest.raises(ArgumentError, match=r"'feilds' cannot be given here; there are .*fields_hints, verbose"):
            call(whom, feilds=["other"])  # type: ignore[call-arg, operator]  # misspelled on purpose
    assert not simulation.usage.calls


def test_one_odd_finding_takes_nobody_elses_row(reading):
    class Odd(Extractor):
        async def extract(self, task: Any, desk: Any) -> Any:
            cited: Any = 1 if task.of == "Ben" else [1]
            return [Finding({"rating": 3}, evidence={"rating": cited})]

    simulation = reading(rates(), plugins=[Odd])
    results = ResultsExtractor(extractor="odd", fields=RATING).extract_results_from_agents(
        room(simulation, "Ada", "Ben", "Cleo").agents
    )
    assert [row.of for row in results] == ["Ada", "Cleo"]
    (failure,) = results.failures
    assert "the extractor 'odd' gave 1 as evidence for 'rating' of Ben" in str(failure)
