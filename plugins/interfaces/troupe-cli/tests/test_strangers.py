"""Commands of other plugins."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from troupe_cli import session
from troupe_core import ArgumentError

COMMANDS = '''
import sys
import click
import troupe_cli
from troupe_core import CommandSpec, ModelError, Runtime, hookimpl

def wave(arguments):
    print("hello", *arguments)
    return len(arguments)

def leave(arguments):
    sys.exit("no more" if arguments else 4)

def fail(arguments):
    raise ValueError("the arm is tired")

def refuse(arguments):
    raise ModelError("the model is out")

@click.group()
def farm():
    """Animals."""

@farm.command()
@click.option("--loud", is_flag=True, help="Be heard.")
@click.pass_obj
def moo(given, loud):
    """Moo."""
    session = troupe_cli.session()
    assert isinstance(session, troupe_cli.Session) and session is given
    assert isinstance(session.runtime(), Runtime)
    click.echo("MOO" if loud else "moo")

def nothing():
    return 7

@hookimpl
def troupe_register_commands():
    yield CommandSpec("wave", lambda: wave, help="say hello")
    yield CommandSpec("leave", lambda: leave)
    yield CommandSpec("fail", lambda: fail)
    yield CommandSpec("refuse", lambda: refuse)
    yield CommandSpec("farm", lambda: farm, help="animals")
    yield CommandSpec("barn", farm)
    yield CommandSpec("seven", nothing)
    yield CommandSpec("odd", lambda: lambda arguments: "odd")
    yield CommandSpec("lost", "acme_nowhere:command")
    yield CommandSpec("doctor", lambda: wave)
'''


@pytest.fixture
def stranger(write: Any, troupe: Any) -> Any:
    write("acme.py", COMMANDS)
    return lambda *arguments: troupe("-p", "./acme.py", *arguments)


def test_a_function_reads_all_its_arguments(stranger: Any):
    ran = stranger("wave", "--help", "--", "-x")
    assert (ran.code, ran.out, ran.err) == (3, "hello --help -- -x\n", "")
    assert stranger("wave").code == 0


def test_one_that_leaves(stranger: Any):
    assert stranger("leave").code == 4
    ran = stranger("leave", "now")
    assert (ran.code, ran.err) == (1, "no more\n")


def test_one_of_click(stranger: Any):
    assert stranger("farm", "moo", "--loud").out == "MOO\n"
    assert stranger("barn", "moo").out == "moo\n", "given as it is"
    assert "Be heard." in stranger("farm", "moo", "--help").out
    assert stranger("farm", "moo", "--lod").code == 2


def test_they_are_listed(stranger: Any):
    ran = stranger("--help")
    assert "say hello (acme)" in ran.out
    assert ran.code == 0


def test_a_failure_is_told_with_its_plugin(stranger: Any):
    ran = stranger("fail")
    assert ran.code == 3
    assert ran.err.startswith(
        "troupe: the command 'fail' of the plugin acme (./acme.py) failed: ValueError: the arm is tired"
    )
    assert "-p no:acme" in ran.err
    assert "--no-plugins" in ran.err
    assert "Traceback" not in ran.err


def test_a_traceback_is_shown_when_it_is_wanted(write: Any, troupe: Any):
    write("acme.py", COMMANDS)
    assert "in fail" in troupe("--traceback", "-p", "./acme.py", "fail").err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("seven", "neither a function nor a click.Command, but 7"),
        ("odd", "returned 'odd'; expected an exit code"),
        ("lost", "cannot load acme_nowhere:command"),
    ],
)
def test_what_is_no_command(stranger: Any, name: str, said: str):
    ran = stranger(name)
    assert ran.code == 3
    assert said in ran.err
    assert "of the plugin acme (./acme.py)" in ran.err


def test_what_is_said_on_purpose_is_said_as_it_is(stranger: Any):
    ran = stranger("refuse")
    assert ran.code == 3
    assert ran.err.startswith("troupe: the model is out\n")


def test_a_clash_with_ours_is_told_with_both_sides(stranger: Any):
    assert "hello" not in stranger("doctor", "--json").out
    said = "doctor is a command of troupe-cli, and of the plugin acme (./acme.py)"
    (clash,) = [each for each in stranger("doctor", "--json").json["findings"] if each["about"] == "commands"]
    assert clash["text"].startswith(said)
    assert said in " ".join(stranger("--help").out.split())


def test_two_of_one_name(troupe: Any, write: Any):
    for name in ("one", "two"):
        write(f"acme_{name}.py", COMMANDS)
    ran = troupe("-p", "./acme_one.py", "-p", "./acme_two.py", "wave")
    assert ran.code == 3
    assert "acme_one (./acme_one.py) and acme_two (./acme_two.py)" in ran.err


def test_ours_need_no_runtime(troupe: Any, write: Any):
    write("acme.py", "raise SystemExit('imported')\n")
    assert troupe("-p", "./acme.py", "completion", "fish").code == 0
    assert troupe("-p", "./acme.py", "--version").code == 0


def test_an_unknown_command_says_what_was_left_out(troupe: Any, install: Any, broken: str):
    install("acme-broken", "acme_broken", broken)
    ran = troupe("wave")
    assert ran.code == 2
    assert "Left out: acme-broken (acme-broken 1.2)" in ran.err


@pytest.mark.parametrize(
    ("words", "found"),
    [("", {"wave", "farm", "doctor"}), ("far", {"farm"}), ("farm ", {"moo"}), ("farm moo --l", {"--loud"})],
)
def test_completion(script: Any, write: Any, words: str, found: set[str]):
    write("acme.py", COMMANDS)
    given = f"troupe -p ./acme.py {words}"
    ran = script(_TROUPE_COMPLETE="bash_complete", COMP_WORDS=given, COMP_CWORD=str(len(given.split(" ")) - 1))
    assert ran.err == ""
    assert found <= {line.partition(",")[2] for line in ran.out.splitlines()}


def test_completion_with_broken_settings(script: Any, write: Any):
    write("troupe.toml", "modl = 1\n")
    ran = script(_TROUPE_COMPLETE="bash_complete", COMP_WORDS="troupe d", COMP_CWORD="1")
    assert (ran.out, ran.err) == ("plain,doctor\n", "")


def test_there_is_no_session_outside_of_commands():
    with pytest.raises(ArgumentError, match="none is running"):
        session()


def test_remarks_go_to_stderr(stranger: Any, write: Any):
    write("troupe.toml", "[loading]\ndisable = ['nobody-at-all']\n")
    ran = stranger("wave")
    assert ran.out == "hello\n"
    assert "there is no plugin 'nobody-at-all'" in ran.err
    assert logging.getLogger("troupe").propagate


def test_a_failure_does_not_tell_a_secret(troupe: Any, write: Any, monkeypatch: Any, faculty: str):
    monkeypatch.setenv("ACME_KEY", "sk-not-for-anybody")
    write("troupe.toml", "[settings.humming]\n")
    write(
        "acme.py",
        f"""{faculty}
import os
from troupe_core import CommandSpec

def tell(arguments):
    raise ValueError("it is " + os.environ["ACME_KEY"])

@hookimpl
def troupe_register_commands():
    yield CommandSpec("tell", lambda: tell)
""",
    )
    for options in ([], ["--traceback"]):
        ran = troupe(*options, "-p", "./acme.py", "tell")
        assert "it is [secret]" in ran.err
        assert "sk-not-for-anybody" not in ran.out + ran.err
