"""Which answers are worth keeping. A bad one that is kept would come again in every run."""

from __future__ import annotations

from math import isfinite
from typing import Any

import orjson

from troupe_cache_sqlite.kinds import are_counts
from troupe_cache_sqlite.schemas import fits
from troupe_core import LLMRequest, LLMResponse, Usage
from troupe_core.llm import Token, json_values

GOOD = "stop"
"""The one end of an answer that is good: "refusal" and "length" are not, nor is what nobody has heard of yet."""


def unfit(request: LLMRequest, response: LLMResponse) -> str:
    """Why an answer is not kept; nothing if it is."""
    if not is_plain(response):
        return "it is no answer of the kind that backends give"
    if response.finish != GOOD:
        return f"it ended in {response.finish!r}"
    if not response.text.strip():
        return "it is empty"
    schema = request.schema
    if schema is not None and not has_form(response.text, schema):
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


def has_form(text: str, schema: Any) -> bool:
    """Whether an answer of that form is in a text, where the core would find it."""
    try:
        return fits(orjson.loads(text), schema)
    except orjson.JSONDecodeError:
        return any(fits(value, schema) for value in json_values(text))
