"""Personas from parts: what is joined is all there, nothing is guessed, and nothing changes by being joined twice."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, TinyPerson
from troupe_core.people import files
from troupe_core.people.fragments import Part, PersonaConflict, whole_of

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "tea", "quiet", "Ünsal", "{{name}}"])
keys = st.sampled_from(["age", "likes", "style", "skills", "home"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
personas = st.dictionaries(keys, values, max_size=4)


def join(*parts: dict[str, Any]) -> dict[str, Any]:
    return whole_of(Part(f"part {number}", part) for number, part in enumerate(parts))


def or_conflict(*parts: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return join(*parts)
    except PersonaConflict:
        return None


@given(personas, personas)
def test_joining_the_same_again_changes_nothing(one, two):
    whole = or_conflict(one, two)
    if whole is not None:
        assert join(whole, two) == whole
        assert join(whole, one) == whole
        assert join(whole, whole) == whole


@given(personas, personas, personas)
def test_it_does_not_matter_how_parts_are_grouped(one, two, three):
    inner = or_conflict(one, two)
    if inner is not None:
        assert or_conflict(inner, three) == or_conflict(one, two, three)


@given(personas, personas)
def test_whether_parts_contradict_does_not_depend_on_their_order(one, two):
    assert (or_conflict(one, two) is None) == (or_conflict(two, one) is None)


@given(personas, personas)
def test_parts_are_left_as_they_are(one, two):
    before = copy.deepcopy([one, two])
    whole = or_conflict(one, two)
    for value in (whole or {}).values():
        if isinstance(value, list | dict):
            value.clear()
    assert [one, two] == before


def holds(part: Any, whole: Any) -> bool:
    """Whether everything that a part says is in the whole."""
    if part is None:
        return True
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(holds(value, whole.get(key)) for key, value in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(same(item, other) for other in whole) for item in part)
    return same(part, whole)


def same(one: Any, two: Any) -> bool:
    return bool(one == two) and repr(one) == repr(two)  # True is not 1


@given(personas, personas)
def test_nothing_that_a_part_says_is_lost(one, two):
    whole = or_conflict(one, two)
    if whole is not None:
        assert holds(one, whole)
        assert holds(two, whole)


def test_what_is_missing_or_none_is_added_and_lists_are_joined():
    ada = {"age": 71, "residence": None, "likes": ["tea", "rain"], "personality": {"traits": ["quiet"]}}
    more = {"residence": "Lisbon", "likes": ["rain", "cats"], "personality": {"traits": ["stubborn"]}, "age": None}
    assert join(ada, more) == {
        "age": 71,
        "residence": "Lisbon",
        "likes": ["tea", "rain", "cats"],
        "personality": {"traits": ["quiet", "stubborn"]},
    }


def test_a_contradiction_names_the_place_both_values_and_both_sources():
    parts = [
        Part("ada.agent.json", {"home": {"floor": 3}, "style": "plain"}),
        Part("tall.fragment.json", {"height": 190}),
        Part("attic.fragment.json", {"home": {"floor": 5}, "style": {"words": "few"}}),
    ]
    with pytest.raises(PersonaConflict) as caught:
        whole_of(parts)
    assert [conflict.path for conflict in caught.value.conflicts] == [("home", "floor"), ("style",)]
    assert "home.floor is 3 in ada.agent.json, and 5 in attic.fragment.json" in str(caught.value)
    assert "style is 'plain' in ada.agent.json, and {'words': 'few'} in attic.fragment.json" in str(caught.value)


def test_a_number_is_neither_a_text_nor_a_truth():
    for one, two in ((1, "1"), (1, True), (0, False)):
        with pytest.raises(PersonaConflict):
            join({"age": one}, {"age": two})
    assert join({"likes": [1]}, {"likes": [True, "1"]}) == {"likes": [1, True, "1"]}


# -- of a person ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ada(make_simulation):
    return TinyPerson("Ada", {"age": 71, "likes": ["tea"]}, simulation=make_simulation())


def fragment(path: Path, persona: Any, **more: Any) -> Path:
    path.write_text(json.dumps({"type": "Fragment", "persona": persona, **more}), encoding="utf-8")
    return path


def test_a_person_takes_in_a_fragment(ada, tmp_path):
    persona = {"likes": ["rain", "tea"], "dislikes": ["coriander"]}
    path = fragment(tmp_path / "picky.fragment.json", persona, note="mine")
    assert (ada + path).import_fragment(str(path)) is ada
    assert ada.get("likes") == ("tea", "rain")
    assert ada["dislikes"] == ("coriander",)
    assert "coriander" in str(ada.prompt())
    assert (ada + {"residence": "Lisbon"}).get("residence") == "Lisbon"
    assert ada.include_persona_definitions({"residence": "Lisbon"}).get("residence") == "Lisbon"


def test_what_contradicts_changes_nothing(ada, tmp_path):
    path = fragment(tmp_path / "young.fragment.json", {"age": 17, "likes": "rain", "style": "loud"})
    before = dict(ada.persona)
    with pytest.raises(PersonaConflict, match=r"age is 71 in what Ada is, and 17 in .*young\.fragment\.json"):
        ada.import_fragment(path)
    with pytest.raises(PersonaConflict, match="name is 'Ada' in what Ada is, and 'Eve' in what is to be added"):
        ada.include_persona_definitions({"name": "Eve"})
    assert dict(ada.persona) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b'{"type": "Fragment",\n "persona": {"age": }}', "line 2: this is no JSON"),
        (b'{"type": "Fragment", "persona": {"name": "J\xf6rg"}}', "not in UTF-8"),
        (b"[1, 2]", "holds a list"),
        (b'{"type": "TinyPerson", "persona": {}}', "its type is 'TinyPerson'"),
        (b'{"type": "Fragment", "persona": ["quiet"]}', "it has no persona"),
        (b'{"type": "Fragment", "persona": ' + b'{"a": ' * 3_000 + b"1" + b"}" * 3_001, "this is no JSON"),
    ],
)
def test_a_file_that_is_no_fragment_is_told_by_name(ada, tmp_path, content, said):
    path = tmp_path / "broken.fragment.json"
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match=said) as caught:
        ada.import_fragment(path)
    assert path.name in str(caught.value)


def test_a_file_that_is_not_there_a_folder_and_one_that_is_too_large(ada, tmp_path):
    with pytest.raises(ArgumentError, match="there is no file"):
        ada.import_fragment(tmp_path / "nothing.json")
    with pytest.raises(ArgumentError, match="is no file"):
        ada.import_fragment(tmp_path)
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(files.LARGEST + 1)
    with pytest.raises(ArgumentError, match="is it the right file"):
        ada.import_fragment(large)
    with pytest.raises(TypeError):
        ada + 5


def test_a_byte_order_mark_and_any_script_are_read(ada, tmp_path):
    path = tmp_path / "name.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"type": "Fragment", "persona": {"家": "東京"}}).encode())
    assert ada.import_fragment(path).get("家") == "東京"
