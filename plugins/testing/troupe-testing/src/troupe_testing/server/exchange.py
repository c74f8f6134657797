"""One request and its answer, as faults see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import attrs

from troupe_testing.server.requests import Request
from troupe_testing.server.responses import Response

if TYPE_CHECKING:
    from troupe_testing.server.connection import Connection


class Exchange:
    """Whoever answers writes here, all of the answer."""

    def __init__(
        self,
        request: Request,
        connection: Connection,
        answer: Callable[[Request], Awaitable[Response]],
        error: Callable[..., Response],
        *,
        keep_alive: bool,
    ) -> None:
        self.request = request
        self.keep_alive = keep_alive
        self.begun = False
        """Whether anything was written."""
        self.error = error
        """Makes an error of a status, in the provider's words."""
        self._connection = connection
        self._answer = answer

    async def answer(self) -> Response:
        """What the client would get if nothing went wrong."""
        return self._named(await self._answer(self.request))

    async def send(self, response: Response) -> None:
        """A whole response. What is streamed is written piece by piece, no faster than the client reads."""
        self.count(response)
        head, bodyless = self._named(response).head(keep_alive=self.keep_alive), self.request.method == "HEAD"
        if not response.streamed or bodyless:
            self.write(head if bodyless else b"".join((head, *response.pieces)))
            return
        for piece in (head, *response.framed(), response.end()):
            self.write(piece)
            await self._connection.drained()

    def _named(self, response: Response) -> Response:
        """With the number of the request, as providers tell it for complaints."""
        number = {"x-request-id": f"req-{self.request.number}"} if self.request.number else {}
        return attrs.evolve(response, headers=response.headers | number)

    def count(self, response: Response) -> None:
        """A head of that status is about to be written."""
        if self.request.number:
            self._connection.service.tally.by_status[response.status] += 1

    def write(self, data: bytes) -> None:
        self.begun = True
        self._connection.write(data)

    def close(self) -> None:
        """After what was written."""
        self._connection.close()

    def reset(self) -> None:
        """At once, and not politely."""
        self._connection.reset()
