"""Texts that are embedded go the same way: asked for again, batch by batch."""

from __future__ import annotations

from typing import Any

import pytest

from troupe_core import BadRequest, Embedder, EmbedderSpec, Embeddings, ModelUnavailable, RateLimited, Usage, hookimpl
from troupe_core.llm import unit
from troupe_core.llm.landing import AllSetAside, Landing
from troupe_resilience import stats

TEXTS = [f"text {number}" for number in range(10)]


class Letters(Embedder):
    """Takes four texts at a time; `plan` says which calls come to an error."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: list[Any] = []
        self.asked: list[list[str]] = []

    async def embed(self, model: str, texts: Any, call: Any) -> Embeddings:
        self.asked.append(list(texts))
        what = self.plan.pop(0) if self.plan else None
        if what is not None:
            raise what
        return Embeddings(tuple(unit([1.0, float(len(text))]) for text in texts), Usage(len(texts)), "letters-2026")


class Brings:
    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    @hookimpl
    def troupe_register_embedders(self) -> Any:
        yield EmbedderSpec("letters", lambda: self.letters, free=True, texts=4)


def test_a_batch_that_failed_is_asked_for_again_by_itself(stage: Any):
    letters = Letters()
    at = stage(Brings(letters), tokens_per_minute=100_000)
    letters.plan = [None, RateLimited("too many", status=429), ModelUnavailable("down", status=500)]
    found = at.runtime.embed(TEXTS, "letters/small")
    assert letters.asked == [TEXTS[:4], TEXTS[4:8], TEXTS[4:8], TEXTS[4:8], TEXTS[8:]]
    assert (len(found.vectors), found.usage, found.model) == (10, Usage(10), "letters-2026")
    lane = stats(at.runtime)["letters/small"]
    assert (lane.attempts, lane.retries, lane.pushed_back) == (5, 2, 1)


def test_a_batch_that_had_no_room_in_a_budget_is_asked_for_again_by_itself(stage: Any):
    letters, landing = Letters(), Landing()
    at = stage(Brings(letters))
    letters.plan = [None, AllSetAside("all is set aside", landing)]
    landing.tell()
    assert len(at.runtime.embed(TEXTS, "letters/small").vectors) == 10
    assert letters.asked == [TEXTS[:4], TEXTS[4:8], TEXTS[4:8], TEXTS[8:]]


def test_what_cannot_succeed_is_asked_for_once(stage: Any):
    letters = Letters()
    at = stage(Brings(letters))
    letters.plan = [BadRequest("no", status=400)]
    with pytest.raises(BadRequest):
        at.runtime.embed(TEXTS, "letters/small")
    assert letters.asked == [TEXTS[:4]]
    assert at.runtime.embed([], "letters/small").vectors == ()


def test_a_table_of_the_embedder_is_that_of_all_its_models(stage: Any):
    letters = Letters()
    at = stage(Brings(letters), models={"letters": {"attempts": 1}})
    for model in ("letters/small", "letters/large"):
        letters.plan = [ModelUnavailable("down", status=500)]
        with pytest.raises(ModelUnavailable):
            at.runtime.embed(TEXTS[:1], model)
    assert stats(at.runtime)["letters"].attempts == 2
