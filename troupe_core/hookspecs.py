"""Every hook that a plugin can implement. This file is the reference.

Hooks are plain functions and are called rarely: to *register* records, and to *compose* a handler once. Asynchrony
lives in the handlers. A plugin is a module, or an object, with functions marked `@hookimpl` and named like the hooks
here; it may leave out arguments that it does not need. All hooks start with `troupe_`.

What is registered acts where somebody names it. Wrappers and observers of an installed plugin act once the settings
have a table for it, `[settings.its-name]`, even an empty one, or require it, or put it in order: installing changes
nothing. A backend can want somebody's wrapper around its own models (`BackendSpec.wants`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from troupe_core.plugins.markers import collect, first, hookimpl

if TYPE_CHECKING:
    from troupe_core.events import Event
    from troupe_core.llm.embedding import EmbeddingHandler
    from troupe_core.llm.handlers import LLMHandler
    from troupe_core.llm.request import ModelRef
    from troupe_core.people.tool import TinyTool, ToolHandler
    from troupe_core.records import (
        BackendSpec,
        CommandSpec,
        EmbedderSpec,
        EnricherSpec,
        ExtractorSpec,
        FacultySpec,
        MemorySpec,
        TemplatesSpec,
        ToolSpec,
    )
    from troupe_core.simulation.transaction import TransactionHandler

__all__ = ["API_VERSION", "TroupeSpecs", "hookimpl"]

API_VERSION = (0, 2)
"""Of the hooks. A plugin may state the version it was written for as `TROUPE_API`."""


class TroupeSpecs:
    """The hooks. The class is also the type of the relay that calls them, so type checkers know each call."""

    # -- registration: yield frozen records; their factories are called at first use ----------------------------------

    @collect
    def troupe_register_llm_backends(self) -> Iterable[BackendSpec]:  # type: ignore[empty-body]
        """What answers requests. Models are then named `<backend>/<model>`.

        ```python
        from troupe_core import BackendSpec, LLMBackend, LLMResponse, Usage, hookimpl

        class Echo(LLMBackend):
            async def complete(self, request, call):
                words = request.messages[-1].content
                return LLMResponse(words, Usage(input=len(words) // 4, output=len(words) // 4))

        @hookimpl
        def troupe_register_llm_backends():
            yield BackendSpec("echo", Echo, free=True)   # in a package: "troupe_llm_echo:Echo"
        ```
        """

    @collect
    def troupe_register_embedders(self) -> Iterable[EmbedderSpec]:  # type: ignore[empty-body]
        """What makes vectors of texts, by which they can be compared. Its models are named `<embedder>/<model>`.

        ```python
        from troupe_core import Embedder, EmbedderSpec, Embeddings, hookimpl
        from troupe_core.llm import unit

        class Letters(Embedder):
            '''Two texts are alike if they use the same letters as often.'''

            async def embed(self, model, texts, call):
                return Embeddings(tuple(unit([1 + text.count(each) for each in "aeinost"]) for text in texts))

        @hookimpl
        def troupe_register_embedders():
            yield EmbedderSpec("letters", Letters, free=True)
        ```
        """

    @collect
    def troupe_register_faculties(self) -> Iterable[FacultySpec]:  # type: ignore[empty-body]
        """What people can do beyond talking and thinking. A faculty acts only for persons who are given it by name.

        ```python
        from troupe_core import FacultySpec, TinyMentalFaculty, action, hookimpl

        class Humming(TinyMentalFaculty):
            '''You hum when you are at ease.'''

            @action
            async def hum(self, turn, tune: str):
                '''hum a tune.'''

        @hookimpl
        def troupe_register_faculties():
            yield FacultySpec("humming", Humming)
        ```
        """

    @collect
    def troupe_register_memories(self) -> Iterable[MemorySpec]:  # type: ignore[empty-body]
        """How people remember. The factory is a frozen attrs class whose fields are the memory's settings.

        ```python
        from troupe_core import EpisodicMemory, MemorySpec, hookimpl

        @hookimpl
        def troupe_register_memories():
            yield MemorySpec("diary", EpisodicMemory)
        ```
        """

    @collect
    def troupe_register_tools(self) -> Iterable[ToolSpec]:  # type: ignore[empty-body]
        """What people can use, with an effect outside of the simulation. A tool acts only for persons who are given it.

        ```python
        from troupe_core import TinyTool, ToolSpec, action, hookimpl

        class Doorbell(TinyTool):
            '''There is a doorbell.'''

            @action
            async def ring(self, call, times: int) -> str:
                '''ring so many times.'''
                return f"It rings {times} times."

        @hookimpl
        def troupe_register_tools():
            yield ToolSpec("doorbell", Doorbell)
        ```
        """

    @collect
    def troupe_register_enrichers(self) -> Iterable[EnricherSpec]:  # type: ignore[empty-body]
        """What rewrites a text by requirements, behind `TinyEnricher(enricher="…")`.

        ```python
        from troupe_core import Enricher, EnricherSpec, hookimpl

        class Shorter(Enricher):
            async def enrich(self, task, desk):
                return await desk.ask(f"Say it in one sentence: {task.content}")

        @hookimpl
        def troupe_register_enrichers():
            yield EnricherSpec("shorter", Shorter)
        ```
        """

    @collect
    def troupe_register_extractors(self) -> Iterable[ExtractorSpec]:  # type: ignore[empty-body]
        """What draws findings from what people said and did, behind `ResultsExtractor(extractor="…")`.

        ```python
        from troupe_core import Extractor, ExtractorSpec, Finding, hookimpl

        class Counter(Extractor):
            async def extract(self, task, desk):
                said = [line for line in task.transcript.lines if line.fact.type == "TALK"]
                return [Finding({"said": len(said)}, evidence={"said": said})]

        @hookimpl
        def troupe_register_extractors():
            yield ExtractorSpec("counter", Counter)
        ```
        """

    @collect
    def troupe_register_templates(self) -> Iterable[TemplatesSpec]:  # type: ignore[empty-body]
        """Sets of prompts, in mustache with three braces; a runtime uses the one that it is told to (`templates`).

        ```python
        from troupe_core import TemplatesSpec, hookimpl

        def terse():
            return {"consolidate": "In one sentence each, what is worth remembering of this?"}

        @hookimpl
        def troupe_register_templates():
            yield TemplatesSpec("terse", terse)
        ```
        """

    @collect
    def troupe_register_commands(self) -> Iterable[CommandSpec]:  # type: ignore[empty-body]
        """Commands of the command line, `troupe <name> …`, which `troupe-cli` brings. They are looked for when a
        command is none of its own; `troupe_cli.session()` gives them the runtime that the options ask for.

        ```python
        from troupe_core import CommandSpec, hookimpl

        def wave(arguments):
            print("hello", *arguments)

        @hookimpl
        def troupe_register_commands():
            yield CommandSpec("wave", lambda: wave, help="say hello")
        ```
        """

    # -- composition: the core makes a handler once, plugins wrap it --------------------------------------------------

    @first
    def troupe_llm_handler(self, model: ModelRef) -> LLMHandler:  # type: ignore[empty-body]
        """The handler for one model of one runtime. Implement it as a wrapper, to put something around the provider.

        Order, from the outside: observers (`tryfirst=True`), caches, resilience (`trylast=True`), the core's meter.

        ```python
        from troupe_core import LLMWrapper, hookimpl

        class Loud(LLMWrapper):
            async def complete(self, request, call):
                print("asking", request.form.model)
                return await self.inner.complete(request, call)

        class Plugin:
            @hookimpl(wrapper=True)
            def troupe_llm_handler(self, model):
                inner = yield
                return Loud(inner)
        ```
        """

    @first
    def troupe_embedding_handler(self, model: ModelRef) -> EmbeddingHandler:  # type: ignore[empty-body]
        """The handler of one model that makes vectors of texts. Implement it as a wrapper, as `troupe_llm_handler`; the
        innermost one gives the texts to the embedder in batches, and keeps account of each.

        ```python
        from troupe_core import EmbeddingWrapper, hookimpl

        class Remembering(EmbeddingWrapper):
            def __init__(self, inner):
                super().__init__(inner)
                self.known = {}

            async def embed(self, texts, call):
                key = tuple(texts)
                if key not in self.known:
                    self.known[key] = await self.inner.embed(texts, call)
                return self.known[key]

        class Plugin:
            @hookimpl(wrapper=True)
            def troupe_embedding_handler(self, model):
                inner = yield
                return Remembering(inner)
        ```
        """

    @first
    def troupe_transaction_handler(self, kind: str) -> TransactionHandler:  # type: ignore[empty-body]
        """The handler for the transactions of one kind ("turn", "consolidation") of one simulation.

        ```python
        from time import perf_counter
        from troupe_core import hookimpl

        class Plugin:
            def __init__(self):
                self.times = {}

            @hookimpl(wrapper=True)
            def troupe_transaction_handler(self, kind):
                inner = yield

                async def timed(tx):
                    started = perf_counter()
                    try:
                        return await inner(tx)
                    finally:
                        self.times[tx.thing] = perf_counter() - started

                return timed
        ```
        """

    @first
    def troupe_tool_handler(self, tool: TinyTool) -> ToolHandler:  # type: ignore[empty-body]
        """The handler for the calls of one tool of one runtime. That a call is under way is on record before it comes
        here, and what it came to afterwards; a wrapper may ask somebody first, or do something else instead.

        ```python
        from troupe_core import hookimpl

        class Plugin:
            @hookimpl(wrapper=True)
            def troupe_tool_handler(self, tool):
                inner = yield

                async def only_looking(call):
                    return f"You would have done {call.action}; this is a rehearsal."

                return only_looking if tool.name == "notes" else inner
        ```
        """

    # -- observation --------------------------------------------------------------------------------------------------

    @collect
    def troupe_event(self, event: Event) -> None:
        """Called for each telemetry event, at once and in the order in which they happen. It must not block.

        What it raises is logged once per plugin, and reaches nobody else.

        ```python
        from troupe_core import ModelCall, hookimpl

        class Plugin:
            @hookimpl
            def troupe_event(self, event):
                if isinstance(event, ModelCall):
                    print(event.model, event.seconds)
        ```
        """
