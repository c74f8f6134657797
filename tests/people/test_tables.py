"""People as rows of a table: what is in which cell, what is a number, and which line is to blame."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import ArgumentError, People, Simulation, TinyMentalFaculty


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def personas(people: People) -> list[dict[str, Any]]:
    return [person.state.persona.data() for person in people]


def test_a_table_becomes_people(simulation, table):
    table.write_bytes(
        "\ufeff"
        "name,age,occupation.title,occupation.years,likes[],phone,note\n"
        "Ana Costa,34,nurse,8,tea; rain ;,0049,\n"
        '"Silva, Ben",41,"repairs ""old"" phones",2.5,,0351,"two\nlines"\n'
        "\n"
        "家,,cook,,雨,00,ok\n".encode()
    )
    people = People.from_csv(table)
    assert personas(people) == [
        {
            "name": "Ana Costa",
            "age": 34,
            "occupation": {"title": "nurse", "years": 8},
            "likes": ["tea", "rain"],
            "phone": "0049",
        },
        {
            "name": "Silva, Ben",
            "age": 41,
            "occupation": {"title": 'repairs "old" phones', "years": 2.5},
            "phone": "0351",
            "note": "two\nlines",
        },
        {"name": "家", "occupation": {"title": "cook"}, "likes": ["雨"], "phone": "00", "note": "ok"},
    ]
    assert all(person.simulation is simulation for person in people)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-20", "0"], [1, -20, 0]),
        (["1.5", "2", "-3e2"], [1.5, 2, -300.0]),
        (["1", "", "3"], [1, None, 3]),
        (["007", "8", "9"], ["007", "8", "9"]),
        (["1", "2", "about 3"], ["1", "2", "about 3"]),
        (["1,5", "2", "3"], ["1,5", "2", "3"]),
        (["9" * 30, "2", "3"], ["9" * 30, "2", "3"]),
        (["1e999", "2", "3"], ["1e999", "2", "3"]),
        (["nan", "2", "3"], ["nan", "2", "3"]),
        (["+49", "2", "3"], ["+49", "2", "3"]),
        (["٣", "2", "3"], ["٣", "2", "3"]),
    ],
)
def test_what_is_a_number_is_decided_by_the_whole_column(simulation, table, cells, values):
    table.write_text("\n".join(["name;value", *(f'P{number};"{cell}"' for number, cell in enumerate(cells))]))
    found = [person.get("value") for person in People.from_csv(table)]
    assert found == values
    assert list(map(type, found)) == list(map(type, values))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_stands_between_cells_is_found_out(simulation, table, delimiter):
    rows = [["name", "says", "likes[]"], ["Ada", "one, two; three | four\tfive", "tea; rain"]]
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    (ada,) = People.from_csv(table)
    assert (ada["says"], ada["likes"]) == ("one, two; three | four\tfive", ("tea", "rain"))


def test_what_stands_between_cells_can_be_said(simulation, table):
    table.write_text("name^age, roughly\nAda^71\n")
    assert personas(People.from_csv(table, delimiter="^")) == [{"name": "Ada", "age, roughly": 71}]
    with pytest.raises(ArgumentError, match="delimiter is one character, not '::'"):
        People.from_csv(table, delimiter="::")


def test_another_column_can_name_people_and_options_are_those_of_a_person(simulation, table):
    class Mood(TinyMentalFaculty):
        """You have moods."""

    table.write_text("id,who\n1,Ada\n2,Ada\n")
    with pytest.raises(ArgumentError, match="has no column 'name', which would name people; its columns are 'id', 'w"):
        People.from_csv(table)
    with pytest.raises(ArgumentError, match=r"people\.csv, line 3: 'Ada' exists already.*\n.*auto_rename_agent"):
        People.from_csv(table, name_column="who")
    people = People.from_csv(table, name_column="who", auto_rename_agent=True, mental_faculties=[Mood], model="a/b")
    assert personas(people) == [{"name": "Ada", "id": 1}, {"name": "Ada 2", "id": 2}]
    assert {(person.state.faculties, person.state.model) for person in people} == {(("conversation", "mood"), "a/b")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (",,,\n", "is empty: nothing stands in its cells"),
        ("name,age\n\n,\n", "has nobody in it: there is no row beneath the one that names the columns"),
        ("name," + "x" * 200_000, "this is no row of CSV: field larger"),
        ("name,age,age\nAda,1,2", "the columns 'age' and 'age' are about the same"),
        ("name,job,job.title\nAda,1,2", r"the columns 'job' and 'job\.title' are about the same"),
        ("name,likes,likes[]\nAda,1,2", r"the columns 'likes' and 'likes\[\]' are about the same"),
        ("name,job..title\nAda,1", r"the column 'job\.\.title' is no dotted key"),
        ("name,[]\nAda,1", r"the column '\[\]' is no dotted key"),
        ("name,age\nAda,1\nBen,2,3", r"line 3: there are 3 cells, and 2 columns"),
        ("name,age\nAda", r"line 2: there are 1 cells, and 2 columns"),
        ("name,\nAda,1", r"line 2: '1' stands in column 2, which has no name"),
        ("name,age\n,1", r"line 2: it names nobody"),
        ('name,age\n"Ada",1\n"Ben,2\n', r"line 3: this is no row of CSV: unexpected end of data"),
        ('name,age\n"A"da,1\n', r"line 2: this is no row of CSV"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_place(simulation, table, content, said):
    table.write_text(content)
    with pytest.raises(ArgumentError, match=said) as caught:
        People.from_csv(table)
    assert "people.csv" in str(caught.value)
    assert len(simulation) == 0


def test_all_lines_that_are_to_blame_are_named_and_nobody_is_made(simulation, table):
    table.write_text('name,age\nAda,1\n"two\nlines",5\nAda,2\n,3\n')
    with pytest.raises(ArgumentError) as caught:
        People.from_csv(table)
    assert [line.partition(":")[0].rpartition(" ")[2] for line in str(caught.value).splitlines()[1:3]] == ["5", "6"]
    assert len(simulation) == 0


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


def test_whatever_text_is_written_into_cells_comes_back(make_runtime, table):
    runtime = make_runtime()

    @settings(max_examples=50)
    @given(st.lists(st.tuples(cells, cells), min_size=1, max_size=4), st.sampled_from(",;\t|"))
    def holds(rows: list[tuple[str, str]], delimiter: str) -> None:
        file = io.StringIO(newline="")
        lines = [["name", "one", "two"], *([f"P{number}", *row] for number, row in enumerate(rows))]
        csv.writer(file, delimiter=delimiter).writerows(lines)
        table.write_bytes(file.getvalue().encode())
        with Simulation(runtime=runtime) as simulation:
            people = People.from_csv(table, simulation=simulation)
            read = [(str(person.get("one") or ""), str(person.get("two") or "")) for person in people]
            texts = [(one.strip(), two.strip()) for one, two in rows]
            for now, then in zip(read, texts, strict=True):
                assert all(map(same, now, then))

    holds()


def same(now: str, then: str) -> bool:
    """As a text, or as the same number."""
    return now == then or float(now or 0) == float(then)


# -- JSON Lines -------------------------------------------------------------------------------------------------------


def test_lines_of_json_become_people(simulation, tmp_path):
    path = tmp_path / "people.jsonl"
    rows = [
        {"age": 34, "name": "Ana", "job": {"title": "nurse"}},
        {"type": "TinyPerson", "persona": {"name": "Ben"}, "mental_state": {"location": "Lisbon"}, "source": 5},
    ]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n\n".join(map(json.dumps, rows)).encode())
    people = People.from_jsonl(path)
    assert personas(people) == [{"name": "Ana", "age": 34, "job": {"title": "nurse"}}, {"name": "Ben"}]
    assert (people["Ben"].place, dict(people["Ben"].state.extras)) == ("Lisbon", {"source": 5})
    path.write_text('{"who": "Cleo", "age": 5}')
    assert personas(People.from_jsonl(path, name_column="who")) == [{"name": "Cleo", "age": 5}]


def test_what_is_wrong_with_a_line_is_told_with_its_number(simulation, tmp_path):
    path = tmp_path / "people.jsonl"
    path.write_text('{"name": "Ana"}\n{"name": \n\n["Ben"]\n{"age": 5}\n')
    with pytest.raises(ArgumentError) as caught:
        People.from_jsonl(path)
    told = str(caught.value).splitlines()
    assert told[0] == "3 of 4 cannot be used, so that nobody was made:"
    for number, said, line in zip((2, 4, 5), ("no JSON", "is a list", "names nobody"), told[1:], strict=True):
        assert f"people.jsonl, line {number}: " in line
        assert said in line
    assert len(simulation) == 0
