"""What is written for people and for other programs: formulas, markup and plots."""

from __future__ import annotations

import csv
import json
from io import StringIO
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import Results, Row
from troupe_study import Findings
from troupe_study.outputs import findings, plots
from troupe_study.outputs.text import in_cell, in_line

SVG = "{http://www.w3.org/2000/svg}"


def row(of: str = "Ada", **values: Any) -> Row:
    return Row(
        values, of=of, confidence=dict.fromkeys(values, 0.5), evidence=MappingProxyType(dict.fromkeys(values, ()))
    )


def written(*rows: Row) -> list[list[str]]:
    return list(csv.reader(StringIO(findings.as_csv(Results(rows)).decode(), newline="")))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d"])
def test_no_cell_is_a_formula(begin: str):
    text = f"{begin}HYPERLINK(1)"
    header, cells = written(row(text, **{text: text, "n": -3, "many": [text, "x"]}))
    assert header[1] == cells[0] == cells[1] == f"'{text}"
    assert cells[header.index("n")] == "-3"
    assert cells[header.index("many")].startswith("'")


@given(st.text(max_size=30))
def test_text_comes_back_from_a_table(text: str):
    _, cells = written(row(reason=text))
    assert cells[1] == in_cell(text.encode("utf-8", "replace").decode())
    assert cells[1].removeprefix("'") == text.encode("utf-8", "replace").decode().removeprefix("'")


def test_what_is_not_said_is_empty_in_a_table():
    assert written(row(rating=None, agrees=True))[1][1:5] == ["", "0.5", "", "yes"]


def test_markdown_shows_text_as_it_is():
    shown = findings.as_markdown("A *title*", Findings("x", {"a": "text"}), Results([row(a="<b>| `x`\n# y")])).decode()
    assert "# A \\*title\\*" in shown
    assert "\\<b\\>\\| \\`x\\` \\# y (0.50)" in shown
    assert in_line("1. x") == "1\\. x"


@given(st.text(min_size=1, max_size=40), st.text(max_size=40), st.dictionaries(st.text(max_size=20), st.integers(0, 9)))
def test_a_plot_is_well_formed_whatever_is_in_it(name: str, about: str, counts: dict[str, int]):
    svg = ET.fromstring(plots.plot(name, about, counts, "rehearsal"))
    assert svg.tag == f"{SVG}svg"
    assert len(svg.findall(f"{SVG}rect")) == 1 + len(counts)


def bars(wanted: Any, *values: Any) -> dict[str, int]:
    results = Results([row(field=value) for value in values])
    made = dict(plots.plots(Findings("x", {"field": wanted}), results))
    if not made:
        return {}
    texts = [text.text or "" for text in ET.fromstring(made["field"]).findall(f"{SVG}text")][2:]
    return {label: int(number) for label, number in zip(texts[::2], texts[1::2], strict=True)}


@pytest.mark.parametrize(
    ("wanted", "values", "counts"),
    [
        ("1..3", [1, 3, 3, None], {"1": 1, "2": 0, "3": 2, "not said": 1}),
        (["yes", "no"], ["no", "no"], {"yes": 0, "no": 2}),
        ("bool", [True, None], {"yes": 1, "no": 0, "not said": 1}),
        ("int", [4, 6], {"4": 1, "5": 0, "6": 1}),
        ("float", [2.5, 2.5], {"2.5": 2}),
        ("int", [], {}),
        ("text", ["a"], {}),
        ("list[str]", [["a"]], {}),
    ],
)
def test_bars_count_what_was_found(wanted: Any, values: list[Any], counts: dict[str, int]):
    assert bars(wanted, *values) == counts


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=50), st.sampled_from(["0..1000", "0.0..1000.0", "int", "float"])
)
def test_ranges_lose_no_value(values: list[int], wanted: str):
    assert sum(bars(wanted, *values).values()) == len(values)


def test_fields_whose_names_are_alike_have_plots_of_their_own():
    results = Results([row(**{"a b": 1, "a-b": 2})])
    assert [name for name, _ in plots.plots(Findings("x", {"a b": "1..3", "a-b": "1..3"}), results)] == ["a_b", "a_b_2"]


def test_json_reads_back():
    results = Results([row(rating=4, reason="so")])
    read = json.loads(findings.as_json("t", Findings("x", {"rating": "1..5", "reason": "text"}), results))
    assert read["rows"] == results.plain()["rows"]
