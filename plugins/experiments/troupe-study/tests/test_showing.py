"""`troupe show` and `troupe prompt`: what a run has left, read back."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from troupe_core import Runtime, Simulation, TinyPerson
from troupe_presenter import together
from troupe_study import Study
from troupe_study.results import Event

DATA = {
    "title": "Soup \x1b[2J",
    "model": "rehearsal/default",
    "people": [{"name": "Ada Moreira", "inline": "A nurse, who dislikes plastic."}, {"name": "Ben", "inline": "x"}],
    "world": {"rounds": 2},
    "stimulus": [{"say": "Cold soup,\x1b[31m 3.50?"}, {"see": "A glass bottle.", "images": "bottle.png", "rounds": 1}],
    "findings": {"objective": "Would they buy?", "fields": {"rating": "1..5", "reason": "text"}},
}


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("left") / "soup.results"
    (folder.parent / "bottle.png").write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    with Runtime() as runtime:
        Study.of(DATA, folder.parent).run(folder, runtime=runtime)
    return folder


@pytest.fixture
def copy(left: Path, folder: Path) -> Path:
    """Results that can be damaged."""
    return Path(shutil.copytree(left, folder / "soup.results"))


def test_who_is_shown_another_picture_has_not_seen_the_same():
    seen = ("Ada", b'{"images":["a"]}'), ("Ben", b'{"images":["a"]}'), ("Cleo", b'{"images":["b"]}')
    told = [Event("stimulus", "VISUAL", "", name, "A poster.", data=msgspec.Raw(data)) for name, data in seen]
    assert [[event.target for event in each] for each in together(told)] == [["Ada", "Ben"], ["Cleo"]]


def events(left: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (left / "transcript.jsonl").read_text().splitlines()]


def test_what_happened_and_what_was_found_out(troupe: Callable[..., Any], left: Path, write: Any):
    ran = troupe("show", left)
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[:2] == ["Soup ␛[2J", "2 people: Ada Moreira, Ben"]
    assert lines[2].startswith("rehearsal/default; 1 run: 8 calls, ")
    assert "no evidence" in lines[3]
    assert [line.split()[2].rstrip(",") for line in lines if line.startswith("── round")] == ["1", "2", "3"]
    assert "Moderator → Study: Cold soup,␛[31m 3.50?" in lines
    assert "[VISUAL] → Ada Moreira, Ben: A glass bottle. [picture]" in lines
    assert ran.out.count("A glass bottle.") == 1
    assert json.loads((left / "study.json").read_text())["read"].keys() == {"bottle.png"}
    assert "\x1b" not in ran.out
    assert "thinks" not in ran.out
    assert any(line.startswith("  rating: ") for line in lines)
    assert "thinks" in troupe("show", left, "--thoughts").out


def test_a_survey_in_which_nobody_acts_shows_who_answered_and_that_they_are_puppets(
    troupe: Callable[..., Any], folder: Path
):
    people = [{"name": name, "inline": "x"} for name in ("Ada", "Ben")]
    data = {"title": "Lamp", "model": "rehearsal/default", "people": people, "ask": [{"question": "A lamp?"}]}
    with Runtime() as runtime:
        Study.of(data, folder).run(folder / "lamp.results", runtime=runtime)
    lines = troupe("show", "lamp.results").out.splitlines()
    assert lines[1] == "2 people: Ada, Ben"
    assert "rehearsal: puppets said this; it is no evidence about people" in lines
    assert {"Ada", "Ben"} <= set(lines)
    assert "Ada" not in troupe("show", "lamp.results", "--person", "Ben").out.splitlines()


@pytest.mark.parametrize(
    ("options", "has"),
    [
        ([], lambda row: row["type"] != "THINK"),
        (["--thoughts"], lambda row: True),
        (
            ["--person", "ada"],
            lambda row: (
                (row["kind"] == "stimulus" and not row["target"])
                or (row["type"] != "THINK" and "Ada Moreira" in (row["source"], row["target"]))
            ),
        ),
        (["--round", "2-"], lambda row: row["type"] != "THINK" and row["round"] > 1),
        (["--round", "2", "--kind", "think"], lambda row: row["type"] == "THINK" and row["round"] == 2),
        (["--kind", "stimulus", "--kind", "TALK"], lambda row: row["type"] == "TALK" or row["kind"] == "stimulus"),
    ],
)
def test_events_are_chosen(
    troupe: Callable[..., Any], left: Path, options: list[str], has: Callable[[dict[str, Any]], bool]
):
    shown = [json.loads(line) for line in troupe("show", left, "--json", *options).out.splitlines()]
    assert shown == [row for row in events(left) if has(row)]
    assert shown


def test_findings_alone(troupe: Callable[..., Any], left: Path):
    rows = json.loads((left / "findings.json").read_text())["rows"]
    shown = troupe("show", left, "--findings", "--json", "--person", "Ben").out.splitlines()
    assert [json.loads(line) for line in shown] == [row for row in rows if row["of"] == "Ben"]
    assert "round" not in troupe("show", left, "--findings").out
    assert "rating" not in troupe("show", left, "--transcript").out


def test_what_it_cost_is_told_by_purpose_and_model_and_whole_as_data(
    troupe: Callable[..., Any], left: Path, copy: Path
):
    told = troupe("show", left, "--cost").out
    assert "turn · rehearsal/default: 6 calls, " in told
    assert "extraction · rehearsal/default: 2 calls, " in told
    assert "in all: 8 calls, " in told
    assert told.partition("what it cost")[2] in troupe("show", left).out
    assert "what it cost" not in troupe("show", left, "--person", "Ben").out
    rows = [json.loads(line) for line in troupe("show", left, "--cost", "--json").out.splitlines()]
    assert {(row["person"], row["purpose"], row["calls"]) for row in rows} == {
        (name, purpose, calls) for name in ("Ada Moreira", "Ben") for purpose, calls in (("turn", 3), ("extraction", 1))
    }
    (copy / "journal.db").write_bytes(b"no journal" * 100)
    assert "what it cost cannot be read: " in troupe("show", copy).out
    (copy / "journal.db").unlink()
    assert "there is no journal that could tell" in troupe("show", copy, "--cost").out


def test_a_picture_fetches_nothing(troupe: Callable[..., Any], left: Path, folder: Path):
    assert troupe("show", left, "--round", "1", "--svg", "soup.svg").code == 0
    picture = (folder / "soup.svg").read_text()
    text = "".join(ET.fromstring(picture).itertext()).replace("\xa0", " ")
    assert "Cold soup" in text
    assert "url(" not in picture.replace("url(#", "")
    assert "href" not in picture


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "nowhere"], "there is no folder nowhere; here is chat.results, soup.results"),
        (["show", "empty"], "no study has left its results there"),
        (["show", "soup.results", "--person", "Bem"], "did you mean Ben?"),
        (["show", "soup.results", "--person", "Zoe"], "there are Ada Moreira, Ben"),
        (["show", "soup.results", "--round", "9"], "there are the rounds 1 to 3"),
        (["show", "soup.results", "--round", "two"], "write a number"),
        (["show", "soup.results", "--round", "3-2"], "write 2-3"),
        (["show", "soup.results", "--round", "9" * 5000], "write a number"),
        (["show", "chat.db"], "is no study and no folder of results"),
        (["show", "soup.results", "--svg", "chat.db"], "is no picture: it was left as it is"),
        (["prompt", "chat.json", "Ben"], "nobody in chat.json is called 'Ben'; there are Ada"),
        (["prompt", "study.json", "Ben"], "there is no folder"),
        (["show", "soup.results", "--kind", "SHOUT"], "no event is of that kind; there are "),
        (["prompt", "soup.results", "Zoe"], "nobody in soup.results is called 'Zoe'; there are Ada Moreira, Ben"),
        (["prompt", "soup.results", "Ben", "--at", "9"], "has had 3 turns, counted from 0; there is no turn 9"),
        (["prompt", "empty", "Ben"], "empty has no journal.db"),
        (["show", "soup.results", "--svg", "nowhere/x.svg"], "nowhere/x.svg cannot be written: No such file"),
        (["init", "nowhere/soup.toml"], "nowhere/soup.toml cannot be written: No such file"),
    ],
)
def test_what_is_not_there_is_told(troupe: Callable[..., Any], copy: Path, arguments: list[str], told: str):
    (copy.parent / "empty").mkdir()
    (copy.parent / "chat.db").write_text("anything")
    (copy.parent / "chat.results").mkdir()
    (copy.parent / "study.json").write_text('{"title": "Lamp"}')
    with Simulation("chat.json", model="rehearsal/default"):
        TinyPerson("Ada")
    ran = troupe(*arguments)
    assert (ran.code, ran.out) == (3, "")
    assert told in ran.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("findings.json", {"rows": 5}),
        ("findings.json", {"rows": [{"of": "Ben", "values": [1]}]}),
        ("findings.json", {"rows": [], "fields": [["a"]]}),
        ("answers.json", {"questions": [{"rows": []}]}),
        ("study.json", {"study": [], "asked": 3}),
    ],
)
def test_files_that_say_something_else_are_left_out(
    troupe: Callable[..., Any], copy: Path, name: str, content: dict[str, Any]
):
    (copy / name).write_text(json.dumps(content))
    ran = troupe("show", copy)
    assert ran.code == 0, ran.err
    assert f"{name} cannot be read" in ran.out
    assert "Moderator → Study: Cold soup" in ran.out


def test_nothing_that_is_printed_as_json_gives_orders_to_a_terminal(troupe: Callable[..., Any], copy: Path):
    text = "so \x9b31m and \u202e"
    lines = [json.loads(line) | {"content": text} for line in (copy / "transcript.jsonl").read_text().splitlines()]
    (copy / "transcript.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    out = troupe("show", copy, "--json").out
    assert "\x9b" not in out
    assert "\u202e" not in out
    assert {json.loads(line)["content"] for line in out.splitlines()} == {text}


def test_a_newer_versions_journal_is_no_damaged_one(troupe: Callable[..., Any], copy: Path):
    with closing(sqlite3.connect(copy / "journal.db")) as connection:
        connection.execute("pragma user_version=99")
    ran = troupe("prompt", copy, "Ben")
    assert ran.code == 3
    assert "has format 99, and this version of Troupe reads format 1; use the version that wrote it" in ran.err
    assert troupe("show", copy).code == 0


def test_damaged_results_are_shown_as_far_as_they_can_be_read(troupe: Callable[..., Any], copy: Path):
    whole = (copy / "transcript.jsonl").read_bytes()
    (copy / "transcript.jsonl").write_bytes(whole[: len(whole) // 2] + b"\n\xff\xfe\n{}\n")
    (copy / "findings.json").write_bytes(b"{")
    (copy / "study.json").unlink()
    (copy / "runs.jsonl").write_bytes(b"[]\n?\n")
    ran = troupe("show", copy)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("soup.results\n2 people")
    assert "transcript.jsonl has lines that cannot be read" in ran.out
    assert "runs.jsonl has lines that cannot be read" in ran.out
    assert "findings.json cannot be read" in ran.out
    assert troupe("show", copy, "--json").code == 0


def test_what_is_unfinished_says_so(troupe: Callable[..., Any], copy: Path):
    (copy / "unfinished").mkdir()
    shutil.copy(copy / "transcript.jsonl", copy / "unfinished")
    assert "a later run is not done" in troupe("show", copy).out
    (copy / "transcript.jsonl").unlink()
    assert "no run is done" in troupe("show", copy).out
    (copy / "unfinished" / "transcript.jsonl").write_bytes(b"")
    assert "nothing has happened" in troupe("show", copy).out


def test_a_prompt_is_what_was_sent(troupe: Callable[..., Any], left: Path):
    ran = troupe("prompt", left, "ada", "--at", "0", "--json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    (request,) = document["requests"]
    assert (document["person"], document["turn"], request["request"]) == ("Ada Moreira", 0, "turn, rehearsal/default")
    system, user = request["messages"]
    assert [system["role"], user["role"]] == ["system", "user"]
    parts = {part["origin"]: part["text"] for part in request["parts"]}
    assert user["content"].startswith(parts["what is new"] + "\n\n" + parts["present state"])
    assert system["content"].endswith(parts["persona"])
    assert "TALK" in request["answer"]
    shown = troupe("prompt", left, "Ada Moreira", "--at", "0").out
    assert "── what is new ──" in shown
    assert "Cold soup,␛[31m 3.50?" in shown
    assert "\x1b" not in shown


def test_the_next_prompt_follows_the_last_turn(troupe: Callable[..., Any], left: Path):
    before = {each.name: each.read_bytes() for each in left.glob("[!j]*.*")} | {"": (left / "journal.db").read_bytes()}
    last, following = (
        json.loads(troupe("prompt", left / "journal.db", "Ben", "--json", *o).out) for o in ([], ["--next"])
    )
    assert (last["turn"], following["turn"]) == (2, 3)
    assert following["requests"][0]["answer"] is None
    (seen,) = last["requests"][0]["messages"][-1]["images"]
    assert seen in following["requests"][0]["parts"][-1]["text"], "it stays in view"
    assert len(following["requests"][0]["messages"]) > len(last["requests"][0]["messages"])
    assert troupe("prompt", left, "Ben", "--next", "--at", "1").code == 2
    after = {each.name: each.read_bytes() for each in left.glob("[!j]*.*")} | {"": (left / "journal.db").read_bytes()}
    assert after == before
