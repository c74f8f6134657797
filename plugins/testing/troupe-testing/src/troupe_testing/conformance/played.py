"""The provider of a backend as the kit plays it: what it says, and how it fails."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import orjson

from troupe_core import Message, ModelError
from troupe_testing.server import Cut, Exchange, Fault, Garbage, Reply, Reset, Status, WrongLength

SECRET = "conformance-4c8e27-nobodys-7q2x"  # noqa: S105 - it opens nothing
SEEN = SECRET[: len(SECRET) // 2]
"""Who shows so much of it shows too much."""
ANSWERED_BY = "conformance-model-2026-01-02"
INPUT, OUTPUT = 1_234, 56
CUT, REFUSED, EMPTY = "question-cut", "question-refused", "question-empty"

STATUSES = (400, 401, 402, 403, 404, 408, 422, 429, 500, 502, 503, 504, 529)
BREAKING: tuple[Fault, ...] = (
    Reset(),
    Cut(),
    WrongLength(100),
    Garbage("bytes"),
    Garbage("text"),
    Garbage("shape"),
)
SCHEMA = {
    "type": "object",
    "properties": {"weather_4711": {"type": "string", "enum": ["fair_4711", "foul_4711"]}},
    "required": ["weather_4711"],
    "additionalProperties": False,
}
TALK = (
    Message("system", "You are Ada, “the first”.\n\tBe brief."),
    Message("user", 'A question with \\ and "quotes"'),
    Message("assistant", "An answer: naïve 🙂"),
    Message("user", "And then? question-1"),
)


def words(question: str) -> str:
    """What the provider says to a question."""
    return f"“{question}”?\nNaïvely:  yes, \\ and no. 🙂"


def meaning(fault: Status) -> type[ModelError]:
    """The kind of error that a status stands for, with what the provider says besides."""
    return type(ModelError.from_status(fault.status, f"{fault.code} {fault.message}"))


def provided(body: Any) -> Reply:
    """The provider's answer to a request of whatever form, which has a question somewhere."""
    found = re.findall(r"question-\w+", orjson.dumps(body).decode())
    question = found[-1] if found else ""
    told: dict[str, Any] = {"model": ANSWERED_BY, "prompt_tokens": INPUT, "completion_tokens": OUTPUT}
    if question == REFUSED:
        return Reply(refusal="I would rather not.", **told)
    text = "" if question == EMPTY else words(question)
    return Reply(text, finish_reason="length" if question == CUT else "stop", **told)


@attrs.define(eq=False)
class Gathering:
    """A fault: nobody is answered before so many have come, or there was patience enough."""

    wanted: int
    patience: float
    come: int = 0
    complete: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def play(self, exchange: Exchange) -> None:
        self.come += 1
        if self.come >= self.wanted:
            self.complete.set()
        try:
            async with asyncio.timeout(self.patience):
                await self.complete.wait()
        except TimeoutError:
            self.complete.set()
        await exchange.send(await exchange.answer())


@attrs.frozen(eq=False)
class Telling:
    """A fault: it tells that a request has come, and never answers it."""

    tell: Callable[[], object]

    async def play(self, exchange: Exchange) -> None:
        self.tell()
        await asyncio.Event().wait()


@attrs.frozen(eq=False)
class Pausing:
    """A fault: half of a stream comes, and nothing more."""

    async def play(self, exchange: Exchange) -> None:
        response = await exchange.answer()
        exchange.count(response)
        pieces = [*response.framed()]
        exchange.write(b"".join([response.head(keep_alive=True), *pieces[: (len(pieces) + 1) // 2]]))
        await asyncio.Event().wait()


def leaves(value: Any) -> Iterator[Any]:
    """Everything in a body that is neither a mapping nor a list, the names in mappings included."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield name
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value
