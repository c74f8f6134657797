"""Plugins around models that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, ClassVar

from attrs import evolve

from troupe_core import LLMRequest, LLMWrapper, ModelError, hookimpl
from troupe_testing.conformance import LLMWrapperConformance


class Plugin:
    """Puts `around` around each model."""

    config_class: ClassVar[type[Any] | None] = None
    around: ClassVar[type[LLMWrapper]]

    def __init__(self, config: Any, runtime: Any) -> None:
        self.config = config

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Iterator[Any]:
        inner = yield
        return self.around(inner)


class Counting(LLMWrapper):
    calls = pieces = 0

    async def complete(self, request: Any, call: Any) -> Any:
        self.calls += 1
        return await self.inner.complete(request, call)

    async def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        async with aclosing(self.inner.stream(request, call)) as chunks:
            async for chunk in chunks:
                self.pieces += 1
                yield chunk


class Right(Plugin):
    around = Counting


class TestRight(LLMWrapperConformance):
    plugin = Right


# -- what passes through ----------------------------------------------------------------------------------------------


class Prompting(LLMWrapper):
    async def complete(self, request: Any, call: Any) -> Any:
        return await self.inner.complete(self.shorter(request), call)

    async def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        async with aclosing(self.inner.stream(self.shorter(request), call)) as chunks:
            async for chunk in chunks:
                yield chunk

    def shorter(self, request: Any) -> LLMRequest:
        return LLMRequest(request.form, request.messages[1:], request.draw)


class Forgetful(Plugin):
    around = Prompting


class TestLeavesOutAMessage(LLMWrapperConformance):
    fails = "test_the_question_reaches_the_model_as_it_was_put"
    plugin = Forgetful


class Anonymous(LLMWrapper):
    async def complete(self, request: Any, call: Any) -> Any:
        return evolve(await self.inner.complete(request, call), model="")


class Discreet(Plugin):
    around = Anonymous


class TestHidesWhichModelItWas(LLMWrapperConformance):
    fails = "test_the_answer_comes_back_as_it_is"
    plugin = Discreet


class Trimming(Counting):
    async def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        async with aclosing(super().stream(request, call)) as chunks:
            async for chunk in chunks:
                yield evolve(chunk, text=chunk.text.strip())


class Tidy(Plugin):
    around = Trimming


class TestTrimsThePiecesOfAStream(LLMWrapperConformance):
    fails = "test_the_pieces_of_a_stream_are_the_whole_answer"
    plugin = Tidy


class Translating(LLMWrapper):
    async def complete(self, request: Any, call: Any) -> Any:
        try:
            return await self.inner.complete(request, call)
        except ModelError as error:
            raise ModelError(f"something went wrong: {error}") from error

    async def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        try:
            async with aclosing(self.inner.stream(request, call)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except ModelError as error:
            raise ModelError(f"something went wrong: {error}") from error


class Vague(Plugin):
    around = Translating


class TestRaisesAnErrorOfItsOwn(LLMWrapperConformance):
    fails = "test_an_error_comes_out_as_it_is"
    plugin = Vague


class Shouting(LLMWrapper):
    async def complete(self, request: Any, call: Any) -> Any:
        response = await self.inner.complete(request, call)
        return evolve(response, text=response.text.replace("This is", "THIS IS"))


class Loud(Plugin):
    around = Shouting


class TestChangesWhatPeopleSay(LLMWrapperConformance):
    fails = "test_a_study_with_it_is_the_same_as_without_it"
    plugin = Loud


# -- many calls -------------------------------------------------------------------------------------------------------


class Merging(LLMWrapper):
    """Takes several draws for one question."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.asked: dict[Any, Any] = {}

    async def complete(self, request: Any, call: Any) -> Any:
        if not request.draw:
            return await self.inner.complete(request, call)
        key = tuple(message.content for message in request.messages)
        if key not in self.asked:
            self.asked[key] = await self.inner.complete(request, call)
        return self.asked[key]


class Thrifty(Plugin):
    around = Merging


class TestGivesOneAnswerForSeveralDraws(LLMWrapperConformance):
    fails = "test_each_draw_is_an_answer_of_its_own"
    plugin = Thrifty


class Queueing(LLMWrapper):
    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.few = asyncio.Semaphore(50)

    async def complete(self, request: Any, call: Any) -> Any:
        async with self.few:
            return await self.inner.complete(request, call)


class Narrow(Plugin):
    around = Queueing


class TestLetsFiftyThroughAndDoesNotSaySo(LLMWrapperConformance):
    fails = "test_a_hundred_calls_are_under_way_together"
    plugin = Narrow


class TestRightIfItSaysThatItLimits(LLMWrapperConformance):
    plugin = Narrow
    limits = True


# -- leaving ----------------------------------------------------------------------------------------------------------


class Shielding(LLMWrapper):
    async def complete(self, request: Any, call: Any) -> Any:
        return await asyncio.shield(self.inner.complete(request, call))


class Stubborn(Plugin):
    around = Shielding


class TestLetsTheModelGoOn(LLMWrapperConformance):
    fails = "test_who_stops_waiting_stops_the_model"
    plugin = Stubborn


class Careless(LLMWrapper):
    async def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        async for chunk in self.inner.stream(request, call):
            yield chunk


class Open(Plugin):
    around = Careless


class TestLeavesTheInnerStreamOpen(LLMWrapperConformance):
    fails = "test_a_stream_that_is_given_up_ends_at_the_model"
    plugin = Open
