"""Setting parts of a persona: joined or replaced, never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, PersonaConflict, TinyPerson
from troupe_core.people.handle.describing import freed


@pytest.fixture
def ada(simulation):
    return TinyPerson("Ada", {"age": 36, "job": {"title": "cook", "since": 2001}, "likes": ["tea"], "style": None})


def test_what_is_set_by_a_key_is_defined(ada):
    ada["residence"] = "Lisbon"
    assert ada["residence"] == ada.get("residence") == "Lisbon"
    with pytest.raises(ArgumentError, match=r"write person\.rename"):
        ada["name"] = "Eve"


def test_tables_and_lists_are_replaced_or_joined(ada):
    ada.define("job", {"town": "Rome", "title": "cook"}, merge=True).define("likes", ["rain", "tea"], merge=True)
    assert ada["job"] == {"title": "cook", "since": 2001, "town": "Rome"}
    assert ada["likes"] == ("tea", "rain")
    assert ada.define("skills", ["soup"], merge=True)["skills"] == ("soup",)
    with pytest.raises(PersonaConflict, match=r"job\.title is 'cook' in what Ada is, and 'baker' in what is defined"):
        ada.define("job", {"title": "baker", "town": "Rome"}, merge=True)
    assert ada.define("job", {"title": "baker"})["job"] == {"title": "baker"}
    assert ada.define("likes", [], overwrite_scalars=False)["likes"] == ()


def test_what_is_there_is_overwritten_unless_it_may_not_be(ada):
    ada.define("age", 36, overwrite_scalars=False).define("style", "plain", overwrite_scalars=False)
    assert (ada["age"], ada["style"]) == (36, "plain")
    for key, value in (("age", 37), ("age", "36"), ("job", "none"), ("likes", 5)):
        with pytest.raises(PersonaConflict, match=f"{key} is .* in what Ada is"):
            ada.define(key, value, overwrite_scalars=False)
    assert ada.define("age", 37, merge=True)["age"] == 37
    assert ada.define("job", "none")["job"] == "none"


def test_a_text_of_several_lines_is_freed_of_what_they_are_indented_by(ada):
    ada.define(
        "style",
        """
        Says little.
          And then, at the door, everything.
        """,
    )
    assert ada["style"] == "Says little.\n  And then, at the door, everything."
    assert ada.define("style", "  as it is ")["style"] == "  as it is "


@given(st.text(st.sampled_from("a \n\t"), max_size=12))
def test_words_are_never_lost_by_that(text):
    assert freed(text).split() == text.split()
    assert freed(freed(text)) == freed(text)
    assert "\n" in text or freed(text) == text
