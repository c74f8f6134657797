"""Kinds of worlds: who hears whom in each, whatever a model writes, and what is given beside a kind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError, SimulationError
from troupe_core.events import Fact
from troupe_core.people.memory import Heard
from troupe_core.people.ties import NOBODY as ALONE
from troupe_core.worlds.kinds import KINDS
from troupe_testing import ScriptedModel, reach_out, talk, think, turn

NAMES = ("Ada", "Ben", "Cleo", "Dov")
WRITTEN = (
    *("", "  ", *NAMES, "ada", "BEN", "cle", " Dov\n", "o"),
    *("everyone", "all", "the others", "Moderator", "MODERATOR", "Zoltan"),
)
"""Targets as models write them; *o* is a part of several names, and there is no Zoltan."""
TARGETS = st.sampled_from(WRITTEN)
DEEDS = st.lists(st.tuples(st.sampled_from(["TALK", "TALK", "TALK", "REACH_OUT", "THINK"]), TARGETS), max_size=4)
PROGRAMS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, DEEDS)), min_size=1, max_size=2)
ECHO = re.compile(r"Nobody called '[^']*' can be reached")
Program = list[dict[str, list[tuple[str, str]]]]
SCHEDULES = st.sampled_from([None, "parallel", "sequential", "random"])


def word(person: str, step: int, number: int) -> str:
    """Something that only one person has ever said or thought."""
    return f"{person.lower()}-{step}-{number}"


def run(program: Program, *, asks: str = "", **options: Any) -> tuple[TinyWorld, dict[str, list[str]]]:
    """A world in which people do that, step by step, and then nothing; and whatever each one has noticed."""

    def script(request: Any, call: Any) -> Any:
        if call.turn >= len(program):
            return turn(think("hm"))
        deeds = []
        for number, (kind, target) in enumerate(program[call.turn][call.person]):
            content = word(call.person, call.turn, number)
            deeds.append({"type": kind, "content": content, "target": target})
        return turn(*deeds)

    model = ScriptedModel(script)
    with Runtime([model], autoload=False, model="scripted/any") as runtime, Simulation(runtime=runtime) as simulation:
        people = [TinyPerson(name, simulation=simulation) for name in NAMES]
        asking = next((person for person in people if person.name == asks), None)
        world = TinyWorld("Room", people, interviewer=asking, **options)
        world.broadcast("Well?", source="Moderator")
        world.run(len(program) + 1)
        shown: dict[str, list[str]] = {name: [] for name in NAMES}
        for request, call in model.requests:
            noticed = [message.content for message in request.messages if message.role == "user"]
            shown[str(call.person)].append(ECHO.sub("", "\n".join(noticed)))
        return world, shown


def lived(person: TinyPerson) -> list[Fact]:
    """Everything that a person remembers or is about to perceive."""
    out = list(person.memories())
    for entry in person.state.inbox:
        out.extend([entry] if isinstance(entry, Fact) else entry)
    return out


def heard(world: TinyWorld) -> dict[str, list[tuple[str, str]]]:
    """Of whom each one has heard, and what."""
    return {person.name: [(fact.source, fact.content) for fact in from_others(person)] for person in world.agents}


def from_others(person: TinyPerson) -> list[Fact]:
    return [fact for fact in lived(person) if fact.source in NAMES and fact.thing != person.id]


def said(program: Program, speaker: str, kinds: tuple[str, ...] = ("TALK",)) -> list[tuple[str, str]]:
    """What somebody says in all, and to whom."""
    return [
        (word(speaker, step, number), target.strip())
        for step, deeds in enumerate(program)
        for number, (kind, target) in enumerate(deeds[speaker])
        if kind in kinds
    ]


def told_of(name: str, shown: list[str]) -> bool:
    """Whether the name, or a word that only this person says, has come to somebody who has not written it."""
    return any(name in text or f"{name.lower()}-" in text for text in shown)


# -- survey ----------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(PROGRAMS, SCHEDULES)
def test_in_a_survey_nothing_of_one_person_reaches_another_whatever_a_model_writes(program, schedule):
    world, shown = run(program, kind="survey", schedule=schedule)
    for person in world.agents:
        others = [name for name in NAMES if name != person.name]
        assert [fact for fact in lived(person) if fact.thing in others or fact.source in others] == []
        assert not any(told_of(name, shown[person.name]) for name in others)
        assert person.state.ties.near(person.id) == {}


def test_in_a_survey_nobody_learns_that_others_are_there(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return turn(talk("hello", to="Ben"), reach_out("Zoe"), reach_out(""))

    simulation = make_simulation(script)
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo")]
    TinyWorld("Room", people, kind="survey").run(2)
    first, second = (request for request, call in simulation.runtime.model_under_test.requests if call.person == "Ada")
    for message in (*first.messages, *second.messages):
        assert "Cleo" not in message.content
        assert message.role != "user" or "Ben" not in message.content
    assert "Nobody called 'Zoe' can be reached from here." in second.messages[-1].content


def test_whether_somebody_is_there_or_not_cannot_be_told_from_within_a_survey(make_simulation):
    """Each of the two tries to reach the other; only for one of them there is anybody."""

    def script(request: Any, call: Any) -> Any:
        return turn(reach_out("Ben", "a word"), talk("psst", to="Ben"))

    texts = []
    for names in (("Ada", "Ben"), ("Ada",)):
        simulation = make_simulation(script)
        TinyWorld("Room", [TinyPerson(name, simulation=simulation) for name in names], kind="survey").run(2)
        asked = simulation.runtime.model_under_test.requests
        texts.append([request.plain_messages() for request, call in asked if call.person == "Ada"])
    assert texts[0] == texts[1]


def test_people_of_a_survey_do_not_hear_each_other_through_a_broadcast_either(make_simulation):
    simulation = make_simulation()
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ada, ben], kind="survey")
    with pytest.raises(ArgumentError, match="nobody in 'Room' hears what 'Ada' says"):
        world.broadcast("Psst.", source=ada)
    world.broadcast("How much?", source="Moderator")
    assert [fact.content for fact in lived(ben)] == ["How much?"]


# -- interview -------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(PROGRAMS, st.sampled_from(["", "Cleo"]), SCHEDULES)
def test_in_an_interview_nothing_of_one_who_answers_reaches_another(program, asks, schedule):
    world, shown = run(program, kind="interview", asks=asks, schedule=schedule)
    for person in world.agents:
        others = [name for name in NAMES if name not in (person.name, asks)]
        if person.name == asks:
            continue
        assert [fact for fact in lived(person) if fact.thing in others or fact.source in others] == []
        assert not any(told_of(name, shown[person.name]) for name in others)
        assert set(person.state.ties.near(person.id)) == {asks} - {""}


@settings(max_examples=20)
@given(PROGRAMS, SCHEDULES)
def test_an_interviewer_hears_all_and_each_hears_what_the_interviewer_says_to_all(program, schedule):
    world, _ = run(program, kind="interview", asks="Cleo", schedule=schedule)
    reached = heard(world)
    for name in NAMES:
        if name == "Cleo":
            continue
        told = [content for content, _ in said(program, name)]
        assert [content for source, content in reached["Cleo"] if source == name] == told
        to_all = [content for content, to in said(program, "Cleo") if not to or to.casefold() == "moderator"]
        meant = {"Ada": ("Ada", "ada"), "Ben": ("Ben", "BEN"), "Dov": ("Dov",)}[name]
        expected = [c for c, to in said(program, "Cleo") if c in to_all or to in meant]
        assert sorted(content for source, content in reached[name] if source == "Cleo") == sorted(expected)


def test_who_asks_is_heard_within_the_step_and_the_answer_too(make_simulation):
    def script(request: Any, call: Any) -> Any:
        news = request.messages[-1].content
        if call.person == "Ivo":
            return turn(talk("Why tea?"))
        return turn(talk(f"Because, says {call.person}.")) if "Why tea?" in news else turn(think("Nobody asks."))

    simulation = make_simulation(script)
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]
    ivo = TinyPerson("Ivo", simulation=simulation)
    world = TinyWorld("Booth", people, kind="interview", interviewer=ivo)
    assert [person.name for person in world.agents] == ["Ivo", "Ada", "Ben"]
    assert world.interviewer is ivo
    assert world.state.schedule == "sequential"
    world.run(1)
    assert [fact.content for fact in lived(ivo) if fact.thing != "Ivo" and fact.type == "TALK"] == [
        "Because, says Ada.",
        "Because, says Ben.",
    ]
    world.broadcast("One more.", source=ivo)
    assert [lived(person)[-1].content for person in people] == ["One more.", "One more."]
    world.broadcast("A word, please.", source=people[0])
    assert lived(ivo)[-1].content == "A word, please."
    assert lived(people[1])[-1].content == "One more."


def test_one_who_answers_can_get_in_touch_with_whoever_asks_and_with_nobody_else(make_simulation):
    deeds = {"Ada": [reach_out("ivo", "the contract"), reach_out("Ben", "psst")], "Ben": [], "Ivo": []}
    simulation = make_simulation(lambda request, call: turn(*(deeds[call.person] if call.turn == 0 else [])))
    ivo, ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ivo", "Ada", "Ben"))
    TinyWorld("Booth", [ivo, ada, ben], kind="interview", interviewer=ivo, schedule="parallel").run(1)
    assert lived(ivo)[-1].content == "Ada gets in touch with you: the contract"
    assert [fact.content for fact in lived(ada) if fact.type == "SOCIAL"] == [
        "You have reached Ivo, and can talk now.",
        "Nobody called 'Ben' can be reached from here.",
    ]
    assert [fact for fact in lived(ben) if fact.type == "SOCIAL"] == []
    assert ben.accessible_agents == [ivo]


def test_a_name_that_is_a_part_of_the_interviewers_is_not_somebody_elses(make_simulation):
    deeds = {"Ben": [reach_out("Ana", "psst"), reach_out("a", "psst"), talk("hello", to="Ana")]}
    simulation = make_simulation(lambda request, call: turn(*deeds.get(call.person, [])))
    asks, ana, ben = (TinyPerson(name, simulation=simulation) for name in ("Ana Maria", "Ana", "Ben"))
    TinyWorld("Booth", [ana, ben], kind="interview", interviewer=asks, schedule="parallel").run(1)
    assert [fact.content for fact in lived(ana) if fact.thing in ("Ben", "Ana Maria") or fact.type == "SOCIAL"] == []
    reached = "You have reached Ana Maria, and can talk now."
    assert [fact.content for fact in lived(ben) if fact.type == "SOCIAL"] == [reached, reached]
    assert ana.accessible_agents == ben.accessible_agents == [asks]


# -- focus group and chat ---------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(PROGRAMS, st.sampled_from(["focus_group", "chat"]), SCHEDULES)
def test_in_a_group_what_is_said_to_nobody_in_particular_reaches_everybody_else_once(program, kind, schedule):
    world, _ = run(program, kind=kind, schedule=schedule)
    reached = heard(world)
    for name in NAMES:
        for content, to in said(program, name):
            got = [other for other in NAMES for source, each in reached[other] if (source, each) == (name, content)]
            if not to or to.casefold() == "moderator":
                assert got == [other for other in NAMES if other != name]
            else:
                assert len(got) <= 1
        assert set(world.agents[NAMES.index(name)].state.ties.near(name)) == set(NAMES) - {name}


@pytest.mark.parametrize(("kind", "schedule"), [("focus_group", "parallel"), ("chat", "sequential")])
def test_in_a_chat_people_take_turns_and_in_a_focus_group_they_do_not(make_simulation, kind, schedule):
    simulation = make_simulation(lambda request, call: turn(talk(f"{call.person} {call.turn}")))
    world = TinyWorld("Room", [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")], kind=kind)
    assert world.state.schedule == schedule
    world.run(1)
    (last,) = [r for r, call in simulation.runtime.model_under_test.requests if call.person == "Ben"]
    assert ("Ada 0" in last.messages[-1].content) == (kind == "chat")


# -- what is given beside the kind ------------------------------------------------------------------------------------


def two(simulation: Simulation) -> list[TinyPerson]:
    return [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]


def test_without_a_kind_everything_is_as_it_was(make_simulation):
    world = TinyWorld("Room", two(make_simulation()))
    state = world.state
    assert (world.kind, state.hearing, state.schedule, world.interviewer) == ("", "everybody", "parallel", None)
    assert [person.state.ties for person in world.agents] == [ALONE, ALONE]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schedule_that_is_given_goes_before_that_of_the_kind(make_simulation, kind):
    world = TinyWorld("Room", two(make_simulation()), kind=kind, schedule="random")
    assert (world.kind, world.state.schedule) == (kind, "random")


@pytest.mark.parametrize("kind", KINDS)
def test_words_to_nobody_in_particular_can_be_left_unheard_in_any_kind(make_simulation, kind):
    simulation = make_simulation(lambda request, call: turn(talk("hello")))
    world = TinyWorld("Room", two(simulation), kind=kind, broadcast_if_no_target=False)
    world.run(2)
    assert [said for said in heard(world).values() if said] == []


def test_without_an_interviewer_an_interview_need_not_be_one_after_the_other(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk("well")))
    world = TinyWorld("Room", two(simulation), kind="interview")
    assert (world.state.schedule, world.interviewer) == ("parallel", None)


def test_in_a_survey_words_to_nobody_cannot_be_made_to_be_heard(make_simulation):
    simulation = make_simulation()
    people = two(simulation)
    with pytest.raises(ArgumentError, match=r"kind 'survey' nobody hears anybody.*broadcast_if_no_target"):
        TinyWorld("Room", people, kind="survey", broadcast_if_no_target=True)
    assert "Room" not in simulation
    assert TinyWorld("Room", people, kind="interview", broadcast_if_no_target=True).state.hearing == "everybody"


@pytest.mark.parametrize("kind", ["focus group", "Survey", "party", 5, [], None])
def test_an_unknown_kind_is_an_error_that_names_the_known_ones(make_simulation, kind):
    simulation = make_simulation()
    with pytest.raises(
        ArgumentError, match="kind must be one of focus_group, survey, interview, chat, or left out; got"
    ):
        TinyWorld("Room", two(simulation), kind=kind)
    assert "Room" not in simulation


def test_an_interviewer_is_one_of_the_people_of_an_interview(make_simulation):
    simulation, other = make_simulation(), make_simulation()
    ada, ben = two(simulation)
    with pytest.raises(ArgumentError, match=r"an interviewer in an interview only.*'chat'"):
        TinyWorld("Room", [ada], kind="chat", interviewer=ben)
    with pytest.raises(ArgumentError, match="agent must be a TinyPerson, not 'Ben'"):
        TinyWorld("Room", [ada], kind="interview", interviewer="Ben")  # type: ignore[arg-type]
    with pytest.raises(SimulationError, match="different simulations: Zoe, Ada"):
        TinyWorld("Room", [ada], kind="interview", interviewer=TinyPerson("Zoe", simulation=other))
    assert "Room" not in simulation
    world = TinyWorld("Room", [ada, ben], kind="interview", interviewer=ben)
    assert world.agents == [ben, ada]


@pytest.mark.parametrize("kind", ["survey", "interview"])
def test_people_who_are_kept_apart_cannot_be_put_near_each_other(make_simulation, kind):
    world = TinyWorld("Room", two(make_simulation()), kind=kind)
    with pytest.raises(ArgumentError, match=f"kind '{kind}', in which people are not near each other"):
        world.make_everyone_accessible()


@pytest.mark.parametrize("kind", ["focus_group", "chat"])
def test_where_all_are_near_each_other_saying_so_again_only_brings_back_who_was_left_out(make_simulation, kind):
    world = TinyWorld("Room", two(make_simulation()), kind=kind)
    ada, ben = world.agents
    before = world.simulation.digest()
    assert world.make_everyone_accessible().simulation.digest() == before
    ada.make_agent_inaccessible(ben)
    assert ada.accessible_agents == []
    world.make_everyone_accessible()
    assert ada.accessible_agents == [ben]
    assert ada.state.ties.occasion is not None


@pytest.mark.parametrize("kind", KINDS)
def test_what_many_hear_is_one_value_in_every_kind(make_simulation, kind):
    simulation = make_simulation()
    people = [TinyPerson(f"Person {number}", simulation=simulation) for number in range(20)]
    TinyWorld("Hall", people, kind=kind).broadcast("Mind the step.", source="Usher")
    entries = [entry for person in people for entry in person.state.inbox]
    assert len(entries) == 20
    assert len({id(entry.shared) for entry in entries if isinstance(entry, Heard)}) == 1
    assert len({id(person.state.ties.everyone) for person in people}) == 1


def test_an_interview_needs_somebody_to_be_interviewed(make_simulation):
    with make_simulation():
        world = TinyWorld("Booth", [], kind="interview", interviewer=TinyPerson("Ivo"))
        with pytest.raises(ArgumentError, match="nobody but the interviewer; add people"):
            world.run(1)
