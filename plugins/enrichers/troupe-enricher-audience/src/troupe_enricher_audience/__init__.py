"""The enricher "audience": a text is rewritten for those who are to read it."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import EnricherSpec, hookimpl

TROUPE_API = (0, 2)


@hookimpl
def troupe_register_enrichers() -> Iterator[EnricherSpec]:
    yield EnricherSpec("audience", "troupe_enricher_audience.rewriting:Rewriting")
