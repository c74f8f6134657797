"""Who asks for what is being asked already waits for that answer; who leaves takes nobody along."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import aclosing

import attrs
import pytest

from troupe_cache_sqlite import Stats, stats, upkeep
from troupe_core import Budget, BudgetExceeded, LLMResponse, ModelError, ModelUnavailable, Simulation
from troupe_testing import VirtualLoop


@pytest.mark.parametrize("mode", ["read", "write", "readwrite", "refresh"])
def test_a_thousand_equal_calls_at_once_are_one(room, mode):
    room.ask(room.runtime(), room.request("another one"))
    room.made[-1].close()
    runtime = room.runtime(mode=mode)
    assert room.texts(runtime, *[room.request()] * 1000) == ["answer 1"] * 1000
    assert runtime.model_under_test.calls == 1
    assert stats(runtime) == Stats(misses=1, waits=999, stores=0 if mode == "read" else 1)


def scene(room, runtime):
    """A model that waits at its gate, and what makes one more ask it."""
    model = runtime.model_under_test
    handler = runtime.llm_handler("asked/any")
    request, call = room.request(), room.call

    def one_more():
        return asyncio.get_running_loop().create_task(handler.complete(request, call))

    return model, one_more


def test_when_the_first_caller_leaves_the_others_are_served(room):
    runtime = room.runtime()
    model, one_more = scene(room, runtime)

    async def story():
        model.gate = asyncio.Event()
        first = one_more()
        await room.until(lambda: model.calls == 1)
        others = [one_more() for _ in range(5)]
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        model.gate.set()
        return first.cancelled(), [response.text for response in await asyncio.gather(*others)]

    assert room.run(runtime, story) == (True, ["answer 1"] * 5)
    assert model.calls == 1
    assert room.texts(runtime, room.request()) == ["answer 1"]


def test_when_all_have_left_the_call_ends_and_the_next_one_asks_anew(room):
    runtime = room.runtime()
    model, one_more = scene(room, runtime)

    async def story():
        model.gate, model.slow_to_leave = asyncio.Event(), 0.05
        both = [one_more(), one_more()]
        await room.until(lambda: model.calls == 1)
        for task in both:
            task.cancel()
        await asyncio.wait(both)
        next_one = one_more()  # comes while the cancelled call is still on its way out
        await room.until(lambda: model.calls == 2)
        ended_before = model.ended
        await room.until(lambda: model.ended == 1)
        model.gate.set()
        return ended_before, (await next_one).text

    assert room.run(runtime, story) == (0, "answer 2")
    assert stats(runtime) == Stats(misses=2, waits=1, stores=1)
    assert room.texts(runtime, room.request()) == ["answer 2"]


def test_an_error_reaches_all_who_wait_and_is_not_kept(room):
    runtime = room.runtime(lambda request, number: ModelError("down") if number == 1 else "up again")
    first = room.ask(runtime, *[room.request()] * 20)
    assert [str(error) for error in first] == ["down"] * 20
    assert room.texts(runtime, room.request()) == ["up again"]
    assert runtime.model_under_test.calls == 2


def test_who_has_no_other_model_does_not_give_up_with_one_who_has(room):
    runtime = room.runtime(lambda request, number: ModelUnavailable("down") if number == 1 else "up again")
    calls = attrs.evolve(room.call, standby=True), room.call, room.call

    async def story():
        handler = runtime.llm_handler("asked/any")
        return await asyncio.gather(*(handler.complete(room.request(), c) for c in calls), return_exceptions=True)

    failed, *others = room.run(runtime, story)
    assert str(failed) == "down"
    assert [found.text for found in others] == ["up again"] * 2
    assert runtime.model_under_test.calls == 2


@pytest.mark.parametrize("way", ["complete", "stream", "embed"])
def test_a_budget_that_is_spent_stops_nobody_who_has_another_one(room, way):
    runtime = room.runtime()
    poor = Simulation(runtime=runtime, budget=Budget(calls=1))
    theirs = attrs.evolve(room.call, simulation=poor.id)

    async def ask(call, way=way):
        if way == "embed":
            return len((await runtime.embedder("hashed/ngram-16").embed(["tea"], call)).vectors)
        handler = runtime.llm_handler("asked/any")
        if way == "complete":
            return (await handler.complete(room.request(), call)).text
        async with aclosing(handler.stream(room.request(), call)) as chunks:
            return "".join([chunk.text async for chunk in chunks])

    async def story():
        await runtime.llm_handler("asked/any").complete(room.request("another one"), theirs)
        refused = ask(theirs, "embed" if way == "embed" else "complete")
        return await asyncio.gather(refused, ask(room.call), ask(room.call), return_exceptions=True)

    refused, *others = room.run(runtime, story)
    assert isinstance(refused, BudgetExceeded)
    assert others == {"complete": ["answer 2"] * 2, "stream": ["answer 2", "answer 3"], "embed": [1, 1]}[way]


def test_a_bad_answer_reaches_all_who_wait_and_is_not_kept(room):
    refusal = LLMResponse("No.", finish="refusal")
    runtime = room.runtime(lambda request, number: refusal if number == 1 else "Well.")
    assert room.ask(runtime, *[room.request()] * 20) == [refusal] * 20
    assert room.texts(runtime, room.request()) == ["Well."]


def test_a_stream_that_comes_while_the_answer_is_asked_for_gets_that_one(room):
    runtime = room.runtime()
    model, one_more = scene(room, runtime)

    async def story():
        model.gate = asyncio.Event()
        whole = one_more()
        await room.until(lambda: model.calls == 1)
        stream = runtime.llm_handler("asked/any").stream(room.request(), room.call)
        first = asyncio.get_running_loop().create_task(anext(stream))
        await asyncio.sleep(0.01)
        model.gate.set()
        return (await whole).text, (await first).text

    assert room.run(runtime, story) == ("answer 1", "answer 1")
    assert model.calls == 1


def test_two_streams_that_are_read_by_turns_do_not_wait_for_each_other(room):
    runtime = room.runtime(lambda request, number: "one |two")

    async def story():
        handler = runtime.llm_handler("asked/any")
        left, right = (handler.stream(room.request(), room.call) for _ in range(2))
        told = [
            (await anext(left)).text,
            (await anext(right)).text,
            (await anext(left)).text,
            (await anext(right)).text,
        ]
        assert [await anext(stream, None) for stream in (left, right)] == [None, None]
        return told

    assert room.run(runtime, story) == ["one ", "one ", "two", "two"]
    assert room.texts(runtime, room.request()) == ["one two"]


def test_closing_a_runtime_ends_what_is_under_way(room):
    runtime = room.runtime()
    model, one_more = scene(room, runtime)

    async def story():
        model.gate = asyncio.Event()
        task = one_more()
        await room.until(lambda: model.calls == 1)
        return task

    task = room.run(runtime, story)
    runtime.close()
    assert task.cancelled()
    assert model.ended_before_closing == 1
    assert room.texts(room.runtime(), room.request()) == ["answer 1"]  # nothing of it is left in the file


def test_on_a_virtual_clock_it_works_as_well(room):
    runtime = room.runtime(loop_factory=VirtualLoop)
    draws = [room.request(draw=draw % 20) for draw in range(60)]
    assert len(set(room.texts(runtime, *draws))) == 20
    assert runtime.model_under_test.calls == 20


@pytest.mark.parametrize("way", ["complete", "stream", "embed"])
def test_whoever_is_cancelled_at_whatever_await_leaves_nothing_behind(room, way):
    runtime = room.runtime(lambda request, number: "one |two")
    runtime.model_under_test.turns = 3

    async def ask(number):
        if way == "embed":
            texts = [f"text {part} of {number}" for part in range(99)]
            return len((await runtime.embedder("hashed/ngram-16").embed(texts, room.call)).vectors)
        request, handler = room.request(f"question {number}"), runtime.llm_handler("asked/any")
        if way == "complete":
            return (await handler.complete(request, room.call)).text
        async with aclosing(handler.stream(request, room.call)) as chunks:
            return "".join([chunk.text async for chunk in chunks])

    async def story():
        wanted, number, cancelled = await ask("first"), 0, True
        while cancelled:
            number += 1
            task = asyncio.get_running_loop().create_task(ask(number))
            for _ in range(number):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            cancelled = task.cancelled()
            assert await ask(number) == wanted
        return number

    assert room.run(runtime, story) > 3
    runtime.close()
    with sqlite3.connect(room.path) as db:
        assert db.execute("SELECT count(*) FROM lease").fetchone() == (0,)
    db.close()
    assert list(upkeep.verify(room.path)) == []
