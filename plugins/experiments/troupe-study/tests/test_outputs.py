"""What is written for people and for other programs: formulas, markup and plots."""

from __future__ import annotations

import csv
import json
from io import StringIO
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import Results, Row
from troupe_presenter import Lines
from troupe_study import Findings
from troupe_study.counting import MOST, UNKNOWN, Counted, summary, tallied
from troupe_study.outputs import findings, plots
from troupe_study.outputs.plots import wrapped
from troupe_study.outputs.text import in_cell, in_line
from troupe_study.tables import in_all
from troupe_study.words import briefly

SVG = "{http://www.w3.org/2000/svg}"


def row(of: str = "Ada", **values: Any) -> Row:
    return Row(
        values, of=of, confidence=dict.fromkeys(values, 0.5), evidence=MappingProxyType(dict.fromkeys(values, ()))
    )


def written(*rows: Row) -> list[list[str]]:
    return list(csv.reader(StringIO(findings.as_csv(rows[0], Results(rows), {}).decode("utf-8-sig"), newline="")))


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


def test_a_reason_that_many_have_in_common_is_told_once():
    spent, other = "BudgetExceeded: the budget is spent: 3 calls", "ModelTimeout: nothing came"
    failures = [f"Ada, step 2: {spent}", f"Ben: {other}", f"question 1, Ben: {spent}", "no reason", "no reason"]
    assert list(briefly(failures)) == [*failures[:2], "question 1, Ben: BudgetExceeded, as above", *failures[3:]]


def test_what_is_not_said_is_empty_in_a_table():
    assert written(row(rating=None, agrees=True))[1][1:5] == ["", "0.5", "", "yes"]


def test_markdown_shows_text_as_it_is():
    shown = findings.as_markdown(
        "A *title*", Findings("x", {"a": "text"}), Results([row(a="<b>| `x`\n# y")]), {}
    ).decode()
    assert "# A \\*title\\*" in shown
    assert "\\<b\\>\\| \\`x\\` \\# y (0.50)" in shown
    assert in_line("1. x") == "1\\. x"


TEXT = st.text(max_size=40)


@settings(max_examples=30)
@given(TEXT, TEXT, st.dictionaries(TEXT, st.dictionaries(TEXT, st.integers(0, 9), min_size=1), min_size=1))
def test_a_plot_is_well_formed_whatever_is_in_it(name: str, about: str, counts: dict[str, dict[str, int]]):
    labels = tuple(dict.fromkeys(label for each in counts.values() for label in each))
    svg = ET.fromstring(plots.plot(Counted(name, labels, counts, {}), about, "rehearsal"))
    assert svg.tag == f"{SVG}svg"
    in_legend = len([group for group in counts if group])
    assert len(svg.findall(f"{SVG}rect")) == 1 + in_legend + len(labels) * len(counts)


def bars(wanted: Any, *values: Any) -> dict[str, int]:
    results = Results([row(field=value) for value in values])
    return {
        label: number for each in tallied({"field": wanted}, results, {}) for label, number in each.counts[""].items()
    }


@pytest.mark.parametrize(
    ("wanted", "values", "counts"),
    [
        ("1..3", [1, 3, 3, None], {"1": 1, "2": 0, "3": 2, "not said": 1}),
        (["yes", "no"], ["no", "no"], {"yes": 0, "no": 2}),
        ("bool", [True, None], {"yes": 1, "no": 0, "not said": 1}),
        ("int", [4, 6], {"4": 1, "5": 0, "6": 1}),
        ("float", [2.5, 2.5], {"2.5": 2}),
        ("int", [], {}),
        ("int", [2**62, 2**62 + 1], {f"{2**62:,}": 1, f"{2**62 + 1:,}": 1}),
        ("-10..10", [-10, 10], {"-10 to -9": 1, "8 to 10": 1}),
        ("0.0..1.0", [0.0, 0.05, 1.0], {"0 to 0.1": 2, "0.9 to 1": 1}),
        ("text", ["a"], {}),
        ("list[str]", [["a"]], {}),
    ],
)
def test_bars_count_what_was_found(wanted: Any, values: list[Any], counts: dict[str, int]):
    found = bars(wanted, *values)
    many = ".." in wanted and len(found) > 5
    assert {label: number for label, number in found.items() if number or not many} == counts


NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_ranges_lose_no_value(values: list[float]):
    whole = [value for value in values if isinstance(value, int)]
    for wanted, said in (("float", values), ("int", whole), (f"{-(2**63)}..{2**63 - 1}", whole)):
        found = bars(wanted, *said)
        assert sum(found.values()) == len(said)
        assert len(found) <= MOST + 1


def test_groups_stand_side_by_side():
    results = Results([row("Ada", choice="A", n=1), row("Ben", choice="B", n=4), row("Cleo", choice="B", n=None)])
    groups = {"Ada": "commuters", "Ben": "students", "Cleo": "students"}
    wanted = {"choice": ["A", "B"], "n": "1..5"}
    choice, number = tallied(wanted, results, groups)
    assert choice.counts == {"commuters": {"A": 1, "B": 0}, "students": {"A": 0, "B": 2}}
    assert number.means == {"commuters": 1, "students": 4}
    assert number.counts["students"][UNKNOWN] == 1
    assert summary(wanted, results, groups) == [
        ["", "", "commuters", "students", "all"],
        ["choice", "A", "1 of 1", "0 of 2", "1 of 3"],
        ["choice", "B", "0 of 1", "2 of 2", "2 of 3"],
        ["n", "on average", "1", "4", "2.5"],
    ]
    assert summary(wanted, results, {"Ada": "commuters"})[1] == ["choice", "A", "1 of 1", "1 of 3"], (
        "who is in no group"
    )
    assert summary(wanted, results, {})[0:4:3] == [["", "", "all"], ["n", "on average", "2.5"]]
    assert summary(wanted, results[:1], {}) == []
    assert summary(wanted, results, {"Ada": "all"})[0] == ["", "", "all", "all together"]
    svg = plots.plot(choice, "Which?").decode()
    assert "2 of 2" in svg
    assert "commuters: n = 1" in svg
    read = list(csv.DictReader(StringIO(findings.as_csv(wanted, results, groups).decode("utf-8-sig"), newline="")))
    assert [each["group"] for each in read] == ["commuters", "students", "students"]
    assert [each["group"] for each in findings.plain(results, groups)["rows"]] == ["commuters", "students", "students"]


def test_what_is_cut_to_fit_can_still_be_told_apart():
    choices = ["I would buy it at once, and again", "I would buy it at once, and never again", "never"]
    results = [row("Ada", choice=choices[0]), row("Ben", choice=choices[1])]
    wide, narrow = ("\n".join(in_all({"choice": choices}, results, {}, Lines(width=width))) for width in (60, 40))
    assert "choice  I would buy it at once, and never again  1 of 2\n" in wide
    assert all(choice in narrow for choice in choices)
    assert "…" not in narrow
    grouped = in_all({"n": "1..5"}, [row("Ada", n=1), row("Ben", n=2)], {"Ada": f"{choices[0]}!"}, Lines(width=50))
    assert "…" in grouped[0], "what can be told apart is cut"


@given(st.text(max_size=200), st.integers(1, 5))
def test_a_label_keeps_to_its_room(text: str, most: int):
    lines = wrapped(text, 26, most)
    assert 1 <= len(lines) <= most
    assert all(len(line) <= 26 for line in lines)
    if not lines[-1].endswith("…"):
        assert "".join(lines).replace(" ", "") == "".join(text.split())


def test_fields_whose_names_are_alike_have_plots_of_their_own():
    made = tallied({"a b": "1..3", "a-b": "1..3"}, Results([row(**{"a b": 1, "a-b": 2})]), {})
    assert [name for name, _ in plots.plots(made, "x", "", set())] == ["a_b", "a_b_2"]


def test_json_reads_back():
    results = Results([row(rating=4, reason="so")])
    read = json.loads(findings.as_json("t", Findings("x", {"rating": "1..5", "reason": "text"}), results, {}))
    assert read["rows"] == results.plain()["rows"]
