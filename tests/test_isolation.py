"""Runtimes and simulations of one process know nothing of each other, and leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import subprocess
import sys
import threading
import tracemalloc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import pairwise
from types import FunctionType, ModuleType
from typing import Any

import pytest
from attrs import evolve, frozen

from troupe_core import (
    BackendSpec,
    Capabilities,
    EpisodicMemory,
    FacultySpec,
    LLMBackend,
    LLMResponse,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Turn,
    action,
    current_simulation,
    hookimpl,
)
from troupe_core.builtin.episodic import EpisodicState
from troupe_core.errors import AmbiguousSimulation, PluginError, SimulationEnded, SimulationError
from troupe_core.events import Fact
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, do, exponential, quiet, talk, turn

# -- the listings of the design, as a plugin of one's own -------------------------------------------------------------


@frozen
class Feeling:
    tension: int = 5


@frozen
class MoodConfig:
    relief: str = "lighter"


class Mood(TinyMentalFaculty, state=Feeling, config=MoodConfig):
    """You have moods, and they colour what you say."""

    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], intensity: int) -> str:
        """Let off steam. intensity: 1 is a sigh, 5 a shout."""
        turn.state = evolve(turn.state, tension=max(0, turn.state.tension - intensity))
        return f"You feel {self.config.relief}."

    def state_prompt(self, turn: Turn[Feeling]) -> str:
        return f"Tension: {turn.state.tension} of 10 ({self.config.relief})"


@frozen
class AcmeConfig:
    url: str = "https://api.acme.example/chat"


class Acme(LLMBackend, config=AcmeConfig):
    """It vents first, and then says where the answer comes from."""

    async def complete(self, request: Any, call: Any) -> LLMResponse:
        answer = '{"type": "VENT", "intensity": 2}'
        if call.ordinal:
            answer = f'{{"type": "TALK", "content": "via {self.config.url}", "target": ""}}'
        return LLMResponse(f'{{"actions": [{answer}], "cognitive_state": {{}}}}', model=request.model)


class MoodAndAcme:
    """Both, registered as an installed plugin would: by their places."""

    @hookimpl
    def troupe_register_faculties(self) -> Iterator[FacultySpec]:
        yield FacultySpec("mood", f"{__name__}:Mood")

    @hookimpl
    def troupe_register_llm_backends(self) -> Iterator[BackendSpec]:
        yield BackendSpec("acme", f"{__name__}:Acme", cache_version=1, capabilities=Capabilities(json_schema=True))


def test_two_runtimes_with_other_settings_of_the_same_plugin_do_not_leak() -> None:
    settings: list[dict[str, Any]] = [
        {"mood": {"relief": "lighter"}, "acme": {"url": "one.example"}},
        {"mood": {"relief": "no better"}, "acme": {"url": "two.example"}},
        {},
    ]
    runtimes = [
        Runtime(plugins=[MoodAndAcme()], settings=tables, model="acme/chat", autoload=False) for tables in settings
    ]
    try:
        people = [
            TinyPerson("Ada", mental_faculties=["mood"], simulation=Simulation(runtime=runtime)) for runtime in runtimes
        ]
        for _ in range(2):  # turn about, so that what one leaves behind would meet the other
            for person in people:
                person.listen_and_act("How are you?")
        told = [
            ("lighter", "via one.example"),
            ("no better", "via two.example"),
            ("lighter", f"via {AcmeConfig().url}"),
        ]
        for person, (relief, said) in zip(people, told, strict=True):
            facts = person.simulation.facts
            assert {fact.content for fact in facts if fact.kind == "observation"} == {f"You feel {relief}."}
            assert next(fact.content for fact in facts if fact.type == "TALK") == said
            assert f"Tension: 1 of 10 ({relief})" in str(person.prompt())
    finally:
        for runtime in runtimes:
            runtime.close()


def test_a_runtime_without_the_plugin_does_not_know_what_another_one_has(make_runtime):
    make_runtime(plugins=[MoodAndAcme()])
    without = make_runtime()
    with pytest.raises(PluginError, match="no faculty 'mood'"):
        TinyPerson("Ada", mental_faculties=["mood"], simulation=Simulation(runtime=without))


def test_faculties_given_as_objects_keep_their_own_settings_in_each_runtime(make_simulation):
    script = lambda request, call: turn(do("VENT", intensity=1)) if call.ordinal == 0 else turn()  # noqa: E731
    one, two = make_simulation(script), make_simulation(script)
    people = [
        TinyPerson("Ada", mental_faculties=[Mood(MoodConfig(relief))], simulation=simulation)
        for simulation, relief in ((one, "fine"), (two, "awful"))
    ]
    for person in people:
        person.act()
    seen = [[fact.content for fact in each.facts if fact.kind == "observation"] for each in (one, two)]
    assert seen == [["You feel fine."], ["You feel awful."]]


def test_one_runtime_refuses_a_second_faculty_of_the_same_name_with_other_settings(make_simulation):
    simulation = make_simulation()
    TinyPerson("Ada", mental_faculties=[Mood(MoodConfig("fine"))], simulation=simulation)
    TinyPerson("Ben", mental_faculties=[Mood(MoodConfig("fine"))], simulation=simulation)
    with pytest.raises(PluginError, match=r"another faculty called 'mood'.*fine.*two runtimes"):
        TinyPerson("Cleo", mental_faculties=[Mood(MoodConfig("awful"))], simulation=simulation)
    assert "Cleo" not in simulation


def cell(answer: str) -> type[TinyMentalFaculty]:
    """As a cell of a notebook that is run once more, after a change: the same name, another class."""

    class Hobby(TinyMentalFaculty):
        """You have a hobby:"""

        @action(observe=True)
        async def knit(self, turn: Turn[Any]) -> str:
            """knit."""
            return answer

    return Hobby


def test_a_faculty_that_is_defined_once_more_takes_the_place_of_the_one_before(make_runtime):
    runtime = make_runtime(lambda request, call: turn() if call.ordinal else turn(do("KNIT")))
    seen = []
    for answer in ("a sock", "a scarf", "a hat"):
        simulation = Simulation(runtime=runtime)
        TinyPerson("Ada", mental_faculties=[cell(answer)], simulation=simulation).act()
        TinyPerson("Ben", mental_faculties=["hobby"], simulation=simulation).act()
        seen.append([fact.content for fact in simulation.facts if fact.kind == "observation"])
    assert seen == [["a sock"] * 2, ["a scarf"] * 2, ["a hat"] * 2]


def test_what_one_person_keeps_in_a_faculty_is_not_another_persons(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return turn(do("VENT", intensity=3)) if call.person == "Ada" and call.ordinal == 0 else turn()

    simulation = make_simulation(script, plugins=[Mood])
    ada, ben = (TinyPerson(name, mental_faculties=["mood"], simulation=simulation) for name in ("Ada", "Ben"))
    TinyWorld("Room", [ada, ben]).run(1)
    assert ada.state.slices["mood"] == Feeling(2)
    assert ben.state.slices["mood"] == Feeling(5)


# -- twenty simulations at once ---------------------------------------------------------------------------------------

MARKER = re.compile(r"zq\d+")


def marked(text: str) -> set[str]:
    return set(MARKER.findall(text))


def echo(request: Any, call: Any) -> Any:
    """Says the last marker that stands in the request: one that strays would be passed on."""
    seen = MARKER.findall("\n".join(message.content for message in request.messages))
    word = seen[-1] if seen else "none"
    if call.purpose == "consolidation":
        return {"memories": [f"We spoke of {word} at length."]}
    return turn(talk(f"{call.person} in turn {call.turn} has heard of {word} again"), goals=f"find out about {word}")


def furnish(simulation: Simulation, marker: str) -> TinyWorld:
    """Equal names everywhere; only the marker is another. People join by look-up, not by argument."""
    people = [
        TinyPerson(name, {"collects": marker, "age": 40}, memory=EpisodicMemory(episode=2)) for name in ("Ada", "Ben")
    ]
    world = TinyWorld("Room", people)
    world.broadcast(f"Let us talk about {marker}.", source="Host")
    return world


def lived(simulation: Simulation) -> dict[str, Any]:
    """Everything that somebody could find of a simulation, as text."""
    people = [thing for thing in simulation if isinstance(thing, TinyPerson)]
    return {
        "facts": [repr(fact) for fact in simulation.facts],
        "memories": [fact.content for person in people for fact in person.memories()],
        "personas": [repr(dict(person.persona)) for person in people],
        "minds": [repr(person.mind) for person in people],
        "digest": simulation.digest(),
    }


def in_threads(runtime: Runtime, number: int) -> dict[str, tuple[str, dict[str, Any]]]:
    together = threading.Barrier(number)

    def one(place: int) -> tuple[str, str, dict[str, Any]]:
        marker = f"zq{place}"
        with Simulation(runtime=runtime, seed=3) as simulation:
            together.wait(30)
            world = furnish(simulation, marker)
            world.run(2)
            simulation["Ada"].listen_and_act(f"And what about {marker}?")
            world.run(2)
            simulation.end()
            return marker, simulation.id, lived(simulation)

    with ThreadPoolExecutor(number) as pool:
        return {marker: (id, found) for marker, id, found in pool.map(one, range(number))}


def in_tasks(runtime: Runtime, number: int) -> dict[str, tuple[str, dict[str, Any]]]:
    async def one(place: int) -> tuple[str, str, dict[str, Any]]:
        marker = f"zq{place}"
        async with Simulation(runtime=runtime, seed=3) as simulation:
            await asyncio.sleep(0)
            world = furnish(simulation, marker)
            await world.arun(2)
            await simulation["Ada"].alisten_and_act(f"And what about {marker}?")
            await world.arun(2)
            await simulation.aend()
            return marker, simulation.id, lived(simulation)

    async def all_of_them() -> dict[str, tuple[str, dict[str, Any]]]:
        done = await asyncio.gather(*(one(place) for place in range(number)))
        return {marker: (id, found) for marker, id, found in done}

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("way", [in_threads, in_tasks])
def test_no_marker_crosses_between_twenty_simulations_at_once(make_runtime, way):
    model = ScriptedModel(echo)
    runtime = make_runtime(
        LatencyModel(model, exponential(0.5)), model="scripted/echo", loop_factory=VirtualLoop, plugins=[]
    )
    ended = way(runtime, 20)
    marker_of = {id: marker for marker, (id, _) in ended.items()}
    assert len(marker_of) == 20
    purposes = set()
    for request, call in model.requests:
        text = "\n".join(message.content for message in request.messages)
        assert marked(text) == {marker_of[call.simulation]}
        purposes.add(call.purpose)
    assert purposes == {"turn", "consolidation"}
    # they were at it at the same time: one simulation's requests do not stand together
    order = [call.simulation for _, call in model.requests]
    assert sum(a != b for a, b in pairwise(order)) > 100
    for marker, (_, found) in ended.items():
        for what in ("facts", "memories", "personas", "minds"):
            assert marked(repr(found[what])) == {marker}, what
        assert any("at length" in memory for memory in found["memories"])


def test_threads_and_tasks_come_to_the_same(make_runtime):
    made = [
        make_runtime(LatencyModel(ScriptedModel(echo), exponential(0.5), seed), loop_factory=VirtualLoop)
        for seed in (1, 2)
    ]
    threads, tasks = in_threads(made[0], 4), in_tasks(made[1], 4)
    assert {marker: found for marker, (_, found) in threads.items()} == {
        marker: found for marker, (_, found) in tasks.items()
    }


# -- which simulation is meant ----------------------------------------------------------------------------------------


def elsewhere(call: Callable[[], Any]) -> Any:
    """In a thread of its own, whose context knows of no simulation."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result(30)


def test_the_current_one_is_meant_even_if_others_are_open(make_simulation):
    outer, inner = make_simulation(), make_simulation()
    with outer:
        assert current_simulation() is outer
        with inner:
            assert TinyPerson("Ada").simulation is inner
        assert TinyPerson("Ada").simulation is outer


def test_the_only_open_one_is_meant_from_any_context(make_simulation):
    simulation = make_simulation()
    assert current_simulation() is simulation
    assert elsewhere(current_simulation) is simulation
    with simulation:
        assert elsewhere(current_simulation) is simulation


def test_several_open_and_none_current_is_an_error_that_names_them(make_simulation):
    one, two = make_simulation(), make_simulation()
    names = ", ".join(sorted([one.id, two.id]))
    with pytest.raises(AmbiguousSimulation, match=rf"2 simulations are open \({names}\).*simulation=…"):
        current_simulation()
    with one, pytest.raises(AmbiguousSimulation):
        elsewhere(current_simulation)
    assert current_simulation() is two  # the other one has ended
    with pytest.raises(SimulationEnded):
        TinyPerson("Ada", simulation=one)


def test_an_ended_simulation_is_not_meant_any_more(make_simulation):
    one, two = make_simulation(), make_simulation()
    with two:
        two.end()
        assert current_simulation() is one


def test_a_block_may_be_left_in_another_context_than_it_was_entered_in(make_simulation):
    """As in two cells of a notebook, or in a fixture that yields."""
    simulation = make_simulation()
    inner = copy_context()
    assert inner.run(simulation.__enter__) is simulation
    simulation.__exit__(None, None, None)
    assert simulation.ended
    other = make_simulation()
    assert inner.run(current_simulation) is current_simulation() is other


def test_each_task_has_its_own_current_simulation(make_runtime):
    runtime = make_runtime()

    async def one(arrived: asyncio.Barrier) -> bool:
        async with Simulation(runtime=runtime) as mine:
            await arrived.wait()  # both are open now
            found = current_simulation() is mine
            await arrived.wait()
            return found

    async def both() -> list[bool]:
        arrived = asyncio.Barrier(2)
        return await asyncio.gather(one(arrived), one(arrived))

    assert asyncio.run(both()) == [True, True]


FREE = """
import gc
from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld, current_simulation
from troupe_core.errors import DuplicateName
from troupe_core.runtime import default_runtime

ada = TinyPerson("Ada")
ben = TinyPerson("Ben")
assert ada.simulation is ben.simulation is current_simulation()
assert ada.simulation.runtime is default_runtime()
try:
    TinyPerson("Ada")
except DuplicateName:
    pass
else:
    raise AssertionError("two free people of one name")
world = TinyWorld("Street", [ada, ben])
world.broadcast("Good morning", source="Host")
assert world.run(1).turns == 2

with Simulation() as simulation:  # an open one goes before the free people's, which is not among the open ones
    carl = TinyPerson("Ada")
    assert carl.simulation is simulation is not ada.simulation
only = Simulation()
assert current_simulation() is only
assert [fact.content for fact in ada.memories()][0] == "Good morning"
only.close()
assert current_simulation() is ada.simulation

free = ada.simulation
free.close()
assert current_simulation() is not free
TinyPerson("Ada").listen("hello again")
print("done")
"""


def in_process(program: str, *options: str, **environment: str) -> str:
    """What a program prints; that it ends well, and without a warning, is part of the bargain."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_free_people_live_together_in_the_default_simulation() -> None:
    assert in_process(FREE, TROUPE_MODEL="quiet/any") == "done\n"


# -- the end ----------------------------------------------------------------------------------------------------------


def a_life(runtime: Runtime, people: int = 4, steps: int = 3) -> tuple[Simulation, TinyWorld]:
    """A run that uses everything that might keep something: recall, digests, consolidation, prompts, faculties."""
    simulation = Simulation(runtime=runtime)
    memory = EpisodicMemory(episode=2, window_size=12_001)  # nobody else's settings: what is cached by them is ours
    world = TinyWorld(
        "Room",
        [
            TinyPerson(f"Person {number}", {"age": number}, memory=memory, simulation=simulation)
            for number in range(people)
        ],
    )
    world.make_everyone_accessible()
    world.broadcast("The lighthouse is for sale.", source="Host")
    world.run(steps)
    for person in world.agents:
        person.listen_and_act("Do you remember the lighthouse?")
        person.retrieve_relevant_memories("lighthouse")
    world.agents[0].prompt()
    simulation.digest()
    return simulation, world


def remembering(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": ["A lighthouse was for sale."]}
    return turn(talk(f"{call.person} would buy the lighthouse, for the {call.turn}. time"))


def test_after_close_nothing_is_left_of_a_simulation_though_handles_are_kept(make_runtime):
    runtime = make_runtime(ScriptedModel(remembering, record=False))
    simulation, world = a_life(runtime)
    handles = [world, *world.agents]
    watched: dict[str, list[Any]] = {
        "simulation": [weakref.ref(simulation)],
        "states": [weakref.ref(handle.state) for handle in handles],
        "personas": [weakref.ref(handle.state.persona) for handle in handles[1:]],
        "memories": [weakref.ref(handle.state.memory) for handle in handles[1:]],
        "facts": [weakref.ref(simulation.facts)],
        "pending": [weakref.ref(item) for item in simulation.background.pending.values()],
    }
    assert all(watched.values())
    simulation.close()
    del simulation, world
    gc.collect()
    assert {what: [ref() for ref in refs if ref() is not None] for what, refs in watched.items()} == {
        what: [] for what in watched
    }
    assert len(handles) == 5


def test_a_kind_of_memory_goes_with_the_simulation_and_its_indexes_with_it(make_runtime):
    runtime = make_runtime(ScriptedModel(remembering, record=False))
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", memory=EpisodicMemory(window_size=12_002), simulation=simulation)
    ada.listen_and_act("The lighthouse is for sale.")
    assert ada.retrieve_relevant_memories("is it for sale")
    simulation.digest()
    kind, memory = weakref.ref(ada.state.memory_kind), weakref.ref(ada.state.memory)
    simulation.close()
    del simulation
    gc.collect()
    assert memory() is None
    assert kind() is None


def test_a_simulation_that_is_simply_dropped_is_freed_and_no_longer_open(make_runtime):
    runtime = make_runtime(ScriptedModel(quiet, record=False))
    simulation = Simulation(runtime=runtime)
    TinyPerson("Ada", simulation=simulation).act()
    gone = weakref.ref(simulation)
    del simulation
    gc.collect()
    assert gone() is None
    assert not list(runtime.simulations)


@pytest.mark.once
@pytest.mark.parametrize("shared", [True, False], ids=["one runtime", "a runtime for each"])
def test_the_third_life_takes_the_memory_of_the_first(make_runtime, shared):
    runtime = make_runtime(ScriptedModel(remembering, record=False))

    def cycle() -> None:
        if shared:
            simulation, _ = a_life(runtime, people=20)
            simulation.close()
        else:
            with Runtime(plugins=[ScriptedModel(remembering, record=False)], model="scripted/x", autoload=False) as own:
                simulation, _ = a_life(own, people=20)
                simulation.close()

    cycle()  # imports, and what is made once for a process
    gc.collect()
    tracemalloc.start()
    try:
        peaks, left = [], []
        for _ in range(3):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            cycle()
            gc.collect()
            now, peak = tracemalloc.get_traced_memory()
            peaks.append(peak - before)
            left.append(now)
    finally:
        tracemalloc.stop()
    assert peaks[2] == pytest.approx(peaks[0], rel=0.1)
    assert left[2] - left[0] < 0.05 * peaks[0]  # of two more lives; msgspec remembers a few classes of each runtime


def within(root: Any) -> list[Any]:
    """All values that an object keeps alive, without the code they were made by."""
    found, waiting = {id(root): root}, [root]
    while waiting:
        for value in gc.get_referents(waiting.pop()):
            if id(value) not in found and not isinstance(value, type | ModuleType | FunctionType):
                found[id(value)] = value
                waiting.append(value)
    return list(found.values())


def census() -> Counter[str]:
    """How many objects of the framework there are, by class."""
    gc.collect()
    kinds = (type(value) for value in gc.get_objects())
    return Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith("troupe_core"))


@pytest.mark.once
def test_thirty_short_lives_leave_nothing_in_their_runtime_nor_in_a_memory_that_was_given_to_them_all(make_runtime):
    runtime = make_runtime(ScriptedModel(remembering, record=False), plugins=[MoodAndAcme()])
    memory = EpisodicMemory(episode=2, window_size=12_003)
    watched: list[weakref.ref[Any]] = []

    def life() -> None:
        simulation = Simulation(runtime=runtime)
        ada = TinyPerson("Ada", mental_faculties=["mood"], memory=memory, simulation=simulation)
        for _ in range(3):
            ada.listen_and_act("The lighthouse is for sale.")
            assert ada.retrieve_relevant_memories("is the lighthouse for sale")
        ada.prompt()
        simulation.end()
        simulation.digest()
        watched.extend(
            weakref.ref(each)
            for each in (simulation, ada.state, ada.state.persona, ada.state.memory, ada.state.memory_kind)
        )
        simulation.close()

    for _ in range(2):
        life()  # what is made once for a runtime, and for all the simulations that it has seen
    gc.collect()
    spent = runtime.ledger.total.calls
    before = census()
    for _ in range(30):
        life()
    gc.collect()
    assert runtime.ledger.total.calls == 16 * spent  # of those that are gone, which it puts together
    after = census()
    assert len(watched) == 32 * 5
    assert [ref() for ref in watched if ref() is not None] == []
    assert after - before == Counter()
    assert not [value for value in within(memory) if isinstance(value, Fact | EpisodicState)]


READS: dict[str, Callable[[TinyPerson, TinyWorld], Any]] = {
    "name": lambda person, world: person.name,
    "persona": lambda person, world: person.persona,
    "get": lambda person, world: person.get("age"),
    "memories": lambda person, world: person.memories(),
    "mind": lambda person, world: person.mind,
    "accessible_agents": lambda person, world: person.accessible_agents,
    "prompt": lambda person, world: person.prompt(),
    "retrieve_relevant_memories": lambda person, world: person.retrieve_relevant_memories("hello"),
    "agents": lambda person, world: world.agents,
    "current_datetime": lambda person, world: world.current_datetime,
    "get_agent_by_name": lambda person, world: world.get_agent_by_name("Ada"),
}
CHANGES: dict[str, Callable[[TinyPerson, TinyWorld], Any]] = {
    "listen": lambda person, world: person.listen("hello"),
    "think": lambda person, world: person.think("hm"),
    "define": lambda person, world: person.define("age", 3),
    "move_to": lambda person, world: person.move_to("Rome"),
    "change_context": lambda person, world: person.change_context(["it rains"]),
    "change_mind": lambda person, world: person.change_mind(goals="none"),
    "make_all_agents_inaccessible": lambda person, world: person.make_all_agents_inaccessible(),
    "act": lambda person, world: person.act(),
    "listen_and_act": lambda person, world: person.listen_and_act("hello"),
    "broadcast": lambda person, world: world.broadcast("hello"),
    "make_everyone_accessible": lambda person, world: world.make_everyone_accessible(),
    "remove_agent": lambda person, world: world.remove_agent(person),
    "run": lambda person, world: world.run(1),
}


@pytest.mark.parametrize("what", [*READS, *CHANGES])
def test_a_handle_of_a_closed_simulation_says_so(make_simulation, what):
    simulation = make_simulation()
    ada = TinyPerson("Ada", {"age": 40}, simulation=simulation)
    world = TinyWorld("Room", [ada])
    simulation.close()
    with pytest.raises(SimulationEnded, match=rf"'(Ada|Room)' belonged to {simulation.id}, which was closed"):
        {**READS, **CHANGES}[what](ada, world)
    assert (ada.id, repr(ada), repr(world)) == ("Ada", "<TinyPerson Ada>", "<TinyWorld Room>")


def test_a_handle_of_an_ended_simulation_can_be_read_and_not_changed(make_simulation):
    simulation = make_simulation()
    ada, ben = (TinyPerson(name, {"age": 40}, simulation=simulation) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ada, ben], initial_datetime="2026-03-02T09:00")
    world.make_everyone_accessible()
    ada.listen_and_act("hello there", source=ben)
    simulation.end()
    digest, told = simulation.digest(), len(simulation.facts)
    for read in READS.values():
        assert read(ada, world)
    for what, change in CHANGES.items():
        with pytest.raises(SimulationEnded, match=rf"{simulation.id} has ended; its people can be read"):
            change(ada, world)
        assert (simulation.digest(), len(simulation.facts)) == (digest, told), what
    with pytest.raises(SimulationEnded):
        TinyPerson("Cleo", simulation=simulation)
    with pytest.raises(SimulationEnded):
        simulation.__enter__()


def test_a_closed_runtime_ends_its_simulations_and_says_that_it_is_closed(make_runtime):
    for used in (True, False):
        runtime = make_runtime()
        simulation = Simulation(runtime=runtime)
        ada = TinyPerson("Ada", simulation=simulation)
        if used:
            ada.act()
        runtime.close()
        assert simulation.ended
        assert ada.name == "Ada"
        with pytest.raises(SimulationEnded):
            ada.listen("hello")
        with pytest.raises(SimulationError, match=r"runtime is closed|has ended"):
            ada.act()
        with pytest.raises(SimulationError, match=r"runtime is closed|has ended"):
            asyncio.run(ada.aact())
        runtime.close()  # once more does nothing
