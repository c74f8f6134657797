"""Several people as one value, and finding people of the current simulation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from troupe_core import ArgumentError, People, PersonaConflict, Simulation, TinyPerson, TinyWorld, control
from troupe_core.errors import SimulationEnded, SimulationError


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


CHANGES = {
    "append": lambda people, one: people.append(one),
    "extend": lambda people, one: people.extend(iter([one])),
    "insert": lambda people, one: people.insert(1, one),
    "+=": lambda people, one: people.__iadd__([one]),
    "[-1] =": lambda people, one: people.__setitem__(-1, one),
    "[1:1] =": lambda people, one: people.__setitem__(slice(1, 1), [one]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_people_stay_different_people_of_one_simulation_however_they_are_changed(people, make_simulation, change):
    before = list(people)
    for one, error in (
        (before[0], ArgumentError),
        (TinyPerson("Fay", simulation=make_simulation()), SimulationError),
        ("Ada", ArgumentError),
    ):
        with pytest.raises(error):
            change(people, one)
        assert list(people) == before
    eve, expected = TinyPerson("Eve"), list(people)
    change(people, eve)
    change(expected, eve)
    assert list(people) == expected
    assert isinstance(people, People)


def test_people_are_not_multiplied(people):
    for multiply in (lambda: people * 2, lambda: 2 * people, lambda: people.__imul__(2)):
        with pytest.raises(
            ArgumentError, match=r"cannot be multiplied: everybody can be there once; person\.clone\(\)"
        ):
            multiply()
    assert len(people) == 4


def test_people_are_added_to_others_from_either_side(people):
    eve = TinyPerson("Eve")
    for joined in ([eve] + people, (eve,) + people, eve + people):  # noqa: RUF005 - it is what is tested
        assert isinstance(joined, People)
        assert joined.names == ["Eve", "Ada", "Ben", "Cleo", "Dan"]
    assert (people + eve).names[-1] == "Eve"
    for wrong in ("tea.fragment.json", Path("tea.fragment.json")):
        with pytest.raises(ArgumentError, match=r"'tea\.fragment\.json' is nobody; .* people\.import_fragment\(path\)"):
            people + wrong
    with pytest.raises(ArgumentError, match="agents must be TinyPersons; got 5"):
        people + 5


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
