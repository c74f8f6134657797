"""A room to ask in: a cache file, and runtimes whose model counts how often it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from troupe_cache_sqlite import Plugin
from troupe_core import Call, Form, LLMBackend, LLMChunk, LLMRequest, LLMResponse, Message, Parameters, Runtime, Usage

if TYPE_CHECKING:
    from troupe_core.sync import LoopFactory

CALL = Call("a simulation", "turn", person="Ada", turn=3)


class Asked(LLMBackend):
    """Answers by a function of the request and of how often it was asked; waits for `gate`, if there is one."""

    name = "asked"

    def __init__(self, answer: Callable[[LLMRequest, int], Any] | None = None) -> None:
        super().__init__()
        self.answer = answer or (lambda request, number: f"answer {number}")
        self.calls = 0
        self.ended = 0
        self.ended_before_closing: int | None = None
        self.slow_to_leave = 0.0
        self.turns = 0
        """Of the loop, before each answer and each piece."""
        self.gate: asyncio.Event | None = None

    async def aclose(self) -> None:
        self.ended_before_closing = self.ended

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        await self._take_turns()
        self.calls += 1
        answer = self.answer(request, self.calls)
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(self.slow_to_leave)
            raise
        finally:
            self.ended += 1
        if isinstance(answer, BaseException):
            raise answer
        return LLMResponse(answer, Usage(7, 3, 2, 1), request.model) if isinstance(answer, str) else answer

    async def _take_turns(self) -> None:
        for _ in range(self.turns):
            await asyncio.sleep(0)

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        response = await self.complete(request, call)
        *pieces, last = response.text.split("|")
        for piece in pieces:
            yield LLMChunk(piece)
            await self._take_turns()
        yield LLMChunk(last, response.usage, response.finish, response.mark)


class Room:
    """Makes runtimes over one file, and asks in them."""

    call = CALL

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "deep" / "cache.sqlite"
        self.made: list[Runtime] = []

    def runtime(
        self,
        model: Any = None,
        mode: str | None = "readwrite",
        path: Path | None = None,
        loop_factory: LoopFactory | None = None,
        **settings: Any,
    ) -> Runtime:
        """`model`: a backend, or how it answers. `settings`: of the cache, besides."""
        backend = model if isinstance(model, LLMBackend) else Asked(model)
        table = {"mode": mode, "path": str(path or self.path), **settings}
        tables = {} if mode is None else {"cache-sqlite": table}
        options = {} if loop_factory is None else {"loop_factory": loop_factory}
        runtime = Runtime([backend, Plugin], settings=tables, model="asked/any", autoload=False, **options)
        runtime.model_under_test = backend  # type: ignore[attr-defined]
        self.made.append(runtime)
        return runtime

    def request(self, text: str = "Who?", **other: Any) -> LLMRequest:
        form = {name: other.pop(name) for name in list(other) if name in ("schema", "schema_name", "tools")}
        parameters = Parameters(**{name: other.pop(name) for name in list(other) if name in ("temperature", "seed")})
        form = Form(other.pop("model", "asked/any"), parameters, **form)
        return LLMRequest(form, (Message("system", "You are Ada."), Message("user", text)), **other)

    def run(self, runtime: Runtime, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """On the runtime's loop."""
        return runtime.wait(work, "work")

    def ask(self, runtime: Runtime, *requests: LLMRequest) -> list[Any]:
        """The answers, or errors, of all of them at once."""

        async def all_of_them() -> list[Any]:
            asked = [runtime.llm_handler(request.form.model).complete(request, CALL) for request in requests]
            return await asyncio.gather(*asked, return_exceptions=True)

        return self.run(runtime, all_of_them)

    def texts(self, runtime: Runtime, *requests: LLMRequest) -> list[str]:
        return [response.text for response in self.ask(runtime, *requests)]

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not what():  # noqa: ASYNC110 - a scripted model tells nobody that it was called
                await asyncio.sleep(0.001)

    def stream(self, runtime: Runtime, request: LLMRequest, most: int | None = None) -> list[LLMChunk]:
        """The chunks; a reader who wants no more than so many leaves then."""

        async def read() -> list[LLMChunk]:
            chunks = []
            stream = runtime.llm_handler(request.form.model).stream(request, CALL)
            try:
                async for chunk in stream:
                    chunks.append(chunk)
                    if len(chunks) == most:
                        break
            finally:
                await stream.aclose()  # type: ignore[attr-defined]
            return chunks

        return self.run(runtime, read)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    for runtime in made.made:
        runtime.close()
