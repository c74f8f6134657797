"""Around OpenAI's models, and a server that has bad days. Here time is real, and the waits are short."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

import troupe_llm_openai
from troupe_core import Call, Form, LLMRequest, Message, ModelTimeout, ModelUnavailable, Runtime
from troupe_resilience import Plugin, stats
from troupe_testing.server import Cut, Hang, ProtocolServer, Reset, Slow, Status

MODEL = "openai/test-model"


class Asking:
    def __init__(self, server: ProtocolServer, runtime: Runtime) -> None:
        self.server, self.runtime = server, runtime

    async def one(self, text: str = "Who are you?") -> str:
        request, call = LLMRequest(Form(MODEL), (Message("user", text),)), Call("a simulation", "turn", person="Ada")
        return (await self.runtime.llm_handler(MODEL).complete(request, call)).text

    def many(self, count: int) -> list[Any]:
        async def go() -> list[Any]:
            return await asyncio.gather(*(self.one(f"Number {n}?") for n in range(count)), return_exceptions=True)

        return self.runtime.wait(go, "")

    def stream(self) -> list[Any]:
        async def go() -> list[Any]:
            came: list[Any] = []
            request = LLMRequest(Form(MODEL), (Message("user", "Count to ten, please, and slowly."),))
            chunks: Any = self.runtime.llm_handler(MODEL).stream(request, Call("a simulation", "turn"))
            async with aclosing(chunks):
                try:
                    came += [chunk.text async for chunk in chunks]
                except ModelUnavailable as error:
                    came.append(error)
            return came

        return self.runtime.wait(go, "")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Asking]]:
    """A server, and a runtime that asks it. The plugin is there as an installed one is: the backend wants it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-test-key-of-nobody-1234")
    made: list[Asking] = []

    def make(**settings: Any) -> Asking:
        server = ProtocolServer().start()
        tables = {"openai": {"base_url": server.base_url}, "resilience": {"first_wait": 0.01, **settings}}
        plugins = [Plugin, troupe_llm_openai]
        made.append(Asking(server, Runtime(plugins, autoload=False, config={}, model=MODEL, settings=tables)))
        return made[-1]

    yield make
    for each in made:
        each.runtime.close()
        each.server.close()


def test_a_storm_of_refusals_and_failures_is_weathered(serve: Any):
    asking = serve(concurrency=20, attempts=30, longest_wait=0.1)
    asking.server.inject(Status(429, retry_after=0.02, spelled="ms"), every=3)
    asking.server.inject(Status(500), every=4)
    asking.server.inject(Reset(), every=7)
    answers = asking.many(40)
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    found = stats(asking.runtime)[MODEL]
    assert found.attempts == 40 + found.retries == asking.server.stats.requests
    assert found.pushed_back >= 10
    assert (found.under_way, found.waiting) == (0, 0)


@pytest.mark.parametrize("fault", [Hang(), Slow(1)], ids=["hangs", "one byte a second"])
def test_a_server_that_hangs_is_left_and_asked_again(serve: Any, fault: Any):
    asking = serve(timeout=1.5)
    asking.server.inject(fault, times=1)
    assert isinstance(asking.many(1)[0], str)
    asking = serve(timeout=0.05, attempts=2)
    asking.server.inject(fault)
    (error,) = asking.many(1)
    assert type(error) is ModelTimeout
    assert "It was asked 2 times" in error.__notes__[-1]


def test_a_stream_that_breaks_off_is_asked_for_again_if_nothing_of_it_has_come(serve: Any):
    asking = serve()
    asking.server.inject(Cut(0), times=1)
    whole = asking.stream()
    assert "".join(whole)
    asking.server.inject(Cut(2), times=1)
    *pieces, error = asking.stream()
    assert isinstance(error, ModelUnavailable)
    assert "".join(whole).startswith("".join(pieces))
    assert asking.server.stats.requests == 3
