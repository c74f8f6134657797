"""Caches of vectors that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import frozen

from troupe_core import Embeddings, EmbeddingWrapper, ModelError, hookimpl
from troupe_testing.conformance.cached_embeddings import CachedEmbeddingsConformance


@frozen
class Config:
    folder: Path = Path("vectors")


class Keeping(EmbeddingWrapper):
    """Keeps each vector in a file of a folder."""

    def __init__(self, inner: Any, folder: Path, model: str) -> None:
        super().__init__(inner)
        self.folder = folder
        self.model = model

    def place(self, text: str) -> Path:
        return self.folder / sha256(f"{self.model}\0{text}".encode()).hexdigest()

    def find(self, text: str) -> Any:
        place = self.place(text)
        return array("f", json.loads(place.read_text())) if place.exists() else None

    def keep(self, text: str, vector: Any) -> None:
        self.folder.mkdir(exist_ok=True)
        self.place(text).write_text(json.dumps(list(vector)))

    async def embed(self, texts: Any, call: Any) -> Any:
        found = {text: self.find(text) for text in texts}
        missing = [text for text, vector in found.items() if vector is None]
        if missing:
            came = await self.inner.embed(missing, call)
            for text, vector in zip(missing, came.vectors, strict=True):
                self.keep(text, vector)
                found[text] = vector
        return Embeddings(tuple(self.ordered(texts, found)))

    def ordered(self, texts: Any, found: Any) -> Any:
        return [found[text] for text in texts]


class Right:
    config_class: ClassVar[type[Any]] = Config
    around: ClassVar[type[Keeping]] = Keeping

    def __init__(self, config: Any, runtime: Any) -> None:
        self.config = config

    @hookimpl(wrapper=True)
    def troupe_embedding_handler(self, model: Any) -> Iterator[Any]:
        inner = yield
        return self.around(inner, self.config.folder, str(model))


class InAFolder(CachedEmbeddingsConformance):
    @pytest.fixture
    def table(self, tmp_path: Path) -> Mapping[str, Any]:
        return {"folder": str(tmp_path / "vectors")}


class TestRight(InAFolder):
    plugin = Right


def putting(kind: type[Keeping]) -> type[Right]:
    """The plugin that puts this around embedders."""

    class Wrong(Right):
        around = kind

    return Wrong


class Together(Keeping):
    async def embed(self, texts: Any, call: Any) -> Any:
        if any(self.find(text) is None for text in texts):
            for text in texts:
                self.place(text).unlink(missing_ok=True)
        return await super().embed(texts, call)


class TestKeepsThemTogether(InAFolder):
    fails = "test_texts_are_kept_one_by_one"
    plugin = putting(Together)


class Shuffled(Keeping):
    def ordered(self, texts: Any, found: Any) -> Any:
        return [found[text] for text in sorted(texts)]


class TestGivesThemInAnotherOrder(InAFolder):
    fails = "test_each_text_gets_its_own_vector"
    plugin = putting(Shuffled)


class Forgetful(Keeping):
    def place(self, text: str) -> Path:
        return self.folder / sha256(text.encode()).hexdigest()


class TestTakesOneModelForAnother(InAFolder):
    fails = "test_a_text_has_a_vector_of_each_model"
    plugin = putting(Forgetful)


class Sharing(Keeping):
    def __init__(self, inner: Any, folder: Path, model: str) -> None:
        super().__init__(inner, folder, model)
        self.known: dict[str, Any] = {}

    def find(self, text: str) -> Any:
        return self.known.get(text) or super().find(text)

    def keep(self, text: str, vector: Any) -> None:
        super().keep(text, vector)
        self.known[text] = vector


class TestGivesOutWhatItKeeps(InAFolder):
    fails = "test_what_is_done_to_a_vector_is_not_done_to_the_kept_one"
    plugin = putting(Sharing)


class Resentful(Keeping):
    failed: ModelError | None = None

    async def embed(self, texts: Any, call: Any) -> Any:
        if self.failed is not None:
            raise self.failed
        try:
            return await super().embed(texts, call)
        except ModelError as error:
            self.failed = error
            raise


class TestKeepsErrors(InAFolder):
    fails = "test_an_embedder_that_failed_is_asked_again"
    plugin = putting(Resentful)


class InMemory(Keeping):
    """Until the handler goes."""

    def __init__(self, inner: Any, folder: Path, model: str) -> None:
        super().__init__(inner, folder, model)
        self.known: dict[str, list[float]] = {}

    def find(self, text: str) -> Any:
        return array("f", self.known[text]) if text in self.known else None

    def keep(self, text: str, vector: Any) -> None:
        self.known[text] = list(vector)


class TestForgetsWithItsRuntime(InAFolder):
    fails = "test_vectors_are_there_when_the_runtime_is_closed"
    plugin = putting(InMemory)
