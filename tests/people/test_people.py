"""Several people as one value, and finding people of the current simulation."""

from __future__ import annotations

import json

import pytest

from troupe_core import ArgumentError, People, Simulation, TinyPerson, TinyWorld, control
from troupe_core.errors import SimulationEnded, SimulationError
from troupe_core.people.fragments import PersonaConflict


@pytest.fixture
def people(simulation):
    return People(TinyPerson(name) for name in ("Ada", "Ben", "Cleo", "Dan"))


def test_people_are_a_list_with_names(people):
    ada, ben, cleo, dan = people
    assert people == [ada, ben, cleo, dan]
    assert (people[0], people[-1], people["Cleo"]) == (ada, dan, cleo)
    assert people[1:3] == [ben, cleo]
    assert isinstance(people[1:3], People)
    assert people.names == ["Ada", "Ben", "Cleo", "Dan"]
    assert "Ada" in people
    assert ada in people
    assert "Eve" not in people
    ada.rename("Eve")
    assert people["Eve"] is ada
    with pytest.raises(KeyError, match="nobody here is called 'Ada'; here are Eve, Ben, Cleo, Dan"):
        people["Ada"]
    assert repr(people) == "<People: 4>"
    assert repr(people[:2]) == "<People: Eve, Ben>"
    assert repr(People()) == "<People: nobody>"
    assert TinyWorld("Room", people).agents == people


def test_people_are_different_people_of_one_simulation(people, make_simulation):
    eve = [TinyPerson("Eve")]
    assert (people + eve).names[-1] == "Eve"
    assert isinstance(people + eve, People)
    with pytest.raises(ArgumentError, match="'Ben' is there twice"):
        people + people[1:2]
    stranger = [TinyPerson("Fay", simulation=make_simulation())]
    with pytest.raises(SimulationError, match="different simulations"):
        people + stranger
    with pytest.raises(ArgumentError, match="agents must be TinyPersons; got 'Ada'"):
        People(["Ada"])


def test_a_fragment_is_for_everybody_or_for_nobody(people, tmp_path):
    path = tmp_path / "tea.fragment.json"
    path.write_text(json.dumps({"type": "Fragment", "persona": {"likes": ["tea"], "age": 40}}))
    assert people.import_fragment(path) is people
    assert [person["likes"] for person in people] == [("tea",)] * 4
    people["Dan"].define("age", 41)
    path.write_text(json.dumps({"type": "Fragment", "persona": {"likes": ["rain"], "age": 40}}))
    with pytest.raises(PersonaConflict, match="age is 41 in what Dan is"):
        people.import_fragment(path)
    assert [person["likes"] for person in people] == [("tea",)] * 4
    assert People().import_fragment(path) == []


# -- the current simulation -------------------------------------------------------------------------------------------


def test_people_of_the_current_simulation_are_found_by_their_names(people, make_simulation):
    TinyWorld("Room", people)
    assert TinyPerson.all_agents_names() == people.names
    assert TinyPerson.get_agent_by_name("Ben") is people["Ben"]
    assert TinyPerson.get_agent_by_name("ben") is None
    assert TinyPerson.get_agent_by_name("Room") is None
    people["Ada"].rename("Eve")
    assert TinyPerson.get_agent_by_name("Eve") is people["Eve"]
    assert [name for name in ("Eve", "Ada", "Room", "Ben") if TinyPerson.has_agent(name)] == ["Eve", "Ben"]
    with make_simulation():
        assert TinyPerson.all_agents_names() == []


@pytest.fixture
def nobody_is_free():
    TinyPerson.clear_agents()
    yield
    control.reset()
    TinyPerson.clear_agents()


@pytest.mark.usefixtures("nobody_is_free")
def test_free_people_are_let_go_of_or_join_a_simulation(runtime):
    ada = TinyPerson("Ada")
    TinyPerson.clear_agents()
    assert not TinyPerson.has_agent("Ada")
    with pytest.raises(SimulationEnded):
        ada.listen("hello")
    again = TinyPerson("Ada")
    assert TinyPerson.get_agent_by_name("Ada") is again
    simulation = Simulation(runtime=runtime)
    TinyPerson.set_simulation_for_free_agents(simulation)
    assert again.simulation is simulation
    assert simulation["Ada"] is again
    assert TinyPerson.all_agents_names() == ["Ada"]
    TinyPerson.clear_agents()  # nobody is free any more
    assert again.listen("hello").name == "Ada"
    simulation.end()
    with pytest.raises(SimulationEnded):
        TinyPerson.set_simulation_for_free_agents(simulation)
    simulation.close()
