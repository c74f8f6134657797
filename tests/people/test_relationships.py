"""What people are to each other: written in one form, read in any, and told when they meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, Busy, TinyPerson
from troupe_core.errors import CrossThingError, SimulationError
from troupe_core.people.relationships import relations_in


@pytest.fixture
def pair(simulation):
    return TinyPerson("Ada", {"age": 71}), TinyPerson("Ben")


def test_both_say_of_each_other_what_they_are(pair):
    ada, ben = pair
    assert ada.related_to(ben, "your neighbour") is ada
    assert ada["relationships"] == ({"name": "Ben", "description": "your neighbour"},)
    assert ben["relationships"] == ({"name": "Ada", "description": "your neighbour"},)
    ada.related_to(ben, "your tenant", "your landlady")
    assert (ada.relationships, ben.relationships) == ({"Ben": "your tenant"}, {"Ada": "your landlady"})
    assert "your landlady" in str(ben.prompt())


def test_both_or_neither(pair, make_simulation):
    ada, ben = pair
    before = ada.simulation.digest()
    ben.define("relationships", "many")
    after = ada.simulation.digest()
    with pytest.raises(ArgumentError, match=r"name nobody: 'many'\. Define all of them anew, with replace=True"):
        ada.related_to(ben, "your neighbour")
    assert ada.simulation.digest() == after != before
    with pytest.raises(ArgumentError, match="Ada cannot be related to Ada"):
        ada.related_to(ada, "yourself")
    with pytest.raises(SimulationError, match="different simulations"):
        ada.related_to(TinyPerson("Cleo", simulation=make_simulation()), "a stranger")
    with pytest.raises(ArgumentError, match="agent must be a TinyPerson"):
        ada.related_to("Ben", "your neighbour")
    with pytest.raises(ArgumentError, match="description is empty"):
        ada.related_to(ben, " ")


def test_relationships_are_set_added_to_and_cleared(pair):
    ada, _ = pair
    ada.define_relationships([{"Name": "Cleo", "Description": "a friend"}])
    assert ada["relationships"] == ({"name": "Cleo", "description": "a friend"},)
    ada.define_relationships({"name": "Dan", "description": "a rival"}, replace=False)
    ada.define_relationships({"Eve": "a cousin", "Cleo": "a friend, lately lost"}, replace=False)
    assert [*ada.relationships.items()] == [("Cleo", "a friend, lately lost"), ("Dan", "a rival"), ("Eve", "a cousin")]
    ada.define_relationships({"Fay": "all that is left"})
    assert ada.relationships == {"Fay": "all that is left"}
    assert ada.clear_relationships().relationships == {}
    assert ada["relationships"] == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Ben", "relationships is a list of"),
        (5, "relationships is a list of"),
        (["Ben"], r"relationships\[0\] is 'Ben'"),
        ([{"name": "Ben"}], r"relationships\[0\] is {'name': 'Ben'}"),
        ([{"name": "Ben", "description": "x", "since": 5}], r"relationships\[0\]"),
        ({"Ben": 5}, r"relationships\[0\]\.description must be text"),
        ([{"name": " ", "description": "x"}], r"relationships\[0\]\.name is empty"),
    ],
)
def test_what_is_no_relationship_is_refused(pair, given, said):
    with pytest.raises(ArgumentError, match=said):
        pair[0].define_relationships(given)


@pytest.mark.parametrize(
    "said",
    [
        [{"name": "Ben", "description": "a friend"}],
        [{"Name": "Ben", "Description": "a friend"}],
        {"name": "Ben", "description": "a friend"},
        {"Ben": "a friend"},
        {"Ben": {"description": "a friend", "since": 1999}},
        {"friends": [{"name": "Ben", "description": "a friend"}], "enemies": []},
        ["nobody", 5, None, {"name": "Ben", "description": "a friend"}],
    ],
)
def test_relationships_are_read_in_any_form(simulation, said):
    ada, ben = TinyPerson("Ada", {"relationships": said}), TinyPerson("Ben")
    assert ada.relationships == {"Ben": "a friend"}
    ada.make_agent_accessible(ben)
    assert "near you now: Ben (a friend)" in str(ada.prompt())
    ada.define_relationships({"Cleo": "a cousin"}, replace=False)
    assert ada.relationships == {"Ben": "a friend", "Cleo": "a cousin"}


def test_what_else_is_said_of_a_relationship_stays(simulation):
    ada = TinyPerson("Ada", {"relationships": [{"Name": "Ben", "Description": "a friend", "since": 1999}, "many more"]})
    ada.define_relationships({"Ben": "a rival"}, replace=False)
    assert ada["relationships"] == ({"name": "Ben", "description": "a rival", "since": 1999}, "many more")


def test_who_is_met_is_what_the_persona_says_unless_it_is_said_otherwise(pair, simulation):
    ada, ben = pair
    ada.define_relationships({"Ben": "your neighbour"})
    cleo = TinyPerson("Cleo")
    ada.make_agents_accessible([ben, cleo])
    assert "near you now: Ben (your neighbour), Cleo (somebody you know)" in str(ada.prompt())
    ada.make_agent_accessible(ben, "who owes you money").make_agent_accessible(cleo, "")
    assert "near you now: Ben (who owes you money), Cleo" in str(ada.prompt())


values = st.recursive(
    st.none() | st.integers() | st.sampled_from(["", "Ben", "a friend"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "Name", "description", "Ben", "friends"]), inner, max_size=3)
    ),
    max_leaves=9,
)


@given(values)
def test_whatever_somebody_wrote_is_read_as_names_and_descriptions(said):
    assert all(isinstance(name, str) and isinstance(told, str) for name, told in relations_in(said))


def test_nobody_relates_others_in_the_middle_of_a_turn(make_simulation):
    from troupe_core import TinyMentalFaculty, action
    from troupe_testing import do, turn

    class Matchmaker(TinyMentalFaculty):
        """You bring people together."""

        @action(observe=True)
        def match(self, turn):
            """match."""
            try:
                simulation["Ada"].related_to(simulation["Ben"], "a match")
            except (CrossThingError, Busy) as error:
                return str(error)

    simulation = make_simulation(lambda request, call: turn(do("MATCH")) if not call.ordinal else turn())
    ada = TinyPerson("Ada", mental_faculties=[Matchmaker], simulation=simulation)
    ben = TinyPerson("Ben", simulation=simulation)
    ada.act()
    assert "may not change 'Ben'" in ada.memories()[-1].content
    assert ben.relationships == {}
