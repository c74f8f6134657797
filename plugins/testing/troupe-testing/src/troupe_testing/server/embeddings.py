"""Embeddings that are functions of the text: unit vectors, near to one another where words are shared."""

from __future__ import annotations

import base64
import math
import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_256
from operator import add
from struct import pack
from typing import Any

from troupe_testing.server.replies import tokens_of
from troupe_testing.server.requests import Request
from troupe_testing.server.responses import Refused, Response, error

DIMENSIONS = 256
MOST_DIMENSIONS = 4_096
_WORDS = re.compile(r"\w+")


def embeddings(request: Request) -> Response:
    """The answer to a whole request."""
    body = request.body
    dimensions, form = body.get("dimensions", DIMENSIONS), body.get("encoding_format", "float")
    if not isinstance(dimensions, int) or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise Refused(error(400, f"dimensions must be from 1 to {MOST_DIMENSIONS}.", param="dimensions"))
    if form not in ("float", "base64"):
        raise Refused(error(400, "encoding_format must be 'float' or 'base64'.", param="encoding_format"))
    texts = texts_in(body.get("input"))
    vectors = [unit_vector(text, dimensions) for text in texts]
    used = tokens_of(sum(map(len, texts)))
    return Response.json(
        {
            "object": "list",
            "model": body["model"],
            "data": [
                {"object": "embedding", "index": index, "embedding": vector if form == "float" else packed(vector)}
                for index, vector in enumerate(vectors)
            ],
            "usage": {"prompt_tokens": used, "total_tokens": used},
        }
    )


def texts_in(given: Any) -> list[str]:
    """Text or tokens, one or many."""
    if isinstance(given, str) or (isinstance(given, list) and given and all(isinstance(it, int) for it in given)):
        given = [given]
    if not isinstance(given, list) or not given or not all(isinstance(it, str | list) and it for it in given):
        raise Refused(
            error(400, "input must be text or tokens, or a list of either, none of them empty.", param="input")
        )
    return [it if isinstance(it, str) else " ".join(map(str, it)) for it in given]


def unit_vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """The sum of the vectors of the words, at length one."""
    total: Sequence[int] = [0] * dimensions
    for word in _WORDS.findall(text.lower()) or [text]:
        total = list(map(add, total, _word(word, dimensions)))
    if not any(total):
        total = _word(text, dimensions)
    length = math.sqrt(sum(value * value for value in total))
    return [value / length for value in total]


@lru_cache(maxsize=10_000)
def _word(word: str, dimensions: int) -> array[int]:
    """Odd numbers: a single word is never nothing."""
    drawn = shake_256(word.encode("utf-8", "surrogatepass")).digest(dimensions)
    return array("h", (2 * value - 255 for value in drawn))


def packed(vector: Sequence[float]) -> str:
    """As 32-bit floats, little end first."""
    return base64.b64encode(pack(f"<{len(vector)}f", *vector)).decode()
