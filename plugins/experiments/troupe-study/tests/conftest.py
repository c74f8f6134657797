"""Studies in files, in a folder without settings and an environment without any."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import attrs
import pytest

from troupe_cli import main
from troupe_core import Runtime

PEOPLE = """
[[people]]
name = "Ada"
inline = "A retired nurse, who dislikes plastic bottles."
[[people]]
inline = { name = "Ben", age = 24, likes = ["cold soup"] }
"""
REST = """
[world]
rounds = 2
[[stimulus]]
say = "Cold soup in a plastic bottle, 3.50. Would you buy it?"
[findings]
objective = "Would they buy it?"
fields = { rating = "1..5", reason = "text", would_buy = ["yes", "no", "maybe"] }
"""
HEAD = """
title = "Soup"
model = "rehearsal/default"
"""


@attrs.frozen
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("TROUPE_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def study(write: Callable[[str, str], Path]) -> Callable[..., Path]:
    """A study's file, of which parts can be others."""

    def make(people: str = PEOPLE, rest: str = REST, head: str = HEAD, name: str = "soup.toml") -> Path:
        return write(name, head + people + rest)

    return make


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime() as runtime:
        yield runtime


@pytest.fixture
def troupe(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run
