"""A server on this machine that speaks the protocol, and runtimes whose models it answers for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

import troupe_llm_openai
from troupe_core import Budget, Call, Form, LLMChunk, LLMHandler, LLMRequest, LLMResponse, Message, Runtime
from troupe_testing.server import ProtocolServer

KEY = "sk-a-test-key-of-nobody-1234"
MODEL = "openai/test-model"
CALL = Call("a simulation", "turn", person="Ada", turn=3)
VARIABLES = (
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_ADMIN_KEY",
    "TROUPE_MODEL",
    "TROUPE_CONFIG",
)


class Asking:
    """A runtime, and one model of it."""

    call = CALL

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @staticmethod
    def request(*texts: str, **form: Any) -> LLMRequest:
        """Texts of the user, and of the assistant by turns."""
        roles = ("user", "assistant")
        messages = tuple(Message(roles[at % 2], text) for at, text in enumerate(texts or ("Who are you?",)))
        return LLMRequest(Form(MODEL, **form), messages)

    @property
    def handler(self) -> LLMHandler:
        return self.runtime.llm_handler(MODEL)

    def run(self, make: Callable[[], Awaitable[Any]]) -> Any:
        """Something awaitable, on the runtime's loop."""

        async def go() -> Any:
            return await make()

        return self.runtime.wait(go, "a twin")

    def ask(self, *texts: str, call: Call = CALL, **form: Any) -> LLMResponse:
        return self.run(lambda: self.handler.complete(self.request(*texts, **form), call))

    def stream(self, *texts: str, call: Call = CALL, **form: Any) -> list[LLMChunk]:
        async def go() -> list[LLMChunk]:
            return [chunk async for chunk in self.handler.stream(self.request(*texts, **form), call)]

        return self.run(go)

    def ask_many(self, times: int, **form: Any) -> list[Any]:
        """At once; errors are returned."""

        async def go() -> list[Any]:
            calls = (self.handler.complete(self.request(f"Question {number}", **form), CALL) for number in range(times))
            return await asyncio.gather(*calls, return_exceptions=True)

        return self.run(go)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and none of the other variables that the SDK reads."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def make_asking() -> Iterator[Callable[..., Asking]]:
    """Makes runtimes with these settings, and with no other plugin."""
    made: list[Runtime] = []

    def make(*plugins: object, config: Any = None, **settings: Any) -> Asking:
        options: dict[str, Any] = {"config": config or {}, "model": MODEL, "settings": {"openai": settings}}
        limit = Budget(calls=10_000)  # one that is given, so that none has to be announced
        runtime = Runtime(plugins=[troupe_llm_openai, *plugins], autoload=False, budget=limit, **options)
        made.append(runtime)
        return Asking(runtime)

    yield make
    for runtime in made:
        runtime.close()


Serve = Callable[..., tuple[ProtocolServer, Asking]]


@pytest.fixture
def serve(make_asking: Callable[..., Asking]) -> Iterator[Serve]:
    """Makes servers, each with a runtime that asks it."""
    made: list[ProtocolServer] = []

    def make(
        answer: Any = None, *, plugins: tuple[object, ...] = (), server: dict[str, Any] | None = None, **settings: Any
    ):
        serving = ProtocolServer(**({"answer": answer} if answer else {}), **(server or {})).start()
        made.append(serving)
        return serving, make_asking(*plugins, base_url=serving.base_url, **settings)

    yield make
    for serving in made:
        serving.close()
