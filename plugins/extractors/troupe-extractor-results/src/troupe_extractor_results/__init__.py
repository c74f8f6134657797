"""The extractor "results": a model reads a transcript and fills in fields, each with the lines that show it."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import ExtractorSpec, hookimpl

TROUPE_API = (0, 2)


@hookimpl
def troupe_register_extractors() -> Iterator[ExtractorSpec]:
    yield ExtractorSpec("results", "troupe_extractor_results.reading:Reading")
