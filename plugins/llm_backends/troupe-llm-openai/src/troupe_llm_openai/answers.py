"""What comes back: decoded straight into what is needed of it."""

from __future__ import annotations

from typing import Any

import msgspec

from troupe_core import LLMChunk, LLMResponse, ModelUnavailable, Usage
from troupe_core.llm import Token
from troupe_llm_openai.config import ADDRESSES, OPENAI, Table

FINISH = {"content_filter": "refusal", "": "stop"}
"""Where ours has another word for it."""
SHOWN = 200
UNTOLD = msgspec.Raw(b"null")
UNHEARD_OF = -9999.0
"""What OpenAI says of a token that is among no likely ones; others say infinity, which JSON does not have."""


class _Details(msgspec.Struct):
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Guess(msgspec.Struct):
    token: str
    logprob: float | None = None
    top_logprobs: list[_Guess] | None = None


class _LogProbs(msgspec.Struct):
    content: list[_Guess] | None = None
    refusal: list[_Guess] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None
    logprobs: msgspec.Raw = UNTOLD


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


class _Piece(msgspec.Struct):
    delta: _Message = msgspec.field(default_factory=_Message)
    finish_reason: str | None = None
    logprobs: msgspec.Raw = UNTOLD


class _Chunk(msgspec.Struct):
    choices: list[_Piece] = msgspec.field(default_factory=list)
    usage: _Usage | None = None
    error: Any = None


class _Bill(msgspec.Struct):
    """Of whatever came, what it has cost."""

    usage: _Usage | None = None


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model] = msgspec.field(default_factory=list)


_completion = msgspec.json.Decoder(_Completion).decode
_chunk = msgspec.json.Decoder(_Chunk).decode
_logprobs = msgspec.json.Decoder(_LogProbs | None).decode
_models = msgspec.json.Decoder(_Models).decode
_bill = msgspec.json.Decoder(_Bill).decode


def completion(content: bytes, source: str, table: Table = OPENAI) -> LLMResponse:
    """A whole answer. `source` is who gave it, and `table` where that is set up, for the errors' sake."""
    try:
        found = _completion(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _no_completion(content, source, error, table) from None
    usage = _counted(found.usage)
    if not found.choices:
        raise ModelUnavailable(f"{source} gave an answer without any choices. Ask again.", usage=usage)
    choice = found.choices[0]
    message = choice.message
    if message.refusal:
        return LLMResponse(message.refusal, usage, found.model or "", "refusal")
    finish, told = _finish(choice.finish_reason or ""), tokens(choice.logprobs)
    return LLMResponse(message.content or "", usage, found.model or "", finish, logprobs=told)


def tokens(told: msgspec.Raw) -> tuple[Token, ...]:
    """How likely the words were; nothing, if nobody tells, or in a form that nobody knows: the answer is good for all
    that.
    """
    if told == UNTOLD:
        return ()
    try:
        found = _logprobs(told)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ()
    if found is None:
        return ()
    return tuple(
        Token(each.token, _likely(each), tuple((other.token, _likely(other)) for other in each.top_logprobs or ()))
        for each in found.content or found.refusal or ()
    )


def _likely(guess: _Guess) -> float:
    return UNHEARD_OF if guess.logprob is None else guess.logprob


def listed(content: bytes) -> set[str]:
    """The names in a list of models; none where it is no such list."""
    try:
        return {model.id for model in _models(content).data}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return set()


class Stream:
    """Reads the events of a stream, one after the other."""

    def __init__(self, source: str, table: Table = OPENAI) -> None:
        self._source, self._table = source, table
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._refused = False

    def read(self, event: bytes) -> LLMChunk | None:
        """What an event brings, if it is a part of the answer."""
        try:
            found = _chunk(event)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _no_completion(event, self._source, error, self._table, self._usage) from None
        if found.error is not None:
            told = msgspec.json.encode(found.error).decode()[:SHOWN]
            raise ModelUnavailable(
                f"{self._source} failed in the middle of an answer: {told}. Ask again.", usage=self._usage
            )
        if found.usage is not None:
            self._usage = _counted(found.usage)
        if not found.choices:
            return None
        piece = found.choices[0]
        self._finish = piece.finish_reason or self._finish
        self._refused = self._refused or bool(piece.delta.refusal)
        words, likely = piece.delta.refusal or piece.delta.content or "", tokens(piece.logprobs)
        return LLMChunk(words, logprobs=likely) if words or likely else None

    def last(self) -> LLMChunk:
        """What is known when nothing more comes; an answer that has no end was cut."""
        if self._finish is None:
            raise ModelUnavailable(
                f"{self._source} broke off in the middle of an answer. Ask again.", usage=self._usage
            )
        finish = "refusal" if self._refused else _finish(self._finish)
        return LLMChunk("", self._usage or Usage(), finish)


def _finish(reason: str) -> str:
    return FINISH.get(reason, reason)


def _counted(usage: _Usage | None) -> Usage:
    if usage is None:
        return Usage()
    read, written = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = read.cached_tokens if read is not None else None
    reasoning = written.reasoning_tokens if written is not None else None
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached or 0, reasoning or 0)


def billed(content: bytes) -> Usage | None:
    """What an answer of no use has cost, if it tells."""
    try:
        return _counted(_bill(content).usage)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _no_completion(
    content: bytes, source: str, error: Exception, table: Table, usage: Usage | None = None
) -> ModelUnavailable:
    shown = " ".join(content[:SHOWN].decode("utf-8", "replace").split())
    return ModelUnavailable(
        f"{source} gave something that is no chat completion ({error}): {shown!r}. If it always does, look at "
        f"{table}.{table.address}; such addresses are like {ADDRESSES[table.address]}.",
        usage=usage or billed(content),
    )
