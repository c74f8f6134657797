"""Chats as OpenAI's protocol has them, which many others speak, and how firmly an answer is held to its schema: what a
server or a model does not take is found out once, and remembered.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from enum import IntEnum
from typing import Any

from troupe_core.errors import FormRefused, ModelError, Unsupported
from troupe_core.llm.request import LLMRequest, Message, in_words

log = logging.getLogger("troupe")

FORMS = ("response_format", "json_schema", "json_object")


class Hold(IntEnum):
    """How an answer is held to its schema, the firmest first."""

    SCHEMA = 0
    """The server sees to it."""
    JSON = 1
    """The server sees to it that it is JSON; the rest is said in words."""
    WORDS = 2
    """All is said in words."""

    def __str__(self) -> str:
        return ("json_schema", "json_object", "the schema in words")[self]


def chat_messages(request: LLMRequest, hold: Hold) -> list[dict[str, Any]]:
    """What is said, with the schema in words where the server does not know it."""
    said = request.messages
    if request.schema is not None and hold is not Hold.SCHEMA:
        said = (*said[:-1], in_words(said[-1], request.schema))
    return [
        {"role": message.role, "content": message.content if not message.images else _parts(message)}
        for message in said
    ]


def _parts(message: Message) -> list[dict[str, Any]]:
    """A text with pictures behind it."""
    shown = [f"data:{image.media_type};base64,{b64encode(image.data).decode()}" for image in message.images]
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in shown]
    return [{"type": "text", "text": message.content}, *pictures]


def response_format(request: LLMRequest, hold: Hold) -> dict[str, Any] | None:
    """The parameter of that name; None: it is left out."""
    if request.schema is None or hold is Hold.WORDS:
        return None
    if hold is Hold.JSON:
        return {"type": "json_object"}
    form = {"name": request.schema_name or "answer", "schema": request.schema, "strict": True}
    return {"type": "json_schema", "json_schema": form}


class Holds:
    """What a backend has found out about its models. Where a request was held too firmly, it is held less firmly from
    then on; `FormRefused` makes the core ask again, and count both attempts.
    """

    def __init__(self) -> None:
        self._found: dict[str | bytes, Hold] = {}
        self._own_temperature: set[str] = set()

    def of(self, request: LLMRequest) -> Hold:
        """How its answer is held to its schema."""
        if not self._found:
            return Hold.SCHEMA
        return max(self._found.get(name, Hold.SCHEMA) for name in (request.model, request.form.digest))

    def takes_temperature(self, request: LLMRequest) -> bool:
        return request.model not in self._own_temperature

    def told(self, error: ModelError, request: LLMRequest, hold: Hold, source: str, *, warm: bool) -> ModelError:
        """What to raise for an error: `FormRefused` if the form was refused, or the temperature (`warm` says that one
        was sent), after noting to ask for less next time; else the error itself. `source` is who was asked.
        """
        if warm and _refuses_temperature(error):
            self._leave_temperature(request, source)
        elif request.schema is not None and hold is not Hold.WORDS and _refuses_form(error):
            self._loosen(request, hold, error, source)
        else:
            return error
        return FormRefused(str(error), status=error.status)

    def _loosen(self, request: LLMRequest, hold: Hold, error: ModelError, source: str) -> None:
        """Hold answers less firmly from now on: those of this schema if the server takes others, else of this model."""
        one = _refuses_schema(error)
        name = request.form.digest if one else request.model
        looser = Hold(hold + 1)
        if self._found.get(name, Hold.SCHEMA) < looser:  # of many that were refused at once, the first one tells
            self._found[name] = looser
            what = f"the schema {request.schema_name!r}" if one else hold
            log.warning("%s does not take %s; from now on it is asked with %s", source, what, looser)

    def _leave_temperature(self, request: LLMRequest, source: str) -> None:
        """Send this model no temperature from now on."""
        if request.model not in self._own_temperature:
            self._own_temperature.add(request.model)
            log.warning("%s takes no temperature; from now on it is asked at its own", source)


def _refuses_form(error: ModelError) -> bool:
    """Whether the form in which an answer was wanted is not taken."""
    return _refuses(error) and any(word in str(error) for word in FORMS)


def _refuses_schema(error: ModelError) -> bool:
    """Whether schemas are taken, and not this one."""
    return "invalid schema" in str(error).lower()


def _refuses_temperature(error: ModelError) -> bool:
    """Whether the model samples at a temperature of its own, and takes no other."""
    text = str(error).lower()
    return _refuses(error) and "temperature" in text and "support" in text


def _refuses(error: ModelError) -> bool:
    return error.status in (400, 422) or isinstance(error, Unsupported)
