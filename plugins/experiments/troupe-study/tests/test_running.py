"""Studies that are run: who comes, what is left in the folder, and what a second run does."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from troupe_core import (
    ArgumentError,
    AskingStopped,
    BadRequest,
    BudgetExceeded,
    ConfigError,
    Runtime,
    TinyTool,
    ToolCall,
    ToolSpec,
    TroupeError,
    action,
    hookimpl,
)
from troupe_core.errors import RunStopped
from troupe_study import Study
from troupe_study.outputs import outputs
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
def counted() -> Iterator[Callable[..., tuple[Runtime, list[str]]]]:
    """A runtime whose people speak from a script, and the purposes for which it is asked. `before` sees each call;
    `fields` are what everybody ticks, `found` what is read of everybody.
    """
    runtimes: list[Runtime] = []

    def make(before: Any = None, fields: Any = None, found: Any = None) -> tuple[Runtime, list[str]]:
        asked: list[str] = []

        def script(request: Any, call: Any) -> Any:
            asked.append(call.purpose)
            if before is not None:
                before(call)
            if call.purpose == "ask":
                ticked = {name: {"value": value, "confidence": 0.7} for name, value in (fields or {}).items()}
                return {"thought": "", "answer": f"I am {call.person}.", **({"fields": ticked} if ticked else {})}
            if call.purpose == "extraction":
                return {name: {"value": value, "confidence": 0.7, "evidence": []} for name, value in found.items()}
            return turn(talk(f"{call.person} has thought about it, {len(request.messages)}."))

        runtimes.append(Runtime([ScriptedModel(script), Scales], model="scripted/any"))
        return runtimes[-1], asked

    yield make
    for runtime in runtimes:
        runtime.close()


class Scales:
    @staticmethod
    @hookimpl
    def troupe_register_tools() -> Iterator[ToolSpec]:
        yield ToolSpec("scale", Scale)


class Scale(TinyTool):
    """You have kitchen scales:"""

    @action
    async def weigh(self, call: ToolCall, what: str) -> str:
        """weigh something."""
        return f"{what}: 300 g"


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


GROUPS = """
[[people]]
folder = "people"
group = "at home"
[[people]]
csv = "panel.csv"
name_column = "who"
group = "abroad"
"""


def test_groups_hear_and_are_asked_what_is_theirs(study: Callable[..., Path], counted: Any):
    rest = """
    [world]
    kind = "survey"
    [[stimulus]]
    say = "A bottle, for you alone."
    to = "abroad"
    rounds = 0
    [[stimulus]]
    think = "Soup?"
    to = "at home"
    [[ask]]
    question = "Which?"
    fields = { choice = ["A", "B"] }
    to = "abroad"
    replicates = 2
    """
    read = Study.read(study(GROUPS, dedent(rest), SCRIPTED))
    runtime, asked = counted(fields={"choice": "B"})
    outcome = read.run(runtime=runtime)
    assert asked == ["turn"] * 4 + ["ask"] * 4
    assert outcome.groups == {"Carol": "at home", "Dan": "at home", "Eve": "abroad", "Finn": "abroad"}
    stimuli = [(line.fact.thing, line.fact.content) for line in outcome.transcript if line.fact.kind == "stimulus"]
    bottle = "A bottle, for you alone."
    assert stimuli == [("Eve", bottle), ("Finn", bottle), ("Carol", "Soup?"), ("Dan", "Soup?")]
    rows = table(outcome.folder / "answers.csv")
    assert [(row["of"], row["group"], row["replicate"], row["choice"], row["answer"]) for row in rows] == [
        (who, "abroad", str(number), "B", f"I am {who}.") for who in ("Eve", "Finn") for number in range(2)
    ]
    assert "abroad: n = 4" in (outcome.folder / "plots/answer_choice.svg").read_text()
    told = json.loads((outcome.folder / "answers.json").read_text())
    assert [row["group"] for row in told["questions"][0]["rows"]] == ["abroad"] * 4
    assert "I am Eve." in str(outcome)
    assert read.estimate(runtime=runtime).calls == len(asked)


def test_a_survey_needs_nothing_but_questions(study: Callable[..., Path], counted: Any):
    """Who is asked aside remembers nothing of it; who is to remember knows of it when the next question comes."""
    runtime, asked = counted()
    rest = '[[ask]]\nquestion = "One?"\n[[ask]]\nquestion = "Two?"\nremember = true\n[[ask]]\nquestion = "Three?"\n'
    outcome = Study.read(study(rest=rest, head=SCRIPTED)).run(runtime=runtime)
    assert asked == ["ask"] * 6
    assert outcome.world.state.kind == "survey"
    put = [[row.asked for row in results] for results in outcome.answers]
    assert put == [["One?"] * 2, ["Two?"] * 2, ["Three?"] * 2]
    assert [line.fact.content for line in outcome.transcript if line.fact.kind == "stimulus"] == ["Two?"] * 2
    assert {"answers.md", "answers.csv", "answers.json"} <= {*outcome.files}


def test_one_of_them_asks_and_all_have_what_they_are_given(study: Callable[..., Path], counted: Any, folder: Path):
    people = '[[people]]\nfolder = "people"\ntools = ["scale"]\nmemory = "episodic"\n'
    rest = '[world]\nkind = "interview"\ninterviewer = "Dan"\n' + ASK + '[[ask]]\nquestion = "Well?"\nremember = true\n'
    outcome = Study.read(study(people, rest, SCRIPTED)).run(runtime=counted()[0])
    shown = (outcome.folder / "transcript.md").read_text()
    assert re.findall(r"^## (.*)$", shown, re.MULTILINE) == ["Round 1", "Afterwards"]
    assert outcome.world.interviewer is not None
    assert outcome.world.interviewer.name == "Dan"
    assert [row.of for row in outcome.answers[0]] == ["Carol"]
    assert "tool:scale" in outcome.people["Carol"].state.faculties
    wrong = Study.read(study(people, rest.replace("Dan", "Eve"), SCRIPTED))
    with pytest.raises(
        ConfigError, match=r"soup.toml:8: world.interviewer: nobody is called 'Eve'; there are Carol, Dan"
    ):
        wrong.run(folder / "other", runtime=counted()[0])


# -- the folder -------------------------------------------------------------------------------------------------------


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def table(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    assert content.startswith(BOM_UTF8), "a spreadsheet takes it for the letters of one country"
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines()))


def content(folder: Path) -> dict[str, bytes]:
    names = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(("journal", "runs"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in names}


def test_a_second_run_is_free_and_changes_nothing(study: Callable[..., Path], runtime: Runtime):
    read = Study.read(study())
    first = read.run(runtime=runtime)
    before = content(first.folder)
    second = read.run(runtime=runtime)
    assert (first.spent.calls, second.spent.calls) == (2 * 2 + 2, 0)
    assert (first.ledger.total.calls, second.ledger.total.saved.number) == (6, 6)
    assert second.moved == ()
    assert content(second.folder) == before
    assert {"transcript.md", "transcript.jsonl", "findings.csv", "plots/rating.svg", "README.md"} <= {*before}
    assert [json.loads(line)["calls"] for line in lines(first.folder / "runs.jsonl")] == [6, 0]
    assert b"\n![how often each value was found](plots/rating.svg)\n" in before["README.md"]
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
    places = [(row["stimulus"], row["round"]) for row in rows]
    assert places == sorted(places)
    assert {*places} == {(1, 1), (1, 2)}
    shown = (outcome.folder / "transcript.md").read_text()
    assert all(f"**{row['number']} · {row['source']}" in shown for row in rows)
    assert [part.count("**") // 2 for part in shown.split("## Round ")[1:]] == [places.count((1, n)) for n in (1, 2)]
    assert all((f"\n*{row['content']}*\n" in shown) is (row["type"] == "THINK") for row in rows)
    found = json.loads((outcome.folder / "findings.json").read_text())
    cited = {each["id"] for row in found["rows"] for shown in row["evidence"].values() for each in shown}
    assert cited <= {row["id"] for row in rows}
    assert found["rows"] == outcome.results.plain()["rows"]


def test_one_row_for_all_of_them(study: Callable[..., Path], runtime: Runtime):
    rest = ASK + '[findings]\nobjective = "Would they?"\nfields = { rating = "1..5" }\nof = "world"\n'
    outcome = Study.read(study(rest=rest)).run(runtime=runtime)
    assert [row.of for row in outcome.results] == ["Study"]


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_who_fails_for_good_is_named_wherever_somebody_is_missing(study: Callable[..., Path], counted: Any):
    def failing(call: Any) -> None:
        if call.person == "Dan" and (call.purpose != "turn" or call.turn == 1):
            raise BadRequest("not this one")

    people = '[[people]]\nfolder = "people"\n[[people]]\nname = "Ada"\ninline = "A nurse."\n'
    rest = '[world]\nrounds = 3\nkind = "chat"\n' + ASK
    rest += '[[ask]]\nquestion = "Which?"\nfields = { choice = ["A", "B"] }\n'
    rest += '[findings]\nobjective = "x"\nfields = { rating = "1..5" }\n'
    runtime, _ = counted(before=failing, fields={"choice": "B"}, found={"rating": 4})
    outcome = Study.read(study(people, rest, SCRIPTED)).run(runtime=runtime)
    why = "BadRequest: not this one"
    where = ("Dan, step 2", "Dan, step 3", "question 1, Dan", "findings, Dan")
    assert list(outcome.failures) == [f"{each}: {why}" for each in where]
    shown = (outcome.folder / "transcript.md").read_text().split(f"*Dan had no turn here. {why}*\n")
    assert ["**6 · " in part for part in shown] == [True, False, False]
    assert ["**7 · " in part for part in shown] == [False, True, False]
    readme = (outcome.folder / "README.md").read_text()
    assert f"- Dan, step 2: {why}\n" in readme
    assert all(f"- {each}: BadRequest, as above\n" in readme for each in where[1:])
    for name in ("findings", "answers"):
        assert f"- Dan: {why}" in (outcome.folder / f"{name}.md").read_text()
        rows = table(outcome.folder / f"{name}.csv")
        assert [(row["of"], row["missing"]) for row in rows] == [("Carol", ""), ("Ada", ""), ("Dan", why)]


def test_what_is_asked_in_vain_of_everybody_stops_the_run(study: Callable[..., Path], counted: Any):
    def failing(call: Any) -> None:
        raise BadRequest("nobody")

    rest = '[[ask]]\nquestion = "Which?"\n'
    with pytest.raises(AskingStopped):
        Study.read(study(rest=rest, head=SCRIPTED)).run(runtime=counted(before=failing)[0])
    readme = Path("soup.results/unfinished/README.md").read_text()
    assert readme.count(": BadRequest: nobody") == 1
    assert "question 1, Ben: BadRequest" in readme


@pytest.mark.skipif(os.name == "nt", reason="limits")
def test_a_full_disk_loses_nothing(study: Callable[..., Path], counted: Any, monkeypatch: pytest.MonkeyPatch):
    """The limit is on the size of a file: the system refuses to write more, as it does when the disk is full."""
    import resource

    read = Study.read(study(rest=ASK, head=SCRIPTED))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def then_full(outcome: Any) -> dict[str, bytes]:
        made = outputs(outcome)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
        return made

    with monkeypatch.context() as patch:
        patch.setattr("troupe_study.running.outputs", then_full)
        try:
            with pytest.raises(ArgumentError, match=r"the results cannot be written to .*soup.results: File too large"):
                read.run(runtime=counted()[0])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(Path("soup.results").glob(".*"))
    runtime, asked = counted()
    outcome = read.run(runtime=runtime)
    assert asked == []
    assert [json.loads(line)["status"] for line in lines(outcome.folder / "runs.jsonl")] == ["done"]


def test_what_is_in_the_way_is_named(study: Callable[..., Path], write: Any, runtime: Runtime):
    read = Study.read(study())
    (folder := Path("soup.results")).mkdir()
    (folder / "runs.jsonl").touch()
    (folder / "plots").write_text("no folder")
    with pytest.raises(ArgumentError, match=r"cannot be written to .*soup.results: .*plots"):
        read.run(runtime=runtime)
    (folder / "plots").unlink()
    assert read.run(runtime=runtime).spent.calls == 0
    with pytest.raises(ArgumentError, match="cannot be written to: Not a directory"):
        read.run(write("file", "") / "below", runtime=runtime)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_nobody_may_write_to(study: Callable[..., Path], folder: Path, runtime: Runtime):
    (closed := folder / "closed").mkdir(mode=0o500)
    with pytest.raises(ArgumentError, match="cannot be written to: Permission denied"):
        Study.read(study()).run(closed / "out", runtime=runtime)


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
    *whole, missing = (folder / "unfinished/transcript.md").read_text().split("\n## Round ")
    assert (missing[0], missing.count("had no turn here")) == ("3", 1)
    assert not any("had no turn here" in each for each in whole), "everybody had one in these rounds"
    again, more = counted()
    outcome = Study.read(study(rest=rest, head=SCRIPTED)).run(runtime=again)
    assert (len(asked), len(more)) == (4, 2)
    assert outcome.moved == ()
    assert not (folder / "unfinished").exists()
    assert [json.loads(line)["status"].split(":")[0] for line in lines(folder / "runs.jsonl")] == ["stopped", "done"]


def test_killed_in_the_middle_it_pays_for_nothing_twice(study: Callable[..., Path], counted: Any, python: Any):
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
    killed = python("-c", dedent(program))
    assert killed.returncode == -signal.SIGKILL
    runtime, asked = counted()
    outcome = Study.read(path).run(runtime=runtime)
    assert len(asked) == 6 - 3
    assert len(outcome.transcript) == 1 + 6


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("sent", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_interrupted_it_says_how_to_go_on(study: Callable[..., Path], write: Any, troupe: Any, sent: str, code: int):
    path = study(rest="[world]\nrounds = 3\n" + ASK, head='title = "Soup"\nmodel = "halting/any"\n')
    halting = """
    import asyncio, json, os, signal
    from troupe_core import BackendSpec, LLMBackend, LLMResponse, hookimpl
    from troupe_testing import talk, turn

    asked = 0

    class Halting(LLMBackend):
        async def complete(self, request, call):
            global asked
            asked += 1
            if asked == 5:
                os.kill(os.getpid(), signal.SIGNAL)
                await asyncio.sleep(600)  # until that is noticed
            return LLMResponse(json.dumps(turn(talk("Well."))))

    @hookimpl
    def troupe_register_llm_backends():
        yield BackendSpec("halting", Halting)
    """
    halting = halting.replace("SIGNAL", sent)
    write("halting.py", halting)
    ran = troupe("-p", "./halting.py", "run", path, "--json")
    assert ran.code == code, ran
    assert f"The same command goes on from there: troupe -p ./halting.py run {path}\n" in ran.err
    assert json.loads(ran.out.splitlines()[-1])["event"] == "stopped"
    runs = (path.parent / "soup.results/runs.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in runs] == ["interrupted"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert "no run is done" in troupe("show", path).out
    write("halting.py", halting.replace("== 5", "== 0"))
    ran = troupe("-p", "./halting.py", "run", path, "--json")
    assert ran.code == 0, ran
    assert json.loads(ran.out.splitlines()[-1])["calls"] <= 2
    readme = (path.parent / "soup.results/README.md").read_text()
    assert "    troupe -p ./halting.py run soup.toml\n" in readme


def test_a_model_that_nobody_can_ask_is_a_mistake_in_the_file(study: Callable[..., Path], troupe: Any):
    path = study(head='title = "Soup"\nmodel = "openai/gpt-5-mini, nowhere/x"\nmodels = { extraction = "nobody/y" }\n')
    for options in (["--dry-run"], []):
        ran = troupe("run", path, *options)
        assert ran.code == 3
        assert f"{path}:2: model: there is no LLM backend 'nowhere'" in ran.err
        assert f"{path}:3: models.extraction: there is no LLM backend 'nobody'" in ran.err
        assert "kept" not in ran.err
