"""Texts as vectors, so that they can be compared: what embedders give, their protocol and their base."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

import attrs

from troupe_core.llm.configured import Configured
from troupe_core.llm.request import Call
from troupe_core.llm.response import NO_USAGE, Usage

if TYPE_CHECKING:
    from troupe_core.llm.prices import Price
    from troupe_core.records import Record

Vector: TypeAlias = "array[float]"
"""Of 32-bit floats (`array("f")`), and of length one: the product of two is how near their texts are, up to 1."""

EMBEDDING = "embedding"
"""The purpose of such calls, unless whoever asks names another."""
EXACT = 1e-4
"""How far from one the length of a vector may be and still count as one."""


@attrs.frozen(slots=True)
class Embeddings:
    """A vector for each text, in the order of the texts."""

    vectors: tuple[Vector, ...]
    usage: Usage = NO_USAGE
    model: str = ""
    """Which model it was, as the provider tells it."""


class EmbeddingHandler(Protocol):
    """Embeds texts with one model."""

    async def embed(self, texts: Sequence[str], call: Call) -> Embeddings: ...


class EmbeddingWrapper:
    """Base of what plugins put around a handler of embeddings."""

    def __init__(self, inner: EmbeddingHandler) -> None:
        self.inner = inner

    async def embed(self, texts: Sequence[str], call: Call) -> Embeddings:
        return await self.inner.embed(texts, call)


class Embedder(Configured):
    """Base of embedders: one instance a Runtime, made at first use. `class Acme(Embedder, config=Config)` receives its
    settings as `self.config`.

    A plugin whose LLM backend and embedder are one class has one instance of it, and one client, if it registers both
    by the same name.
    """

    free: ClassVar[bool] = False
    """Whether it costs nothing to ask. Used when the embedder is given to a runtime by itself."""
    at_once: int | None = None
    """So many calls are made at once, as those of an `LLMBackend`; with one that is the same instance, in all."""

    @classmethod
    def as_record(cls, given: Any) -> Record:
        """What a runtime registers that was given this embedder, or its class, without a plugin around it."""
        from troupe_core.records import EmbedderSpec

        name = getattr(cls, "name", None) or cls.__name__.lower()
        return EmbedderSpec(name, given if isinstance(given, type) else lambda: given, free=cls.free)

    async def open(self) -> None:
        """Make clients and sessions here; it runs once, on the runtime's loop, before the first call."""

    async def aclose(self) -> None:
        """Give them back."""

    def price_of(self, model: str) -> Price | None:
        """What this model costs, with these settings; None: nobody knows."""
        return None

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        """A vector for each text, also for an empty one; else a `ModelError`. `model` is what stands behind the
        embedder's name; there are never more texts than its record allows. `unit` makes vectors of length one.
        """
        raise NotImplementedError(f"{type(self).__qualname__} has no embed()")


def unit(values: Iterable[float]) -> Vector:
    """The vector of length one in the same direction. One without a direction, such as zero, is a `ValueError`."""
    vector = values if isinstance(values, array) and values.typecode == "f" else array("f", values)
    length = math.sqrt(sum([value * value for value in vector]))
    if abs(length - 1) <= EXACT:
        return vector
    if not (length and math.isfinite(length)):
        raise ValueError(f"a vector of length {length} points nowhere")
    return array("f", [value / length for value in vector])


def batches(texts: Sequence[str], most: int, characters: int) -> Iterable[Sequence[str]]:
    """The texts in batches of at most so many texts and so many characters; a text that is longer comes alone."""
    begin = size = 0
    for place, text in enumerate(texts):
        if place > begin and (place - begin >= most or size + len(text) > characters):
            yield texts[begin:place]
            begin, size = place, 0
        size += len(text)
    if begin < len(texts):
        yield texts[begin:]
