"""The program: versions, usage, exit codes, pipes, completion, text where nobody looks on.

How long `troupe --version` may take is no matter of tests: the benchmark `command_line` holds the figure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
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
        (["doktor"], "there is no command 'doktor'; did you mean doctor?\n"),
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


def test_no_file_of_settings(troupe: Any, write: Any):
    write("troupe.toml", "model = \n")
    assert troupe("--config", "", "config", "show", "--json").json["file"] is None
    assert "settings: no file; none is wanted" in troupe("--config", "", "doctor").out


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


AT_AN_IMPORT = """
import os, signal, sys, troupe_cli

class Impatient:
    def find_spec(self, name, *others):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
            print("goes on")

sys.meta_path.insert(0, Impatient())
sys.exit(troupe_cli.main(sys.argv[2:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("module", "command", "printed"),
    [("click", "show", ""), ("orjson", "show", "goes on\n"), ("orjson", "doctor", "goes on\n")],
)
def test_interrupted_before_anything_has_begun(module: str, command: str, printed: str):
    """orjson, interrupted while it sets itself up, would take Python with it."""
    program = [sys.executable, "-c", AT_AN_IMPORT, module, command]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, printed, "troupe: interrupted\n")


def ran_into(stdout: Any, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "troupe_cli", *arguments]
    settled = os.environ | variables
    return subprocess.run(command, env=settled, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("arguments", [["plugin", "list"], ["--help"], ["--version"]])
def test_there_is_no_room_for_what_is_printed(arguments: list[str]):
    with Path("/dev/full").open("w") as full:
        ran = ran_into(full, *arguments)
    assert (ran.returncode, ran.stderr) == (3, "troupe: what is printed: No space left on device\n")


@pytest.mark.parametrize("arguments", [["doctor"], ["plugin", "info", "faculty-mood"]])
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_an_encoding_that_lacks_what_is_printed(arguments: list[str], encoding: str):
    ran = ran_into(subprocess.DEVNULL, *arguments, PYTHONIOENCODING=encoding)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="it takes a shell")
def test_nobody_wants_what_is_printed():
    command = f'"{sys.executable}" -m troupe_cli plugin list >&-'
    ran = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_what_the_system_would_not_do(troupe: Any, folder: Any):
    inside = folder / "lost"
    inside.symlink_to("nowhere/at/all")
    ran = troupe("plugin", "new", "faculty", "calm", "--into", str(inside))
    assert ran.code == 3
    assert ran.err.startswith(f"troupe: {inside}")
    assert "Traceback" not in ran.err
    ran = troupe("--traceback", "plugin", "new", "faculty", "calm", "--into", str(inside))
    assert "Traceback" in ran.err


@pytest.mark.parametrize("arguments", [[], ["plugin"], ["config"]])
def test_nothing_said_is_a_wish_for_help(troupe: Any, arguments: list[str]):
    ran = troupe(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: troupe")


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
        ("troupe plugin new fac", {"faculty"}),
        ("troupe plugin check faculty-m", {"faculty-mood"}),
        ("troupe -p no:faculty-m", {"no:faculty-mood"}),
    ],
)
def test_completion(script: Any, words: str, found: set[str]):
    ran = script(_TROUPE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))
    assert (ran.code, ran.err) == (0, "")
    assert found <= {line.partition(",")[2] for line in ran.out.splitlines()}


@pytest.mark.parametrize("words", ["troupe plugin check shop", "troupe -p shop"])
def test_files_are_completed_by_the_shell(script: Any, words: str):
    ran = script(_TROUPE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))
    assert ran.out == "file,shop\n"


def test_names_complete_without_importing_plugins():
    program = (
        "import sys; from troupe_cli.names import kinds, plugins; assert 'llm-openai' in plugins() and kinds()\n"
        "assert not [name for name in sys.modules if name.startswith('troupe_llm_openai')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def terminal(monkeypatch: Any) -> Any:
    def so_wide(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return so_wide


def test_people_see_a_table(terminal: Any, capsys: Any):
    terminal(80)
    printing.table(("name", "why"), [["[bold]mood[/]", "failed"]])
    assert "[bold]mood[/]" in capsys.readouterr().out, "nobody's text is markup"


@pytest.mark.parametrize("columns", [120, 80, 60, 30])
def test_names_are_never_broken(terminal: Any, capsys: Any, columns: int):
    terminal(columns)
    name, long = "enricher-of-audiences", "one, two, three, four, five, six, seven, eight"
    printing.table(("name", "status", "brings", "why"), [[name, "asleep", long, "it sleeps"]] * 3, whole=2)
    lines = click.unstyle(capsys.readouterr().out).splitlines()
    for expected in (name, "asleep", "it sleeps"):
        assert sum(expected in line for line in lines) == 3
    assert columns < 60 or max(map(len, lines)) <= columns


def test_stderr_is_folded_between_words_where_somebody_looks_on(monkeypatch: Any, capsys: Any):
    path = f"/tmp/{'a-long-way-' * 4}down"
    for columns, text in (
        (40, f"cannot be\n    read:\n    {path}\n    is gone\n"),
        (0, f"cannot be read: {path} is gone "),
    ):
        monkeypatch.setattr(sys.stderr, "isatty", lambda columns=columns: columns > 0)
        monkeypatch.setenv("COLUMNS", str(columns))
        troupe_cli.on_stderr(f"it is said here that this cannot be read: {path} is gone", f"troupe run {path} --plain")
        assert capsys.readouterr().err == f"it is said here that this {text}troupe run {path} --plain\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    assert troupe_cli.main(["plugin", "no-such-command-there-can-be"]) == 2
    wrong = capsys.readouterr().err.partition("\nError: ")[2]
    assert wrong.startswith("there is no command\n    'no-such-command")
    assert all(len(line) <= 40 for line in wrong.splitlines())


def test_a_document_is_json_whatever_is_in_it(capsys: Any):
    printing.document({"sizes": [float("inf"), {"other": float("nan")}, 1.5]})
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found == {"sizes": ["inf", {"other": "nan"}, 1.5]}
