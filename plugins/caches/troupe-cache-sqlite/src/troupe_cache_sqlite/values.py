"""Answers as the file holds them: JSON, compressed with a checksum. Never anything that runs when it is read."""

from __future__ import annotations

import json
from typing import Any

import attrs
import orjson
import zstandard

from troupe_core import LLMChunk, LLMResponse, Usage

LEVEL = 3
LARGEST = 64 * 2**20
"""Bytes of one answer. A damaged header may ask for any amount of memory."""


class Damaged(ValueError):
    """Not what was written."""


@attrs.frozen
class Answer:
    """A response; one that was streamed also knows the lengths of its pieces."""

    response: LLMResponse
    pieces: tuple[int, ...] = ()

    def chunks(self) -> list[LLMChunk]:
        """As they came."""
        response = self.response
        text = response.text
        *first, last = self.pieces or (len(text),)
        out: list[LLMChunk] = []
        at = 0
        for length in first:
            out.append(LLMChunk(text[at : at + length]))
            at += length
        return [*out, LLMChunk(text[at : at + last], response.usage, response.finish, response.mark)]


def written(answer: Answer) -> bytes:
    """As JSON."""
    response = answer.response
    plain = {
        "text": response.text,
        "usage": response.usage.numbers(),
        "model": response.model,
        "finish": response.finish,
        "pieces": answer.pieces,
    }
    if response.mark:
        plain["mark"] = response.mark
    try:
        return orjson.dumps(plain)
    except orjson.JSONEncodeError:  # a lone half of a surrogate pair, which has no UTF-8 but an escape
        return json.dumps(plain).encode()


class Packer:
    """Compresses and reads. For one thread."""

    def __init__(self) -> None:
        self._compress = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress
        self._decompress = zstandard.ZstdDecompressor().decompress

    def pack(self, plain: bytes) -> bytes:
        return self._compress(plain)

    def unpack(self, packed: Any) -> Answer:
        """The answer, or `Damaged`."""
        try:
            size = zstandard.frame_content_size(packed)
            if not 0 < size <= LARGEST:
                raise Damaged(f"it would have {size} bytes")
            return _read(self._decompress(packed))
        except (zstandard.ZstdError, ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
            raise Damaged(f"{type(error).__name__}: {error}") from None


def _read(plain: bytes) -> Answer:
    try:
        found = orjson.loads(plain)
    except orjson.JSONDecodeError:
        found = json.loads(plain)
    text, model, finish, pieces = found["text"], found["model"], found["finish"], tuple(found["pieces"])
    usage, mark = Usage(*found["usage"]), found.get("mark", "")
    if not (type(text) is type(model) is type(finish) is type(mark) is str):
        raise Damaged("its texts are none")
    if pieces and sum(pieces) != len(text):
        raise Damaged("its pieces make another text")
    return Answer(LLMResponse(text, usage, model, finish, mark), pieces)
