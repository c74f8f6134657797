"""OpenAI's models, at OpenAI or at Azure, and those of every server that speaks the same protocol."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import BackendSpec, Capabilities, EmbedderSpec, hookimpl

TROUPE_API = (0, 1)


@hookimpl
def troupe_register_llm_backends() -> Iterator[BackendSpec]:
    able = Capabilities(images=True, logprobs=True, streaming=True)
    for name, factory in (("openai", "troupe_llm_openai.backend:OpenAI"), ("azure", "troupe_llm_openai.azure:Azure")):
        yield BackendSpec(name, factory, capabilities=able, wants=("resilience",))


@hookimpl
def troupe_register_embedders() -> Iterator[EmbedderSpec]:
    yield EmbedderSpec("openai", "troupe_llm_openai.backend:OpenAI", texts=512)
    yield EmbedderSpec("azure", "troupe_llm_openai.azure:Azure", texts=512)
