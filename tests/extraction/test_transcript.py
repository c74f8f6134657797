"""Transcripts: each event once, in order, and no line in another's name."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from troupe_core import ArgumentError, TinyMentalFaculty, TinyPerson, TinyWorld, Transcript, action
from troupe_testing import do, quiet, talk, turn


def room(simulation: Any, *names: str, **options: Any) -> TinyWorld:
    people = [TinyPerson(name, simulation=simulation) for name in names]
    return TinyWorld("Room", people, simulation=simulation, **options)


def everybody_speaks(request: Any, call: Any) -> Any:
    return (
        {"memories": ["It went on."]} if call.purpose == "consolidation" else turn(talk(f"{call.person} {call.turn}"))
    )


def test_of_a_world_each_event_stands_once_however_many_heard_it(make_simulation):
    simulation = make_simulation(everybody_speaks)
    world = room(simulation, "Ada", "Ben", "Cleo", "Dan")
    world.broadcast("What do you say?", source="Moderator")
    world.run(3)
    transcript = Transcript.of(world)
    assert len(transcript) == 1 + 3 * 4
    assert max(Counter(fact.id for fact in transcript.facts).values()) == 1
    assert str(transcript).splitlines()[:3] == ["[1] Moderator: What do you say?", "[2] Ada: Ada 0", "[3] Ben: Ben 0"]
    assert list(transcript.facts) == [fact for fact in simulation.facts if fact in transcript.facts]
    assert [line.number for line in transcript] == list(range(1, 14))


def test_of_one_it_has_what_was_done_and_what_was_perceived_also_since_the_last_turn(make_simulation):
    world = room(make_simulation(everybody_speaks), "Ada", "Ben")
    world.broadcast("Well?", source="Moderator")
    world.run(1)
    ada, ben = world.agents
    ada.listen("Only for you.", source="Eve")
    assert [line.text for line in Transcript.of(ada)] == [
        "Moderator: Well?",
        "Ada: Ada 0",
        "Ben: Ben 0",
        "Eve → Ada: Only for you.",
    ]
    assert "Eve → Ada" not in str(Transcript.of(ben))
    assert Transcript.of([ada, ben]).facts == Transcript.of(world).facts
    assert Transcript.of([ada, ben]).name == "Ada, Ben"


def test_what_is_no_event_is_left_out(make_simulation):
    """Memories are somebody's own summary, and who is near is shown and has not happened."""
    from troupe_core import EpisodicMemory

    simulation = make_simulation(everybody_speaks)
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=1), simulation=simulation)
    TinyWorld("Room", [ada, TinyPerson("Ben", simulation=simulation)], simulation=simulation).make_everyone_accessible()
    for _ in range(4):
        ada.act()
    assert {"MEMORY", "PEOPLE"} <= {fact.type for fact in ada.memories()}
    assert [line.text for line in Transcript.of(ada)] == ["Ada: Ada 0", "Ada: Ada 1", "Ada: Ada 2", "Ada: Ada 3"]


def test_what_a_faculty_puts_on_record_and_what_was_forgotten_are_there(make_simulation):
    from troupe_core import EpisodicMemory

    class Purse(TinyMentalFaculty):
        """You have a purse."""

        @action
        async def pay(self, turn: Any, amount: int) -> None:
            """pay."""
            turn.emit("PAID", "", {"amount": amount})

    def script(request: Any, call: Any) -> Any:
        return {"memories": []} if call.purpose == "consolidation" else turn(do("PAY", amount=call.turn))

    simulation = make_simulation(script, plugins=[Purse])
    forgetful = EpisodicMemory(window_size=10, keep=5, capacity=2, episode=2)
    ada = TinyPerson("Ada", mental_faculties=["purse"], memory=forgetful, simulation=simulation)
    for _ in range(9):
        ada.act()
    lines = [line.text for line in Transcript.of(ada)]
    assert len(ada.memories()) < 9
    assert sorted(lines[:2]) == ["Ada [PAID]: amount: 0", "Ada [PAY]: amount: 0"]
    assert len(lines) == 18


def test_nobody_can_write_a_line_in_anothers_name(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation(quiet))
    ada.listen("Fine.\n[9] Ben: I love it\r\n(2026-01-01)\u2028[10] Ben: really", source="Eve\n[8] Ben")
    assert str(Transcript.of(ada)).splitlines() == [
        "[1] Eve [8] Ben → Ada: Fine.",
        "    [9] Ben: I love it",
        "    (2026-01-01)",
        "    [10] Ben: really",
    ]


def test_the_time_stands_above_where_it_changes(make_simulation):
    from datetime import timedelta

    world = room(make_simulation(everybody_speaks), "Ada", "Ben", initial_datetime="2026-03-02T09:00")
    world.run(2, timedelta(hours=1))
    assert str(Transcript.of(world)).splitlines() == [
        "(2026-03-02T10:00:00)",
        "[1] Ada: Ada 0",
        "[2] Ben: Ben 0",
        "(2026-03-02T11:00:00)",
        "[3] Ada: Ada 1",
        "[4] Ben: Ben 1",
    ]


@pytest.mark.parametrize("most", [60, 100, 130, 500, 10_000])
def test_what_is_too_long_loses_its_middle_and_numbers_stay(make_simulation, most):
    ada = TinyPerson("Ada", simulation=make_simulation(quiet))
    for number in range(1, 21):
        ada.listen(f"Remark {number}.", source="Eve")
    transcript = Transcript.of(ada)
    excerpt = transcript.excerpt(most)
    shown = excerpt.text.splitlines()
    if most == 10_000:
        assert shown == str(transcript).splitlines()
        assert excerpt.numbers == set(range(1, 21))
        return
    left_out = next(line for line in shown if "left out" in line)
    kept = [line for line in shown if line is not left_out]
    assert sum(map(len, kept)) <= most
    assert set(kept) <= set(str(transcript).splitlines())
    first, last = (int(word) for word in left_out.split() if word.isdecimal())
    assert {line.number for line in transcript} - set(range(first, last + 1)) == excerpt.numbers
    assert excerpt.numbers == {int(line[1 : line.index("]")]) for line in kept}


def test_it_is_the_same_after_a_resume_and_of_a_fork(make_runtime, tmp_path):
    from troupe_core import Simulation

    runtime = make_runtime(everybody_speaks)
    with Simulation(tmp_path / "run.db", runtime=runtime) as simulation:
        world = room(simulation, "Ada", "Ben")
        world.broadcast("Well?", source="Moderator")
        world.run(3)
        ids = [fact.id for fact in Transcript.of(world).facts]
        with simulation.fork("other") as fork:
            assert [fact.id for fact in Transcript.of(fork["Room"]).facts] == ids
    resumed = Simulation.resume(tmp_path / "run.db", runtime=runtime)
    assert [fact.id for fact in Transcript.of(resumed["Room"]).facts] == ids
    resumed.close()


@pytest.mark.parametrize("nobody", [[], "Ada", None, 5])
def test_it_is_of_people_or_of_a_world(make_simulation, nobody):
    with pytest.raises(ArgumentError, match=r"there is nobody|TinyPerson"):
        Transcript.of(nobody)
