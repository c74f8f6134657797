"""One loop, two ways into it: plain calls that wait, awaited ones from any loop; and who has to wait for whom."""

from __future__ import annotations

import asyncio
import inspect
import queue
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import ContextVar
from typing import Any

import pytest

from troupe_core import (
    EpisodicMemory,
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
    sync,
)
from troupe_core.errors import Busy, CrossThingError, SimulationEnded, SimulationError, WrongThread
from troupe_testing import ScriptedModel, do, quiet, talk, turn

NOTHING = '{"actions": [], "cognitive_state": {}}'


class Gate(LLMBackend):
    """Tells who has come to ask, and answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self.closed = 0
        self._open = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def aclose(self) -> None:
        self.closed += 1

    async def complete(self, request: Any, call: Any) -> LLMResponse:
        self.asked.append(request.messages[-1].content)
        self.arrived.put(call.person)
        try:
            await self._open.wait()
        except asyncio.CancelledError:
            for _ in range(10):  # an unwinding that takes a while
                await asyncio.sleep(0)
            self.cancelled.append(call.person)
            raise
        return LLMResponse(NOTHING)

    def wait_for(self, *people: str) -> None:
        """Until all of these are in the middle of their turns."""
        assert sorted(self.arrived.get(timeout=30) for _ in people) == sorted(people)

    def let(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._open.set)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def gated(make_simulation: Callable[..., Simulation], gate: Gate) -> Simulation:
    return make_simulation(gate, model="gate/x")


def beside(call: Callable[[], Any]) -> Future[Any]:
    """In a thread of its own, while the test goes on."""
    future: Future[Any] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


def meddling(what: Callable[[Turn[Any]], Any]) -> TinyMentalFaculty:
    """A faculty that does whatever a test wants done in the middle of a turn."""

    class Meddling(TinyMentalFaculty):
        """You meddle."""

        @action(observe=True)
        async def meddle(self, turn: Turn[Any]) -> str:
            """do it."""
            done = what(turn)
            return repr(await done if inspect.isawaitable(done) else done)

    return Meddling()


def meddles(request: Any, call: Any) -> Any:
    """The script of somebody who meddles once in each turn. Ada alone does."""
    return turn(do("MEDDLE")) if call.ordinal == 0 and call.person == "Ada" else turn()


def on_loop(runtime: Runtime, make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """A coroutine of the user's that runs on the runtime's own loop."""
    return asyncio.run_coroutine_threadsafe(make(), runtime.thread.loop).result(30)


# -- the plain form, and where it cannot be used ----------------------------------------------------------------------

PLAIN: dict[str, tuple[Callable[[TinyPerson, TinyWorld], Any], str]] = {
    "act": (lambda person, world: person.act(), "await person.aact()"),
    "listen_and_act": (lambda person, world: person.listen_and_act("hi"), "await person.alisten_and_act(…)"),
    "see_and_act": (lambda person, world: person.see_and_act("a hat"), "await person.asee_and_act(…)"),
    "think_and_act": (lambda person, world: person.think_and_act("hm"), "await person.athink_and_act(…)"),
    "retrieve_relevant_memories": (
        lambda person, world: person.retrieve_relevant_memories("hi"),
        "await person.aretrieve_relevant_memories(…)",
    ),
    "prompt": (lambda person, world: person.prompt(), "await person.aprompt()"),
    "run": (lambda person, world: world.run(1), "await world.arun(…)"),
    "close": (lambda person, world: person.simulation.runtime.close(), "await runtime.aclose()"),
}


@pytest.mark.parametrize("what", PLAIN)
def test_a_plain_call_on_the_runtimes_own_loop_names_the_awaited_form(make_simulation, what):
    simulation = make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    world = TinyWorld("Room", [ada])
    call, twin = PLAIN[what]

    async def inside() -> str:
        with pytest.raises(WrongThread) as caught:
            call(ada, world)
        return str(caught.value)

    said = on_loop(simulation.runtime, inside)
    assert f"use `{twin}`" in said
    assert "runtime's event loop" in said
    assert world.run(1).failures == ()  # nothing is left behind, not even a hold


@pytest.mark.parametrize("what", PLAIN)
def test_a_plain_call_in_an_action_of_a_faculty_names_the_awaited_form(make_simulation, what):
    simulation = make_simulation(meddles)
    call, twin = PLAIN[what]
    ben = TinyPerson("Ben", simulation=simulation)
    world = TinyWorld("Room", [ben])
    ada = TinyPerson("Ada", mental_faculties=[meddling(lambda turn: call(ben, world))], simulation=simulation)
    with pytest.raises(WrongThread) as caught:
        ada.act()
    assert f"use `{twin}`" in str(caught.value)
    assert any("MEDDLE" in note for note in caught.value.__notes__)
    assert ada.state.turns == ben.state.turns == 0


def test_waiting_for_what_is_pending_is_refused_on_the_loop_too(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return {"memories": ["It was nice."]} if call.purpose == "consolidation" else turn(talk("well"))

    simulation = make_simulation(script)
    ada = TinyPerson("Ada", simulation=simulation)
    for _ in range(10):
        ada.act()
    assert simulation.background.pending

    async def inside() -> list[str]:
        said = []
        for plain in (simulation.end, simulation.close):
            with pytest.raises(WrongThread) as caught:
                plain()
            said.append(str(caught.value))
        return said

    ended, closed = on_loop(simulation.runtime, inside)
    assert "await simulation.aend()" in ended
    assert "await simulation.aclose()" in closed
    simulation.end()
    assert [fact.content for fact in ada.memories() if fact.kind == "memory"] == ["It was nice."]


# -- the awaited form -------------------------------------------------------------------------------------------------


def test_awaiting_works_from_any_loop_and_from_several_at_once(make_simulation):
    simulation = make_simulation(lambda request, call: turn(talk(f"{call.person} here")))
    people = {name: TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo", "Dan")}

    def one(name: str) -> str:
        return asyncio.run(people[name].alisten_and_act("hello"))[0].content

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, people)) == [f"{name} here" for name in people]
    assert on_loop(simulation.runtime, people["Ada"].aact)[0].content == "Ada here"  # and from the runtime's own


def test_a_debugging_loop_finds_nothing_amiss(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    assert asyncio.run(ada.alisten_and_act("hello"), debug=True)[0].type == "THINK"


def test_the_callers_context_comes_along(make_simulation):
    colour: ContextVar[str] = ContextVar("colour", default="none")
    seen: list[Any] = []

    def look(turn: Turn[Any]) -> None:
        seen.append((colour.get(), current_simulation()))

    simulation, other = make_simulation(meddles), make_simulation()
    ada = TinyPerson("Ada", mental_faculties=[meddling(look)], simulation=simulation)
    colour.set("red")
    with simulation:
        ada.act()

        async def awaited() -> None:
            colour.set("blue")
            await ada.aact()

        asyncio.run(awaited())
    assert seen == [("red", simulation), ("blue", simulation)]
    assert colour.get() == "red"
    assert not other.ended


def test_cancelling_the_caller_cancels_the_run_and_undoes_its_step(gated, gate):
    people = [TinyPerson(name, simulation=gated) for name in ("Ada", "Ben")]
    world = TinyWorld("Room", people)
    world.broadcast("Hello")
    digest, told = gated.digest(), list(gated.facts)

    async def impatient() -> None:
        task = asyncio.create_task(world.arun(2))
        await asyncio.to_thread(gate.wait_for, "Ada", "Ben")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # it has been unwound by now: nobody is busy any more
        assert sorted(gate.cancelled) == ["Ada", "Ben"]
        assert (gated.digest(), list(gated.facts)) == (digest, told)
        people[0].listen("Are you there?")

    asyncio.run(impatient())
    gate.let()
    assert world.run(2).turns == 4


def test_a_time_limit_of_the_callers_own_holds(gated, gate):
    ada = TinyPerson("Ada", simulation=gated)

    async def limited() -> None:
        async with asyncio.timeout(None) as limit:
            task = asyncio.create_task(asyncio.to_thread(gate.wait_for, "Ada"))
            task.add_done_callback(lambda _: limit.reschedule(0))
            await ada.alisten_and_act("hello")

    with pytest.raises(TimeoutError):
        asyncio.run(limited())
    assert gate.cancelled == ["Ada"]
    assert ada.state.turns == len(ada.state.inbox) == 0  # what was said for the turn's sake is undone with it


def test_somebody_who_gives_up_waiting_leaves_the_queue(gated, gate):
    ada = TinyPerson("Ada", simulation=gated)
    first = beside(lambda: ada.listen_and_act("first"))
    gate.wait_for("Ada")

    async def gives_up() -> None:
        task = asyncio.create_task(ada.alisten_and_act("second"))
        await asyncio.sleep(0)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), gated.runtime.thread.loop))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(gives_up())
    gate.let()
    first.result(30)
    ada.listen_and_act("third")
    assert [fact.content for fact in ada.memories() if fact.type == "CONVERSATION"] == ["first", "third"]


INTERRUPTED = """
import signal, threading
from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld, LLMBackend
import asyncio

class Slow(LLMBackend):
    free = True

    async def complete(self, request, call):
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # it may be any thread that the system tells
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(20):
                await asyncio.sleep(0)
            print("unwound")

with Runtime(plugins=[Slow], model="slow/x", autoload=False) as runtime:
    simulation = Simulation(runtime=runtime)
    world = TinyWorld("Room", [TinyPerson("Ada", simulation=simulation)])
    before = simulation.digest()
    try:
        world.run(3)
    except KeyboardInterrupt:
        print("interrupted")
    assert simulation.digest() == before
    world.agents[0].listen("still there?")
print("done")
"""


def test_after_ctrl_c_the_run_has_been_unwound_when_the_program_goes_on(python: Any) -> None:
    done = python("-c", INTERRUPTED)
    assert (done.stdout.split(), done.stderr) == (["unwound", "interrupted", "done"], "")


def test_after_ctrl_c_while_the_thread_starts_another_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    start, loops = threading.Thread.start, []

    def interrupted(thread: threading.Thread) -> None:
        if len(loops) == 1:
            raise KeyboardInterrupt
        start(thread)

    def factory() -> asyncio.AbstractEventLoop:
        loops.append(asyncio.new_event_loop())
        return loops[-1]

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    before = names_of_threads()
    runtime = Runtime(autoload=False, loop_factory=factory)
    with pytest.raises(KeyboardInterrupt):
        runtime.thread.loop  # noqa: B018
    runtime.close()
    assert len(loops) == 2
    assert names_of_threads() == before
    loops[0].close()


# -- who waits for whom -----------------------------------------------------------------------------------------------


def test_turns_of_one_person_queue_first_come_first_served(gated, gate):
    ada = TinyPerson("Ada", simulation=gated)

    async def many() -> None:
        tasks = [asyncio.create_task(ada.alisten_and_act(f"number {number}")) for number in range(8)]
        await asyncio.to_thread(gate.wait_for, "Ada")
        assert len(gate.asked) == 1
        gate.let()
        await asyncio.gather(*tasks)

    asyncio.run(many())
    assert [fact.content for fact in ada.memories()] == [f"number {number}" for number in range(8)]
    assert ada.state.turns == 8


def test_nobody_slips_in_before_those_who_wait_already(make_simulation):
    """Somebody who comes in the moment between one turn's end and the waking of the next in the queue."""
    come = asyncio.Event()

    class Announcing(LLMBackend):
        async def complete(self, request: Any, call: Any) -> LLMResponse:
            await asyncio.sleep(0)  # meanwhile the second one queues
            if call.turn == 0:
                come.set()
            return LLMResponse(NOTHING)

    simulation = make_simulation(Announcing(), model="announcing/x")
    ada = TinyPerson("Ada", simulation=simulation)

    async def inside() -> None:
        async def late() -> None:
            await come.wait()
            await ada.alisten_and_act("third")

        tasks = [asyncio.create_task(late())]
        tasks += [asyncio.create_task(ada.alisten_and_act(word)) for word in ("first", "second")]
        await asyncio.gather(*tasks)

    on_loop(simulation.runtime, inside)
    assert [fact.content for fact in ada.memories()] == ["first", "second", "third"]


def test_who_waits_for_several_is_not_overtaken_by_who_wants_one_of_them(gated, gate):
    ada, ben = (TinyPerson(name, simulation=gated) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ada, ben])

    async def all_of_them() -> None:
        first = asyncio.create_task(ada.aact())
        await asyncio.to_thread(gate.wait_for, "Ada")
        run = asyncio.create_task(world.arun(1))  # Ben is free, and Ada is not
        await asyncio.sleep(0)
        alone = asyncio.create_task(ben.alisten_and_act("a word"))
        await asyncio.sleep(0)
        gate.let()
        await asyncio.gather(first, run, alone)

    asyncio.run(all_of_them())
    assert [fact.turn for fact in gated.facts if fact.content == "a word"] == [1]


def test_runs_of_worlds_that_share_nobody_go_on_side_by_side(gated, gate):
    worlds = [TinyWorld(f"Room {name}", [TinyPerson(name, simulation=gated)]) for name in ("Ada", "Ben")]

    async def both() -> list[Any]:
        tasks = [asyncio.create_task(world.arun(1)) for world in worlds]
        await asyncio.to_thread(gate.wait_for, "Ada", "Ben")  # both at once, or this would wait for ever
        gate.let()
        return await asyncio.gather(*tasks)

    assert [report.turns for report in asyncio.run(both())] == [1, 1]


def test_a_person_of_a_running_world_has_no_turn_of_its_own_before_the_run_is_over(gated, gate):
    ada = TinyPerson("Ada", simulation=gated)
    world = TinyWorld("Room", [ada])

    async def both() -> None:
        run = asyncio.create_task(world.arun(3))
        await asyncio.to_thread(gate.wait_for, "Ada")
        alone = asyncio.create_task(ada.alisten_and_act("by the way"))
        gate.let()
        await asyncio.gather(run, alone)

    asyncio.run(both())
    assert [fact.turn for fact in gated.facts if fact.content == "by the way"] == [3]


CHEAP: dict[str, Callable[[TinyPerson, TinyWorld], Any]] = {
    "listen": lambda person, world: person.listen("hello"),
    "see": lambda person, world: person.see("a hat"),
    "socialize": lambda person, world: person.socialize("you are a guest"),
    "think": lambda person, world: person.think("hm"),
    "internalize_goal": lambda person, world: person.internalize_goal("leave"),
    "define": lambda person, world: person.define("age", 3),
    "move_to": lambda person, world: person.move_to("Rome"),
    "change_context": lambda person, world: person.change_context(["it rains"]),
    "change_mind": lambda person, world: person.change_mind(goals="none"),
    "make_all_agents_inaccessible": lambda person, world: person.make_all_agents_inaccessible(),
    "broadcast": lambda person, world: world.broadcast("hello"),
    "broadcast_thought": lambda person, world: world.broadcast_thought("hm"),
    "broadcast_context_change": lambda person, world: world.broadcast_context_change(["it rains"]),
    "skip_days": lambda person, world: world.skip_days(1),
    "remove_agent": lambda person, world: world.remove_agent(person),
    "make_everyone_accessible": lambda person, world: world.make_everyone_accessible(),
}


@pytest.mark.parametrize("what", CHEAP)
def test_a_cheap_change_of_somebody_in_the_middle_of_a_run_is_refused_and_changes_nothing(gated, gate, what):
    ada, ben = (TinyPerson(name, simulation=gated) for name in ("Ada", "Ben"))
    world = TinyWorld("Room", [ada, ben], initial_datetime="2026-03-02T09:00")
    zoe = TinyPerson("Zoe", simulation=gated)
    run = beside(lambda: world.run(1))
    gate.wait_for("Ada", "Ben")
    digest, told, roster = gated.digest(), len(gated.facts), world.agents
    with pytest.raises(Busy, match=r"'(Ada|Room)' is in the middle of a turn or run of simulation-\d+; wait for it"):
        CHEAP[what](ada, world)
    assert (gated.digest(), len(gated.facts), world.agents) == (digest, told, roster)
    zoe.listen("hello")  # others are free
    gate.let()
    assert run.result(30).turns == 2
    CHEAP[what](ada, world)


def test_joining_a_running_world_is_refused_and_leaves_no_trace(gated, gate):
    ada, zoe = (TinyPerson(name, simulation=gated) for name in ("Ada", "Zoe"))
    world = TinyWorld("Room", [ada])
    run = beside(lambda: world.run(1))
    gate.wait_for("Ada")
    with pytest.raises(Busy, match="'Room'"):
        world.add_agent(zoe)
    gate.let()
    run.result(30)
    assert world.agents == [ada]
    assert TinyWorld("Elsewhere", [zoe]).agents == [zoe]


def test_a_world_of_somebody_who_is_busy_is_not_made_at_all(gated, gate):
    ada = TinyPerson("Ada", simulation=gated)
    run = beside(ada.act)
    gate.wait_for("Ada")
    with pytest.raises(Busy, match="'Ada'"):
        TinyWorld("Room", [ada])
    assert "Room" not in gated
    gate.let()
    run.result(30)
    assert TinyWorld("Room", [ada]).agents == [ada]


def test_what_reaches_others_during_a_run_survives_when_the_run_is_undone(gated, gate):
    world = TinyWorld("Room", [TinyPerson("Ada", simulation=gated)])
    zoe = TinyPerson("Zoe", simulation=gated)

    async def cancelled() -> None:
        run = asyncio.create_task(world.arun(1))
        await asyncio.to_thread(gate.wait_for, "Ada")
        zoe.listen("Did you hear that?")
        TinyPerson("New", simulation=gated)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(cancelled())
    assert [entry.content for entry in zoe.state.inbox] == ["Did you hear that?"]
    assert [fact.content for fact in gated.facts] == ["Did you hear that?"]
    assert gated["New"].name == "New"


def test_ending_waits_for_what_still_runs_so_that_nothing_changes_afterwards(gated, gate):
    ada = TinyPerson("Ada", simulation=gated)
    run = beside(lambda: ada.listen_and_act("hello"))
    gate.wait_for("Ada")

    def ending() -> str:
        gated.end()
        return gated.digest()

    ended = beside(ending)
    wait([ended], timeout=0.1)  # right in any order; an end that does not wait is over by now
    gate.let()
    run.result(30)
    assert ended.result(30) == gated.digest()
    assert ada.state.turns == 1


QUEUED: dict[str, Callable[[TinyPerson, TinyWorld], Coroutine[Any, Any, Any]]] = {
    "a turn": lambda ada, world: ada.alisten_and_act("too late"),
    "a run": lambda ada, world: world.arun(2),
}


@pytest.mark.parametrize("what", QUEUED)
def test_what_has_queued_behind_the_end_finds_the_simulation_ended_and_changes_nothing(gated, gate, what):
    ada = TinyPerson("Ada", simulation=gated)
    world = TinyWorld("Room", [ada])
    world.broadcast("Hello")

    async def elsewhere() -> tuple[str, int]:
        async def under_way(make: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
            task = asyncio.create_task(make)
            for _ in range(3):  # on this loop and on the other
                await asyncio.sleep(0)
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), gated.runtime.thread.loop))
            return task

        first = await under_way(ada.aact())
        await asyncio.to_thread(gate.wait_for, "Ada")
        end = await under_way(gated.aend())
        late = await under_way(QUEUED[what](ada, world))
        assert not first.done()
        assert not end.done()
        assert not late.done()
        gate.let()
        await end
        after = gated.digest(), len(gated.facts)
        await first
        with pytest.raises(SimulationEnded, match=f"{gated.id} has ended"):
            await late
        return after

    digest, told = asyncio.run(elsewhere())
    assert (gated.digest(), len(gated.facts)) == (digest, told)
    assert (ada.state.turns, world.state.step, ada.state.inbox) == (1, 0, ())
    assert len(gate.asked) == 1
    assert gated.holds.any_of(["Ada", "Room"]) is None


def test_what_is_said_between_turns_is_refused_or_heard_and_never_lost(make_simulation):
    simulation = make_simulation(ScriptedModel(record=False))
    memory = EpisodicMemory(capacity=10**8, episode=10**8)
    ada = TinyPerson("Ada", memory=memory, simulation=simulation)
    enough = threading.Event()

    def acting() -> int:
        turns = 0
        while not enough.is_set():
            ada.act()
            turns += 1
        return turns

    heard: list[str] = []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        actors = [beside(acting) for _ in range(2)]
        until = time.monotonic() + 0.8
        try:
            while time.monotonic() < until:
                try:
                    ada.listen(f"word {len(heard)}")
                except Busy:
                    continue
                heard.append(f"word {len(heard)}")
        finally:
            enough.set()
            turns = sum(actor.result(30) for actor in actors)
    finally:
        sys.setswitchinterval(interval)
    assert heard
    assert ada.state.turns == turns > 0
    kept = [fact.content for fact in (*ada.memories(), *ada.state.inbox) if fact.type == "CONVERSATION"]
    assert kept == heard
    assert [fact.content for fact in simulation.facts if fact.type == "CONVERSATION"] == heard


def test_what_is_in_the_middle_of_something_cannot_be_closed(gated, gate):
    ada = TinyPerson("Ada", simulation=gated)
    run = beside(lambda: ada.listen_and_act("hello"))
    gate.wait_for("Ada")
    with pytest.raises(Busy, match="'Ada' is in the middle of a turn"):
        gated.close()
    with pytest.raises(Busy, match="'Ada' is in the middle of a turn"):
        asyncio.run(gated.aclose())
    gate.let()
    run.result(30)
    assert ada.state.turns == 1
    gated.close()


# -- within a turn ----------------------------------------------------------------------------------------------------

NESTED: dict[str, Callable[[TinyPerson, TinyPerson, TinyWorld], Any]] = {
    "own act": lambda ada, ben, world: ada.aact(),
    "own listen_and_act": lambda ada, ben, world: ada.alisten_and_act("me"),
    "another's act": lambda ada, ben, world: ben.aact(),
    "a run": lambda ada, ben, world: world.arun(1),
    "the end": lambda ada, ben, world: ada.simulation.aend(),
    "closing": lambda ada, ben, world: ada.simulation.aclose(),
    "closing, plainly": lambda ada, ben, world: ada.simulation.close(),
}


@pytest.mark.parametrize("what", NESTED)
def test_a_turn_within_a_turn_is_refused_with_the_reason(make_simulation, what):
    simulation = make_simulation(meddles)
    ben = TinyPerson("Ben", simulation=simulation)
    world = TinyWorld("Room", [ben])
    faculty = meddling(lambda turn: NESTED[what](simulation["Ada"], ben, world))
    ada = TinyPerson("Ada", mental_faculties=[faculty], simulation=simulation)
    with pytest.raises(Busy, match="turn"):
        ada.act()
    assert ada.state.turns == ben.state.turns == world.state.step == 0


NOT_ALONE = ("broadcast", "broadcast_thought", "remove_agent")
"""They change several things at once."""

OTHERS: dict[str, Callable[[TinyPerson, TinyWorld], Any]] = {
    **{name: change for name, change in CHEAP.items() if name not in NOT_ALONE},
    "make_agent_accessible": lambda ben, world: ben.make_agent_accessible(ben.simulation["Ada"]),
    "a thread": lambda ben, world: asyncio.to_thread(ben.listen, "psst"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_changing_somebody_else_within_a_turn_is_refused_with_the_advice(make_simulation, what):
    simulation = make_simulation(meddles)
    ben = TinyPerson("Ben", simulation=simulation)
    world = TinyWorld("Room", [ben])
    ada = TinyPerson("Ada", mental_faculties=[meddling(lambda turn: OTHERS[what](ben, world))], simulation=simulation)
    before = simulation.digest()
    with pytest.raises(CrossThingError, match=r"'Ada' is having a turn, and may not change '(Ben|Room)': emit an act"):
        ada.act()
    assert simulation.digest() == before
    assert not list(simulation.facts)


@pytest.mark.parametrize("what", ["broadcast", "remove_agent", "a new person", "a new world"])
def test_changing_the_place_or_its_people_within_a_turn_is_refused(make_simulation, what):
    changes: dict[str, Callable[[], Any]] = {
        "broadcast": lambda: simulation["Room"].broadcast("hello"),
        "remove_agent": lambda: simulation["Room"].remove_agent(simulation["Ben"]),
        "a new person": lambda: TinyPerson("New", simulation=simulation),
        "a new world": lambda: TinyWorld("New", simulation=simulation),
    }
    simulation = make_simulation(meddles)
    ada = TinyPerson("Ada", mental_faculties=[meddling(lambda turn: changes[what]())], simulation=simulation)
    TinyWorld("Room", [TinyPerson("Ben", simulation=simulation)])
    before = simulation.digest()
    with pytest.raises((Busy, CrossThingError), match="'Ada' is having a turn"):
        ada.act()
    assert simulation.digest() == before
    assert "New" not in simulation


def test_people_of_another_simulation_are_another_matter(make_simulation):
    other = make_simulation()
    zoe = TinyPerson("Zoe", simulation=other)
    simulation = make_simulation(meddles)
    ada = TinyPerson("Ada", mental_faculties=[meddling(lambda turn: zoe.listen("hello"))], simulation=simulation)
    ada.act()
    assert [entry.content for entry in zoe.state.inbox] == ["hello"]


def change_oneself(turn: Turn[Any], simulation: Simulation) -> None:
    ada = simulation["Ada"]
    ada.define("mood", "splendid").move_to("Rome").change_context(["it rains"]).change_mind(goals="stay")
    ada.listen("Was that you?", source="A voice")
    assert (ada.get("mood"), ada.place, ada.mind.goals) == ("splendid", "Rome", "stay")  # it reads what it wrote


def test_a_faculty_that_calls_its_own_persons_methods_joins_the_turn(make_simulation):
    simulation = make_simulation(meddles)
    faculty = meddling(lambda turn: change_oneself(turn, simulation))
    ada = TinyPerson("Ada", mental_faculties=[faculty], simulation=simulation)
    ada.act()
    assert (ada.get("mood"), ada.place, ada.state.context) == ("splendid", "Rome", ("it rains",))
    assert [fact.type for fact in simulation.facts] == ["MEDDLE", "CONVERSATION", "MEDDLE"]
    heard = simulation.runtime.model_under_test.requests[1][0].messages[-1].content
    assert "Was that you?" in heard  # in the same turn
    assert "You are here: Rome" in heard
    assert ada.state.inbox == ()


def test_and_all_of_it_is_undone_when_the_turn_fails(make_simulation):
    def then_fail(turn: Turn[Any]) -> None:
        change_oneself(turn, simulation)
        raise RuntimeError("too much")

    simulation = make_simulation(meddles)
    ada = TinyPerson("Ada", {"mood": "so-so"}, mental_faculties=[meddling(then_fail)], simulation=simulation)
    before, digest = ada.state, simulation.digest()
    with pytest.raises(RuntimeError, match="too much") as caught:
        ada.listen_and_act("hello")
    assert "in the action MEDDLE of the faculty 'meddling'" in caught.value.__notes__
    assert ada.state is before
    assert simulation.digest() == digest
    assert not list(simulation.facts)
    ada.define("mood", "better")  # and nobody is busy


# -- the end of a runtime ---------------------------------------------------------------------------------------------


class Counted(ScriptedModel):
    """Counts how often it was opened and closed, and on which loop."""

    def __init__(self) -> None:
        super().__init__(quiet)
        self.events: list[tuple[str, asyncio.AbstractEventLoop]] = []

    async def open(self) -> None:
        await asyncio.sleep(0)  # so that others come meanwhile
        self.events.append(("open", asyncio.get_running_loop()))

    async def aclose(self) -> None:
        self.events.append(("close", asyncio.get_running_loop()))


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "troupe"]


@pytest.mark.parametrize("way", ["close", "aclose", "with", "async with"])
def test_a_backend_is_opened_and_closed_once_on_the_same_loop_and_the_thread_is_gone(way):
    before = names_of_threads()
    backend = Counted()
    runtime = Runtime(plugins=[backend], model="scripted/x", autoload=False)
    simulation = Simulation(runtime=runtime)
    world = TinyWorld("Room", [TinyPerson(f"Person {number}", simulation=simulation) for number in range(5)])

    async def within() -> None:
        async with runtime:
            await world.arun(1)

    async def awaited() -> None:
        await world.arun(1)
        await asyncio.gather(runtime.aclose(), runtime.aclose())

    if way == "close":
        world.run(1)
        loop = runtime.thread.loop
        runtime.close()
    elif way == "with":
        with runtime:
            world.run(1)
            loop = runtime.thread.loop
    else:
        asyncio.run(within() if way == "async with" else awaited())
        loop = backend.events[0][1]
    assert backend.events == [("open", loop), ("close", loop)]
    runtime.close()
    assert len(backend.events) == 2
    assert loop.is_closed()
    assert names_of_threads() == before
    assert simulation.ended


def test_a_backend_that_nobody_asked_is_neither_opened_nor_closed():
    backend = Counted()
    with Runtime(plugins=[backend], model="scripted/x", autoload=False) as runtime:
        TinyPerson("Ada", simulation=Simulation(runtime=runtime)).prompt()
    assert backend.events == []


def test_a_backend_that_fails_in_closing_is_named_and_keeps_nobody_else_from_it(caplog):
    class Broken(Counted):
        name = "broken"

        async def aclose(self) -> None:
            raise RuntimeError("the line is dead")

    other, before = Counted(), names_of_threads()
    runtime = Runtime(plugins=[Broken(), other], model="broken/x", autoload=False)
    simulation = Simulation(runtime=runtime)
    TinyPerson("Ada", simulation=simulation).act()
    TinyPerson("Ben", model="scripted/x", simulation=simulation).act()
    runtime.close()
    assert [what for what, _ in other.events] == ["open", "close"]
    assert names_of_threads() == before
    assert "broken" in caplog.text
    assert "the line is dead" in caplog.text


@pytest.mark.parametrize("way", ["close", "aclose"])
def test_a_backend_that_wants_to_end_the_program_in_closing_is_named_and_the_runtime_is_closed(way, caplog):
    class Leaving(Counted):
        name = "leaving"

        async def aclose(self) -> None:
            sys.exit("good bye")

    other, before = Counted(), names_of_threads()
    runtime = Runtime(plugins=[Leaving(), other], model="leaving/x", autoload=False)
    simulation = Simulation(runtime=runtime)
    TinyPerson("Ada", simulation=simulation).act()
    TinyPerson("Ben", model="scripted/x", simulation=simulation).act()
    loop = runtime.thread.loop
    if way == "close":
        beside(runtime.close).result(30)
    else:
        beside(lambda: asyncio.run(runtime.aclose())).result(30)
    assert names_of_threads() == before
    assert loop.is_closed()
    assert "the backend leaving could not be closed" in caplog.text
    assert [what for what, _ in other.events] == ["open", "close"]
    runtime.close()  # once more does nothing
    asyncio.run(runtime.aclose())


def test_a_new_thread_is_not_taken_for_the_loop_of_a_runtime_that_is_closed(make_simulation):
    """Threads are numbered, and the numbers of those that are gone are given to others."""
    simulation = make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    ada.act()
    simulation.runtime.close()
    for _ in range(5):
        beside(simulation.runtime.close).result(30)
        with pytest.raises(SimulationError, match=r"the runtime is closed|has ended"):
            beside(ada.act).result(30)


def test_a_task_that_wants_to_end_the_program_when_it_is_cancelled_keeps_nobody_from_being_closed(make_simulation):
    unwound: list[str] = []

    async def leaving() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            sys.exit("good bye")

    async def waiting() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            unwound.append("waiting")

    left: list[asyncio.Task[None]] = []

    def leave_behind(turn: Turn[Any]) -> None:
        left.extend(asyncio.create_task(work()) for work in (leaving, waiting))

    simulation = make_simulation(meddles)
    TinyPerson("Ada", mental_faculties=[meddling(leave_behind)], simulation=simulation).act()
    loop = simulation.runtime.thread.loop
    simulation.runtime.close()
    assert loop.is_closed()
    assert unwound == ["waiting"]


def test_closing_the_runtime_stops_what_still_runs(gated, gate):
    world = TinyWorld("Room", [TinyPerson("Ada", simulation=gated)])
    run = beside(lambda: world.run(1))
    gate.wait_for("Ada")
    gated.runtime.close()
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - the point is that it comes to an end at all
        run.result(30)
    assert isinstance(caught.value, SimulationError | asyncio.CancelledError) or "Cancel" in type(caught.value).__name__
    assert gate.cancelled == ["Ada"]
    assert gate.closed == 1
    assert world.state.step == 0


def test_closing_the_runtime_ends_the_threads_that_plugins_have_worked_in(make_simulation):
    before = set(threading.enumerate())
    runtime = make_simulation().runtime
    done = threading.Event()

    async def working() -> None:
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 0) for _ in range(4)))
        asyncio.get_running_loop().run_in_executor(None, done.set)

    runtime.wait(working, "")
    runtime.close()
    assert done.is_set()
    assert set(threading.enumerate()) <= before


def test_a_thread_that_is_stuck_does_not_hold_up_who_closes_the_runtime(make_simulation, monkeypatch, caplog):
    monkeypatch.setattr(sync, "PATIENCE", 0.05)
    runtime, go_on = make_simulation().runtime, threading.Event()

    async def stuck() -> None:
        asyncio.get_running_loop().run_in_executor(None, go_on.wait)

    runtime.wait(stuck, "")
    runtime.close()
    assert "something that was begun in a thread has not ended yet" in caplog.text
    go_on.set()


def test_a_call_after_the_end_of_the_runtime_is_refused_and_leaves_no_coroutine_behind(make_simulation):
    simulation = make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    world = TinyWorld("Room", [ada])
    ada.act()
    simulation.runtime.close()
    for call in (ada.act, lambda: world.run(1), ada.prompt, lambda: ada.retrieve_relevant_memories("x")):
        with pytest.raises(SimulationError, match=r"the runtime is closed|has ended"):
            call()
    for awaited in (ada.aact, lambda: world.arun(1), ada.aprompt):
        with pytest.raises(SimulationError, match=r"the runtime is closed|has ended"):
            asyncio.run(awaited())
    with pytest.raises(SimulationError):
        TinyPerson("Ben", simulation=Simulation(runtime=simulation.runtime)).act()


UNCLOSED = """
from troupe_core import Runtime, Simulation, TinyPerson
from troupe_testing import ScriptedModel
runtime = Runtime(plugins=[ScriptedModel()], model="scripted/x", autoload=False)
simulation = Simulation(runtime=runtime)
TinyPerson("Ada").act()
{end}
"""


@pytest.mark.parametrize("end", ["pass", "runtime.close()", "del simulation, runtime", "simulation.close()"])
def test_a_program_ends_without_a_warning_whether_or_not_it_closes(end, python):
    done = python("-c", UNCLOSED.format(end=end))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
