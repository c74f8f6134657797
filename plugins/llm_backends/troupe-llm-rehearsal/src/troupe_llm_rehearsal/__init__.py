"""A model that needs no key: puppets that follow the words of their personas, `rehearsal/default`."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import BackendSpec, Capabilities, hookimpl

TROUPE_API = (0, 2)


@hookimpl
def troupe_register_llm_backends() -> Iterator[BackendSpec]:
    yield BackendSpec("rehearsal", f"{__name__}.backend:Rehearsal", 5, Capabilities(images=True), free=True)
