"""Latency without waiting: seeded distributions of it, and a clock on which hours pass in milliseconds."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import AsyncIterator, Callable
from typing import Any

from troupe_core import Call, LLMBackend, LLMChunk, LLMRequest, LLMResponse, Price, Stream

Distribution = Callable[[Stream], float]
"""Seconds, from a stream of random numbers."""


def constant(seconds: float) -> Distribution:
    return lambda stream: seconds


def uniform(low: float, high: float) -> Distribution:
    return lambda stream: stream.uniform(low, high)


def exponential(mean: float) -> Distribution:
    """Mostly quick, now and then very slow."""
    return lambda stream: -mean * math.log(1.0 - stream.random())


def lognormal(median: float, sigma: float = 0.5) -> Distribution:
    """As providers' answers are distributed."""
    return lambda stream: median * math.exp(sigma * stream.gauss())


class LatencyModel(LLMBackend):
    """A backend in front of another one, that answers after a while. How long is a function of seed and request."""

    def __init__(self, inner: LLMBackend, latency: Distribution, seed: int = 0) -> None:
        super().__init__()
        self.inner = inner
        self.name = getattr(inner, "name", "latency")
        self.latency = latency
        self.seed = seed
        self.in_flight = 0
        self.most_in_flight = 0

    def as_record(self, given: Any) -> Any:  # type: ignore[override]  # it bears the name of what it stands before
        return self.inner.as_record(self)

    def price_of(self, model: str) -> Price | None:
        return self.inner.price_of(model)

    async def open(self) -> None:
        await self.inner.open()

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        await self._wait(request)
        return await self.inner.complete(request, call)

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        await self._wait(request)
        async for chunk in self.inner.stream(request, call):
            yield chunk

    async def _wait(self, request: LLMRequest) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency(Stream(self.seed, request.key.hex(), "latency", 0)))
        finally:
            self.in_flight -= 1


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting for a timer it moves the clock to it; another thread can still wake it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nobody has anything to do. `Runtime(loop_factory=VirtualLoop)`."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now
