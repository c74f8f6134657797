"""Dotted paths are set as they are read; a person has one name; files about others stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, People, Simulation, TinyPerson, control

keys = st.text("abc", min_size=1, max_size=2)
paths = st.lists(keys, min_size=1, max_size=3).map(".".join).filter(lambda path: path.split(".")[0] != "name")


@given(path=paths, value=st.integers() | st.lists(st.text("xy", max_size=2), max_size=2))
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
