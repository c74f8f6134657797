"""What comes back, whoever answered: litellm has brought it into one form."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from troupe_core import Embeddings, LLMChunk, LLMResponse, ModelUnavailable, Usage
from troupe_core.llm import Token, unit

FINISH = {"content_filter": "refusal", "": "stop"}
"""Where ours has another word for it."""
UNHEARD_OF = -9999.0
"""How likely a token is that is among no likely ones."""


def completion(found: Any, source: str) -> LLMResponse:
    """A whole answer. `source` is who gave it, for the errors' sake."""
    usage, model = _counted(found), found.model or ""
    if not found.choices:
        raise ModelUnavailable(f"{source} gave an answer without any choices. Ask again.", usage=usage)
    message = found.choices[0].message
    if refusal := getattr(message, "refusal", None):
        return LLMResponse(refusal, usage, model, "refusal")
    finish, told = _finish(found.choices[0].finish_reason or ""), tokens(found.choices[0])
    return LLMResponse(message.content or "", usage, model, finish, logprobs=told)


def tokens(choice: Any) -> tuple[Token, ...]:
    """How likely the words were, where the provider tells that, and litellm passes it on."""
    told = _of(choice, "logprobs")
    return tuple(
        Token(*_guess(each), tuple(map(_guess, _of(each, "top_logprobs") or ()))) for each in _of(told, "content") or ()
    )


def _guess(guess: Any) -> tuple[str, float]:
    found = _of(guess, "logprob")
    return _of(guess, "token"), float(found) if found is not None and isfinite(found) else UNHEARD_OF


class Stream:
    """Reads the pieces of a stream, one after the other."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._refused = False

    def read(self, piece: Any) -> LLMChunk | None:
        """What it brings, if it is a part of the answer."""
        if getattr(piece, "usage", None) is not None:
            self._usage = _counted(piece)
        if not piece.choices:
            return None
        choice = piece.choices[0]
        self._finish = choice.finish_reason or self._finish
        refusal = getattr(choice.delta, "refusal", None)
        self._refused = self._refused or refusal is not None  # litellm passes on that it refuses, and not the words
        text, told = refusal or choice.delta.content or "", tokens(choice)
        return LLMChunk(text, logprobs=told) if text or told else None

    def last(self) -> LLMChunk:
        """What is known when nothing more comes; an answer that has no end was cut."""
        if self._finish is None:
            raise ModelUnavailable(
                f"{self._source} broke off in the middle of an answer. Ask again.", usage=self._usage
            )
        return LLMChunk("", self._usage or Usage(), "refusal" if self._refused else _finish(self._finish))


def embeddings(found: Any, number: int, source: str) -> Embeddings:
    """So many vectors, in the order of the texts."""
    usage = _counted(found)
    try:
        items = sorted(enumerate(found.data or ()), key=lambda pair: pair[1].get("index", pair[0]))
        vectors = tuple(unit(item["embedding"]) for _, item in items)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelUnavailable(
            f"{source} gave something that holds no vectors ({error}). If it always does, see whether the model is one "
            "that embeds texts.",
            usage=usage,
        ) from None
    if len(vectors) != number:
        raise ModelUnavailable(f"{source} gave {len(vectors)} vectors for {number} texts. Ask again.", usage=usage)
    return Embeddings(vectors, usage, found.model or "")


def _finish(reason: str) -> str:
    return FINISH.get(reason, reason)


def _counted(found: Any) -> Usage:
    """The tokens of an answer: what a provider does not tell is nothing."""
    usage: Any = getattr(found, "usage", None)
    read, written = (_of(usage, f"{kind}_tokens_details") for kind in ("prompt", "completion"))
    numbers: Sequence[tuple[Any, str]] = (
        (usage, "prompt_tokens"),
        (usage, "completion_tokens"),
        (read, "cached_tokens"),
        (written, "reasoning_tokens"),
    )
    return Usage(*(_of(where, name) or 0 for where, name in numbers))


def _of(where: Any, name: str) -> Any:
    return where.get(name) if isinstance(where, dict) else getattr(where, name, None)
