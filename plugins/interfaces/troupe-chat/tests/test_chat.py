"""`troupe chat`, with lines that are piped in, and in a terminal."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import attrs
import pytest

from troupe_cli import main

ADA = {"type": "TinyPerson", "persona": {"name": "Ada", "age": 71, "occupation": {"title": "nurse"}}}
MODEL = """
import asyncio, json, logging, os, signal
from troupe_core import BackendSpec, BadRequest, LLMBackend, LLMResponse, hookimpl
from troupe_testing import talk, think, turn

class Listener(LLMBackend):
    async def complete(self, request, call):
        heard = request.messages[-1].content.partition("\\n\\n")[0].splitlines()[-1]
        if "break" in heard:
            raise RuntimeError("a bug")
        if "fail" in heard:
            raise BadRequest("not that")
        if "warn" in heard:
            logging.getLogger("troupe").warning("beware")
        if "stop" in heard:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
        return LLMResponse(json.dumps(turn(think(f"{len(request.messages)} messages"), talk(f"You said: {heard}"))))

@hookimpl
def troupe_register_llm_backends():
    yield BackendSpec("listener", Listener)
"""


@attrs.frozen
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    for name in [name for name in os.environ if name.startswith(("TROUPE_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "listener.py").write_text(dedent(MODEL))
    (tmp_path / "ada.agent.json").write_text(json.dumps(ADA))
    (tmp_path / "ben.agent.json").write_text(json.dumps({"persona": {"name": "Ben"}}))

    def run(said: str, *arguments: str, who: str = "ada.agent.json") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        capsys.readouterr()
        code = main(["-p", "./listener.py", "chat", who, "--model", "listener/any", "--as", "Bob", *arguments])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run


def test_lines_are_said_and_answered_and_the_next_chat_goes_on(chat: Callable[..., Ran]):
    first = chat("Hello\n\nAnd you?\n/bye\nnever said\n", "--into", "ada.db", "--thoughts")
    assert first.code == 0, first.err
    assert first.out.splitlines()[1:] == [
        "Bob → Ada: Hello",
        "Ada thinks: 2 messages",
        "Ada: You said: - Bob: Hello",
        "Bob → Ada: And you?",
        "Ada thinks: 4 messages",
        "Ada: You said: - Bob: And you?",
    ]
    assert "ada.db" in first.err
    again = chat("Still there?\n/bye\nnever said\n", "--into", "ada.db")
    assert again.out.splitlines() == [
        "Ada: it goes on after 2 turns",
        "Bob → Ada: Still there?",
        "Ada: You said: - Bob: Still there?",
    ]
    other = chat("Hello\n", "--into", "ada.db", who="ben.agent.json")
    assert other.code == 3
    assert "ada.db is a chat with Ada, and Ben is in ben.agent.json" in other.err
    assert not Path("none.db").exists()
    nobody = chat("Hello\n", "--into", "none.db", who="nobody.agent.json")
    assert (nobody.code, "nobody.agent.json; a chat takes the file" in nobody.err) == (3, True)
    assert not Path("none.db").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_call_that_fails_and_one_that_is_stopped_are_taken_back(chat: Callable[..., Ran]):
    ran = chat("please break\nplease fail\nplease stop\nGood.\n", "--thoughts")
    assert ran.code == 1, ran.err
    first, *lines = ran.out.splitlines()
    assert lines.pop(0) == "Bob → Ada: please break"
    assert "failed: RuntimeError: a bug" in lines[0]
    assert first.startswith("Ada")
    assert lines[2].startswith("failed: ")
    assert "not that" in lines[2]
    assert lines[4] == "taken back: Ada has not heard it"
    assert lines[6:] == ["Ada thinks: 2 messages", "Ada: You said: - Bob: Good."]


def test_what_begins_with_a_slash_is_not_said(chat: Callable[..., Ran]):
    ran = chat("/prompt\nHello\x1b[2J\n/memories\n/shout now\n/help\n")
    assert ran.code == 0, ran.err
    assert "(nothing new)" in ran.out
    assert ran.out.count("Bob: Hello") == 3  # as it was said, as Ada heard it, and as she says it again
    assert "there is no /shout, and it was not said" in ran.out
    assert "/memories: the last 10 things" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
def test_in_a_terminal_it_asks_for_lines_and_ctrl_d_ends_it(chat: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch):
    lines = iter(["warn me", KeyboardInterrupt(), "Well?", EOFError()])

    def asked(prompt: str) -> str:
        assert prompt == "Bob: "
        line = next(lines)
        if isinstance(line, BaseException):
            raise line
        return line

    monkeypatch.setattr("builtins.input", asked)
    monkeypatch.setattr("troupe_chat.chatting.Chat.sits_there", True)
    monkeypatch.setattr("troupe_presenter.stream.Stream.terminal", True)
    monkeypatch.setenv("TERM", "dumb")
    ran = chat("")
    assert ran.code == 0
    assert ran.out.count("You said:") == 2
    assert ran.out.index("You said: - Bob: warn me\n") < ran.out.index("\nbeware\n")  # and not in the middle of it
    assert ran.err == ""
    assert "Bob → Ada" not in ran.out  # it stands there already, where it was written


def test_a_study_is_nobody_to_talk_to(chat: Callable[..., Ran]):
    Path("soup.toml").write_text('title = "Soup"')
    ran = chat("Hello\n", who="soup.toml")
    assert (ran.code, ran.out) == (3, "")
    assert "soup.toml is a study; a chat takes the file of a person" in ran.err
