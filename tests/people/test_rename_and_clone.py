"""Other names and other people like one: who is told, what stays, and what begins anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from troupe_core import EpisodicMemory, Simulation, TinyMentalFaculty, TinyPerson, TinyWorld, Turn, action
from troupe_core.errors import ArgumentError, DuplicateName
from troupe_core.people.specification import document
from troupe_testing import do, talk, turn


@frozen
class Feeling:
    tension: int = 5


class Mood(TinyMentalFaculty, state=Feeling):
    """You have moods."""

    @action(observe=True)
    def vent(self, turn: Turn[Feeling]) -> str:
        """let off steam."""
        turn.state = evolve(turn.state, tension=turn.state.tension - 1)
        return "You feel lighter."


def script(request: Any, call: Any) -> Any:
    return turn(talk(f"{call.person} says so.")) if call.ordinal or call.person != "Ada" else turn(do("VENT"))


@pytest.fixture(params=["in memory", "with a journal"])
def room(request: pytest.FixtureRequest, make_simulation: Callable[..., Simulation], tmp_path: Path) -> TinyWorld:
    path = tmp_path / "study.db" if request.param == "with a journal" else None
    simulation = make_simulation(script, path=path)
    people = [TinyPerson(name, mental_faculties=[Mood], simulation=simulation) for name in ("Ada", "Ben", "Cleo")]
    TinyPerson("Dan", simulation=simulation).make_agent_accessible(people[0], "your aunt")
    return TinyWorld("Room", people).make_everyone_accessible()


def people_of(room: TinyWorld) -> list[TinyPerson]:
    return [room.simulation[id] for id in ("Ada", "Ben", "Cleo", "Dan")]


# -- rename -----------------------------------------------------------------------------------------------------------


def test_whoever_knows_somebody_is_told_the_new_name_once(room):
    ada, ben, cleo, dan = people_of(room)
    room.run(1)
    dan.act()
    assert ada.rename("  Eve \n Costa") is ada
    assert (ada.id, ada.name, ada["name"], room.simulation["Ada"]) == ("Ada", "Eve Costa", "Eve Costa", ada)
    assert '"name":"Eve Costa"' in str(ada.prompt())
    assert "- from now on Ada is called Eve Costa\n" in str(ben.prompt())
    assert "- from now on Ada is called Eve Costa\n" in str(dan.prompt())
    assert "Eve Costa" not in str(TinyPerson("Fay", simulation=room.simulation).prompt())
    assert dan.state.ties.near("Dan")["Ada"].description == "your aunt"
    assert ben.state.ties.everyone is cleo.state.ties.everyone  # still one for all
    room.run(2)
    told = [fact.content for fact in ben.memories() if fact.type == "PEOPLE"]
    assert told == ["near you now: Ada, Cleo", "from now on Ada is called Eve Costa"]
    assert [fact.source for fact in ben.memories() if fact.thing == "Ada"][-1] == "Eve Costa"
    assert room.get_agent_by_name("Eve Costa") is ada


def test_who_meets_somebody_after_that_hears_only_the_new_name(room):
    ada, ben, _, _ = people_of(room)
    ada.rename("Eve")
    assert "near you now: Eve, Cleo" in str(ben.prompt())


def test_words_reach_somebody_under_the_new_name(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk("Psst.", "Eve")) if call.person == "Ben" else turn())
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    room = TinyWorld("Room", [ada, ben])
    ada.rename("Eve")
    room.run(2)
    assert [fact.content for fact in ada.memories() if fact.source == "Ben"] == ["Psst."]


def test_several_things_that_have_changed_are_told_in_one_line(room):
    ada, ben, cleo, dan = people_of(room)
    room.run(1)
    ada.rename("Eve")
    ben.make_agent_accessible(dan, "a tenant").make_agent_inaccessible(cleo)
    line = "from now on Ada is called Eve; also near you now: Dan (a tenant); no longer near you: Cleo"
    assert f"- {line}\n" in str(ben.prompt())


def test_what_people_are_together_for_is_not_told_again(make_simulation):
    simulation = make_simulation(script)
    ada, ben = (TinyPerson(name, mental_faculties=[Mood], simulation=simulation) for name in ("Ada", "Ben"))
    room = TinyWorld("Room", [ada, ben], kind="focus_group")
    room.run(1)
    situation = ben.state.ties.occasion
    ada.rename("Eve")
    assert ben.state.ties.occasion == situation
    room.run(1)
    told = [fact.content for fact in ben.memories() if fact.type in ("PEOPLE", "SOCIAL")]
    assert told.count(situation.situation) == 1
    assert told[-1] == "from now on Ada is called Eve"


def test_a_name_that_would_be_somebody_elses_is_refused(room):
    ada, ben, _, dan = people_of(room)
    before = room.simulation.digest()
    twice = "there would be two people called 'BEN' in 'Room'"
    for name, said in (("Ben", "exists already"), ("Room", "exists already"), ("BEN", twice)):
        with pytest.raises(DuplicateName, match=said):
            ada.rename(name)
    with pytest.raises(ArgumentError, match="the name is empty"):
        ada.rename(" ")
    assert room.simulation.digest() == before
    dan.rename("ben")  # is in another place
    ada.rename("Eve")
    with pytest.raises(DuplicateName, match="two people called 'Eve'"):
        dan.rename("Eve")
    with pytest.raises(DuplicateName, match="'Ada' exists already"):
        dan.rename("Ada")  # that is what Eve is found by
    assert ada.rename("Ada").name == "Ada"
    assert ben.name == "Ben"


def test_a_name_lasts(make_simulation, tmp_path):
    simulation = make_simulation(script, path=tmp_path / "study.db")
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    ben.make_agent_accessible(ada)
    ben.act()
    ada.rename("Eve")
    simulation.end()
    with Simulation.resume(tmp_path / "study.db", runtime=simulation.runtime) as resumed:
        assert resumed.digest() == simulation.digest()
        assert (resumed["Ada"].name, resumed["Ada"]["name"]) == ("Eve", "Eve")
        assert "from now on Ada is called Eve" in str(resumed["Ben"].prompt())
        resumed["Ada"].rename("Fay")
        assert "from now on Ada is called Fay" in str(resumed["Ben"].prompt())


# -- clone ------------------------------------------------------------------------------------------------------------


def test_a_clone_is_the_same_in_all_that_a_file_would_say_and_remembers_nothing(room):
    simulation = room.simulation
    found = {
        "persona": {"name": "Zoe", "likes": ["tea"]},
        "mental_faculties": ["mood", "unheard of"],
        "mark": "rehearsal",
        "source": "a survey",
    }
    memory = EpisodicMemory(episode=3)
    zoe = TinyPerson.load_specification(found, memory=memory, model="scripted/x", simulation=simulation)
    zoe.move_to("Lisbon", ["it rains"]).change_mind(goals="stay dry").make_agent_accessible(simulation["Dan"])
    zoe.listen_and_act("hello")
    zoe.listen("are you there?")
    twin = zoe.clone("Zoë")
    assert (twin.id, twin.name, simulation["Zoë"]) == ("Zoë", "Zoë", twin)
    state = twin.state
    assert (state.mind, state.place, state.context) == (zoe.mind, "Lisbon", ("it rains",))
    assert (state.faculties, state.memory_kind, state.model) == (zoe.state.faculties, memory, "scripted/x")
    assert (twin.memories(), state.inbox, state.turns, twin.accessible_agents) == ([], (), 0, [])
    assert state.slices["mood"] == Feeling(5)
    whole, other = (document(simulation, each, ["memory"]) for each in (state, zoe.state))
    assert {**whole, "persona": {**whole["persona"], "name": "Zoe"}} == other
    assert twin.persona == {"name": "Zoë", "likes": ("tea",)}
    twin.define("likes", ["rain"])
    assert zoe["likes"] == ("tea",)
    assert twin.act()


def test_a_state_of_a_faculty_begins_anew(room):
    ada, *_ = people_of(room)
    ada.act()
    assert ada.state.slices["mood"] == Feeling(4)
    assert ada.clone().state.slices["mood"] == Feeling(5)


def test_clones_are_called_by_the_next_free_name(room):
    ada, *_ = people_of(room)
    assert [ada.clone().name for _ in range(3)] == ["Ada 2", "Ada 3", "Ada 4"]
    assert ada.create_new_agent_from_current_spec("Eve").persona == {"name": "Eve"}
    with pytest.raises(DuplicateName, match="'Eve' exists already"):
        ada.clone("Eve")
    room.simulation["Eve"].rename("Ada 5")
    assert ada.clone().name == "Ada 6"


class Nurse(TinyPerson):
    def __init__(self, ward: str, **options: Any) -> None:
        super().__init__(f"nurse of {ward}", **options)


def test_a_clone_is_of_the_same_class(simulation):
    assert type(Nurse("the cellar").clone()) is Nurse
