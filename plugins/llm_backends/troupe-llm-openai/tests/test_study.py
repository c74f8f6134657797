"""A whole study over the wire: people, a world, a journal; and once more from the journal."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import troupe_llm_openai
from troupe_core import AuthenticationError, RunStopped, Runtime, Simulation, TinyPerson, TinyWorld, Usage
from troupe_testing import talk, turn
from troupe_testing.server import ProtocolServer, Reply, Reset, Status

KEY = "sk-a-test-key-of-nobody-1234"


def answer(body: dict[str, Any]) -> Reply:
    """Says something about how much it has heard."""
    heard = len(body["messages"])
    return Reply(
        turn(talk(f"I have heard {heard} things.")),
        prompt_tokens=1000,
        completion_tokens=50,
        cached_tokens=900,
        reasoning_tokens=30,
    )


Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Two people talk for three rounds, with a journal; the digest and the report."""

    def go(server: ProtocolServer, *, rounds: int = 3) -> Any:
        settings = {"openai": {"base_url": server.base_url}}
        runtime = Runtime([troupe_llm_openai], autoload=False, config={}, model="openai/test-model", settings=settings)
        with runtime, Simulation(tmp_path / "study.sqlite", runtime=runtime) as simulation:
            world = TinyWorld("Bakery", [TinyPerson("Ada", {"age": 71}), TinyPerson("Ben", {"age": 20})])
            world.broadcast("Rolls, at six in the morning?")
            report = world.run(rounds)
            return simulation.digest(), report

    return go


def test_a_study_and_the_same_one_from_its_journal(run: Run, tmp_path: Path):
    with ProtocolServer(answer) as server:
        first, report = run(server)
        assert (report.turns, len(report.failures)) == (6, 0)
        assert (report.spent.calls, report.spent.usage) == (6, Usage(6000, 300, 5400, 180))
        forms = [each.body["response_format"] for each in server.requests]
        assert all(form == forms[0] for form in forms)
        assert forms[0]["json_schema"]["strict"] is True
        assert server.stats.connections <= 2, "they are kept from round to round"
        again, _ = run(server)
        assert again == first
        assert server.stats.requests == 6
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept
    assert KEY.encode() not in kept


def test_what_somebody_sees_goes_over_the_wire_as_a_picture_and_comes_back_from_the_journal(tmp_path: Path):
    picture = b"\x89PNG\r\n\x1a\n and so on"
    url = "data:image/png;base64," + b64encode(picture).decode()

    def go(server: ProtocolServer, model: str) -> None:
        settings = {"openai": {"base_url": server.base_url}}
        runtime = Runtime([troupe_llm_openai], autoload=False, config={}, model=model, settings=settings)
        with runtime, Simulation(tmp_path / "seen.sqlite", runtime=runtime):
            ada = TinyPerson("Ada", {"age": 71})
            ada.see_and_act("A poster.", images=[picture])
            ada.act()

    with ProtocolServer(answer) as server:
        go(server, "openai/test-model")
        sent = [each.body["messages"] for each in server.requests]
        assert [part for part in sent[0][1]["content"] if part["type"] == "image_url"] == [
            {"type": "image_url", "image_url": {"url": url}}
        ]
        assert sent[1][1]["content"] == [
            {"type": "text", "text": "VISUAL:\n- A poster. [picture]"},
            *sent[0][1]["content"][1:],
        ]
        go(server, "openai/test-model")
        assert server.stats.requests == 2, "all of it was answered before"
        go(server, "openai/gpt-3.5-turbo")
        assert all(isinstance(each["content"], str) for each in server.requests[2].body["messages"]), (
            "words stand for it"
        )


def test_who_fails_is_in_the_report_and_the_others_go_on(run: Run):
    with ProtocolServer(answer) as server:
        server.inject(Reset(), times=1, when=lambda asked: '"Ada"' in asked.body["messages"][0]["content"])
        _, report = run(server, rounds=1)
    assert [failure.person for failure in report.failures] == ["Ada"]
    assert "the connection to openai/test-model" in str(report.failures[0])


def test_a_refused_key_stops_the_run(run: Run):
    with ProtocolServer(answer) as server:
        server.inject(Status(401, message=f"{KEY} is wrong."))
        with pytest.raises((RunStopped, AuthenticationError)) as error:
            run(server)
    assert KEY not in str(error.value) + repr(error.value.__cause__)
