"""Between people: who is meant by a name, who hears what, in which order, and what a speaker nobody heard is told."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import EpisodicMemory, TinyPerson, TinyWorld
from troupe_core.errors import DuplicateName
from troupe_core.events import ACTION, Fact
from troupe_core.people.memory import Heard
from troupe_core.people.persona import Persona
from troupe_core.people.state import PersonState
from troupe_core.worlds.delivery import Delivery, Names, Rules
from troupe_core.worlds.kinds import NEAR, NOBODY
from troupe_testing import reach_out, talk, think, turn

# -- who is meant ----------------------------------------------------------------------------------------------------

LETTERS = "aAbBßSsÇçİi é山"
names = st.lists(st.text(LETTERS, min_size=1, max_size=5).map(str.strip).filter(bool), unique=True, max_size=6)


def meant(people: dict[str, str], target: str) -> str | None:
    """The rule, as the issue has it: the name; in other letters, if only one has it so; a part that only one has."""
    target = target.strip()
    for test in (
        lambda name: name == target,
        lambda name: name.casefold() == target.casefold(),
        lambda name: bool(target) and target.casefold() in name.casefold(),
    ):
        found = [id for id, name in people.items() if test(name)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


@given(names, st.text(LETTERS, max_size=5))
def test_a_name_is_found_exactly_then_in_other_letters_then_by_a_part_that_only_one_has(known, target):
    people = {f"id-{place}": name for place, name in enumerate(known)}
    found = Names(people)
    assert found.find(target) == meant(people, target)
    for id, name in people.items():  # whoever has exactly that name is meant by it, whatever the others are called
        assert found.find(name) == found.find(f"  {name}\n") == id


@given(names.filter(bool), st.data())
def test_who_is_meant_does_not_depend_on_the_order_of_people_nor_on_what_was_looked_up_before(known, data):
    target = data.draw(st.one_of(st.sampled_from(known).map(str.swapcase), st.text(LETTERS, max_size=3)))
    people = {f"id-{place}": name for place, name in enumerate(known)}
    shuffled = dict(data.draw(st.permutations(list(people.items()))))
    used = Names(people)
    first = used.find(target)
    assert Names(shuffled).find(target) == used.find(target) == first


@pytest.mark.parametrize(
    ("target", "id"),
    [
        ("Ana", "1"),
        ("ana", "1"),
        ("ANA MARIA", "2"),
        ("maria", "2"),
        ("an", None),  # a part of several
        ("STRASSE", "4"),
        ("straße", "4"),
        ("", None),
        ("   ", None),
        ("Zoltan", None),
        ("Ana, Anton", None),
    ],
)
def test_names_as_models_write_them(target, id):
    people = {"1": "Ana", "2": "Ana Maria", "3": "Anton", "4": "Frau Straße"}
    assert Names(people).find(target) == id


# -- who hears what --------------------------------------------------------------------------------------------------

PEOPLE = ("Ada", "Ben", "Cleo", "Dov")
KIND = EpisodicMemory()


def states() -> dict[str, PersonState]:
    return {name: PersonState(name, name, Persona.of({"name": name}), KIND, KIND.start()) for name in PEOPLE}


def act(kind: str, speaker: str, number: int, target: str) -> Fact:
    return Fact.of(speaker.encode(), number, ACTION, kind, speaker, speaker, f"{speaker} {number}", target=target)


kinds = st.sampled_from(["TALK", "TALK", "TALK", "REACH_OUT", "THINK", "RECALL"])
targets = st.sampled_from(["", "  ", "Ada", "BEN", "cle", "Dov", "Zoltan", "o"])  # o: a part of Cleo and of Dov
wanted = st.lists(st.tuples(kinds, targets), max_size=5)
steps = st.fixed_dictionaries(dict.fromkeys(PEOPLE, wanted))

MEANT = {"Ada": "Ada", "BEN": "Ben", "cle": "Cleo", "Dov": "Dov"}


def delivered(step: dict[str, list[tuple[str, str]]], broadcast: bool) -> tuple[dict[str, PersonState], Delivery]:
    """Everybody afterwards; `step` holds what each one does."""
    people = states()
    delivery = Delivery(people, Rules() if broadcast else Rules(NOBODY), None)
    for speaker, acts in step.items():
        delivery.add(speaker, [act(kind, speaker, n, target) for n, (kind, target) in enumerate(acts)])
    return {**people, **delivery.changed()}, delivery


def perceived(state: PersonState) -> list[str]:
    out: list[Fact] = []
    for entry in state.inbox:
        out.extend([entry] if isinstance(entry, Fact) else entry)
    return [fact.content for fact in out]


def expected(step: dict[str, list[tuple[str, str]]], broadcast: bool) -> dict[str, list[str]]:
    """The rules once more, as one loop over everything that is done, in person order and then action order."""
    out: dict[str, list[str]] = {name: [] for name in PEOPLE}
    for speaker, acts in step.items():
        for number, (kind, target) in enumerate(acts):
            said, hearer = f"{speaker} {number}", MEANT.get(target)
            if kind == "TALK" and not target.strip():
                for name in PEOPLE if broadcast else ():
                    if name != speaker:
                        out[name].append(said)
            elif kind in ("TALK", "REACH_OUT") and hearer is None:
                others = ", ".join(name for name in PEOPLE if name != speaker)
                nobody = f"Nobody is called {target.strip()!r} here; that reached no one. Here are: {others}."
                out[speaker].append(nobody)
            elif hearer == speaker:
                continue
            elif kind == "TALK":
                out[hearer].append(said)
            elif kind == "REACH_OUT":
                out[hearer].append(f"{speaker} gets in touch with you: {said}")
                out[speaker].append(f"You have reached {hearer}, and can talk now.")
    return out


@given(steps, st.booleans())
def test_everybody_perceives_what_is_meant_for_them_in_person_order_and_then_action_order(step, broadcast):
    after, _ = delivered(step, broadcast)
    assert {name: perceived(state) for name, state in after.items()} == expected(step, broadcast)


@given(steps, st.booleans())
def test_who_is_reached_by_nothing_keeps_the_very_same_state(step, broadcast):
    people = states()
    delivery = Delivery(people, Rules() if broadcast else Rules(NOBODY), None)
    for speaker, acts in step.items():
        delivery.add(speaker, [act(kind, speaker, n, target) for n, (kind, target) in enumerate(acts)])
    untouched = {name for name, heard in expected(step, broadcast).items() if not heard}
    assert set(delivery.changed()) == set(PEOPLE) - untouched


@given(steps, st.booleans())
def test_what_happens_in_delivering_is_on_record_once_and_talk_itself_is_not_recorded_twice(step, broadcast):
    _, delivery = delivered(step, broadcast)
    ids = [fact.id for fact in delivery.facts]
    assert len(ids) == len(set(ids))
    assert all(fact.kind == "stimulus" and fact.type == "SOCIAL" for fact in delivery.facts)
    told = [said for heard in expected(step, broadcast).values() for said in heard if not said[-1].isdigit()]
    assert sum(fact.content[-1] == "." for fact in delivery.facts) == len(told)


@given(steps)
def test_two_have_met_after_one_of_them_reached_out_and_nobody_else_has(step):
    after, _ = delivered(step, True)
    met = {frozenset((speaker, MEANT[target])) for speaker, acts in step.items() for kind, target in acts
           if kind == "REACH_OUT" and MEANT.get(target, speaker) != speaker}  # fmt: skip
    for name, state in after.items():
        assert set(state.ties.near(name)) == {other for pair in met if name in pair for other in pair - {name}}


@given(st.lists(st.lists(st.just(("TALK", "")), max_size=3), min_size=4, max_size=4))
def test_what_is_said_to_all_in_a_step_is_one_value_for_all_who_hear_it(acts):
    after, _ = delivered(dict(zip(PEOPLE, acts, strict=True)), True)
    shared = {id(entry.shared) for state in after.values() for entry in state.inbox if isinstance(entry, Heard)}
    assert len(shared) == (1 if any(acts) else 0)
    assert all(isinstance(entry, Heard) for state in after.values() for entry in state.inbox)


@given(st.fixed_dictionaries(dict.fromkeys(PEOPLE, st.sets(st.sampled_from(PEOPLE)))), st.sampled_from(PEOPLE))
def test_where_only_those_near_hear_what_is_said_to_nobody_in_particular_it_is_they_who_do(near, speaker):
    people = states()
    for name in PEOPLE:
        for other in sorted({*near[name], "Zoltan"} - {name}):  # Zoltan is not there
            people[name] = people[name].changed(ties=people[name].ties.meet(other, other))
    delivery = Delivery(people, Rules(NEAR), None)
    delivery.add(speaker, [act("TALK", speaker, 0, "")])
    assert set(delivery.changed()) == near[speaker] - {speaker}


# -- in a world ------------------------------------------------------------------------------------------------------


def once(deeds: dict[str, list[dict[str, Any]]]) -> Any:
    """A script: what each one does in the first turn; afterwards everybody is silent."""

    def script(request: Any, call: Any) -> Any:
        return turn(think("hm"), *(deeds.get(call.person, []) if call.turn == 0 else []))

    return script


def world_of(make_simulation: Any, deeds: dict[str, list[dict[str, Any]]], **options: Any) -> tuple[TinyWorld, Any]:
    simulation = make_simulation(once(deeds))
    people = [TinyPerson(name, simulation=simulation) for name in PEOPLE]
    return TinyWorld("Room", people, **options), simulation


@pytest.mark.parametrize("broadcast", [True, False])
def test_a_talk_with_a_target_reaches_only_its_target(make_simulation, broadcast):
    world, simulation = world_of(
        make_simulation, {"Ada": [talk("for you alone", to="cleo")]}, broadcast_if_no_target=broadcast
    )
    world.run(2)
    told = [call.person for request, call in simulation.runtime.model_under_test.requests
            if "for you alone" in request.messages[-1].content]  # fmt: skip
    assert told == ["Cleo"]


@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
def test_what_somebody_was_told_is_not_said_again_by_them(make_simulation, schedule):
    deeds = {"Ada": [talk("to all"), talk("to Ben", to="Ben")], "Cleo": [talk("to all too")]}
    world, _ = world_of(make_simulation, deeds, schedule=schedule)
    world.run(4)
    for person in world.agents:
        own = {"Ada": ["to all", "to Ben"], "Cleo": ["to all too"]}.get(person.name, [])
        heard = [said for said in ("to all", "to Ben", "to all too") if said not in own]
        heard = [said for said in heard if said != "to Ben" or person.name == "Ben"]
        talks = [fact for fact in person.memories() if fact.type == "TALK"]
        assert [fact.content for fact in talks if fact.thing == person.id] == own
        assert sorted(fact.content for fact in talks if fact.thing != person.id) == sorted(heard)


def test_what_a_person_does_is_not_what_others_have_said_to_it(make_simulation):
    world, _ = world_of(make_simulation, {"Ada": [talk("do answer", to="Ben")], "Ben": []})
    world.run(1)
    assert [fact.content for fact in world.agents[1].act()] == ["hm"]


@pytest.mark.parametrize("broadcast", [True, False])
@pytest.mark.parametrize("deed", [talk("hello?", to="Zoltan"), reach_out("Zoltan", "hello?")])
def test_words_for_somebody_who_is_not_there_come_back_to_the_speaker_and_reach_nobody(
    make_simulation, broadcast, deed
):
    world, simulation = world_of(make_simulation, {"Ben": [deed]}, broadcast_if_no_target=broadcast)
    world.run(2)
    note = "Nobody is called 'Zoltan' here; that reached no one. Here are: Ada, Cleo, Dov."
    second = {call.person: request.messages[-1].content for request, call in
              simulation.runtime.model_under_test.requests if call.turn == 1}  # fmt: skip
    assert f"SOCIAL:\n- {note}" in second["Ben"]
    assert all("(nothing new)" in second[name] for name in PEOPLE if name != "Ben")
    assert [fact.thing for fact in simulation.facts if fact.content == note] == ["Ben"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_people_reach_each_other_however_the_accents_of_their_names_are_written(make_simulation, form, written):
    """Also in other letters, and by a part of the name."""
    rene, zoe = (normalize(form, name) for name in ("René Müller", "Zoë"))

    def script(request: Any, call: Any) -> Any:
        if call.person == normalize("NFC", "Zoë"):
            return turn(*(talk(f"to {to}", to=normalize(written, to)) for to in ("René Müller", "RENÉ MÜLLER", "René")))
        return turn(talk("to Zoë", to=normalize(written, "Zoë")))

    simulation = make_simulation(script)
    people = [TinyPerson(name, simulation=simulation) for name in (rene, zoe)]
    with pytest.raises(DuplicateName):
        TinyPerson(normalize(written, "Zoë"), simulation=simulation)
    world = TinyWorld("Room", people)
    world.run(1)
    heard = [perceived(person.state) for person in people]
    assert heard == [["to René Müller", "to RENÉ MÜLLER", "to René"], ["to Zoë"]]
    assert world.get_agent_by_name(normalize("NFC", "Zoë")) is people[1]


def test_a_broadcast_is_one_value_however_many_hear_it(make_simulation):
    simulation = make_simulation()
    people = [TinyPerson(f"Person {number}", simulation=simulation) for number in range(50)]
    TinyWorld("Hall", people).broadcast("Mind the step.", source="Usher")
    entries = [person.state.inbox for person in people]
    assert all(len(inbox) == 1 for inbox in entries)
    assert len({id(inbox[0].shared) for inbox in entries}) == 1
    assert [fact.content for fact in simulation.facts] == ["Mind the step."]


def test_a_person_who_broadcasts_does_not_hear_it(make_simulation):
    world, simulation = world_of(make_simulation, {})
    ada, *others = world.agents
    world.broadcast("Dinner!", source=ada)
    assert ada.state.inbox == ()
    assert [perceived(person.state) for person in others] == [["Dinner!"]] * 3
    assert [(fact.source, fact.content) for fact in simulation.facts] == [("Ada", "Dinner!")]
    world.run(1)
    first = {call.person: request.messages[-1].content for request, call in
             simulation.runtime.model_under_test.requests}  # fmt: skip
    assert "Dinner!" not in first["Ada"]
    assert all("- Ada: Dinner!" in first[name] for name in PEOPLE[1:])
