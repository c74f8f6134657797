"""The innermost handler of a stack: it opens the backend at first use, and meters every physical attempt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from time import perf_counter

from troupe_core.errors import PluginError
from troupe_core.events import ModelCall
from troupe_core.llm.handlers import LLMBackend
from troupe_core.llm.request import Call, LLMRequest
from troupe_core.llm.response import LLMChunk, LLMResponse, Usage


class Opening:
    """Opens a backend once, whoever comes first; the others wait. A failed opening is tried again by the next call."""

    def __init__(self, backend: LLMBackend) -> None:
        self.backend = backend
        self.done = False
        self._lock: asyncio.Lock | None = None

    async def __call__(self) -> None:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if not self.done:
                await self.backend.open()
                self.done = True

    async def aclose(self) -> None:
        if self.done:
            self.done = False
            await self.backend.aclose()


def _no_response(model: str, got: object) -> PluginError:
    return PluginError(f"{model} answered with a {type(got).__name__}; complete() has to return an LLMResponse")


class Provider:
    """One model of one backend. All calls happen on the runtime's loop."""

    def __init__(self, opening: Opening, model: str, report: Callable[[ModelCall], None]) -> None:
        self.opening = opening
        self.backend = opening.backend
        self.model = model
        self.report = report

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        if not self.opening.done:
            await self.opening()
        started = perf_counter()
        try:
            response = await self.backend.complete(request, call)
            if not isinstance(response, LLMResponse):
                raise _no_response(self.model, response)
        except BaseException as error:
            self._failed(call, started, error)
            raise
        self.report(ModelCall(call, self.model, response.usage, perf_counter() - started))
        return response

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        if not self.opening.done:
            await self.opening()
        started = perf_counter()
        usage: Usage | None = None
        try:
            async for chunk in self.backend.stream(request, call):
                usage = chunk.usage or usage
                yield chunk
        except BaseException as error:
            self._failed(call, started, error, usage)
            raise
        self.report(ModelCall(call, self.model, usage, perf_counter() - started))

    def _failed(self, call: Call, started: float, error: BaseException, usage: Usage | None = None) -> None:
        seen = error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
        self.report(ModelCall(call, self.model, getattr(error, "usage", None) or usage, perf_counter() - started, seen))
