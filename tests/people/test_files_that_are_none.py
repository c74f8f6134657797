"""What cannot be read or written is told by the name of its file, and leaves everything as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from troupe_core import ArgumentError, People, PluginError, TinyMentalFaculty, TinyPerson, TinyPersonFactory, action
from troupe_core.people import files
from troupe_core.people.persona import Persona


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b'{"persona": {"name": "J\xf6rg"}}', "is not in UTF-8 (at byte 23)"),
        ("{}".encode("utf-16"), "is not in UTF-8"),
        (b'{"persona":\n {"name": }}', "line 2: this is no JSON"),
        (b'["Ada"]', "holds a list"),
        (b'"Ada"', "holds a str"),
        (b"{}", "it names nobody"),
        (b'{"type": "TinyPerson"}', "it names nobody"),
        (b'{"persona": {}}', "it names nobody"),
        (b'{"persona": null, "name": "Ada"}', "its persona is NoneType; an object is expected"),
        (b'{"persona": ["quiet"], "name": "Ada"}', "its persona is list"),
        (b'{"persona": {"name": 5}}', "its name is 5"),
        (b'{"persona": {"name": " "}}', "the name is empty"),
        (b'{"type": "TinyWorld", "persona": {"name": "Ada"}}', "its type is 'TinyWorld'"),
        (b'{"type": "Fragment", "persona": {"name": "Ada"}}', "a fragment, which person.import_fragment"),
        (b'{"persona": {"name": "Ada", "a": ' + b"[" * 300 + b"]" * 300 + b"}}", "nested too deeply"),
        (b'{"persona": {"name": "Ada"}, "a": ' + b"[" * 300 + b"]" * 300 + b"}", "the document cannot be written"),
        (b'{"persona": {"name": "Ada", "a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}}", "this is no JSON"),
        (
            b'{"persona": {"name": "Ada"}, "mental_state": {"goals": "' + b"x" * 200_001 + b'"}}',
            "mental_state.goals has",
        ),
    ],
)
def test_a_file_that_is_none_is_told_by_name_and_makes_nobody(simulation, tmp_path, content, said):
    path = tmp_path / "broken.agent.json"
    path.write_bytes(content)
    with pytest.raises(ArgumentError) as caught:
        TinyPerson.load_specification(path, simulation=simulation)
    assert said in str(caught.value)
    assert str(caught.value).count(path.name) == 1
    assert len(simulation) == 0


def test_a_file_that_is_not_there_or_too_large(simulation, tmp_path):
    with pytest.raises(ArgumentError, match="there is no file"):
        TinyPerson.load_specification(tmp_path / "nothing.json", simulation=simulation)
    large = tmp_path / "large.agent.json"
    with large.open("wb") as file:
        file.truncate(files.LARGEST + 1)
    with pytest.raises(ArgumentError, match="is it the right file"):
        TinyPerson.load_specification(large, simulation=simulation)


def test_a_dictionary_that_contains_itself(simulation):
    persona: dict[str, Any] = {"name": "Ada"}
    persona["friend"] = persona
    with pytest.raises(ArgumentError, match="the persona cannot be written as JSON: it contains itself"):
        TinyPerson.load_specification(persona, simulation=simulation)
    rest: dict[str, Any] = {"persona": {"name": "Ada"}}
    rest["again"] = rest
    with pytest.raises(ArgumentError, match="the document contains itself"):
        TinyPerson.load_specification(rest, simulation=simulation)
    assert len(simulation) == 0


def test_faculties_that_clash_are_told_with_the_file(make_simulation, tmp_path):
    class Shout(TinyMentalFaculty):
        """You can be loud."""

        @action
        def talk(self, turn: Any, content: str) -> None:
            """talk loudly."""

    path = tmp_path / "ada.agent.json"
    path.write_text(json.dumps({"persona": {"name": "Ada"}, "mental_faculties": ["shout"]}))
    with pytest.raises(PluginError, match=r"ada\.agent\.json: .*both have an action TALK"):
        TinyPerson.load_specification(path, simulation=make_simulation(plugins=[Shout]))


def test_what_cannot_be_written_leaves_the_old_file_as_it_was(simulation, tmp_path):
    ada = TinyPerson("Ada", simulation=simulation)
    with pytest.raises(ArgumentError, match=r"nowhere.*cannot be written: No such file"):
        ada.save_specification(tmp_path / "nowhere" / "ada.json")
    with pytest.raises(ArgumentError, match="cannot be written: it is no file"):
        ada.save_specification(tmp_path)
    path = tmp_path / "ada.json"
    ada.save_specification(path)
    before = path.read_bytes()
    deep: Any = 1
    while fits({"deep": [deep]}):  # as deep as a persona can be; a document around it is deeper
        deep = [deep]
    ada.define("deep", deep)
    with pytest.raises(ArgumentError, match=r"ada\.json cannot be written: Recursion limit"):
        ada.save_specification(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def fits(persona: Any) -> bool:
    try:
        return bool(Persona.of(persona))
    except ArgumentError:
        return False


class InBytes:
    def __fspath__(self) -> bytes:
        return b"ada.json"


USES: dict[str, Callable[[TinyPerson, Any], Any]] = {
    "load": lambda ada, path: TinyPerson.load_specification(path),
    "load several": lambda ada, path: TinyPerson.load_specifications_from_folder(path),
    "save": lambda ada, path: ada.save_specification(path),
    "save several": lambda ada, path: People([ada]).save_specifications(path),
    "fragment": lambda ada, path: ada.import_fragment(path),
    "document": lambda ada, path: ada.read_document_from_file(path),
    "documents": lambda ada, path: ada.read_documents_from_folder(path),
    "csv": lambda ada, path: People.from_csv(path),
    "jsonl": lambda ada, path: People.from_jsonl(path),
}
NOWHERE = {
    "empty": "",
    "zero": "a\0b.txt",
    "home": "~nobody-of-that-name/a.txt",
    "surrogate": "\ud800.txt",
    "long": "x" * 300 + ".txt",
    "number": 5,
    "none": None,
    "bytes": b"a.txt",
    "path in bytes": InBytes(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("path", NOWHERE.values(), ids=NOWHERE)
def test_what_is_no_path_is_told_as_such(simulation, use, path):
    with pytest.raises(ArgumentError):
        use(TinyPerson("Ada", simulation=simulation), path)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "path_or_dict must name a file or folder, not ''"),
        (None, "path_or_dict must name a file or folder, not None"),
        ("a\0b", r"path_or_dict is 'a\\x00b'; no file has a zero in its name"),
        ("~nobody-of-that-name/a", "path_or_dict is '~nobody-of-that-name/a', and nobody's home folder is known"),
        ("\ud800", "of which no file system makes a name"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_path_and_where_it_was_given(path, said):
    with pytest.raises(ArgumentError, match=said):
        TinyPerson.load_specification(path)


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_nobody_is_written_over_a_folder(simulation, tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match="cannot be written: it is no file"):
        TinyPerson("Ada", simulation=simulation).save_specification(path)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_neither_waited_for_nor_replaced(simulation, tmp_path):
    pipe = tmp_path / "ada.agent.json"
    os.mkfifo(pipe)
    ada = TinyPerson("Ada", simulation=simulation)
    for use in (
        TinyPerson.load_specification,
        ada.import_fragment,
        People.from_csv,
        People.from_jsonl,
        TinyPersonFactory.create_factory_from_demography,
        ada.save_specification,
    ):
        with pytest.raises(ArgumentError, match=r"ada\.agent\.json .*is no file"):
            use(pipe)
    assert pipe.is_fifo()
    assert [path.name for path in People([ada]).save_specifications(tmp_path)] == ["ada_2.agent.json"]


def test_a_workbook_is_called_one(simulation, tmp_path):
    table = tmp_path / "people.csv"
    table.write_bytes(b"PK\3\4\x14\0\6\0\x08\0\0\0!\0")
    for read in (People.from_csv, TinyPerson("Ada", simulation=simulation).read_document_from_file):
        with pytest.raises(ArgumentError, match=r'people\.csv is a workbook .*: save a workbook as "CSV UTF-8"'):
            read(table)


def test_a_link_in_a_ring_is_told(simulation, tmp_path):
    (tmp_path / "ada.agent.json").symlink_to(tmp_path / "ada.agent.json")
    with pytest.raises(ArgumentError, match=r"ada\.agent\.json cannot be read: .*symbolic links"):
        TinyPerson.load_specifications_from_folder(tmp_path)


def test_a_home_folder_is_found(simulation, make_simulation, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    TinyPerson("Ada", simulation=simulation).save_specification(Path("~") / "ada.json")
    assert TinyPerson.load_specification("~/ada.json", simulation=make_simulation()).name == "Ada"
