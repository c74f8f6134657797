"""The command, in this process and in one of its own, in a folder without settings and an environment without any."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs
import pytest

from troupe_cli import main

TROUPE = Path(sys.executable).with_name("troupe")


@attrs.frozen
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("TROUPE_", "_TROUPE", "OPENAI_"))]:
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
def troupe(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command, in this process."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def script(folder: Path, python: Any) -> Callable[..., Ran]:
    """The console script, in a process of its own."""

    def run(*arguments: str, **variables: str) -> Ran:
        done = python(TROUPE, *arguments, cwd=folder, env=os.environ | variables)
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def install(
    write: Callable[[str, str], Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Puts a distribution with one plugin where Python finds it."""

    def install(name: str, module: str, code: str, *, requires: str = "") -> None:
        info = f"site/{name.replace('-', '_')}-1.2.dist-info"
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        write(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\nSummary: Something of Acme's.\n{needs}"
            "Project-URL: Homepage, https://acme.example/\n",
        )
        write(f"{info}/entry_points.txt", f"[troupe]\n{name} = {module}\n")
        write(f"site/{module}.py", code)
        monkeypatch.syspath_prepend(folder / "site")

    yield install
    for name in [name for name in sys.modules if name.startswith("acme")]:
        del sys.modules[name]


FACULTY = '''
from attrs import frozen
from troupe_core import FacultySpec, SecretRef, TinyMentalFaculty, action, hookimpl

@frozen
class Config:
    key: SecretRef = SecretRef("env:ACME_KEY")
    size: int = 1

class Humming(TinyMentalFaculty, config=Config):
    """You hum. When you are at ease."""

    @action
    async def hum(self, turn, tune: str):
        """hum a tune."""

@hookimpl
def troupe_register_faculties():
    yield FacultySpec("humming", Humming)
'''
BROKEN = "import a_library_that_nobody_has\n"


@pytest.fixture
def faculty() -> str:
    return FACULTY


@pytest.fixture
def broken() -> str:
    return BROKEN
