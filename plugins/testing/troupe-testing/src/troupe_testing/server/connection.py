"""One connection: bytes in, requests one after the other, bytes out."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING

import attrs
import httptools

from troupe_testing.server.responses import error

if TYPE_CHECKING:
    from troupe_testing.server.service import Service


@attrs.frozen(eq=False)
class Received:
    """A request as it came."""

    method: str
    target: bytes
    headers: dict[str, str]
    body: bytes
    keep_alive: bool


class Connection(asyncio.Protocol):
    """Keeps alive, and answers what comes in a pipeline in its order: each request waits for the one before."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Received] = deque()
        self._last = False
        """Whether nothing more can come."""
        self._room = asyncio.Event()
        self._room.set()

    # -- of the transport ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a server's are
        self._transport = transport
        self.service.enter(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._room.set()
        if self.task is not None:
            self.task.cancel()
        self.service.leave(self)

    def data_received(self, data: bytes) -> None:
        self.service.tally.bytes_in += len(data)
        if self._last:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as problem:
            self._last = True
            self.write(error(400, f"This is not HTTP as it is spoken here: {problem}").head(keep_alive=False))
            self.close()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    # -- of the parser ------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue" and self.task is None:
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        method, keep_alive = self._parser.get_method().decode(), self._parser.should_keep_alive()
        self._waiting.append(Received(method, self._target, self._headers, b"".join(self._body), keep_alive))
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._serve())

    # -- requests -----------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        try:
            while self._waiting and self._transport is not None:
                received = self._waiting.popleft()
                await self.service.serve(received, self)
                if not received.keep_alive:
                    self._last = True
                    self._waiting.clear()
        finally:
            self.task = None
        if self._last:
            self.close()

    # -- of whoever answers -------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self.service.tally.bytes_out += len(data)
            self._transport.write(data)

    async def drained(self) -> None:
        """The client has read enough for more to be written."""
        await self._room.wait()

    def close(self) -> None:
        self._last = True
        self._waiting.clear()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """At once, whatever is not written yet."""
        if self._transport is not None:
            self._transport.abort()

    def reset(self) -> None:
        """The same, and the client is told so."""
        if self._transport is not None:
            at_once = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.abort()
