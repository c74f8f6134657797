"""What goes wrong on the way to a provider and back, as the errors that the core knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from troupe_core import (
    AuthenticationError,
    ConnectionFailed,
    ContextTooLong,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    Refused,
    UnknownModelError,
    Unsupported,
)
from troupe_core.llm import wait_of
from troupe_llm_litellm.library import Library

SHOWN = 500
OF_LITELLM = re.compile(r"^(?:litellm\.)?(?:\w+: )*(?:\w+Exception - )?")
"""What litellm puts in front of a provider's words."""
HOW_TO = re.compile(r"\s*(?:To drop |Learn more: |Pass model as ).*", re.DOTALL)
"""What it puts behind them, which is about litellm's own settings."""
NO_KEY = ("credential", "api key", "api_key")


def translated(error: Exception, source: str, seconds: float, library: Library, *, begun: bool = False) -> ModelError:
    """`source` is who was asked, and `begun` whether an answer was on its way, which may have to be paid for. Should it
    repeat a key, the core takes that out of what is raised.
    """
    if isinstance(error, TimeoutError):
        return ModelTimeout(
            f"{source} did not answer within {seconds:g} s. Give it longer by settings.litellm.timeout, "
            "or ask for fewer at once (max_in_flight)."
        )
    text, causes = _said(error), list(_causes(error))
    answered = _headers(causes)
    if answered is None:
        begun = begun or any(isinstance(cause, library.halfway) for cause in causes)
        return _unanswered(error, text, causes, source, library, begun=begun)
    return _status(error, text, answered, source)


def _unanswered(
    error: Exception, text: str, causes: list[BaseException], source: str, library: Library, *, begun: bool
) -> ModelError:
    """Nothing came back, or nothing that could be understood."""
    if type(error).__name__ == "UnsupportedParamsError":
        return Unsupported(f"{source} cannot be asked so: {text}. Nothing was sent. {Unsupported.advice}")
    if begun and any(isinstance(cause, library.broken) for cause in causes):
        return ModelUnavailable(f"{source} broke off in its answer: {_reason(causes)}. Ask again.")
    if any(isinstance(cause, library.unreached) for cause in causes):
        return ConnectionFailed(
            f"{source} could not be reached in time. Is it running? settings.litellm.connect_timeout gives it longer."
        )
    if any(isinstance(cause, library.timeouts) for cause in causes):
        return ModelTimeout(
            f"{source} did not answer in the time that litellm gives it. Ask again, or for fewer at once "
            "(max_in_flight)."
        )
    if any(isinstance(cause, library.broken) for cause in causes):
        return ConnectionFailed(
            f"the connection to {source} failed: {_reason(causes)}. Is it running, and is its address right? That is "
            "base_url in settings.litellm.providers, or as litellm has it."
        )
    if any(sign in text.lower() for sign in NO_KEY):
        return AuthenticationError(
            f"{source} cannot be asked without a key: {text}. Set the variable that litellm reads, or let key in "
            "settings.litellm.providers say where else it is."
        )
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status < 500:
        return ModelError.from_status(status, text, source=source)
    return ModelUnavailable(f"{source} gave something that is no answer: {text}. Ask again.")


def _reason(causes: list[BaseException]) -> str:
    return " ".join(str(causes[-1]).split()) or type(causes[-1]).__name__


def _status(error: Exception, text: str, headers: Mapping[str, str], source: str) -> ModelError:
    made = ModelError.from_status(int(getattr(error, "status_code", 500)), text, wait_of(headers), source=source)
    kind, status = type(error).__name__, made.status
    if isinstance(made, ContextTooLong) or kind == "ContextWindowExceededError":
        return ContextTooLong(f"the prompt is too long for {source}: {text}. {ContextTooLong.advice}", status=status)
    if isinstance(made, Refused) or kind == "ContentPolicyViolationError":
        return Refused(f"a filter stopped what {source} was asked: {text}. {Refused.advice}", status=status)
    return made


def unknown(model: str, error: Exception) -> UnknownModelError:
    """Of a name that litellm cannot place."""
    return UnknownModelError(
        f"litellm knows no provider of {model!r}: {_said(error)}. Name the provider first, such as "
        "litellm/anthropic/claude-sonnet-4-5."
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _headers(causes: list[BaseException]) -> Mapping[str, str] | None:
    """Of the answer that the error is about; None: there was none. litellm makes answers up, which have none."""
    for cause in causes:
        for found in (
            getattr(cause, "litellm_response_headers", None),
            getattr(getattr(cause, "response", None), "headers", None),
        ):
            if found:
                return {str(name).lower(): str(value) for name, value in dict(found).items()}
    return None


def _said(error: Exception) -> str:
    """What the provider says, without litellm's own words around it."""
    body: Any = getattr(error, "body", None)
    told = body.get("error", body) if isinstance(body, dict) else None
    if isinstance(told, dict) and told.get("message"):
        named = ", ".join(f"{name} {told[name]}" for name in ("type", "code", "param") if told.get(name))
        return f"{told['message']} ({named})" if named else str(told["message"])
    text = HOW_TO.sub("", OF_LITELLM.sub("", str(getattr(error, "message", error))))
    return " ".join(text.split())[:SHOWN].rstrip(".") or type(error).__name__
