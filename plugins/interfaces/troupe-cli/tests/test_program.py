"""The program: versions, usage, exit codes, pipes, completion, text where nobody looks on."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

import troupe_cli
from troupe_cli import printing
from troupe_cli.ours import OURS


def test_versions(script: Any):
    ran = script("--version")
    assert ran.code == 0
    assert ran.out.startswith(f"troupe-cli {version('troupe-cli')}, troupe-core {version('troupe-core')}, Python 3.")
    assert troupe_cli.__version__ == version("troupe-cli")


def test_versions_load_nothing_that_is_not_needed():
    program = (
        "import sys, troupe_cli\n"
        "assert troupe_cli.main(['--version']) == 0\n"
        "heavy = {'rich', 'attrs', 'asyncio', 'pluggy', 'troupe_core.runtime'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_as_a_module():
    ran = subprocess.run([sys.executable, "-m", "troupe_cli", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("troupe-cli ")


def test_help_tells_commands_and_exit_codes(troupe: Any):
    ran = troupe("--help")
    assert ran.code == 0
    for expected in (*OURS, "wrong usage", "--no-plugins", "130"):
        assert expected in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["doktor"], "there is no command 'doktor'; did you mean doctor?"),
        (["plugin", "lst"], "did you mean list?"),
        (["plugin", "list", "--jsn"], "--json"),
        (["plugin", "list", "-p", "./mood.py"], "It stands before the command: troupe -p …"),
        (["plugin", "list", "--kind", "facultie"], "did you mean faculty?"),
    ],
)
def test_wrong_usage(troupe: Any, arguments: list[str], said: str):
    ran = troupe(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_broken_settings(troupe: Any, write: Any):
    write("troupe.toml", "[budget]\ncals = 3\n")
    ran = troupe("plugin", "list")
    assert ran.code == 3
    assert "troupe.toml:2: budget.cals: there is no such setting" in ran.err
    assert troupe("--help").code == 0, "which says that others' commands could not be looked up"
    assert "could not be looked up" in troupe("--help").out
    assert troupe("--version").code == 0


def test_another_file_of_settings(troupe: Any, write: Any):
    write("study.toml", "model = 'scripted/any'\n")
    settings = troupe("--config", "study.toml", "config", "show", "--json").json["settings"]
    (model,) = [each for each in settings if each["name"] == "model"]
    assert (model["value"], model["place"]) == ("scripted/any", "study.toml:1")
    assert troupe("--config", "none.toml", "config", "show").code == 3


def test_nobody_reads_to_the_end(folder: Any):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        ran = subprocess.run(
            [sys.executable, "-m", "troupe_cli", "plugin", "graph"],
            cwd=folder,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_interrupted(troupe: Any, write: Any):
    write(
        "waving.py",
        """
        from troupe_core import CommandSpec, hookimpl

        def wave(arguments):
            raise KeyboardInterrupt

        @hookimpl
        def troupe_register_commands():
            yield CommandSpec("wave", lambda: wave)
        """,
    )
    ran = troupe("-p", "./waving.py", "wave")
    assert (ran.code, ran.err) == (130, "troupe: interrupted\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell(script: Any, shell: str):
    ran = script("completion", shell)
    assert ran.code == 0
    assert "_TROUPE_COMPLETE" in ran.out
    assert "~/.bashrc" in script("completion", "--help").out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("troupe ", {"completion", "config", "doctor", "plugin"}),
        ("troupe plugin ", {"graph", "info", "list"}),
        ("troupe plugin info llm", {"llm-openai"}),
        ("troupe plugin info sta", {"state-cache"}),
        ("troupe plugin graph troupe_ll", {"troupe_llm_handler"}),
        ("troupe plugin list --kind to", {"tool"}),
    ],
)
def test_completion(script: Any, words: str, found: set[str]):
    ran = script(_TROUPE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))
    assert (ran.code, ran.err) == (0, "")
    assert found <= {line.partition(",")[2] for line in ran.out.splitlines()}


def test_names_complete_without_importing_plugins():
    program = (
        "import sys; from troupe_cli.names import kinds, plugins; assert 'llm-openai' in plugins() and kinds()\n"
        "assert not [name for name in sys.modules if name.startswith('troupe_llm_openai')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_people_see_a_table(monkeypatch: Any, capsys: Any):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    printing.table(("name", "why"), [["[bold]mood[/]", "failed"]])
    assert "[bold]mood[/]" in capsys.readouterr().out, "nobody's text is markup"
