"""A model at which calls can be held, and a room to ask it in, through whatever a plugin has put around it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import attrs

from troupe_core import (
    Call,
    Form,
    LLMBackend,
    LLMChunk,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    Message,
    Parameters,
    Runtime,
    Usage,
)
from troupe_core.llm import Token

T = TypeVar("T")

LIKELY = (Token("I like", -0.25, ((" drink", -2.5), (" take", -4.0))), Token(" tea.", -0.5))
"""How likely words were."""

CALL = Call("conformance", "turn", person="Ada", turn=3)
MODEL = "probe/any"
PATIENCE = 3.0
"""Seconds after which calls that have not come will not come. Nobody whose calls do come waits for it."""

Answering: TypeAlias = Callable[[LLMRequest, int], str | LLMResponse | Exception]
"""By the request, and how many there were."""


def question(
    text: str = "What do you think?",
    *,
    model: str = MODEL,
    parameters: Parameters | None = None,
    schema: dict[str, Any] | None = None,
    tools: tuple[dict[str, Any], ...] = (),
    draw: int = 0,
    lane: str = "",
) -> LLMRequest:
    """What a plugin is tried with."""
    form = Form(model, parameters or Parameters(), "answer" if schema is not None else "", schema, tools)
    return LLMRequest(form, (Message("system", "You are Ada."), Message("user", text)), draw, lane)


class Probe(LLMBackend):
    """Each of its answers has a number, by which they are told apart."""

    name = "probe"
    free = True

    def __init__(self, answering: Answering | None = None) -> None:
        super().__init__()
        self.answering = answering or (lambda request, number: f"Answer number {number}, in a few words.")
        self.asked: list[tuple[LLMRequest, Call]] = []
        self.in_flight = 0
        self.given_up = 0
        """How many of those who asked did not wait for the end."""
        self.gate = asyncio.Event()
        """Answers are given while it is set."""
        self.gate.set()
        self._came = asyncio.Event()

    async def arrived(self, count: int) -> None:
        """Wait until so many have asked, or no more come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while len(self.asked) < count:
                    self._came.clear()
                    await self._came.wait()

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        self.asked.append((request, call))
        number = len(self.asked)
        self._came.set()
        self.in_flight += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        finally:
            self.in_flight -= 1
        answer = self.answering(request, number)
        if isinstance(answer, Exception):
            raise answer
        return LLMResponse(answer, Usage(7, 3, 2), "probe-2026") if isinstance(answer, str) else answer

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        response = await self.complete(request, call)
        *pieces, last = re.findall(r"\S+\s*", response.text) or [""]
        try:
            for piece in pieces:
                yield LLMChunk(piece)
            yield LLMChunk(last, response.usage, response.finish, response.mark, response.logprobs)
        except GeneratorExit:
            self.given_up += 1
            raise


async def a_moment() -> None:
    """Until everything that can go on by itself has gone on."""
    for _ in range(50):
        await asyncio.sleep(0)


@attrs.frozen
class Room:
    """A runtime whose models are the probe, and the plugin around them."""

    runtime: Runtime
    probe: Probe

    @property
    def handler(self) -> LLMHandler:
        return self.runtime.llm_handler(MODEL)

    def run(self, story: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """On the runtime's loop."""
        return self.runtime.wait(story, "the story, awaited")

    def task(self, request: LLMRequest) -> asyncio.Task[LLMResponse]:
        """A call under way; on the loop."""

        async def ask() -> LLMResponse:
            return await self.runtime.llm_handler(request.form.model).complete(request, CALL)

        return asyncio.get_running_loop().create_task(ask())

    def ask(self, *requests: LLMRequest) -> list[Any]:
        """The answers or errors of all of them, asked at once."""

        async def story() -> list[Any]:
            return await asyncio.gather(*map(self.task, requests), return_exceptions=True)

        return self.run(story)

    def stream(self, request: LLMRequest, most: int | None = None) -> list[Any]:
        """The pieces, and the error that ended them. A reader who wants no more than so many leaves then."""

        async def story() -> list[Any]:
            came: list[Any] = []
            pieces = self.runtime.llm_handler(request.form.model).stream(request, CALL)
            try:
                while most is None or len(came) < most:
                    came.append(await anext(pieces))
            except StopAsyncIteration:
                return came
            except Exception as error:
                return [*came, error]
            await close(pieces)
            return came

        return self.run(story)

    def by(self, way: str, request: LLMRequest) -> list[Any]:
        """`complete` or `stream`."""
        return self.ask(request) if way == "complete" else self.stream(request)


def text(came: list[Any]) -> str:
    """What was said by what came, answers or pieces; an error stands for itself."""
    return "".join(getattr(each, "text", repr(each)) for each in came)


async def close(pieces: AsyncIterator[LLMChunk]) -> None:
    """Leave a stream."""
    aclose = getattr(pieces, "aclose", None)
    if aclose is not None:
        await aclose()
