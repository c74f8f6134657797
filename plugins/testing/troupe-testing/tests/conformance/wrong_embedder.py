"""Embedders that are wrong in one way each, and right ones: run by `test_the_kit.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import aiohttp
from attrs import frozen

from troupe_core import Embedder, Embeddings, ModelError
from troupe_core.llm import unit
from troupe_testing.conformance import EmbedderConformance
from troupe_testing.server import ProtocolServer


class Letters(Embedder):
    name = "letters"

    async def embed(self, model: str, texts: Sequence[str], call: Any) -> Embeddings:
        return Embeddings(tuple(unit(self.counted(text)) for text in texts))

    def counted(self, text: str) -> list[float]:
        return [1.0 + text.count(each) for each in "aeinost"]


class TestRight(EmbedderConformance):
    plugin = Letters


@frozen
class Config:
    base_url: str = "https://api.acme.example/v1"


class Acme(Embedder, config=Config):
    async def open(self) -> None:
        self.http = aiohttp.ClientSession()

    async def aclose(self) -> None:
        await self.http.close()

    async def embed(self, model: str, texts: Sequence[str], call: Any) -> Embeddings:
        body = {"model": model, "input": [text or " " for text in texts]}
        async with self.http.post(f"{self.config.base_url}/embeddings", json=body) as answer:
            if answer.status >= 400:
                raise self.error(answer.status, await answer.text())
            found = await answer.json()
        return Embeddings(tuple(unit(each["embedding"]) for each in found["data"]))

    def error(self, status: int, text: str) -> Exception:
        return ModelError.from_status(status, text, source="acme")


class OfAcme(EmbedderConformance):
    provider = ProtocolServer

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"base_url": server.base_url}


class TestRightWithAProvider(OfAcme):
    plugin = Acme


# -- vectors ----------------------------------------------------------------------------------------------------------


class Listing(Letters):
    async def embed(self, model: str, texts: Sequence[str], call: Any) -> Any:
        return [self.counted(text) for text in texts]


class TestReturnsSomethingElse(EmbedderConformance):
    fails = "test_it_embeds"
    plugin = Listing


class Sorting(Letters):
    async def embed(self, model: str, texts: Sequence[str], call: Any) -> Embeddings:
        return await super().embed(model, sorted(texts, reverse=True), call)


class TestPutsThemInAnotherOrder(EmbedderConformance):
    fails = "test_many_texts_have_the_vectors_of_each"
    plugin = Sorting


class Moody(Letters):
    made = count()

    def __init__(self, config: Any = None) -> None:
        super().__init__(config)
        self.mood = next(self.made)

    def counted(self, text: str) -> list[float]:
        return [*super().counted(text), 5.0 * self.mood]


class TestIsAnotherOneEachTime(EmbedderConformance):
    fails = "test_the_same_text_has_the_same_vector"
    plugin = Moody


class Growing(Letters):
    def counted(self, text: str) -> list[float]:
        return [*super().counted(text), *[1.0] * (len(text) > 100)]


class TestHasMoreDimensionsForMoreText(EmbedderConformance):
    fails = "test_all_vectors_have_the_same_number_of_dimensions"
    plugin = Growing


class Plain(Letters):
    async def embed(self, model: str, texts: Sequence[str], call: Any) -> Embeddings:
        found: Any = [self.counted(text) for text in texts]
        return Embeddings(tuple(found))


class TestTellsNothingOfLength(EmbedderConformance):
    fails = "test_vectors_have_length_one"
    plugin = Plain


class Averaging(Letters):
    def counted(self, text: str) -> list[float]:
        return [1 + text.count(each) / len(text) for each in "aeinost"]


class TestTakesNoEmptyText(EmbedderConformance):
    fails = "test_an_empty_text_has_one_too"
    plugin = Averaging


class Short(Letters):
    def counted(self, text: str) -> list[float]:
        if len(text) > 10_000:
            raise ValueError("too long")
        return super().counted(text)


class TestDoesNotSayThatATextIsTooLong(EmbedderConformance):
    fails = "test_a_long_text_has_one_or_is_refused"
    plugin = Short


# -- what goes wrong --------------------------------------------------------------------------------------------------


class Vague(Acme, config=Config):
    def error(self, status: int, text: str) -> Exception:
        return ModelError(f"acme answered {status}")


class TestDoesNotTellErrorsApart(OfAcme):
    fails = "test_each_status_is_the_error_that_it_stands_for"
    plugin = Vague


class Stubborn(Acme, config=Config):
    async def embed(self, model: str, texts: Sequence[str], call: Any) -> Embeddings:
        return await asyncio.shield(asyncio.ensure_future(super().embed(model, texts, call)))


class TestGoesOnWhenItIsCancelled(OfAcme):
    fails = "test_a_call_that_is_cancelled_is_not_paid_for"
    plugin = Stubborn
    patience = 2.0
