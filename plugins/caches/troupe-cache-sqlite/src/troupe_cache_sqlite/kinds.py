"""What the file holds, kind by kind, and how each is written: as JSON, a vector's numbers after it as they are. Never
anything that runs when it is read.
"""

from __future__ import annotations

import json
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import attrs
import orjson

from troupe_core import LLMChunk, LLMResponse, Usage
from troupe_core.llm import Token, Vector

T = TypeVar("T")


class Damaged(ValueError):
    """Not what was written."""


@attrs.frozen(eq=False)
class Kind(Generic[T]):
    """One of them: how it becomes bytes, and is itself again, or `Damaged`; and how its bytes stand in JSON lines."""

    name: str
    write: Callable[[T], bytes]
    read: Callable[[bytes], T]
    shown: Callable[[bytes], bytes]
    taken: Callable[[Any], bytes]


# -- answers ----------------------------------------------------------------------------------------------------------


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
        return [*out, LLMChunk(text[at : at + last], response.usage, response.finish, response.mark, response.logprobs)]


def as_json(plain: Any) -> bytes:
    """In one line."""
    try:
        return orjson.dumps(plain)
    except orjson.JSONEncodeError:  # a lone half of a surrogate pair, which has no UTF-8 but an escape
        return json.dumps(plain).encode()


def of_json(written: bytes) -> Any:
    """The inverse, or a `ValueError`."""
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return json.loads(written)


def are_counts(numbers: Iterable[Any]) -> bool:
    """Whether each is a whole number, and none of them below 0."""
    return all(type(number) is int and number >= 0 for number in numbers)


def _write_answer(answer: Answer) -> bytes:
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
    if response.logprobs:
        plain["logprobs"] = [token.plain() for token in response.logprobs]
    return as_json(plain)


def _read_answer(plain: bytes) -> Answer:
    found = of_json(plain)
    text, model, finish, pieces = found["text"], found["model"], found["finish"], tuple(found["pieces"])
    usage, mark = Usage(*found["usage"]), found.get("mark", "")
    if not (type(text) is type(model) is type(finish) is type(mark) is str):
        raise Damaged("its texts are none")
    if not are_counts(found["usage"]):
        raise Damaged("its tokens are no numbers of tokens")
    if pieces and not (are_counts(pieces) and sum(pieces) == len(text)):
        raise Damaged("its pieces make another text")
    logprobs = tuple(map(Token.of, found.get("logprobs", ())))
    return Answer(LLMResponse(text, usage, model, finish, mark, logprobs=logprobs), pieces)


# -- vectors ----------------------------------------------------------------------------------------------------------


@attrs.frozen
class Embedded:
    """The vector of one text, its part of the tokens that were counted, and which model it was, as it was told."""

    vector: Vector
    tokens: int
    model: str


def _write_vector(embedded: Embedded) -> bytes:
    return _vector(as_json({"tokens": embedded.tokens, "model": embedded.model}), _turned(embedded.vector).tobytes())


def _vector(head: bytes, numbers: bytes) -> bytes:
    return b"%b\n%b" % (head, numbers)


def _read_vector(plain: bytes) -> Embedded:
    head, _, numbers = plain.partition(b"\n")
    found = of_json(head)
    tokens, model, vector = found["tokens"], found["model"], array("f", numbers)
    if not (are_counts((tokens,)) and type(model) is str and vector):
        raise Damaged("it is no vector")
    return Embedded(_turned(vector), tokens, model)


def _turned(vector: Vector) -> Vector:
    """Between this machine's order of bytes and that of files, which is the usual one."""
    if sys.byteorder == "little":
        return vector
    turned = array("f", vector)
    turned.byteswap()
    return turned


def _show_vector(plain: bytes) -> bytes:
    head, _, numbers = plain.partition(b"\n")
    return as_json({**of_json(head), "vector": b64encode(numbers).decode()})


def _take_vector(said: Any) -> bytes:
    head = {name: said[name] for name in ("tokens", "model")}
    return _vector(as_json(head), b64decode(said["vector"], validate=True))


ANSWER = Kind("completion", _write_answer, _read_answer, bytes, as_json)
UNFIT = Kind("unfit", _write_answer, _read_answer, bytes, as_json)
"""An answer that was no use, and was asked for once more: it is found only in the mode `replay`."""
VECTOR = Kind("embedding", _write_vector, _read_vector, _show_vector, _take_vector)

KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (ANSWER, UNFIT, VECTOR)}
