"""What an embedder has to keep to."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import pytest

from troupe_core import EmbedderSpec, Embeddings, ModelError, Runtime, UnknownModelError
from troupe_testing.conformance.asking import SOMEBODY, Asking
from troupe_testing.conformance.backend_stage import BackendStage, BackendTrial
from troupe_testing.conformance.played import STATUSES, meaning
from troupe_testing.conformance.stage import Stage
from troupe_testing.server import Status

TEXTS = ("The baker on the corner.", "The bakery opens at 6am.", "Stocks fell on Thursday.")
LONG = "All that she has ever heard about the price of flour. " * 800
CLOSE = 1e-3
"""So near is as good as the same: providers compute in batches."""

Found: TypeAlias = Embeddings | BaseException


class EmbedderConformance(BackendTrial):
    """Subclass it in a test of an embedder. One that computes in this process needs nothing but `plugin`, and the name
    of a model that it has; one that speaks OpenAI's protocol is given a server that does.

        class TestLetters(EmbedderConformance):
            plugin, model = "acme_letters", "small"

        class TestAcme(EmbedderConformance):
            plugin, provider = "troupe_llm_acme", ProtocolServer

            def settings_for(self, server):
                return {"base_url": server.base_url}
    """

    kind = EmbedderSpec

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        """A few texts."""
        found = self.embedded(Asking(cast("BackendStage", stage), runtime), TEXTS)
        return len(found.vectors) if isinstance(found, Embeddings) else str(found)

    def embedded(self, asking: Asking, texts: Sequence[str]) -> Found:
        """The vectors, or the error, which is `TimeoutError` if there is neither."""

        async def go() -> Found:
            try:
                async with asyncio.timeout(asking.patience):
                    return await asking.runtime.embedder(asking.model).embed(texts, SOMEBODY)
            except Exception as error:
                return error

        return cast("Found", asking.run(go))

    def vectors(self, asking: Asking, *texts: str) -> Sequence[Any]:
        found = self.embedded(asking, texts)
        if not isinstance(found, Embeddings):
            pytest.skip(f"it does not embed: {type(found).__name__}: {found}")
        return found.vectors

    @pytest.fixture
    def asking(self, stage: BackendStage) -> Asking:
        return Asking(stage)

    # -- vectors ------------------------------------------------------------------------------------------------------

    def test_it_embeds(self, asking: Asking) -> None:
        """A text gets a vector."""
        found = self.embedded(asking, TEXTS[:1])
        if isinstance(found, UnknownModelError):
            pytest.skip(f"say which model it has, as {type(self).__name__}.model = …: {found}")
        assert isinstance(found, Embeddings), (
            "async def embed(self, model, texts, call) has to return Embeddings; it came to "
            f"{type(found).__name__}: {found}"
        )

    def test_many_texts_have_the_vectors_of_each(self, asking: Asking) -> None:
        """In the order of the texts, and whatever they are embedded with."""
        together = self.vectors(asking, *TEXTS)
        alone = [self.vectors(asking, text)[0] for text in TEXTS]
        wrong = [text for text, one, other in zip(TEXTS, together, alone, strict=True) if apart(one, other) > CLOSE]
        assert not wrong, f"of three texts at once {wrong} have other vectors than alone; keep their order"

    def test_the_same_text_has_the_same_vector(self, asking: Asking, stage: BackendStage) -> None:
        """In another runtime too: memories are compared that were embedded at different times."""
        (first,), (second,) = self.vectors(asking, TEXTS[0]), self.vectors(Asking(stage), TEXTS[0])
        assert apart(first, second) <= CLOSE, "the same text has another vector in another runtime; use no hash(), say"

    def test_all_vectors_have_the_same_number_of_dimensions(self, asking: Asking) -> None:
        """Whatever the text: others cannot be compared."""
        sizes = [len(self.vectors(asking, text)[0]) for text in (TEXTS[0], TEXTS[0] * 20)]
        assert len(set(sizes)) == 1, f"a short text has {sizes[0]} dimensions, and a long one {sizes[1]}"

    def test_vectors_have_length_one(self, asking: Asking) -> None:
        """So that the product of two is how near they are; `troupe_core.llm.unit` makes them so."""
        lengths = [math.hypot(*vector) for vector in self.vectors(asking, *TEXTS)]
        assert all(abs(length - 1) <= CLOSE for length in lengths), f"vectors have the lengths {lengths}; use unit(…)"

    def test_an_empty_text_has_one_too(self, asking: Asking) -> None:
        """It comes among others, and must not be in their way."""
        self.vectors(asking, TEXTS[0])
        found = self.embedded(asking, [TEXTS[0], ""])
        assert isinstance(found, Embeddings), f"with an empty text among others it came to {found!r}; send a space, say"

    def test_a_long_text_has_one_or_is_refused(self, asking: Asking) -> None:
        """What does not fit is a `ContextTooLong`, or another `ModelError`."""
        self.vectors(asking, TEXTS[0])
        found = self.embedded(asking, [LONG])
        assert isinstance(found, Embeddings | ModelError), f"a text of {len(LONG):,} characters came to {found!r}"

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def test_each_status_is_the_error_that_it_stands_for(self, wired: Asking) -> None:
        """As `ModelError.from_status` has it; whether to wait, ask another one or stop is decided by that."""
        wrong = []
        for status in STATUSES:
            wired.server.heal()
            wired.server.inject(Status(status))
            found, wanted = self.embedded(wired, TEXTS), meaning(Status(status))
            if not isinstance(found, wanted):
                wrong.append(f"{status} ({wanted.__name__}) came to {type(found).__name__}")
        assert not wrong, f"use ModelError.from_status(status, body, retry_after): {'; '.join(wrong)}"

    def test_a_call_that_is_cancelled_is_not_paid_for(self, wired: Asking) -> None:
        """The connection goes with the call, so that the provider can stop."""
        wired.cancelling(lambda: wired.runtime.embedder(wired.model).embed(TEXTS, SOMEBODY))
        found = wired.asked_still()
        assert not found, "the provider still has a request that was cancelled: let nothing shield it, or go on"


def apart(one: Sequence[float], other: Sequence[float]) -> float:
    """How far at most they differ in a dimension; infinitely, if they have other dimensions."""
    return max(map(abs, map(float.__sub__, one, other))) if len(one) == len(other) else math.inf
