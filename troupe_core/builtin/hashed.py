"""An embedder that needs no model, `hashed/ngram-512`: it knows how texts are spelled, and nothing of their meaning."""

from __future__ import annotations

import asyncio
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import sqrt

from troupe_core.errors import UnknownModelError
from troupe_core.llm.embedding import Embedder, Embeddings, Vector, unit
from troupe_core.llm.request import Call
from troupe_core.llm.response import NO_USAGE

SIZES = 3, 4
"""Of the pieces that are taken of a word, in characters."""
WHOLE = 2.0
"""So much the whole word counts, beside each of its pieces."""
LEAST, MOST = 16, 4_096
TURN = 32
"""So many texts before others are let go first."""
_MODEL = re.compile(r"ngram-([1-9][0-9]{0,4})")
_WORDS = re.compile(r"\w{1,24}")


class Hashed(Embedder):
    """Texts are alike that share words and parts of words: “baker” and “bakery” are near, “baker” and “bread” are
    strangers. Every word, and every three and four characters in a row of it, has a place among the dimensions, and a
    sign, by its digest. The same text has the same vector everywhere and always.

    `hashed/ngram-512` has 512 dimensions; any number from 16 to 4096 will do. The more, the fewer strangers seem alike.
    """

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        size = dimensions(model)
        vectors = []
        for number, text in enumerate(texts, 1):
            vectors.append(embedded(text, size))
            if number % TURN == 0:
                await asyncio.sleep(0)
        return Embeddings(tuple(vectors), NO_USAGE, f"hashed/ngram-{size}")


def dimensions(model: str) -> int:
    """How many a model has, by its name."""
    found = _MODEL.fullmatch(model)
    if found is None or not LEAST <= int(found[1]) <= MOST:
        raise UnknownModelError(
            f"there is no hashed/{model}: they are named by their dimensions, {LEAST} to {MOST:,}. "
            "hashed/ngram-512 is the usual one."
        )
    return int(found[1])


def embedded(text: str, size: int) -> Vector:
    """The vector of a text. How often a word comes matters by its square root: what everybody repeats says little."""
    sums = array("d", bytes(8 * size))
    words = Counter(_WORDS.findall(text.lower())) or Counter([text[:MOST]])
    for word, times in words.items():
        weight = sqrt(times)
        places, signs = _pieces(word, size)
        sums[places[0]] += signs[0] * weight * WHOLE
        for place, sign in zip(places[1:], signs[1:], strict=True):
            sums[place] += sign * weight
    try:
        return unit(sums)
    except ValueError:  # pieces may cancel each other out, to nothing at all
        places, _ = _pieces(text[:MOST], size)
        sums[places[0]] = 1.0
        return unit(sums)


@lru_cache(maxsize=20_000)
def _pieces(word: str, size: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places and signs of a word, itself first."""
    found = [int.from_bytes(_digest(piece), "little") for piece in _cut(word)]
    return tuple(number // 2 % size for number in found), tuple(1 - 2 * (number % 2) for number in found)


def _cut(word: str) -> Iterator[str]:
    framed = f"<{word}>"
    yield framed
    for length in SIZES:
        for begin in range(len(framed) - length + 1) if length < len(framed) else ():
            yield framed[begin : begin + length]


def _digest(piece: str) -> bytes:
    return blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=8, person=b"ngram").digest()
