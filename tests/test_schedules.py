"""When people act and when they are heard: parallel, sequential and random steps of a world."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from troupe_core import TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, reach_out, talk, think, turn

NAMES = ("Ada", "Ben", "Cleo", "Dov", "Edda", "Finn")


def says(request: Any, call: Any) -> Any:
    """Everybody says who they are and how often they have spoken."""
    return turn(think("hm"), talk(f"{call.person} number {call.turn}"))


def people_of(simulation: Any, names: tuple[str, ...] = NAMES) -> list[TinyPerson]:
    return [TinyPerson(name, simulation=simulation) for name in names]


def asked(simulation: Any) -> list[tuple[str, int]]:
    """Who was asked at which step, in the order of asking."""
    return [(call.person, call.step) for _, call in simulation.runtime.model_under_test.requests]


def order_of(simulation: Any, step: int) -> list[str]:
    return [person for person, at in asked(simulation) if at == step]


def news(simulation: Any) -> dict[tuple[str, int], str]:
    """By person and own turn: the last message of the request, where everything new stands."""
    requests = simulation.runtime.model_under_test.requests
    return {(call.person, call.turn): request.messages[-1].content for request, call in requests}


def heard_by(person: TinyPerson) -> list[str]:
    """What has reached a person, in its order, also what it has had no turn about."""
    waiting = [fact for entry in person.state.inbox for fact in ([entry] if hasattr(entry, "content") else entry)]
    return [fact.content for fact in [*person.memories(), *waiting] if fact.thing != person.id]


def spoken(simulation: Any) -> list[str]:
    return [fact.content for fact in simulation.facts if fact.type == "TALK"]


def by_rank(names: tuple[str, ...] = NAMES) -> Any:
    """A backend on which the first of the names waits longest, so that answers come in the order reversed."""

    class Backwards(LatencyModel):
        async def complete(self, request: Any, call: Any) -> Any:
            self.latency = lambda stream: float(len(names) - names.index(call.person))
            return await super().complete(request, call)

    return Backwards


def test_in_a_parallel_step_nobody_hears_what_is_said_in_it(make_simulation):
    simulation = make_simulation(says)
    TinyWorld("Room", people_of(simulation)).run(2)
    seen = news(simulation)
    for name in NAMES:
        assert "number" not in seen[name, 0]
        assert [other for other in NAMES if f"{other} number 0" in seen[name, 1]] == [n for n in NAMES if n != name]
        assert "number 1" not in seen[name, 1]


def test_in_a_sequential_step_those_who_come_later_hear_those_before_them_and_not_the_other_way_round(make_simulation):
    simulation = make_simulation(says)
    TinyWorld("Room", people_of(simulation), schedule="sequential").run(2)
    seen = news(simulation)
    for step in (0, 1):
        for place, name in enumerate(NAMES):
            fresh = [other for other in NAMES if f"{other} number {step}" in seen[name, step]]
            assert fresh == list(NAMES[:place])
    for place, name in enumerate(NAMES):  # what those behind said in the first step is news in the second
        assert [n for n in NAMES if f"{n} number 0" in seen[name, 1]] == list(NAMES[place + 1 :])


def test_in_a_random_step_everybody_acts_once_and_hears_those_before_in_that_order(make_simulation):
    simulation = make_simulation(says, seed=3)
    TinyWorld("Room", people_of(simulation), schedule="random").run(4)
    seen = news(simulation)
    for step in range(1, 5):
        order = order_of(simulation, step)
        assert sorted(order) == sorted(NAMES)
        for place, name in enumerate(order):
            fresh = [other for other in order if f"{other} number {step - 1}" in seen[name, step - 1]]
            assert fresh == order[:place]


def orders(make_simulation: Any, seed: int, steps: int = 6) -> list[list[str]]:
    simulation = make_simulation(says, seed=seed)
    TinyWorld("Room", people_of(simulation)).run(steps, schedule="random")
    return [order_of(simulation, step) for step in range(1, steps + 1)]


def test_a_random_order_is_the_same_for_the_same_seed_and_another_for_another(make_simulation):
    first = orders(make_simulation, 5)
    assert orders(make_simulation, 5) == first
    assert orders(make_simulation, 6) != first


def test_a_random_order_is_drawn_anew_for_each_step(make_simulation):
    drawn = orders(make_simulation, 5)
    assert len({tuple(order) for order in drawn}) >= len(drawn) - 1
    assert {order[0] for order in drawn} != {drawn[0][0]}
    assert list(NAMES) not in drawn[:2]


def test_a_random_order_does_not_depend_on_how_a_run_is_cut_into_runs(make_simulation):
    simulation = make_simulation(says, seed=5)
    world = TinyWorld("Room", people_of(simulation), schedule="random")
    for _ in range(3):
        world.run(2)
    assert [order_of(simulation, step) for step in range(1, 7)] == orders(make_simulation, 5)


@pytest.mark.parametrize("limit", [256, 2])
def test_what_is_said_in_a_parallel_step_arrives_in_the_order_of_people_not_of_answers(make_simulation, limit):
    def script(request: Any, call: Any) -> Any:
        return turn(talk(f"{call.person} one"), talk(f"{call.person} two"))

    answered = []

    class Slow(by_rank()):
        async def complete(self, request: Any, call: Any) -> Any:
            response = await super().complete(request, call)
            answered.append(call.person)
            return response

    simulation = make_simulation(
        Slow(ScriptedModel(script), lambda stream: 0.0), loop_factory=VirtualLoop, max_in_flight=limit
    )
    people = people_of(simulation)
    TinyWorld("Room", people).run(1)
    assert sorted(answered) == sorted(NAMES)
    assert answered != list(NAMES)  # the answers did come otherwise
    everything = [f"{name} {number}" for name in NAMES for number in ("one", "two")]
    assert spoken(simulation) == everything
    for person in people:
        assert heard_by(person) == [said for said in everything if not said.startswith(person.name)]


def test_in_a_parallel_step_everybody_is_asked_before_anybody_is_waited_for(make_simulation):
    model = LatencyModel(ScriptedModel(says), lambda stream: 1.0)
    simulation = make_simulation(model, loop_factory=VirtualLoop)
    TinyWorld("Room", people_of(simulation)).run(3)
    assert model.most_in_flight == len(NAMES)


@pytest.mark.parametrize("schedule", ["sequential", "random"])
def test_in_the_other_steps_one_is_asked_after_the_other(make_simulation, schedule):
    model = LatencyModel(ScriptedModel(says), lambda stream: 1.0)
    simulation = make_simulation(model, loop_factory=VirtualLoop)
    TinyWorld("Room", people_of(simulation), schedule=schedule).run(3)
    assert model.most_in_flight == 1


def test_who_is_reached_out_to_in_a_sequential_step_can_be_talked_to_within_it(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return turn(reach_out("Cleo", "the keys")) if call.person == "Ada" else turn()

    simulation = make_simulation(script)
    ada, ben, cleo = people_of(simulation, ("Ada", "Ben", "Cleo"))
    TinyWorld("House", [ada, ben, cleo], schedule="sequential").run(1)
    last = news(simulation)["Cleo", 0]
    assert "Ada gets in touch with you: the keys" in last
    assert "near you now: Ada" in last
    assert (ada.accessible_agents, ben.accessible_agents, cleo.accessible_agents) == ([cleo], [], [ada])


@pytest.mark.parametrize("schedule", ["parallel", "sequential", "random"])
def test_the_clock_and_the_count_of_steps_move_once_a_step_for_everybody(make_simulation, schedule):
    simulation = make_simulation(says)
    world = TinyWorld("Room", people_of(simulation), initial_datetime="2026-03-02T09:00", schedule=schedule)
    world.run(2, timedelta(hours=1))
    whens = [fact.when for fact in simulation.facts if fact.type == "TALK"]
    assert whens == ["2026-03-02T10:00:00"] * 6 + ["2026-03-02T11:00:00"] * 6
    assert sorted(step for _, step in asked(simulation)) == [1] * 6 + [2] * 6
    assert world.state.step == 2


def test_the_schedule_of_a_run_goes_before_that_of_the_world_and_does_not_stay(make_simulation):
    simulation = make_simulation(says)
    world = TinyWorld("Room", people_of(simulation), schedule="sequential")
    world.run(1, schedule="parallel")
    world.run(1)
    seen = news(simulation)
    assert "Ada number 0" not in seen["Ben", 0]
    assert "Ada number 1" in seen["Ben", 1]


def test_an_unknown_schedule_is_an_error_that_names_the_known_ones_and_changes_nothing(make_simulation):
    simulation = make_simulation(says)
    people = people_of(simulation)
    with pytest.raises(ArgumentError, match=r"schedule.*parallel, sequential, random.*'parralel'"):
        TinyWorld("Room", people, schedule="parralel")
    assert "Room" not in simulation
    world = TinyWorld("Room", people)
    before = simulation.digest()
    with pytest.raises(ArgumentError, match=r"schedule.*parallel, sequential, random.*'chaos'"):
        world.run(1, schedule="chaos")
    assert simulation.digest() == before
    assert asked(simulation) == []
    assert world.run(1).turns == len(NAMES)
