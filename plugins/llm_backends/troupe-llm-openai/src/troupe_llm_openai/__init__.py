"""OpenAI's models, and those of every server that speaks the same protocol: `openai/gpt-5-mini`."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import BackendSpec, Capabilities, EmbedderSpec, hookimpl

TROUPE_API = (0, 1)


@hookimpl
def troupe_register_llm_backends() -> Iterator[BackendSpec]:
    yield BackendSpec("openai", "troupe_llm_openai.backend:OpenAI", capabilities=Capabilities(streaming=True))


@hookimpl
def troupe_register_embedders() -> Iterator[EmbedderSpec]:
    yield EmbedderSpec("openai", "troupe_llm_openai.backend:OpenAI", texts=512)
