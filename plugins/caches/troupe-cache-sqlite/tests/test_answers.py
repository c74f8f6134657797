"""Which question is which, what each mode does, and which answers are worth keeping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_cache_sqlite import Plugin, ReplayMiss, Stats, stats
from troupe_cache_sqlite.kinds import ANSWER, Answer
from troupe_cache_sqlite.values import Packer
from troupe_core import BackendSpec, LLMResponse, LLMWrapper, ModelError, Runtime, Usage, hookimpl


def test_fifty_draws_are_fifty_calls_and_are_found_again_each_as_it_was(room):
    draws = [room.request(draw=draw) for draw in range(50)]
    first = room.runtime()
    answers = room.ask(first, *draws)
    assert first.model_under_test.calls == len({response.text for response in answers}) == 50
    assert answers[0].usage == Usage(7, 3, 2, 1)
    first.close()
    for runtime in (room.runtime(), room.runtime(mode="replay")):
        assert room.ask(runtime, *reversed(draws)) == list(reversed(answers))
        assert runtime.model_under_test.calls == 0
        assert stats(runtime) == Stats(hits=50)


def test_a_backend_that_raises_its_cache_version_is_asked_anew(room):
    class Versioned:
        def __init__(self, model, version):
            self.model, self.version = model, version

        @hookimpl
        def troupe_register_llm_backends(self):
            yield BackendSpec("asked", lambda: self.model, cache_version=self.version)

    def calls(version):
        model = type(room.runtime().model_under_test)()
        tables = {"cache-sqlite": {"mode": "readwrite", "path": str(room.path)}}
        with Runtime([Versioned(model, version), Plugin], settings=tables, autoload=False) as runtime:
            room.ask(runtime, room.request())
        return model.calls

    assert [calls(1), calls(1), calls(2), calls(2), calls(1)] == [1, 0, 1, 0, 0]


def test_a_mark_is_kept_and_what_was_kept_before_there_were_any_has_none(room):
    marked, plain = room.request("marked"), room.request("plain")

    def answer(request, number):
        return LLMResponse("I|like|tea.", mark="rehearsal" if request.key == marked.key else "")

    runtime = room.runtime(answer)
    room.ask(runtime, marked, plain)
    runtime.close()
    runtime = room.runtime(mode="replay")
    assert [response.mark for response in room.ask(runtime, marked, plain)] == ["rehearsal", ""]
    assert [chunk.mark for chunk in room.stream(runtime, marked)] == ["rehearsal"]
    assert ANSWER.write(Answer(LLMResponse("tea"))) == (
        b'{"text":"tea","usage":[0,0,0],"model":"","finish":"stop","pieces":[]}'
    ), "it stands in a file as it always did"


@given(st.text(), st.text(), st.integers(1, 5))
def test_an_answer_comes_out_of_its_bytes_as_it_went_in(text, mark, pieces):
    cut = [len(text[place::pieces]) for place in range(pieces)]
    answer = Answer(LLMResponse(text, Usage(1, 2, 3), "asked/any", "stop", mark), tuple(cut))
    packer = Packer()
    assert packer.unpack(packer.pack(ANSWER.write(answer)), ANSWER) == answer
    assert [chunk.mark for chunk in answer.chunks()] == [*[""] * (pieces - 1), mark]


def test_read_looks_up_and_never_stores(room):
    kept, other = room.request("kept"), room.request("other")
    room.texts(room.runtime(lambda request, number: "old"), kept)
    room.made[-1].close()
    before = room.path.read_bytes()
    runtime = room.runtime(lambda request, number: "new", mode="read")
    assert room.texts(runtime, kept, other) == ["old", "new"]
    assert room.texts(runtime, other) == ["new"]
    assert runtime.model_under_test.calls == 2
    runtime.close()
    assert room.path.read_bytes() == before


def test_write_never_looks_up_and_keeps_what_was_there_first(room):
    for answer, asked in (("first", ["first", "first"]), ("second", ["second", "second"])):
        runtime = room.runtime(lambda request, number, answer=answer: answer, mode="write")
        assert [*room.texts(runtime, room.request()), *room.texts(runtime, room.request())] == asked
        assert runtime.model_under_test.calls == 2
        runtime.close()
    assert room.texts(room.runtime(mode="replay"), room.request()) == ["first"]


def test_refresh_asks_anew_and_replaces(room):
    for answer, mode in (("old", "readwrite"), ("new", "refresh")):
        runtime = room.runtime(lambda request, number, answer=answer: answer, mode=mode)
        assert room.texts(runtime, room.request()) == [answer]
        runtime.close()
    assert room.texts(room.runtime(mode="replay"), room.request()) == ["new"]


def test_replay_says_what_was_asked_and_what_to_do(room):
    room.texts(room.runtime(), room.request())
    room.made[-1].close()
    runtime = room.runtime(mode="replay")
    (error,) = room.ask(runtime, room.request("Where is the deed of the mill?", draw=4))
    assert isinstance(error, ReplayMiss)
    assert error.fatal
    for part in (str(room.path), "asked/any", "Ada's turn 3", "draw 4", "deed of the mill", "readwrite"):
        assert part in str(error)
    assert runtime.model_under_test.calls == 0
    assert stats(runtime) == Stats(misses=1)


FORM = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
NOT_KEPT = {
    "an error": (ModelError("the provider is down"), None),
    "a refusal": (LLMResponse("I would rather not.", finish="refusal"), None),
    "an answer that was cut off": (LLMResponse("Once upon a", finish="length"), None),
    "an end that nobody has heard of": (LLMResponse("Once upon a", finish="content_filter"), None),
    "nothing": (LLMResponse(""), None),
    "nothing but space": (LLMResponse(" \n"), None),
    "prose where an object was asked for": (LLMResponse("Her name is Ada."), FORM),
    "a missing key": (LLMResponse('{"name": "Ada"}'), FORM),
    "a value of another type": (LLMResponse('{"name": "Ada", "age": "old"}'), FORM),
    "a list of what was asked for": (LLMResponse('[{"name": "Ada", "age": 71}]'), FORM),
    "half an object": (LLMResponse('{"name": "Ada", "age": 71'), FORM),
    "a text that is none": (LLMResponse(b"Ada"), None),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", NOT_KEPT)
def test_what_is_not_worth_keeping_is_served_and_asked_for_again(room, what):
    answer, schema = NOT_KEPT[what]
    runtime = room.runtime(lambda request, number: answer)
    request = room.request(schema=schema)
    assert room.ask(runtime, request) == [answer]
    assert room.ask(runtime, request) == [answer]
    assert runtime.model_under_test.calls == 2
    runtime.model_under_test.answer = lambda request, number: '{"name": "Ada", "age": 71}'
    good = room.texts(runtime, request)
    assert room.texts(runtime, request) == good
    assert runtime.model_under_test.calls == 3
    assert stats(runtime).stores == 1
    assert stats(runtime).unfit == (0 if isinstance(answer, Exception) else 2)


@pytest.mark.parametrize("what", ["a refusal", "nothing", "half an object"])
def test_an_answer_that_was_no_use_is_found_in_replay_alone_until_there_is_a_good_one(room, what):
    """So that a run is replayed with all that was asked once more in it."""
    answer, schema = NOT_KEPT[what]
    request = room.request(schema=schema)
    runtime = room.runtime(lambda request, number: answer)
    assert room.ask(runtime, request) == [answer]
    runtime.close()
    assert room.ask(room.runtime(mode="replay"), request) == [answer]
    good = '{"name": "Ada", "age": 71}'
    runtime = room.runtime(lambda request, number: good)
    assert room.texts(runtime, request) == [good]
    runtime.close()
    assert room.texts(room.runtime(mode="replay"), request) == [good]


def test_a_namespace_is_its_own(room):
    for namespace in ("", "acme", "acme\0"):
        runtime = room.runtime(lambda request, number, who=namespace: f"of {who}", namespace=namespace)
        assert room.texts(runtime, room.request(), room.request()) == [f"of {namespace}"] * 2
        assert runtime.model_under_test.calls == 1
        runtime.close()
    assert room.texts(room.runtime(mode="replay", namespace="acme"), room.request()) == ["of acme"]


def test_what_is_answered_without_a_call_is_counted_as_saved(room):
    runtime = room.runtime()
    room.texts(runtime, room.request(), room.request(), room.request(draw=1))
    room.stream(runtime, room.request())
    assert stats(runtime) == Stats(hits=1, waits=1, misses=2, stores=2)
    assert stats(runtime).saved == Usage(14, 6, 4, 2)
    saved = runtime.ledger.total.saved
    assert (saved.number, saved.usage) == (2, stats(runtime).saved), "one that was found, and one that was waited for"


def test_what_another_plugin_makes_of_an_answer_is_passed_on_and_not_kept(room):
    class Odd(LLMWrapper):
        async def complete(self, request, call):
            return {"text": (await self.inner.complete(request, call)).text}

    class Inside:
        @hookimpl(wrapper=True, trylast=True)
        def troupe_llm_handler(self, model):
            return Odd((yield))

    model = type(room.runtime().model_under_test)()
    tables = {"cache-sqlite": {"mode": "readwrite", "path": str(room.path)}}
    with Runtime([model, Inside(), Plugin], settings=tables, autoload=False) as runtime:
        assert room.ask(runtime, room.request()) == [{"text": "answer 1"}]
        assert room.ask(runtime, room.request()) == [{"text": "answer 2"}]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ada", "age": 71}',
        '{"name": "Ada", "age": 71, "remark": "more than was asked for"}',
        'Here you are:\n```json\n{"name": "Ada", "age": 71}\n```',
        '{"note": "first another object"} {"name": "Ada", "age": 71}',
        '{"name": "half an emoji: \ud83d", "age": 71}',
    ],
)
def test_what_has_the_form_that_was_asked_for_is_kept_to_the_letter(room, text):
    request = room.request(schema=FORM)
    for _ in range(2):
        runtime = room.runtime(lambda request, number: text)
        assert room.texts(runtime, request) == [text]
        runtime.close()
    assert stats(runtime) == Stats(hits=1)


def test_a_stream_is_kept_when_it_was_read_to_its_end_and_comes_again_in_the_same_pieces(room):
    runtime = room.runtime(lambda request, number: f"one |two |three {number}")
    told = room.stream(runtime, room.request())
    assert [chunk.text for chunk in told] == ["one ", "two ", "three 1"]
    assert room.stream(runtime, room.request()) == told
    (whole,) = room.ask(runtime, room.request())
    assert whole == LLMResponse("one two three 1", Usage(7, 3, 2, 1), "any", "stop")
    assert runtime.model_under_test.calls == 1
    runtime.close()
    assert room.stream(room.runtime(mode="replay"), room.request()) == told


def test_a_whole_answer_is_streamed_in_one_piece(room):
    runtime = room.runtime()
    (whole,) = room.ask(runtime, room.request())
    (chunk,) = room.stream(runtime, room.request())
    assert (chunk.text, chunk.usage, chunk.finish) == (whole.text, whole.usage, "stop")


def test_a_stream_that_its_reader_leaves_is_not_kept(room):
    runtime = room.runtime(lambda request, number: "one |two |three")
    for calls in (1, 2):
        assert len(room.stream(runtime, room.request(), most=2)) == 2
        assert runtime.model_under_test.calls == calls
    assert (stats(runtime).stores, stats(runtime).unfit) == (0, 2)


@pytest.mark.parametrize("finish", ["length", "refusal"])
def test_a_stream_with_a_bad_end_is_not_kept(room, finish):
    runtime = room.runtime(lambda request, number: LLMResponse("one |two", finish=finish))
    for calls in (1, 2):
        assert room.stream(runtime, room.request())[-1].finish == finish
        assert runtime.model_under_test.calls == calls


def test_a_stream_that_is_asked_for_in_replay_is_a_miss_too(room):
    room.texts(room.runtime(), room.request())
    runtime = room.runtime(mode="replay")
    with pytest.raises(ReplayMiss):
        room.stream(runtime, room.request("something else"))
