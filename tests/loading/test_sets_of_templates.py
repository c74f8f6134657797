"""Sets of prompts: chosen by name in the settings, part of what turns are made of by their texts, checked at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import troupe_core
from troupe_core import (
    Call,
    EpisodicMemory,
    LLMRequest,
    Simulation,
    TemplatesSpec,
    TinyPerson,
    TinyPersonFactory,
    hookimpl,
)
from troupe_core.errors import PluginError, TemplateError
from troupe_core.templates import CORE_TEMPLATES, VARIABLES, Templates, template
from troupe_testing import quiet, reply

PROMPTS = Path(troupe_core.__file__).parent / "prompts"
TERSE = {"state": "# Now\n{{#place}}Here: {{{place}}}\n{{/place}}", "consolidate": "In one sentence each."}


class Sets:
    """A plugin that brings a set of that name."""

    def __init__(self, factory: Any, name: str = "terse") -> None:
        self.factory = factory
        self.set = name

    @hookimpl
    def troupe_register_templates(self) -> Any:
        yield TemplatesSpec(self.set, self.factory)


def request_of(simulation: Simulation, purpose: str = "turn") -> Any:
    return next(r for r, call in simulation.runtime.model_under_test.requests if call.purpose == purpose)  # type: ignore[attr-defined]


def lived(make_simulation: Any, **options: Any) -> Simulation:
    """Somebody who has had an episode, in the cellar."""
    simulation: Simulation = make_simulation(quiet, **options)
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=1), simulation=simulation).move_to("the cellar")
    ada.act()
    simulation.end()
    return simulation


@pytest.fixture(params=["function", "place"])
def factory(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What makes the set: a function; or the place of a mapping."""
    if request.param == "function":
        return lambda: TERSE
    (tmp_path / "terse_prompts.py").write_text(f"TEXTS = {TERSE!r}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "terse_prompts:TEXTS"


def test_the_chosen_set_is_used_and_what_it_lacks_is_the_cores(make_simulation, factory):
    simulation = lived(make_simulation, plugins=[Sets(factory)], config={"templates": "terse"})
    sent = request_of(simulation).messages
    assert sent[-1].content.endswith("# Now\nHere: the cellar\n")
    assert request_of(simulation, "consolidation").messages[0].content == "In one sentence each."
    usual = lived(make_simulation, plugins=[Sets(factory)])
    assert request_of(usual).messages[0].content == sent[0].content
    assert request_of(usual).messages[-1].content.endswith("You are here: the cellar\nGo on.\n")


def test_the_cores_templates_are_compiled_once_for_all_runtimes(make_runtime):
    one, two = make_runtime(), make_runtime()
    assert one.templates is two.templates is CORE_TEMPLATES
    chosen = make_runtime(plugins=[Sets(lambda: TERSE)], config={"templates": "terse"}).templates
    assert chosen["rules"] is template("rules")
    assert chosen["state"] is chosen["state"] is not template("state")


def test_another_set_is_another_turn_and_the_same_texts_are_the_same_turn(make_runtime, tmp_path):
    def executed(plugins: Any, **config: Any) -> int:
        runtime = make_runtime(plugins=plugins, config=config)
        with Simulation(tmp_path / "study.db", runtime=runtime) as simulation:
            TinyPerson("Ada", simulation=simulation).act()
        calls: int = runtime.model_under_test.calls
        return calls

    assert executed([]) == 1
    assert executed([Sets(lambda: TERSE)]) == 0  # what is merely there changes nothing
    assert executed([Sets(lambda: TERSE)], templates="terse") == 1
    assert executed([Sets(lambda: dict(TERSE), "short")], templates="short") == 0
    assert executed([Sets(dict)], templates="terse") == 0  # an empty one is the core's


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        (lambda: {"stat": "x"}, f"there is no template 'stat'; there are {', '.join(sorted(VARIABLES))}"),
        (lambda: {"state": "{{place}}"}, "state: write {{{place}}} with three braces"),
        (lambda: {"state": 5}, "the template 'state' is no text, but 5"),
        (lambda: {"rules": "You are {{{name}}}."}, "rules: there is no variable 'name'; it is given faculties there"),
        (
            lambda: {"rules": "{{#faculties}}{{#actions}}{{{content}}}{{/actions}}{{/faculties}}"},
            "rules: there is no variable 'content'; it is given name, text, actions, faculties there",
        ),
        (lambda: {"rules": "{{#faculties}}{{{.}}}{{/faculties}}"}, "there is no variable '.'"),
        (
            lambda: {"state": "{{#context}}{{{it}}}{{/context}}"},
            "goals, attention, emotions, memories, awareness, . there",
        ),
        (lambda: {"state": "{{^tiem}}Time stands still.{{/tiem}}"}, "state: there is no variable 'tiem'"),
        (lambda: {"consolidate": "Help {{{name}}}."}, "consolidate: there is no variable 'name'; it is given nothing"),
        (lambda: ["state"], "expected a mapping from names of templates to texts, got"),
    ],
)
def test_a_set_that_cannot_be_used_is_refused_at_once_with_its_owner(make_runtime, factory, said):
    plugin = Sets(factory)
    plugin.name = "wordsmith"  # type: ignore[attr-defined]
    with pytest.raises(TemplateError) as error:
        make_runtime(plugins=[plugin], config={"templates": "terse"})
    assert "the set of templates 'terse' of wordsmith" in str(error.value)
    assert said in str(error.value)


def test_a_section_opens_what_is_around_it_too(make_runtime):
    text = "{{#faculties}}{{#actions}}{{^faculties}}{{{text}}}{{/faculties}}{{/actions}}{{/faculties}}"
    state = "{{#place}}{{#goals}}{{{.}}} in {{{place}}}{{^emotions}}{{{.}}}{{/emotions}}{{/goals}}{{/place}}"
    runtime = make_runtime(plugins=[Sets(lambda: {"rules": text, "state": state})], config={"templates": "terse"})
    assert runtime.templates["state"]({"place": "Rome", "goals": "rest"}) == "rest in Romerest"


class Watched(Templates):
    """The core's, and what each was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        render = super().__getitem__(name)

        def watched(values: dict[str, Any]) -> str:
            self.given[name] = values
            return render(values)

        return watched


def test_every_template_is_given_what_is_said_of_it(make_runtime):
    def agrees(values: Any, variables: Any) -> bool:
        return values.keys() == variables.keys() and all(
            isinstance(values[name], list | tuple) == each.many
            and all(agrees(item, each.parts) for item in values[name] if each.parts)
            for name, each in variables.items()
        )

    def script(request: LLMRequest, call: Call) -> Any:
        if call.purpose == "minibio":
            return {"paragraph": "She knits."}
        return reply("Well.", rating=3) if call.purpose == "ask" else quiet(request, call)

    runtime = make_runtime(script)
    runtime.templates = watched = Watched()
    with Simulation(runtime=runtime) as simulation:
        ada = TinyPerson("Ada", memory=EpisodicMemory(episode=1), simulation=simulation)
        ada.ask("Well?", fields={"rating": "1..5"})
        ada.act()
        assert TinyPersonFactory("A choir.", simulation=simulation).generate_person(attempts=2) is None
        assert TinyPersonFactory.generate_person_factories(2, "A choir.", simulation=simulation) is None
        ada.minibio()
        simulation.end()
    assert watched.given.keys() == VARIABLES.keys() == {path.stem for path in PROMPTS.glob("*.mustache")}
    assert all(agrees(values, VARIABLES[name]) for name, values in watched.given.items())
    (talking, *_) = watched.given["rules"]["faculties"]
    assert talking["actions"], "what was compared is there"


def test_a_set_that_there_is_not_is_told_with_those_that_there_are(make_runtime):
    with pytest.raises(PluginError, match="there is no set of templates 'trese'; there are: terse"):
        make_runtime(plugins=[Sets(dict)], config={"templates": "trese"})
