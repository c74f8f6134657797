"""Which answers are worth keeping. A bad one that is kept would come again in every run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

import orjson

from troupe_cache_sqlite.kinds import are_counts
from troupe_cache_sqlite.schemas import fits
from troupe_core import LLMRequest, LLMResponse, Usage
from troupe_core.llm import Token

GOOD = "stop"
"""The one end of an answer that is good: "refusal" and "length" are not, nor is what nobody has heard of yet."""
MOST_STARTS = 1_000
"""So many brackets of a text are tried, as many as the core tries."""


def unfit(request: LLMRequest, response: LLMResponse) -> str:
    """Why an answer is not kept; nothing if it is."""
    if not is_plain(response):
        return "it is no answer of the kind that backends give"
    if response.finish != GOOD:
        return f"it ended in {response.finish!r}"
    if not response.text.strip():
        return "it is empty"
    schema = request.schema
    if schema is not None and not any(fits(value, schema) for value in values_in(response.text)):
        return "it has not the form that was asked for"
    return ""


def is_plain(response: Any) -> bool:
    """Whether it can be written: what a stranger's backend makes has not been looked at by anybody before."""
    if not isinstance(response, LLMResponse):
        return False
    usage: Any = response.usage
    if not isinstance(usage, Usage) or not type(response.text) is type(response.model) is str:
        return False
    return are_counts(usage.numbers()) and all(map(_is_plain_token, response.logprobs))


def _is_plain_token(token: Any) -> bool:
    """Infinity is no number that JSON has."""
    if not isinstance(token, Token):
        return False
    said = ((token.text, token.logprob), *token.others)
    return all(type(text) is str and type(logprob) is float and isfinite(logprob) for text, logprob in said)


def values_in(text: str) -> Iterator[Any]:
    """The JSON values in a text, where the core looks for them too: all of it, else from each opening bracket on."""
    try:
        yield orjson.loads(text)
    except orjson.JSONDecodeError:
        yield from _values_within(text)


def _values_within(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(strict=False)
    at = 0
    for _ in range(MOST_STARTS):
        starts = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
        if not starts:
            return
        try:
            value, at = decoder.raw_decode(text, min(starts))
        except (ValueError, RecursionError):
            at = min(starts) + 1
        else:
            yield value
