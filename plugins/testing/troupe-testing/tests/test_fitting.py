"""What the protocol server makes up for a schema fits it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_testing.server.fitting import Unfit, fit

NUMBERS = st.integers(-50, 50)


@st.composite
def ranges(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    low = draw(NUMBERS)
    schema: dict[str, Any] = {"type": kind}
    schema |= draw(st.sampled_from([{}, {"minimum": low}, {"exclusiveMinimum": low}]))
    schema |= draw(st.sampled_from([{}, {"maximum": low + 20}, {"exclusiveMaximum": low + 20}]))
    return schema | draw(st.sampled_from([{}, {"multipleOf": 3}]))


STRINGS = st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
                    st.integers(0, 9), st.integers(0, 9))  # fmt: skip
LEAVES = st.one_of(
    STRINGS,
    ranges("integer"),
    ranges("number"),
    st.just({"type": "boolean"}),
    st.just({"type": ["null", "string"]}),
    st.lists(st.one_of(NUMBERS, st.text(max_size=5)), min_size=1, max_size=3).map(lambda values: {"enum": values}),
    st.just({"const": None}),
    st.just({"$ref": "#/$defs/leaf"}),
)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _branches(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.dictionaries(st.text(max_size=5), inner, max_size=4).map(_object),
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 3)),
        st.lists(inner, min_size=1, max_size=3).map(lambda choices: {"anyOf": choices}),
        inner.map(lambda one: {"allOf": [one]}),
    )


@settings(max_examples=150)
@given(st.recursive(LEAVES, _branches, max_leaves=8))
def test_what_is_made_up_fits(schema: dict[str, Any]):
    whole = _object({"it": schema}) | {"$defs": {"leaf": {"type": "integer", "minimum": 4}}}
    jsonschema.validate(fit(whole), whole)


@pytest.mark.parametrize("name", ["date", "date-time", "email", "ipv4", "ipv6", "uuid"])
def test_formats_are_kept(name: str):
    jsonschema.validate(fit({"type": "string", "format": name}), {"type": "string", "format": name},
                        format_checker=jsonschema.FormatChecker())  # fmt: skip


def test_what_contains_itself_ends_where_it_may():
    tree = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": _object(
                {
                    "name": {"type": "string"},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                }
            )
        },
    }
    assert fit(tree) == {"name": "text", "next": None, "children": []}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^[A-Z]{3}$"},
        {"$ref": "#/$defs/nobody"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"type": "integer", "minimum": 4, "maximum": 3},
        {"type": "number", "exclusiveMinimum": 1, "maximum": 1},
        {"anyOf": []},
        {"type": "colour"},
        False,
    ],
    ids=str,
)
def test_what_cannot_be_made_up_says_so(schema: Any):
    with pytest.raises(Unfit, match="give the server an answer"):
        fit(schema)
