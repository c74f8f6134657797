"""Coming to a world of a kind and leaving it: who is near whom afterwards, and what people are told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError, Busy, DuplicateName
from troupe_core.worlds.kinds import KINDS
from troupe_testing import ScriptedModel, talk, turn

NAMES = ("Ada", "Ben", "Cleo", "Dov")
GROUP, SURVEY = KINDS["focus_group"].situation, KINDS["survey"].situation
INTERVIEW, CHAT = KINDS["interview"], KINDS["chat"].situation


def people_of(simulation: Simulation, *names: str) -> list[TinyPerson]:
    return [TinyPerson(name, simulation=simulation) for name in names or NAMES]


def news(person: TinyPerson) -> str:
    """What the person would be shown as new."""
    return next(part.text for part in person.prompt().parts if part.origin == "what is new")


def near(world: TinyWorld) -> dict[str, list[str]]:
    return {person.name: [other.name for other in person.accessible_agents] for person in world.agents}


# -- what people are told --------------------------------------------------------------------------------------------


def test_the_situation_is_told_once_with_the_company_and_no_line_of_it_comes_again(make_simulation):
    simulation = make_simulation()
    world = TinyWorld("Room", people_of(simulation, "Ada", "Ben", "Cleo"), kind="focus_group")
    assert news(world.agents[0]) == f"PEOPLE:\n- {GROUP}\n- near you now: Ben, Cleo"
    world.run(3)
    asked = [request for request, call in simulation.runtime.model_under_test.requests if call.person == "Ada"]
    assert [sum(message.content.count(GROUP) for message in request.messages) for request in asked] == [1, 1, 1]
    assert GROUP in asked[0].messages[-1].content
    assert all("(nothing new)" in request.messages[-1].content for request in asked[1:])
    assert not [fact for fact in simulation.facts if fact.type == "PEOPLE"]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("focus_group", f"PEOPLE:\n- {GROUP}\n- near you now: Ben"),
        ("survey", f"PEOPLE:\n- {SURVEY}"),
        ("interview", f"PEOPLE:\n- {INTERVIEW.situation}"),
        ("chat", f"PEOPLE:\n- {CHAT}\n- near you now: Ben"),
        ("", "(nothing new)"),
    ],
)
def test_each_kind_tells_people_what_it_is(make_simulation, kind, shown):
    world = TinyWorld("Room", people_of(make_simulation(), "Ada", "Ben"), kind=kind)
    assert news(world.agents[0]) == shown


def test_who_asks_and_who_answers_are_told_each_their_part(make_simulation):
    simulation = make_simulation()
    ivo, *people = people_of(simulation, "Ivo", "Ada", "Ben")
    TinyWorld("Booth", people, kind="interview", interviewer=ivo)
    assert news(ivo) == f"PEOPLE:\n- {INTERVIEW.asking}\n- near you now: Ada, Ben"
    assert news(people[0]) == f"PEOPLE:\n- {INTERVIEW.situation}\n- near you now: Ivo"


def test_no_words_of_a_situation_can_be_taken_for_somebody_speaking():
    for kind in KINDS.values():
        for words in (kind.situation, kind.asking):
            assert ": " not in words
            assert "\n" not in words


@pytest.mark.parametrize("kind", KINDS)
def test_who_leaves_is_told_that_it_is_over(make_simulation, kind):
    simulation = make_simulation()
    world = TinyWorld("Room", people_of(simulation, "Ada", "Ben"), kind=kind)
    ada, ben = world.agents
    world.run(1)
    world.remove_agent(ada)
    alone = "\n- nobody is near you any more" if kind in ("focus_group", "chat") else ""
    assert news(ada) == f"PEOPLE:\n- the {kind.replace('_', ' ')} is over for you{alone}"
    assert news(ben) == ("PEOPLE:\n- nobody is near you any more" if alone else "(nothing new)")
    ada.act()
    assert news(ada) == "(nothing new)"


def test_who_leaves_before_having_been_told_anything_has_nothing_to_be_told(make_simulation):
    world = TinyWorld("Room", people_of(make_simulation(), "Ada", "Ben"), kind="focus_group")
    ada = world.agents[0]
    world.remove_all_agents()
    assert world.agents == []
    assert news(ada) == "(nothing new)"


def test_from_one_world_to_the_next_only_the_new_situation_is_told(make_simulation):
    simulation = make_simulation()
    ada, ben = people_of(simulation, "Ada", "Ben")
    group = TinyWorld("Group", [ada, ben], kind="focus_group")
    group.run(1)
    group.remove_agent(ada)
    TinyWorld("Booth", [ada], kind="survey")
    assert news(ada) == f"PEOPLE:\n- {SURVEY}\n- nobody is near you any more"


def chatty(request: Any, call: Any) -> Any:
    """So much that what memory shows is cut again and again."""
    if call.purpose == "consolidation":
        return {"memories": []}
    return turn(talk(f"{call.person} {call.turn} " + f"word{call.turn} " * 90))


@pytest.mark.parametrize(("kind", "company"), [("focus_group", "near you now: Ben, Cleo"), ("survey", "")])
def test_after_a_cut_the_situation_is_told_again_and_stands_in_every_prompt_once(make_simulation, kind, company):
    simulation = make_simulation(chatty)
    world = TinyWorld("Room", people_of(simulation, "Ada", "Ben", "Cleo"), kind=kind)
    for _ in range(20):
        world.broadcast("And now? " + "Say more, please. " * 20, source="Moderator")
        world.run(1)
    asked = [
        request
        for request, call in simulation.runtime.model_under_test.requests
        if call.person == "Ada" and call.purpose == "turn"
    ]
    situation = KINDS[kind].situation
    told = [place for place, request in enumerate(asked) if situation in request.messages[-1].content]
    assert told[0] == 0
    assert len(told) >= 2
    for request in asked:
        text = "\n".join(message.content for message in request.messages)
        assert text.count(situation) == 1
        assert not company or text.count(company) == 1
        assert "any more" not in text


def test_who_leaves_around_a_cut_is_told_that_it_is_over_all_the_same(make_simulation):
    """The lines that told of it may still be in view, or not."""
    simulation = make_simulation(lambda request, call: turn(talk("Well.")))
    ada, ben = people_of(simulation, "Ada", "Ben")
    for number in range(4):
        ada.listen_and_act(f"{number} " + "words " * 400, "Cleo")
    world = TinyWorld("Room", [ada, ben], kind="focus_group")
    ada.listen_and_act("4 " + "words " * 400, "Cleo")
    world.remove_agent(ada)
    ada.act()
    request, _ = simulation.runtime.model_under_test.requests[-1]
    assert request.messages[1].content.startswith("OMITTED")
    assert any(GROUP in message.content for message in request.messages[:-1])
    assert "- the focus group is over for you\n- nobody is near you any more" in request.messages[-1].content


# -- who is near whom ------------------------------------------------------------------------------------------------


def test_who_comes_later_finds_everything_as_the_others_did_and_they_are_told(make_simulation):
    simulation = make_simulation()
    ada, ben, cleo, dov = people_of(simulation)
    world = TinyWorld("Room", [ada, ben], kind="focus_group")
    world.run(1)
    world.add_agents([cleo, dov])
    assert news(dov) == f"PEOPLE:\n- {GROUP}\n- near you now: Ada, Ben, Cleo"
    assert news(ada) == "PEOPLE:\n- also near you now: Cleo, Dov"
    world.run(1)
    world.remove_agent(ben)
    assert news(ada) == "PEOPLE:\n- no longer near you: Ben"
    assert near(world) == {"Ada": ["Cleo", "Dov"], "Cleo": ["Ada", "Dov"], "Dov": ["Ada", "Cleo"]}
    assert ben.accessible_agents == []


def test_acquaintances_outlast_the_world_and_places_in_it_do_not(make_simulation):
    simulation = make_simulation()
    ada, ben, cleo, _ = people_of(simulation)
    ada.make_agent_accessible(ben, "your brother")
    world = TinyWorld("Room", [ada, ben, cleo], kind="focus_group")
    assert "near you now: Ben (your brother), Cleo" in news(ada)
    world.remove_agent(cleo)
    world.remove_agent(ada)
    assert (ada.accessible_agents, ben.accessible_agents, cleo.accessible_agents) == ([ben], [], [])


def test_whom_one_knows_is_not_near_while_one_fills_in_a_survey(make_simulation):
    simulation = make_simulation()
    ada, ben = people_of(simulation, "Ada", "Ben")
    ada.make_agent_accessible(ben, "your brother")
    ada.act()
    world = TinyWorld("Room", [ada, ben], kind="survey")
    assert news(ada) == f"PEOPLE:\n- {SURVEY}\n- nobody is near you any more"
    ada.act()
    world.remove_all_agents()
    assert news(ada) == "PEOPLE:\n- the survey is over for you\n- near you now: Ben (your brother)"


def test_who_was_near_by_an_earlier_place_is_known_from_there(make_simulation):
    simulation = make_simulation()
    ada, ben, cleo, _ = people_of(simulation)
    yard = TinyWorld("Yard", [ada, ben]).make_everyone_accessible()
    yard.remove_all_agents()
    room = TinyWorld("Room", [ada, cleo], kind="chat")
    assert ada.accessible_agents == [ben, cleo]
    room.remove_all_agents()
    assert ada.accessible_agents == [ben]


def test_who_was_made_inaccessible_stays_so_when_others_come_and_go(make_simulation):
    simulation = make_simulation()
    ada, ben, cleo, dov = people_of(simulation)
    world = TinyWorld("Room", [ada, ben, cleo], kind="focus_group")
    ada.make_agent_inaccessible(ben)
    world.add_agent(dov)
    assert near(world)["Ada"] == ["Cleo", "Dov"]
    world.remove_agent(cleo)
    assert near(world) == {"Ada": ["Dov"], "Ben": ["Ada", "Dov"], "Dov": ["Ada", "Ben"]}
    ada.make_all_agents_inaccessible()
    ada.act()
    assert GROUP in "".join(message.content for message in ada.prompt().messages)
    assert news(ada) == "(nothing new)"


def test_when_whoever_asks_leaves_the_experimenter_is_left_to_ask(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk(f"{call.person} {call.turn}")))
    ivo, ada, ben, cleo = people_of(simulation, "Ivo", "Ada", "Ben", "Cleo")
    world = TinyWorld("Booth", [ada, ben], kind="interview", interviewer=ivo)
    world.run(1)
    world.remove_agent(ivo)
    assert world.interviewer is None
    assert news(ivo).endswith("PEOPLE:\n- the interview is over for you\n- nobody is near you any more")
    assert "- nobody is near you any more" in news(ada)
    inbox = ivo.state.inbox
    world.add_agents([cleo, ivo]).run(1)
    assert near(world) == {"Ada": [], "Ben": [], "Cleo": [], "Ivo": []}
    assert [fact for fact in ivo.memories() if fact.thing in ("Ada", "Ben", "Cleo")] == [
        fact for fact in inbox if fact.thing in ("Ada", "Ben")
    ]


def test_people_who_cannot_all_join_leave_everybody_as_they_were(make_simulation):
    simulation = make_simulation()
    ada, ben, cleo, _ = people_of(simulation)
    world = TinyWorld("Room", [ada, ben], kind="focus_group")
    before = simulation.digest()
    with pytest.raises(DuplicateName, match="two people called 'ADA' in 'Room'"):
        world.add_agents([cleo, TinyPerson("ADA", simulation=simulation)])
    with pytest.raises(ArgumentError, match="'Ada' is in 'Room' already"):
        world.add_agents([cleo, ada])
    simulation["ADA"].listen("hm")
    assert near(world) == {"Ada": ["Ben"], "Ben": ["Ada"]}
    assert cleo.state.ties.occasion is None
    assert [thing.id for thing in simulation] == [*NAMES, "Room", "ADA"]
    assert before != simulation.digest()  # of ADA, who was made
    assert TinyWorld("Elsewhere", [cleo]).agents == [cleo]


def test_who_leaves_in_the_middle_of_a_turn_of_one_who_stays_is_told_to_wait_and_nothing_changes(make_simulation):
    simulation = make_simulation()
    ada, ben, _, _ = people_of(simulation)
    world = TinyWorld("Room", [ada, ben], kind="focus_group")
    before = simulation.digest()

    async def meanwhile() -> None:
        async with simulation.holds(("Ben",)):  # as his turn would
            world.remove_agent(ada)

    with pytest.raises(Busy, match="'Ben' is in the middle of a turn"):
        asyncio.run(meanwhile())
    assert (simulation.digest(), world.agents, simulation.members) == (
        before, [ada, ben], {"Ada": "Room", "Ben": "Room"},
    )  # fmt: skip


moves = st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), max_size=12)


@settings(max_examples=25)
@given(moves, st.sampled_from(sorted(KINDS)))
def test_whoever_is_there_is_near_those_that_the_kind_says_in_whatever_order_they_came(moved, kind):
    with (
        Runtime([ScriptedModel()], autoload=False, model="scripted/any") as runtime,
        Simulation(runtime=runtime) as held,
    ):
        ivo, *people = people_of(held, "Ivo", *NAMES)
        options = {"interviewer": ivo} if kind == "interview" else {}
        world = TinyWorld("Room", kind=kind, simulation=held, **options)
        for name, coming in moved:
            person = held[name]
            if coming and person not in world.agents:
                world.add_agent(person)
            elif not coming and person in world.agents:
                world.remove_agent(person)
        here = [person.name for person in world.agents]
        assert len(here) == len(set(here))
        for person in people:
            ties = person.state.ties
            assert (ties.occasion is not None) == (person.name in here)
            others = {name for name in here if name != person.name} if person.name in here else set()
            if kind == "interview":
                others &= {"Ivo"}
            assert set(ties.near(person.id)) == (set() if kind == "survey" else others)
        if kind == "interview":
            assert set(ivo.state.ties.near("Ivo")) == set(here) - {"Ivo"}
        rosters = {person.state.ties.everyone.digest for person in people if person.state.ties.everyone is not None}
        assert len(rosters) <= 1
