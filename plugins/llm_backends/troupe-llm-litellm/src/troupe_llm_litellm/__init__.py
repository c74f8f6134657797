"""The models of more than a hundred providers, by way of litellm."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import BackendSpec, Capabilities, EmbedderSpec, hookimpl

TROUPE_API = (0, 1)
FACTORY = "troupe_llm_litellm.backend:LiteLLM"


@hookimpl
def troupe_register_llm_backends() -> Iterator[BackendSpec]:
    able = Capabilities(images=True, logprobs=True, streaming=True)
    yield BackendSpec("litellm", FACTORY, capabilities=able, wants=("resilience",))


@hookimpl
def troupe_register_embedders() -> Iterator[EmbedderSpec]:
    yield EmbedderSpec("litellm", FACTORY, texts=96)  # as many as the most frugal of the large providers takes
