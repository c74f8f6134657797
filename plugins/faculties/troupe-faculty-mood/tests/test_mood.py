"""A mood: felt at every moment, changed by venting, kept as long as the person lives, and undone with a failed turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import troupe_faculty_mood
from troupe_core import Runtime, Simulation, TinyPerson
from troupe_core.errors import ConfigError, ModelUnavailable
from troupe_testing import ScriptedModel, do, talk, turn

LIGHTER = "You feel lighter."


def venting(intensity: int, then: Any = None) -> Any:
    """Somebody who lets off steam, and then speaks."""

    def script(request: Any, call: Any) -> Any:
        if LIGHTER in request.messages[-1].content:
            return then or turn(talk("Better."))
        return turn(do("VENT", intensity=intensity), talk("Nobody hears this."))

    return script


@pytest.fixture
def ada() -> Iterator[Any]:
    """Makes her, with a script, settings and a file."""
    made: list[Runtime] = []

    def make(script: Any, settings: Any = None, path: Path | None = None) -> TinyPerson:
        runtime = Runtime(
            [troupe_faculty_mood, ScriptedModel(script)], model="scripted/any", settings=settings, autoload=False
        )
        made.append(runtime)
        simulation = Simulation(path, runtime=runtime)
        return TinyPerson("Ada", mental_faculties=["mood"], simulation=simulation)

    yield make
    for runtime in made:
        runtime.close()


def tension(person: Any) -> int:
    felt: int = person.state.slices["mood"].tension
    return felt


def test_it_is_felt_in_every_prompt_and_changed_by_venting(ada):
    person = ada(venting(3))
    assert "Tension: 5 of 10" in person.prompt().messages[-1].content
    assert [fact.type for fact in person.listen_and_act("The train is cancelled.")] == ["VENT", "TALK"]
    assert tension(person) == 2
    assert "Tension: 2 of 10" in person.prompt().messages[-1].content


def test_the_action_and_what_it_does_are_told_with_its_parameter(ada):
    rules = ada(venting(1)).prompt().parts[0].text
    assert "You have moods, and they colour what you say." in rules
    assert "VENT: Let off steam. intensity: 1 is a sigh, 5 a shout." in rules


@pytest.mark.parametrize(("intensity", "left"), [(99, 0), (0, 5), (-4, 5)])
def test_whatever_a_model_says_the_tension_stays_a_tension(ada, intensity, left):
    person = ada(venting(intensity))
    person.act()
    assert tension(person) == left


def test_a_turn_that_fails_has_changed_no_mood(ada):
    person = ada(venting(3, then=ModelUnavailable("down")))
    with pytest.raises(ModelUnavailable):
        person.act()
    assert tension(person) == 5


def test_what_everybody_begins_with_can_be_set(ada):
    assert tension(ada(venting(1), {"mood": {"tension": 8}})) == 8
    for settings, said in (({"tension": 11}, "tension"), ({"tensoin": 1}, "Did you mean tension, a whole number?")):
        with pytest.raises(ConfigError, match=said):
            ada(venting(1), {"mood": settings})


def test_it_is_recorded_and_found_again(ada, tmp_path):
    def never(request: Any, call: Any) -> Any:
        raise AssertionError("it is on record")

    for script in (venting(2), never):
        person = ada(script, path=tmp_path / "study.db")
        person.act()
        assert tension(person) == 3
        person.simulation.close()


def test_everybody_has_a_mood_of_their_own(ada):
    person = ada(venting(4))
    ben = TinyPerson("Ben", mental_faculties=["mood"], simulation=person.simulation)
    person.act()
    assert (tension(person), tension(ben)) == (1, 5)
