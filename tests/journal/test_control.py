"""`control.begin`, `checkpoint`, `end`: simulations by name, and the free people who join them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

import troupe_core.runtime
from troupe_core import (
    ArgumentError,
    EpisodicMemory,
    PluginError,
    Runtime,
    Simulation,
    SimulationEnded,
    TinyMentalFaculty,
    TinyPerson,
    TinyThing,
    TinyWorld,
    control,
    transactional,
)
from troupe_core.errors import DuplicateName, SimulationError
from troupe_testing import ScriptedModel, talk, turn


class Speaker:
    """A model that counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, request: Any, call: Any) -> Any:
        self.calls += 1
        if call.purpose == "consolidation":
            return {"memories": [f"{call.person} was there"]}
        return turn(talk(f"{call.person} says {call.turn}"))


@pytest.fixture
def speaker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Speaker]:
    """The default runtime asks it; nothing is begun before or after."""
    model = Speaker()
    with Runtime(plugins=[ScriptedModel(model)], model="scripted/any", autoload=False) as runtime:
        monkeypatch.setattr(troupe_core.runtime, "_default", runtime)
        yield model
        control.reset()


@pytest.fixture(params=["study.db", "study.cache.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def study(path: Path | None, **options: Any) -> Simulation:
    """As a program would do it: some are made before, some after."""
    ada = TinyPerson("Ada", {"age": 70}, memory=EpisodicMemory(episode=2))
    ada.listen("Before it all began")
    simulation = control.begin(path, **options)
    world = TinyWorld("Room", [ada, TinyPerson("Ben")], initial_datetime="2026-03-02T09:00")
    world.broadcast("Well?", source="Moderator")
    world.run(4, timedelta(minutes=5))
    if path is not None:
        control.checkpoint(name="whole")
    return simulation


def test_a_program_run_again_finds_everything(speaker: Speaker, path: Path):
    first = study(path)
    assert (control.cache_hits(), control.cache_misses()) == (0, speaker.calls)
    control.end()
    paid, size = speaker.calls, path.stat().st_size
    again = study(path)
    assert speaker.calls == paid
    assert (control.cache_hits(), control.cache_misses()) == (paid, 0)
    control.end()
    assert again.digest() == first.digest()
    assert [fact.id for fact in again.facts] == [fact.id for fact in first.facts]
    assert path.stat().st_size == size


def test_the_journal_makes_no_difference_to_what_happens(speaker: Speaker, path: Path):
    recorded = study(path)
    control.end()
    free = study(None)
    control.end()
    assert free.digest() == recorded.digest()
    assert [fact.id for fact in free.facts] == [fact.id for fact in recorded.facts]


def test_without_the_cache_everything_is_executed_and_nothing_paid_for_again(speaker: Speaker, path: Path):
    study(path)
    control.end()
    paid = speaker.calls
    study(path, cache=False)
    assert (control.cache_hits(), control.cache_misses()) == (0, paid)
    assert speaker.calls == paid
    control.end()


def test_the_free_join_what_begins_and_stay_who_they_are(speaker: Speaker):
    @frozen
    class Stock:
        apples: int = 3

    class TinyStall(TinyThing, state=Stock):
        pass

    ada, stall = TinyPerson("Ada"), TinyStall("Stall")
    world = TinyWorld("Room", [ada])
    ada.listen_and_act("Hello")
    free, before = ada.simulation, ada.state
    simulation = control.begin()
    assert ada.simulation is stall.simulation is world.simulation is simulation
    assert simulation["Ada"] is ada
    assert ada.state is before
    assert world.agents == [ada]
    assert [fact.type for fact in simulation.facts] == ["CONVERSATION", "TALK"]
    assert len(free) == 0
    world.run(1)
    assert ada.state.turns == 2
    control.end()
    assert TinyPerson("Ada").simulation is not free  # the name is free again


def test_free_worlds_join_a_simulation_that_is_named(speaker: Speaker):
    free, other = TinyWorld("Room", [TinyPerson("Ada")], kind="chat"), Simulation()
    ada = free.agents[0]
    TinyWorld.set_simulation_for_free_environments(other)
    assert free.simulation is ada.simulation is other
    assert (free.kind, free.agents, other["Room"]) == ("chat", [ada], free)
    TinyWorld.set_simulation_for_free_environments(other)  # nobody is free any more
    assert len(other) == 2
    with pytest.raises(ArgumentError, match="simulation must be a Simulation"):
        TinyWorld.set_simulation_for_free_environments("mine")  # type: ignore[arg-type]
    other.end()


def test_what_is_on_its_way_to_the_free_goes_with_them(speaker: Speaker, path: Path):
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=1))
    ada.act()
    assert ada.simulation.background.pending
    simulation = control.begin(path)
    assert simulation.background.pending
    control.end()
    assert [fact.content for fact in ada.memories() if fact.kind == "memory"] == ["Ada was there"]
    assert speaker.calls == 2


def test_who_is_there_twice_does_not_begin(speaker: Speaker, path: Path):
    control.begin(path)
    bystander = TinyPerson("Ada")
    control.end()
    assert bystander.simulation.ended
    free = TinyPerson("Bea")
    with pytest.raises(SimulationError, match="begun already"):
        control.begin(path), control.begin(path)
    assert free.simulation is control.simulation()


def test_people_do_not_join_a_runtime_that_lacks_what_they_can_do(speaker: Speaker, tmp_path: Path):
    class Juggling(TinyMentalFaculty):
        """You can juggle."""

    ada = TinyPerson("Ada", mental_faculties=[Juggling])
    with Runtime(plugins=[ScriptedModel(speaker)], model="scripted/any", autoload=False) as other:
        with pytest.raises(PluginError, match="'Ada' has the faculty 'juggling'"):
            control.begin(tmp_path / "a.db", runtime=other)
        assert ada.simulation is not None
        ada.listen("still free")
        control.begin(tmp_path / "a.db")  # nothing of the attempt is in the way
        assert ada.simulation is control.simulation()


def test_several_by_name(speaker: Speaker, tmp_path: Path):
    one = control.begin(tmp_path / "one.db", "one")
    ada = TinyPerson("Ada")
    two = control.begin(tmp_path / "two.db", id="two")
    other = TinyPerson("Ada")
    assert (ada.simulation, other.simulation) == (one, two)
    ada.act()
    assert (control.cache_misses("one"), control.cache_misses("two")) == (1, 0)
    assert control.current_simulation() is two
    control.end("two")
    assert control.current_simulation() is one
    control.end("one")
    assert control.current_simulation() is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda path: control.checkpoint(), "no simulation 'default' has begun"),
        (lambda path: control.end("x"), "no simulation 'x' has begun"),
        (lambda path: control.cache_hits(), "no simulation 'default' has begun"),
        (lambda path: control.begin(path, cache_file="other.db"), "two words for one thing"),
        (lambda path: control.begin(path, id=""), "id must be text"),
        (lambda path: control.begin(path, auto_checkpoint="yes"), "auto_checkpoint is True or False"),
        (lambda path: control.begin(path, cache="off"), "cache is True or False"),
        (lambda path: control.begin(7), "path must be the name of a file"),
        (lambda path: (control.begin(), control.checkpoint()), "is not recorded"),
    ],
)
def test_mistakes_are_named(speaker: Speaker, path: Path, call: Any, said: str):
    with pytest.raises((ArgumentError, SimulationError), match=said):
        call(path)


def test_cache_file_is_another_word_for_the_path(speaker: Speaker, path: Path):
    control.begin(cache_file=path, cache=True)
    TinyPerson("Ada").act()
    control.end()
    assert path.exists()


def test_after_the_end_people_can_be_read_and_no_longer_change(speaker: Speaker, path: Path):
    simulation = study(path)
    ada = simulation["Ada"]
    control.end()
    assert ada.name == "Ada"
    assert len(simulation.facts) > 4
    with pytest.raises(SimulationEnded):
        ada.listen("too late")
    study(path)  # and the file is free at once
    control.end()


def test_a_checkpoint_is_in_the_main_file_itself(speaker: Speaker, tmp_path: Path):
    path = tmp_path / "study.json"
    study(path)
    document = json.loads(path.read_text())
    assert document["names"]["checkpoint/whole"] == document["names"]["main"]
    assert len(document["outcomes"]) == speaker.calls
    assert "Before it all began" in path.read_text()
    control.end()


def test_with_auto_checkpoint_the_document_follows(speaker: Speaker, tmp_path: Path):
    path = tmp_path / "study.json"
    simulation = control.begin(path, auto_checkpoint=True)
    TinyPerson("Ada").listen("This is to be read at once")
    simulation.the_journal().store.writer.flush()
    assert "to be read at once" in path.read_text()
    control.end()


def test_reset_forgets_and_keeps_what_is_recorded(speaker: Speaker, path: Path):
    study(path)
    paid = speaker.calls
    control.reset()
    with pytest.raises(SimulationError, match="no simulation"):
        control.end()
    study(path)
    assert speaker.calls == paid


def test_a_name_that_is_taken_stays_so(speaker: Speaker):
    control.begin()
    TinyPerson("Ada")
    with pytest.raises(DuplicateName):
        TinyPerson("Ada")
    control.end()


def test_a_person_of_an_ended_one_is_no_free_person(speaker: Speaker, path: Path):
    @frozen
    class Count:
        number: int = 0

    class TinyCounter(TinyThing, state=Count):
        @transactional
        def up(self) -> int:
            self.state = evolve(self.state, number=self.state.number + 1)
            return self.state.number

    counter = TinyCounter("Counter")
    assert counter.up() == 1
    control.begin(path)
    assert counter.up() == 2
    control.end()
    control.begin(path)
    assert "Counter" not in control.simulation()
    control.end()
