"""A provider that can be told to push back, fail or take its time, on a clock that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from random import Random
from typing import Any

import pytest

from troupe_core import (
    Call,
    Form,
    LLMBackend,
    LLMChunk,
    LLMRequest,
    LLMResponse,
    Message,
    ModelError,
    RateLimited,
    Runtime,
    Usage,
)
from troupe_resilience import LaneStats, Plugin, stats
from troupe_testing import VirtualLoop

MODEL = "provider/any"


def request(text: str = "Who are you?", **form: Any) -> LLMRequest:
    return LLMRequest(Form(MODEL, **form), (Message("user", text),))


def call(simulation: str = "a simulation", **more: Any) -> Call:
    return Call(simulation, "turn", person="Ada", **more)


class Provider(LLMBackend):
    """Answers after `seconds`, a fifth more or less; more than `room` at once are refused after `refusal`. `plan`
    says what happens to the next calls instead: an error is raised, a number is how many seconds the answer takes.
    """

    name = "provider"
    free = True

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.2
        self.random = Random(7)
        self.room = 1_000_000
        self.refusal = 0.0
        self.plan: list[Any] = []
        self.asked: list[float] = []
        """When each attempt came."""
        self.who: list[str] = []
        self.answered: list[float] = []
        self.refused = 0
        self.under_way = 0

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        time = asyncio.get_running_loop().time
        self.asked.append(time())
        self.who.append(call.simulation)
        what = self.plan.pop(0) if self.plan else self.seconds * self.random.uniform(0.8, 1.2)
        if isinstance(what, BaseException):
            raise what
        if self.under_way >= self.room:
            self.refused += 1
            if self.refusal:
                await asyncio.sleep(self.refusal)
            raise RateLimited("too many at once", status=429)
        self.under_way += 1
        try:
            await asyncio.sleep(what)
        finally:
            self.under_way -= 1
        self.answered.append(time())
        return LLMResponse("It is I.", Usage(7, 3))

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        response = await self.complete(request, call)
        yield LLMChunk("It ")
        if self.plan:
            what = self.plan.pop(0)
            if isinstance(what, BaseException):
                raise what
            await asyncio.sleep(what)
        yield LLMChunk("is I.", response.usage, response.finish)


class Stage:
    """A runtime with the plugin around that provider."""

    def __init__(self, runtime: Runtime, plugin: Plugin, provider: Provider) -> None:
        self.runtime, self.plugin, self.provider = runtime, plugin, provider

    def run(self, story: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """On the runtime's loop."""
        return self.runtime.wait(story, "the story, awaited")

    async def ask(self, simulation: str = "a simulation", text: str = "Who are you?", **form: Any) -> LLMResponse:
        return await self.runtime.llm_handler(MODEL).complete(request(text, **form), call(simulation))

    async def stream(self, most: int = 10) -> list[Any]:
        """The pieces, at most so many, and the error that ended them."""
        came: list[Any] = []
        chunks: Any = self.runtime.llm_handler(MODEL).stream(request(), call())
        async with aclosing(chunks):
            try:
                async for chunk in chunks:
                    came.append(chunk.text)
                    if len(came) == most:
                        break
            except ModelError as error:
                came.append(error)
        return came

    def asking(self, *arguments: Any, **form: Any) -> Any:
        """An answer, or the error that there is instead."""

        async def story() -> Any:
            (came,) = await asyncio.gather(self.ask(*arguments, **form), return_exceptions=True)
            return came

        return self.run(story)

    @property
    def stats(self) -> LaneStats:
        return stats(self.runtime)[MODEL]


@pytest.fixture
def stage(make_runtime: Callable[..., Runtime]) -> Callable[..., Stage]:
    def make(*plugins: object, **settings: Any) -> Stage:
        provider = Provider()
        runtime = make_runtime(
            provider,
            plugins=[Plugin, *plugins],
            settings={"resilience": settings},
            model=MODEL,
            loop_factory=VirtualLoop,
        )
        (plugin,) = (each for each in runtime.plugins.get_plugins() if isinstance(each, Plugin))
        plugin.random.seed(7)
        return Stage(runtime, plugin, provider)

    return make
