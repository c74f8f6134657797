"""Faculties that somebody gets in the middle of a life."""

from __future__ import annotations

import attrs
import pytest

from troupe_core import ArgumentError, PluginError, Simulation, TinyMentalFaculty, TinyPerson, action
from troupe_testing import do, turn


@attrs.frozen
class Tunes:
    whistled: int = 0


class Whistling(TinyMentalFaculty, state=Tunes):
    """You can whistle."""

    @action()
    async def whistle(self, turn, content: str = "", target: str = "") -> None:
        """whistle a tune."""
        turn.state = Tunes(turn.state.whistled + 1)


class Humming(TinyMentalFaculty):
    """You can hum."""

    @action()
    async def hum(self, turn, content: str = "", target: str = "") -> None:
        """hum a tune."""


def test_it_is_there_from_the_next_turn_on(make_simulation):
    with make_simulation(lambda request, call: turn(do("WHISTLE", content="a tune", target=""))):
        ada = TinyPerson("Ada")
        assert "You can whistle" not in str(ada.prompt())
        assert ada.add_mental_faculty(Whistling) is ada
        assert "You can whistle" in str(ada.prompt())
        assert [fact.type for fact in ada.act()] == ["WHISTLE"]


def test_how_one_came_by_them_makes_no_difference(simulation):
    born = TinyPerson("Ada", mental_faculties=[Whistling, Humming])
    grown = TinyPerson("Ben").add_mental_faculties([Humming, Whistling])
    assert grown.state.faculties == born.state.faculties
    rules = [str(person.prompt()).partition("── persona")[0] for person in (born, grown)]
    assert rules[0] == rules[1]


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ([Whistling], ArgumentError, "has the faculty 'whistling' already"),
        ([Humming, Humming], ArgumentError, "'humming' already"),
        (["yodelling"], PluginError, "yodelling"),
        ("whistling", ArgumentError, "is a list"),
    ],
)
def test_what_cannot_be_added_changes_nothing(simulation, given, error, says):
    ada = TinyPerson("Ada", mental_faculties=[Whistling])
    before = simulation.digest()
    with pytest.raises(error, match=says):
        ada.add_mental_faculties(given)
    assert simulation.digest() == before


def test_it_lasts(runtime, tmp_path):
    runtime.lend(Whistling)
    with Simulation(tmp_path / "run.db", runtime=runtime) as simulation:
        TinyPerson("Ada").add_mental_faculty("whistling")
        digest = simulation.digest()
    with Simulation.resume(tmp_path / "run.db", runtime=runtime) as resumed:
        assert resumed.digest() == digest
        assert resumed["Ada"].state.faculties == ("conversation", "whistling")
