"""What reaches everybody of a world at once."""

from __future__ import annotations

from typing import Any

import pytest

from troupe_core import TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError
from troupe_core.worlds.kinds import KINDS

TELLING = {
    "broadcast_thought": ("THOUGHT", "It is late."),
    "broadcast_internal_goal": ("INTERNAL_GOAL_FORMULATION", "Get home before the rain."),
}


def room(make_simulation: Any, **options: Any) -> TinyWorld:
    simulation = make_simulation()
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo")]
    return TinyWorld("Room", people, initial_datetime="2026-03-02T09:00", **options)


@pytest.mark.parametrize("kind", ["", *KINDS])
@pytest.mark.parametrize("method", TELLING)
def test_a_thought_or_an_aim_comes_up_in_everybody_at_once(make_simulation, method, kind):
    world, (type, words) = room(make_simulation, kind=kind), TELLING[method]
    assert getattr(world, method)(words) is world
    (fact,) = world.simulation.facts
    assert (fact.type, fact.thing, fact.source, fact.content) == (type, "Room", "", words)
    assert fact.when == "2026-03-02T09:00:00"
    assert len({id(person.state.inbox[0].shared) for person in world.agents}) == 1
    for person in world.agents:
        assert f"{type}:\n- {words}" in str(person.prompt())
    assert world.state.voices == ()


def test_the_same_thought_twice_is_two_facts(make_simulation):
    world = room(make_simulation).broadcast_thought("Again?").broadcast_thought("Again?")
    assert len({fact.id for fact in world.simulation.facts}) == 2


def test_a_change_of_context_replaces_everybodys_notes_and_is_a_line_of_the_present(make_simulation):
    world = room(make_simulation)
    ada = world.agents[0].change_context(["It rains."])
    assert world.broadcast_context_change(["The power is out.", "It is dark."]) is world
    assert [person.state.context for person in world.agents] == [("The power is out.", "It is dark.")] * 3
    assert "Situation: The power is out.\nSituation: It is dark." in str(ada.prompt())
    world.broadcast_context_change([])
    assert "Situation:" not in str(ada.prompt())
    assert list(world.simulation.facts) == []


@pytest.mark.parametrize(
    ("tell", "said"),
    [
        (lambda world: world.broadcast_thought(" "), "thought is empty"),
        (lambda world: world.broadcast_thought(5), "thought must be text, not int 5"),
        (lambda world: world.broadcast_internal_goal(""), "internal_goal is empty"),
        (lambda world: world.broadcast_context_change("It rains."), "context is a list of notes"),
        (lambda world: world.broadcast_context_change(["ok", ""]), r"context\[1\] is empty"),
    ],
)
def test_what_nobody_could_perceive_is_an_error_and_reaches_nobody(make_simulation, tell, said):
    world = room(make_simulation)
    before = world.simulation.digest()
    with pytest.raises(ArgumentError, match=said):
        tell(world)
    assert world.simulation.digest() == before


@pytest.mark.parametrize(
    "tell",
    [
        lambda world: world.broadcast("hello"),
        lambda world: world.broadcast_thought("hello"),
        lambda world: world.broadcast_internal_goal("hello"),
        lambda world: world.broadcast_context_change(["hello"]),
    ],
)
def test_where_nobody_is_nothing_can_be_told(make_simulation, tell):
    world = TinyWorld("Room", simulation=make_simulation())
    with pytest.raises(ArgumentError, match="there is nobody in 'Room' to hear that; add people first"):
        tell(world)
