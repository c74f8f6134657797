"""What a model answers to questions that nobody has seen before: something of the form that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from troupe_core import LLMRequest, PluginError, Runtime, TroupeError
from troupe_testing.scripted import Answer

T = TypeVar("T")


def made_up(request: LLMRequest, text: str) -> Answer:
    """The smallest answer that fits the request; its texts are this one."""
    if request.schema is None:
        return text
    from troupe_testing.server.fitting import TEXT, Unfit, fit

    try:
        made: Answer = changed(fit(request.schema), lambda name, value: text if value == TEXT else value)
    except Unfit as error:
        raise PluginError(
            f"no answer can be made up for {request.schema_name!r} ({error}): override answer(request)"
        ) from None
    return made


def changed(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """An answer in which each single value is what `change` makes of it; it is told the key that it stands under."""
    if isinstance(value, Mapping):
        return {key: changed(each, change, key) for key, each in value.items()}
    if isinstance(value, list):
        return [changed(each, change, name) for each in value]
    return change(name, value)


def said(request: LLMRequest) -> str:
    """All that the model is told."""
    return "\n".join(message.content for message in request.messages)


def requests_to(runtime: Runtime) -> list[LLMRequest]:
    """What the scripted model of a runtime was asked."""
    return [request for request, _ in runtime.model_under_test.requests]  # type: ignore[attr-defined]


def outcome(work: Callable[[], T]) -> T | TroupeError:
    """What comes of it, or the error that it ends in."""
    try:
        return work()
    except TroupeError as error:
        return error
