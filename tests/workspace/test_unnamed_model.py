"""Where nobody has named a model, puppets answer, if no provider can have been meant; it is said, once, and what they
say is marked. A provider that is set up is never replaced by them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from troupe_core import (
    AuthenticationError,
    BackendSpec,
    LLMBackend,
    LLMResponse,
    ResultsExtractor,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    UnknownModelError,
)
from troupe_testing import ScriptedModel

PUPPETS = ("rehearsal/default",)
KEY = "sk-not-for-anybody-1234"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program runs: without settings, and with nothing in the environment."""
    for name in [name for name in os.environ if name.startswith(("TROUPE_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made() -> Iterator[Callable[..., Runtime]]:
    """Runtimes with what is installed, unless a test says otherwise."""
    runtimes: list[Runtime] = []

    def make(*plugins: Any, **options: Any) -> Runtime:
        options = {
            "config": {"loading": {"allow": ["troupe-llm-*", "troupe-testing", "troupe-extractor-*"]}},
            **options,
        }
        runtimes.append(Runtime(plugins, **options))
        return runtimes[-1]

    yield make
    for runtime in runtimes:
        runtime.close()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "no model is named" in record.getMessage()]


def tasting(runtime: Runtime) -> tuple[Simulation, Any]:
    simulation = Simulation(runtime=runtime)
    people = [TinyPerson(name, {"likes": ["soup"]}, simulation=simulation) for name in ("Ada", "Ben")]
    world = TinyWorld("Kitchen", people, simulation=simulation).make_everyone_accessible()
    world.broadcast("A soup. How do you like it, from 1 to 5?", source="Moderator")
    return simulation, world.run(2)


# -- used -------------------------------------------------------------------------------------------------------------


def test_puppets_answer_where_nobody_has_named_anything_and_it_is_said_once(made, caplog):
    runtime = made()
    assert (runtime.named_model, runtime.default_model()) == (None, PUPPETS)
    assert said(caplog) == [], "to look at it is not to ask"
    _, report = tasting(runtime)
    (simulation, _) = tasting(runtime)
    results = ResultsExtractor(fields={"rating": "1..5"}).extract_results_from_agents([*simulation["Kitchen"].agents])
    assert {fact.mark for fact in simulation.facts if fact.kind == "action"} == {"rehearsal"}
    assert report.mark == results.mark == "rehearsal"
    assert str(results).endswith("rehearsal: puppets said this; it is no evidence about people")
    (told,) = said(caplog)
    assert told.startswith("no model is named, and no provider is set up: rehearsal/default answers, puppets")
    assert all(way in told for way in ('model = "backend/model"', "TROUPE_MODEL", "Runtime(model=…)"))
    tasting(made())
    assert len(said(caplog)) == 2, "once for each runtime"


def test_who_names_it_is_told_nothing(made, caplog):
    runtime = made(model="rehearsal/default")
    _, report = tasting(runtime)
    assert (runtime.named_model, report.mark, said(caplog)) == (PUPPETS, "rehearsal", [])


def test_settings_of_the_rehearsal_are_no_provider(made):
    assert made(settings={"rehearsal": {"seed": 3}}).default_model() == PUPPETS


def test_it_may_be_the_one_thing_that_code_brings(made):
    assert made("troupe_llm_rehearsal", autoload=False, config={}).default_model() == PUPPETS


def test_a_backend_that_cannot_be_loaded_is_no_provider(made):
    runtime = made()
    installed = runtime.registry.origin(BackendSpec, "openai")
    runtime.registry.records(BackendSpec).add(BackendSpec("broken", "a_module_that_nobody_has:Backend"), installed)
    assert runtime.default_model() == PUPPETS


def test_no_sdk_is_imported_to_find_out(made):
    before = {name for name in sys.modules if name.partition(".")[0] in ("openai", "aiohttp", "httpx")}
    made().default_model()
    after = {name for name in sys.modules if name.partition(".")[0] in ("openai", "aiohttp", "httpx")}
    assert after == before


# -- not used ---------------------------------------------------------------------------------------------------------


class Acme(LLMBackend):
    """Costs something."""

    name = "acme"

    async def complete(self, request: Any, call: Any) -> LLMResponse:
        return LLMResponse("{}")


def refused(runtime: Runtime, *parts: str, models: Any = None) -> None:
    """Nobody answers, and whoever wants to ask is told these things."""
    ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime, models=models))
    with pytest.raises(UnknownModelError) as caught:
        ada.listen_and_act("Well?")
    text = str(caught.value)
    assert all(part in text for part in ("no model is named", "Backends that are installed: ", *parts)), text


def test_a_key_that_is_there_says_which_provider_is_meant(made, monkeypatch, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    runtime = made()
    refused(runtime, "openai is set up (the secret at env:OPENAI_API_KEY is set)", 'model = "openai/…" in troupe.toml')
    monkeypatch.delenv("OPENAI_API_KEY")
    assert runtime.default_model() == PUPPETS
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert runtime.default_model() == PUPPETS, "an empty variable is as if it were not there"
    assert KEY not in caplog.text


def test_so_does_one_in_the_place_that_the_settings_name(made, folder, monkeypatch):
    (folder / "key").write_text(KEY)
    refused(made(settings={"openai": {"key": f"file:{folder / 'key'}"}}), "there are settings for it: settings.openai")


@pytest.mark.parametrize("table", [{}, {"base_url": "http://127.0.0.1:9/v1"}])
def test_settings_of_a_provider_say_so_too(made, table):
    refused(made(settings={"openai": table}), "openai is set up", "settings.openai", "TROUPE_MODEL=openai/…")


def test_in_a_file_and_in_the_environment(made, folder, monkeypatch):
    (folder / "troupe.toml").write_text("[loading]\nallow = ['troupe-llm-*']\n[settings.openai]\ntimeout = 5\n")
    refused(made(config=None), "openai is set up")
    (folder / "troupe.toml").write_text("[loading]\nallow = ['troupe-llm-*']\n")
    assert made(config=None).default_model() == PUPPETS
    monkeypatch.setenv("TROUPE_SETTINGS__OPENAI__TIMEOUT", "5")
    refused(made(config=None), "openai is set up")


@pytest.mark.parametrize("brought", [ScriptedModel(), Acme])
def test_who_brings_a_backend_wants_to_be_asked_which_model(made, brought):
    refused(made(brought), "give one as Runtime(model=…)", brought.name)


def test_who_names_models_for_some_purposes_wants_to_be_asked_for_the_others(made):
    refused(made(), "but for consolidation", models={"consolidation": "openai/any"})
    config = {"loading": {"allow": ["troupe-llm-*"]}, "models": {"consolidation": "rehearsal/default"}}
    runtime = made(config=config)
    refused(runtime, "but for consolidation")
    with pytest.raises(UnknownModelError, match="but for consolidation"):
        runtime.default_model()


def test_who_leaves_the_rehearsal_out_has_none(made):
    loading = {"allow": ["troupe-llm-*"], "disable": ["rehearsal", "llm-rehearsal"]}
    refused(made(config={"loading": loading}), "give one as Runtime(model=…)")
    refused(made(autoload=False, config={}), "none")


def test_what_only_bears_its_name_and_costs_something_is_not_it(made):
    class Imposter(Acme):
        name = "rehearsal"

    refused(made(Imposter, autoload=False, config={}), "rehearsal")


def test_a_missing_key_falls_back_to_nothing(made, monkeypatch):
    runtime = made(model="openai/any")
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY"):
        TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()
    assert runtime.default_model() == ("openai/any",), "it is no candidate by itself"
    ada = TinyPerson("Ben", model="openai/any", simulation=Simulation(runtime=made()))
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY"):
        ada.act()


# -- meanwhile --------------------------------------------------------------------------------------------------------


def test_a_study_goes_on_with_what_it_has_begun_with_and_the_next_one_has_what_is_said_since(made, monkeypatch):
    runtime = made()
    simulation, _ = tasting(runtime)
    monkeypatch.setenv("TROUPE_MODEL", "quiet/any")
    simulation["Ada"].listen_and_act("And now?")
    assert simulation.facts[-1].mark == "rehearsal"
    later, report = tasting(runtime)
    assert (report.mark, {fact.mark for fact in later.facts}) == ("", {""})
    monkeypatch.delenv("TROUPE_MODEL")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert simulation["Ada"].listen_and_act("And now?")
    refused(runtime, "openai is set up")


def test_a_journal_goes_on_with_it_and_is_replayed_where_a_provider_is_set_up(made, monkeypatch):
    with Simulation("study.db", runtime=made()):
        ada = TinyPerson("Ada", {"likes": ["soup"]})
        ada.listen_and_act("A soup. How do you like it?")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    resumed = Simulation.resume("study.db", runtime=made())
    resumed["Ada"].listen_and_act("And the bread?")
    assert {fact.mark for fact in resumed.facts if fact.kind == "action"} == {"rehearsal"}
    resumed.end()
    assert Simulation.replay("study.db", runtime=made()).turns == 2


def test_who_has_a_model_of_ones_own_hears_nothing_of_it(made, caplog):
    with Simulation("study.db", runtime=made()):
        TinyPerson("Ada", model="quiet/any").listen_and_act("Well?")
    assert said(caplog) == []
