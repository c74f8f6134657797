"""Handles and values: who is who, what people and worlds offer, and that nothing is kept where it would be lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import Simulation, TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError, DuplicateName
from troupe_core.people.handle.describing import freed
from troupe_testing import reach_out, talk, think, turn

# -- handles ----------------------------------------------------------------------------------------------------------


def test_one_thing_has_one_handle(make_simulation):
    simulation, other = make_simulation(), make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    world = TinyWorld("Room", [ada])
    assert simulation["Ada"] is simulation["Ada"] is ada
    assert simulation["Room"] is world
    assert list(simulation) == [ada, world]
    assert world.agents[0] is ada
    assert TinyPerson("Ada", simulation=other) is not ada
    assert other["Ada"] is not ada


def test_a_handle_stays_the_same_through_everything_that_happens_to_its_person(make_simulation):
    simulation = make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    states = [ada.state]
    for change in (
        lambda: ada.listen("hello"),
        lambda: ada.define("age", 40),
        lambda: ada.move_to("Rome"),
        lambda: ada.change_context(["it rains"]),
        lambda: ada.change_mind(goals="stay dry"),
        ada.act,
    ):
        change()
        states.append(ada.state)
        assert simulation["Ada"] is ada
    assert len({state.digest for state in states}) == len(states)
    assert states[0].turns == 0  # what was is still as it was


def test_nothing_undeclared_can_be_kept_on_a_handle(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    world = TinyWorld("Room", [ada])
    for handle, name in (
        (ada, "mood"),
        (world, "weather"),
        (ada, "nmae"),
        (ada, "name"),
        (ada, "persona"),
        (ada, "id"),
    ):
        with pytest.raises(AttributeError, match=name):
            setattr(handle, name, "something")
    assert not hasattr(ada, "__dict__")
    assert not hasattr(world, "__dict__")


def test_a_state_cannot_be_changed_from_outside(make_simulation):
    simulation = make_simulation()
    ada = TinyPerson("Ada", {"likes": ["soup", {"kind": "cold"}]}, simulation=simulation)
    world = TinyWorld("Room", [ada])
    before = simulation.digest()
    for state, field in ((ada.state, "place"), (ada.mind, "goals"), (world.state, "step"), (ada.state.ties, "known")):
        with pytest.raises(AttributeError):
            setattr(state, field, "something")
    with pytest.raises(TypeError):
        ada.persona["likes"] = []  # type: ignore[index]
    with pytest.raises(TypeError):
        ada.persona["likes"][1]["kind"] = "hot"
    with pytest.raises(TypeError):
        ada.state.slices["mood"] = 5  # type: ignore[index]
    assert isinstance(ada.persona["likes"], tuple)
    world.agents.clear()
    ada.accessible_agents.append(ada)
    assert simulation.digest() == before
    assert world.agents == [ada]


def test_a_persona_is_a_copy_of_what_was_given(make_simulation):
    given_data = {"likes": ["soup"], "job": {"title": "cook"}}
    ada = TinyPerson("Ada", given_data, simulation=make_simulation())
    given_data["likes"].append("noise")  # type: ignore[attr-defined]
    given_data["job"]["title"] = "baker"  # type: ignore[call-overload]
    assert ada.get("likes") == ("soup",)
    assert ada.get("job.title") == ada["job.title"] == "cook"


def test_equal_personas_of_one_simulation_are_one_object(make_simulation):
    simulation = make_simulation()
    ada = TinyPerson("Ada", {"age": 40}, simulation=simulation)
    before = ada.state.persona
    ada.define("age", 41)
    assert ada.state.persona is not before
    ada.define("age", 40)
    assert ada.state.persona is before


# -- who somebody is --------------------------------------------------------------------------------------------------


def test_name_and_id_and_persona(make_simulation):
    ada = TinyPerson("  Ada \n Lovelace ", {"age": 36, "name": "Ada  Lovelace"}, simulation=make_simulation())
    assert (ada.name, ada.id) == ("Ada Lovelace", "Ada Lovelace")
    assert ada.persona == {"name": "Ada Lovelace", "age": 36}
    assert repr(ada) == "<TinyPerson Ada Lovelace>"
    assert TinyPerson("Ben", "A cook who hates soup.", simulation=ada.simulation).get("description") == (
        "A cook who hates soup."
    )
    assert TinyPerson("Søren", simulation=ada.simulation).persona == {"name": "Søren"}


def test_define_sets_a_part_and_returns_the_person(make_simulation):
    ada = TinyPerson("Ada", {"age": 36, "job": {"title": "cook", "since": 2001}}, simulation=make_simulation())
    assert ada.define("job", {"title": "baker"}).define("likes", ["tomatoes"]) is ada
    assert ada.get("job") == {"title": "baker"}
    assert ada.get("job.title") == "baker"
    assert ada.get("job.since") is None  # set, not mixed
    assert ada.get("job.title.length") is None
    assert ada.get("likes") == ("tomatoes",)
    assert list(ada.persona) == ["name", "age", "job", "likes"]
    assert '"title":"baker"' in str(ada.prompt())


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=6)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value


def test_what_is_defined_is_what_get_finds_whatever_it_is(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())

    @given(names.filter(lambda key: key != "name" and "." not in key), plain)
    def holds(key: str, value: Any) -> None:
        ada.define(key, value)
        assert ada.get(key) == ada.persona[key] == frozen(freed(value) if isinstance(value, str) else value)

    holds()


def test_place_and_context_and_mind_are_where_they_are_set(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    assert ada.move_to("Rome") is ada
    assert (ada.place, ada.state.context) == ("Rome", ())
    ada.move_to("Oslo", ["it snows", "a Sunday"])
    assert (ada.place, ada.state.context) == ("Oslo", ("it snows", "a Sunday"))
    ada.move_to("Bergen")
    assert (ada.place, ada.state.context) == ("Bergen", ("it snows", "a Sunday"))  # only the place was said
    ada.change_context(["it rains"])
    assert ada.state.context == ("it rains",)
    ada.move_to("Bergen", [])
    assert ada.state.context == ()
    ada.change_mind(goals="stay dry", emotions="cross").change_mind(attention="the sky", emotions="")
    assert (ada.mind.goals, ada.mind.attention, ada.mind.emotions) == ("stay dry", "the sky", "")


def test_what_reaches_somebody_is_told_by_its_kind_and_source(make_simulation):
    simulation = make_simulation()
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ben])
    assert ada.listen("hello", source=ben).see("a hat").socialize("you are his guest", world).think("hm") is ada
    ada.internalize_goal("leave early").listen("psst", source="A voice")
    assert [(fact.type, fact.source, fact.content) for fact in simulation.facts] == [
        ("CONVERSATION", "Ben", "hello"),
        ("VISUAL", "", "a hat"),
        ("SOCIAL", "Room", "you are his guest"),
        ("THOUGHT", "", "hm"),
        ("INTERNAL_GOAL_FORMULATION", "", "leave early"),
        ("CONVERSATION", "A voice", "psst"),
    ]
    assert ada.memories() == []  # it is remembered with the turn it is part of
    ada.act()
    assert [fact.content for fact in ada.memories()][:3] == ["hello", "a hat", "you are his guest"]


# -- who is near ------------------------------------------------------------------------------------------------------


def test_whom_somebody_can_speak_to_is_one_sided_until_both_are_told(make_simulation):
    simulation = make_simulation()
    ada, ben, cleo = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo"))
    assert ada.make_agent_accessible(ben, "your neighbour") is ada
    assert (ada.accessible_agents, ben.accessible_agents) == ([ben], [])
    assert "near you now: Ben (your neighbour)" in str(ada.prompt())
    ada.make_agents_accessible([ben, cleo])
    assert ada.accessible_agents == [ben, cleo]
    ada.make_agent_inaccessible(ben)
    assert ada.accessible_agents == [cleo]
    ada.make_agent_inaccessible(ben)  # nothing to do
    ada.make_all_agents_inaccessible()
    assert ada.accessible_agents == []


def test_making_somebody_accessible_twice_changes_nothing_more(make_simulation):
    simulation = make_simulation()
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    digests = []
    for _ in range(2):
        ada.make_agent_accessible(ben, "a friend")
        digests.append(simulation.digest())
    assert digests[0] == digests[1]
    ada.make_agent_accessible(ben, "a rival")
    assert ada.state.ties.near("Ada")["Ben"].description == "a rival"


def test_in_a_place_where_everyone_is_accessible_one_can_be_left_out_again(make_simulation):
    simulation = make_simulation()
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo")]
    world = TinyWorld("Room", people)
    assert world.make_everyone_accessible() is world
    ada, ben, cleo = people
    assert [person.accessible_agents for person in people] == [[ben, cleo], [ada, cleo], [ada, ben]]
    ada.make_agent_inaccessible(ben)
    assert [person.accessible_agents for person in people] == [[cleo], [ada, cleo], [ada, ben]]


# -- worlds -----------------------------------------------------------------------------------------------------------


def test_people_join_and_leave_a_world_in_order(make_simulation):
    simulation = make_simulation()
    ada, ben, cleo = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo"))
    world = TinyWorld("Room", simulation=simulation)
    assert world.agents == []
    assert world.add_agent(ben).add_agents([cleo, ada]) is world
    assert world.agents == [ben, cleo, ada]
    assert world.get_agent_by_name("Cleo") is cleo
    assert world.get_agent_by_name("cleo") is None
    assert world.remove_agent(cleo) is world
    assert world.agents == [ben, ada]
    assert TinyWorld("Elsewhere", [cleo]).agents == [cleo]
    world.remove_all_agents()
    assert world.agents == []
    assert TinyWorld("Third", [ada, ben]).agents == [ada, ben]
    with pytest.raises(ArgumentError):
        world.remove_agent(ada)


def test_who_leaves_takes_memories_and_acquaintances_along_and_hears_no_more(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk(f"{call.person} says hello")))
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ada, ben])
    world.make_everyone_accessible()
    world.run(1)
    world.remove_agent(ada)
    inbox = ada.state.inbox
    world.broadcast("Who is left?")
    world.run(1)
    assert ada.state.inbox is inbox
    assert ada.accessible_agents == [ben]
    ada.act()
    assert "Ben says hello" in [fact.content for fact in ada.memories()]


def test_a_world_without_a_name_gets_a_free_one(make_simulation):
    simulation = make_simulation()
    assert [TinyWorld(simulation=simulation).name for _ in range(2)] == ["World 1", "World 2"]


def test_a_world_of_people_is_in_their_simulation_whichever_is_current(make_simulation):
    simulation, other = make_simulation(), make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    with other:
        assert TinyWorld("Room", [ada]).simulation is simulation
        assert TinyWorld("Empty").simulation is other


def test_two_people_whose_names_differ_in_capitals_only_cannot_be_told_apart_in_one_world(make_simulation):
    simulation = make_simulation()
    ada, shout = (TinyPerson(name, simulation=simulation) for name in ("Ada", "ADA"))
    with pytest.raises(DuplicateName, match="two people called 'ADA' in 'Room'"):
        TinyWorld("Room", [ada, shout])
    assert "Room" not in simulation


def test_a_clock_moves_by_steps_and_a_world_without_one_has_no_time(make_simulation):
    simulation = make_simulation()
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    timeless = TinyWorld("Timeless", [ada])
    world = TinyWorld("Office", [ben], initial_datetime="2026-03-02T09:00")
    timeless.run(1)
    with pytest.raises(ArgumentError, match=r"'Timeless' has no clock.*initial_datetime"):
        timeless.run(1, timedelta(hours=1))
    world.run(2, timedelta(minutes=30))
    assert timeless.current_datetime is None
    assert world.current_datetime == datetime.fromisoformat("2026-03-02T10:00")
    assert {fact.when for fact in simulation.facts if fact.thing == "Ada"} == {None}
    assert [fact.when for fact in simulation.facts if fact.thing == "Ben"] == [
        "2026-03-02T09:30:00",
        "2026-03-02T10:00:00",
    ]


def test_a_broadcast_reaches_everybody_but_whoever_says_it(make_simulation):
    simulation = make_simulation()
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ada, ben])
    assert world.broadcast("hello", source=ada) is world
    assert (len(ada.state.inbox), len(ben.state.inbox)) == (0, 1)
    world.broadcast("hello", source="Ada")  # a name is no person: everybody hears
    assert (len(ada.state.inbox), len(ben.state.inbox)) == (1, 2)
    assert len(simulation.facts) == 2  # one fact, however many hear it


# -- facts ------------------------------------------------------------------------------------------------------------

PROGRAM = '''
"""The same story in any process: what happened is named by the same ids."""

from troupe_core import EpisodicMemory, Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, reach_out, talk, think, turn


def script(request, call):
    if call.purpose == "consolidation":
        return {"memories": ["We said hello.", "We said hello."]}
    return turn(think("hm"), think("hm"), talk("Yes."), reach_out("Ben"))


def story():
    with Runtime(plugins=[ScriptedModel(script)], model="scripted/x", autoload=False) as runtime:
        simulation = Simulation(runtime=runtime, seed=5)
        people = [
            TinyPerson(name, {"tags": {"b", "a", "c"}}, memory=EpisodicMemory(episode=2), simulation=simulation)
            for name in ("Ada", "Ben", "Cleo")
        ]
        world = TinyWorld("Room", people)
        for _ in range(2):  # the same words to the same people, again and again
            world.broadcast("Hello", source="Host").broadcast("Hello", source="Host")
            people[0].listen("Hello").listen("Hello")
            people[1].listen("Hello")
            people[2].listen_and_act("Hello")
            world.run(2)
        simulation.end()
        return simulation
'''


def test_every_fact_has_an_id_of_its_own_and_the_same_in_another_run_of_the_program(tmp_path: Path) -> None:
    scope: dict[str, Any] = {}
    exec(PROGRAM, scope)
    simulation: Simulation = scope["story"]()
    facts = list(simulation.facts)
    ids = [fact.id.hex() for fact in facts]
    assert len(facts) > 80
    assert len(set(ids)) == len(ids)
    assert {fact.kind for fact in facts} >= {"stimulus", "action", "memory"}
    again = [fact.id.hex() for fact in scope["story"]().facts]
    assert again == ids
    program = f"{PROGRAM}\nfor fact in story().facts:\n    print(fact.id.hex())\n"
    for hash_seed in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
        )
        assert printed.stdout.split() == ids


def test_a_fact_cites_its_words_a_change_of_one_word_is_another_fact(make_simulation):
    found = []
    for word in ("Hello", "Hallo", "Hello"):
        simulation = make_simulation()
        TinyPerson("Ada", simulation=simulation).listen(word)
        found.append(simulation.facts[0].id)
    assert found[0] == found[2] != found[1]


def test_memories_keep_the_very_facts_that_happened(make_simulation):
    simulation = make_simulation(lambda request, call: turn(think("hm"), talk("Yes."), reach_out("Ben", "soup")))
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    TinyWorld("Room", [ada, ben]).broadcast("Hello").run(2)
    known = {id(fact) for fact in simulation.facts}
    kept = [fact for person in (ada, ben) for fact in person.memories() if fact.type != "PEOPLE"]
    assert len(kept) > 8
    assert all(id(fact) in known for fact in kept)
