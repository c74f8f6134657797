"""TinyEnricher: what reaches an enricher, what comes back, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from troupe_core import (
    AmbiguousSimulation,
    ArgumentError,
    Busy,
    Enricher,
    PluginError,
    Simulation,
    TinyEnricher,
    TinyMentalFaculty,
    TinyPerson,
    action,
)
from troupe_core.errors import WrongThread
from troupe_testing import do, turn


class Shown(Enricher):
    """Shows what it was given."""

    async def enrich(self, task: Any, desk: Any) -> str:
        assert (desk.purpose, desk.subject) == ("enrichment", "")
        parts = [task.requirements, task.content, task.content_type, task.context, *task.earlier]
        return await desk.ask("|".join(parts))


def echo(request: Any, call: Any) -> Any:
    assert (call.purpose, call.person, call.world) == ("enrichment", None, None)
    return request.messages[-1].content.upper()


def test_everything_reaches_the_enricher_and_the_text_comes_back(make_simulation):
    enricher = TinyEnricher(enricher="shown", simulation=make_simulation(echo, plugins=[Shown]))
    assert enricher.enrich_content("be loud", "hello") == "BE LOUD|HELLO||"
    assert enricher.enrich_content("a", "b", "letter", "spring", ["one", "two"]) == "A|B|LETTER|SPRING|ONE|TWO"
    assert enricher.context_cache == []


def test_past_results_are_context_if_that_is_wanted(make_simulation):
    enricher = TinyEnricher(
        use_past_results_in_context=True, enricher="shown", simulation=make_simulation(echo, plugins=[Shown])
    )
    assert enricher.enrich_content("a", "one") == "A|ONE||"
    assert enricher.enrich_content("a", "two") == "A|TWO|||A|ONE||"
    assert enricher.enrich_content("a", "three", context_cache=["x"]) == "A|THREE|||X"
    assert enricher.context_cache == ["A|ONE||", "A|TWO|||A|ONE||", "A|THREE|||X"]


def test_the_simulation_is_found_as_everywhere(make_runtime):
    runtime = make_runtime(echo, plugins=[Shown])
    with Simulation(runtime=runtime) as one, Simulation(runtime=runtime) as two:
        TinyEnricher(enricher="shown").enrich_content("a", "b")
        assert (one.usage.calls, two.usage.calls) == (0, 1)
        TinyEnricher(enricher="shown", simulation=one).enrich_content("a", "b")
        assert (one.usage.calls, two.usage.calls) == (1, 1)
    TinyEnricher(enricher="shown", simulation=one).enrich_content("a", "b")  # it has ended, and can still pay
    assert one.usage.calls == 2
    several = [Simulation(runtime=runtime) for _ in range(2)]
    with pytest.raises(AmbiguousSimulation):
        TinyEnricher(enricher="shown").enrich_content("a", "b")
    for simulation in several:
        simulation.close()


def test_it_can_be_awaited_and_texts_go_to_the_log_if_wanted(make_simulation, caplog):
    enricher = TinyEnricher(enricher="shown", simulation=make_simulation(echo, plugins=[Shown]))
    with caplog.at_level("INFO", logger="troupe"):
        assert asyncio.run(enricher.aenrich_content("a", "b", verbose=True)) == "A|B||"
    assert "shown wrote: A|B||" in caplog.text


def test_within_somebodys_turn_it_is_an_error_that_says_so(make_simulation):
    told: list[str] = []

    class Posting(TinyMentalFaculty):
        """You post."""

        @action
        async def post(self, turn: Any) -> None:
            """post."""
            enricher = TinyEnricher(enricher="shown", simulation=simulation)
            with pytest.raises(WrongThread, match=r"await enricher\.aenrich_content"):
                enricher.enrich_content("a", "b")
            with pytest.raises(Busy) as caught:
                await enricher.aenrich_content("a", "b")
            told.append(str(caught.value))

    simulation = make_simulation(lambda request, call: turn(do("POST")), plugins=[Shown])
    TinyPerson("Ada", mental_faculties=[Posting], simulation=simulation).act()
    assert told == ["'Ada' is having a turn, and enrichment is no part of one; do it before or after"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"requirements": ""}, "requirements is empty"),
        ({"content": " \n"}, "content is empty"),
        ({"content": None}, "content must be text, not None"),
        ({"context_info": 5}, "context_info must be text"),
        ({"content_type": 5}, "content_type must be text"),
        ({"context_cache": "one"}, "context_cache is a list of texts"),
        ({"context_cache": [1]}, "context_cache is a list of texts"),
    ],
)
def test_bad_arguments_are_told_by_name(make_simulation, arguments, told):
    enricher = TinyEnricher(enricher="shown", simulation=make_simulation(echo, plugins=[Shown]))
    with pytest.raises(ArgumentError, match=told):
        enricher.enrich_content(**{"requirements": "a", "content": "b", **arguments})


def test_what_is_no_enricher_is_told(make_simulation):
    simulation = make_simulation(echo)
    with pytest.raises(PluginError, match=r"no enricher 'audience'.*pip install troupe-enricher-audience"):
        TinyEnricher(simulation=simulation).enrich_content("a", "b")
    with pytest.raises(ArgumentError, match="enricher is the name of one"):
        TinyEnricher(enricher=Shown)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="an enricher is named as enricher="):
        TinyEnricher("shown")  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [None, "", " ", 5])
def test_an_enricher_that_gives_no_text_is_named(make_simulation, given):
    class Mute(Enricher):
        async def enrich(self, task: Any, desk: Any) -> Any:
            return given

    with pytest.raises(PluginError, match="the enricher 'mute' gave"):
        TinyEnricher(enricher="mute", simulation=make_simulation(plugins=[Mute])).enrich_content("a", "b")
