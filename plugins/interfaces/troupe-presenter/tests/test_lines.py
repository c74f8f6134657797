"""How an event becomes lines."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from troupe_core import Fact
from troupe_presenter import Lines
from troupe_presenter.folding import by_space, by_word, unbroken

ENCODINGS = ("utf-8", "latin-1", "ascii")
STYLES = re.compile("\x1b\\[[0-9;]*m")
ORDERS = re.compile(  # controls, and what turns the direction of the text behind it
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
KINDS = st.sampled_from(
    [("action", "TALK"), ("action", "THINK"), ("stimulus", "CONVERSATION"), ("stimulus", "THOUGHT"), ("event", "MOOD")]
)
ANY = st.text(max_size=120) | st.text(alphabet="\x1b[3m\x9b\r\n\t\x07a \u202e\u200d\u0301好ბا", max_size=60)


def fact(content: str = "", *, kind: str = "action", type: str = "TALK", source: str = "Ada", **more: Any) -> Fact:
    return Fact.of(b"", 0, kind, type, more.pop("thing", "Ada"), source, content, **more)


@given(ANY, ANY, ANY, KINDS, st.integers(40, 120), st.sampled_from(ENCODINGS), st.booleans())
@example("\ud800x\x1b]0;title\x07\u202ey", "\x1b[2J", "好" * 40, ("action", "TALK"), 40, "ascii", False)
def test_whatever_stands_in_it_a_line_obeys_nobody_and_fits(content, source, target, kind, width, encoding, colours):
    lines = Lines(width, colours=colours, encoding=encoding)
    event = {"kind": kind[0], "type": kind[1], "source": source, "target": target, "content": content, "thing": "Ada"}
    for line in [*lines.of(event), lines.rule(content), *lines.note(content, "31")]:
        plain = STYLES.sub("", line) if colours else line
        assert not ORDERS.search(plain), ascii(plain)
        assert cell_len(plain) <= width
        line.encode(encoding)
        assert colours or "\x1b" not in line


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=30), min_size=1), st.integers(40, 100))
def test_no_word_is_lost_or_broken_without_need(words, width):
    first, *others = Lines(width).of(fact(" ".join(words)))
    assert all(line.startswith("    ") for line in others)
    assert " ".join([first.removeprefix("Ada:"), *others]).split() == words


@given(
    st.lists(st.text("ab", min_size=1, max_size=12), max_size=12).map(" ".join), st.integers(-5, 30), st.integers(5, 30)
)
def test_plain_text_is_folded_as_any_other(text: str, first: int, others: int):
    assert list(by_space(text, first, others)) == list(by_word(text, first, others))


@given(st.lists(st.text("ab好", max_size=30), max_size=9).map(" ".join), st.integers(10, 40))
def test_what_may_be_copied_has_its_words_whole(text: str, room: int):
    first, *others = unbroken(text, room)
    assert all(line.startswith("    ") for line in others)
    assert " ".join([first, *(line.removeprefix("    ") for line in others)]) == text
    assert all(cell_len(line) <= room or len(line.split()) == 1 for line in [first, *others])


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (fact("Soup?"), "Ada: Soup?"),
        (fact("Soup?", target="Ben"), "Ada → Ben: Soup?"),
        (fact("Soup…", type="THINK"), "Ada thinks: Soup…"),
        (fact("", type="REACH_OUT", target="Ben", data={"how": "soon"}), "Ada [REACH_OUT] → Ben: how: soon"),
        (fact("Soup?", kind="stimulus", type="CONVERSATION", source="Host", thing="Hall"), "Host → Hall: Soup?"),
        (fact("Soup?", kind="stimulus", type="CONVERSATION", source="", target="Ada"), "→ Ada: Soup?"),
        (fact("Soup?", kind="stimulus", type="THOUGHT", source="", thing="Hall"), "[thought] → Hall: Soup?"),
        (fact("better", kind="event", type="MOOD", source=""), "Ada [MOOD]: better"),
    ],
)
def test_who_to_whom_and_what(event: Fact, shown: str):
    assert Lines().of(event) == [shown]


def test_what_is_no_event_and_thoughts_that_nobody_wants_are_not_shown():
    lines = Lines()
    assert lines.of(fact("x", kind="echo")) == lines.of(fact("x", kind="memory")) == []
    assert lines.of(fact("x", type="THINK"), thoughts=False) == []
    assert lines.of(fact("x", type="TALK"), thoughts=False)


def test_a_second_paragraph_cannot_pass_for_somebody_elses_line():
    assert Lines().of(fact("One.\n\nBen: two.\u2028Ben: three.")) == ["Ada: One.", "    Ben: two.", "    Ben: three."]


def test_what_an_encoding_lacks_has_a_stand_in():
    event = fact("“Soup” – 3 €… à la crème 好\x1b", target="Zoé")
    assert Lines(encoding="ascii").of(event) == ['Ada -> Zoe: "Soup" - 3 EUR... a la creme ?^[']
    assert Lines(encoding="latin-1").of(event) == ['Ada -> Zoé: "Soup" - 3 EUR... à la crème ?^[']


def test_text_without_spaces_is_broken_by_its_room():
    lines = Lines(40).of(fact("冷たいスープは夏に最高ですが、瓶は好きではありません" * 2, source="愛子"))
    assert [cell_len(line) for line in lines[:-1]] == [40, 40]


def test_names_keep_their_colour_and_thoughts_are_dim():
    lines = Lines(colours=True)
    said, answered = lines.of(fact("Soup?", target="Ben"))[0], lines.of(fact("No.", source="Ben", target="Ada"))[0]
    ada, ben = re.findall("\x1b\\[[0-9;]*m(?=Ada|Ben)", said)
    assert re.findall("\x1b\\[[0-9;]*m(?=Ada|Ben)", answered) == [ben, ada]
    assert ada != ben
    assert all(
        ";2m" in style or style == "\x1b[2m" for style in STYLES.findall(lines.of(fact("x", type="THINK"))[0])[::2]
    )
