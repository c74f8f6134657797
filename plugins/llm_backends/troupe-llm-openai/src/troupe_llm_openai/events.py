"""What comes over the wire: the events of a stream, or all of it at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

DONE = b"[DONE]"
DATA = b"data:"


async def events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The data of each event until `[DONE]`. A line ends in a line feed and nowhere else: what other characters can end
    a line in a text may stand in an answer.
    """
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            data = line.removeprefix(DATA).strip() if line.startswith(DATA) else b""
            if data == DONE:
                return
            if data:
                yield data


async def whole(response: Any) -> bytes:
    """All that a response of the HTTP library brings. It could read it by itself, through four layers of streams."""
    async with aclosing(response):
        if "content-encoding" in response.headers:
            return bytes(await response.aread())
        return b"".join([piece async for piece in response.stream])
