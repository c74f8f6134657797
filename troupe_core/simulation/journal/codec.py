"""How a row is spelled: compact JSON, digests in hexadecimal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import orjson

from troupe_core.errors import JournalError
from troupe_core.events import ACTION, NO_DATA, Fact
from troupe_core.keys import plain, utf8
from troupe_core.llm.response import Substitute

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """Plain data as bytes, in its own order: in which order a model named things is part of what it is shown again.
    Models now and then send half a surrogate pair, which only the slower writer can spell.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(_without_fragments(value), separators=(",", ":")).encode()


def decode(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            return json.loads(raw)
        except ValueError as error:
            raise JournalError(f"a row of the journal is no JSON: {error}") from None


def _without_fragments(value: Any) -> Any:
    if isinstance(value, orjson.Fragment):
        return decode(value.contents if isinstance(value.contents, bytes) else value.contents.encode())
    if isinstance(value, dict):
        return {key: _without_fragments(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_fragments(item) for item in value]
    return value


def fact_to_plain(fact: Fact) -> dict[str, Any]:
    """Everything of a fact that is not what it usually is: an action of the thing itself."""
    out: dict[str, Any] = {
        "id": fact.id.hex(),
        "type": fact.type,
        "thing": fact.thing,
        "content": fact.content,
    }
    if fact.kind != ACTION:
        out["kind"] = fact.kind
    if fact.source != fact.thing:
        out["source"] = fact.source
    if fact.target:
        out["target"] = fact.target
    if fact.data:
        out["data"] = plain(fact.data, fact.type)
    if fact.when is not None:
        out["when"] = fact.when
    if fact.turn:
        out["turn"] = fact.turn
    if fact.mark:
        out["mark"] = fact.mark
    if fact.substitute is not None:
        out["substitute"] = fact.substitute.plain()
    return out


class FactRow(msgspec.Struct, gc=False):
    """A fact as it is spelled, decoded without anything in between."""

    id: str
    type: str
    thing: str
    content: str
    kind: str = ACTION
    source: str | None = None
    target: str = ""
    data: dict[str, Any] | None = None
    when: str | None = None
    turn: int = 0
    mark: str = ""
    substitute: Substitute | None = None

    def fact(self) -> Fact:
        content = self.content
        return Fact(
            bytes.fromhex(self.id),
            self.kind,
            self.type,
            self.thing,
            self.thing if self.source is None else self.source,
            content if content.isascii() else utf8(content),
            self.target,
            self.data or NO_DATA,
            self.when,
            self.turn,
            self.mark,
            self.substitute,
        )


class OutcomeRow(msgspec.Struct, gc=False):
    """Of an outcome's row what it takes to restore it."""

    facts: list[FactRow]
    root: dict[str, Any] | None
    output: Any


class _Facts(msgspec.Struct, gc=False):
    facts: list[FactRow]
    chain: dict[str, Any] | None = None


_outcome = msgspec.json.Decoder(OutcomeRow)
_facts = msgspec.json.Decoder(_Facts)


def part(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """What a decoder knows of a row; the rest is skipped."""
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError:  # half a surrogate pair somewhere
        return msgspec.convert(decode(raw), decoder.type)


def outcome_row(raw: bytes) -> OutcomeRow:
    return part(_outcome, raw)


def facts_and_chain(raw: bytes) -> tuple[list[FactRow], dict[str, Any] | None]:
    """Of an outcome's row what memories need: the facts, and the piece of a chain that is made of them."""
    row = part(_facts, raw)
    return row.facts, row.chain


def fact_from_plain(found: Mapping[str, Any]) -> Fact:
    return msgspec.convert(found, FactRow).fact()
