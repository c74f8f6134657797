"""Ctrl-C, whenever it comes: the same command goes on, ends where an undisturbed run does, and pays nothing twice."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

AT_ONCE = 3
"""So many calls are on their way at most when it comes: their answers are nobody's."""
REST = """
[world]
rounds = 2
[[stimulus]]
say = "Soup?"
[findings]
objective = "Would they buy it?"
fields = { rating = "1..5" }
"""
TOLD_APART = {"README.md", "runs.jsonl", "study.json", "journal.db", "journal.db.bak", "journal.db-lock"}
"""Files that also tell when, in how many runs and by which command they came about."""
SIGNALS = ((signal.SIGINT,), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM,))
"""What somebody may send: Ctrl-C, also impatiently, and what whoever runs programs sends to end them."""
PEOPLE = "".join(
    f'[[people]]\nname = "{name}"\ninline = "Somebody."\n' for name in ("Ada", "Ben", "Cleo", "Dov", "Eva")
)
IGNORED = re.compile(r"Exception ignored in: .*?\nKeyboardInterrupt: ?\n", re.DOTALL)
"""What Python itself tells where it can raise nothing, as while an object goes: only the other signal ends anything."""
COUNTING = """
import asyncio, json
from troupe_core import BackendSpec, LLMBackend, LLMResponse, hookimpl
from troupe_testing import talk, turn

class Counting(LLMBackend):
    async def complete(self, request, call):
        with open("calls", "a") as file:
            file.write(f"{call.purpose} {call.person} {call.turn}\\n")
        await asyncio.sleep(0.05)
        if call.purpose != "extraction":
            return LLMResponse(json.dumps(turn(talk(f"{call.person} has thought of it {call.turn} times."))))
        return LLMResponse(json.dumps({"rating": {"value": 3, "confidence": 0.7, "evidence": []}}))

@hookimpl
def troupe_register_llm_backends():
    yield BackendSpec("counting", Counting, free=True)
"""


@pytest.fixture
def command(study: Callable[..., Path], write: Any, folder: Path) -> Callable[[str], list[str]]:
    study(PEOPLE, REST, 'title = "Soup"\nmodel = "counting/any"\n')
    write("troupe.toml", f"max_in_flight = {AT_ONCE}\n")
    write("counting.py", COUNTING)
    start = [sys.executable, "-m", "troupe_cli", "-p", "./counting.py", "run", "soup.toml"]
    return lambda into: [*start, "--into", into]


def outcome(folder: Path) -> dict[str, bytes]:
    """What stands there, of what was said and of what was found out."""
    files = {str(each.relative_to(folder)): each for each in folder.rglob("*") if each.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in TOLD_APART}


def interrupted(command: list[str], after: float, signals: tuple[signal.Signals, ...]) -> int:
    """Begin it, and send it these after so many seconds; its exit code, and it has said how to go on."""
    began = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(after)
    for each in signals:
        began.send_signal(each)
        time.sleep(0.01)
    _, said = began.communicate(timeout=60)
    if began.returncode in (130, 143):
        assert "interrupted" in said
        assert "Traceback" not in IGNORED.sub("", said)
    if began.returncode == 1:  # while Python itself was still beginning
        assert "Fatal Python error: init_" in said or said.rstrip().endswith("KeyboardInterrupt")
    return began.returncode


def whatever_the_moment(command: Callable[[str], list[str]], folder: Path, python: Any, seed: int, times: int) -> None:
    calls = folder / "calls"
    began = time.monotonic()
    subprocess.run(command("undisturbed"), check=True, capture_output=True, timeout=60)
    lasts = time.monotonic() - began
    wanted, needed = outcome(folder / "undisturbed"), len(calls.read_text().splitlines())
    assert needed == 15
    assert {"findings.csv", "transcript.md"} < wanted.keys()
    chance = random.Random(seed)
    for number in range(times):
        calls.unlink(missing_ok=True)
        into = f"interrupted-{number}"
        after, signals = chance.uniform(0, lasts), chance.choice(SIGNALS)
        code = interrupted(command(into), after, signals)
        # Before there is a program of ours, and after it, Python itself is what is interrupted.
        assert code in (0, 130, 143, 1, *(-each for each in signals)), (number, after, code)
        went_on = python(*command(into)[1:])
        assert went_on.returncode == 0, (number, after, went_on.stderr)
        assert outcome(folder / into) == wanted, (number, after)
        assert needed <= len(calls.read_text().splitlines()) <= needed + AT_ONCE, (number, after)
        shutil.rmtree(folder / into)


def test_at_two_moments(command: Callable[[str], list[str]], folder: Path, python: Any):
    whatever_the_moment(command, folder, python, seed=2, times=2)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [20, 21])
def test_at_ten_moments(command: Callable[[str], list[str]], folder: Path, python: Any, seed: int):
    whatever_the_moment(command, folder, python, seed=seed, times=10)
