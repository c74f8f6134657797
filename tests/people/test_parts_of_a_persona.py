"""Dotted paths are set as they are read; a person has one name; files about others stay."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, LLMResponse, People, Simulation, TinyPerson, control
from troupe_core.errors import DuplicateName
from troupe_testing import talk, turn

keys = st.text("abc", min_size=1, max_size=2)
paths = st.lists(keys, min_size=1, max_size=3).map(".".join).filter(lambda path: path.split(".")[0] != "name")


@given(path=paths, value=st.integers(-(2**63), 2**63 - 1) | st.lists(st.text("xy", max_size=2), max_size=2))
def test_what_is_set_at_a_path_is_found_there(path, value):
    with Simulation() as simulation:
        ada = TinyPerson("Ada").define(path, value)
        found = ada.get(path)
        assert (list(found) if isinstance(found, tuple) else found) == value
        simulation.end()


def test_a_path_keeps_what_stands_beside_it(simulation):
    ben = TinyPerson("Ben", {"occupation": {"title": "waiter", "organization": "the Lion"}})
    ben["occupation.title"] = "cook"
    assert ben.get("occupation.title") == "cook"
    assert ben.get("occupation.organization") == "the Lion"
    ben.define("preferences.likes", ["rain"]).define("preferences.likes", ["tea"], merge=True)
    assert ben.get("preferences.likes") == ("rain", "tea")


@pytest.mark.parametrize(("path", "says"), [("age.of", "age is no table, but 71"), ("a..b", "has an empty one")])
def test_a_path_that_leads_nowhere_changes_nothing(simulation, path, says):
    ada = TinyPerson("Ada", {"age": 71})
    with pytest.raises(ArgumentError, match=says):
        ada.define(path, 1)
    assert dict(ada.persona) == {"name": "Ada", "age": 71}


@pytest.mark.parametrize("other", ["Zed", 5])
def test_two_names_are_one_too_many(simulation, other):
    with pytest.raises(ArgumentError, match="leave one of the two names out"):
        TinyPerson("Ada", {"name": other})
    assert TinyPerson("Ada", {"name": "Ada "}).name == "Ada"


def test_who_has_been_renamed_shows_both_names(simulation):
    ada = TinyPerson("Ada")
    ada.rename("Ada Costa")
    assert repr(ada) == "<TinyPerson Ada Costa (Ada)>"


def test_a_file_about_somebody_else_stays(simulation, tmp_path):
    (first,) = People([TinyPerson("Léa", {"age": 30})]).save_specifications(tmp_path)
    lea = TinyPerson("Lea", {"age": 40})
    (second,) = People([lea]).save_specifications(tmp_path)
    assert (first.name, second.name) == ("lea.agent.json", "lea_2.agent.json")
    lea.define("age", 41)
    assert People([lea]).save_specifications(tmp_path) == [second]
    with Simulation(runtime=simulation.runtime) as other:
        ages = [person["age"] for person in TinyPerson.load_specifications_from_folder(tmp_path, simulation=other)]
    assert ages == [30, 41]


def test_a_simulation_that_nobody_holds_is_ended_by_its_own_id(runtime):
    simulation = Simulation(runtime=runtime)
    control.end(simulation.id)
    assert simulation.ended


def test_nobody_is_called_as_somebody_else_is_called_by_now(simulation, tmp_path):
    ada = TinyPerson("Ada")
    ada.rename("Bea")
    with pytest.raises(DuplicateName):
        TinyPerson("Bea")
    with pytest.raises(DuplicateName):
        TinyPerson("Cy").clone("Bea")
    loaded = TinyPerson.load_specification({"persona": {"name": "Bea"}}, auto_rename_agent=True)
    assert loaded.name == "Bea 2"
    ada.rename("Dee")
    assert TinyPerson("Bea").name == "Bea"


def test_a_renaming_that_came_to_nothing_leaves_the_name_free(simulation):
    ada, ben = TinyPerson("Ada"), TinyPerson("Ben")

    def both_at_once():
        with simulation.at_once():
            ada.rename("Bea")
            ben.rename("Bea")

    with pytest.raises(DuplicateName):
        both_at_once()
    assert ada.name == "Ada"
    assert TinyPerson("Bea").name == "Bea"


def test_after_a_resume_those_who_were_renamed_are_known(runtime, tmp_path):
    with Simulation(tmp_path / "run.db", runtime=runtime) as simulation:
        TinyPerson("Ada").rename("Bea")
    with Simulation.resume(tmp_path / "run.db", runtime=runtime) as resumed, pytest.raises(DuplicateName):
        TinyPerson("Bea", simulation=resumed)
    assert simulation.ended


def test_what_puppets_left_in_a_mind_is_marked_wherever_it_goes(make_simulation, tmp_path):
    def script(request, call):
        answer = turn(talk("Tea is all I want."), emotions="delighted, because of tea")
        return LLMResponse(orjson.dumps(answer).decode(), mark="rehearsal")

    with make_simulation(script):
        ada = TinyPerson("Ada")
        ada.listen_and_act("Tea?")
        assert ada.clone("Bea").state.mark == "rehearsal"
        assert "puppets said this" in ada.pretty_current_interactions()
        ada.save_specification(tmp_path / "whole.json", include_mental_state=True)
        ada.save_specification(tmp_path / "persona.json")
    assert orjson.loads((tmp_path / "whole.json").read_bytes())["mark"] == "rehearsal"
    assert "mark" not in orjson.loads((tmp_path / "persona.json").read_bytes()), "who she is, nobody has rehearsed"


def test_a_strangers_mark_is_a_strangers(simulation):
    ada = TinyPerson.load_specification({"persona": {"name": "Ada"}, "mark": "A+ student"})
    assert ada.state.mark == ""
    assert ada.state.extras["mark"] == "A+ student"
