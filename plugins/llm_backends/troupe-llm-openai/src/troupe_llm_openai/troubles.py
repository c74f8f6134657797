"""What goes wrong on the way to a provider and back, as the errors that the core knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from troupe_core import (
    BadRequest,
    ConnectionFailed,
    ContextTooLong,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    Refused,
    UnknownModelError,
)
from troupe_core.llm import wait_of
from troupe_llm_openai.config import OPENAI, Table

LIMIT_OF_TOKENS = ("'max_tokens'", "'max_completion_tokens'")


def translated(
    error: Exception, source: str, timeout: float, table: Table = OPENAI, *, begun: bool = False
) -> ModelError:
    """`source` is who was asked, `table` where that is set up, and `begun` whether an answer was on its way, which may
    have to be paid for. Should it repeat the key, the core takes that out of what is raised.
    """
    response = getattr(error, "response", None)
    if response is not None:
        return _status(response.status_code, _text(response), response.headers, source, table)
    causes = list(_causes(error))
    if isinstance(error, TimeoutError):
        return ModelTimeout(
            f"{source} did not answer within {timeout:g} s. Give it longer by {table}.timeout, "
            "or ask for fewer at once (max_in_flight)."
        )
    if not begun and any(isinstance(cause, TimeoutError) for cause in causes):
        return ConnectionFailed(  # of the transport's times, only that to connect is set: nothing was sent
            f"{source} could not be reached in time. Is it running? {table}.connect_timeout gives it longer."
        )
    reason = _reason(causes[-1])
    if begun:
        return ModelUnavailable(
            f"{source} broke off in its answer: {reason}. If it always does, look at {table}.{table.address}."
        )
    return ConnectionFailed(
        f"the connection to {source} failed: {reason}. Is it running, and is {table}.{table.address} right?"
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from. The SDK calls every lost connection a timeout; the transport knows better."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _reason(cause: BaseException) -> str:
    """In one line. (What aiohttp says of a body that is too short begins with a status that nobody has answered.)"""
    words = getattr(cause, "message", None) or str(cause)
    return " ".join(words.split()).rstrip(".") or type(cause).__name__


def _status(status: int, text: str, headers: Mapping[str, str], source: str, table: Table) -> ModelError:
    error = ModelError.from_status(status, text, wait_of(headers), source=source)
    if isinstance(error, ContextTooLong):
        return ContextTooLong(f"the prompt is too long for {source}: {text}. {error.advice}", status=status)
    if isinstance(error, Refused):
        return Refused(f"a filter stopped what {source} was asked: {text}. {error.advice}", status=status)
    if isinstance(error, UnknownModelError) and "model" not in text.lower():  # it may be the path that is unknown
        return UnknownModelError(f"{error} {table.unknown}", status=status)
    if isinstance(error, BadRequest) and any(sign in text for sign in LIMIT_OF_TOKENS):
        error.add_note(f"{table}.token_limit says under which name the limit of tokens is sent")
    return error


def _text(response: Any) -> str:
    """What a server says about its error, in whichever of the usual shapes."""
    text = str(response.text)
    try:
        found = msgspec.json.decode(response.content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return text
    told = found.get("error", found) if isinstance(found, dict) else found
    if not isinstance(told, dict):
        return str(told)
    message = told.get("message") or told.get("detail") or text
    named = ", ".join(f"{name} {told[name]}" for name in ("type", "code", "param") if told.get(name))
    return f"{message} ({named})" if named else str(message)
