"""`troupe run` and `troupe init`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from troupe_core import ModelCall, Runtime, hookimpl
from troupe_study import Study

EXAMPLE = Path(__file__).parents[4] / "examples" / "studies" / "cold_soup.toml"


def test_what_init_writes_can_be_run(troupe: Callable[..., Any], folder: Path):
    assert troupe("init").code == 0
    text = (folder / "study.toml").read_text()
    again = troupe("init")
    assert again.code == 3
    assert "is there already" in again.err
    assert (folder / "study.toml").read_text() == text
    assert troupe("init", "study.json").code == 3
    ran = troupe("run", "study.toml")
    assert ran.code == 0, ran.err
    assert "round 2 of 2" in ran.out
    assert "Ada Moreira thinks: " in ran.out
    assert "Ada Moreira" in ran.out
    assert (folder / "study.results" / "findings.csv").exists()


def test_every_remark_in_what_init_writes_can_be_said(troupe: Callable[..., Any], folder: Path, write: Any):
    write("people/carol.agent.json", '{"persona": {"name": "Carol"}}')
    write("fragments/picky_customer.fragment.json", '{"persona": {"dislikes": ["coriander"]}}')
    write("panel.csv", "respondent\nEve\n")
    (folder / "bottle.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    troupe("init")
    said = [line.removeprefix("# ") for line in (folder / "study.toml").read_text().splitlines()[2:]]
    said = ["" if line.endswith(".") and not line.startswith("[") else line for line in said]
    write("all.toml", "\n".join(said))
    read = Study.read("all.toml")
    assert read.findings is not None
    assert [len(read.people), len(read.stimulus), len(read.ask), read.findings.of] == [6, 3, 2, "world"]


def test_a_dry_run_asks_nobody_and_counts_right(study: Callable[..., Path]):
    calls: list[str] = []

    class Watching:
        @hookimpl
        def troupe_event(self, event: object) -> None:
            if isinstance(event, ModelCall):
                calls.append(event.call.purpose)

    people = '[[people]]\nname = "Ada"\ninline = "x"\n[[people]]\ngenerate = { context = "A ferry.", count = 4 }\n'
    rest = (
        '[world]\nrounds = 11\n[[stimulus]]\nsay = "Soup?"\n[findings]\nobjective = "x"\nfields = { rating = "1..5" }\n'
    )
    read = Study.read(study(people, rest))
    with Runtime([Watching()]) as runtime:
        estimate = read.estimate(runtime=runtime)
        assert calls == []
        assert not read.results_folder.exists()
        spent = read.run(runtime=runtime).spent
    assert spent.calls == len(calls)
    assert abs(estimate.calls - spent.calls) <= spent.calls / 10
    assert estimate.calls <= estimate.most_calls
    assert 0.5 < estimate.input / spent.usage.input < 2


def test_a_dry_run_of_the_example_counts_right(troupe: Callable[..., Any], folder: Path):
    dry = json.loads(troupe("run", "--dry-run", "--json", EXAMPLE).out)
    ran = troupe("run", EXAMPLE, "--into", folder / "out", "--json")
    assert ran.code == 0, ran.err
    *happened, spent = map(json.loads, ran.out.splitlines())
    assert spent["event"] == "done"
    assert [line["event"] for line in happened].count("turn") == 36
    assert dry["calls"] == spent["calls"] == 48
    assert 0.5 < dry["tokens_in"] / spent["tokens_in"] < 2
    assert set(spent["files"]) >= {"findings.md", "plots/rating.svg", "plots/would_buy.svg"}
    assert spent["mark"] == "rehearsal"


def test_a_dry_run_says_if_the_budget_will_not_do(study: Callable[..., Path], troupe: Callable[..., Any]):
    path = study()
    path.write_text(path.read_text() + "[budget]\ncalls = 3\n")
    ran = troupe("run", "--dry-run", path)
    assert ran.code == 1
    assert "in all: 6 calls" in ran.out
    assert "soup.toml:19: budget.calls: 3 calls will not do for 6" in ran.err


def test_money_is_estimated_limited_and_told(
    study: Callable[..., Path], troupe: Callable[..., Any], write: Callable[[str, str], Path]
):
    """Puppets that have a price."""
    write("troupe.toml", '[prices]\n"rehearsal/default" = { input = 10, output = 40 }\n')
    path = study()
    text = path.read_text()
    path.write_text(f"{text}[budget]\nmoney = 0.001\n[budget.purposes.extraction]\nmoney = 0.0001\n")
    ran = troupe("run", "--dry-run", path)
    assert ran.code == 1
    cost = float(re.search(r"in all: 6 calls .* out, (0\.\d{4}) USD", ran.out)[1])  # type: ignore[index]
    assert f"soup.toml:19: budget.money: 0.001 USD will not do for {cost:.4f} USD" in ran.err
    assert "soup.toml:21: budget.purposes.extraction.money: 0.0001 USD will not do for 0.0" in ran.err
    ran = troupe("run", path)
    assert ran.code == 3
    assert "the budget of 0.001 USD would not do" in ran.err
    path.write_text(f"{text}[budget]\nmoney = 1.0\n")
    ran = troupe("run", "--json", path)
    done = json.loads(ran.out.splitlines()[-1])
    assert 0.5 < cost / done["money"] < 2
    calls = [line for line in map(json.loads, ran.out.splitlines()) if line["event"] == "call"]
    assert sum(call["money"] for call in calls) == pytest.approx(done["money"])
    assert f"2 runs: 6 calls, {done['tokens_in']:,} tokens in" in (shown := troupe("show", path).out)
    assert f"{done['money']:.4f} USD" in shown
    write("troupe.toml", '[prices]\n"rehearsal/default" = { input = 10, output = 40 }\n')
    path.write_text(f"{text.replace('rehearsal/default', 'openai/mine')}[budget]\nmoney = 1.0\n")
    assert "budget.money: nobody knows what openai/mine costs" in troupe("run", "--dry-run", path).err
    path.write_text(text.replace('"rehearsal/default"', '["openai/gpt-5-mini", "openai/mine"]'))
    write("troupe.toml", '[budget]\nmoney = 0.001\n[settings.openai]\nkey = "env:NOT_SET"\n')
    ran = troupe("run", "--dry-run", path)
    assert ran.code == 1
    assert "troupe.toml:2: budget.money: nobody knows what openai/mine costs" in ran.err  # though it is the second
    assert "troupe.toml:2: budget.money: 0.001 USD will not do for 0.0" in ran.err
    write("troupe.toml", '[prices]\n"rehearsal/default" = { input = 1000, output = 40 }\n')
    path.write_text(text)
    ran = troupe("run", "--dry-run", path)
    assert (ran.code, "the run stops at 2 USD, which will not do for " in ran.err) == (1, True)


def test_a_dry_run_tells_of_purposes_that_perhaps_nobody_has(
    study: Callable[..., Path], troupe: Callable[..., Any], write: Callable[[str, str], Path]
):
    write("troupe.toml", '[models]\nextractoin = "rehearsal/default"\n')
    limits = "[budget.purposes.extracting]\ncalls = 9\n[budget.purposes.rumours]\ncalls = 9\n[budget.purposes.turn]\n"
    path = study(rest=f"{TWICE}{limits}calls = 99\n")
    ran = troupe("run", "--dry-run", path)
    assert ran.code == 0, ran.err
    told = " ".join(ran.err.split())
    why = "only a faculty could have such a purpose, else this does nothing;"
    assert f"budget.purposes.extracting: {why} did you mean extraction?" in told
    assert f"budget.purposes.rumours: {why} there are turn, ask," in told
    assert f"models.extractoin: {why} did you mean extraction?" in told
    assert "purposes.turn" not in told


def test_a_dry_run_knows_each_ones_own_model_and_every_limit(
    study: Callable[..., Path], troupe: Callable[..., Any], write: Callable[[str, str], Path]
):
    prices = '[prices]\n"rehearsal/default" = { input = 0, output = 0 }\n"openai/dear" = { input = 100, output = 0 }\n'
    write("troupe.toml", prices)
    ada = '[[people]]\nname = "Ada"\ninline = "A nurse."\nmodel = "openai/dear"\n'
    people = ada + '[[people]]\nname = "Ben"\ninline = "A cook."\n'
    path = study(people)
    ran = troupe("run", "--dry-run", "--json", path)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    turns = told["purposes"]["turn"]
    assert 0.4 < turns["money"] / (turns["input"] * 100 / 10**6) < 0.6, "one of two people has turns that cost"
    assert told["money"] == turns["money"] > 0, "what judges her is not her own model"
    path.write_text(path.read_text().replace("rounds = 2", "rounds = 20"))
    ran = troupe("run", "--dry-run", path)
    assert ran.code == 1
    assert "soup.toml: budget.money: no budget is given, so that the run stops at 2 USD, which will not do" in ran.err
    limits = "[budget]\nmoney = 0.5\n[budget.person]\ntokens = 9\n[budget.runtime]\ncalls = 3\n"
    write("troupe.toml", limits + prices)
    ran = troupe("run", "--dry-run", path)
    assert ran.code == 1
    for line, said in (
        (2, "budget.money: 0.5 USD will not do for "),
        (4, "budget.person.tokens: 9 tokens will not do for about "),
        (6, "budget.runtime.calls: 3 calls will not do for "),
    ):
        assert f"troupe.toml:{line}: {said}" in ran.err
    assert ", for Ada and 1 other" in ran.err


@pytest.mark.parametrize("arguments", [("run",), ("run", "a", "b"), ("run", "--wet", "a")])
def test_wrong_usage(troupe: Callable[..., Any], arguments: tuple[str, ...]):
    assert troupe(*arguments).code == 2


def test_mistakes_stand_in_the_way(study: Callable[..., Path], troupe: Callable[..., Any]):
    ran = troupe("run", study(head="titel = 1\n"))
    assert ran.code == 3
    assert "soup.toml:1: titel: there is no such setting" in ran.err
    assert "title: is missing" in ran.err
    assert "raised in" not in ran.err  # whose file it is, knows


def test_quiet_and_without_thoughts_less_is_shown(study: Callable[..., Path], troupe: Callable[..., Any]):
    path = study()
    assert "Ada thinks: " not in troupe("run", path, "--no-thoughts").out
    ran = troupe("run", path, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert "Ada: " not in ran.out
    assert "would_buy" in ran.out


MODEL = """
import asyncio
import json

from troupe_core import LLMBackend, LLMResponse, ModelUnavailable
from troupe_testing import quiet


class Mine(LLMBackend):
    name = "mine"

    async def complete(self, request, call):
        if call.turn == 1:
            {then}
        return LLMResponse(json.dumps(quiet(request, call)))
"""
MINE = 'title = "Soup"\nmodel = "mine/any"\n'
TWICE = '[world]\nrounds = 2\n[[stimulus]]\nsay = "Soup?"\n'


def test_in_quiet_who_fails_is_told_once(study: Callable[..., Path], troupe: Callable[..., Any], write: Any):
    write("mine.py", MODEL.format(then='if call.person == "Ben": raise ModelUnavailable("the line is dead")'))
    ran = troupe("-p", "mine.py", "run", study(head=MINE, rest=TWICE), "--quiet")
    assert ran.code == 1
    assert ran.err == "✗ Ben failed: ModelUnavailable: the line is dead\n"


def test_what_a_model_writes_gives_no_orders_in_errors_and_remarks(
    study: Callable[..., Path], troupe: Callable[..., Any], write: Any
):
    write("mine.py", MODEL.format(then='if call.person == "Ben": raise ModelUnavailable("dead\x9b31m \u202e")'))
    ran = troupe("-p", "mine.py", "run", study(head=MINE, rest=TWICE))
    assert ran.code == 1
    assert "failed: " in ran.err
    assert not {"\x9b", "\u202e"} & {*ran.out, *ran.err}
    write("odd.json", '{"title": "x", "wor\\u001b]0;p\\u0007ld": {}}')
    ran = troupe("run", "odd.json")
    assert "wor␛]0;p␇ld: there is no such setting" in ran.err


def test_a_spent_budget_is_told_in_words_of_the_study(
    study: Callable[..., Path], troupe: Callable[..., Any], write: Any
):
    write("mine.py", MODEL.format(then="pass"))
    path = study(head=MINE, rest=f"{TWICE}[budget]\ncalls = 3\n")
    ran = troupe("-p", "mine.py", "run", path, "--json")
    assert ran.code == 3
    told = " ".join(ran.err.split())
    assert "with a larger one it goes on: [budget] calls = … in " in told
    assert f"{path.name}:" in told.partition("calls = … in ")[2]
    assert "Budget(" not in told
    last = json.loads(ran.out.splitlines()[-1])
    assert (last["event"], last["folder"]) == ("stopped", str(path.parent / "soup.results"))
    assert "the budget of 3 calls is spent" in last["error"]
    assert "raised in the plugin" not in ran.err
    path.write_text(path.read_text().replace("calls = 3", "calls = 4"))
    assert troupe("-p", "mine.py", "run", path).code == 0


def test_the_line_that_repeats_a_run_has_the_model_of_the_environment(
    study: Callable[..., Path], troupe: Callable[..., Any], write: Any, monkeypatch: pytest.MonkeyPatch
):
    write("mine.py", MODEL.format(then="pass"))
    monkeypatch.setenv("TROUPE_MODEL", "mine/any")
    path = study(head='title = "Soup"\n', rest=TWICE)
    assert troupe("-p", "./mine.py", "run", path).code == 0
    readme = (path.parent / "soup.results/README.md").read_text()
    assert "    TROUPE_MODEL=mine/any troupe -p ./mine.py run soup.toml\n" in readme


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_in_a_terminal_there_is_a_bar_and_ctrl_c_leaves_all_in_order(study: Callable[..., Path], write: Any):
    import pty
    import termios

    write("mine.py", MODEL.format(then="await asyncio.sleep(600)"))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 40))
    before = termios.tcgetattr(theirs)
    program = [sys.executable, "-m", "troupe_cli", "-p", "mine.py", "run", study(head=MINE, rest=TWICE)]
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    ran = subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    seen = b""
    while b"2 of 4 turns" not in seen:
        seen += os.read(ours, 10_000)
    ran.send_signal(signal.SIGINT)
    assert ran.wait(60) == 130
    assert termios.tcgetattr(theirs) == before
    os.close(theirs)
    with suppress(OSError):  # so it tells that nobody writes any more
        while more := os.read(ours, 10_000):
            seen += more
    os.close(ours)
    text = seen.decode()
    end = text[text.rindex("\x1b[J") :]
    assert "━" in text
    assert "\x1b" not in end[3:]
    assert "1 step, " in end
    assert "troupe: interrupted; what was answered\r\n    is kept in\r\n" in end
    assert "from there:\r\ntroupe -p mine.py run /" in end
