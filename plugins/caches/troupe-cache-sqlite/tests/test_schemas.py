"""The forms that the core asks for, judged as the core's own reading judges them, and the usual words of schemas."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_cache_sqlite.schemas import fits
from troupe_core.llm.structured import json_schema


class Said(msgspec.Struct, tag="said"):
    text: str
    to: str | None


class Done(msgspec.Struct, tag="done"):
    score: float
    pair: tuple[int, str]


class Whole(msgspec.Struct):
    actions: list[Said | Done]
    mood: Literal["glad", "sad"]
    by_name: dict[str, int]


GOOD: dict[str, Any] = {
    "actions": [{"type": "said", "text": "Hm.", "to": None}, {"type": "done", "score": 1.5, "pair": [1, "a"]}],
    "mood": "glad",
    "by_name": {"Ada": 1},
}


def but(path: list[Any], value: Any) -> Any:
    """The good one, with one thing in another way."""
    whole = msgspec.json.decode(msgspec.json.encode(GOOD))
    *way, last = path
    inner = whole
    for step in way:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return whole


CHANGED = [
    but(["mood"], "angry"),
    but(["mood"], ...),
    but(["by_name"], {"Ada": "one"}),
    but(["actions"], {}),
    but(["actions", 0, "type"], "shouted"),
    but(["actions", 0, "text"], 5),
    but(["actions", 0, "to"], ...),
    but(["actions", 1, "pair"], [1, 2]),
    but(["actions", 1, "pair"], ["a", 1]),
    but(["actions", 1, "score"], True),
    [],
    None,
]


def test_a_form_of_the_core_is_known_when_it_is_good():
    assert fits(GOOD, json_schema(Whole))
    msgspec.convert(GOOD, Whole)


@pytest.mark.parametrize("value", CHANGED, ids=repr)
def test_and_refused_when_one_thing_is_wrong(value):
    assert not fits(value, json_schema(Whole))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, "glad", "said", "done", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["actions", "mood", "by_name", "type", "text", "to"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.builds(lambda change: GOOD | change, st.dictionaries(st.sampled_from(list(GOOD)), JSON)) | JSON)
def test_what_fits_can_be_read_by_the_core(value):
    if fits(value, json_schema(Whole)):
        assert isinstance(msgspec.convert(value, Whole, strict=False), Whole)


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (1, {"type": ["integer", "null"]}, True),
        (True, {"type": "integer"}, False),
        (2.0, {"type": "integer"}, True),
        (float("inf"), {"type": "integer"}, False),
        (True, {"enum": [1]}, False),
        (1, {"const": 1}, True),
        (5, {"minimum": 1, "maximum": 4}, False),
        (4, {"exclusiveMaximum": 4}, False),
        (1, {"exclusiveMinimum": 1}, False),
        ("abc", {"minLength": 4}, False),
        ("abc", {"maxLength": 2}, False),
        ("abc", {"pattern": "^b"}, False),
        ([1], {"minItems": 2}, False),
        ([1, 2, 3], {"maxItems": 2}, False),
        ([1, "a", "b"], {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, True),
        ([1, "a", 2], {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, False),
        ({"a": 1}, {"additionalProperties": {"type": "string"}}, False),
        ({"a": 1}, {"additionalProperties": False}, True),
        (1, {"anyOf": [{"type": "string"}, {"type": "integer"}]}, True),
        (1, {"oneOf": [{"type": "string"}, {"type": "null"}]}, False),
        (1, {"allOf": [{"type": "integer"}, {"minimum": 2}]}, False),
        (1, {"not": {"type": "integer"}}, False),
        ({"next": {"next": {}}}, {"$ref": "#/$defs/N", "$defs": {"N": {"properties": {"next": {"$ref": "#/$defs/N"}}}}},
         True),
        ({"next": 1}, {"$ref": "#/$defs/N", "$defs": {"N": {"type": "object", "properties": {"next": {
            "$ref": "#/$defs/N"}}}}}, False),
        (1, {"$ref": "#"}, False),
        (1, {"$ref": "https://example.org/schema"}, False),
        (1, {"x-unheard-of": 5}, True),
        (1, {"type": "unheard of"}, False),
        (1, False, False),
        (1, True, True),
    ],
)  # fmt: skip
def test_the_words_of_schemas(value, schema, expected):
    assert fits(value, schema) is expected
