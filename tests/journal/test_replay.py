"""A replay executes everything from the recorded answers alone; `why` names the input that differs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from troupe_core import (
    ArgumentError,
    EpisodicMemory,
    JournalError,
    Parameters,
    ReplayError,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    action,
    templates,
)
from troupe_testing import ScriptedModel, do, reach_out, talk, think, turn


class Dice(TinyMentalFaculty):
    """You can throw dice."""

    @action(observe=True)
    async def throw(self, turn: Any, sides: int = 6) -> str:
        """Throw a die."""
        return f"It shows {turn.rng.randint(1, sides)}."


def script(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": [f"What {call.person} remembers of turn {call.turn}"]}
    news = request.messages[-1].content
    if "It shows" in news:
        return turn(talk(f"{call.person}, {call.turn}: {news.partition('It shows')[2][:3]}"))
    if call.person == "Cleo" and call.turn == 0:
        return turn(think("Ada knows"), reach_out("Ada", "a question"))
    return turn(do("THROW", sides=20))


@pytest.fixture
def runtime() -> Any:
    with Runtime(plugins=[ScriptedModel(script), Dice], model="scripted/any", autoload=False) as made:
        yield made


@pytest.fixture(params=["study.db", "study.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def study(path: Path | None, runtime: Runtime, *, age: int = 70, said: str = "Well?", **options: Any) -> Simulation:
    with Simulation(path, runtime=runtime, **options) as simulation:
        names = {"Ada": {"age": age}, "Ben": {"age": 30}, "Cleo": {"age": 20, "likes": ["dice", "“quotes” é"]}}
        people = [
            TinyPerson(name, persona, mental_faculties=["dice"], memory=EpisodicMemory(episode=2))
            for name, persona in names.items()
        ]
        world = TinyWorld("Room", people, initial_datetime="2026-03-02T09:00")
        world.broadcast("Hello", source="Moderator")
        world.run(2, timedelta(minutes=5))
        world.broadcast(said, source="Moderator")
        world.run(2, timedelta(minutes=5))
    return simulation


Change = Callable[[Any], Any]


def change_rows(path: Path, kind: str, change: Callable[[bytes], bytes | None]) -> int:
    """Rewrite rows of a kind: as somebody would who tampers with a file, checksums and all."""
    changed = 0
    if path.suffix == ".json":
        document = json.loads(path.read_text())
        section = {"l": "answers", "b": "parts", "o": "outcomes"}[kind]
        for key, value in document[section].items():
            new = change(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
            if new is not None:
                document[section][key] = json.loads(new)
                changed += 1
        path.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
        return changed
    with sqlite3.connect(path) as file:
        for key, packed in file.execute("select k, v from kv").fetchall():
            if key[:1] == kind.encode():
                new = change(zstandard.decompress(packed))
                if new is not None:
                    packer = zstandard.ZstdCompressor(write_checksum=True)
                    file.execute("update kv set v = ? where k = ?", (packer.compress(new), key))
                    changed += 1
    file.close()
    return changed


def test_everything_is_executed_again_without_any_model(runtime: Runtime, path: Path):
    study(path, runtime)
    asked = len(runtime.plugins.origins)  # the model is a plugin of this runtime; the replay makes one without it
    assert asked
    with Runtime(plugins=[Dice, ScriptedModel(lambda request, call: pytest.fail("asked"))], autoload=False) as silent:
        done = Simulation.replay(path, runtime=silent)
    assert (done.turns, done.others) == (12, 6)
    assert done.answers == 12 + 11 + 6  # all but Cleo's first turn throw a die, and go on
    assert "all as recorded" in str(done)


class Absent(ScriptedModel):
    name = "absent"


def test_no_backend_needs_to_be_installed(path: Path):
    absent = Absent(lambda request, call: turn(talk("Hello")))
    with Runtime(plugins=[absent], autoload=False) as other, Simulation(path, runtime=other, model="absent/any"):
        TinyPerson("Ada").act()
    assert Simulation.replay(path).turns == 1


def test_a_replay_leaves_the_file_as_it_is(runtime: Runtime, path: Path):
    study(path, runtime)
    before = path.read_bytes()
    Simulation.replay(path, runtime=runtime)
    assert path.read_bytes() == before


def test_a_changed_answer_shows(runtime: Runtime, path: Path):
    study(path, runtime)

    def change(row: bytes) -> bytes | None:
        return row.replace(b"Ben, 2:", b"Ben, 3:") if b"Ben, 2:" in row else None

    assert change_rows(path, "l", change) == 1
    with pytest.raises(ReplayError, match=r"turn 2 of 'Ben': comes to something else .*(?s:.)*Ben, 2:.*Ben, 3:"):
        Simulation.replay(path, runtime=runtime)


def test_an_answer_that_became_unreadable_shows(runtime: Runtime, path: Path):
    study(path, runtime)

    def change(row: bytes) -> bytes | None:
        return row.replace(b"actions", b"axtions") if b"Ben, 2:" in row else None

    assert change_rows(path, "l", change) == 1
    with pytest.raises(ReplayError, match="turn 2 of 'Ben'"):
        Simulation.replay(path, runtime=runtime)


def test_a_changed_persona_shows(runtime: Runtime, path: Path):
    study(path, runtime)

    def change(row: bytes) -> bytes | None:
        return row.replace(b'"age":70', b'"age":71') if b'"age":70' in row else None

    assert change_rows(path, "b", change) == 1
    with pytest.raises(JournalError, match=r'persona .* is not what was recorded; it now reads: .*"age":71'):
        Simulation.replay(path, runtime=runtime)


def test_a_changed_template_shows(runtime: Runtime, path: Path, monkeypatch: pytest.MonkeyPatch):
    study(path, runtime)
    source = templates.template_source

    def other(name: str) -> str:
        return source(name) + ("One more line.\n" if name == "state" else "")

    monkeypatch.setattr(templates, "template_source", other)
    monkeypatch.setattr(templates, "template", lambda name: templates.compile_template(other(name), name))
    said = r"turn 0 of 'Ada'(?s:.)*state template(?s:.)*\+One more line\."
    fresh = Runtime(plugins=[ScriptedModel(script), Dice], autoload=False)
    with fresh, pytest.raises(ReplayError, match=said):
        Simulation.replay(path, runtime=fresh)


def test_another_seed_shows(runtime: Runtime, path: Path):
    study(path, runtime)
    with pytest.raises(ReplayError, match="seed: 0 → 7"):
        Simulation.replay(path, runtime=runtime, seed=7)


def test_a_lost_answer_shows(runtime: Runtime, tmp_path: Path):
    path = tmp_path / "study.db"
    study(path, runtime)
    with sqlite3.connect(path) as file:
        key = file.execute("select k from kv where substr(k, 1, 1) = x'6c' limit 1 offset 3").fetchone()
        file.execute("delete from kv where k = ?", key)
    file.close()
    with pytest.raises(ReplayError, match="asks something that is not recorded"):
        Simulation.replay(path, runtime=runtime)


def test_a_fork_and_a_checkpoint_are_replayed_as_far_as_they_go(runtime: Runtime, path: Path):
    study(path, runtime)
    simulation = Simulation.resume(path, at=2, runtime=runtime)
    fork = simulation.fork("variant")
    fork["Room"].run(1)
    fork.checkpoint("one more")
    fork["Room"].run(1)
    fork.end()
    simulation.end()
    assert Simulation.replay(path, at=1, runtime=runtime).turns == 3
    assert Simulation.replay(path, at="one more", runtime=runtime).turns == 9
    assert Simulation.replay(path, at="variant", runtime=runtime).turns == 12


# -- why -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "who", "number", "where"),
    [
        ({"age": 71}, "Ada", 0, {"persona.age"}),
        ({"said": "So?"}, "Ben", 2, {"perceived"}),
        ({"said": "So?"}, "Ben", 3, {"memories"}),
        ({"seed": 3}, "Ben", 0, {"seed"}),
        ({"parameters": Parameters(temperature=0.5)}, "Ben", 0, {"parameters.temperature"}),
        ({"model": "scripted/other"}, "Ben", 0, {"models.turn"}),
        ({"models": {"consolidation": "scripted/other"}}, "Ben", 0, {"models.consolidation"}),
    ],
)
def test_the_input_that_differs_is_named(
    runtime: Runtime, path: Path, change: dict[str, Any], who: str, number: int, where: set[str]
):
    study(path, runtime)
    changed = study(path, runtime, **change)
    why = changed.why(who, number)
    assert why.recorded
    assert where <= {each.where for each in why.differences}, why
    assert f"turn {number} of {who} differs" in str(why)


def test_an_unchanged_turn_does_not_differ(runtime: Runtime, path: Path):
    study(path, runtime)
    again = study(path, runtime, age=71)
    assert again.why("Ben", 0).differences == ()
    assert "the same as in the journal" in str(again.why("Ben", 0))


def test_a_first_run_has_nothing_to_compare_with(runtime: Runtime, path: Path):
    why = study(path, runtime).why("Ben")
    assert not why.recorded
    assert str(why) == "turn 3 of Ben: the journal had no such turn"


def test_a_fact_and_a_person_ask_for_their_turn(runtime: Runtime, path: Path):
    study(path, runtime)
    changed = study(path, runtime, age=71)
    fact = next(fact for fact in changed.facts if fact.thing == "Ada" and fact.turn == 1)
    assert (changed.why(fact).who, changed.why(fact).turn) == ("Ada", 1)
    assert changed.why(changed["Ada"]).turn == 3


def test_a_fork_is_compared_with_what_it_came_from(runtime: Runtime, path: Path):
    study(path, runtime)
    simulation = Simulation.resume(path, at=2, runtime=runtime)
    fork = simulation.fork("variant")
    fork["Ben"].define("age", 31)
    fork["Room"].run(1)
    simulation["Room"].run(1)
    fork.end()
    simulation.end()
    assert not fork.why("Ben", 2).recorded or "persona.age" in str(fork.why("Ben", 2))


def test_mistakes_are_named(runtime: Runtime, path: Path):
    simulation = study(path, runtime)
    with pytest.raises(ArgumentError, match="'Ben' has had 4 turns, counted from 0; there is no turn 4"):
        simulation.why("Ben", 4)
    with pytest.raises(ArgumentError, match="who is somebody of"):
        simulation.why("Zoe")
    with pytest.raises(Exception, match="no journal: make it with a path"):
        study(None, runtime).why("Ben")
    with pytest.raises(JournalError, match="there is no journal at"):
        Simulation.replay(path.with_name("nothing.db"))
