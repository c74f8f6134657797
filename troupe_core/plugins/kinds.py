"""The kinds of records: the hook that registers them, and what they are called in messages."""

from __future__ import annotations

import attrs

from troupe_core.records import (
    BackendSpec,
    CommandSpec,
    EmbedderSpec,
    EnricherSpec,
    ExtractorSpec,
    FacultySpec,
    MemorySpec,
    Record,
    TemplatesSpec,
    ToolSpec,
)


@attrs.frozen
class Kind:
    """One kind."""

    record: type[Record]
    hook: str
    word: str


KINDS = (
    Kind(BackendSpec, "troupe_register_llm_backends", "LLM backend"),
    Kind(EmbedderSpec, "troupe_register_embedders", "embedder"),
    Kind(FacultySpec, "troupe_register_faculties", "faculty"),
    Kind(MemorySpec, "troupe_register_memories", "memory"),
    Kind(ToolSpec, "troupe_register_tools", "tool"),
    Kind(EnricherSpec, "troupe_register_enrichers", "enricher"),
    Kind(ExtractorSpec, "troupe_register_extractors", "extractor"),
    Kind(TemplatesSpec, "troupe_register_templates", "set of templates"),
    Kind(CommandSpec, "troupe_register_commands", "command"),
)
KIND_OF = {kind.record: kind for kind in KINDS}
