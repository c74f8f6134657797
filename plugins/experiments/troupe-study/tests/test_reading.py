"""What a study's file may say, and what is said of mistakes in it: where, which key, what is wrong."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import ConfigError
from troupe_study import Study
from troupe_study.example import STUDY
from troupe_study.sources import LARGEST, JsonSource

MAIN = {
    "title": "Soup",
    "people": [{"name": "Ada", "inline": "A nurse."}],
    "stimulus": [{"say": "Soup?"}],
    "findings": {"objective": "Would they?", "fields": {"rating": "1..5"}},
}
MISTAKES: list[tuple[str, str, str]] = [
    ("title = 7", "title", "expected text, got the number 7"),
    ('title = " "', "title", "is empty"),
    ('tilte = "x"', "tilte", "Did you mean title"),
    ("[settings.notes]\nfolder = '.'", "settings.notes", "write [settings.notes] into troupe.toml"),
    ("plugins = ['./mine.py']", "plugins", "write plugins into troupe.toml"),
    ('model = "gpt-5"', "model", "backend/model"),
    ('models = { extraction = "gpt-5" }', "models.extraction", "backend/model"),
    ('seed = "7"', "seed", "expected a whole number"),
    ("seed = 9223372036854775808", "seed", "64 bits"),
    (
        "[[people]]\ninline = 'A nurse.'\nname = 'Nora'\n[[people]]\ninline = { persona = { name = 'Nora' } }",
        "people.1.inline",
        "'Nora' is called like people.0",
    ),
    ("people = []", "people", "there is none"),
    ("[[people]]\nmodel = 'a/b'", "people.0", "people come from one of"),
    ("[[people]]\nfolder = '.'\ngenerate = { context = 'x', count = 1 }", "people.0", "there are folder and generate"),
    ("[[people]]\nfiles = 'nobody/*.agent.json'", "people.0.files", "no file matches"),
    ("[[people]]\nfiles = 7", "people.0.files", "expected text or a list of text"),
    ("[[people]]\nfolder = 'nowhere'", "people.0.folder", "there is no folder 'nowhere'"),
    ("[[people]]\ncsv = 'panel.csv'", "people.0.csv", "there is no file 'panel.csv'"),
    ("[[people]]\njsonl = 'panel.jsonl'", "people.0.jsonl", "there is no file 'panel.jsonl'"),
    ("[[people]]\ninline = 'A nurse.'", "people.0", "needs a name"),
    ("[[people]]\ninline = { age = 7 }", "people.0.inline", "nobody says what this person is called"),
    ("[[people]]\ninline = 'A nurse.'\nname = ''", "people.0.name", "is empty"),
    ("[[people]]\nfolder = '.'\nname = 'Ada'", "people.0.name", "only somebody who is described inline"),
    ("[[people]]\nfolder = '.'\nname_column = 'who'", "people.0.name_column", "csv or jsonl only"),
    ("[[people]]\nfolder = '.'\nfragments = ['x.json']", "people.0.fragments", "no file matches 'x.json'"),
    ("[[people]]\nfolder = '.'\nmodel = 'x'", "people.0.model", "backend/model"),
    ("[[people]]\ngenerate = { context = 'x' }", "people.0.generate.count", "is missing"),
    ("[[people]]\ngenerate = { context = 'x', count = 0 }", "people.0.generate.count", "from 1 on, got 0"),
    ("[[people]]\ngenerate = { context = ' ', count = 1 }", "people.0.generate.context", "is empty"),
    ("[world]\nkind = 'party'", "world.kind", "expected one of 'focus_group'"),
    ("[world]\nrounds = 0", "world.rounds", "from 1 on, got 0"),
    ("[world]\nround = 1", "world.round", "Did you mean rounds"),
    ("[world]\ninitial_datetime = 'soon'", "world.initial_datetime", "expected a date"),
    ("stimulus = []", "stimulus", "there is none"),
    ("[stimulus]\nsay = 'x'", "stimulus", "write [[stimulus]], with two brackets"),
    ("[[stimulus]]\nsource = 'x'", "stimulus.0", "a stimulus is one of say, see, think; there is none"),
    ("[[stimulus]]\nsay = 'x'\nsee = 'y'", "stimulus.0", "there are say and see"),
    ("[[stimulus]]\nsay = ''", "stimulus.0.say", "is empty"),
    ("[[stimulus]]\nthink = 'x'\nsource = 'y'", "stimulus.0.source", "comes from nobody"),
    ("[[stimulus]]\nsay = 'x'\nrounds = -1", "stimulus.0.rounds", "from 0 on, got -1"),
    ("[findings]\nobjective = 'x'\nfields = {}", "findings.fields", "there is none"),
    ("[findings]\nobjective = 'x'\nfields = { a = '5..1' }", "findings.fields.a", "from a number to a higher one"),
    ("[findings]\nobjective = 'x'\nfields = { a = 'mood' }", "findings.fields.a", "cannot be of the type 'mood'"),
    ("[findings]\nobjective = ''\nfields = { a = 'int' }", "findings.objective", "is empty"),
    ("[findings]\nfields = { a = 'int' }", "findings.objective", "is missing"),
    ("[findings]\nobjective = 'x'\nfields = { a = 'int' }\nhints = { b = 'x' }", "findings.hints.b", "no such field"),
    (
        "findings = { objective = 'x', fields = { a = '1..5' } }\nstimulus = []\n[[ask]]\nquestion = 'x'",
        "findings",
        "[[ask]]",
    ),
    ("[[people]]\nfolder = '.'\ngroup = ' '", "people.0.group", "is empty"),
    ("[[people]]\nfolder = '.'\ntools = 'notes'", "people.0.tools", "a list of text"),
    ("[[stimulus]]\nsay = 'x'\nto = 'them'", "stimulus.0.to", "there is no group 'them'; write group ="),
    ("[world]\ninterviewer = 'Ada'", "world.interviewer", 'kind = "interview"'),
    ("[[ask]]\nfields = { a = 'int' }", "ask.0.question", "is missing"),
    ("[[ask]]\nquestion = ' '", "ask.0.question", "is empty"),
    ("[[ask]]\nquestion = 'x'\nfields = { a = 'mood' }", "ask.0.fields.a", "cannot be of the type 'mood'"),
    ("[[ask]]\nquestion = 'x'\nfields = { answer = 'int' }", "ask.0.fields.answer", "is there anyway"),
    ("[[ask]]\nquestion = 'x'\nhints = { b = 'x' }", "ask.0.hints.b", "no such field; there are none"),
    ("[[stimulus]]\nsay = 'x'\nimages = 'a.png'", "stimulus.0.images", "pictures go with what they see"),
    ("[[stimulus]]\nsee = 'x'\nimages = ['../a.png']", "stimulus.0.images", "'../a.png' is not in"),
    ("[[stimulus]]\nsee = 'x'\nimages = 'none.png'", "stimulus.0.images", "none.png cannot be read"),
    ("[[stimulus]]\nsee = 'x'\nimages = [3]", "stimulus.0.images", "got a list with the number 3 in it"),
    ("[[ask]]\nquestion = 'x'\nto = 'them'", "ask.0.to", "there is no group 'them'"),
    ("[[ask]]\nquestion = 'x'\nreplicates = 0", "ask.0.replicates", "from 1 on, got 0"),
    ("[[ask]]\nquestion = 'x'\nreplicates = 2\nremember = true", "ask.0.replicates", "is answered once"),
    ("[budget]\ncalls = 0", "budget.calls", "above 0"),
    ("[budget]\ncall = 5", "budget.call", "Did you mean calls"),
    ("[budget.runtime]\ncalls = 5", "budget.runtime", "of all simulations together"),
]


def study_with(mistake: str) -> tuple[str, int]:
    """A study with a mistake in it, and the line of it."""
    wrong = tomllib.loads(mistake)
    parts = {
        "title": 'title = "Soup"',
        "people": '[[people]]\nname = "Ada"\ninline = "A nurse."',
        "stimulus": '[[stimulus]]\nsay = "Soup?"',
    }
    kept = [text for key, text in parts.items() if key not in wrong]
    plain = [text for text in (*kept, mistake) if not text.startswith("[")]
    tables = [text for text in kept if text.startswith("[")] + [mistake] * mistake.startswith("[")
    text = "\n".join([*plain, *tables]) + "\n"
    return text, text[: text.index(mistake)].count("\n") + 1


@pytest.mark.parametrize(("mistake", "key", "what"), MISTAKES, ids=[f"{key}-{what}" for _, key, what in MISTAKES])
def test_a_mistake_is_told_with_file_line_and_key(write: Callable[..., Path], mistake: str, key: str, what: str):
    text, first = study_with(mistake)
    path = write("soup.toml", text)
    with pytest.raises(ConfigError) as raised:
        Study.read(path)
    told = str(raised.value).splitlines()
    assert len(told) == 1, told
    assert what in told[0]
    place, told_key, _ = told[0].split(": ", 2)
    assert told_key == key
    file, line = place.rsplit(":", 1)
    assert file == str(path)
    last_key = key.rsplit(".", 1)[-1]
    lines = text.splitlines()
    assert first <= int(line) < first + len(mistake.splitlines())
    if f"{last_key} =" in mistake and not mistake.endswith("}"):
        assert last_key in lines[int(line) - 1]


def test_a_picture_that_is_a_link_to_itself_is_a_mistake_like_others(write: Callable[..., Path]):
    path = write("soup.toml", study_with("[[stimulus]]\nsee = 'x'\nimages = 'ring.png'")[0])
    path.with_name("ring.png").symlink_to("ring.png")
    with pytest.raises(ConfigError, match=r"stimulus\.0\.images: 'ring\.png' is a link that leads round in a ring"):
        Study.read(path)


def test_all_mistakes_are_told_together(write: Callable[..., Path]):
    path = write(
        "soup.toml",
        """\
        title = 7
        [[people]]
        files = "nobody.json"
        [world]
        kind = "party"
        [[stimulus]]
        say = ""
        """,
    )
    with pytest.raises(ConfigError) as raised:
        Study.read(path)
    places = [line.split(": ")[0].rsplit(":")[-1] for line in str(raised.value).splitlines()]
    assert places == ["1", "3", "5", "7"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("soup.toml", "title = \nseed = 1", ":1: this is no TOML"),
        ("soup.toml", "title = “Soup”", 'straight quotation marks, as in "soup"'),
        ("soup.toml", 'title = "Soup', "no quotation mark at its end"),
        ("soup.toml", 'title = "a"\ntitle = "b"\n', ":2: .* this key stands there already"),
        ("soup.toml", "fields = { a = 1,\n  b = 2 }", ":1: .* in one line; .* such as .findings.fields."),
        ("soup.toml", r'files = "people\ada.json"', "written twice"),
        ("soup.json", '{\n"title": }', ":2: this is no JSON"),
        ("soup.json", "[]", "a study is an object, not a list"),
        ("soup.json", '{"title": "a", "title": "b"}', "'title' stands twice"),
        ("soup.json", '{"title": "\\ud800"}', r"soup.json:1: title: has half of a character"),
        ("soup.yaml", "title: x", "ends in .toml or .json"),
    ],
)
def test_a_file_that_is_none(write: Callable[..., Path], name: str, text: str, told: str):
    with pytest.raises(ConfigError, match=told):
        Study.read(write(name, text))
    with pytest.raises(ConfigError, match="there is no file"):
        Study.read(f"missing-{name.replace('yaml', 'toml')}")


def test_a_file_that_cannot_be_read(folder: Path):
    """Empty, too large, in another encoding, a folder, no file at all; in both languages that a study can be in."""
    for suffix in ("toml", "json"):
        path = folder / f"study.{suffix}"
        path.write_bytes(b'title = "caf\xe9"' if suffix == "toml" else b'{"title": "caf\xe9"}')
        assert ":1: this is no text in UTF-8; save it in that encoding" in refused(path)
        path.write_bytes(b"")
        assert ("title: is missing" if suffix == "toml" else "this is no JSON") in refused(path)
        path.write_bytes(b"a=" + b"[" * 20_000 if suffix == "toml" else b"[" * 200_000)
        assert "nested too deeply" in refused(path)
        with path.open("wb") as file:
            file.truncate(LARGEST + 1)
        assert "is of 4.0 MB, too large for a study" in refused(path)
        path.unlink()
        path.mkdir()
        assert "is a folder; a study is a file" in refused(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.toml")
        assert "pipe.toml is no file" in refused(folder / "pipe.toml")


@pytest.mark.parametrize("name", ["soup.toml", "soup.json"])
def test_a_mark_of_the_byte_order_is_no_mistake(study: Callable[..., Path], folder: Path, name: str):
    text = study().read_text()
    written = text if name.endswith("toml") else json.dumps(tomllib.loads(text))
    (folder / name).write_bytes(b"\xef\xbb\xbf" + written.encode())
    assert Study.read(name).title == "Soup"


VALUES = st.sampled_from(
    [
        None,
        True,
        -1,
        2**70,
        1.5,
        float("nan"),
        "",
        " ",
        "..",
        "\x00",
        [],
        {},
        [[]],
        [{}],
        ["a"],
        {"a": {"b": [1]}},
        {1: 2},
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.data(), VALUES)
def test_whatever_stands_somewhere_is_a_mistake_that_is_told_or_none(data: st.DataObject, value: Any):
    said = tomllib.loads(STUDY)
    within, where = said, data.draw(st.sampled_from(leaves(said)))
    for key in where[:-1]:
        within = within[int(key) if isinstance(within, list) else key]
    within[int(where[-1]) if isinstance(within, list) else where[-1]] = value
    with suppress(ConfigError):
        Study.of(said)


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        Study.read(path)
    assert str(path) in str(raised.value)
    return str(raised.value)


def test_json_says_the_same_as_toml(study: Callable[..., Path], write: Callable[..., Path]):
    toml = Study.read(study())
    data = tomllib.loads(study().read_text())
    other = Study.read(write("soup.json", json.dumps(data, indent=1)))
    assert attrs.evolve(other, file=toml.file) == toml
    assert Study.of(data).plain() == toml.plain()


def test_a_study_is_made_of_what_it_says(study: Callable[..., Path]):
    read = Study.read(study())
    again = Study.of(read.plain(), read.folder)
    assert again.plain() == read.plain()


def test_dates_of_toml_are_dates(study: Callable[..., Path]):
    rest = '[world]\ninitial_datetime = 2026-03-02T19:30:00\n[[stimulus]]\nsay = "x"\n'
    assert Study.read(study(rest=rest)).world.initial_datetime == "2026-03-02T19:30:00"


def test_mistakes_in_json_have_lines(write: Callable[..., Path]):
    data: dict[str, Any] = MAIN | {"people": [MAIN["people"][0], {"files": "nobody.json"}]}  # type: ignore[index]
    path = write("soup.json", json.dumps(data, indent=2))
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "nobody.json" in text)
    with pytest.raises(ConfigError, match=rf"soup.json:{line}: people.1.files: no file matches"):
        Study.read(path)


def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in ((*path, key), *leaves(inner, (*path, key)))]
    if isinstance(value, list):
        pairs = [((*path, str(place)), inner) for place, inner in enumerate(value)]
        return [each for at, inner in pairs for each in (at, *leaves(inner, at))]
    return []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5))
def test_every_key_of_a_json_file_has_its_line(data: dict[str, Any]):
    text = json.dumps(data, indent=1)
    source = JsonSource(Path("x.json"), text, data)
    lines = [int(source.place(path).rsplit(":", 1)[1]) for path in leaves(data)]
    assert lines == sorted(set(lines)) or not data
    for path, line in zip(leaves(data), lines, strict=True):
        if not path[-1].isdecimal():
            assert text.splitlines()[line - 1].lstrip().startswith(json.dumps(path[-1]))
