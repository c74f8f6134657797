"""Memories in files: who is loaded with them goes on as if nothing had been; they are one's own under any name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from troupe_core import ArgumentError, EpisodicMemory, Simulation, TinyPerson, TinyWorld
from troupe_core.people.specification import document
from troupe_testing import talk, turn


def lived(simulation: Simulation, turns: int) -> list[TinyPerson]:
    """Two people who have talked for a while, and one of whom has been spoken to since."""
    people = [TinyPerson(name, memory=EpisodicMemory(episode=3), simulation=simulation) for name in ("Ada", "Ben")]
    world = TinyWorld("Room", people, simulation=simulation).make_everyone_accessible()
    for number in range(turns):
        world.broadcast(f"Question {number}: what of the soup?", source="Moderator").run(1)
    people[0].store_in_memory("Soup was her aunt's idea.").listen("Are you there?", source="Cleo")
    return people


def script(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": [f"{call.person} was asked about soup."]}
    return turn(talk(f"{call.person} thinks of soup, for the {call.turn}. time."))


@pytest.fixture(params=["in memory", "with a journal"])
def talking(request: pytest.FixtureRequest, make_simulation: Callable[..., Simulation], tmp_path: Path) -> Simulation:
    return make_simulation(script, path=tmp_path / "study.db" if request.param == "with a journal" else None)


def test_a_person_who_is_saved_with_memories_goes_on_as_if_nothing_had_been(talking, make_simulation, tmp_path):
    ada, _ = lived(talking, 7)
    path = tmp_path / "ada.agent.json"
    ada.save_specification(path, include_memory=True, include_mental_state=True)
    assert json.loads(path.read_text())["memory"]["kind"] == {"name": "episodic", "settings": {"episode": 3}}
    again = TinyPerson.load_specification(path, simulation=make_simulation(script))
    assert [fact.id for fact in again.memories()] == [fact.id for fact in ada.memories()]
    assert "Soup was her aunt's idea." in [fact.content for fact in again.memories()]
    assert again.state.memory_kind == EpisodicMemory(episode=3)
    assert again.state.turns == 7
    assert [str(found) for found in again.retrieve_relevant_memories("soup", 3)] == [
        str(found) for found in ada.retrieve_relevant_memories("soup", 3)
    ]
    assert str(again.prompt()) == str(ada.prompt())
    assert "- Cleo: Are you there?" in str(again.prompt())
    assert "thinks of soup, for the 7. time" in str(again.act())
    past = json.loads(path.read_text())["memory"]["content"]["past"]
    again.save_specification(path, include_memory=True)
    assert json.loads(path.read_text())["memory"]["content"]["past"][: len(past)] == past


def test_memories_under_another_name_are_ones_own_with_ids_of_their_own(talking, tmp_path):
    ada, ben = lived(talking, 4)
    ada.save_specification(tmp_path / "ada.json", include_memory=True)
    eve = TinyPerson.load_specification(tmp_path / "ada.json", new_agent_name="Eve", simulation=talking)
    assert [fact.content for fact in eve.memories()] == [fact.content for fact in ada.memories()]
    own = [fact for fact in eve.memories() if fact.thing == "Eve"]
    assert {fact.kind for fact in own} >= {"action"}
    assert not {fact.id for fact in own} & {fact.id for fact in ada.memories()}
    shared = [fact for fact in eve.memories() if fact.thing == "Ben"]
    assert shared
    assert {fact.id for fact in shared} <= {fact.id for fact in ben.memories() if fact.thing == "Ben"}
    history = [(message.role, message.content) for message in eve.prompt().messages[1:-1]]
    assert history == [(message.role, message.content) for message in ada.prompt().messages[1:-1]]
    if talking.journal is not None:
        talking.end()
        digest = talking.digest()
        with Simulation.resume(tmp_path / "study.db", runtime=talking.runtime) as resumed:
            assert resumed.digest() == digest
            assert [fact.id for fact in resumed["Eve"].memories()] == [fact.id for fact in eve.memories()]


def test_memories_are_left_out_unless_they_are_wanted(talking, make_simulation, tmp_path):
    ada, _ = lived(talking, 2)
    ada.save_specification(tmp_path / "without.json")
    assert "memory" not in json.loads((tmp_path / "without.json").read_text())
    ada.save_specification(tmp_path / "with.json", include_memory=True)
    new = TinyPerson.load_specification(tmp_path / "with.json", suppress_memory=True, simulation=make_simulation())
    assert (new.memories(), new.state.turns, new.state.inbox) == ([], 0, ())


def test_memories_of_other_kinds_and_shapes_are_kept_unread(simulation, caplog):
    foreign = {"type": "EpisodicMemory", "memory": [{"role": "user", "content": "hello"}]}
    odd = {"kind": "diary", "of": "Ada", "turns": 3, "news": [], "content": {}}
    found = {"persona": {"name": "Ada"}, "episodic_memory": foreign, "semantic_memory": None, "memory": odd}
    ada = TinyPerson.load_specification(found, simulation=simulation)
    assert ada.memories() == []
    assert document(simulation, ada.state, []).keys() >= {"episodic_memory", "semantic_memory"}
    assert json.loads(json.dumps(ada.state.extras["memory"], default=thawed)) == odd
    assert "'diary', which is not installed" in caplog.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"turns": -1}, "memory is not of the form"),
        ({"turns": "many"}, "memory is not of the form"),
        ({"news": 5}, "memory is not of the form"),
        ({"content": {}}, "memory is not of the form in which memories are saved: KeyError\\('past'"),
        ({"content": {"past": [{"lived": [{"id": "xyz"}]}]}}, "memory is not of the form"),
        ({"content": {"past": [], "since": -3}}, "since is -3"),
        (
            {"kind": {"name": "episodic", "settings": {"episodes": 3}}},
            "memory.kind.settings cannot be those of 'episodic'",
        ),
        ({"kind": {"name": "episodic", "settings": {"episode": 0}}}, "memory.kind.settings cannot be"),
    ],
)
def test_a_memory_that_was_tampered_with_is_refused(simulation, tmp_path, change, said):
    ada = TinyPerson("Ada", simulation=simulation)
    whole = document(simulation, ada.state)
    path = tmp_path / "ada.json"
    path.write_text(json.dumps({**whole, "memory": {**whole["memory"], **change}}))
    with pytest.raises(ArgumentError, match=rf"ada\.json: .*{said}"):
        TinyPerson.load_specification(path, new_agent_name="Eve", simulation=simulation)
    assert "Eve" not in simulation


def thawed(value: Any) -> Any:
    return dict(value) if isinstance(value, MappingProxyType) else list(value)
