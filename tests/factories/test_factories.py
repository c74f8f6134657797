"""TinyFactory: which ones there are, whose they are, and what they keep."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from troupe_core import (
    ArgumentError,
    Runtime,
    Simulation,
    TinyFactory,
    TinyPerson,
    TinyPersonFactory,
    TinyWorld,
    control,
)
from troupe_core.errors import AmbiguousSimulation, DuplicateName, SimulationEnded, SimulationError, TroupeError
from troupe_core.factories import FactoryState
from troupe_core.simulation import lookup


@pytest.fixture
def free(make_runtime, monkeypatch) -> Any:
    """A default runtime of this test alone, for what is made without a simulation."""
    runtime = make_runtime()
    monkeypatch.setattr("troupe_core.runtime._default", runtime)
    yield runtime
    control.reset()


def test_each_has_a_name_of_its_own(make_simulation):
    one, two = make_simulation(), make_simulation()
    with one:
        first, second = TinyPersonFactory("A choir."), TinyFactory()
        assert [first.name, second.name] == ["Factory 1", "Factory 2"]
        assert TinyFactory.all_factories == {"Factory 1": first, "Factory 2": second}
        assert TinyPersonFactory.all_factories == TinyFactory.all_factories
        assert first is one["Factory 1"]
    with two:
        assert TinyFactory.all_factories == {}
        assert TinyPersonFactory("A choir.").name == "Factory 1"
    assert (first.simulation_id, first.context_text) == (one.id, "A choir.")
    assert repr(first) == "<TinyPersonFactory Factory 1>"


def test_a_simulation_is_named_by_either_of_its_ids(free):
    begun = control.begin(id="study", runtime=free)
    other = Simulation(runtime=free)
    assert TinyPersonFactory("A choir.", "study").simulation is begun
    assert TinyPersonFactory("A choir.", begun.id).simulation is begun
    assert TinyPersonFactory("A choir.", simulation_id=other.id).simulation is other
    assert TinyPersonFactory("A choir.", simulation=other).simulation is other
    assert TinyPersonFactory("A choir.").simulation is begun
    with pytest.raises(ArgumentError, match=r"no simulation 'nowhere': begin one with control.begin\(id='nowhere'\)"):
        TinyPersonFactory("A choir.", "nowhere")
    with pytest.raises(ArgumentError, match="not both"):
        TinyPersonFactory("A choir.", "study", simulation=begun)
    with pytest.raises(ArgumentError, match="simulation_id is an id"):
        TinyPersonFactory("A choir.", begun)  # type: ignore[arg-type]  # no id
    other.close()
    with pytest.raises(ArgumentError, match="there is no simulation"):
        TinyPersonFactory("A choir.", other.id)


def test_an_id_that_two_runtimes_have_names_none(make_simulation):
    one, two = make_simulation(), make_simulation()
    assert one.id == two.id
    with pytest.raises(AmbiguousSimulation, match="pass the simulation itself"):
        TinyPersonFactory("A choir.", one.id)


def test_the_free_join_the_simulation_that_begins(free):
    factory, ada = TinyPersonFactory("A choir."), TinyPerson("Ada")
    assert factory.simulation_id is None
    begun = control.begin(runtime=free)
    assert factory.simulation is begun
    assert factory.simulation_id == begun.id
    assert ada.simulation is begun
    assert TinyFactory.all_factories == {"Factory 1": factory}


def test_the_free_factories_alone_can_join_one(free):
    factory, ada, ben = TinyPersonFactory("A choir."), TinyPerson("Ada"), TinyPerson("Ben")
    world = TinyWorld("Hall", [ben])
    simulation = Simulation(runtime=free)
    TinyFactory.set_simulation_for_free_factories(simulation)
    assert (factory.simulation, factory.context_text) == (simulation, "A choir.")
    assert simulation["Factory 1"] is factory
    assert ada.simulation is ben.simulation is world.simulation is lookup.default_simulation()
    assert "Factory 1" not in ada.simulation
    TinyFactory.set_simulation_for_free_factories(simulation)  # there is none left
    assert len(simulation) == 1
    again = TinyPersonFactory("A choir.", simulation=lookup.default_simulation())
    with pytest.raises(DuplicateName, match="'Factory 1' exists in"):
        TinyFactory.set_simulation_for_free_factories(simulation)
    assert again.simulation is ada.simulation
    assert simulation["Factory 1"] is factory


def test_free_people_can_be_let_go_of_without_the_factories(free):
    factory, ada = TinyPersonFactory("A choir."), TinyPerson("Ada")
    hidden = TinyFactory()
    world = TinyWorld("Hall", [ada])
    world.broadcast("Hello.")
    TinyPerson.clear_agents()
    for gone in (ada, world):
        with pytest.raises(SimulationEnded):
            gone.state  # noqa: B018 - reading it is what is refused
    assert TinyFactory.all_factories == {"Factory 1": factory, "Factory 2": hidden}
    assert (factory.simulation_id, factory.context_text) == (None, "A choir.")
    assert TinyPerson.all_agents_names() == []
    again = TinyPerson("Ada")
    assert again.simulation is factory.simulation
    simulation = Simulation(runtime=free)
    TinyPerson.set_simulation_for_free_agents(simulation)
    assert factory.simulation is again.simulation is simulation
    assert list(simulation.facts) == []
    assert simulation.members == {}


def test_one_factory_can_be_added(free):
    first, second = TinyFactory(), TinyFactory()
    with Simulation(runtime=free) as simulation:
        TinyFactory.add_factory(second)
        assert (first.simulation_id, second.simulation_id) == (None, simulation.id)
        with pytest.raises(ValueError, match="has a 'Factory 2' already"):
            TinyFactory.add_factory(second)
        with pytest.raises(ArgumentError, match="must be a TinyFactory"):
            TinyFactory.add_factory("Factory 1")  # type: ignore[arg-type]  # no factory
    with Simulation(runtime=free), pytest.raises(SimulationError, match="'Factory 2' belongs to"):
        TinyFactory.add_factory(second)


def test_what_is_cleared_away_is_listed_no_more(make_simulation):
    with make_simulation():
        first, second = TinyFactory(), TinyPersonFactory("A choir.")
        TinyFactory.clear_factories()
        assert TinyFactory.all_factories == {}
        third = TinyFactory()
        assert third.name == "Factory 3"
        TinyFactory.add_factory(second)
        assert TinyFactory.all_factories == {"Factory 2": second, "Factory 3": third}
        assert second.context_text == "A choir."
        assert not first.state.listed


def test_the_state_is_data_and_can_be_given_back(casting):
    with casting():
        factory = TinyPersonFactory("A choir.", population_size=9)
        factory.generate_people(2)
        state = factory.encode_complete_state()
        assert (state["name"], state["generated_names"]) == ("Factory 1", ["Person 1", "Person 2"])
        other = TinyPersonFactory("A fire brigade.")
        assert other.decode_complete_state(state) is other
        assert other.encode_complete_state() == {**state, "name": "Factory 2"}
        assert other.generated_minibios == [
            f"Person {number} is 41 years old, Portuguese, baker, living in Lisbon, two rooms above a garage."
            for number in (1, 2)
        ]
        for wrong, told in (
            ({"begun": "two"}, ".*begun"),
            ({"begun": -1}, "begun must be a whole number from 0 on, not -1"),
            ({"population_size": 0}, "population_size must be a whole number from 1 on, not 0"),
            ({"colour": "green"}, ".*colour"),
        ):
            with pytest.raises(ArgumentError, match=f"that is no state of a TinyPersonFactory: {told}"):
                other.decode_complete_state({**state, **wrong})
        with pytest.raises(ArgumentError, match="encode_complete_state"):
            other.decode_complete_state("A choir.")  # type: ignore[arg-type]  # no state
        assert other.generated_names == ["Person 1", "Person 2"]


@attrs.frozen
class Kept(FactoryState):
    loaves: int = 0


class TinyBakery(TinyFactory, state=Kept):
    """A factory of another kind."""


def test_factories_of_other_kinds_are_among_all(make_simulation):
    with make_simulation():
        bakery = TinyBakery(state=Kept(loaves=3))
        assert TinyFactory.all_factories == {"Factory 1": bakery}
        assert bakery.encode_complete_state()["loaves"] == 3


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: TinyPersonFactory(""), "context_text is empty"),
        (lambda: TinyPersonFactory(None), "context_text must be text"),
        (lambda: TinyPersonFactory("x" * 100_001), "the context_text has 100,001 characters"),
        (lambda: TinyPersonFactory("a \ud83d"), "half a surrogate pair at position 2"),
        (lambda: TinyPersonFactory("A choir.", population_size=0), "population_size must be a whole number from 1 on"),
        (lambda: TinyPersonFactory("A choir.").generate_people(), r"no population_size: say how many"),
        (lambda: TinyPersonFactory("A choir.").generate_people(True), "number_of_people must be"),
        (lambda: TinyPersonFactory("A choir.").generate_people(1, 5), "agent_particularities must be text"),
        (lambda: TinyPersonFactory("A choir.").generate_person(temperature=-1), "temperature must be a number"),
        (lambda: TinyPersonFactory("A choir.").generate_person(temperature=9), "number from 0 to 2, or None .*not 9"),
        (lambda: TinyPersonFactory("A choir.").generate_person(temperature=float("nan")), "temperature must be"),
        (lambda: TinyPersonFactory("A choir.").generate_person(attempts=0), "attempts must be"),
        (lambda: TinyPersonFactory("A choir.").generate_person(persona={}), "'persona' cannot be given here"),
        (lambda: TinyPersonFactory("A choir.").generate_person(mental_faculties=["flying"]), "'flying'"),
        (lambda: TinyPersonFactory.generate_person_factories(0, "A choir."), "number_of_factories must be"),
        (lambda: TinyPersonFactory.generate_person_factories(2, " "), "generic_context_text is empty"),
    ],
)
def test_what_cannot_be_meant_is_told_by_name_before_anything_is_asked(make_simulation, make, told):
    with make_simulation() as simulation:
        with pytest.raises(TroupeError, match=told):
            make()
        assert simulation.usage.calls == 0
        assert not [thing for thing in simulation if isinstance(thing, TinyPerson)]


def test_it_can_be_awaited_from_any_loop(casting, make_runtime):
    async def main() -> tuple[Any, Any]:
        return await factory.agenerate_person(), await factory.agenerate_people(2)

    with casting() as simulation:
        factory = TinyPersonFactory("A choir.")
        one, two = asyncio.run(main())
    assert [one.name, *(person.name for person in two)] == ["Person 1", "Person 2", "Person 3"]
    assert isinstance(simulation.runtime, Runtime)
