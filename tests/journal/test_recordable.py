"""What a journal can hold and what it cannot: it is refused by name, where it is given, and nothing has changed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import define, field, frozen

import troupe_core.runtime
from troupe_core import (
    EpisodicMemory,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyThing,
    TinyWorld,
    Turn,
    action,
    control,
    transactional,
)
from troupe_core.errors import ArgumentError, JournalError
from troupe_testing import LatencyModel, ScriptedModel, constant, do, talk, think, turn


@frozen
class Inner:
    depth: int = 1


@frozen
class Gauge:
    level: float = 0.0
    marks: tuple[int, ...] = ()
    note: Any = None


@frozen
class FinerGauge(Gauge):
    unit: str = "mm"


WRONG = {
    "an int for a float": Gauge(level=1),
    "a list for a tuple": Gauge(marks=[1]),  # type: ignore[arg-type]
    "an attrs value for Any": Gauge(note=Inner()),
    "a subclass": FinerGauge(),
}
wrong = pytest.mark.parametrize("value", WRONG.values(), ids=WRONG.keys())


@frozen
class Unkeepable:
    """A set comes back as a list where nothing says that it is one."""

    marks: Any = field(factory=lambda: {"red", "blue"})


class Marked(TinyMentalFaculty, state=Unkeepable):
    """You bear marks."""


def script(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": [f"{call.person} was there"]}
    return turn(think(f"{call.person}, {call.turn}"))


@pytest.fixture(params=["study.db", "study.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


@pytest.fixture
def default_runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """The one of free people; nothing is begun before or after."""
    with Runtime(plugins=[ScriptedModel(script)], model="scripted/any", autoload=False) as runtime:
        monkeypatch.setattr(troupe_core.runtime, "_default", runtime)
        yield runtime
        control.reset()


def look(simulation: Simulation) -> tuple[Any, ...]:
    """All that a change could have left behind."""
    names = simulation.journal.store.names() if simulation.journal is not None else {}
    facts = tuple(fact.id for fact in simulation.facts)
    inboxes = {thing.id: len(thing.state.inbox) for thing in simulation if isinstance(thing, TinyPerson)}
    return simulation.digest(), sorted(simulation.states), facts, inboxes, dict(simulation.members), names


def check_resumed(simulation: Simulation, path: Path, **given: Any) -> None:
    """What is in the file is what the simulation came to."""
    with Simulation.resume(path, runtime=simulation.runtime, **given) as resumed:
        assert look(resumed)[:-1] == look(simulation)[:-1]


# -- values of states ------------------------------------------------------------------------------------------------


def gauging(value: Any, reached: list[Any]) -> type[TinyMentalFaculty]:
    class Gauging(TinyMentalFaculty, state=Gauge):
        """You read a gauge."""

        @action
        def read(self, turn: Turn[Any]) -> None:
            """Read it."""
            turn.state = Gauge(0.5)
            turn.state = value
            reached.append(value)

    return Gauging


def reading(request: Any, call: Any) -> Any:
    return turn(talk("Let me see."), do("READ"))


@wrong
def test_a_value_that_would_come_back_otherwise_fails_the_turn_of_a_faculty(path: Path, make_runtime: Any, value: Any):
    runtime = make_runtime(reading)
    with Simulation(path, runtime=runtime) as simulation:
        reached: list[Any] = []
        ada = TinyPerson("Ada", mental_faculties=[gauging(value, reached)])
        before = look(simulation)
        with pytest.raises(Exception, match="what gauging keeps for Ada"):
            ada.act()
        assert look(simulation) == before
        assert (ada.state.turns, ada.state.slices["gauging"], reached) == (0, Gauge(), [])
    with Simulation(runtime=make_runtime(reading)):
        free = TinyPerson("Ada", mental_faculties=[gauging(value, [])])
        free.act()
        assert free.state.slices["gauging"] is value


class TinyGauge(TinyThing, state=Gauge):
    @transactional(memo=False)
    def set(self, value: Any) -> None:
        self.state = Gauge(0.5)
        self.state = value


@wrong
def test_a_value_that_would_come_back_otherwise_is_not_assigned_to_a_thing(path: Path, make_runtime: Any, value: Any):
    runtime = make_runtime()
    with Simulation(path, runtime=runtime) as simulation:
        gauge = TinyGauge("Gauge")
        before = look(simulation)
        with pytest.raises(JournalError, match="the state of Gauge"):
            gauge.set(value)
        assert look(simulation) == before
        assert gauge.state == Gauge()
    check_resumed(simulation, path)
    with Simulation(runtime=runtime):
        free = TinyGauge("Gauge")
        free.set(value)
        assert free.state is value


class Plain:
    pass


@define
class Changeable:
    level: int = 0


@dataclasses.dataclass(frozen=True)
class Frozen:
    level: int = 0


@pytest.mark.parametrize("state", [Plain, Changeable, Frozen, lambda: None, "Gauge", Gauge()])
def test_a_state_is_a_frozen_attrs_class(state: Any):
    with pytest.raises(ArgumentError, match=r"Thing: state= is a frozen attrs class"):

        class Thing(TinyThing, state=state):
            pass

    with pytest.raises(ArgumentError, match=r"Faculty: state= is a frozen attrs class"):

        class Faculty(TinyMentalFaculty, state=state):
            """You are able to do something."""


@frozen
class Old:
    count: int = 3
    unit: str = "kg"


@frozen
class Renamed:
    total: int = 0
    unit: str = ""


@frozen
class Shorter:
    count: int = 0


CHANGES = [(Renamed, "count", Renamed(30, "kg")), (Shorter, "unit", Shorter(30))]


def migrated(now: type[Any], data: Any, version: int) -> Any:
    assert version == 1
    tenfold = data["count"] * 10
    return {"total": tenfold, "unit": data["unit"]} if now is Renamed else {"count": tenfold}


@pytest.mark.parametrize(("now", "named", "value"), CHANGES)
def test_a_field_of_a_faculty_that_is_gone_is_named_or_migrated(
    path: Path, make_runtime: Any, now: type[Any], named: str, value: Any
):
    def counter(state: type[Any], number: int) -> Any:
        class Counter(TinyMentalFaculty, state=state):
            """You count."""

            state_version: ClassVar[int] = number

            def migrate(self, data: Any, version: int) -> Any:
                return migrated(now, data, version)

        return Counter

    with Simulation(path, runtime=make_runtime(plugins=[counter(Old, 1)])):
        TinyPerson("Ada", mental_faculties=["counter"]).act()
    gone = pytest.raises(JournalError, match=rf"{named}.*state_version")
    with Simulation.resume(path, runtime=make_runtime(plugins=[counter(now, 1)])) as resumed, gone:
        resumed["Ada"].state  # noqa: B018 - it is read when somebody looks
    with Simulation.resume(path, runtime=make_runtime(plugins=[counter(now, 2)])) as resumed:
        assert resumed["Ada"].state.slices["counter"] == value
        resumed["Ada"].act()


@pytest.mark.parametrize(("now", "named", "value"), CHANGES)
def test_a_field_of_a_thing_that_is_gone_is_named_or_migrated(
    path: Path, make_runtime: Any, now: type[Any], named: str, value: Any
):
    def box(state: type[Any], number: int) -> Any:
        class TinyBox(TinyThing, state=state):
            state_version: ClassVar[int] = number

            @classmethod
            def migrate(cls, data: Any, version: int) -> Any:
                return migrated(now, data, version)

        return TinyBox

    first = box(Old, 1)
    with Simulation(path, runtime=make_runtime()):
        first("Box")
    name = first.__qualname__
    gone = pytest.raises(JournalError, match=rf"{named}.*state_version")
    with Simulation.resume(path, runtime=make_runtime(), attach={name: box(now, 1)}) as resumed, gone:
        resumed["Box"].state  # noqa: B018 - it is read when somebody looks
    with Simulation.resume(path, runtime=make_runtime(), attach={name: box(now, 2)}) as resumed:
        assert resumed["Box"].state == value


@frozen
class Weighing(EpisodicMemory):
    """A kind of memory whose settings are more than numbers."""

    weights: tuple[float, ...] = ()


def test_typed_settings_of_a_memory_come_back_equal(path: Path, make_runtime: Any):
    runtime = make_runtime(script)
    given = Weighing(episode=2, weights=(0.5, 1.0))
    with Simulation(path, runtime=runtime) as simulation:
        ada = TinyPerson("Ada", memory=given)
        ada.act()
    for attach in ({"Weighing": Weighing}, {}):
        with Simulation.resume(path, runtime=make_runtime(script), attach=attach) as resumed:
            assert resumed.digest() == simulation.digest()
            if attach:
                kind = resumed["Ada"].state.memory_kind
                assert (type(kind), kind, type(kind.weights)) == (Weighing, given, tuple)


# -- changes that cannot be recorded ---------------------------------------------------------------------------------


def test_somebody_who_cannot_be_recorded_is_not_there(path: Path, make_runtime: Any):
    runtime = make_runtime(script)
    with Simulation(path, runtime=runtime) as simulation:
        ben = TinyPerson("Ben")
        before = look(simulation)
        with pytest.raises(JournalError, match="what marked keeps for Ada"):
            TinyPerson("Ada", mental_faculties=[Marked])
        assert look(simulation) == before
        assert "Ada" not in simulation
        ben.listen("Where is she?").act()
        ada = TinyPerson("Ada")
        TinyWorld("Room", [ada, ben]).run(1)
        assert simulation["Ada"] is ada
    check_resumed(simulation, path)


def test_a_begin_that_fails_leaves_the_free_as_they_were(path: Path, default_runtime: Runtime):
    ben = TinyPerson("Ben", memory=EpisodicMemory(episode=1))
    ben.act()
    ada = TinyPerson("Ada", mental_faculties=[Marked])
    world = TinyWorld("Room", [ada, ben])
    world.broadcast("Hello", source="Moderator")
    free, states = ada.simulation, (ada.state, ben.state, world.state)
    before = look(free)
    with pytest.raises(JournalError, match="what marked keeps for Ada"):
        control.begin(path)
    assert control.current_simulation() is None
    assert {thing.simulation for thing in (ada, ben, world)} == {free}
    assert (ada.state, ben.state, world.state) == states
    assert all(free[thing.id] is thing for thing in (ada, ben, world))
    assert look(free) == before
    assert list(free.background.pending) == ["Ben"]
    world.run(1)
    TinyPerson("Cleo")
    begun = control.begin()  # one that records nothing takes them in
    assert {thing.simulation for thing in (ada, ben, world)} == {begun}
    assert begun["Ada"] is ada
    control.end()
    assert "Ben was there" in [fact.content for fact in ben.memories()]
    Simulation(path, runtime=default_runtime).end()  # and the file is free


@pytest.mark.timeout(30)
@pytest.mark.parametrize("seconds", [0.0, 3600.0], ids=["worked out", "never worked out"])
def test_what_is_on_its_way_to_the_free_arrives_on_another_runtime(
    path: Path, monkeypatch: pytest.MonkeyPatch, make_runtime: Any, seconds: float
):
    class Late(LatencyModel):
        async def _wait(self, request: Any) -> None:
            await asyncio.sleep(0)

        async def complete(self, request: Any, call: Any) -> Any:
            if call.purpose == "consolidation":
                await asyncio.sleep(seconds)
            return await super().complete(request, call)

    default = make_runtime(Late(ScriptedModel(script), constant(0)))
    other = make_runtime(script)
    monkeypatch.setattr(troupe_core.runtime, "_default", default)
    try:
        ada = TinyPerson("Ada", memory=EpisodicMemory(episode=1))
        ada.act()
        assert ada.simulation.background.pending
        begun = control.begin(path, runtime=other)
        ada.act()
        ada.act()
        control.end()
    finally:
        control.reset()
    assert ada.simulation is begun
    assert "Ada was there" in [fact.content for fact in ada.memories() if fact.kind == "memory"]


def test_what_a_world_does_and_cannot_record_has_not_happened(path: Path, make_runtime: Any):
    full = False

    def put(*given: Any, **named: Any) -> None:
        if full:
            raise JournalError("there is no room")
        genuine(*given, **named)

    def study(path: Path | None) -> Iterator[tuple[Simulation, Callable[[], Any]]]:
        with Simulation(path, runtime=make_runtime(script)) as simulation:
            ada, ben = TinyPerson("Ada"), TinyPerson("Ben")
            world = TinyWorld("Room", [ada])
            yield simulation, lambda: world.add_agents([ben])
            world.add_agents([ben])
            yield simulation, lambda: world.broadcast("Hello", source="Moderator")
            world.broadcast("Hello", source="Moderator")
            yield simulation, world.make_everyone_accessible
            world.make_everyone_accessible()
            world.run(1)
        yield simulation, lambda: None

    for simulation, attempt in study(path):
        if simulation.ended:
            break
        if "put" not in vars(simulation.journal.store):
            genuine = simulation.journal.store.put
            simulation.journal.store.put = put
        before = look(simulation)
        full = True
        with pytest.raises(JournalError, match="no room"):
            attempt()
        full = False
        assert look(simulation) == before
    check_resumed(simulation, path)
    *_, (undisturbed, _) = study(None)
    assert look(undisturbed)[:-1] == look(simulation)[:-1]
