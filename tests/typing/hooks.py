"""What checkers know of hooks: the type of each call through the relay, and the names of its arguments.

This file is read by mypy and pyright and never run. An ignore in it says that there must be an error, for both.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import assert_type

from troupe_core import (
    BackendSpec,
    Call,
    CommandSpec,
    EmbedderSpec,
    EmbeddingHandler,
    EnricherSpec,
    ExtractorSpec,
    FacultySpec,
    LLMBackend,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    LLMWrapper,
    MemorySpec,
    ModelCall,
    Runtime,
    TemplatesSpec,
    TinyTool,
    ToolHandler,
    ToolSpec,
    hookimpl,
)
from troupe_core.events import Event
from troupe_core.hookspecs import TroupeSpecs
from troupe_core.llm import ModelRef
from troupe_core.simulation.transaction import Outcome, Transaction, TransactionHandler


def relayed(runtime: Runtime, event: Event) -> None:
    hooks = runtime.plugins.hooks
    assert_type(hooks, TroupeSpecs)
    model = ModelRef("acme", "chat")

    # composition: the first result, or none
    assert_type(hooks.troupe_llm_handler(model=model), LLMHandler | None)
    assert_type(hooks.troupe_embedding_handler(model=model), EmbeddingHandler | None)
    assert_type(hooks.troupe_transaction_handler(kind="turn"), TransactionHandler | None)
    assert_type(hooks.troupe_tool_handler(tool=TinyTool()), ToolHandler | None)

    # registration and observation: one result for each plugin
    assert_type(hooks.troupe_register_llm_backends(), list[Iterable[BackendSpec]])
    assert_type(hooks.troupe_register_embedders(), list[Iterable[EmbedderSpec]])
    assert_type(hooks.troupe_register_faculties(), list[Iterable[FacultySpec]])
    assert_type(hooks.troupe_register_memories(), list[Iterable[MemorySpec]])
    assert_type(hooks.troupe_register_tools(), list[Iterable[ToolSpec]])
    assert_type(hooks.troupe_register_enrichers(), list[Iterable[EnricherSpec]])
    assert_type(hooks.troupe_register_extractors(), list[Iterable[ExtractorSpec]])
    assert_type(hooks.troupe_register_templates(), list[Iterable[TemplatesSpec]])
    assert_type(hooks.troupe_register_commands(), list[Iterable[CommandSpec]])
    assert_type(hooks.troupe_event(event=event), list[None])


def misspelled(runtime: Runtime, event: Event) -> None:
    hooks = runtime.plugins.hooks
    hooks.troupe_llm_handler(modle=ModelRef("acme", "chat"))  # type: ignore[call-arg]
    hooks.troupe_llm_handler()  # type: ignore[call-arg]
    hooks.troupe_llm_handler(model="acme/chat")  # type: ignore[arg-type]
    hooks.troupe_transaction_handler(kind=5)  # type: ignore[arg-type]
    hooks.troupe_tool_handler(tool="notes")  # type: ignore[arg-type]
    hooks.troupe_transaction_handler(kind="turn", thing="Ada")  # type: ignore[call-arg]
    hooks.troupe_register_faculties(runtime)  # type: ignore[call-arg]
    hooks.troupe_register_faculty()  # type: ignore[attr-defined]
    hooks.troupe_event(event="it rains")  # type: ignore[arg-type]
    hooks.troupe_event(events=[event])  # type: ignore[call-arg]


class Loud(LLMWrapper):
    """A wrapper overrides one method, and knows what goes through it."""

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        response = await super().complete(request, call)
        assert_type(response, LLMResponse)
        assert_type(call.person, str | None)
        assert_type(request.draw, int)
        return LLMResponse(response.text.upper(), response.usage)


class Plugin:
    """A mark leaves a function's own type as it is."""

    @hookimpl
    def troupe_register_llm_backends(self) -> Iterator[BackendSpec]:
        yield BackendSpec("acme", "troupe_llm_acme:Acme", cache_version=2)

    @hookimpl(wrapper=True, tryfirst=True)
    def troupe_llm_handler(self, model: ModelRef) -> Generator[None, LLMHandler | None, LLMHandler | None]:
        inner = yield
        return inner if inner is None or model.backend != "acme" else Loud(inner)

    @hookimpl(wrapper=True)
    def troupe_transaction_handler(
        self, kind: str
    ) -> Generator[None, TransactionHandler | None, TransactionHandler | None]:
        inner = yield
        if inner is None:
            return None
        around: TransactionHandler = inner

        async def timed(tx: Transaction) -> Outcome:
            outcome = await around(tx)
            assert_type(outcome, Outcome)
            return outcome

        return timed

    @hookimpl
    def troupe_event(self, event: Event) -> None:
        if isinstance(event, ModelCall):
            assert_type(event.seconds, float)


assert_type(Plugin().troupe_register_llm_backends(), Iterator[BackendSpec])
Plugin().troupe_event(evnt=None)  # type: ignore[call-arg]


class NotAHandler:
    """It has the right name, and the wrong arguments."""

    async def complete(self, request: str) -> str:
        return request


def fits(backend: LLMBackend, wrapper: Loud, other: NotAHandler) -> None:
    handlers: list[LLMHandler] = [backend, wrapper]
    handlers.append(other)  # type: ignore[arg-type]
    BackendSpec("acme", 5)  # type: ignore[arg-type]
    BackendSpec("acme", "a:B", version=1)  # type: ignore[call-arg]
    BackendSpec("acme", "a:B").name = "other"  # type: ignore[misc]
