"""A world's run from end to end: who acts, who hears whom, what the clock shows."""

from __future__ import annotations

from datetime import timedelta

from troupe_core import TinyPerson, TinyWorld
from troupe_testing import reach_out, talk, think, turn


def heard(person: TinyPerson) -> list[str]:
    """What has reached a person, also what it has not had a turn about yet."""
    waiting = [fact for entry in person.state.inbox for fact in ([entry] if hasattr(entry, "content") else entry)]
    return [fact.content for fact in [*person.memories(), *waiting] if fact.thing != person.id]


def test_a_talk_without_target_reaches_everybody_but_the_speaker(make_simulation):
    simulation = make_simulation(lambda request, call: turn(think("hm"), talk(f"{call.person} was here")))
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo")]
    world = TinyWorld("Room", people)
    report = world.run(1)
    assert (report.steps, report.turns, report.failures) == (1, 3, ())
    assert heard(people[0]) == ["Ben was here", "Cleo was here"]
    assert heard(people[2]) == ["Ada was here", "Ben was here"]


def test_in_a_survey_a_talk_without_target_reaches_nobody(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk("four of five")))
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]
    TinyWorld("Survey", people, broadcast_if_no_target=False).run(2)
    assert heard(people[0]) == heard(people[1]) == []


def test_who_answers_a_moderator_is_heard_by_all_who_were_asked(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk(f"{call.person} would buy it", to="moderator")))
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Focus group", [ada, ben])
    world.broadcast("Would you buy it?", source="Moderator")
    world.run(1)
    assert heard(ada) == ["Would you buy it?", "Ben would buy it"]
    assert [fact for fact in simulation.facts if fact.type == "SOCIAL"] == []


def test_in_a_survey_the_answer_to_whoever_asks_stays_between_the_two(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk("four of five", to="Moderator")))
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Survey", [ada, ben], broadcast_if_no_target=False)
    world.broadcast("How much?", source="Moderator")
    world.run(1)
    assert heard(ada) == heard(ben) == ["How much?"]
    assert [fact.content for fact in simulation.facts if fact.type == "TALK"] == ["four of five", "four of five"]


def test_a_fact_reads_as_a_line_of_a_transcript(make_simulation):
    simulation = make_simulation(lambda request, call: turn(think("a bike?"), talk("Ask Ivo.", to="Ben")))
    ada = TinyPerson("Ada", simulation=simulation)
    ada.listen_and_act("What does it cost?", source="Ben")
    assert [str(fact) for fact in simulation.facts] == [
        "Ben: What does it cost?",
        "Ada [THINK]: a bike?",
        "Ada → Ben: Ask Ivo.",
    ]
    assert [fact.target for fact in simulation.facts if fact.kind == "stimulus"] == ["Ada"]
    assert all(bytes.fromhex(fact.cite) == fact.id for fact in simulation.facts)


def test_reaching_out_makes_two_people_accessible_to_each_other_and_tells_both(make_simulation):
    simulation = make_simulation(
        lambda request, call: turn(reach_out("ben", "about the soup")) if call.person == "Ada" else turn()
    )
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    TinyWorld("Town", [ada, ben]).run(1)
    assert ada.accessible_agents == [ben]
    assert ben.accessible_agents == [ada]
    assert heard(ben) == []  # it is a stimulus of his own, made for him
    assert [fact.content for fact in simulation.facts if fact.type == "SOCIAL"] == [
        "Ada gets in touch with you: about the soup",
        "You have reached Ben, and can talk now.",
    ]


def test_the_clock_moves_before_people_act_and_stands_in_their_prompt(make_simulation):
    simulation = make_simulation()
    world = TinyWorld("Office", [TinyPerson("Ada", simulation=simulation)], initial_datetime="2026-03-02T09:00")
    world.run(2, timedelta(hours=3))
    prompts = [request.messages[-1].content for request, _ in simulation.runtime.model_under_test.requests]
    assert "It is Monday 2 March 2026, 12:00." in prompts[0]
    assert "It is Monday 2 March 2026, 15:00." in prompts[1]
