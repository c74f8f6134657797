"""What somebody said, did and perceived, for people to read: each event once, whole or shortened, never rearranged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, TinyMentalFaculty, TinyPerson, TinyWorld, Transcript, action
from troupe_core.findings.interactions import ends_of
from troupe_testing import do, talk, think, turn


def speaks(request: Any, call: Any) -> Any:
    return turn(think(f"My {call.turn}."), talk(f"{call.person} {call.turn}"))


@pytest.fixture
def world(make_simulation):
    simulation = make_simulation(speaks)
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo")]
    made = TinyWorld("Room", people, initial_datetime="2026-03-02T19:30", simulation=simulation)
    made.broadcast("What do you say?", source="Moderator")
    made.run(2)
    return made


def test_of_a_person_it_says_who_and_what_and_when(world):
    assert world.agents[0].pretty_current_interactions().splitlines() == [
        "(2026-03-02T19:30:00)",
        "Moderator: What do you say?",
        "Ada [THINK]: My 0.",
        "Ada: Ada 0",
        "Ben: Ben 0",
        "Cleo: Cleo 0",
        "Ada [THINK]: My 1.",
        "Ada: Ada 1",
        "Ben: Ben 1",
        "Cleo: Cleo 1",
    ]


def test_of_a_world_each_event_stands_once_however_many_noticed_it(world):
    text = world.pretty_current_interactions()
    assert text.count("What do you say?") == text.count("Ada 0") == text.count("Ben 1") == 1
    assert len(text.splitlines()) == 1 + 1 + 2 * 3 * 2


def test_with_numbers_it_is_the_transcript_that_findings_cite(world):
    for whom in (world, *world.agents):
        assert whom.pretty_current_interactions(simplified=False) == Transcript.of(whom).text()


def test_what_others_could_not_notice_can_be_left_out(world):
    text = world.pretty_current_interactions(thoughts=False)
    assert "THINK" not in text
    assert "Cleo: Cleo 1" in text


def test_of_the_first_and_the_last_it_says_how_many_are_left_out_between(world):
    ada = world.agents[0]
    assert ada.pretty_current_interactions(first_n=1, last_n=2).splitlines() == [
        "(2026-03-02T19:30:00)",
        "Moderator: What do you say?",
        "(6 events are left out here)",
        "Ben: Ben 1",
        "Cleo: Cleo 1",
    ]
    assert ada.pretty_current_interactions(last_n=1).splitlines() == [
        "(8 events are left out here)",
        "(2026-03-02T19:30:00)",
        "Cleo: Cleo 1",
    ]
    assert ada.pretty_current_interactions(first_n=8).splitlines()[-1] == "(1 event is left out here)"
    assert "left out" not in ada.pretty_current_interactions(first_n=1, last_n=2, include_omission_info=False)


def test_where_nothing_is_left_out_nothing_is_said_of_it(world):
    ada = world.agents[0]
    whole = ada.pretty_current_interactions()
    for first, last in ((9, None), (None, 9), (4, 5), (7, 7), (100, None)):
        assert ada.pretty_current_interactions(first_n=first, last_n=last) == whole


def test_long_words_are_cut_with_a_sign_and_others_are_not(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    ada.listen("one two three four", source="Eve").listen("one two", source="Eve")
    assert ada.pretty_current_interactions(max_content_length=8).splitlines() == [
        "Eve → Ada: one two (…)",
        "Eve → Ada: one two",
    ]


def test_nobody_can_write_a_line_in_anothers_name(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    ada.listen("Hello.\nBen: I agree with all of it.", source="Eve")
    assert "\nBen: " not in ada.pretty_current_interactions()


def test_what_a_faculty_puts_on_record_is_shown_when_it_is_asked_for(make_simulation):
    class Purse(TinyMentalFaculty):
        """You have a purse."""

        @action
        async def pay(self, turn: Any, amount: int) -> None:
            """pay."""
            turn.emit("PAID", "", {"amount": amount})

    simulation = make_simulation(lambda request, call: turn(do("PAY", amount=3)))
    ada = TinyPerson("Ada", mental_faculties=[Purse()], simulation=simulation)
    ada.act()
    assert ada.pretty_current_interactions() == "Ada [PAY]: amount: 3"
    assert ada.pretty_current_interactions(skip_system=False).splitlines()[-1] == "Ada [PAID]: amount: 3"


def test_pp_prints_it(world, capsys):
    ada = world.agents[0]
    ada.pp_current_interactions(first_n=2, thoughts=False)
    assert capsys.readouterr().out == ada.pretty_current_interactions(first_n=2, thoughts=False) + "\n"
    world.pp_last_interactions(2, include_omission_info=False)
    assert capsys.readouterr().out.splitlines()[1:] == ["Cleo [THINK]: My 1.", "Cleo: Cleo 1"]


def test_before_anything_has_happened_it_says_so(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    assert ada.pretty_current_interactions() == "(nothing has happened yet)"


@pytest.mark.parametrize("name", ["first_n", "last_n", "max_content_length"])
@pytest.mark.parametrize("value", [-1, 1.5, True, "3"])
def test_numbers_that_make_no_sense_are_refused_by_name(world, name, value):
    with pytest.raises(ArgumentError, match=name):
        world.pretty_current_interactions(**{name: value})


counts = st.none() | st.integers(0, 12)


@given(st.lists(st.integers(), max_size=10, unique=True), counts, counts)
def test_the_ends_of_a_list_are_in_order_and_with_what_is_left_out_they_are_all_of_it(items, first, last):
    shown, head, left_out = ends_of(items, first, last)
    assert shown == [*items[:head], *items[head + left_out :]]
    assert len(shown) + left_out == len(items)
    if first is None and last is None:
        assert shown == items
    else:
        assert len(shown) == min(len(items), (first or 0) + (last or 0))
        assert head == min(len(items), first or 0)
