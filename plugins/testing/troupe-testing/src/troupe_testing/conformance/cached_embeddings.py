"""What holds for caches that keep vectors of texts, too."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

import attrs
import pytest

from troupe_core import Call, Embedder, Embeddings, ModelError, Runtime, Usage
from troupe_core.llm import unit
from troupe_testing.conformance.plugin import PluginConformance
from troupe_testing.conformance.stage import Stage, last_origin

HOOK = "troupe_embedding_handler"
MODEL = "lengths/small"
BAKER, RIVER, TRAM, MOON = "The baker is up.", "A river.", "The tram to the harbour was late.", "Moon?"


class Lengths(Embedder):
    """Makes vectors of how long texts are, remembers what it was asked, and can be made to fail."""

    name, free = "lengths", True

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.down = False

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        self.asked += texts
        if self.down:
            raise ModelError("the embedder is down")
        vectors = tuple(unit([1.0, float(len(model)), float(len(text))]) for text in texts)
        return Embeddings(vectors, Usage(sum(map(len, texts))), f"{model}-2026")


@attrs.frozen
class Desk:
    """A runtime that embeds by it."""

    runtime: Runtime
    lengths: Lengths

    def embed(self, *texts: str, model: str = MODEL) -> Embeddings:
        return self.runtime.embed(texts, model)

    def try_to_embed(self, *texts: str) -> None:
        with suppress(ModelError):
            self.embed(*texts)


class CachedEmbeddingsConformance(PluginConformance):
    """Of a plugin that keeps vectors, by the hook `troupe_embedding_handler`. `CacheConformance` has these checks, too;
    for a cache that has no such hook they are skipped.
    """

    lasts: ClassVar[bool] = True
    """Whether what it keeps outlives its runtime, and is shared by those that have the same settings."""

    def desk(self, stage: Stage) -> Desk:
        if not isinstance(stage.plugin, str) and not hasattr(stage.plugin, HOOK):
            pytest.skip("it keeps no vectors")
        lengths = Lengths()
        runtime = stage.runtime(self.script, plugins=(lengths,))
        plugin: Any = runtime.plugins.get_plugin(last_origin(runtime).plugin)
        if not hasattr(plugin, HOOK):
            pytest.skip("it keeps no vectors")
        return Desk(runtime, lengths)

    def test_texts_are_kept_one_by_one(self, stage: Stage) -> None:
        """Whatever they come with: of a hundred, those are asked for that are not there."""
        desk = self.desk(stage)
        desk.embed(BAKER, RIVER, TRAM)
        desk.lengths.asked.clear()
        desk.embed(TRAM, MOON, BAKER)
        asked = desk.lengths.asked
        assert asked == [MOON], f"of three texts two had been embedded before, and {len(asked)} were embedded once more"

    def test_each_text_gets_its_own_vector(self, stage: Stage) -> None:
        """In the order of the texts, be they found or asked for."""
        desk = self.desk(stage)
        first = dict(zip((BAKER, RIVER), desk.embed(BAKER, RIVER).vectors, strict=True))
        found = desk.embed(RIVER, MOON, BAKER).vectors
        assert (found[0], found[2]) == (first[RIVER], first[BAKER]), (
            "texts that were embedded before got other vectors when they came in another order, with a new one among "
            "them: keep a vector for each text, and give them in the order of the texts"
        )

    def test_a_text_has_a_vector_of_each_model(self, stage: Stage) -> None:
        """Those of different models cannot be compared."""
        desk = self.desk(stage)
        desk.embed(BAKER)
        desk.lengths.asked.clear()
        desk.embed(BAKER, model="lengths/larger")
        assert desk.lengths.asked == [BAKER], "a text was given the vector that another model had made of it"

    def test_what_is_done_to_a_vector_is_not_done_to_the_kept_one(self, stage: Stage) -> None:
        """It is an array, which its owner may change."""
        desk = self.desk(stage)
        desk.embed(BAKER)
        (vector,) = desk.embed(BAKER).vectors
        before = vector[0]
        vector[0] = 2.0
        (again,) = desk.embed(BAKER).vectors
        assert again[0] == before, "who was given a vector has changed it, and the kept one with it: give out a copy"

    def test_an_embedder_that_failed_is_asked_again(self, stage: Stage) -> None:
        """No error is kept."""
        desk = self.desk(stage)
        desk.lengths.down = True
        desk.try_to_embed(BAKER)
        desk.lengths.down = False
        desk.lengths.asked.clear()
        desk.try_to_embed(BAKER)
        assert desk.lengths.asked == [BAKER], "an error was kept: who asks after it does not reach the embedder"

    def test_vectors_are_there_when_the_runtime_is_closed(self, stage: Stage) -> None:
        """The next run of a program embeds nothing twice."""
        if not self.lasts:
            pytest.skip("what it keeps is its runtime's own")
        one, two = self.desk(stage), self.desk(stage)
        one.embed(BAKER)
        one.runtime.close()
        two.embed(BAKER)
        assert not two.lengths.asked, "what was embedded in a runtime was embedded again when that one was closed"
