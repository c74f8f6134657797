"""The commands that documents show, run; and where their output is shown, it is what they print."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

import troupe_cli

ROOT = Path(__file__).parents[2]
STORIES = [ROOT / "docs" / "reading-the-output.md", ROOT / "docs" / "tutorial.md"]
PAGES = [ROOT / "docs" / "command-line.md", ROOT / "plugins" / "interfaces" / "troupe-cli" / "README.md"]
MOOD = """
from troupe_core import TinyMentalFaculty


class Mood(TinyMentalFaculty):
    '''You have moods.'''
"""
ANYTHING = "…"
BLOCK = r"([^\n]*)\n\n```(\w+)\n(.*?)^```"  # and the line before it


def commands(page: Path) -> list[tuple[str, list[str]]]:
    """Each command, and the lines that are shown below it."""
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    return [command for block in blocks for command in commands_of(block)]


def commands_of(block: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


def write_study(path: Path, *, there: bool) -> None:
    """As `troupe init` writes it, unless that is what is shown."""
    if there:
        from troupe_study.example import STUDY

        path.write_text(STUDY)


SHOWN = [(page, command, lines) for page in PAGES for command, lines in commands(page)]


@pytest.mark.parametrize(("page", "command", "lines"), SHOWN, ids=[f"{p.stem}: {c}" for p, c, _ in SHOWN])
def test_a_command_that_is_shown(page: Path, command: str, lines: list[str], tmp_path: Path, python: Any):
    (tmp_path / ".git").mkdir()
    (tmp_path / "mood.py").write_text(MOOD)
    (tmp_path / "study.toml").write_text("max_in_flight = 8\n")
    write_study(tmp_path / "soup.toml", there="troupe init" not in command)
    program, *arguments = shlex.split(command)
    assert program == "troupe"
    settled = {name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")}
    ran = python("-m", "troupe_cli", *arguments, cwd=tmp_path, env=settled)
    assert ran.returncode == 0, ran.stderr
    compare(lines, ran.stdout)


@pytest.mark.parametrize("story", STORIES, ids=lambda page: page.stem)
def test_a_page_that_tells_a_story(
    story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """From beginning to end in one folder: files are written, commands run, and what is shown is in the files."""
    shutil.copytree(ROOT / "examples" / "people", tmp_path / "examples" / "people")
    folder = tmp_path / "story"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("TROUPE_")]:
        monkeypatch.delenv(name)
    program = tmp_path / "program.py"
    for before, language, block in re.findall(BLOCK, story.read_text(), re.DOTALL | re.MULTILINE):
        if written := re.search(r"(Write|Add) .*`([\w./-]+)`:$", before):
            with Path(written[2]).open("w" if written[1] == "Write" else "a", encoding="utf-8") as file:
                file.write(block)
        elif language == "console":
            for command, lines in commands_of(block):
                run_here(command)
                compare(lines, capsys.readouterr().out)
        elif language == "python":
            with program.open("a", encoding="utf-8") as file:
                file.write(block)
        elif language in ("text", "json"):
            files = [file for file in folder.rglob("*") if file.suffix in (".md", ".json", ".jsonl")]
            assert squeezed(block).removesuffix(ANYTHING) in squeezed("".join(file.read_text() for file in files))
    if program.exists():
        runpy.run_path(str(program))


def run_here(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "python":
        runpy.run_path(arguments[0])
    else:
        assert (program, troupe_cli.main(arguments)) == ("troupe", 0)


def compare(shown: list[str], printed: str) -> None:
    """A line that ends in … is the beginning of one; where none are shown, any may be printed."""
    for line, other in zip(shown, printed.splitlines(), strict=True) if shown else ():
        assert other.startswith(line.removesuffix(ANYTHING)) if line.endswith(ANYTHING) else other == line


def squeezed(text: str) -> str:
    return "".join(text.split())
