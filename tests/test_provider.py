"""The innermost handler: what it does when a backend wants to ask in another form, and when nobody listens any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest

from troupe_core import (
    ArgumentError,
    Budget,
    BudgetExceeded,
    Call,
    Capabilities,
    Form,
    FormRefused,
    LLMBackend,
    LLMChunk,
    LLMRequest,
    LLMResponse,
    Message,
    Parameters,
    PluginError,
    Simulation,
    Unsupported,
)
from troupe_core.llm import Image
from troupe_testing import VirtualLoop

REQUEST = LLMRequest(Form("picky/x"), (Message("user", "hello"),))


class Picky(LLMBackend):
    """Refuses the form so often, and says afterwards what it was asked for."""

    free = True

    def __init__(self, refusals: int, *, late: bool = False) -> None:
        super().__init__()
        self.refusals, self.late = refusals, late
        self.asked = 0
        self.closed = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.asked <= self.refusals:
            raise FormRefused("not in this form", status=400)

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        self._ask()
        return LLMResponse("yes")

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        try:
            if self.late:
                yield LLMChunk("y")
            self._ask()
            yield LLMChunk("yes")
            yield LLMChunk("!")
        finally:
            self.closed += 1


def ask(runtime: Any, simulation: Simulation, way: str, request: LLMRequest = REQUEST) -> str:
    async def go() -> str:
        handler, call = runtime.llm_handler(request.form.model), Call(simulation.id, "test")
        if way == "complete":
            return (await handler.complete(request, call)).text
        return "".join([chunk.text async for chunk in handler.stream(request, call)])

    return runtime.wait(go, "")


@pytest.mark.parametrize("way", ["complete", "stream"])
def test_a_form_that_is_refused_is_asked_for_again_and_each_attempt_counts(make_runtime, way):
    runtime = make_runtime(Picky(2), model="picky/x")
    simulation = Simulation(runtime=runtime)
    assert ask(runtime, simulation, way).startswith("yes")
    assert (simulation.usage.calls, simulation.usage.failed) == (3, 2)


@pytest.mark.parametrize("way", ["complete", "stream"])
def test_who_refuses_for_ever_is_not_asked_for_ever(make_runtime, way):
    backend = Picky(100)
    runtime = make_runtime(backend, model="picky/x")
    simulation = Simulation(runtime=runtime)
    with pytest.raises(FormRefused, match="not in this form"):
        ask(runtime, simulation, way)
    assert backend.asked == simulation.usage.calls == simulation.usage.failed == 4


@pytest.mark.parametrize("way", ["complete", "stream"])
def test_no_attempt_is_made_without_room_in_the_budget(make_runtime, way):
    backend = Picky(2)
    runtime = make_runtime(backend, model="picky/x")
    simulation = Simulation(runtime=runtime, budget=Budget(calls=1))
    with pytest.raises(BudgetExceeded):
        ask(runtime, simulation, way)
    assert backend.asked == simulation.usage.calls == 1


def test_who_waits_for_a_place_is_not_counted_and_pays_nothing(make_runtime):
    """Whether they are called off, or their turn comes."""

    class Narrow(Picky):
        at_once = 1

        async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
            self.asked += 1
            await asyncio.sleep(3600)
            return LLMResponse("yes")

    backend = Narrow(0)
    runtime = make_runtime(backend, model="narrow/x", loop_factory=VirtualLoop)
    simulation = Simulation(runtime=runtime, budget=Budget(calls=2))

    async def go() -> list[Any]:
        handler, call = runtime.llm_handler("narrow/x"), Call(simulation.id, "test")
        tasks = [asyncio.ensure_future(handler.complete(REQUEST, call)) for _ in range(5)]
        await asyncio.sleep(1)
        assert (backend.asked, simulation.meter.limited("test")[0][0].in_flight) == (1, 1)
        for task in tasks[3:]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    kinds = [type(each) for each in runtime.wait(go, "")]
    assert kinds == [LLMResponse, LLMResponse, BudgetExceeded, asyncio.CancelledError, asyncio.CancelledError]
    assert (backend.asked, simulation.usage.calls, simulation.usage.failed) == (2, 2, 0)


@pytest.mark.parametrize("way", ["complete", "stream"])
def test_a_call_of_no_simulation_is_on_the_account_of_the_runtime(make_runtime, way):
    runtime = make_runtime(Picky(0), model="picky/x", budget=Budget(calls=2))
    simulation = Simulation(runtime=runtime)
    nobody: Any = SimpleNamespace(id="one that never was")
    for _ in range(2):
        ask(runtime, nobody, way)
    with pytest.raises(BudgetExceeded, match="the budget of 2 calls for what is asked for no simulation is spent"):
        ask(runtime, nobody, way)
    assert (runtime.meter.total().calls, simulation.usage.calls) == (2, 0)
    ask(runtime, simulation, way)
    assert simulation.usage.calls == 1


def test_a_stream_that_has_begun_does_not_begin_again(make_runtime):
    backend = Picky(1, late=True)
    runtime = make_runtime(backend, model="picky/x")
    simulation = Simulation(runtime=runtime)
    with pytest.raises(FormRefused):
        ask(runtime, simulation, "stream")
    assert (backend.asked, simulation.usage.calls) == (1, 1)


def test_a_stream_that_nobody_listens_to_any_more_is_closed_and_counted(make_runtime):
    backend = Picky(0)
    runtime = make_runtime(backend, model="picky/x")
    simulation = Simulation(runtime=runtime, budget=Budget(seconds=100))

    async def listen() -> tuple[str, int, int]:
        handler = runtime.llm_handler("picky/x")
        async with aclosing(handler.stream(REQUEST, Call(simulation.id, "test"))) as chunks:
            first = await anext(chunks)
        return first.text, backend.closed, simulation.usage.calls

    assert runtime.wait(listen, "") == ("yes", 1, 1)


@pytest.mark.parametrize("number", [0, "2"])
def test_a_backend_that_makes_no_number_of_calls_at_once_is_refused(make_runtime, number):
    backend = Picky(0)
    backend.at_once = number
    runtime = make_runtime(backend, model="picky/x")
    with pytest.raises(PluginError, match=rf"at_once of Picky is {number!r}; it has to be a whole number above 0"):
        ask(runtime, Simulation(runtime=runtime), "complete", REQUEST)
    assert backend.asked == 0


class Differing(Picky):
    """Only its model x takes seeds."""

    name = "picky"
    capabilities = Capabilities(seed=False)

    def capabilities_of(self, model: str) -> Capabilities | None:
        return Capabilities(logprobs=True) if model == "x" else None


@pytest.mark.parametrize("way", ["complete", "stream"])
def test_what_a_model_cannot_do_is_refused_before_anything_is_spent(make_runtime, way):
    backend = Differing(0)
    runtime = make_runtime(backend, model="picky/x")
    simulation = Simulation(runtime=runtime)
    picture = Message("user", "Look.", images=(Image.of(b"GIF89a"),))
    with pytest.raises(Unsupported, match="picky/x cannot look at pictures"):
        ask(runtime, simulation, way, LLMRequest(REQUEST.form, (picture,)))
    wishes = Parameters(seed=7), Parameters(extra={"logprobs": True})
    for wish, words in zip(wishes, [r"picky/y takes no seed, and 7 is wanted.*leave", "log-prob"], strict=True):
        with pytest.raises(Unsupported, match=words):
            ask(runtime, simulation, way, LLMRequest(Form("picky/y", wish), REQUEST.messages))
        assert (backend.asked, simulation.usage.calls) == (0, 0)
        ask(runtime, simulation, way, LLMRequest(Form("picky/x", wish), REQUEST.messages))
        backend.asked, simulation = 0, Simulation(runtime=runtime)
    assert runtime.capabilities_of("picky/y").seed is False


def test_a_picture_is_part_of_the_question_by_its_bytes_alone(tmp_path):
    kinds = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF89a": "gif", b"RIFF\0\0\0\0WEBP": "webp"}
    for data, kind in kinds.items():
        (tmp_path / "picture.txt").write_bytes(data)
        first, second = Image.of(tmp_path / "picture.txt"), Image.of(data)
        assert first.media_type == second.media_type == f"image/{kind}"
        assert first.digest == second.digest
    keys = {
        LLMRequest(REQUEST.form, (Message("user", "Look.", images=images),)).key
        for images in ((), *[(Image.of(data),) for data in kinds], tuple(map(Image.of, kinds)))
    }
    assert len(keys) == 6
    for wrong, words in [(b"%PDF", "no PNG"), (tmp_path / "none.png", "cannot be read"), ("a.png", "a Path or bytes")]:
        with pytest.raises(ArgumentError, match=words):
            Image.of(wrong)
