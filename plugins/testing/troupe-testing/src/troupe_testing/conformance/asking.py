"""Questions to a backend, alone and many at once, and what they come to."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias

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
    PluginError,
    Runtime,
    Simulation,
    TinyPerson,
    TroupeError,
)
from troupe_testing.conformance.played import Pausing, Telling
from troupe_testing.server import Fault, ProtocolServer, Request

if TYPE_CHECKING:
    from troupe_testing.conformance.backend_stage import BackendStage

SOMEBODY = Call("a simulation", "turn", person="Ada")

Outcome: TypeAlias = LLMResponse | BaseException


class Asking:
    """Questions to the model that is tried, in one runtime."""

    def __init__(self, stage: BackendStage, runtime: Runtime | None = None) -> None:
        self.runtime = runtime or stage.runtime()
        self.patience = stage.patience
        self.model = f"{stage.record_name()}/{stage.model}"
        self.stage = stage

    @property
    def server(self) -> ProtocolServer:
        """The provider, of a backend that has one."""
        if self.stage.server is None:
            raise PluginError("the backend that is tried has no provider")
        return self.stage.server

    def request(self, *messages: str | Message, **form: Any) -> LLMRequest:
        given = messages or ("question-0",)
        made = tuple(each if isinstance(each, Message) else Message("user", each) for each in given)
        return LLMRequest(Form(self.model, **form), made)

    def run(self, make: Callable[[], Awaitable[Any]]) -> Any:
        """Something awaitable, on the runtime's loop."""

        async def go() -> Any:
            return await make()

        return self.runtime.wait(go, "…")

    async def awaited(self, request: LLMRequest, call: Call = SOMEBODY) -> Outcome:
        """The answer, or the error, which is `TimeoutError` if there is neither."""
        try:
            async with asyncio.timeout(self.patience):
                return await self.runtime.llm_handler(self.model).complete(request, call)
        except Exception as error:
            return error

    def outcome(self, *messages: str | Message, call: Call = SOMEBODY, **form: Any) -> Outcome:
        return self.run(lambda: self.awaited(self.request(*messages, **form), call))  # type: ignore[no-any-return]

    def outcomes(self, questions: Sequence[str]) -> list[Outcome]:
        """Of questions that are asked at once."""

        async def all_of_them() -> list[Outcome]:
            return await asyncio.gather(*(self.awaited(self.request(question)) for question in questions))

        return self.run(all_of_them)  # type: ignore[no-any-return]

    def answer(self, *messages: str | Message, call: Call = SOMEBODY, **form: Any) -> LLMResponse:
        """The answer. The check is skipped if there is none, which is the business of another one."""
        return answered(self.outcome(*messages, call=call, **form))

    def sent(self, *messages: str | Message, **form: Any) -> Request:
        """What arrives at the provider."""
        self.answer(*messages, **form)
        return self.server.requests[-1]

    def pieces(self, *messages: str, call: Call = SOMEBODY, **form: Any) -> tuple[list[LLMChunk], BaseException | None]:
        """Of a stream, and the error that it ended in."""

        async def all_of_them() -> tuple[list[LLMChunk], BaseException | None]:
            found: list[LLMChunk] = []
            try:
                async with asyncio.timeout(self.patience):
                    handler = self.runtime.llm_handler(self.model)
                    async for piece in handler.stream(self.request(*messages, **form), call):
                        found.append(piece)  # noqa: PERF401 - those before an error count
            except Exception as error:
                return found, error
            return found, None

        return self.run(all_of_them)  # type: ignore[no-any-return]

    def met(self, fault: Fault) -> Outcome:
        """What a call comes to that meets the fault."""
        self.server.heal()
        self.server.inject(fault)
        return self.outcome()

    def cancelled(self, *, streamed: bool = False) -> Outcome:
        """What comes of a call that is cancelled while the provider has it."""
        handler = self.runtime.llm_handler(self.model)

        async def call() -> Any:
            if not streamed:
                return await handler.complete(self.request(), SOMEBODY)
            return [piece async for piece in handler.stream(self.request(), SOMEBODY)]

        return self.cancelling(call)  # type: ignore[no-any-return]

    def cancelling(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """The same, of any call."""

        async def cancel() -> Any:
            come, loop = asyncio.Event(), asyncio.get_running_loop()
            rule = self.server.inject(Telling(lambda: loop.call_soon_threadsafe(come.set)), times=1)
            task = asyncio.ensure_future(call())
            coming = asyncio.ensure_future(come.wait())
            await asyncio.wait({task, coming}, timeout=self.patience, return_when=asyncio.FIRST_COMPLETED)
            coming.cancel()
            task.cancel()
            await asyncio.wait({task}, timeout=self.patience)
            rule.times = 0
            if not task.done():
                return TimeoutError("it goes on")
            return asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()

        return self.run(cancel)

    def left(self) -> None:
        """Read one piece of a stream, and no more."""
        self.server.inject(Pausing(), times=1)

        async def leave() -> None:
            stream: Any = self.runtime.llm_handler(self.model).stream(self.request(), SOMEBODY)
            async with asyncio.timeout(self.patience), aclosing(stream):
                await anext(stream)

        self.run(leave)

    @property
    def streams(self) -> bool:
        """Whether it has a `stream` of its own. The usual one gives the answer of `complete` in one piece."""
        backend = self.stage.make(self.runtime)
        return getattr(type(backend), "stream", None) is not LLMBackend.stream

    def asked_still(self) -> int:
        """Requests that the provider goes on answering. It hears a moment later that nobody listens."""
        return settled(lambda: self.server.stats.in_flight, self.patience)


def answered(outcome: Outcome) -> LLMResponse:
    if not isinstance(outcome, LLMResponse):
        pytest.skip(f"it does not answer: {said(outcome)}")
    return outcome


def said(outcome: Outcome) -> str:
    """An outcome in a line."""
    if isinstance(outcome, LLMResponse):
        return f"the answer {outcome.text!r}, finish {outcome.finish!r}"
    return f"{type(outcome).__name__}: {outcome}"


def is_model_error(outcome: Outcome) -> bool:
    return isinstance(outcome, ModelError)


def questions(number: int) -> list[str]:
    """So many different ones."""
    return [f"question-{each}" for each in range(number)]


def traced(outcome: Any) -> str:
    """Everything that an error tells."""
    return "".join(traceback.format_exception(outcome)) if isinstance(outcome, BaseException) else ""


def left_open(server: ProtocolServer, patience: float) -> int:
    """The server hears of the end of a connection a moment later."""
    return settled(lambda: server.stats.connected, patience)


def settled(count: Callable[[], int], patience: float) -> int:
    """What is counted, as soon as that is nothing, or when there is no more patience."""
    end = time.monotonic() + patience
    while count() and time.monotonic() < end:
        time.sleep(0.001)
    return count()


def life(runtime: Runtime, model: str) -> TroupeError | None:
    """What keeps a person from living on a model."""
    simulation = Simulation(runtime=runtime, seed=7)
    try:
        TinyPerson("Ada", simulation=simulation, model=model).listen_and_act("Would you like a cup of tea?")
    except TroupeError as error:
        return error
    finally:
        simulation.close()
    return None
