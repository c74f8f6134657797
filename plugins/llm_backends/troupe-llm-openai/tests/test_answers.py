"""What becomes of an answer, in one piece and as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import LLMChunk, LLMResponse, ModelUnavailable, Parameters, Simulation, TinyPerson, Usage
from troupe_core.llm import Token
from troupe_llm_openai.answers import completion
from troupe_llm_openai.events import events
from troupe_testing import talk, turn
from troupe_testing.server import Cut, Reply, Reset

USED = {"prompt_tokens": 300, "completion_tokens": 20, "cached_tokens": 256, "reasoning_tokens": 8}
AWKWARD = "Über \u2028 and \x85, “so”,\r\n\n data: [DONE] 😀 " * 20


def whole(chunks: list[LLMChunk]) -> LLMResponse:
    """A stream as what it is the stream of."""
    assert all(chunk.usage is None and chunk.finish is None for chunk in chunks[:-1])
    last = chunks[-1]
    assert last.usage is not None
    return LLMResponse("".join(chunk.text for chunk in chunks), last.usage, "test-model", last.finish or "")


CASES = {
    "plain": (Reply("I am Ada.", **USED), "I am Ada.", "stop"),
    "awkward": (Reply(AWKWARD, **USED), AWKWARD, "stop"),
    "empty": (Reply("", **USED), "", "stop"),
    "cut off": (Reply("I am", finish_reason="length", **USED), "I am", "length"),
    "filtered": (Reply("I", finish_reason="content_filter", **USED), "I", "refusal"),
    "refused": (Reply(refusal="I would rather not.", **USED), "I would rather not.", "refusal"),
    "called a tool": (Reply("", finish_reason="tool_calls", **USED), "", "tool_calls"),
}


@pytest.mark.parametrize(("reply", "text", "finish"), CASES.values(), ids=CASES)
def test_an_answer_and_its_stream_are_the_same(serve: Any, reply: Reply, text: str, finish: str):
    _, asking = serve(lambda body: reply)
    expected = LLMResponse(text, Usage(300, 20, 256, 8), "test-model", finish)
    assert asking.ask() == expected
    assert whole(asking.stream()) == expected


def test_tokens_that_are_not_told_are_none(serve: Any):
    _, asking = serve(lambda body: Reply("Yes.", usage=False))
    assert asking.ask().usage == Usage()
    assert whole(asking.stream()).usage == Usage()


def test_how_likely_the_words_were_is_told_as_far_as_anybody_tells(tmp_path: Any, serve: Any):
    def answer(likely: str) -> LLMResponse:
        told = '{"choices": [{"message": {"content": "Tea."}, "finish_reason": "stop", "logprobs": %s}]}'
        return completion((told % likely).encode(), "somebody")

    of_tea = '{"token": "Tea.", "logprob": %s, "top_logprobs": [{"token": "No", "logprob": null}]}'
    assert answer('{"content": [%s]}' % (of_tea % -0.5)).logprobs == (Token("Tea.", -0.5, (("No", -9999.0),)),)
    for unheard_of in ("null", "{}", '{"tokens": ["Tea."]}', '{"content": "Tea."}', "7"):
        assert answer(unheard_of) == LLMResponse("Tea.")
    _, asking = serve(lambda body: turn(talk("Hello, Ben.")))
    wish = Parameters(extra={"logprobs": True, "top_logprobs": 3})
    with Simulation(tmp_path / "sure.db", runtime=asking.runtime, parameters=wish) as simulation:
        TinyPerson("Ada", simulation=simulation).act()
    with closing(Simulation.view(tmp_path / "sure.db", runtime=asking.runtime)) as seen:
        (asked,) = seen["Ada"].prompts()
    assert "".join(token.text for token in asked.answer.logprobs) == asked.answer.text
    assert {len(token.others) for token in asked.answer.logprobs} == {3}


def test_an_answer_without_choices_can_be_asked_for_again(serve: Any):
    _, asking = serve(lambda body: Reply(empty=True, **USED))
    with pytest.raises(ModelUnavailable, match="without any choices") as error:
        asking.ask()
    assert error.value.retryable
    assert error.value.usage == Usage(300, 20, 256, 8), "it was paid for"
    with pytest.raises(ModelUnavailable):
        asking.stream()


@pytest.mark.parametrize("usage", [b"null", b'{"prompt_tokens": 3, "prompt_tokens_details": null}', b"{}"])
def test_servers_that_say_less_are_understood(usage: bytes):
    content = b'{"choices": [{"message": {"role": "assistant", "content": "Yes.", "extra": 1}}], "usage": %b}' % usage
    found = completion(content, "somebody")
    assert (found.text, found.finish, found.model) == ("Yes.", "stop", "")
    assert found.usage in (Usage(), Usage(3))


@pytest.mark.parametrize(
    ("content", "usage"),
    [
        (b'{"answer": "Yes.", "usage": {"prompt_tokens": 3, "completion_tokens": 2}}', Usage(3, 2)),
        (b'{"choices": 1, "usage": {"prompt_tokens": 3}}', Usage(3)),
        (b'{"choices": [], "usage": 5}', None),
        (b"<html>", None),
    ],
)
def test_what_is_no_answer_has_cost_what_it_says(content: bytes, usage: Usage | None):
    with pytest.raises(ModelUnavailable, match="is no chat completion") as error:
        completion(content, "somebody")
    assert error.value.usage == usage


@pytest.mark.parametrize("fault", [Cut(3), Cut(0), Reset(after_head=True)], ids=["after a few", "at once", "reset"])
def test_a_stream_that_is_cut_is_told(serve: Any, fault: Any):
    server, asking = serve(lambda body: Reply("one two three four five", **USED))
    server.inject(fault)
    with pytest.raises(ModelUnavailable) as error:
        asking.stream()
    assert error.value.retryable


def test_a_stream_that_ends_too_early_in_good_order_is_told(serve: Any):
    _, asking = serve(lambda body: Reply("one two", finish_reason=None))  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable, match="broke off"):
        asking.stream()


def test_a_reader_that_leaves_ends_the_request(serve: Any):
    _, asking = serve(lambda body: Reply("word " * 20_000))

    async def first() -> str:
        chunks = asking.handler.stream(asking.request(), asking.call)
        async for chunk in chunks:
            await chunks.aclose()
            return chunk.text
        return ""

    assert asking.run(first) == "word"
    assert asking.ask().text, "the next one is served"


WORDS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), min_size=1).map(str.strip)


@given(st.lists(WORDS.filter(lambda text: text not in ("", "[DONE]"))), st.sampled_from(["\n", "\r\n"]), st.data())
def test_events_are_the_same_wherever_the_wire_cuts_them(texts: list[str], end: str, data: st.DataObject):
    wire = (
        "".join(f": a remark{end}data: {text}{end}{end}" for text in texts) + f"data: [DONE]{end}{end}data: more{end}"
    )
    sent = wire.encode()
    at = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    pieces = [sent[start:stop] for start, stop in zip([0, *at], [*at, len(sent)], strict=True)]

    async def coming() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def read() -> list[bytes]:
        return [event async for event in events(coming())]

    assert asyncio.run(read()) == [text.encode().strip() for text in texts]
