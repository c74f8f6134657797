"""What goes out: a response in pieces, how it looks on the wire, and OpenAI's form of an error."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import attrs
import orjson

REASONS = {status.value: status.phrase for status in HTTPStatus} | {529: "Site Overloaded"}
JSON = "application/json"
EVENTS = "text/event-stream; charset=utf-8"


@attrs.frozen
class Response:
    """`pieces` are written one by one; several are sent in chunks, since nobody knows the length beforehand."""

    status: int
    pieces: tuple[bytes, ...]
    headers: dict[str, str] = attrs.field(factory=dict)
    content_type: str = JSON
    streamed: bool = False

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        return cls(status, (orjson.dumps(value),), headers or {})

    def head(self, *, keep_alive: bool = True, longer: int = 0) -> bytes:
        """`longer` is a lie about the length."""
        if self.streamed:
            length = "transfer-encoding: chunked"
        else:
            length = f"content-length: {max(0, sum(map(len, self.pieces)) + longer)}"
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return (
            f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}\r\ncontent-type: {self.content_type}\r\n"
            f"{length}\r\nconnection: {'keep-alive' if keep_alive else 'close'}\r\n{more}\r\n"
        ).encode("latin-1", "replace")

    def framed(self) -> list[bytes]:
        """The pieces as they are sent."""
        return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in self.pieces] if self.streamed else [*self.pieces]

    def end(self) -> bytes:
        return b"0\r\n\r\n" if self.streamed else b""


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


_USUAL: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request cannot be understood."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "permission_denied", "You are not allowed to use this model."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist, or you do not have access to it."),
    408: ("server_error", "request_timeout", "The request took too long."),
    409: ("invalid_request_error", "conflict", "Another request is changing the same thing."),
    422: ("invalid_request_error", None, "The request is well-formed, and cannot be processed."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request."),
    502: ("server_error", "bad_gateway", "Bad gateway."),
    503: ("server_error", "service_unavailable", "The engine is currently overloaded, please try again later."),
    529: ("overloaded_error", "overloaded", "Overloaded."),
}


def error(
    status: int,
    message: str = "",
    *,
    type: str = "",
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """As OpenAI words it; what is not given is as usual for that status."""
    fallback = "server_error" if status >= 500 else "invalid_request_error"
    usual_type, usual_code, usual_message = _USUAL.get(status, (fallback, None, REASONS.get(status, "Error")))
    told = {
        "message": message or usual_message,
        "type": type or usual_type,
        "param": param,
        "code": code or (None if message else usual_code),
    }
    return Response.json({"error": told}, status, headers)
