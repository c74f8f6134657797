"""Fields: how types are written, what an answer has to look like, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, Fields, Scale
from troupe_core.llm.structured import Problem


def answer(**values: Any) -> str:
    return json.dumps({name: {"evidence": [1], "value": value, "confidence": 1} for name, value in values.items()})


@pytest.mark.parametrize(
    ("wanted", "words", "good", "bad"),
    [
        ("text", "text: a sentence or a few", "Yes.", True),
        (str, "a short text", "Yes.", [1]),
        ("int", "a whole number", 7, 7.5),
        (float, "a number", 7.5, "many"),
        (bool, "true or false", False, "maybe"),
        ("1..5", "a whole number from 1 to 5", 5, 6),
        (Scale(1, 5), "a whole number from 1 to 5", 1, 0),
        ("-1.0 .. 1", "a number from -1.0 to 1", -0.5, -2),
        (["yes", "no"], "one of: yes, no", "no", "perhaps"),
        (list[str], "a list of short texts", ["a", "b"], "a"),
    ],
)
def test_a_type_is_told_in_words_and_enforced_and_null_is_always_possible(wanted, words, good, bad):
    fields = Fields.of({"f": wanted})
    assert fields.fields[0].words == words
    assert fields.finding(fields.output.read(answer(f=good))).values == {"f": good}
    assert fields.finding(fields.output.read(answer(f=None))).values == {"f": None}
    with pytest.raises(Problem, match=r"\$\.f"):
        fields.output.read(answer(f=bad))


@pytest.mark.parametrize("huge", [2**63, -(2**63) - 1, 10**30, str(10**30)])
def test_a_whole_number_beyond_64_bits_is_a_problem_of_the_answer(huge):
    fields = Fields.of({"f": "int"})
    with pytest.raises(Problem, match=r"Expected `int` .*\$\.f\.value"):
        fields.output.read(answer(f=huge))


@pytest.mark.parametrize("endless", ["NaN", "-Infinity", "1e400", '"inf"', '" nan"'])
def test_a_number_that_is_none_or_has_no_end_is_a_problem_of_the_answer(endless):
    fields = Fields.of({"f": float})
    with pytest.raises(Problem, match=r"(finite number|out of range).*\$\.f\.value"):
        fields.output.read(answer(f=0).replace(" 0,", f" {endless},"))


def test_the_schema_is_strict_and_asks_for_evidence_first():
    schema = Fields.of({"how good": "1..5"}).output.schema
    assert schema["required"] == ["how good"]
    cell = schema["properties"]["how good"]
    assert list(cell["properties"]) == cell["required"] == ["evidence", "value", "confidence"]
    assert cell["additionalProperties"] is False
    assert cell["properties"]["value"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 5}


def test_equal_fields_share_one_form():
    first, second = (Fields.of({"a": "1..5", "b": ["yes", "no"]}, {"a": "hint"}) for _ in range(2))
    assert first == second
    assert first.output is second.output
    assert first.output is not Fields.of({"a": "1..5", "b": ["yes", "perhaps"]}).output


def test_names_alone_are_text_and_a_number_will_do_for_text():
    fields = Fields.of(["rating"])
    assert fields.finding(fields.output.read(answer(rating=4))).values == {"rating": "4"}


@pytest.mark.parametrize(
    ("given_fields", "hints", "told"),
    [
        ("rating", None, "list of names"),
        (5, None, "list of names"),
        ([5], None, "short text"),
        ([""], None, "short text"),
        (["a\nb"], None, "short text"),
        (['a"b'], None, "without quotes"),
        (["a", " a"], None, "twice"),
        ({"a": "number"}, None, "'a' cannot be of the type 'number'; there are text"),
        ({"a": "0..99999999999999999999"}, None, "within 64 bits"),
        ({"a": "5..1"}, None, "from a number to a higher one"),
        ({"a": []}, None, "cannot be of the type"),
        ({"a": dict}, None, "cannot be of the type"),
        ({"a": list[int]}, None, "cannot be of the type"),
        (["a"], {"b": "how"}, "hint for 'b', and the fields are a"),
        (None, {"b": "how"}, "hint for 'b', and no fields are given"),
        (["a"], ["how"], "mapping from fields to texts"),
        (["a"], {"a": 5}, "mapping from fields to texts"),
    ],
)
def test_what_cannot_be_a_field_is_refused_by_name(given_fields, hints, told):
    with pytest.raises(ArgumentError, match=told):
        Fields.of(given_fields, hints)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), ("1", 5), (True, 5), (float("nan"), 1)])
def test_a_scale_goes_upwards(low, high):
    with pytest.raises(ArgumentError, match="from a number to a higher one"):
        Scale(low, high)


def test_hints_and_fields_can_be_changed_apart():
    fields = Fields.of({"a": int, "b": str}, {"a": "old", "b": "kept"})
    assert [field.hint for field in fields.changed(None, {"a": "new"}).fields] == ["new", "kept"]
    assert fields.changed(["b", "c"], None).plain() == [
        ["b", "text: a sentence or a few", "kept"],
        ["c", "text: a sentence or a few", ""],
    ]
    with pytest.raises(ArgumentError, match="hint for 'a'"):
        fields.changed(["b"], {"a": "new"})


TEXT = st.text(st.characters(codec="utf-8"))
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda name: name.strip() and name.isprintable() and not {'"', "\\"} & {*name}
)


@given(st.lists(NAMES, min_size=1, max_size=6, unique_by=str.strip), st.data())
def test_whatever_fits_a_field_is_read_as_it_is(names, data):
    kinds = {
        "text": TEXT,
        "int": st.integers(-(2**60), 2**60),
        "float": st.floats(-1e9, 1e9),
        "bool": st.booleans(),
        "1..5": st.integers(1, 5),
        "list[str]": st.lists(TEXT, max_size=3),
    }
    chosen = {name: data.draw(st.sampled_from(sorted(kinds))) for name in names}
    fields = Fields.of(chosen)
    values = {name.strip(): data.draw(st.none() | kinds[kind]) for name, kind in chosen.items()}
    found = fields.finding(fields.output.read(answer(**values)))
    assert found.values == values


@pytest.mark.parametrize("nothing", [[], {}, ()])
def test_no_fields_at_all_are_a_mistake_and_none_given_are_not(nothing):
    with pytest.raises(ArgumentError, match="fields is empty: name at least one, or leave it out"):
        Fields.of(nothing)
    assert not Fields.of(None)


ends = st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9, allow_nan=False)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
choices = st.lists(names, min_size=1, max_size=4)
scales = st.tuples(ends, ends).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Scale(*pair))


@given(
    st.dictionaries(names, scales | choices | st.sampled_from(["text", str, int, float, bool, list[str]]), min_size=1)
)
def test_fields_can_be_written_down_and_made_again(wanted):
    fields = Fields.of(wanted, dict.fromkeys(wanted, "as you feel"))
    written = json.loads(json.dumps(fields.written))
    again = Fields.of(written["fields"], written["hints"])
    assert again.output.schema == fields.output.schema
    assert again.plain() == fields.plain()
