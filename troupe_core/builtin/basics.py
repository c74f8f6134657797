"""What every runtime has: how handlers are made, the conversational faculty, episodic memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from troupe_core.hookspecs import hookimpl
from troupe_core.llm.embedding import EmbeddingHandler
from troupe_core.llm.handlers import LLMHandler
from troupe_core.llm.request import ModelRef
from troupe_core.records import EmbedderSpec, FacultySpec, MemorySpec
from troupe_core.simulation.transaction import TransactionHandler, execute

if TYPE_CHECKING:
    from troupe_core.people.tool import TinyTool, ToolHandler
    from troupe_core.runtime import Runtime


class Basics:
    """Wrappers of other plugins go around what this one makes."""

    def __init__(self, config: None, runtime: Runtime) -> None:
        self._runtime = runtime

    @hookimpl
    def troupe_llm_handler(self, model: ModelRef) -> LLMHandler:
        return self._runtime.provider(model)

    @hookimpl
    def troupe_embedding_handler(self, model: ModelRef) -> EmbeddingHandler:
        return self._runtime.embedding_provider(model)

    @hookimpl
    def troupe_transaction_handler(self, kind: str) -> TransactionHandler:
        return execute

    @hookimpl
    def troupe_tool_handler(self, tool: TinyTool) -> ToolHandler:
        from troupe_core.people.using import Performing

        return Performing(tool)

    @hookimpl
    def troupe_register_embedders(self) -> Iterator[EmbedderSpec]:
        yield EmbedderSpec("hashed", "troupe_core.builtin.hashed:Hashed", free=True)

    @hookimpl
    def troupe_register_faculties(self) -> Iterator[FacultySpec]:
        yield FacultySpec("conversation", "troupe_core.builtin.conversation:Conversation")

    @hookimpl
    def troupe_register_memories(self) -> Iterator[MemorySpec]:
        yield MemorySpec("episodic", "troupe_core.builtin.episodic:EpisodicMemory")
