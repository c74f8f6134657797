"""Whole folders of people: read in order, as a whole or not at all, and written under names that differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, People, TinyMentalFaculty, TinyPerson
from troupe_core.people import files
from troupe_core.people.files import file_name


def a_file(folder: Path, name: str) -> Path:
    path = folder / f"{file_name(name)}.agent.json"
    path.write_text(json.dumps({"type": "TinyPerson", "persona": {"name": name}}))
    return path


def test_a_folder_is_read_in_order_of_its_files(simulation, tmp_path):
    for name in ("Cleo", "ada", "Ben", "Łukasz", "家"):
        a_file(tmp_path, name)
    (tmp_path / "._ada.agent.json").write_bytes(b"\0\5\x16\7")  # as some systems leave beside a file
    (tmp_path / "README.md").write_text("People.")
    (tmp_path / "dan.person.json").write_text('{"name": "Dan"}')
    people = TinyPerson.load_specifications_from_folder(tmp_path, simulation=simulation)
    assert isinstance(people, People)
    assert people.names == ["ada", "Ben", "Cleo", "Łukasz", "家"]
    assert TinyPerson.load_specifications_from_folder(tmp_path, ".person.json", simulation=simulation).names == ["Dan"]
    again = TinyPerson.load_specifications_from_folder(tmp_path, auto_rename_agent=True, simulation=simulation)
    assert again.names == ["ada 2", "Ben 2", "Cleo 2", "Łukasz 2", "家 2"]


def test_a_folder_is_loaded_as_a_whole_or_not_at_all_and_every_bad_file_is_named(simulation, tmp_path):
    for name in ("Ada", "Ben", "Dan"):
        a_file(tmp_path, name)
    (tmp_path / "cleo.agent.json").write_text("{")
    a_file(tmp_path / ".", "Ada").rename(tmp_path / "zoe.agent.json")
    a_file(tmp_path, "Ada")
    (tmp_path / "empty.agent.json").write_text("")
    with pytest.raises(ArgumentError) as caught:
        TinyPerson.load_specifications_from_folder(tmp_path, simulation=simulation)
    first, *lines = str(caught.value).splitlines()
    assert first == "3 of 6 cannot be used, so that nobody was made:"
    assert [name in line for name, line in zip(("cleo", "empty", "zoe"), lines, strict=False)] == [True] * 3
    assert "line 1: this is no JSON" in lines[0]
    assert "'Ada' exists already" in lines[2]
    assert len(simulation) == 0
    TinyPerson("Ada", simulation=simulation)


def test_a_folder_that_is_none_or_has_nobody_in_it(simulation, tmp_path):
    path = a_file(tmp_path, "Ada")
    for folder, said in ((tmp_path / "nowhere", "there is no folder"), (path, "is no folder")):
        with pytest.raises(ArgumentError, match=said):
            TinyPerson.load_specifications_from_folder(folder, simulation=simulation)
    with pytest.raises(ArgumentError, match=r"no file in .* ends in '\.person'; file_suffix=… looks for others"):
        TinyPerson.load_specifications_from_folder(tmp_path, ".person", simulation=simulation)


def test_links_that_lead_out_of_a_folder_are_refused_and_others_followed(simulation, tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    ada = a_file(folder, "Ada").rename(folder / "ada.person")
    (folder / "ada.agent.json").symlink_to(ada)
    assert TinyPerson.load_specifications_from_folder(folder, simulation=simulation).names == ["Ada"]
    (folder / "eve.agent.json").symlink_to(a_file(tmp_path, "Eve"))
    with pytest.raises(ArgumentError, match=r"eve\.agent\.json is a link that leads out of .*people; put a copy there"):
        TinyPerson.load_specifications_from_folder(folder, auto_rename_agent=True, simulation=simulation)
    assert len(simulation) == 1


def test_several_are_saved_under_names_that_differ(simulation, make_simulation, tmp_path):
    called = [
        "Phạm Thị Lụa",
        "pham thi lua",
        "ციალა ბერიძე",
        "हिन्दी",
        "../../etc/passwd",
        "???",
        "!!!",
        "x" * 200,
        "家" * 80,
    ]
    people = People([TinyPerson(name, simulation=simulation) for name in called])
    paths = people.save_specifications(tmp_path / "a" / "folder", include_mental_faculties=False)
    assert [path.name.removesuffix(".agent.json") for path in paths] == [
        "pham_thi_lua",
        "pham_thi_lua_2",
        "ციალა_ბერიძე",
        "हिन्दी",
        "etc_passwd",
        "_",
        "__2",
        "x" * 100,
        "家" * 33,
    ]
    assert {path.parent for path in paths} == {tmp_path / "a" / "folder"}
    again = TinyPerson.load_specifications_from_folder(tmp_path / "a" / "folder", simulation=make_simulation())
    assert sorted(again.names) == sorted(called)
    with pytest.raises(ArgumentError, match="there can be no folder"):
        people.save_specifications(paths[0])


def test_options_are_for_everybody_and_known(simulation, tmp_path):
    class Mood(TinyMentalFaculty):
        """You have moods."""

    for name in ("Ada", "Ben"):
        a_file(tmp_path, name)
    for wrong, said in (
        (
            {"colour": "red"},
            "'colour' cannot be given here; there are mental_faculties, tools, memory, model, simulation",
        ),
        ({"mental_faculties": "mood"}, r"mental_faculties is a list; write \['mood'\]"),
        ({"tools": 5}, "tools is a list"),
    ):
        with pytest.raises(ArgumentError, match=said):
            TinyPerson.load_specifications_from_folder(tmp_path, **wrong)
    people = TinyPerson.load_specifications_from_folder(tmp_path, mental_faculties=iter([Mood]))
    assert [person.state.faculties for person in people] == [("conversation", "mood")] * 2


@given(st.text(min_size=1, max_size=9))
def test_the_name_of_a_file_is_safe_whatever_somebody_is_called(name):
    made = file_name(name)
    assert made
    assert not set(made) & set('/\\:*?"<>|. \0\n')
    assert len(made.encode()) <= files.LONGEST_NAME
    assert file_name(made) == made
