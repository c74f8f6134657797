"""A journal that is looked at: what was asked in each turn, word for word, and nothing is disturbed by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from troupe_core import (
    ArgumentError,
    BackendSpec,
    BadRequest,
    EpisodicMemory,
    JournalError,
    LLMBackend,
    Runtime,
    Simulation,
    SimulationEnded,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Turn,
    action,
    hookimpl,
)
from troupe_testing import ScriptedModel, do, talk, think, turn


class Oracle(TinyMentalFaculty):
    """You can consult an oracle."""

    @action(observe=True)
    async def consult(self, turn: Turn[Any], question: str) -> str:
        """ask an oracle about something"""
        return await turn.llm("oracle").ask(f"Say something dark about {question}", system="You are an oracle.")


class Down(LLMBackend):
    async def complete(self, request: Any, call: Any) -> Any:
        raise BadRequest("not this one")


class Away:
    """A backend that never answers, so that the next candidate does."""

    @hookimpl
    def troupe_register_llm_backends(self) -> Iterator[BackendSpec]:
        yield BackendSpec("down", Down)


def script(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": [f"Turn {call.turn} has gone by."]}
    if call.purpose == "oracle":
        return "Beware."
    if call.purpose == "ask":
        return {"thought": "Hm.", "answer": "It may be."}
    number = len(request.messages)
    if call.person == "Ben" and call.turn == 1 and call.ordinal == 0:
        return "what is no use"
    if call.person == "Ada" and call.turn == 1 and call.ordinal == 0:
        return turn(think("I wonder."), do("CONSULT", question="dogs"))
    return turn(talk(f"{call.person} says no {number} in turn {call.turn}.\n\nWith\n\nempty lines."))


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(script)


@pytest.fixture
def runtime(model: ScriptedModel) -> Iterator[Runtime]:
    with Runtime([model, Away, Oracle], model="down/any,scripted/any", autoload=False) as made:
        yield made


@pytest.fixture(params=["study.db", "study.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def study(path: Path, runtime: Runtime, steps: int = 3) -> Simulation:
    simulation = Simulation(path, runtime=runtime, seed=3)
    people = [
        TinyPerson(
            name, {"age": age}, simulation=simulation, memory=EpisodicMemory(episode=2), mental_faculties=["oracle"]
        )
        for name, age in (("Ada", 70), ("Ben", 30))
    ]
    world = TinyWorld("Room", people, initial_datetime="2026-03-02T09:00", simulation=simulation)
    world.broadcast("Well?\n\n# Now\n\nSo?", source="Host")
    world.run(steps)
    people[0].ask("Is it so?", remember=True)
    return simulation


def sent(model: ScriptedModel, id: str, number: int) -> list[tuple[str, ...]]:
    return [
        tuple(message.content for message in request.messages)
        for request, call in model.requests
        if call.person == id and call.turn == number and call.purpose != "consolidation"
    ]


def test_every_request_of_every_turn_is_shown_as_it_was_sent(runtime: Runtime, model: ScriptedModel, path: Path):
    study(path, runtime).end()
    asked = len(model.requests)
    view = Simulation.view(path, runtime=runtime)
    shown = 0
    for person in view["Ada"], view["Ben"]:
        for number in range(person.state.turns):
            answered = person.prompts(number)
            assert [tuple(m.content for m in each.prompt.messages) for each in answered] == sent(
                model, person.id, number
            )
            assert {each.model for each in answered} == {"scripted/any"}
            for each in answered:
                whole = "\n".join(message.content for message in each.prompt.messages)
                assert all(part.text in whole for part in each.prompt.parts)
            assert all(each.answer.text for each in answered)
            shown += len(answered)
    view.close()
    assert shown == (1 + 3 + 1 + 1) + (1 + 2 + 1)
    assert len(model.requests) == asked


def test_parts_are_named_by_where_they_come_from(runtime: Runtime, tmp_path: Path):
    path = tmp_path / "study.db"
    study(path, runtime).end()
    view = Simulation.view(path, runtime=runtime)
    origins = [[part.origin for part in each.prompt.parts] for each in view["Ada"].prompts(1)]
    head = ["rules and abilities", "persona", "history: user", "history: assistant"]
    assert origins[0] == [*head, "what is new", "present state"]
    assert origins[1] == ["oracle: system", "oracle: user"]
    assert origins[2] == [*head, "history: user", "history: assistant", "what is new", "present state"]
    parts = {part.origin: part.text for part in view["Ada"].prompts(1)[-1].prompt.parts}
    assert parts["persona"].startswith("{") or "70" in parts["persona"]
    assert parts["what is new"] == "CONSULT:\n- Beware."
    assert parts["present state"].startswith("# Now\nIt is")
    again = view["Ben"].prompts(1)[-1].prompt.parts
    assert [part.origin for part in again[-2:]] == ["an answer that was no use", "asked once more"]
    assert [part.origin for part in view["Ada"].prompts()[-1].prompt.parts][-1] == "form of the answer"
    view.close()


def test_what_comes_next_is_what_would_come_next(runtime: Runtime, tmp_path: Path):
    path = tmp_path / "study.db"
    simulation = study(path, runtime)
    simulation.end()
    view = Simulation.view(path, runtime=runtime)
    assert view["Ben"].prompt().parts == simulation["Ben"].prompt().parts
    assert view.digest() == simulation.digest()
    assert [fact.id for fact in view.facts] == [fact.id for fact in simulation.facts]
    with pytest.raises(SimulationEnded):
        view["Ben"].act()
    view.close()


def test_a_run_that_goes_on_is_not_disturbed(runtime: Runtime, model: ScriptedModel, path: Path):
    simulation = study(path, runtime, steps=1)
    simulation.checkpoint()
    view = Simulation.view(path, runtime=runtime)
    simulation["Room"].run(1)
    assert view["Room"].state.step == 1
    assert len(view["Ben"].prompts(0)) == len(simulation["Ben"].prompts(0)) == 1
    view.close()
    simulation.end()


def test_a_folder_that_cannot_be_written_to(runtime: Runtime, path: Path):
    study(path, runtime).end()
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    path.parent.chmod(0o555)
    try:
        view = Simulation.view(path, runtime=runtime)
        assert len(view["Ada"].prompts(0)) == 1
        view.close()
    finally:
        path.parent.chmod(0o755)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def test_what_is_not_there_is_told(runtime: Runtime, path: Path, tmp_path: Path):
    with pytest.raises(JournalError, match="there is no journal"):
        Simulation.view(path, runtime=runtime)
    path.write_bytes(b"no journal at all, but long enough")
    with pytest.raises(JournalError, match="is no journal"):
        Simulation.view(path, runtime=runtime)
    path.write_bytes(b"")
    with pytest.raises(JournalError, match="nothing has been recorded"):
        Simulation.view(path, runtime=runtime)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    path.unlink()
    simulation = study(path, runtime, steps=1)
    TinyPerson("Zoe", "new", simulation=simulation)
    with pytest.raises(ArgumentError, match="no turn 9"):
        simulation["Ben"].prompts(9)
    with pytest.raises(ArgumentError, match="has had no turn"):
        simulation["Zoe"].prompts()
    simulation.end()
