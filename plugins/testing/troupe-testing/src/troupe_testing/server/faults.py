"""What can go wrong between a client and a provider, and to which requests it is to happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal, Protocol

import attrs

from troupe_core import ArgumentError
from troupe_testing.server.requests import Request
from troupe_testing.server.responses import Response

if TYPE_CHECKING:
    from troupe_testing.server.exchange import Exchange

TICKS = 20
"""So many times a second something slow goes on."""


class Fault(Protocol):
    """Answers a request in its own way. A test may bring faults of its own."""

    async def play(self, exchange: Exchange) -> None: ...


@attrs.define(eq=False)
class Rule:
    """A fault, and whom it hits: each `every`-th of the requests that `when` picks (all, if it picks none), and at most
    `times` of them. `Rule(fault, times=2)` hits the first two. Where several rules hit, the first one counts.
    """

    fault: Fault
    every: int = attrs.field(default=1, kw_only=True)
    times: int | None = attrs.field(default=None, kw_only=True)
    when: Callable[[Request], bool] | None = attrs.field(default=None, kw_only=True)
    seen: int = attrs.field(default=0, init=False)
    """Requests that were picked."""
    hits: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        if self.every < 1:
            raise ArgumentError(f"every must be at least 1, not {self.every}")

    def hits_now(self, request: Request) -> bool:
        """Whether it is this request's turn; counts it."""
        if self.when is not None and not self.when(request):
            return False
        self.seen += 1
        return self.seen % self.every == 0 and (self.times is None or self.hits < self.times)


@attrs.frozen
class Status:
    """An error of that status, as the provider words it; what is not given is as usual. `retry_after` is in seconds;
    `spelled` says how the client is told: in seconds, as a date, or in milliseconds (`retry-after-ms`).
    """

    status: int
    message: str = attrs.field(default="", kw_only=True)
    type: str = attrs.field(default="", kw_only=True)
    code: str | None = attrs.field(default=None, kw_only=True)
    retry_after: float | None = attrs.field(default=None, kw_only=True)
    spelled: Literal["seconds", "date", "ms"] = attrs.field(default="seconds", kw_only=True)

    async def play(self, exchange: Exchange) -> None:
        headers = {} if self.retry_after is None else self._told(self.retry_after)
        await exchange.send(exchange.error(self.status, self.message, type=self.type, code=self.code, headers=headers))

    def _told(self, seconds: float) -> dict[str, str]:
        match self.spelled:
            case "date":
                return {"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)}
            case "ms":
                return {"retry-after-ms": f"{seconds * 1000:g}"}
        return {"retry-after": f"{seconds:g}"}


def context_too_long() -> Status:
    """More messages than the model takes."""
    message = "This model's maximum context length is 128000 tokens. Please reduce the length of the messages."
    return Status(400, message=message, type="invalid_request_error", code="context_length_exceeded")


def out_of_quota() -> Status:
    """Has the status of a rate limit, and no waiting helps."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return Status(429, message=message, type="insufficient_quota", code="insufficient_quota")


@attrs.frozen
class Hang:
    """Never answers. The connection ends with the server, if the client does not give up before."""

    async def play(self, exchange: Exchange) -> None:
        await asyncio.Event().wait()


@attrs.frozen
class Slow:
    """The answer comes, at so many bytes a second."""

    bytes_per_second: float = attrs.field(validator=attrs.validators.gt(0))

    async def play(self, exchange: Exchange) -> None:
        response = await exchange.answer()
        whole = response.head(keep_alive=exchange.keep_alive) + b"".join(response.framed()) + response.end()
        exchange.count(response)
        step = max(1, int(self.bytes_per_second / TICKS))
        for start in range(0, len(whole), step):
            await asyncio.sleep(step / self.bytes_per_second)
            exchange.write(whole[start : start + step])


@attrs.frozen
class Cut:
    """The connection is closed after so many chunks of the stream; what is not streamed has one."""

    after: int = 0

    async def play(self, exchange: Exchange) -> None:
        response = await exchange.answer()
        exchange.count(response)
        exchange.write(b"".join([response.head(keep_alive=exchange.keep_alive), *response.framed()[: self.after]]))
        exchange.close()


@attrs.frozen
class Reset:
    """The connection is reset, before anything of the answer has come, or after its head."""

    after_head: bool = attrs.field(default=False, kw_only=True)

    async def play(self, exchange: Exchange) -> None:
        if self.after_head:
            response = await exchange.answer()
            exchange.count(response)
            exchange.write(response.head(keep_alive=exchange.keep_alive))
            await asyncio.sleep(1 / TICKS)  # a reset overtakes what the client has not read
        exchange.reset()


@attrs.frozen
class Garbage:
    """Something else than an answer: "bytes" are no HTTP, "text" is no JSON, "shape" is JSON of another form."""

    kind: Literal["bytes", "text", "shape"] = "text"

    async def play(self, exchange: Exchange) -> None:
        match self.kind:
            case "bytes":
                exchange.write(b"\x16\x03\x01\x02\x00\xff\xfe garbage\r\n\r\n")
                exchange.close()
            case "text":
                await exchange.send(Response(200, (b"<html><body>It works!</body></html>",)))
            case "shape":
                await exchange.send(Response.json({"data": {"choices": "none"}, "object": 7}))


@attrs.frozen
class WrongLength:
    """The head promises so many bytes more (or fewer) than there are; then the connection is closed."""

    by: int = 100

    async def play(self, exchange: Exchange) -> None:
        response = attrs.evolve(await exchange.answer(), streamed=False)
        exchange.count(response)
        exchange.write(response.head(longer=self.by) + b"".join(response.pieces))
        exchange.close()
