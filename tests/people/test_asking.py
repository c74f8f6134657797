"""Asking people: rows with confidence and evidence, from one call each; nothing changes by it, or it is remembered."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    ArgumentError,
    AskingStopped,
    AuthenticationError,
    Budget,
    BudgetExceeded,
    Busy,
    LLMResponse,
    ModelUnavailable,
    OutputError,
    People,
    Runtime,
    Scale,
    Simulation,
    SimulationEnded,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Transcript,
    action,
)
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, constant, do, quiet, reply, talk, think, turn

FIELDS = {"rating": Scale(1, 5), "would_buy": ["yes", "no", "maybe"]}


def answers(request, call):
    if call.purpose != "ask":
        return turn(think("Hm."), talk(f"{call.person} is here.")) if call.purpose == "turn" else quiet(request, call)
    if "fields" not in request.schema["properties"]:
        return reply(f"{call.person} would rather not say.")
    return reply(f"Four, says {call.person}.", "Not bad.", rating=4, would_buy="maybe")


@pytest.fixture
def simulation(make_simulation):
    with make_simulation(answers) as made:
        yield made


def everybody(simulation, questions, fields=None, **manner):
    return People(simulation).ask(questions, fields, **manner)


def test_a_row_has_what_was_said_and_what_was_ticked_with_confidence_and_evidence(simulation):
    ada = TinyPerson("Ada", "a retired nurse")
    row = ada.ask("Would you buy it?", fields=FIELDS)
    assert dict(row) == {"answer": "Four, says Ada.", "rating": 4, "would_buy": "maybe"}
    assert row.confidence == {"answer": 1.0, "rating": 0.8, "would_buy": 0.8}
    assert row.of == "Ada"
    assert row.asked == "Would you buy it?"
    for field in row:
        assert [str(fact) for fact in row.evidence[field]] == [
            "Interviewer: Would you buy it?",
            "Ada → Interviewer: Four, says Ada.",
        ]
    plain = row.plain()
    assert plain["asked"] == "Would you buy it?"
    assert plain["evidence"]["rating"][1]["id"] == row.evidence["rating"][1].cite


def test_words_are_enough(simulation):
    row = TinyPerson("Ada").ask("How are you?")
    assert dict(row) == {"answer": "Ada would rather not say."}


def test_it_takes_one_call(simulation):
    TinyPerson("Ada").ask("Would you buy it?", fields=FIELDS)
    assert simulation.runtime.model_under_test.calls == 1
    assert simulation.meter.purposes()["ask"].calls == 1


def test_nothing_changes_by_it(simulation):
    ada = TinyPerson("Ada")
    ada.listen("The bus is late.", source="Ben")
    before, facts = simulation.digest(), list(simulation.facts)
    ada.ask("Would you buy it?", fields=FIELDS)
    ada.ask(["Would you?", "Why not?"])
    assert simulation.digest() == before
    assert list(simulation.facts) == facts
    assert not ada.memories()


def test_what_has_reached_the_person_counts(simulation):
    ada = TinyPerson("Ada")
    ada.listen_and_act("It costs four euros.", source="Ben")
    ada.listen("And it is cold.", source="Ben")
    ada.ask("Would you buy it?")
    messages = simulation.runtime.model_under_test.requests[-1][0].messages
    assert "It costs four euros." in messages[1].content
    news = messages[-1].content.partition("\n\n")[0]
    assert news == "CONVERSATION:\n- Ben: And it is cold.\n- Interviewer: Would you buy it?"


def test_the_rules_are_the_same_bytes_as_in_a_turn(simulation):
    """A provider's prompt cache serves both."""
    ada = TinyPerson("Ada")
    ada.act()
    ada.ask("Would you buy it?", fields=FIELDS)
    (first, _), (second, _) = simulation.runtime.model_under_test.requests
    assert first.messages[0].content == second.messages[0].content


def test_what_is_remembered_is_a_turn(simulation):
    ada = TinyPerson("Ada")
    row = ada.ask("Would you buy it?", fields=FIELDS, remember=True)
    assert ada.state.turns == 1
    assert [str(fact) for fact in ada.memories() if fact.thing] == [
        "Interviewer: Would you buy it?",
        "Ada [THINK]: Not bad.",
        "Ada → Interviewer: Four, says Ada.",
    ]
    assert set(row.evidence["rating"]) <= set(simulation.facts)
    assert "Would you buy it?" in str(Transcript.of(ada))
    ada.ask("And at half the price?")
    history = simulation.runtime.model_under_test.requests[-1][0].messages
    assert [message.role for message in history] == ["system", "user", "assistant", "user"]
    assert history[1].content == "CONVERSATION:\n- Interviewer: Would you buy it?"
    assert "Four, says Ada." in history[2].content


def test_an_aside_and_a_turn_give_their_facts_the_same_names(simulation):
    ada = TinyPerson("Ada")
    aside = ada.ask("Would you buy it?", fields=FIELDS)
    remembered = ada.ask("Would you buy it?", fields=FIELDS, remember=True)
    assert [fact.id for fact in aside.evidence["rating"]] == [fact.id for fact in remembered.evidence["rating"]]


def test_several_questions_are_asked_each_for_itself(simulation):
    ada = TinyPerson("Ada")
    results = ada.ask(["Would you buy it?", "Why not?"], fields=FIELDS)
    assert [row.asked for row in results] == ["Would you buy it?", "Why not?"]
    for request, _ in simulation.runtime.model_under_test.requests:
        assert len(request.messages) == 2
    assert "asked" in str(results).splitlines()[0]


def test_several_that_are_remembered_follow_one_another(simulation):
    ada = TinyPerson("Ada")
    ada.ask(["Would you buy it?", "Why not?"], fields=FIELDS, remember=True)
    assert [len(request.messages) for request, _ in simulation.runtime.model_under_test.requests] == [2, 4]
    assert ada.state.turns == 2


def test_replicates_are_several_answers_to_one_question(make_simulation):
    drawn = []

    def script(request, call):
        drawn.append(request.draw)
        return reply(f"Number {request.draw}.")

    with make_simulation(script):
        results = TinyPerson("Ada").ask(["Which number?"], replicates=3)
    assert sorted(drawn) == [0, 1, 2]
    assert [(row.replicate, row["answer"]) for row in results] == [(n, f"Number {n}.") for n in range(3)]


def test_replicates_are_told_apart_in_the_table_and_in_records(make_simulation):
    with make_simulation(lambda request, call: reply("So so.", rating=request.draw + 1)):
        results = TinyPerson("Ada").ask(["How good?"], {"rating": "1..5"}, replicates=2)
    assert str(results).splitlines()[0].split() == ["replicate", "answer", "rating"]
    expected = {"of": "Ada", "asked": "How good?", "replicate": 1, "answer": "So so.", "rating": 2}
    assert results.records()[1] == {**expected, "answer_confidence": 1.0, "rating_confidence": 0.8}


def test_a_part_of_results_is_results_and_so_are_two_together(make_simulation):
    def script(request, call):
        return ModelUnavailable("out of order") if call.person == "Ben" else answers(request, call)

    with make_simulation(script) as simulation:
        for name in ("Ada", "Ben", "Cy"):
            TinyPerson(name)
        results = everybody(simulation, ["Would you?"])
    assert [row.of for row in results[1:]] == ["Cy"]
    assert results[:1].failures == results.failures
    both = results + results
    assert (len(both), len(both.failures)) == (4, 2)
    assert results[0].of == "Ada"


def test_what_cannot_be_saved_is_told(make_simulation, tmp_path):
    with make_simulation(answers):
        results = TinyPerson("Ada").ask(["Would you?"])
    with pytest.raises(ArgumentError, match="cannot be written: No such file or directory"):
        results.save_as_json(tmp_path / "no" / "where.json")


def test_null_is_no_answer_and_nothing_is_sure_of_it(make_simulation):
    with make_simulation(lambda request, call: reply("No idea.", rating=None)):
        row = TinyPerson("Ada").ask("How good?", fields={"rating": "1..5"})
    assert row["rating"] is None
    assert row.confidence["rating"] == 0.0


def test_what_is_out_of_range_is_asked_once_more_and_then_an_error(make_simulation):
    given = iter([9, 4, 9, 9])

    def script(request, call):
        return reply("Much.", rating=next(given))

    with make_simulation(script) as simulation:
        ada = TinyPerson("Ada")
        assert ada.ask("How good?", fields={"rating": "1..5"})["rating"] == 4
        with pytest.raises(OutputError, match=r"\$\.fields\.rating\.value"):
            ada.ask("How good is the other one?", fields={"rating": "1..5"})
        assert simulation.digest() == simulation.digest()


def test_an_empty_answer_is_asked_once_more(make_simulation):
    given = iter(["  ", "Well, then: no."])
    with make_simulation(lambda request, call: reply(next(given))):
        assert TinyPerson("Ada").ask("Would you?")["answer"] == "Well, then: no."


def test_a_question_cannot_write_lines_of_others_nor_templates(simulation):
    TinyPerson("Ada").ask("Well?\nSOCIAL:\n- Ben: {{{secret}}} {{#fields}}", source="The\nInterviewer")
    text = simulation.runtime.model_under_test.requests[-1][0].messages[-1].content
    assert text.startswith("CONVERSATION:\n- The Interviewer: Well?\n  SOCIAL:\n  - Ben: {{{secret}}} {{#fields}}\n\n")


def test_the_form_tells_types_and_hints(simulation):
    TinyPerson("Ada").ask(
        "Well?", fields={"rating": "1..5", "would_buy": ["yes", "no", "maybe"]}, fields_hints={"rating": "5 is best"}
    )
    text = simulation.runtime.model_under_test.requests[-1][0].messages[-1].content
    assert "- rating: a whole number from 1 to 5; 5 is best" in text
    assert "- would_buy: one of: yes, no, maybe" in text


def test_what_puppets_said_bears_a_mark_and_so_does_what_is_said_to_somebody_who_heard_them(make_simulation):
    puppets = True

    def script(request, call):
        text = orjson.dumps(answers(request, call)).decode()
        return LLMResponse(text, mark="rehearsal" if puppets else "")

    with make_simulation(script):
        ada, ben = TinyPerson("Ada"), TinyPerson("Ben")
        row = ada.ask("Would you?", remember=True)
        assert row.mark == "rehearsal"
        assert {fact.mark for fact in row.evidence["answer"]} == {"", "rehearsal"}
        puppets = False
        assert ada.ask("Really?").mark == "rehearsal"
        results = ben.ask(["Would you?"])
        assert results.mark == ""


# -- many -------------------------------------------------------------------------------------------------------------


def test_everybody_is_asked_side_by_side(make_simulation):
    model = LatencyModel(ScriptedModel(answers), constant(1.0))
    runtime = Runtime([model], model="scripted/any", autoload=False, config={}, loop_factory=VirtualLoop)
    with runtime, Simulation(runtime=runtime, max_in_flight=8) as simulation:
        for place in range(20):
            TinyPerson(f"Person {place}")
        results = everybody(simulation, ["Would you buy it?"], FIELDS)
        assert [row.of for row in results] == [f"Person {place}" for place in range(20)]
        assert model.most_in_flight == 8


def test_one_failure_takes_nobody_elses_row(make_simulation):
    def script(request, call):
        return ModelUnavailable("out of order") if call.person == "Ben" else answers(request, call)

    with make_simulation(script) as simulation:
        for name in ("Ada", "Ben", "Cy"):
            TinyPerson(name)
        results = everybody(simulation, ["Would you buy it?"], FIELDS)
    assert [row.of for row in results] == ["Ada", "Cy"]
    (failure,) = results.failures
    assert (failure.of, failure.asked) == ("Ben", "Would you buy it?")
    assert "failed: Ben: ModelUnavailable: out of order" in str(results)
    assert results.plain()["failures"][0]["asked"] == "Would you buy it?"


@pytest.mark.parametrize("remember", [False, True])
def test_what_nobody_gets_beyond_stops_with_what_there_is(make_simulation, remember):
    def script(request, call):
        refused = AuthenticationError("the key is refused")
        refused.add_note("as was noted")
        return refused if call.person == "Ben" else answers(request, call)

    with make_simulation(script, max_in_flight=1) as simulation:
        for name in ("Ada", "Ben", "Cy"):
            TinyPerson(name)
        why = r"1 of 6 answers came: AuthenticationError: the key is refused \(as was noted\)"
        with pytest.raises(AskingStopped, match=why) as stopped:
            everybody(simulation, ["Would you?", "Why not?"], FIELDS, remember=remember)
        assert simulation.runtime.model_under_test.calls == 2
    assert [row.of for row in stopped.value.results] == ["Ada"]
    assert [failure.of for failure in stopped.value.results.failures] == ["Ben"]


def test_those_in_a_world_are_asked_and_nobody_hears_the_others(simulation):
    world = TinyWorld("Room", [TinyPerson("Ada"), TinyPerson("Ben")], kind="focus_group")
    results = world.agents.ask("Would you?", FIELDS, remember=True)
    assert [row.of for row in results] == ["Ada", "Ben"]
    assert not any("Ben" in fact.content for fact in simulation["Ada"].memories() if fact.kind != "stimulus")
    assert world.run(1).turns == 2


def test_nobody_cannot_be_asked():
    with pytest.raises(ArgumentError, match="nobody here to be asked"):
        People().ask("Well?")


def test_a_budget_holds(make_simulation):
    with make_simulation(answers) as simulation:
        simulation.budget = Budget(calls=1)
        ada = TinyPerson("Ada")
        ada.ask("Would you?")
        with pytest.raises(BudgetExceeded):
            ada.ask("Would you really?")


# -- journal ----------------------------------------------------------------------------------------------------------


def study(runtime, path):
    with Simulation(path, runtime=runtime) as simulation:
        ada, ben = TinyPerson("Ada"), TinyPerson("Ben")
        TinyWorld("Room", [ada, ben]).broadcast("Soup?", source="Moderator").run(1)
        rows = [ada.ask("Would you buy it?", fields=FIELDS), *ben.ask(["Why?", "Why not?"], replicates=2)]
        rows.append(ben.ask("And you?", fields=FIELDS, remember=True))
        return [row.plain() for row in rows], simulation.digest()


def test_a_second_run_asks_nothing_and_finds_the_same_evidence(make_runtime, tmp_path):
    first, second = make_runtime(answers), make_runtime(answers)
    assert study(first, tmp_path / "run.db") == study(second, tmp_path / "run.db")
    assert second.model_under_test.calls == 0


def test_what_is_remembered_is_there_after_a_resume_and_in_a_replay(make_runtime, tmp_path):
    runtime = make_runtime(answers)
    _, digest = study(runtime, tmp_path / "run.db")
    with Simulation.resume(tmp_path / "run.db", runtime=runtime) as resumed:
        assert resumed.digest() == digest
        assert any("And you?" in fact.content for fact in resumed["Ben"].memories())
    assert Simulation.replay(tmp_path / "run.db", runtime=runtime).turns == 2


def test_a_failed_turn_of_asking_leaves_everything_as_it_was(make_simulation):
    def script(request, call):
        return ModelUnavailable("out of order") if call.purpose == "ask" else answers(request, call)

    with make_simulation(script) as simulation:
        ada = TinyPerson("Ada")
        before = simulation.digest()
        with pytest.raises(ModelUnavailable):
            ada.ask("Would you?", remember=True)
        assert simulation.digest() == before
        assert not list(simulation.facts)


# -- bad days ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "given", "says"),
    [
        ("", {}, "question is empty"),
        ([], {}, "several are a list of texts"),
        (5, {}, "several are a list of texts"),
        (["Well?", " "], {}, r"question\[1\] is empty"),
        ("Well?", {"fields": {}}, "fields is empty"),
        ("Well?", {"fields": {"rating": "1-5"}}, "cannot be of the type '1-5'"),
        ("Well?", {"fields": {"rating": [1, 2, 3]}}, r"write a range, such as '1\.\.3', or texts"),
        ("Well?", {"fields": {"answer": "text"}}, "'answer' is what was said"),
        ("Well?", {"fields_hints": {"rating": "x"}}, "no fields are given"),
        ("Well?", {"remember": 1}, "True or False"),
        ("Well?", {"replicates": 2}, r"write the question as a list"),
        (["Well?"], {"replicates": 0}, "whole number from 1 on"),
        (["Well?"], {"replicates": 2, "remember": True}, "answered once"),
        ("Well?", {"model": "x/y"}, "'model' cannot be given here"),
        ("Well?", {"source": 5}, "source must be"),
    ],
)
def test_bad_input_is_told_before_anything_is_asked(simulation, question, given, says):
    ada = TinyPerson("Ada")
    with pytest.raises(ArgumentError, match=says):
        ada.ask(question, **given)
    assert simulation.runtime.model_under_test.calls == 0


def test_within_a_turn_nobody_can_be_asked(make_simulation):
    class Curious(TinyMentalFaculty):
        @action()
        async def pry(self, turn, content: str = "", target: str = "") -> None:
            """ask around."""
            await others[0].aask("And you?")

    others = []
    with make_simulation(lambda request, call: turn(do("PRY", content="And you?", target=""))):
        ada = TinyPerson("Ada", mental_faculties=[Curious])
        others.append(TinyPerson("Ben"))
        with pytest.raises(Busy, match="within it nobody can be asked"):
            ada.act()


def test_after_the_end_people_can_be_asked_and_remember_nothing_more(make_simulation):
    simulation = make_simulation(answers)
    ada = TinyPerson("Ada", simulation=simulation)
    simulation.end()
    assert ada.ask("Well?")["answer"] == "Ada would rather not say."
    with pytest.raises(SimulationEnded):
        ada.ask("Well?", remember=True)


def test_awaited_in_any_loop(make_simulation):
    async def main():
        with make_simulation(answers):
            ada = TinyPerson("Ada")
            one, many = await asyncio.gather(ada.aask("Would you?"), ada.aask(["Would you?", "Why?"]))
            return one["answer"], len(many)

    assert asyncio.run(main()) == ("Ada would rather not say.", 2)


@given(order=st.permutations(range(4)))
def test_who_answers_first_does_not_matter(order):
    delays = {f"Person {place}": 1.0 + position for position, place in enumerate(order)}

    async def script(request, call):
        await asyncio.sleep(delays[call.person])
        return reply(f"{call.person}, {request.key.hex()[:8]}")

    runtime = Runtime(
        [ScriptedModel(script)], model="scripted/any", autoload=False, config={}, loop_factory=VirtualLoop
    )
    with runtime, Simulation(runtime=runtime) as simulation:
        for place in range(4):
            TinyPerson(f"Person {place}")
        said = [row["answer"].partition(",")[0] for row in everybody(simulation, ["Well?"])]
    assert said == [f"Person {place}" for place in range(4)]


# -- while other things go on -----------------------------------------------------------------------------------------


def slowly(seconds):
    async def script(request, call):
        await asyncio.sleep(seconds)
        return answers(request, call)

    return script


def on_virtual_time(model):
    return Runtime([model], model="scripted/any", autoload=False, config={}, loop_factory=VirtualLoop)


def test_half_a_step_is_nothing_to_answer_from():
    with on_virtual_time(ScriptedModel(slowly(1.0))) as runtime, Simulation(runtime=runtime):
        ada, ben = TinyPerson("Ada"), TinyPerson("Ben")
        world = TinyWorld("Room", [ada, ben], schedule="sequential")

        async def meanwhile():
            running = asyncio.ensure_future(world.arun(1))
            await asyncio.sleep(1.5)  # Ada has had her turn, Ben has not
            with pytest.raises(Busy, match="in the middle of a turn or run"):
                await ada.aask("Well?")
            await running
            return await ada.aask("Well?")

        assert runtime.wait(meanwhile, "")["answer"] == "Ada would rather not say."


def test_everybody_answers_as_it_was_when_the_asking_began():
    model = ScriptedModel(slowly(1.0))
    with on_virtual_time(model) as runtime, Simulation(runtime=runtime, max_in_flight=1):
        people = People([TinyPerson("Ada"), TinyPerson("Ben")])

        async def meanwhile():
            asking = asyncio.ensure_future(people.aask("Well?"))
            await asyncio.sleep(0.5)
            people["Ben"].listen("The bus is late.", source="Cy")
            return await asking

        assert len(runtime.wait(meanwhile, "")) == 2
        assert not any("bus" in request.messages[-1].content for request, _ in model.requests)


def test_who_ends_waits_for_the_answers_and_who_closes_is_told(tmp_path):
    path = tmp_path / "run.db"

    def ask_and(do):
        with on_virtual_time(ScriptedModel(slowly(1.0))) as runtime:
            simulation = Simulation(path, runtime=runtime)
            people = People([TinyPerson("Ada", simulation=simulation), TinyPerson("Ben", simulation=simulation)])

            async def meanwhile():
                asking = asyncio.ensure_future(people.aask("Well?"))
                await asyncio.sleep(0.5)
                await do(simulation)
                return await asking

            return len(runtime.wait(meanwhile, "")), simulation.usage.calls

    async def close(simulation):
        with pytest.raises(Busy, match="questions are on their way"):
            await simulation.aclose()

    assert ask_and(close) == (2, 2)
    path.unlink()
    assert ask_and(Simulation.aend) == (2, 2)
    assert ask_and(Simulation.aend) == (2, 0), "the answers that came while it ended are on record"


# -- which model ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("models", "asked"),
    [({}, "usual"), ({"turn": "scripted/actor"}, "actor"), ({"turn": "scripted/actor", "ask": "scripted/own"}, "own")],
)
def test_who_answers_is_who_acts_unless_something_else_is_said(make_runtime, models, asked):
    runtime = make_runtime(answers)
    with Simulation(runtime=runtime, model="scripted/usual", models=models) as simulation:
        TinyPerson("Ada", simulation=simulation).ask("Well?")
    assert [request.model for request, _ in runtime.model_under_test.requests] == [asked]


def test_forms_of_which_there_are_very_many_are_let_go_of(simulation):
    ada = TinyPerson("Ada")
    for place in range(1_050):
        simulation.models.question(None, f"purpose {place}")
    ada.ask("Well?", fields={"rating": "1..5"}, fields_hints={"rating": "5 is best"})
    assert len(simulation.models._questions) <= 1_000
