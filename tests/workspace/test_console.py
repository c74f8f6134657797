"""The commands that documents show, run; and where their output is shown, it is what they print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "command-line.md", ROOT / "plugins" / "interfaces" / "troupe-cli" / "README.md"]
MOOD = """
from troupe_core import TinyMentalFaculty


class Mood(TinyMentalFaculty):
    '''You have moods.'''
"""
ANYTHING = "…"


def commands(page: Path) -> list[tuple[str, list[str]]]:
    """Each command, and the lines that are shown below it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


def write_study(path: Path, *, there: bool) -> None:
    """As `troupe init` writes it, unless that is what is shown."""
    if there:
        from troupe_study.beginning import STUDY

        path.write_text(STUDY)


SHOWN = [(page, command, lines) for page in PAGES for command, lines in commands(page)]


@pytest.mark.parametrize(("page", "command", "lines"), SHOWN, ids=[f"{p.stem}: {c}" for p, c, _ in SHOWN])
def test_a_command_that_is_shown(page: Path, command: str, lines: list[str], tmp_path: Path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "mood.py").write_text(MOOD)
    (tmp_path / "study.toml").write_text("max_in_flight = 8\n")
    write_study(tmp_path / "soup.toml", there="troupe init" not in command)
    program, *arguments = shlex.split(command)
    assert program == "troupe"
    ran = subprocess.run(
        [sys.executable, "-m", "troupe_cli", *arguments],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout.splitlines()
    for shown, line in zip(lines, printed, strict=True) if lines else ():
        assert line.startswith(shown.removesuffix(ANYTHING)) if shown.endswith(ANYTHING) else line == shown
