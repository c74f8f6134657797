"""Studies that are run: who comes, what is left in the folder, and what a second run does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from troupe_core import ArgumentError, BudgetExceeded, ConfigError, Runtime, TroupeError
from troupe_core.errors import RunStopped
from troupe_study import Study
from troupe_testing import ScriptedModel, talk, turn

ASK = '[[stimulus]]\nsay = "Soup?"\n'
CAROL = '{"type": "TinyPerson", "persona": {"name": "Carol", "age": 40}}'
DAN = '{"persona": {"name": "Dan", "dislikes": ["noise"]}}'
PICKY = '{"type": "Fragment", "persona": {"dislikes": ["coriander"]}}'

SOURCES = {
    "files": ('[[people]]\nfiles = "people/*.agent.json"\n', ["Carol", "Dan"]),
    "several patterns": ('[[people]]\nfiles = ["people/d*.json", "people/*.json"]\n', ["Dan", "Carol"]),
    "folder": ('[[people]]\nfolder = "people"\n', ["Carol", "Dan"]),
    "csv": ('[[people]]\ncsv = "panel.csv"\nname_column = "who"\n', ["Eve", "Finn"]),
    "jsonl": ('[[people]]\njsonl = "panel.jsonl"\n', ["Gil"]),
    "a sentence": ('[[people]]\nname = "Ada"\ninline = "A nurse."\n', ["Ada"]),
    "a persona": ('[[people]]\nname = "Ada"\ninline = { age = 71 }\n', ["Ada"]),
    "several groups": ('[[people]]\ncsv = "panel.csv"\nname_column = "who"\n[[people]]\nfolder = "people"\n',
                       ["Eve", "Finn", "Carol", "Dan"]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def cast(write: Callable[..., Path]) -> None:
    write("people/carol.agent.json", CAROL)
    write("people/dan.agent.json", DAN)
    write("picky.fragment.json", PICKY)
    write("panel.csv", "who,age\nEve,34\nFinn,50\n")
    write("panel.jsonl", '{"name": "Gil", "age": 20}\n')


@pytest.fixture
def counted() -> Iterator[Callable[[], tuple[Runtime, list[str]]]]:
    """A runtime whose people speak from a script, and the purposes for which it is asked."""
    runtimes: list[Runtime] = []

    def make() -> tuple[Runtime, list[str]]:
        asked: list[str] = []

        def script(request: Any, call: Any) -> Any:
            asked.append(call.purpose)
            return turn(talk(f"{call.person} has thought about it, {len(request.messages)}."))

        runtimes.append(Runtime([ScriptedModel(script)], model="scripted/any"))
        return runtimes[-1], asked

    yield make
    for runtime in runtimes:
        runtime.close()


SCRIPTED = 'title = "Soup"\n'


@pytest.mark.parametrize("source", SOURCES)
def test_people_come_from_every_source(study: Callable[..., Path], counted: Any, source: str):
    people, names = SOURCES[source]
    runtime, _ = counted()
    outcome = Study.read(study(people, ASK, SCRIPTED)).run(runtime=runtime)
    assert outcome.people.names == names
    assert [json.loads(line)["source"] for line in lines(outcome.folder / "transcript.jsonl")] == ["Moderator", *names]


def test_people_are_cast(study: Callable[..., Path], runtime: Runtime):
    people = '[[people]]\ngenerate = { context = "Passengers of a ferry.", count = 3 }\n'
    outcome = Study.read(study(people, ASK)).run(runtime=runtime)
    assert len(outcome.people) == 3
    assert outcome.mark == "rehearsal"


def test_fragments_are_laid_over_everybody_of_their_group(study: Callable[..., Path], counted: Any):
    people = '[[people]]\nfolder = "people"\nfragments = "picky*.json"\n[[people]]\nname = "Ada"\ninline = "A nurse."\n'
    outcome = Study.read(study(people, ASK, SCRIPTED)).run(runtime=counted()[0])
    assert [person["dislikes"] for person in outcome.people] == [("coriander",), ("noise", "coriander"), None]


def test_what_is_wrong_with_people_is_told_with_the_group(study: Callable[..., Path], write: Any, counted: Any):
    write("people/zoe.agent.json", "{")
    write("people/yan.agent.json", '{"persona": {"age": 7}}')
    people = (
        '[[people]]\nfiles = "people/*"\n[[people]]\nname = "Ada"\ninline = "x"\nmental_faculties = ["levitation"]\n'
    )
    runtime, asked = counted()
    with pytest.raises(ConfigError) as raised:
        Study.read(study(people, ASK, SCRIPTED)).run(runtime=runtime)
    told = str(raised.value)
    assert all(
        word in told for word in ("soup.toml:3: people.0.files", "zoe", "yan", "soup.toml:6: people.1", "levitation")
    )
    assert asked == []
    assert not hasattr(raised.value, "__notes__")


@pytest.mark.parametrize(
    ("kind", "hears"), [("focus_group", True), ("chat", True), ("survey", False), ("interview", False)]
)
def test_every_kind_of_world(study: Callable[..., Path], counted: Any, kind: str, hears: bool):
    runtime, asked = counted()
    rest = (
        f'[world]\nkind = "{kind}"\n'
        + ASK
        + '[[stimulus]]\nsee = "A bottle."\nrounds = 2\n[[stimulus]]\nthink = "Hm."\n'
    )
    outcome = Study.read(study(rest=rest, head=SCRIPTED)).run(runtime=runtime)
    assert len(asked) == 2 * 4
    assert outcome.failures == ()
    shown = (outcome.folder / "transcript.md").read_text()
    assert shown.count("A bottle.") == 1
    assert "· Ada, Ben \\[VISUAL\\]**" in shown
    heard = [str(fact) for fact in outcome.people["Ben"].memories()]
    assert any("Ada has thought" in each for each in heard) is hears


def test_a_study_from_data_needs_no_file(counted: Any, folder: Path):
    data = {
        "title": "Soup",
        "people": [{"name": "Ada", "inline": {"persona": {"age": 71}}}, {"files": "people/d*"}],
        "stimulus": [{"say": "Soup?", "source": "Carol"}],
    }
    told: list[str] = []
    outcome = Study.of(data, folder).run(folder / "out", runtime=counted()[0], tell=told.append)
    assert outcome.people.names == ["Ada", "Dan"]
    assert told[0] == "2 people: Ada, Dan"
    assert told[1].startswith("round 1 of 1: 2 calls, ")
    assert "repeats" not in (folder / "out/README.md").read_text()
    assert str(outcome.transcript.lines[0].text) == "Carol: Soup?"


# -- the folder -------------------------------------------------------------------------------------------------------


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def content(folder: Path) -> dict[str, bytes]:
    names = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(("journal", "runs"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in names}


def test_a_second_run_is_free_and_changes_nothing(study: Callable[..., Path], runtime: Runtime):
    read = Study.read(study())
    first = read.run(runtime=runtime)
    before = content(first.folder)
    second = read.run(runtime=runtime)
    assert (first.spent.calls, second.spent.calls) == (2 * 2 + 2, 0)
    assert second.moved == ()
    assert content(second.folder) == before
    assert {"transcript.md", "transcript.jsonl", "findings.csv", "plots/rating.svg", "README.md"} <= {*before}
    assert [json.loads(line)["calls"] for line in lines(first.folder / "runs.jsonl")] == [6, 0]
    assert all(b"no evidence" in before[name] for name in ("README.md", "transcript.md", "findings.md"))
    assert all(b"rehearsal" in before[name] for name in ("findings.csv", "findings.json", "transcript.jsonl"))
    assert b"no evidence" in before["plots/rating.svg"]


def test_what_has_changed_is_kept_and_only_the_change_is_paid_for(study: Callable[..., Path], counted: Any):
    first = Study.read(study(rest=ASK, head=SCRIPTED)).run(runtime=counted()[0])
    before = content(first.folder)
    runtime, asked = counted()
    second = Study.read(study(rest=ASK + '[[stimulus]]\nsay = "In glass?"\n', head=SCRIPTED)).run(runtime=runtime)
    assert len(asked) == 2
    assert set(second.moved) == {f"earlier/1/{name}" for name in ("transcript.md", "transcript.jsonl", "study.json")}
    after = content(second.folder)
    assert all(after[name] == before[name.removeprefix("earlier/1/")] for name in second.moved)


def test_what_is_not_found_out_any_more_is_moved(study: Callable[..., Path], runtime: Runtime, write: Any):
    folder = Study.read(study()).run(runtime=runtime).folder
    precious = write("precious.txt", "mine")
    with (folder / "runs.jsonl").open("a") as file:
        file.write('{"files": ["../precious.txt", "/etc/passwd", "journal.db"]}\n[]\n?\n')
    rest = ASK + '[findings]\nobjective = "x"\nfields = { reason = "text" }\n'
    outcome = Study.read(study(rest=rest)).run(runtime=runtime)
    assert {"earlier/1/plots/rating.svg", "earlier/1/findings.csv"} <= {*outcome.moved}
    assert list((folder / "plots").iterdir()) == []
    assert precious.read_text() == "mine"
    assert (folder / "journal.db").exists()


def test_what_somebody_has_written_into_a_file_is_kept(study: Callable[..., Path], counted: Any):
    read = Study.read(study(rest=ASK, head=SCRIPTED))
    folder = read.run(runtime=counted()[0]).folder
    made = (folder / "transcript.md").read_bytes()
    (folder / "transcript.md").write_text("my notes")
    assert read.run(runtime=counted()[0]).moved == ("earlier/1/transcript.md",)
    assert (folder / "earlier/1/transcript.md").read_text() == "my notes"
    assert (folder / "transcript.md").read_bytes() == made


def test_a_folder_of_something_else_is_left_alone(study: Callable[..., Path], write: Any, counted: Any):
    path = write("photos/cat.txt", "cat")
    read = Study.read(study(rest=ASK, head=SCRIPTED))
    with pytest.raises(ArgumentError, match="other things in it"):
        read.run(path.parent, runtime=counted()[0])
    with pytest.raises(ArgumentError, match="is no folder"):
        read.run(path, runtime=counted()[0])
    assert [each.name for each in path.parent.iterdir()] == ["cat.txt"]


def test_a_transcript_reads_back(study: Callable[..., Path], runtime: Runtime):
    outcome = Study.read(study()).run(runtime=runtime)
    rows = [json.loads(line) for line in lines(outcome.folder / "transcript.jsonl")]
    assert [row["id"] for row in rows] == [line.fact.cite for line in outcome.transcript]
    assert [row["content"] for row in rows] == [line.fact.content for line in outcome.transcript]
    shown = (outcome.folder / "transcript.md").read_text()
    assert all(f"**{row['number']} · {row['source']}" in shown for row in rows)
    found = json.loads((outcome.folder / "findings.json").read_text())
    cited = {each["id"] for row in found["rows"] for shown in row["evidence"].values() for each in shown}
    assert cited <= {row["id"] for row in rows}
    assert found["rows"] == outcome.results.plain()["rows"]


def test_one_row_for_all_of_them(study: Callable[..., Path], runtime: Runtime):
    rest = ASK + '[findings]\nobjective = "Would they?"\nfields = { rating = "1..5" }\nof = "world"\n'
    outcome = Study.read(study(rest=rest)).run(runtime=runtime)
    assert [row.of for row in outcome.results] == ["Study"]


# -- stopped, and run again -------------------------------------------------------------------------------------------


def test_a_budget_stops_it_and_a_larger_one_goes_on(study: Callable[..., Path], counted: Any):
    rest = "[world]\nrounds = 3\n" + ASK
    runtime, asked = counted()
    with pytest.raises(TroupeError) as raised:
        Study.read(study(rest=rest + "[budget]\ncalls = 4\n", head=SCRIPTED)).run(runtime=runtime)
    assert isinstance(raised.value, RunStopped | BudgetExceeded)
    assert any("goes on from there" in note for note in raised.value.__notes__)
    folder = Path("soup.results")
    assert len(lines(folder / "unfinished/transcript.jsonl")) == 1 + 2 * 2
    assert not (folder / "transcript.md").exists()
    again, more = counted()
    outcome = Study.read(study(rest=rest, head=SCRIPTED)).run(runtime=again)
    assert (len(asked), len(more)) == (4, 2)
    assert outcome.moved == ()
    assert not (folder / "unfinished").exists()
    assert [json.loads(line)["status"].split(":")[0] for line in lines(folder / "runs.jsonl")] == ["stopped", "done"]


def test_killed_in_the_middle_it_pays_for_nothing_twice(study: Callable[..., Path], write: Any, counted: Any):
    path = study(rest="[world]\nrounds = 3\n" + ASK, head=SCRIPTED)
    program = f"""
    import os, signal
    from troupe_core import Runtime
    from troupe_study import Study
    from troupe_testing import ScriptedModel, talk, turn

    asked = 0

    def script(request, call):
        global asked
        asked += 1
        if asked == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return turn(talk(f"{{call.person}} has thought about it, {{len(request.messages)}}."))

    runtime = Runtime([ScriptedModel(script)], model="scripted/any", config={{"max_in_flight": 1}})
    Study.read({str(path)!r}).run(runtime=runtime)
    """
    killed = subprocess.run([sys.executable, "-c", dedent(program)], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    runtime, asked = counted()
    outcome = Study.read(path).run(runtime=runtime)
    assert len(asked) == 6 - 3
    assert len(outcome.transcript) == 1 + 6


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupted_it_says_how_to_go_on(study: Callable[..., Path], write: Any, troupe: Any):
    path = study(rest="[world]\nrounds = 3\n" + ASK, head='title = "Soup"\nmodel = "halting/any"\n')
    halting = """
    import json, os, signal
    from troupe_core import BackendSpec, LLMBackend, LLMResponse, hookimpl
    from troupe_testing import talk, turn

    asked = 0

    class Halting(LLMBackend):
        async def complete(self, request, call):
            global asked
            asked += 1
            if asked == 5:
                os.kill(os.getpid(), signal.SIGINT)
            return LLMResponse(json.dumps(turn(talk("Well."))))

    @hookimpl
    def troupe_register_llm_backends():
        yield BackendSpec("halting", Halting)
    """
    write("halting.py", halting)
    ran = troupe("-p", "./halting.py", "run", path)
    assert ran.code == 130, ran
    assert f"The same command goes on from there: troupe run {path}" in ran.err
    write("halting.py", halting.replace("== 5", "== 0"))
    ran = troupe("-p", "./halting.py", "run", path, "--json")
    assert ran.code == 0, ran
    assert json.loads(ran.out)["calls"] <= 2
    readme = (path.parent / "soup.results/README.md").read_text()
    assert "    troupe -p ./halting.py run soup.toml\n" in readme
