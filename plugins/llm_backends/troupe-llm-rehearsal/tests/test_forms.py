"""Whatever schema is asked for, the answer fits it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import Form, LLMRequest, Message
from troupe_llm_rehearsal.backend import answer

PERSONA = {"name": "Ada", "age": 71, "likes": ["tea"], "dislikes": ["coriander"], "traits": ["curious"]}


def filled(schema: dict[str, Any], text: str = "Tea with coriander?", persona: Any = PERSONA, **more: Any) -> Any:
    system = [Message("system", json.dumps(persona))] if persona else []
    request = LLMRequest(Form("rehearsal/default", schema=schema), (*system, Message("user", text)), **more)
    made = json.loads(answer(request))
    jsonschema.Draft202012Validator(schema).validate(made)
    return made


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


strings = st.builds(
    lambda least, more, form: (
        {"type": "string", "minLength": least, "maxLength": least + more}
        if form is None
        else {"type": "string", "format": form}
    ),
    st.integers(0, 300),
    st.integers(0, 300),
    st.sampled_from([None, None, None, "date", "email", "uuid"]),
)
patterns = st.sampled_from(
    [r"^[A-Z]{3}-\d{4}$", r"^\d{5}$", r"^#[0-9a-f]{6}$", r"^(yes|no)$", r"^\w+@\w+\.com$", r"^[^,]+, [A-Z]{2}$"]
).map(lambda pattern: {"type": "string", "pattern": pattern})
whole = st.builds(
    lambda low, more, keyword: {"type": "integer", keyword: low, "maximum": low + more},
    st.integers(-1000, 1000),
    st.integers(2, 100),
    st.sampled_from(["minimum", "exclusiveMinimum"]),
)
numbers = st.builds(
    lambda low, more, keyword: {"type": "number", "minimum": low, keyword: low + more},
    st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
    st.integers(1, 100),
    st.sampled_from(["maximum", "exclusiveMaximum"]),
)
leaves = st.one_of(
    strings,
    patterns,
    whole,
    numbers,
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"]}),
    st.builds(lambda step: {"type": "integer", "multipleOf": step}, st.integers(1, 9)),
    st.lists(st.text(max_size=9) | st.integers(-9, 9) | st.none(), min_size=1, max_size=5).map(lambda e: {"enum": e}),
    st.builds(lambda value: {"const": value}, st.integers(-(10**9), 10**9) | st.text(max_size=9)),
)
KNOWN = ["name", "age", "rating", "why", "score", "city", "tags", "would_buy", "confidence", "bio", "意見"]
names = st.sampled_from(KNOWN) | st.text(max_size=8)


def grown(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    arrays = st.builds(
        lambda items, least, more: {"type": "array", "items": items, "minItems": least, "maxItems": least + more},
        children,
        st.integers(0, 4),
        st.integers(0, 4),
    )
    nested = st.dictionaries(names, children, max_size=4).map(lambda found: objects(**found))
    return st.one_of(arrays, nested, st.builds(lambda item: {"anyOf": [item, {"type": "null"}]}, children))


schemas = st.dictionaries(names, st.recursive(leaves, grown, max_leaves=6), max_size=5).map(
    lambda each: objects(**each)
)


@settings(max_examples=120, deadline=None)
@given(schemas, st.booleans(), st.text(max_size=60))
def test_any_schema_is_filled(schema: dict[str, Any], known: bool, text: str):
    filled(schema, text or "?", PERSONA if known else None)


TREE = {
    **objects(tree={"$ref": "#/$defs/node"}),
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["value", "children"],
        }
    },
}


def test_a_form_that_contains_itself_ends():
    filled(TREE)


def test_fields_that_the_persona_has_are_its_own():
    made = filled(objects(name={"type": "string"}, age={"type": "integer"}))
    assert made == {"name": "Ada", "age": 71}


@pytest.mark.parametrize(
    "options",
    [["yes", "no"], ["Strongly agree", "Agree", "Neutral", "Disagree", "Strongly disagree"],
     ["would buy", "would not buy"],
     ["Very satisfied", "satisfied", "neither", "dissatisfied"], ["tea", "coriander", "neither of them"]],
)  # fmt: skip
def test_options_follow_the_taste(options: list[str]):
    form = objects(choice={"type": "string", "enum": options})
    assert options.index(filled(form, "A cup of tea?")["choice"]) < len(options) / 2
    if "tea" not in options:
        assert options.index(filled(form, "Coriander in everything?")["choice"]) >= len(options) / 2


def test_people_are_made_up_and_differ():
    person = objects(
        name={"type": "string"},
        age={"type": "integer", "minimum": 18, "maximum": 90},
        occupation={"type": "string"},
        nationality={"type": "string"},
        interests={"type": "array", "items": {"type": "string"}},
        biography={"type": "string"},
    )
    form = objects(people={"type": "array", "items": person, "minItems": 12, "maxItems": 12})
    people = filled(form, "Twelve people from Poland and Kenya.", None)["people"]
    assert len({each["name"] for each in people}) >= 9
    assert {each["nationality"] for each in people} == {"Polish", "Kenyan"}
    assert len({each["occupation"] for each in people}) >= 6
    assert all(each["name"].split()[0] in each["biography"] for each in people)


def test_a_claim_is_judged_by_the_text():
    form = objects(score={"type": "integer", "minimum": 0, "maximum": 9}, justification={"type": "string"})
    text = "{}\n\nAda spoke at length of her garden, of roses and of the long winter, and said that the roses had died."
    right = filled(form, text.format("Ada says that her roses died in winter."), None)
    wrong = filled(form, text.format("Ben bought a motorcycle from his cousin."), None)
    assert right["score"] >= 7
    assert wrong["score"] <= 2
    assert "roses" in right["justification"]


def test_what_cannot_be_filled_is_said():
    from troupe_core import BadRequest

    for node in ({"type": "string", "pattern": "(?=never)x"}, {"type": "string", "pattern": r"\p{L}"}, {"type": "odd"}):
        with pytest.raises(BadRequest, match="cannot fill in"):
            filled(objects(nothing=node))
