"""What is shown of a run, in each style."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
import threading
from typing import Any

import pytest

from troupe_core import (
    ArgumentError,
    Call,
    ModelUnavailable,
    RunStopped,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    Usage,
)
from troupe_presenter import present
from troupe_presenter.tally import Tally
from troupe_testing import ScriptedModel, talk, think, turn

STYLES = re.compile("\x1b\\[[0-9;]*m")


def script(request: Any, call: Any) -> Any:
    if call.person == "Ben" and call.turn == 1:
        raise ModelUnavailable("the line to Ben is dead")
    if call.person in ("Kim", "Lea"):
        raise ModelUnavailable("all lines are dead")
    return turn(think("Soup…"), talk(f"{call.person} says “soup”", to="Ada" if call.person == "Ben" else ""))


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def runtime():
    with Runtime([ScriptedModel(script)], model="scripted/any") as runtime:
        yield runtime


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def room(runtime: Runtime, *names: str) -> TinyWorld:
    simulation = Simulation(runtime=runtime)
    people = [TinyPerson(name, simulation=simulation) for name in names]
    return TinyWorld("Room", people, initial_datetime="2026-03-02T18:00", simulation=simulation)


def shown(what: Any, style: Any, world: TinyWorld, file: io.StringIO | None = None, **options: Any) -> str:
    file = file or io.StringIO()
    with present(what, style, file, **options):
        world.broadcast("Soup?", source="Host")
        world.run(2)
        world.agents[0].listen_and_act("And you?")
    return file.getvalue()


def test_plain_lines_tell_everything_in_its_place_and_what_it_came_to(runtime):
    text = shown(runtime, "auto", room(runtime, "Ada", "Ben"))
    assert [line.rstrip("─ ") for line in text.splitlines()] == [
        "Host → Room: Soup?",
        "── Room, step 1 · 2026-03-02 18:00:00",
        "Ada thinks: Soup…",
        "Ada: Ada says “soup”",
        "Ben thinks: Soup…",
        "Ben → Ada: Ben says “soup”",
        "✗ Ben failed: ModelUnavailable: the line to Ben is dead",
        "── Room, step 2 · 2026-03-02 18:00:00",
        "Ada thinks: Soup…",
        "Ada: Ada says “soup”",
        "→ Ada: And you?",
        "Ada thinks: Soup…",
        "Ada: Ada says “soup”",
        text.splitlines()[-1],
    ]
    assert text.splitlines()[-1].startswith("2 steps, 5 turns, 1 failed, 5 calls (1 failed), ")


def test_a_reason_that_is_everybodys_is_told_once(runtime):
    world, file = room(runtime, "Kim", "Lea"), io.StringIO()
    with present(runtime, "quiet", file), pytest.raises(RunStopped):
        world.run(1)
    lines = file.getvalue().splitlines()
    assert sorted(line.split(" failed: ")[1] for line in lines) == [
        "ModelUnavailable, as above",
        "ModelUnavailable: all lines are dead",
    ]


def test_what_everybody_perceives_by_themselves_is_one_line_in_its_place(runtime):
    world, file = room(runtime, "Ada", "Ben", "Eva"), io.StringIO()
    with present(runtime, "plain", file) as watching:
        for person in world.agents:
            person.see("A bottle.")
        world.agents[0].see("Another bottle.")
        watching.tell("now")
        world.agents[0].see("A third.")
        world.run(1)
    assert [line.rstrip("─ ") for line in file.getvalue().splitlines()[:5]] == [
        "[VISUAL] → 3 people: A bottle.",
        "[VISUAL] → Ada: Another bottle.",
        "now",
        "[VISUAL] → Ada: A third.",
        "── Room, step 1 · 2026-03-02 18:00:00",
    ]


def test_thoughts_can_be_left_out(runtime):
    assert "thinks" not in shown(runtime, "plain", room(runtime, "Ada"), thoughts=False)


@pytest.mark.parametrize("remember", [False, True])
def test_answers_are_shown_as_they_come(remember: bool):
    def answering(request: Any, call: Any) -> Any:
        rating = {"value": 2 if call.person == "Ben" else None, "confidence": 0.9}
        return {"thought": "Soup…", "answer": f"{call.person} says “no”", "fields": {"rating": rating}}

    with Runtime([ScriptedModel(answering)], model="scripted/any") as runtime:
        asked = room(runtime, "Ada", "Ben").agents
        plain, lines, quiet = io.StringIO(), io.StringIO(), io.StringIO()
        with (
            present(runtime, "plain", plain),
            present(runtime, "json", lines),
            present(runtime, "quiet", quiet),
        ):
            asked.ask(["Soup?"], {"rating": "1..5"}, source="Host", remember=remember)
    said = [line.rstrip("─ ") for line in plain.getvalue().splitlines()]
    if remember:
        heard = ["Host → Ada: Soup?", "Ada thinks: Soup…", "Ada → Host: Ada says “no”", "  Ada: rating: –"]
        assert said[:-1] == [*heard, *(line.replace("Ada", "Ben").replace("–", "2") for line in heard)]
        assert "answered before" not in said[-1]
    else:
        assert said == ["── Soup?", "Ada → Host: Ada says “no” (rating: –)", "Ben → Host: Ben says “no” (rating: 2)"]
    answers = [each for each in map(json.loads, lines.getvalue().splitlines()) if each["event"] == "answer"]
    assert [(each["person"], each["question"], each["values"]) for each in answers] == [
        ("Ada", "Soup?", {"rating": None}),
        ("Ben", "Soup?", {"rating": 2}),
    ]
    assert quiet.getvalue() == ""


def test_a_json_line_of_an_answer_says_who_answered_instead_of_whom():
    def answering(request: Any, call: Any) -> Any:
        if (request.model, call.person) == ("best", "Ben"):
            return ModelUnavailable("the line to Ben is dead")
        return {"thought": "", "answer": "No.", "fields": {}}

    lines = io.StringIO()
    models = ["scripted/best", "scripted/other"]
    with Runtime([ScriptedModel(answering)], model=models) as runtime, present(runtime, "json", lines):
        room(runtime, "Ada", "Ben").agents.ask(["Soup?"])
    ada, ben = (each for each in map(json.loads, lines.getvalue().splitlines()) if each["event"] == "answer")
    assert "substitute" not in ada
    assert (ben["substitute"]["model"], ben["substitute"]["instead_of"]) == ("scripted/other", "scripted/best")


def test_json_lines_have_facts_and_telemetry_and_no_prompt(runtime):
    text = shown(runtime, "json", room(runtime, "Ada", "Ben"))
    lines = [json.loads(line) for line in text.splitlines()]
    events = [line["event"] for line in lines]
    assert [events.count(each) for each in ("fact", "turn", "step", "call", "remark")] == [10, 5, 2, 5, 1]
    fact = lines[0]
    assert (fact["source"], fact["content"], fact["thing"]) == ("Host", "Soup?", "Room")
    failed = next(line for line in lines if line["event"] == "turn" and line["error"])
    assert (failed["person"], failed["error"]) == ("Ben", "ModelUnavailable: the line to Ben is dead")
    assert {"purpose", "model", "seconds", "tokens_in", "error"} <= set(lines[events.index("call")])
    assert not any("messages" in line or "request" in line for line in lines)


def test_an_answer_that_was_there_already_is_told_and_is_no_call(runtime):
    simulation, file = Simulation(runtime=runtime), io.StringIO()
    with present(simulation, "json", file) as watching:
        for id in (simulation.id, "another one"):
            runtime.reuse(Call(id, "turn", person="Ada"), "scripted/test", Usage(5, 3), "kept")
    (line,) = map(json.loads, file.getvalue().splitlines())
    assert [line[key] for key in ("event", "person", "source", "tokens_in", "money")] == ["reused", "Ada", "kept", 5, 0]
    assert watching.tally.calls == 0


def test_quiet_tells_who_failed_on_stderr_and_nothing_else(runtime, capsys):
    world = room(runtime, "Ada", "Ben")
    with present(runtime, "quiet"):
        world.run(2)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "✗ Ben failed: ModelUnavailable: the line to Ben is dead\n"


def test_in_a_terminal_a_bar_stands_below_the_lines_and_is_gone_at_the_end(runtime):
    text = shown(runtime, "auto", room(runtime, "Ada", "Ben"), Terminal(), expected_turns=5)
    assert "\x1b[2m" in text
    assert "\x1b[1;31m✗ Ben failed: ModelUnavailable: the line to Ben is dead\x1b[0m" in text
    drawn = [STYLES.sub("", each) for each in re.findall("\n([^\n]*)\x1b\\[1A\r", text)]
    assert any("━" in bar and "4 of 5 turns" in bar and "1 failed" in bar for bar in drawn)
    assert all(len(bar) < 80 for bar in drawn)
    assert "\x1b[1A" not in text[text.rindex("\x1b[J") :]
    assert screen(text)[-1].startswith("2 steps, 5 turns")


def screen(text: str) -> list[str]:
    """What stands on a terminal that was given this, without colours."""
    lines, row, column = [""], 0, 0
    for order, plain in re.findall("(\x1b\\[[0-9;]*[A-Za-z]|\r|\n)|([^\x1b\r\n]+)", text):
        if order == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif order == "\r":
            column = 0
        elif order == "\x1b[1A":
            row -= 1
        elif order == "\x1b[J":
            lines[row] = lines[row][:column]
            del lines[row + 1 :]
        elif plain:
            lines[row] = lines[row][:column].ljust(column) + plain + lines[row][column + len(plain) :]
            column += len(plain)
    return [line for line in lines if line]


def test_what_others_write_meanwhile_stands_among_the_lines(runtime):
    world, file = room(runtime, "Ada"), Terminal()
    with present(runtime, "auto", file, expected_turns=2) as watching:
        world.run(1)
        file.write("a print in between\n")
        logging.getLogger("troupe").warning("something odd")
        watching.tell("round 1 of 2")
        world.run(1)
    seen = screen(file.getvalue())
    assert seen[3:6] == ["a print in between", "something odd", "round 1 of 2"]
    assert len(seen) == 10


def test_at_a_pace_lines_come_one_by_one_and_are_the_same(runtime):
    at_once, one_by_one = Terminal(), Terminal()
    shown(runtime, "auto", room(runtime, "Ada", "Cleo"), at_once)
    shown(runtime, "auto", room(runtime, "Ada", "Cleo"), one_by_one, pace=0.001)
    assert screen(one_by_one.getvalue()) == screen(at_once.getvalue())
    assert one_by_one.getvalue().count("\x1b[J") > at_once.getvalue().count("\x1b[J")


def test_whoever_has_had_enough_waits_for_no_line(runtime):
    world, file = room(runtime, "Ada"), Terminal()

    def impatient():
        with present(runtime, "auto", file, pace=3600):
            world.run(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        impatient()
    assert any("Ada" in line for line in screen(file.getvalue()))


def test_whoever_has_had_enough_of_the_last_lines_is_left_no_bar(runtime, monkeypatch):
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    def impatient():
        with present(runtime, "auto", file, pace=1):
            world.run(1)

    world, file = room(runtime, "Ada"), Terminal()
    monkeypatch.setattr("troupe_presenter.live.sleep", interrupted)  # Ctrl-C while it waits
    with pytest.raises(KeyboardInterrupt):
        impatient()
    assert "troupe-presenter" not in {thread.name for thread in threading.enumerate()}
    assert screen(file.getvalue())[-1].startswith("1 step, 1 turn")


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("NO_COLOR", "1")])
def test_no_colours_where_they_are_not_wanted(runtime, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    text = shown(runtime, "auto", room(runtime, "Ada"), Terminal())
    assert not STYLES.search(text)
    assert ("\x1b[J" in text) == (name == "NO_COLOR")
    monkeypatch.setenv(name, "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert STYLES.search(shown(runtime, "plain", room(runtime, "Ada")))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_forty_columns_without_unicode(runtime, monkeypatch, encoding):
    monkeypatch.setenv("COLUMNS", "40")
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    with present(runtime, "rich", file, expected_turns=2):
        room(runtime, "Zoë with a very long name", "Ben").run(1)
    text = STYLES.sub("", raw.getvalue().decode(encoding))
    assert 'says "soup"' in " ".join(text.split())
    assert all(len(line) <= 40 for line in re.split("\x1b\\[[0-9]*[JA]|[\r\n]", text))


def test_many_simulations_at_once_and_only_the_one_that_is_asked_for(runtime):
    everything, one, worlds = io.StringIO(), io.StringIO(), [room(runtime, f"P{n}") for n in range(8)]
    with present(runtime, "json", everything), present(worlds[3].simulation, "json", one):
        threads = [threading.Thread(target=world.run, args=(5,)) for world in worlds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = [json.loads(line) for line in everything.getvalue().splitlines()]
    assert [sum(line["event"] == event for line in lines) for event in ("step", "turn", "call", "fact")] == [
        40,
        40,
        40,
        80,
    ]
    assert {json.loads(line)["simulation"] for line in one.getvalue().splitlines()} == {worlds[3].simulation.id}


def test_turns_on_record_take_no_call_and_no_time(runtime, tmp_path):
    for found in (0, 2):
        file = io.StringIO()
        with (
            Simulation(tmp_path / "journal", runtime=runtime) as simulation,
            present(runtime, "plain", file) as watching,
        ):
            TinyWorld("Room", [TinyPerson("Ada", simulation=simulation)], simulation=simulation).run(2)
        assert (watching.tally.turns, watching.tally.found, watching.tally.calls) == (2, found, 2 - found)
    assert file.getvalue().splitlines()[-1] == "2 steps, 2 turns, 0 calls, 2 turns answered before"


def test_the_time_that_is_left_is_that_of_turns_that_are_asked_for():
    now = [100.0]
    tally = Tally(10, clock=lambda: now[0])
    tally.turns = tally.found = 4
    assert tally.seconds_left is None
    tally._since, tally.turns, now[0] = 100.0, 6, 110.0
    assert tally.seconds_left == 20.0
    tally.turns = 10
    assert tally.seconds_left is None, "findings are still to come, of which nobody knows how long they take"


def test_a_pipe_that_nobody_reads_ends_what_is_shown_and_not_the_run(tmp_path):
    program = f"""
from pathlib import Path
from troupe_core import *
from troupe_presenter import present
with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime) as simulation:
    world = TinyWorld("Room", [TinyPerson("Ada"), TinyPerson("Ben")])
    with present(runtime):
        world.run(60)
    print("this reaches nobody")
    Path({str(tmp_path / "done")!r}).write_text(str(len(simulation.facts)))
"""
    ran = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert ran.stdout is not None
    assert ran.stderr is not None
    assert "Room, step 1" in ran.stdout.readline()
    ran.stdout.close()
    assert (ran.stderr.read(), ran.wait(60)) == ("", 0)
    ran.stderr.close()
    assert int((tmp_path / "done").read_text()) == 120


def test_a_file_that_takes_no_more_is_remarked_once(runtime, caplog):
    file = io.StringIO()
    world = room(runtime, "Ada")
    with caplog.at_level(logging.WARNING, logger="troupe"), present(runtime, "plain", file):
        file.close()
        world.run(2)
    assert [record.getMessage() for record in caplog.records] == [
        "nothing more of the run is shown, and it goes on: I/O operation on closed file"
    ]


def test_it_stops_when_the_block_ends_however_it_ends(runtime):
    world, file = room(runtime, "Ada"), Terminal()

    def interrupted() -> None:
        with present(runtime, "auto", file):
            world.run(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    text = file.getvalue()
    world.run(1)
    assert file.getvalue() == text
    assert not runtime.watched
    assert "troupe-presenter" not in [thread.name for thread in threading.enumerate()]
    assert not any(type(each).__name__ == "Listening" for each in logging.getLogger("troupe").handlers)


def test_within_a_loop_it_is_the_same(runtime):
    world, file = room(runtime, "Ada"), io.StringIO()

    async def watched() -> None:
        with present(world.simulation, "plain", file):
            await world.arun(1)

    asyncio.run(watched())
    assert "Ada: Ada says “soup”" in file.getvalue()


def test_what_cannot_be_shown_is_said(runtime):
    with (
        pytest.raises(ArgumentError, match="no style 'loud'; there are: auto, rich, plain, json, quiet"),
        present(
            runtime,
            "loud",  # type: ignore[arg-type]
        ),
    ):
        pass
    with pytest.raises(ArgumentError, match="a Runtime or a Simulation, not 'x'"), present("x"):  # type: ignore[arg-type]
        pass
