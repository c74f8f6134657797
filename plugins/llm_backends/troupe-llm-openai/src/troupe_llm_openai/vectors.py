"""Vectors of texts: what is asked for, and what comes back."""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import msgspec

from troupe_core import Embeddings, ModelUnavailable, Usage
from troupe_core.llm import Vector, unit
from troupe_llm_openai.answers import billed


class _Item(msgspec.Struct):
    embedding: str | list[float]
    index: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None


class _Vectors(msgspec.Struct):
    data: list[_Item]
    model: str | None = None
    usage: _Usage | None = None


_vectors = msgspec.json.Decoder(_Vectors).decode


def wanted(model: str, texts: Sequence[str]) -> dict[str, Any]:
    """The body. Numbers as base64 are a quarter of the size; of an empty text there is no vector, but of a space."""
    return {"input": [text or " " for text in texts], "model": model, "encoding_format": "base64"}


def embeddings(content: bytes, number: int, source: str) -> Embeddings:
    """So many vectors, in the order of the texts. `source` is who gave them, for the errors' sake."""
    try:
        found = _vectors(content)
        items = sorted(enumerate(found.data), key=lambda pair: pair[0] if pair[1].index is None else pair[1].index)
        vectors = tuple(_vector(item.embedding) for _, item in items)
    except (ValueError, UnicodeDecodeError) as error:  # msgspec's errors, and those of base64, are of that kind
        raise ModelUnavailable(
            f"{source} gave something that holds no vectors ({error}). If it always does, see whether the model is one "
            "that embeds texts, and whether the server has /embeddings.",
            usage=billed(content),
        ) from None
    usage = Usage((found.usage and found.usage.prompt_tokens) or 0)
    if len(vectors) != number:
        raise ModelUnavailable(f"{source} gave {len(vectors)} vectors for {number} texts. Ask again.", usage=usage)
    return Embeddings(vectors, usage, found.model or "")


def _vector(given: str | list[float]) -> Vector:
    """Some servers send numbers, whatever is asked for."""
    if not isinstance(given, str):
        return unit(given)
    vector = array("f", b64decode(given, validate=True))
    if sys.byteorder == "big":
        vector.byteswap()
    return unit(vector)
