"""Answers of a given form: the schema that is sent, what is read leniently and what is not, the re-ask, candidates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Literal

import attrs
import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import Call, Capabilities, LLMResponse, Message, ModelCall, TinyPerson, Usage, hookimpl
from troupe_core.errors import (
    AnswerRefused,
    ArgumentError,
    AuthenticationError,
    ContextTooLong,
    ModelUnavailable,
    OutputError,
    QuotaError,
    UnknownModelError,
)
from troupe_core.llm.structured import Output, Problem, json_schema
from troupe_testing import ScriptedModel, talk, think, turn


@attrs.frozen
class Reason:
    words: str
    weight: Annotated[int, msgspec.Meta(ge=1, le=5)]


@attrs.frozen
class Verdict:
    """What somebody thinks of it."""

    title: str
    answer: Literal["yes", "no", "perhaps"]
    confidence: Annotated[float, msgspec.Meta(ge=0.0, le=1.0, description="0 is a guess")]
    main: Reason
    others: list[Reason] = attrs.field(factory=list)
    tags: tuple[str, ...] = ()
    price: float | None = None
    strongest: Reason | None = None
    sure: bool = False


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    if isinstance(schema, dict):
        yield schema
        children = [*schema.get("properties", {}).values(), schema.get("items"), *schema.get("anyOf", [])]
        for child in children:
            yield from nodes(child)


FULL = {
    "title": "Soup",
    "answer": "yes",
    "confidence": 0.5,
    "main": {"words": "cheap", "weight": 5},
    "others": [{"words": "warm", "weight": 1}],
    "tags": ["food"],
    "price": 3.5,
    "strongest": None,
    "sure": True,
}
VERDICT = Verdict("Soup", "yes", 0.5, Reason("cheap", 5), [Reason("warm", 1)], ("food",), 3.5, None, True)

# -- the schema ------------------------------------------------------------------------------------------------------


def test_every_object_of_a_schema_is_closed_and_requires_all_that_it_has():
    objects = [node for node in nodes(json_schema(Verdict)) if node.get("type") == "object"]
    assert len(objects) == 4
    for node in objects:
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])


def test_a_schema_refers_to_nothing_outside_itself():
    words = orjson.dumps(json_schema(Verdict)).decode()
    assert '"$' not in words
    assert '"default"' not in words
    assert '"const"' not in words


def test_a_schema_says_what_each_field_may_be():
    fields = json_schema(Verdict)["properties"]
    assert list(fields) == [field.name for field in attrs.fields(Verdict)]
    assert fields["title"] == {"type": "string"}
    assert sorted(fields["answer"]["enum"]) == ["no", "perhaps", "yes"]
    confidence = {"type": "number", "minimum": 0.0, "maximum": 1.0, "description": "0 is a guess"}
    assert fields["confidence"] == confidence
    assert fields["main"]["properties"]["weight"] == {"type": "integer", "minimum": 1, "maximum": 5}
    assert fields["others"]["type"] == "array"
    assert fields["others"]["items"] == fields["main"]
    assert fields["tags"] == {"type": "array", "items": {"type": "string"}}
    assert {"type": "null"} in fields["price"]["anyOf"]
    assert fields["strongest"] == {"anyOf": [fields["main"], {"type": "null"}]}


def test_a_field_may_have_the_name_of_a_word_of_json_schema():
    @attrs.frozen
    class Odd:
        title: str
        default: int
        properties: list[str]
        required: bool
        enum: Literal["a"]

    assert list(json_schema(Odd)["properties"]) == ["title", "default", "properties", "required", "enum"]
    assert json_schema(Odd)["properties"]["enum"]["enum"] == ["a"]


def test_a_class_that_contains_itself_has_no_strict_schema():
    with pytest.raises(TypeError, match="contains itself"):
        json_schema(Endless)


@attrs.frozen
class Endless:
    more: list[Endless]


def test_the_schema_of_a_class_is_the_same_bytes_every_time():
    assert orjson.dumps(json_schema(Verdict)) == orjson.dumps(json_schema(Verdict))


# -- reading ---------------------------------------------------------------------------------------------------------


def spelled(**changes: Any) -> str:
    return orjson.dumps({**FULL, **changes}).decode()


@pytest.mark.parametrize(
    "text",
    [
        spelled(),
        f"```json\n{spelled()}\n```",
        f"```\n{spelled()}\n```",
        f"Sure! Here it is:\n\n{spelled()}\n\nI hope that helps.",
        f"I thought about {{this}} and [that], [1] too. {spelled()}",
        f'<thinking>maybe {{"title": "x"}}</thinking>{spelled()}',
        f"\n\n  {spelled()}  ",
        spelled(confidence="0.5", main={"words": "cheap", "weight": "5"}),
        spelled(sure="true"),
        spelled(unexpected="more"),
        orjson.dumps(FULL, option=orjson.OPT_INDENT_2).decode(),
    ],
)
def test_what_leaves_no_doubt_is_read(text):
    assert Output.of(Verdict).read(text) == VERDICT


def test_null_means_absent_where_there_is_a_default():
    read = Output.of(Verdict).read(spelled(others=None, tags=None, price=None, sure=None))
    assert (read.others, read.tags, read.price, read.sure) == ([], (), None, False)


@attrs.frozen
class Offer:
    """Every field has to be given; null is one of the things that can be given."""

    price: float | None
    currency: str


@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```", "The offer: {}"])
def test_null_is_kept_where_it_is_an_answer(frame):
    assert Output.of(Offer).read(frame.replace("{}", '{"price": null, "currency": "EUR"}')) == Offer(None, "EUR")


def test_line_breaks_within_a_text_are_forgiven():
    assert Output.of(Offer).read('{"price": 1, "currency": "E\nU"}') == Offer(1.0, "E\nU")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON is malformed|truncated|end"),
        ("I would rather not say.", "malformed|invalid"),
        (spelled(answer="maybe"), r"\$\.answer"),
        (spelled(confidence=1.5), r"\$\.confidence"),
        (spelled(main={"words": "cheap", "weight": 6}), r"\$\.main\.weight"),
        (spelled(main={"words": "cheap"}), "weight"),
        (spelled(title=None), "title"),
        (spelled(title=5), r"\$\.title"),
        (spelled(others=[{"words": "warm", "weight": "many"}]), r"\$\.others\[0\]\.weight"),
        (spelled()[:-20], "."),
    ],
)
def test_what_leaves_doubt_is_a_problem_that_says_where(text, words):
    with pytest.raises(Problem, match=words):
        Output.of(Verdict).read(text)


@given(st.text(st.characters(), max_size=60) | st.text(st.sampled_from('{}[]",:a1\\ '), max_size=60))
def test_no_text_whatever_raises_anything_but_a_problem(text):
    with suppress(Problem):
        assert isinstance(Output.of(Offer).read(text), Offer)


def test_deeply_nested_nonsense_is_a_problem_and_no_crash():
    for text in ("[" * 100_000, '{"a":' * 5_000, "[" * 3_000 + "]" * 3_000):
        with pytest.raises(Problem):
            Output.of(Offer).read(text)


# -- reading the answers of people -----------------------------------------------------------------------------------

ACTIONS = [think("Hm."), talk("Good morning.", "Ben")]
DID = [("THINK", "Hm.", ""), ("TALK", "Good morning.", "Ben")]
WHOLE = turn(*ACTIONS, goals="sleep", context=["it is late"])


def said(simulation: Any) -> list[tuple[str, str, str]]:
    """What the person does; the model must have been asked once."""
    ada = TinyPerson("Ada", simulation=simulation)
    done = ada.act()
    assert simulation.usage.calls == 1
    return [(fact.type, fact.content, fact.target) for fact in done]


def respelled(**changes: Any) -> str:
    return orjson.dumps({**WHOLE, **changes}).decode()


@pytest.mark.parametrize(
    "text",
    [
        respelled(),
        f"```json\n{respelled()}\n```",
        f"Here is what I do: {respelled()} That is all.",
        respelled(actions=[{**action, "type": action["type"].lower()} for action in WHOLE["actions"]]),
        respelled(actions=[*ACTIONS, {"type": "DONE"}]),
        respelled(actions=[*ACTIONS, {"type": "done", "content": None, "target": None, "reason": 5}]),
        respelled(actions=[{"type": "THINK", "content": "Hm.", "target": None}, ACTIONS[1]]),
        respelled(actions=[{"type": " Think ", "content": "Hm."}, ACTIONS[1]]),
        respelled(cognitive_state=None),
        respelled(cognitive_state={"goals": ["sleep", "eat"], "attention": None, "emotions": "", "context": "late"}),
        orjson.dumps({"actions": ACTIONS}).decode(),
        orjson.dumps(ACTIONS).decode(),
    ],
)
def test_answers_in_almost_the_right_form_are_acted_upon_without_asking_again(make_simulation, text):
    assert said(make_simulation(lambda request, call: text)) == DID


@pytest.mark.parametrize("key", ["actions", "action"])
def test_a_single_action_need_not_be_a_list(make_simulation, key):
    assert said(make_simulation(lambda request, call: {key: talk("Hello.")})) == [("TALK", "Hello.", "")]


def test_lists_and_texts_are_taken_for_each_other_in_the_state_of_mind(make_simulation):
    answer = {**WHOLE, "cognitive_state": {"goals": ["sleep", "eat"], "context": "it is late"}}
    simulation = make_simulation(lambda request, call: answer)
    ada = TinyPerson("Ada", simulation=simulation)
    ada.act()
    assert (ada.mind.goals, ada.mind.context) == ("sleep; eat", ("it is late",))


BROKEN = """{"actions":[{"type":"TALK","content":"He said "no" to me.","target":""}],
"cognitive_state":{"goals":"to "win"","context":[]}}"""


@pytest.mark.parametrize(
    "broken",
    [
        BROKEN,
        "I have two options [] and cannot decide.",
        '{"actions":[{"type":"TALK","content":"I was going to say tha',
        '{"type":"TALK","content":"Half an answer","target":""}, {"type":"TA',
        '{"actions":[{"type":"SING","content":"la la","target":""}]}',
    ],
)
def test_from_a_broken_answer_nobody_is_made_silent_or_given_other_words(make_simulation, broken):
    simulation = make_simulation(lambda request, call: broken if call.ordinal == 0 else WHOLE)
    done = TinyPerson("Ada", simulation=simulation).act()
    assert simulation.usage.calls == 2
    assert [(fact.type, fact.content, fact.target) for fact in done] == DID


def test_half_a_surrogate_pair_in_an_answer_harms_nobody(make_simulation):
    """Models do send it now and then, where an emoji was cut in two."""
    answer = orjson.dumps(turn(think("Hm."), talk("Hello XX!"), goals="XX", context=["XX"])).decode()
    simulation = make_simulation(lambda request, call: answer.replace("XX", "\\ud83d"))
    ada = TinyPerson("Ada", simulation=simulation)
    ada.act()
    ada.act()
    assert "Hello" in ada.memories()[1].content
    assert simulation.digest()
    for request, _ in simulation.runtime.model_under_test.requests:
        assert orjson.dumps(request.plain_messages())


@pytest.mark.parametrize("text", ['{"price": 1, "currency": "X\ud83d"}', '{"price": 1, "currency": "X\\ud83d"}'])
def test_half_a_surrogate_pair_is_read_as_the_sign_for_what_is_lost(text):
    assert Output.of(Offer).read(text) == Offer(1.0, "X\ufffd")


def test_a_plain_answer_and_a_re_ask_hold_no_half_surrogate_pair_either(make_simulation):
    assert ask(scripted(make_simulation, "Oh \ud83d"), None) == "Oh \ufffd"
    simulation = scripted(make_simulation, "Oh \ud83d", GOOD)
    assert ask(simulation, Offer) == Offer(2.0, "EUR")
    assert simulation.runtime.model_under_test.requests[1][0].messages[-2].content == "Oh \ufffd"


# -- asking once more ------------------------------------------------------------------------------------------------


def ask(simulation: Any, output: Any, purpose: str = "survey") -> Any:
    """A question of that form, on behalf of Ada."""
    question = simulation.question(Output.of(output) if output is not None else None, purpose)
    messages = [Message("system", "You are Ada."), Message("user", "Would you buy it?")]
    call = Call(simulation.id, purpose, person="Ada")
    return simulation.runtime.wait(lambda: simulation.asker.ask(question, messages, call), "")


def scripted(make_simulation: Any, *answers: Any, **options: Any) -> Any:
    return make_simulation(lambda request, call: answers[call.ordinal], **options)


BAD = '{"price": "cheap", "currency": "EUR"}'
GOOD = '{"price": 2, "currency": "EUR"}'


def test_a_bad_answer_is_shown_to_the_model_with_its_error_and_asked_for_once_more(make_simulation):
    simulation = scripted(make_simulation, BAD, GOOD)
    assert ask(simulation, Offer) == Offer(2.0, "EUR")
    (first, first_call), (second, second_call) = simulation.runtime.model_under_test.requests
    assert second.plain_messages()[:2] == first.plain_messages()
    shown, complaint = second.plain_messages()[2:]
    assert shown == {"role": "assistant", "content": BAD}
    assert complaint["role"] == "user"
    assert "Expected `float | null`" in complaint["content"]
    assert "`$.price`" in complaint["content"]
    assert second.form is first.form
    assert second.key != first.key
    assert (first_call.ordinal, second_call.ordinal) == (0, 1)


def test_an_empty_answer_is_asked_for_once_more(make_simulation):
    simulation = scripted(make_simulation, "", GOOD)
    assert ask(simulation, Offer) == Offer(2.0, "EUR")
    assert all(message.content for message in simulation.runtime.model_under_test.requests[1][0].messages)


@pytest.mark.parametrize(("finish", "words"), [("refusal", "refusal"), ("length", "cut off")])
def test_a_refusal_and_a_cut_off_answer_are_asked_for_once_more_whatever_they_say(make_simulation, finish, words):
    simulation = scripted(make_simulation, LLMResponse(GOOD, finish=finish), '{"price": 1, "currency": "USD"}')
    assert ask(simulation, Offer) == Offer(1.0, "USD")
    assert words in simulation.runtime.model_under_test.requests[1][0].messages[-1].content


@pytest.mark.parametrize(("finish", "words"), [("refusal", "refusal"), ("length", "cut off")])
def test_so_is_a_text_that_was_refused_or_cut_off(make_simulation, finish, words):
    simulation = scripted(make_simulation, LLMResponse("Not at that", finish=finish), "Not at that price.")
    assert ask(simulation, None) == "Not at that price."
    again = simulation.runtime.model_under_test.requests[1][0].messages[-1].content
    assert words in again
    assert "JSON" not in again


def test_after_two_bad_answers_the_error_holds_both_and_what_they_cost(make_simulation):
    answers = [LLMResponse(BAD, Usage(10, 5, 2)), LLMResponse("no", Usage(20, 1, 8), finish="refusal")]
    simulation = scripted(make_simulation, *answers)
    with pytest.raises(AnswerRefused, match=r"scripted/test.*Ada.*survey.*asked twice.*another model") as caught:
        ask(simulation, Offer)
    assert caught.value.raw == (BAD, "no")
    assert "The second begins 'no'." in str(caught.value)
    assert caught.value.usage == Usage(30, 6, 10)
    assert len(caught.value.problems) == 2
    assert "$.price" in caught.value.problems[0]
    assert "refusal" in caught.value.problems[1]
    assert simulation.usage.calls == 2
    assert simulation.usage.usage == Usage(30, 6, 10)


def test_who_is_empty_and_then_cut_off_is_told_where_there_is_more_room(make_simulation):
    simulation = scripted(make_simulation, "", LLMResponse("So", finish="length"))
    with pytest.raises(OutputError, match=r"the answer is empty; .*max_tokens") as caught:
        ask(simulation, Offer)
    assert type(caught.value) is OutputError


def test_a_plain_question_is_answered_with_the_text_as_it_is(make_simulation):
    simulation = scripted(make_simulation, "Not at that price.")
    assert ask(simulation, None) == "Not at that price."
    assert simulation.runtime.model_under_test.requests[0][0].schema is None


def test_the_schema_is_sent_with_the_request(make_simulation):
    simulation = scripted(make_simulation, GOOD)
    ask(simulation, Offer)
    request = simulation.runtime.model_under_test.requests[0][0]
    assert request.schema == json_schema(Offer)
    assert request.schema_name == "offer"


def test_a_person_is_asked_once_more_about_a_bad_turn_and_remembers_the_good_one_only(make_simulation):
    simulation = make_simulation(lambda request, call: "Hm?" if call.ordinal == 0 else turn(talk("Yes.")))
    ada = TinyPerson("Ada", simulation=simulation)
    ada.listen_and_act("Would you buy it?", "Ben")
    assert [fact.content for fact in ada.memories()] == ["Would you buy it?", "Yes."]
    ada.act()
    requests = [request for request, _ in simulation.runtime.model_under_test.requests]
    assert not any("Hm?" in message.content for message in requests[2].messages)


def test_a_person_whose_turn_failed_twice_is_asked_anew_by_the_next_call(make_simulation):
    """The recorded bad answers must not be found again for ever."""
    answers = iter(["bad", "worse", turn(talk("Now I can."))])
    simulation = make_simulation(lambda request, call: next(answers))
    ada = TinyPerson("Ada", simulation=simulation)
    before = simulation.digest()
    with pytest.raises(OutputError):
        ada.act()
    assert simulation.digest() == before
    assert [fact.content for fact in ada.act()] == ["Now I can."]
    assert simulation.usage.calls == 3


# -- candidates ------------------------------------------------------------------------------------------------------


class Second(ScriptedModel):
    """Another backend."""

    name = "second"


class Wordy(ScriptedModel):
    """A backend that cannot be held to a schema."""

    name = "wordy"
    capabilities = Capabilities(json_schema=False)


def always(answer: Any) -> Any:
    return lambda request, call: answer


@pytest.mark.parametrize("error", [ModelUnavailable("down"), QuotaError("no credit"), ContextTooLong("too long")])
def test_when_the_first_model_fails_the_second_is_asked(make_simulation, error):
    second = Second(always(GOOD))
    simulation = make_simulation(always(error), plugins=[second], model="scripted/a, second/b")
    assert ask(simulation, Offer) == Offer(2.0, "EUR")
    assert [request.form.model for request, _ in second.requests] == ["second/b"]
    assert second.requests[0][0].model == "b"
    assert second.requests[0][0].key != simulation.runtime.model_under_test.requests[0][0].key


@pytest.mark.parametrize("error", [AuthenticationError("no key"), UnknownModelError("no such model")])
def test_what_is_to_be_mended_is_told_and_no_other_model_is_asked(make_simulation, error):
    second = Second(always(GOOD))
    simulation = make_simulation(always(error), plugins=[second], model="scripted/a, second/b")
    with pytest.raises(type(error), match=str(error)):
        ask(simulation, Offer)
    assert second.calls == 0


def test_two_unusable_answers_of_the_first_model_lead_to_the_second(make_simulation):
    second = Second(always(GOOD))
    simulation = make_simulation(always("no"), plugins=[second], model=["scripted/a", "second/b"])
    assert ask(simulation, Offer) == Offer(2.0, "EUR")
    assert (simulation.usage.calls, second.calls) == (3, 1)
    assert len(second.requests[0][0].messages) == 2  # it sees the question, not how another one failed


def test_the_second_model_is_left_alone_while_the_first_one_answers(make_simulation):
    second = Second(always(GOOD))
    simulation = make_simulation(always(GOOD), plugins=[second], model="scripted/a,second/b")
    ask(simulation, Offer)
    assert second.calls == 0


def test_when_all_models_fail_the_last_error_is_raised_and_tells_of_the_others(make_simulation):
    second = Second(always(AuthenticationError("no key")))
    simulation = make_simulation(always(ModelUnavailable("down")), plugins=[second], model="scripted/a,second/b")
    with pytest.raises(AuthenticationError, match="no key") as caught:
        ask(simulation, Offer)
    assert caught.value.__notes__ == ["scripted/a before it: down"]


def test_a_bug_in_a_backend_is_not_hidden_by_asking_another_one(make_simulation):
    second = Second(always(GOOD))
    simulation = make_simulation(always(ZeroDivisionError("bug")), plugins=[second], model="scripted/a,second/b")
    with pytest.raises(ZeroDivisionError):
        ask(simulation, Offer)
    assert second.calls == 0


def test_a_model_that_cannot_be_held_to_a_schema_is_told_it_in_words(make_simulation):
    wordy = Wordy(lambda request, call: "cheap" if call.ordinal == 0 else f"Here: {GOOD}")
    simulation = make_simulation(plugins=[wordy], model="wordy/x")
    assert ask(simulation, Offer) == Offer(2.0, "EUR")
    first, second = (request for request, _ in wordy.requests)
    assert first.schema is None
    assert first.messages[0].content == "You are Ada."
    asked = first.messages[-1].content
    assert asked.startswith("Would you buy it?\n\n")
    assert orjson.loads(asked[asked.index("\n{") :]) == json_schema(Offer)
    assert second.plain_messages()[:2] == first.plain_messages()
    assert len(second.messages) == 4


def test_a_person_can_live_on_a_model_without_schemas(make_simulation):
    wordy = Wordy(lambda request, call: f"```json\n{respelled()}\n```")
    simulation = make_simulation(plugins=[wordy], model="wordy/x")
    assert said(simulation) == DID


@pytest.mark.parametrize("model", ["nowhere/x", "nowhere/x,scripted/a", "scripted/a,nowhere/x"])
def test_a_model_of_no_backend_is_named_in_the_error_wherever_it_stands(make_simulation, model):
    with pytest.raises(UnknownModelError, match="nowhere"):
        ask(make_simulation(always(GOOD), model=model), Offer)


def test_a_model_without_a_backend_is_named_in_the_error(make_simulation):
    with pytest.raises(ArgumentError, match="backend/model"):
        make_simulation(model="just-a-name")


# -- the meter -------------------------------------------------------------------------------------------------------


class Watching:
    """Keeps what it sees."""

    def __init__(self) -> None:
        self.seen: list[ModelCall] = []

    @hookimpl
    def troupe_event(self, event: Any) -> None:
        if isinstance(event, ModelCall):
            self.seen.append(event)


def test_failed_attempts_are_counted_with_what_they_cost(make_simulation):
    broken = ModelUnavailable("half an answer", usage=Usage(7, 3, 1))
    watching = Watching()
    second = Second(always(LLMResponse(GOOD, Usage(10, 5, 4))))
    simulation = make_simulation(always(broken), plugins=[second, watching], model="scripted/a,second/b")
    ask(simulation, Offer)
    spent = simulation.usage
    assert (spent.calls, spent.failed, spent.usage) == (2, 1, Usage(17, 8, 5))
    assert [(event.model, event.usage, event.error) for event in watching.seen] == [
        ("scripted/a", Usage(7, 3, 1), broken),
        ("second/b", Usage(10, 5, 4), None),
    ]
    assert all(event.call.person == "Ada" and event.seconds >= 0.0 for event in watching.seen)


def test_what_was_spent_is_told_by_purpose(make_simulation):
    simulation = make_simulation(always(LLMResponse(GOOD, Usage(10, 5))))
    ask(simulation, Offer)
    ask(simulation, Offer, purpose="judging")
    ask(simulation, Offer, purpose="judging")  # the answer is at hand: nothing is paid for twice
    purposes = simulation.meter.purposes()
    assert {purpose: spent.calls for purpose, spent in purposes.items()} == {"survey": 1, "judging": 1}
    assert simulation.usage.usage == Usage(20, 10)
