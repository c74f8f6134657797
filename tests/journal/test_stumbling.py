"""Turns that come to nothing usable: a program that is run again goes on from there, and repeats what it went past."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from troupe_core import OutputError, RunStopped, Simulation, TinyPerson, TinyThing, TinyWorld, transactional
from troupe_testing import quiet, talk, turn


def garbage_until(draw: int, *people: str, number: int = 0) -> Any:
    """Their answers in one turn are no use until that draw."""

    def script(request: Any, call: Any) -> Any:
        if call.purpose != "turn":
            return quiet(request, call)
        if call.person in people and call.turn == number and request.draw < draw:
            return "no answer at all"
        return turn(talk(f"{call.person} speaks, for the time number {call.turn}."))

    return script


@pytest.mark.parametrize("name", ["study.db", "study.json"])
def test_a_program_that_stopped_there_asks_anew_each_time_it_is_run(make_runtime, tmp_path, name):
    came = []
    for _ in range(4):
        with Simulation(tmp_path / name, runtime=make_runtime(garbage_until(2_000, "Ada"))) as simulation:
            ada = TinyPerson("Ada")
            try:
                ada.act()
                came.append(("acted", simulation.usage.calls))
            except OutputError:
                came.append(("failed", simulation.usage.calls))
    assert came == [("failed", 2), ("failed", 2), ("acted", 1), ("acted", 0)]


def test_a_run_that_stopped_there_too(make_runtime, tmp_path):
    script, came = garbage_until(1_000, "Ada", "Ben", number=1), []
    for _ in range(3):
        with Simulation(tmp_path / "study.db", runtime=make_runtime(script)) as simulation:
            world = TinyWorld("Room", [TinyPerson(name) for name in ("Ada", "Ben", "Cleo")])
            try:
                world.run(3, max_failed=0.2)
                came.append(("ran", simulation.usage.calls))
            except RunStopped:
                came.append(("stopped", simulation.usage.calls))
    assert came == [("stopped", 8), ("ran", 5), ("ran", 0)]


def test_what_a_program_went_past_is_repeated_for_nothing_and_comes_to_the_same(make_runtime, tmp_path):
    came = []
    for _ in range(3):
        runtime = make_runtime(garbage_until(1_000, "Ada", number=1))
        with Simulation(tmp_path / "study.db", runtime=runtime) as simulation:
            report = TinyWorld("Room", [TinyPerson("Ada"), TinyPerson("Ben")]).run(4, max_failed=1.0)
        came.append((simulation.digest(), [failure.person for failure in report.failures], report.spent.calls))
    assert came[0][1] == ["Ada"]
    assert came[0][:2] == came[1][:2] == came[2][:2]
    assert [calls for _, _, calls in came[1:]] == [0, 0]
    assert Simulation.replay(tmp_path / "study.db", runtime=runtime).turns == 7


def test_someone_who_failed_alone_and_was_asked_again_is_found_in_the_same_way(make_runtime, tmp_path):
    came = []
    for _ in range(2):
        with Simulation(tmp_path / "study.db", runtime=make_runtime(garbage_until(1_000, "Ada"))) as simulation:
            ada = TinyPerson("Ada")
            with pytest.raises(OutputError):
                ada.act()
            ada.act()
            ada.act()
        came.append((simulation.digest(), simulation.usage.calls))
    assert came[0][0] == came[1][0]
    assert came[1][1] == 0


@frozen
class Advice:
    text: str


@frozen
class Board:
    note: str = ""


class Adviser(TinyThing, state=Board):
    @transactional
    async def consult(self, question: str) -> str:
        advice = await self.llm("advice").ask(question, output=Advice)
        self.state = Board(advice.text)
        return advice.text

    @transactional(memo=False)
    async def chat(self, question: str) -> str:
        advice = await self.llm("advice").ask(question, output=Advice)
        return advice.text


def advises_from(draw: int) -> Any:
    return lambda request, call: {"text": "Wait."} if request.draw >= draw else "no answer at all"


@pytest.mark.parametrize("path", [None, "study.db", "study.json"])
@pytest.mark.parametrize("method", ["consult", "chat"])
def test_a_method_of_a_thing_asks_anew_too(make_runtime, tmp_path, path, method):
    simulation = Simulation(tmp_path / path if path else None, runtime=make_runtime(advises_from(2_000)))
    ask = getattr(Adviser("Desk", simulation=simulation), method)
    for calls in (2, 4):
        with pytest.raises(OutputError):
            ask("What now?")
        assert simulation.usage.calls == calls
    assert ask("What now?") == "Wait."
    assert simulation.usage.calls == 5
    simulation.close()


def test_a_program_that_stopped_at_a_thing_asks_anew_and_repeats_what_it_went_past(make_runtime, tmp_path):
    came = []
    for _ in range(3):
        with Simulation(tmp_path / "study.db", runtime=make_runtime(advises_from(1_000))) as simulation:
            adviser = Adviser("Desk")
            try:
                came.append((adviser.consult("What now?"), simulation.usage.calls))
            except OutputError:
                came.append(("failed", simulation.usage.calls))
    assert came == [("failed", 2), ("Wait.", 1), ("Wait.", 0)]
    assert Simulation.replay(tmp_path / "study.db", runtime=simulation.runtime).others == 1
