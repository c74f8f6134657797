"""What cannot be used is refused with an error that names it, and everything goes on as if nothing had been said."""

from __future__ import annotations

import asyncio
import logging
import math
import sys
import types
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    BackendSpec,
    EpisodicMemory,
    FacultySpec,
    LLMBackend,
    LLMResponse,
    MemorySpec,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Turn,
    action,
    hookimpl,
)
from troupe_core.errors import (
    ArgumentError,
    DuplicateName,
    PluginError,
    RunStopped,
    SimulationError,
    TroupeError,
    UnknownModelError,
)
from troupe_testing import ScriptedModel, do, quiet, turn

SURROGATE = "half \ud83d of it"
NAN = float("nan")


@pytest.fixture
def room(make_simulation: Callable[..., Simulation]) -> TinyWorld:
    """Two people in a world; a third one has no place yet."""
    simulation = make_simulation()
    TinyPerson("Zoe", simulation=simulation)
    return TinyWorld("Room", [TinyPerson(name, {"age": 40}, simulation=simulation) for name in ("Ada", "Ben")])


def everything(simulation: Simulation) -> tuple[Any, ...]:
    return simulation.digest(), len(simulation.facts), sorted(thing.id for thing in simulation)


def usable(simulation: Simulation) -> None:
    """Things can still be said and done."""
    name = f"Newcomer {len(simulation)}"
    TinyWorld(f"{name}'s", [TinyPerson(name, simulation=simulation)]).broadcast("Hello")
    assert simulation[name].act()


# -- arguments --------------------------------------------------------------------------------------------------------

Refused = tuple[Callable[[TinyWorld], Any], str]


def ada(room: TinyWorld) -> TinyPerson:
    return room.simulation["Ada"]


def new(room: TinyWorld, *arguments: Any, **options: Any) -> TinyPerson:
    return TinyPerson(*arguments, simulation=options.pop("simulation", room.simulation), **options)


PEOPLE: dict[str, Refused] = {
    "no text as a name": (lambda room: new(room, 5), "name must be text, not int"),
    "no name": (lambda room: new(room, None), "name must be text, not NoneType"),
    "an empty name": (lambda room: new(room, "  "), "name is empty"),
    "an endless name": (lambda room: new(room, "x" * 1000), "a name of 1000 characters"),
    "half a surrogate in a name": (lambda room: new(room, SURROGATE), "name has half a surrogate pair at position 5"),
    "a name that is taken": (lambda room: new(room, "Ada"), "'Ada' exists already"),
    "a world's name": (lambda room: new(room, "Room"), "'Room' exists already"),
    "a number as a persona": (lambda room: new(room, "X", 5), "persona is a mapping .* not int"),
    "a list as a persona": (lambda room: new(room, "X", ["cook"]), "persona is a mapping .* not list"),
    "an empty persona text": (lambda room: new(room, "X", " "), "persona is empty"),
    "a number for a key": (lambda room: new(room, "X", {"likes": {1: "soup"}}), r"persona\.likes has the key 1"),
    "a number for a first key": (lambda room: new(room, "X", {1: "soup"}), "persona has the key 1"),
    "NaN in a persona": (lambda room: new(room, "X", {"a": {"b": [0, NAN]}}), r"persona\.a\.b\[1\] is nan"),
    "infinity in a persona": (lambda room: new(room, "X", {"a": math.inf}), r"persona\.a is inf"),
    "a set of odd things": (lambda room: new(room, "X", {"a": {1, object()}}), r"persona\.a\{…\} is of type .*object"),
    "a path in a persona": (lambda room: new(room, "X", {"photo": Path("a.png")}), r"persona\.photo is a path"),
    "a function in a persona": (lambda room: new(room, "X", {"f": quiet}), r"persona\.f is of type .*function"),
    "a huge number in a persona": (lambda room: new(room, "X", {"n": 2**70}), r"persona\.n is an integer beyond 64"),
    "half a surrogate in a persona": (lambda room: new(room, "X", {"a": SURROGATE}), "persona cannot be written"),
    "one faculty as text": (
        lambda room: new(room, "X", mental_faculties="recall"),
        r"mental_faculties is a list; write \['re",
    ),
    "a number as faculties": (
        lambda room: new(room, "X", mental_faculties=5),
        r"mental_faculties is a list; write \[5\]",
    ),
    "a number as a faculty": (lambda room: new(room, "X", mental_faculties=[5]), "mental faculty is a name .* not 5"),
    "a class that is no faculty": (
        lambda room: new(room, "X", mental_faculties=[dict]),
        "mental faculty is a name .*dict",
    ),
    "a number as a memory": (lambda room: new(room, "X", memory=5), "memory is a kind of memory .* int"),
    "a class as a memory": (lambda room: new(room, "X", memory=EpisodicMemory), r"memory .*EpisodicMemory\(\)"),
    "a number as a model": (lambda room: new(room, "X", model=5), "model .*5"),
    "a malformed model": (lambda room: new(room, "X", model="gpt-5"), "backend/model.*'gpt-5'"),
    "a model without backend": (lambda room: new(room, "X", model="/x"), "backend/model.*'/x'"),
    "a model without name": (lambda room: new(room, "X", model="x/"), "backend/model.*'x/'"),
    "an empty model": (lambda room: new(room, "X", model=""), "no model is named in ''"),
    "a world as a simulation": (lambda room: new(room, "X", simulation=room), "simulation must be a Simulation"),
    "speech that is no text": (lambda room: ada(room).listen(5), "speech must be text, not int 5"),
    "no speech": (lambda room: ada(room).listen(None), "speech must be text, not NoneType"),
    "bytes": (lambda room: ada(room).listen(b"hello"), "speech must be text, not bytes"),
    "empty speech": (lambda room: ada(room).listen(" \n"), "speech is empty"),
    "a 10 MB stimulus": (lambda room: ada(room).listen("x" * 10_000_000), "speech has 10,000,000 characters"),
    "half a surrogate": (lambda room: ada(room).listen(SURROGATE), "speech has half a surrogate pair at position 5"),
    "nothing to see": (lambda room: ada(room).see(""), "visual_description is empty"),
    "no text to see": (lambda room: ada(room).see(["a hat"]), "visual_description must be text, not list"),
    "no social text": (lambda room: ada(room).socialize(1.5), "social_description must be text"),
    "no thought": (lambda room: ada(room).think({}), "thought must be text"),
    "no goal": (lambda room: ada(room).internalize_goal(""), "goal is empty"),
    "a number as a source": (lambda room: ada(room).listen("hi", source=5), "source must be a person"),
    "half a surrogate as a source": (lambda room: ada(room).listen("hi", source=SURROGATE), "source has half a surr"),
    "listening and acting on nothing": (lambda room: ada(room).listen_and_act(""), "speech is empty"),
    "seeing and acting on a number": (lambda room: ada(room).see_and_act(5), "visual_description must be text"),
    "thinking and acting on 10 MB": (lambda room: ada(room).think_and_act("x" * 10_000_000), "thought has 10,000,000"),
    "a number as a key": (lambda room: ada(room).define(5, 5), "key must be text, not 5"),
    "an empty key": (lambda room: ada(room).define("", 5), "key must be text, not ''"),
    "another name": (lambda room: ada(room).define("name", "Eve"), r"write person\.rename"),
    "NaN as a value": (lambda room: ada(room).define("a", {"b": NAN}), r"persona\.a\.b is nan"),
    "a number as a path": (lambda room: ada(room).get(5), "path must be text, not int"),
    "a place that is no text": (lambda room: ada(room).move_to(5), "location must be text"),
    "nowhere": (lambda room: ada(room).move_to(""), "location is empty"),
    "a context of text": (lambda room: ada(room).move_to("Rome", "it rains"), "context is a list"),
    "a context of numbers": (lambda room: ada(room).change_context(["it rains", 5]), r"context\[1\] must be text"),
    "a number as a context": (lambda room: ada(room).change_context(5), "context is a list"),
    "goals of a number": (lambda room: ada(room).change_mind(goals=5), "goals must be text"),
    "emotions of half a surrogate": (
        lambda room: ada(room).change_mind(emotions=SURROGATE),
        "emotions has half a surr",
    ),
    "a name as an agent": (
        lambda room: ada(room).make_agent_accessible("Ben"),
        "agent must be a TinyPerson, not 'Ben'",
    ),
    "a world as an agent": (lambda room: ada(room).make_agent_accessible(room), "agent must be a TinyPerson"),
    "oneself": (lambda room: ada(room).make_agent_accessible(ada(room)), "Ada need not be made accessible to Ada"),
    "a number as a relation": (
        lambda room: ada(room).make_agent_accessible(room.simulation["Ben"], 5),
        "relation_description must be text",
    ),
    "half a surrogate as a relation": (
        lambda room: ada(room).make_agent_accessible(room.simulation["Ben"], SURROGATE),
        "relation_description has half a surrogate",
    ),
    "a number as agents": (lambda room: ada(room).make_agents_accessible(5), "agents must be TinyPersons.* 5"),
    "a name to leave": (lambda room: ada(room).make_agent_inaccessible("Ben"), "agent must be a TinyPerson, not 'Ben'"),
    "a number as a query": (lambda room: ada(room).retrieve_relevant_memories(5), "query must be text"),
    "many": (lambda room: ada(room).retrieve_relevant_memories("x", "many"), "top_k must be .* 'many'"),
    "fewer than none": (lambda room: ada(room).retrieve_relevant_memories("x", -1), "top_k must be .* -1"),
    "two and a half": (lambda room: ada(room).retrieve_relevant_memories("x", 2.5), "top_k must be .* 2.5"),
}

WORLDS: dict[str, Refused] = {
    "a number as a name": (lambda room: TinyWorld(5, simulation=room.simulation), "name must be text"),
    "a name that is taken": (lambda room: TinyWorld("Ada", simulation=room.simulation), "'Ada' exists already"),
    "a number as agents": (lambda room: TinyWorld("W", 5), "agents must be TinyPersons.* 5"),
    "names as agents": (lambda room: TinyWorld("W", ["Ada"]), "agents must be TinyPersons; got 'Ada'"),
    "one twice": (lambda room: TinyWorld("W", [room.simulation["Zoe"]] * 2), "two people called 'Zoe' in 'W'"),
    "somebody of another world": (lambda room: TinyWorld("W", [ada(room)]), "'Ada' is in 'Room' already"),
    "a number as a date": (lambda room: TinyWorld("W", initial_datetime=5), "initial_datetime is a datetime.* 5"),
    "a bad date": (lambda room: TinyWorld("W", initial_datetime="soon"), "initial_datetime is a datetime.* 'soon'"),
    "text for yes": (lambda room: TinyWorld("W", broadcast_if_no_target="no"), "broadcast_if_no_target .* 'no'"),
    "an odd schedule": (lambda room: TinyWorld("W", schedule="whenever"), "schedule must be one of .*'whenever'"),
    "a list as a schedule": (lambda room: TinyWorld("W", schedule=[]), r"schedule must be one of .*\[\]"),
    "a name as a simulation": (lambda room: TinyWorld("W", simulation="mine"), "simulation must be a Simulation"),
    "no steps": (lambda room: room.run(0), "steps must be a whole number from 1 on, not 0"),
    "negative steps": (lambda room: room.run(-3), "steps must be a whole number from 1 on, not -3"),
    "text as steps": (lambda room: room.run("3"), "steps must be .*'3'"),
    "half a step": (lambda room: room.run(0.5), "steps must be .*0.5"),
    "yes as steps": (lambda room: room.run(True), "steps must be .*True"),
    "hours as a number": (lambda room: room.run(1, 3), "timedelta_per_step must be a timedelta, not 3"),
    "NaN as a share": (lambda room: room.run(1, max_failed=NAN), "max_failed is a share .*nan"),
    "more than all": (lambda room: room.run(1, max_failed=1.5), "max_failed is a share .*1.5"),
    "text as a share": (lambda room: room.run(1, max_failed="few"), "max_failed is a share .*'few'"),
    "an odd schedule of a run": (lambda room: room.run(1, schedule="whenever"), "schedule must be one of"),
    "empty speech": (lambda room: room.broadcast(""), "speech is empty"),
    "a 10 MB broadcast": (lambda room: room.broadcast("x" * 10_000_000), "speech has 10,000,000 characters"),
    "a number as a source": (lambda room: room.broadcast("hi", source=5), "source must be a person"),
    "a name to add": (lambda room: room.add_agent("Zoe"), "agents must be TinyPersons; got 'Zoe'"),
    "a number to add": (lambda room: room.add_agents(5), "agents must be TinyPersons.* 5"),
    "somebody who is here": (lambda room: room.add_agent(ada(room)), "'Ada' is in 'Room' already"),
    "a name to remove": (lambda room: room.remove_agent("Ada"), "agent must be a TinyPerson, not 'Ada'"),
    "somebody who is not here": (lambda room: room.remove_agent(room.simulation["Zoe"]), "'Zoe' is not in 'Room'"),
}

SIMULATIONS: dict[str, Refused] = {
    "text as a seed": (lambda room: Simulation(seed="7", runtime=room.simulation.runtime), "seed must be .*'7'"),
    "NaN as a seed": (lambda room: Simulation(seed=NAN, runtime=room.simulation.runtime), "seed must be .*nan"),
    "a path as a seed": (lambda room: Simulation(seed=None, runtime=room.simulation.runtime), "seed must be .*None"),
    "yes as a seed": (lambda room: Simulation(seed=True, runtime=room.simulation.runtime), "seed must be .*True"),
    "a seed beyond 64 bits": (
        lambda room: Simulation(seed=2**63, runtime=room.simulation.runtime),
        "seed must be .*64 bits",
    ),
    "a name as a runtime": (lambda room: Simulation(runtime="mine"), "runtime must be a Runtime, not str"),
    "a number as a model": (lambda room: Simulation(model=5, runtime=room.simulation.runtime), "model .*5"),
    "a malformed model": (lambda room: Simulation(model="gpt-5", runtime=room.simulation.runtime), "'gpt-5'"),
    "one of several malformed": (
        lambda room: Simulation(model=["a/b", "gpt-5"], runtime=room.simulation.runtime),
        "'gpt-5'",
    ),
    "no model at all": (
        lambda room: Simulation(model=[], runtime=room.simulation.runtime),
        r"no model is named in \[\]",
    ),
    "a list of models by purpose": (
        lambda room: Simulation(models=["a/b"], runtime=room.simulation.runtime),
        "models .*purpose.* list",
    ),
    "a malformed model for a purpose": (
        lambda room: Simulation(models={"turn": "gpt-5"}, runtime=room.simulation.runtime),
        "'gpt-5'",
    ),
    "parameters as a dictionary": (
        lambda room: Simulation(parameters={"temperature": 1}, runtime=room.simulation.runtime),
        "parameters must be Parameters, not dict",
    ),
    "none in flight": (
        lambda room: Simulation(max_in_flight=0, runtime=room.simulation.runtime),
        "max_in_flight must be .*0",
    ),
    "half in flight": (
        lambda room: Simulation(max_in_flight=1.5, runtime=room.simulation.runtime),
        "max_in_flight must be .*1.5",
    ),
    "one plugin that is no list": (lambda room: Runtime(plugins=5, autoload=False), "plugins is a list.* int"),
    "one plugin that was not put in a list": (
        lambda room: Runtime(plugins=ScriptedModel(), autoload=False),
        "plugins .*ScriptedModel",
    ),
    "a number as the default model": (lambda room: Runtime(model=5, autoload=False), "model .*5"),
    "a malformed default model": (lambda room: Runtime(model="gpt-5", autoload=False), "'gpt-5'"),
    "a list as settings": (lambda room: Runtime(settings=["mood"], autoload=False), "settings .*list"),
    "a number as a table": (lambda room: Runtime(settings={"core": 5}, autoload=False), "settings of core .*int"),
    "settings of nobody": (
        lambda room: Runtime(settings={"moood": {}}, autoload=False),
        "settings for moood.* no such",
    ),
}


@pytest.mark.parametrize(
    "refused",
    [pytest.param(case, id=f"{kind}: {what}") for kind, cases in (
        ("person", PEOPLE), ("world", WORLDS), ("simulation", SIMULATIONS),
    ) for what, case in cases.items()],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_name_and_changes_nothing(room, refused):
    call, said = refused
    before = everything(room.simulation)
    with pytest.raises(ArgumentError, match=said):
        call(room)
    assert everything(room.simulation) == before
    usable(room.simulation)


def test_a_name_that_nobody_has_is_a_key_error_that_lists_who_is_there(room):
    with pytest.raises(KeyError, match=r"'Eve' is not in simulation-\d+; there are Ada, Ben, Room, Zoe"):
        room.simulation["Eve"]
    assert "Eve" not in room.simulation
    assert room.get_agent_by_name("Eve") is None
    assert ada(room).get("no.such.thing") is None


def test_a_world_of_nobody_can_be_made_and_neither_runs_nor_hears(room):
    empty = TinyWorld("Empty", simulation=room.simulation)
    before = everything(room.simulation)
    for call in (lambda: empty.run(1), lambda: empty.broadcast("hi")):
        with pytest.raises(ArgumentError, match="there is nobody in 'Empty'"):
            call()
    assert everything(room.simulation) == before
    assert empty.add_agent(room.simulation["Zoe"]).run(1).turns == 1


def test_people_of_different_simulations_do_not_mix(make_simulation, room):
    stranger = TinyPerson("Stranger", simulation=make_simulation())
    before = everything(room.simulation)
    for call in (
        lambda: TinyWorld("W", [room.simulation["Zoe"], stranger]),
        lambda: TinyWorld("W", [stranger], simulation=room.simulation),
        lambda: room.add_agent(stranger),
        lambda: ada(room).make_agent_accessible(stranger),
        lambda: ada(room).make_agents_accessible([stranger]),
    ):
        with pytest.raises(
            (ArgumentError, SimulationError), match=r"Stranger.*other simulation|different simulations.*St"
        ):
            call()
    assert everything(room.simulation) == before
    usable(room.simulation)


def test_people_of_a_closed_simulation_cannot_join_anything(make_simulation, room):
    other = make_simulation()
    ghost = TinyPerson("Ghost", simulation=other)
    other.close()
    for call in (
        lambda: room.add_agent(ghost),
        lambda: TinyWorld("W", [ghost]),
        lambda: ada(room).make_agent_accessible(ghost),
        lambda: ada(room).listen("boo", source=ghost),
    ):
        with pytest.raises(SimulationError, match=r"'Ghost' belonged to .* was closed"):
            call()
    assert "W" not in room.simulation
    usable(room.simulation)


def test_all_or_nobody_joins_a_world(room):
    newcomer = TinyPerson("Newcomer", simulation=room.simulation)
    with pytest.raises(DuplicateName):
        room.add_agents([newcomer, TinyPerson("ADA", simulation=room.simulation)])
    assert [person.id for person in room.agents] == ["Ada", "Ben"]
    assert TinyWorld("Elsewhere", [newcomer]).agents == [newcomer]


def test_a_time_beyond_the_calendar_ends_the_run_before_it_begins(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    world = TinyWorld("Room", [ada], initial_datetime="9999-12-31")
    before = everything(world.simulation)
    with pytest.raises(ArgumentError, match="the clock of 'Room' cannot move beyond the calendar"):
        world.run(1, timedelta(days=3))
    assert everything(world.simulation) == before
    assert world.run(1).turns == 1


def test_a_mapping_of_any_odd_value_is_written_or_refused_by_its_place(make_simulation):
    simulation = make_simulation()
    made = 0

    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(st.characters(codec=None))
            | st.binary(max_size=4)
            | st.complex_numbers()
            | st.builds(object)
            | st.dates(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(st.characters(codec=None), max_size=4) | st.integers(), inner, max_size=3)
                | st.frozensets(st.integers() | st.text(max_size=3), max_size=3)
            ),
            max_leaves=8,
        )
    )
    def holds(value: object) -> None:
        nonlocal made
        made += 1
        try:
            person = TinyPerson(f"Person {made}", {"odd": value}, simulation=simulation)
        except ArgumentError as error:
            assert "persona" in str(error)  # noqa: PT017 - an error is one of two good ends
            assert f"Person {made}" not in simulation
        else:
            assert simulation.digest()
            assert person.prompt()

    holds()


# -- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["window_size", "keep", "episode", "capacity"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "many", None, True, NAN])
def test_a_setting_of_memory_is_a_whole_number_from_one_on(setting, value):
    with pytest.raises(ArgumentError, match=f"EpisodicMemory: {setting} must be a whole number from 1 on"):
        EpisodicMemory(**{setting: value})


def test_a_memory_whose_settings_cannot_be_hashed_is_refused_when_the_person_is_made(room):
    @frozen
    class Weighing(EpisodicMemory):
        weights: Any = None

    before = everything(room.simulation)
    with pytest.raises(ArgumentError, match=r"memory: the settings of Weighing cannot be hashed.*frozen attrs class"):
        TinyPerson("Cleo", memory=Weighing(weights={"soup": 1}), simulation=room.simulation)
    assert everything(room.simulation) == before
    cleo = TinyPerson("Cleo", memory=Weighing(weights=("soup", 1)), simulation=room.simulation)
    assert cleo.listen_and_act("hello")


def test_an_action_that_shows_nothing_can_be_no_echo():
    with pytest.raises(ArgumentError, match=r"echo.*observe=True"):

        class Hollow(TinyMentalFaculty):
            """You repeat things."""

            @action(echo=True)
            async def repeat(self, turn: Turn[Any], words: str) -> None:
                """repeat the words."""


def test_a_memory_that_nobody_brought_is_named_with_those_there_are(room):
    with pytest.raises(PluginError, match="no memory 'diary'; there are: episodic"):
        new(room, "X", memory="diary")
    usable(room.simulation)


# -- what is missing --------------------------------------------------------------------------------------------------


def test_an_error_about_a_missing_plugin_of_ours_says_what_to_install(room):
    with pytest.raises(PluginError, match=r"no faculty 'recall'; .*pip install troupe-faculty-recall"):
        new(room, "X", mental_faculties=["recall"])
    with pytest.raises(PluginError, match=r"no faculty 'mooood'; there are: conversation.*Is the plugin .* installed"):
        new(room, "X", mental_faculties=["mooood"])
    usable(room.simulation)


def test_an_unknown_backend_is_told_with_what_to_install(make_runtime):
    runtime = make_runtime(ScriptedModel(), model="other/x")
    with Runtime(model="scripted/x", autoload=False) as bare:
        for backend, advice, where in (
            ("scripted", "pip install troupe-testing", bare),
            ("other", "Is the plugin that brings it installed", runtime),
        ):
            ada = TinyPerson("Ada", simulation=Simulation(runtime=where))
            with pytest.raises(UnknownModelError, match=f"no LLM backend '{backend}'.*{advice}"):
                ada.act()
            world = TinyWorld("Room", [ada])
            with pytest.raises(RunStopped, match=f"no LLM backend '{backend}'") as caught:
                world.run(3)
            assert caught.value.report.failures[0].person == "Ada"
            assert world.state.step == 0


def test_no_model_at_all_is_told_with_the_ways_to_name_one(monkeypatch, make_runtime):
    monkeypatch.delenv("TROUPE_MODEL", raising=False)
    simulation = Simulation(runtime=make_runtime(model=None))
    ada = TinyPerson("Ada", simulation=simulation)
    with pytest.raises(UnknownModelError, match=r"Runtime\(model=…\).*TROUPE_MODEL.*scripted"):
        ada.act()
    monkeypatch.setenv("TROUPE_MODEL", "gpt-5")
    with pytest.raises(ArgumentError, match=r"backend/model.*'gpt-5'"):
        ada.act()
    monkeypatch.setenv("TROUPE_MODEL", "scripted/x")
    assert ada.act()


def test_one_person_with_an_unknown_model_does_not_keep_others_from_acting_alone(make_simulation):
    simulation = make_simulation()
    ada = TinyPerson("Ada", model="nowhere/x", simulation=simulation)
    with pytest.raises(UnknownModelError, match="'nowhere'"):
        ada.act()
    assert TinyPerson("Ben", simulation=simulation).act()


# -- settings ---------------------------------------------------------------------------------------------------------


@frozen
class Config:
    size: int = 1
    name: str = ""


class Sized(TinyMentalFaculty, config=Config):
    """You have a size."""

    @action
    async def grow(self, turn: Turn[Any]) -> None:
        """grow."""


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"size": "big"}, r"sized.size: expected a whole number, got the text 'big'"),
        (
            {"sise": 3},
            r"sized.sise: there is no such setting; there are name, size. Did you mean size, a whole",
        ),
        ({"name": 3}, r"sized.name: expected text, got the number 3"),
    ],
)
def test_a_wrong_setting_is_told_by_plugin_and_key(make_simulation, table, said):
    with pytest.raises(ArgumentError, match=f"settings.{said}"):
        make_simulation(plugins=[Sized], settings={"sized": table})


def test_settings_for_a_backend_that_takes_none_are_refused_by_name(make_simulation):
    class Plain(LLMBackend):
        async def complete(self, request: Any, call: Any) -> LLMResponse:
            return LLMResponse('{"actions": [], "cognitive_state": {}}')

    with pytest.raises(ArgumentError, match="plain takes no settings; got url"):
        make_simulation(plugins=[Plain], settings={"plain": {"url": "x"}})


# -- plugins that go wrong in a hook ----------------------------------------------------------------------------------


class Oops(Exception):
    """A stranger's bug."""


def plugin(name: str, **hooks: Callable[..., Any]) -> Any:
    """A plugin as a module, as most are."""
    made = types.ModuleType(name)
    for hook, function in hooks.items():
        function.__name__ = hook
        setattr(made, hook, function)
    return made


def raising(*_: Any) -> Any:
    raise Oops("the disk is full")


def nothing() -> list[Any]:
    return []


REGISTRATIONS = ["troupe_register_llm_backends", "troupe_register_faculties", "troupe_register_memories"]


def use_everything(runtime: Runtime) -> None:
    """Asks for something of each kind, as a program would."""
    simulation = Simulation(runtime=runtime)
    TinyPerson("Ada", memory="episodic", mental_faculties=[Sized], simulation=simulation).act()


@pytest.mark.parametrize("hook", REGISTRATIONS)
def test_a_plugin_of_ones_own_that_raises_in_a_registration_is_named_with_its_hook(make_runtime, hook):
    def register() -> Iterator[Any]:
        raise Oops("the disk is full")
        yield

    def at_once() -> Any:
        raise Oops("the disk is full")

    for broken in (hookimpl(at_once), hookimpl(register)):
        with pytest.raises(PluginError, match=f"{hook} of plugin mine failed: Oops: the disk is full"):
            use_everything(make_runtime(plugins=[plugin("mine", **{hook: broken})]))


@pytest.mark.parametrize("hook", REGISTRATIONS)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: 5, "int"),
        (lambda: ["mood"], r"'mood'.*expected a \w+Spec"),
        (lambda: [None], r"None.*expected a \w+Spec"),
        (lambda: [BackendSpec, FacultySpec, MemorySpec], r"expected a \w+Spec"),
        (lambda: [BackendSpec("Über-name", dict)], "'Über-name' is no name"),
        (lambda: [FacultySpec("", dict)], "'' is no name"),
        (lambda: sys.exit("enough"), "SystemExit: enough"),
    ],
)
def test_wrong_records_are_told_with_plugin_and_hook(make_runtime, hook, wrong, said):
    def register() -> Any:  # a function of this test's own, since marking it changes it
        return wrong()

    broken = hookimpl(register)
    with pytest.raises(PluginError, match=f"{hook} of plugin mine failed: .*{said}"):
        use_everything(make_runtime(plugins=[plugin("mine", **{hook: broken})]))


def test_the_record_of_another_kind_is_told_by_both_kinds(make_runtime):
    broken = hookimpl(lambda: [BackendSpec("x", "x:X")])
    with pytest.raises(PluginError, match=r"plugin mine failed: .*BackendSpec.*expected a FacultySpec"):
        make_runtime(plugins=[plugin("mine", troupe_register_faculties=broken)])


def test_hooks_are_plain_functions_and_async_ones_are_refused_by_name(make_runtime):
    async def register() -> list[Any]:
        return []

    async def generate() -> Any:
        yield FacultySpec("x", "x:X")

    async def listen(event: Any) -> None: ...

    for hook, function in (
        ("troupe_register_faculties", register),
        ("troupe_register_faculties", generate),
        ("troupe_event", listen),
    ):
        with pytest.raises(PluginError, match=f"plugin mine cannot be used: .*{hook}.*async"):
            make_runtime(plugins=[plugin("mine", **{hook: hookimpl(function)})])


def test_a_wrapper_around_what_is_collected_is_refused_instead_of_ignored(make_runtime):
    @hookimpl(wrapper=True)
    def register() -> Any:
        return (yield)

    for hook in (*REGISTRATIONS, "troupe_event"):
        with pytest.raises(PluginError, match=f"plugin mine cannot be used: .*{hook}.*wrap"):
            make_runtime(plugins=[plugin("mine", **{hook: register})])


def test_unknown_hooks_and_wrong_arguments_are_refused_by_name_and_leave_nothing_behind(make_runtime):
    unknown = plugin("mine", troupe_register_faculty=hookimpl(nothing))
    wrong = plugin("mine", troupe_llm_handler=hookimpl(wrapper=True)(lambda model, modle: (yield)))
    with pytest.raises(PluginError, match=r"plugin mine cannot be used: .*troupe_register_faculty.*no such hook"):
        make_runtime(plugins=[unknown])
    with pytest.raises(PluginError, match=r"(?s)plugin mine cannot be used: .*modle"):
        make_runtime(plugins=[wrong])

    def good() -> Any:
        return plugin("mine", troupe_event=hookimpl(lambda event: None))

    with pytest.raises(PluginError, match="two plugins are called 'mine'"):
        make_runtime(plugins=[good(), good()])
    assert "mine" in make_runtime(plugins=[good()]).plugins.origins


def test_what_implements_no_hook_or_forgot_the_mark_is_refused(make_runtime):
    for odd in (5, plugin("mine"), ScriptedModel.complete):
        with pytest.raises(PluginError, match="cannot be used: it implements no hook"):
            make_runtime(plugins=[odd])
    unmarked = plugin("mine", troupe_event=lambda event: None)
    with pytest.raises(PluginError, match="plugin mine cannot be used: its troupe_event is not marked @hookimpl"):
        make_runtime(plugins=[unmarked])


def test_a_plugin_class_that_cannot_be_made_is_named(make_runtime):
    class Plugin:
        name = "mine"

        def __init__(self, config: Any, runtime: Any) -> None:
            raise Oops("the disk is full")

    with pytest.raises(PluginError, match="plugin mine cannot be used: Oops: the disk is full"):
        make_runtime(plugins=[Plugin])


def wrapping(before: Callable[[], Any] | None = None, after: Callable[[Any], Any] | None = None) -> Any:
    def wrapper(*_: Any) -> Any:
        if before is not None:
            before()
        inner = yield
        return after(inner) if after is not None else inner

    return wrapper


def with_argument(hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """As pluggy wants it: with the very argument of the hook."""
    if hook == "troupe_llm_handler":

        def troupe_llm_handler(model: Any) -> Any:
            return (yield from function(model))

        return hookimpl(wrapper=True)(troupe_llm_handler)

    def troupe_transaction_handler(kind: str) -> Any:
        return (yield from function(kind))

    return hookimpl(wrapper=True)(troupe_transaction_handler)


@pytest.mark.parametrize("hook", ["troupe_llm_handler", "troupe_transaction_handler"])
@pytest.mark.parametrize(
    ("made", "said"),
    [
        pytest.param(wrapping(before=raising), "Oops: the disk is full", id="raises before"),
        pytest.param(wrapping(after=raising), "Oops: the disk is full", id="raises after"),
        pytest.param(wrapping(after=lambda inner: None), "made nothing", id="returns nothing"),
        pytest.param(wrapping(after=lambda inner: 5), "5|int", id="returns a number"),
        pytest.param(wrapping(after=lambda inner: "handler"), "'handler'|str", id="returns text"),
    ],
)
def test_a_wrapper_that_raises_or_returns_the_wrong_thing_is_named(make_runtime, hook, made, said):
    broken = plugin("mine", **{hook: with_argument(hook, made)})
    runtime = make_runtime(plugins=[broken])
    simulation = Simulation(runtime=runtime)
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    before = everything(simulation)
    for _ in range(2):
        with pytest.raises(PluginError, match=f"(?s){hook}.*({said}).*mine"):
            ada.listen_and_act("hello")
    world = TinyWorld("Room", [ada, ben])
    with pytest.raises(RunStopped, match=f"(?s){hook}.*mine") as caught:
        world.run(1)
    assert {failure.person for failure in caught.value.report.failures} == {"Ada", "Ben"}
    world.remove_all_agents()
    assert everything(simulation)[1] == before[1]
    ada.listen("still usable")
    assert ada.name == "Ada"
    assert world.simulation.end() is None


def test_a_plugin_may_not_replace_the_handler_that_the_core_makes(make_runtime):
    """Only wrapping is left to plugins: what replaced the provider would be neither opened, metered nor closed."""

    def troupe_llm_handler(model: Any) -> Any:
        return ScriptedModel()

    with pytest.raises(PluginError, match=r"plugin mine cannot be used: .*troupe_llm_handler.*wrapper=True"):
        make_runtime(plugins=[plugin("mine", troupe_llm_handler=hookimpl(troupe_llm_handler))])


def test_an_observer_that_raises_is_logged_once_by_name_and_hurts_nobody(make_runtime, caplog):
    seen: list[str] = []
    broken = plugin("mine", troupe_event=hookimpl(lambda event: raising()))
    wrong = plugin("talkative", troupe_event=hookimpl(lambda event: "what a fine event"))
    other = plugin("other", troupe_event=hookimpl(lambda event: seen.append(type(event).__name__)))
    simulation = Simulation(runtime=make_runtime(plugins=[broken, wrong, other]))
    world = TinyWorld("Room", [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")])
    with caplog.at_level(logging.ERROR, logger="troupe"):
        assert world.run(3).failures == ()
    assert sorted(set(seen)) == ["ModelCall", "StepEnded", "TurnEnded"]
    assert [record.getMessage() for record in caplog.records] == [
        "troupe_event of plugin mine failed; further errors of it are not logged"
    ]
    assert "the disk is full" in caplog.text


def test_a_function_that_watches_is_told_everything_until_the_block_ends_and_is_logged_once(make_runtime, caplog):
    runtime = make_runtime()
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", simulation=simulation)
    world, seen = TinyWorld("Room", [ada]), []

    def broken(event: Any) -> None:
        raise OSError("the disk is full")

    ada.act()
    assert not runtime.watched
    with caplog.at_level(logging.ERROR, logger="troupe"), runtime.watching(broken), runtime.watching(seen.append):
        world.broadcast("Soup?")
        world.run(1)
        ada.listen_and_act("And you?")
    ada.act()
    assert not runtime.watched
    assert [type(event).__name__ for event in seen] == [
        "FactsAdded",
        *("ModelCall", "TurnEnded", "StepEnded"),
        *("ModelCall", "TurnEnded", "FactsAdded"),
    ]
    told = [fact for event in seen for fact in getattr(event, "facts", ())]
    assert told == list(simulation.facts)[-len(told) - 1 : -1]
    assert [record.getMessage().partition(" failed;")[0] for record in caplog.records] == [
        f"{broken!r}, which watches a runtime,"
    ]


def test_an_observer_that_wants_to_end_the_program_is_logged_once_and_everything_goes_on(make_runtime, caplog):
    def leaving(event: Any) -> None:
        sys.exit(type(event).__name__)

    seen: list[str] = []
    other = plugin("other", troupe_event=hookimpl(lambda event: seen.append(type(event).__name__)))
    runtime = make_runtime(plugins=[plugin("mine", troupe_event=hookimpl(leaving)), other])
    simulation = Simulation(runtime=runtime)
    world = TinyWorld("Room", [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")])
    with caplog.at_level(logging.ERROR, logger="troupe"):
        for _ in range(2):
            report = world.run(1)
            assert (report.steps, report.turns, report.failures) == (1, 2, ())
        assert simulation["Ada"].act()
    assert (seen.count("TurnEnded"), seen.count("StepEnded"), seen.count("ModelCall")) == (5, 2, 5)
    assert [record.getMessage() for record in caplog.records] == [
        "troupe_event of plugin mine failed; further errors of it are not logged"
    ]


# -- records whose factories go wrong ---------------------------------------------------------------------------------


def module(name: str, source: str, folder: Path) -> None:
    (folder / f"{name}.py").write_text(source, encoding="utf-8")


BAD_PLACES = {
    "nowhere": ("no_such_module:Thing", "no_such_module"),
    "no colon": ("just_a_module", "package.module:Class"),
    "no such class": ("json:Thing", "Thing"),
    "raises at import": ("bad_raises:Thing", "ValueError: no licence"),
    "leaves at import": ("bad_leaves:Thing", "SystemExit"),
    "is no Python": ("bad_syntax:Thing", "SyntaxError"),
}


@pytest.fixture
def bad_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module("bad_raises", "raise ValueError('no licence')", tmp_path)
    module("bad_leaves", "raise SystemExit(3)", tmp_path)
    module("bad_syntax", "def (", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("bad_modules")
@pytest.mark.parametrize("what", BAD_PLACES)
def test_a_factory_that_cannot_be_loaded_is_named_with_its_place_when_it_is_wanted(make_simulation, what):
    place, said = BAD_PLACES[what]
    broken = plugin(
        "mine",
        troupe_register_faculties=hookimpl(lambda: [FacultySpec("odd", place)]),
        troupe_register_memories=hookimpl(lambda: [MemorySpec("odd", place)]),
        troupe_register_llm_backends=hookimpl(lambda: [BackendSpec("odd", place)]),
    )
    simulation = make_simulation(plugins=[broken])
    for call in (
        lambda: TinyPerson("Ada", mental_faculties=["odd"], simulation=simulation),
        lambda: TinyPerson("Ada", memory="odd", simulation=simulation),
        TinyPerson("Ben", model="odd/x", simulation=simulation).act,
    ):
        with pytest.raises(PluginError, match=f"odd.*{said}"):
            call()
    assert "Ada" not in simulation
    usable(simulation)


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        pytest.param(lambda *_, **__: 5, "its factory makes 5", id="a number"),
        pytest.param(lambda *_, **__: None, "its factory makes None", id="nothing"),
        pytest.param(dict, "its factory makes {}", id="another class"),
        pytest.param(raising, "Oops: the disk is full", id="raises"),
        pytest.param(lambda *_, **__: sys.exit(3), "SystemExit", id="leaves"),
    ],
)
def test_a_factory_that_makes_the_wrong_thing_is_named(make_simulation, factory, said):
    broken = plugin(
        "mine",
        troupe_register_faculties=hookimpl(lambda: [FacultySpec("odd", factory)]),
        troupe_register_memories=hookimpl(lambda: [MemorySpec("odd", factory)]),
        troupe_register_llm_backends=hookimpl(lambda: [BackendSpec("odd", factory)]),
    )
    simulation = make_simulation(plugins=[broken])
    for call in (
        lambda: TinyPerson("Ada", mental_faculties=["odd"], simulation=simulation),
        lambda: TinyPerson("Ada", memory="odd", simulation=simulation),
        TinyPerson("Ben", model="odd/x", simulation=simulation).act,
    ):
        with pytest.raises(TroupeError, match=f"'?odd'?.*{said}"):
            call()
    assert "Ada" not in simulation
    usable(simulation)


@pytest.mark.parametrize("answer", ["just text", None, 5, {"text": "x"}])
def test_a_backend_or_a_wrapper_that_answers_with_something_else_is_named(make_simulation, answer):
    class Odd(LLMBackend):
        async def complete(self, request: Any, call: Any) -> Any:
            return answer

    class Around:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        async def complete(self, request: Any, call: Any) -> Any:
            return answer

        def stream(self, request: Any, call: Any) -> Any: ...

    simulation = make_simulation(plugins=[Odd])
    with pytest.raises(TroupeError, match=rf"odd/x.*{type(answer).__name__}.*LLMResponse"):
        TinyPerson("Ada", model="odd/x", simulation=simulation).act()
    assert simulation.usage.failed == 1
    usable(simulation)

    wrapper = with_argument("troupe_llm_handler", wrapping(after=Around))
    wrapped = make_simulation(plugins=[plugin("mine", troupe_llm_handler=wrapper)])
    with pytest.raises(TroupeError, match=rf"scripted/test.*{type(answer).__name__}.*LLMResponse"):
        TinyPerson("Ada", simulation=wrapped).act()


def test_a_program_within_an_action_that_wants_to_leave_does_not_take_the_loop_with_it(make_simulation):
    class Leaving(TinyMentalFaculty):
        """You may leave."""

        @action(observe=True)
        async def leave(self, turn: Turn[Any]) -> str:
            """leave."""
            sys.exit("good bye")

    simulation = make_simulation(
        lambda request, call: turn(do("LEAVE")) if call.person == "Ada" else turn(), plugins=[]
    )
    ada = TinyPerson("Ada", mental_faculties=[Leaving], simulation=simulation)
    with pytest.raises(PluginError, match=r"SystemExit.*good bye") as caught:
        ada.act()
    assert any("LEAVE" in note and "leaving" in note for note in caught.value.__notes__)
    assert TinyPerson("Ben", simulation=simulation).listen_and_act("are you there?") == ()


def test_a_task_that_an_action_left_behind_and_that_wants_to_leave_does_not_take_the_loop_with_it(make_simulation):
    async def leaving() -> None:
        await asyncio.sleep(0)
        sys.exit("good bye")

    left: list[asyncio.Task[None]] = []

    class Careless(TinyMentalFaculty):
        """You begin things."""

        @action(observe=True)
        async def begin(self, turn: Turn[Any]) -> str:
            """begin something."""
            left.append(asyncio.create_task(leaving()))
            return "begun"

    simulation = make_simulation(lambda request, call: turn() if call.ordinal else turn(do("BEGIN")))
    ada = TinyPerson("Ada", mental_faculties=[Careless], simulation=simulation)
    thread = simulation.runtime.thread
    for turns in (1, 2, 3):  # each time while others may be at it
        assert [fact.type for fact in ada.act()] == ["BEGIN"]
        assert ada.state.turns == turns
    simulation.runtime.wait(lambda: asyncio.wait(left), "")
    assert [str(task.exception()) for task in left] == ["good bye"] * 3
    assert simulation.runtime.thread is thread
    assert ada.listen_and_act("are you there?")
    simulation.runtime.close()
    assert thread.closed


def test_a_models_half_surrogate_does_no_harm(make_simulation):
    answer = (
        '{"actions": [{"type": "TALK", "content": "half \\ud83d of it", "target": ""}],'
        ' "cognitive_state": {"goals": "\\ud83d", "attention": "", "emotions": "", "context": ["\\ud83d"]}}'
    )
    simulation = make_simulation(lambda request, call: answer)
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ada, ben])
    assert world.run(3).failures == ()
    assert simulation.digest()
    for request, _ in simulation.runtime.model_under_test.requests:
        for message in request.messages:
            message.content.encode()
