"""Where nobody reads, where little can be shown: a study is run to its end, and what is shown can be read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WHOLE = {"README.md", "findings.csv", "transcript.jsonl", "transcript.md"}
ORDERING = """
import json
from troupe_core import BackendSpec, LLMBackend, LLMResponse, hookimpl
from troupe_testing import talk, turn

class Ordering(LLMBackend):
    async def complete(self, request, call):
        if call.purpose != "extraction":
            return LLMResponse(json.dumps(turn(talk("“Non, à 3 €…\\x1b[2J”"))))
        found = {"rating": 2, "reason": "Très cher\\x1b[2J, which is why.", "would_buy": "no"}
        cells = {name: {"value": value, "confidence": 0.7, "evidence": [1]} for name, value in found.items()}
        return LLMResponse(json.dumps(cells))

@hookimpl
def troupe_register_llm_backends():
    yield BackendSpec("ordering", Ordering, free=True)
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it takes a shell")


@pytest.fixture
def shell(study: Callable[..., Path], folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a line with our command in place of `troupe`, in an environment with these variables."""
    study()
    (folder / "bin").mkdir()
    program = folder / "bin/troupe"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m troupe_cli "$@"\n')
    program.chmod(0o755)

    def run(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path} | variables
        return subprocess.run(
            ["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("command", ["run soup.toml --plain --quiet", "show soup.results"])
def test_there_is_no_room_for_what_is_printed(shell: Callable[..., subprocess.CompletedProcess[str]], command: str):
    assert shell("troupe run soup.toml --quiet").returncode == 0
    ran = shell(f"troupe {command} >/dev/full")
    assert ran.returncode == 3
    assert ran.stderr == "troupe: what is printed: No space left on device\n"


@pytest.mark.parametrize(
    ("around", "shown"),
    [("{} | head -1", ("2 people: Ada, Ben\n", "Soup\n")), ("{} >&-", ("", "")), ("{} >&- 2>&- <&-", ("", ""))],
)
def test_nobody_reads(
    shell: Callable[..., subprocess.CompletedProcess[str]], folder: Path, around: str, shown: tuple[str, str]
):
    ran = shell(around.format("{ troupe run soup.toml; echo $? >code; }"))
    assert (ran.stdout, ran.stderr) == (shown[0], "")
    assert (folder / "code").read_text() == "0\n"
    assert {each.name for each in (folder / "soup.results").iterdir()} >= WHOLE
    ran = shell(around.format("{ troupe show soup.results; echo $? >code; }"))
    assert (ran.stdout, ran.stderr) == (shown[1], "")
    assert (folder / "code").read_text() == "0\n"


def test_little_can_be_shown(shell: Callable[..., subprocess.CompletedProcess[str]], study: Any, write: Any):
    """Forty columns, no letters but those of ASCII, and a model that gives orders to the terminal."""
    study(head='title = "Soup"\nmodel = "ordering/any"\n')
    write("ordering.py", ORDERING)
    run = "troupe -p ./ordering.py run soup.toml && troupe show soup.results"
    ran = shell(run, COLUMNS="40", TERM="dumb", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert (ran.returncode, ran.stderr) == (0, "")
    place = next(line for line in ran.stdout.splitlines() if line.endswith("README.md"))
    assert [line for line in ran.stdout.splitlines() if len(line) > 40] == [place]
    assert ran.stdout.isascii()
    assert "\x1b" not in ran.stdout
    of_the_run, _, what_is_shown = ran.stdout.partition(place)
    for text in (of_the_run, what_is_shown):
        assert 'Ada: "Non, a 3 EUR...^[[2J"' in text
        assert "\nAda\n  rating: 2 (0." in text
        assert "  reason: Tres cher^[[2J, which is" in text
