"""Casting people: what is asked, what comes of the answers, and how many questions it takes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from troupe_core import (
    ArgumentError,
    LLMResponse,
    ModelUnavailable,
    People,
    Simulation,
    Substitute,
    TemplatesSpec,
    TinyMentalFaculty,
    TinyPerson,
    TinyPersonFactory,
    TinyTool,
    Uncast,
    action,
    hookimpl,
)
from troupe_core.factories.sparks import LETTERS, spark


def questions(simulation: Simulation) -> list[str]:
    """What was asked, in order."""
    return [request.messages[1].content for request, _ in simulation.runtime.model_under_test.requests]


def test_a_person_is_what_the_model_says_and_nothing_that_is_empty(casting, described):
    with casting(lambda number: described(" Ana  de Lima ", education="  none  ")) as simulation:
        ana = TinyPersonFactory("A choir in Lisbon.").generate_person()
    assert isinstance(ana, TinyPerson)
    assert (ana.name, ana.id) == ("Ana de Lima", "Ana de Lima")
    assert ana["education"] == "none"
    assert ana["occupation"] == {"title": "baker", "description": "loaves from three in the morning"}
    assert ana["behaviors.routines"] == {"morning": ("up at two",)}
    assert not {"health", "relationships"} & set(ana.persona)
    assert list(ana.persona)[:3] == ["name", "age", "gender"]
    assert simulation["Ana de Lima"] is ana


def test_one_call_a_person_with_all_that_it_depends_on(casting):
    with casting() as simulation:
        factory = TinyPersonFactory("A choir in Lisbon.", population_size=8)
        people = factory.generate_people(3, "Sings bass.", 0.7)
        factory.generate_person(temperature=None)
    assert [person.name for person in people] == ["Person 1", "Person 2", "Person 3"]
    assert factory.generated_names == ["Person 1", "Person 2", "Person 3", "Person 4"]
    requests = simulation.runtime.model_under_test.requests
    assert len(requests) == 4
    assert [(call.purpose, call.person, call.turn) for _, call in requests] == [
        ("casting", "Factory 1", number) for number in range(4)
    ]
    assert [request.parameters.temperature for request, _ in requests] == [0.7, 0.7, 0.7, None]
    assert all(request.schema_name == "persona" for request, _ in requests)
    assert len({request.messages[0].content for request, _ in requests}) == 1  # a provider keeps it for all of them
    *first, last = questions(simulation)
    for number, text in enumerate(first, 1):
        assert "# Context\n\nA choir in Lisbon.\n" in text
        assert "\n\nSings bass.\n" in text
        assert f"\n- number: {number} of 8\n" in text
        assert "There already" not in text
        assert "lots" not in text
    assert "bass" not in last
    assert last.count("\n- Person") == 3  # who is there already


def test_nothing_else_that_goes_on_reaches_a_question(casting):
    def asked(before: int, batches: tuple[int, ...], **options: Any) -> list[str]:
        with casting(**options) as simulation:
            for number in range(before):
                TinyPerson(f"Stranger {number}")
            factory = TinyPersonFactory("A choir in Lisbon.")
            for number in batches:
                factory.generate_people(number)
        return questions(simulation)

    usual = asked(0, (12,))
    assert asked(5, (12,)) == usual
    assert sorted(asked(0, (12,), max_in_flight=1)) == sorted(usual)
    assert set(usual) < set(asked(0, (20,)))  # more of them are those, and others
    assert set(asked(0, (12,), seed=1)).isdisjoint(usual)
    assert asked(0, (4, 8))[:4] == usual[:4]


def test_each_number_is_nudged_in_its_own_way():
    sparks = [spark(7, "Factory 1", number) for number in range(1, len(LETTERS) ** 2 + 1)]
    assert len({(each.given, each.family) for each in sparks}) == len(sparks)
    assert len({each.temper for each in sparks}) == 10
    assert len({each.mind for each in sparks}) == 12
    assert spark(7, "Factory 1", 3) == sparks[2]
    assert spark(7, "Factory 2", 3) != sparks[2] != spark(8, "Factory 1", 3)


def test_the_lots_of_a_group_are_spread_evenly():
    for size in (10, 50, 200):
        for place in range(6):
            drawn = sorted(int(spark(1, "Factory 1", number).lots.split()[place]) for number in range(1, size + 1))
            shares = [sum(low <= lot < low + 25 for lot in drawn) / size for low in (0, 25, 50, 75)]
            assert all(abs(share - 0.25) <= 2 / size + 0.02 for share in shares), (size, place, shares)


def test_a_name_that_is_taken_is_asked_for_again_with_what_was_wrong(casting, attempt_of, described, make_simulation):
    def script(request: Any, call: Any) -> Any:
        names = [["Ana Lima", "ANA LIMA", "Ada"], ["Bo", "Cy", "Dee"], ["Bo", "Cy", "Eve"]]
        return described(names[attempt_of(request) - 1][call.turn])

    with make_simulation(script) as simulation:
        TinyPerson("Ada")
        factory = TinyPersonFactory("A choir.")
        people = factory.generate_people(3)
    assert [person.name for person in people] == ["Ana Lima", "Cy", "Dee"]
    assert factory.failures == []
    assert len(questions(simulation)) == 5
    *_, second, third = questions(simulation)
    assert second.endswith("# Attempt 2\n\nWrong before:\n- the name ANA LIMA is taken\n\nTaken: Ada, Ana Lima\n")
    assert "the name Ada is taken" in third


def test_names_that_nobody_could_tell_apart_are_the_same(casting):
    names = {1: "Zoë Straße", 2: "ZOE\u0308 STRASSE", 3: "Zoe\u0308 Straße", 4: "Zoe Strasse"}
    with casting(names.get):
        factory = TinyPersonFactory("A choir.")
        people = factory.generate_people(4, attempts=1)
    assert [person.name for person in people] == ["Zoë Straße", "Zoe Strasse"]
    assert [(failure.ordinal, failure.attempts) for failure in factory.failures] == [(2, 1), (3, 1)]


def test_a_thing_of_another_kind_has_its_name_too(casting):
    with casting(lambda number: "factory 1"):
        factory = TinyPersonFactory("A choir.")
        assert factory.generate_person(attempts=2) is None


def test_names_that_are_exhausted_come_to_nobody_and_the_reasons_are_kept(casting, caplog):
    with casting(lambda number: "Ana Lima") as simulation:
        factory = TinyPersonFactory("A choir.")
        ana = factory.generate_person()
        assert ana is not None
        assert factory.generate_person(attempts=3) is None
    assert factory.failures == [Uncast(2, 3, ("the name Ana Lima is taken",) * 3)]
    assert "Factory 1: casting failed: number 2, in 3 attempts: the name Ana Lima is taken" in caplog.text
    assert len(questions(simulation)) == 4
    assert len(set(questions(simulation))) == 4
    assert len(simulation) == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "  "}, "name is empty"),
        ({"name": "x" * 201}, "a name of 201 characters"),
        ({"age": 200}, "Expected `int` <= 120"),
        ({"skills": [], "style": " "}, "nothing is said under style, skills"),
        ({"other_facts": ["a" * 30_000]}, "bytes; say the same in less than 20,000"),
        ({"occupation": "baker"}, "Expected `object`"),
    ],
)
def test_an_answer_that_cannot_be_used_is_corrected_at_once(casting, described, wrong, told):
    answers = [{**described("Ana Lima"), **wrong}, described("Ana Lima")]
    with casting(lambda number: answers.pop(0)) as simulation:
        ana = TinyPersonFactory("A choir.").generate_person(attempts=1)
    assert ana is not None
    _, (again, _) = simulation.runtime.model_under_test.requests
    assert told in again.messages[-1].content


def test_after_two_such_answers_it_is_another_attempt(casting, described):
    answers: list[Any] = [*map(LLMResponse, ("No.", "No!", "I would rather not.")), described("Ana Lima")]
    with casting(lambda number: answers.pop(0)) as simulation:
        factory = TinyPersonFactory("A choir.")
        assert factory.generate_person() is not None
    assert factory.failures == []
    asked = questions(simulation)
    assert "# Attempt" not in asked[0]
    assert re.search(r"# Attempt 2\n\nWrong before:\n- it could not be used: .*JSON", asked[2])


class Humming(TinyMentalFaculty):
    """You can hum."""

    @action
    def hum(self, turn: Any) -> None:
        """hum."""


class Whistle(TinyTool):
    """You have a whistle."""

    @action
    async def whistle(self, call: Any) -> str:
        """whistle."""
        return "It is loud."


@pytest.mark.parametrize("given", [list, iter])
def test_everybody_is_made_with_what_is_given_besides(casting, given):
    with casting():
        factory = TinyPersonFactory("A choir.")
        people = factory.generate_people(
            2, mental_faculties=given([Humming]), tools=given([Whistle]), model="scripted/own"
        )
    for person in people:
        assert [tool for tool in person.state.faculties if "whistle" in tool]
        assert "humming" in person.state.faculties
        assert person.state.model == "scripted/own"


def test_a_population_is_filled_and_then_complete(casting):
    with casting(lambda number: "Ana Lima" if number in (1, 2) else f"Person {number}") as simulation:
        factory = TinyPersonFactory("A choir.", population_size=4)
        assert len(factory.generate_people(attempts=1)) == 3  # two want the same name
        assert [person.name for person in factory.generate_people()] == ["Person 5"]
        nobody = factory.generate_people()
        assert isinstance(nobody, People)
        assert nobody == []
        with pytest.raises(ArgumentError, match=r"1 person was asked for .*, of whom 4 are there: for more, make"):
            factory.generate_person()
    assert simulation.usage.calls == 5


def test_more_than_are_missing_is_told_with_what_to_do(casting):
    with casting() as simulation:
        factory = TinyPersonFactory("A choir.", population_size=2)
        with pytest.raises(ArgumentError) as told:
            factory.generate_people(5)
        assert str(told.value) == (
            "5 people were asked for of Factory 1, whose population is 2, of whom 0 are there: ask for at most 2, or "
            "make a factory with a larger population_size"
        )
        factory.generate_person()
        with pytest.raises(ArgumentError, match=r"2 people were asked for .*of whom 1 is there: ask for at most 1"):
            factory.generate_people(2)
    assert simulation.usage.calls == 1


def test_a_set_of_templates_may_ask_in_other_words(make_runtime, described):
    class Curt:
        @hookimpl
        def troupe_register_templates(self) -> Any:
            yield TemplatesSpec("curt", {"casting": "{{{context}}} No. {{{number}}}", "person": "Who?"})

    runtime = make_runtime(lambda request, call: described("Ana Lima"), plugins=[Curt()], config={"templates": "curt"})
    with Simulation(runtime=runtime):
        TinyPersonFactory("Choir.").generate_person()
    ((request, _),) = runtime.model_under_test.requests
    assert [message.content for message in request.messages] == ["Who?", "Choir. No. 1"]
    assert TinyPersonFactory.person_prompt_template_path == "casting"


def test_braces_of_a_context_are_no_template(casting):
    with casting() as simulation:
        TinyPersonFactory("{{number}} {{{number}}} & <b>").generate_person("{{#again}}")
    (text,) = questions(simulation)
    assert "{{number}} {{{number}}} & <b>\n" in text
    assert "\n{{#again}}\n" in text


def test_a_factory_knows_for_whom_another_model_was_asked_and_so_does_its_journal(make_runtime, described, tmp_path):
    def script(request: Any, call: Any) -> Any:
        if request.model == "best" and call.turn == 1:
            return ModelUnavailable("down", status=503)
        return described(f"Person {call.turn + 1}")

    runtime = make_runtime(script, model=["scripted/best", "scripted/cheap"])
    with Simulation(tmp_path / "people.db", runtime=runtime) as simulation:
        factory = TinyPersonFactory("Lisbon", simulation=simulation)
        factory.generate_people(3)
    expected = {"Person 2": Substitute("scripted/cheap", "scripted/best", "ModelUnavailable: down")}
    assert factory.substitutes == expected
    with Simulation.resume(tmp_path / "people.db", runtime=runtime) as resumed:
        assert resumed["Factory 1"].substitutes == expected
