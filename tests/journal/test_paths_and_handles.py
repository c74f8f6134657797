"""What a journal's path may be, what becomes of its file, and what a handle has no place for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from troupe_core import Runtime, Simulation, TinyPerson, TinyThing, TinyWorld
from troupe_core.errors import ArgumentError, JournalError, PluginError
from troupe_testing import plugin, talk, turn


@frozen
class Tally:
    number: int = 0


class TinyTally(TinyThing, state=Tally):
    pass


@pytest.fixture(params=["study.db", "study.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def check_resumed(simulation: Simulation, path: Path) -> None:
    """What is in the file is what the simulation came to."""
    with Simulation.resume(path, runtime=simulation.runtime) as resumed:
        assert resumed.digest() == simulation.digest()
        assert [fact.id for fact in resumed.facts] == [fact.id for fact in simulation.facts]


class Nurse(TinyPerson):
    @property
    def ward(self) -> str:
        return str(self.get("ward"))

    @ward.setter
    def ward(self, ward: str) -> None:
        self.define("ward", ward)


class OwnPerson(TinyPerson):
    def __init__(self, name: str) -> None:
        self.colour = "green"
        super().__init__(name)


class SmallTally(TinyTally):
    pass


def test_what_is_not_declared_has_no_place_on_a_handle(path: Path, make_runtime: Any):
    with Simulation(path, runtime=make_runtime()) as simulation:
        handles = TinyPerson("Ada"), Nurse("Ben"), TinyTally("Tally"), SmallTally("Small"), TinyWorld("Room")
        for handle in handles:
            with pytest.raises(AttributeError, match="'colour'"):
                handle.colour = "green"
            assert not hasattr(handle, "colour")
        with pytest.raises(AttributeError, match="OwnPerson has no place for 'colour'"):
            OwnPerson("Cleo")
        assert "Cleo" not in simulation
        simulation["Ben"].ward = "north"  # what is declared keeps its place
        assert simulation["Ben"].get("ward") == "north"


def test_a_journal_is_a_document_whatever_the_letters_of_its_ending(tmp_path: Path, make_runtime: Any):
    path = tmp_path / "x.JSON"
    with Simulation(path, runtime=make_runtime()) as simulation:
        TinyPerson("Ada").act()
    assert set(json.loads(path.read_text())["names"]) == {"main"}
    check_resumed(simulation, path)


@pytest.mark.parametrize("address", ["https://x/y.db", "https://x/y.json", "file:///tmp/y.db"])
def test_an_address_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_runtime: Any, address: str):
    monkeypatch.chdir(tmp_path)
    for way in (Simulation, Simulation.resume):
        with pytest.raises((ArgumentError, JournalError), match=r"address of something else|there is no journal"):
            way(address, runtime=make_runtime())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_removed_is_told_at_the_end(path: Path, make_runtime: Any):
    """A database is told of; a document is written anew, as a whole."""
    simulation = Simulation(path, runtime=make_runtime())
    ada = TinyPerson("Ada", simulation=simulation)
    ada.act()
    simulation.checkpoint()
    ada.act()
    path.unlink()
    if path.suffix == ".json":
        simulation.end()
        check_resumed(simulation, path)
        return
    gone = r"study\.db was removed or replaced while it was in use; everything up to now is in study\.db\.bak$"
    with pytest.raises(JournalError, match=gone):
        simulation.checkpoint()
    ada.act()
    with pytest.raises(JournalError, match=gone):
        simulation.end()
    assert ada.state.turns == 3
    simulation.end()  # there is nothing more to be tried
    check_resumed(simulation, path.with_name("study.db.bak").rename(path))


def test_the_installed_backend_without_a_script_says_so():
    with Runtime(plugins=[plugin], model="scripted/any", autoload=False) as runtime:
        ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
        with pytest.raises(PluginError, match="scripted/any has no script"):
            ada.act()


def test_a_script_can_be_awaited(make_runtime: Any):
    async def waiting(request: Any, call: Any) -> Any:
        await asyncio.sleep(0)
        return turn(talk(f"{call.person} has waited."))

    with Simulation(runtime=make_runtime(waiting)):
        assert [fact.content for fact in TinyPerson("Ada").act()] == ["Ada has waited."]
