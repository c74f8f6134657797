"""What fails leaves nothing behind but its bill: all is as before, and no answer that came is asked for once more.

Errors are thrown in at every place where a turn waits for something, one place after the other, into the running
coroutine itself, so that no `await` of the core is left out because nobody thought of it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import timedelta
from typing import Any

import attrs
import pytest

from troupe_core import EpisodicMemory, Runtime, Simulation, TinyMentalFaculty, TinyPerson, TinyWorld, Turn, action
from troupe_core.errors import (
    AuthenticationError,
    BadRequest,
    Busy,
    ModelUnavailable,
    OutputError,
    QuotaError,
    RunStopped,
    UnknownModelError,
)
from troupe_core.hookspecs import hookimpl
from troupe_core.llm import Call, LLMBackend, LLMChunk, LLMRequest, LLMWrapper, Message, Usage
from troupe_core.llm.request import Form
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, do, talk, think, turn

pytestmark = pytest.mark.once

# -- a person whose turn waits wherever a turn can wait --------------------------------------------------------------


class Broken(Exception):
    """What the tests throw in."""


async def pause() -> None:
    """Let the others go on once."""
    await asyncio.sleep(0)


class Model(ScriptedModel):
    """Waits before it answers; what it has answered is in `answered`."""

    def __init__(self, script: Any) -> None:
        super().__init__(script)
        self.answered: list[tuple[str, int, str]] = []

    async def open(self) -> None:
        await pause()

    async def complete(self, request: Any, call: Any) -> Any:
        await pause()
        response = await super().complete(request, call)
        self.answered.append((call.person, call.turn, request.key.hex()))
        return response


@attrs.frozen
class Slow(EpisodicMemory):
    """Episodic memory that takes its time."""

    async def remind(self, *given: Any) -> Any:
        await pause()
        return await super().remind(*given)

    async def recall(self, *given: Any) -> Any:
        await pause()
        return await super().recall(*given)

    async def consolidate(self, *given: Any) -> Any:
        await pause()
        return await super().consolidate(*given)


@attrs.frozen
class Asked:
    """How often somebody has asked around."""

    times: int = 0


class Inquiry(TinyMentalFaculty, state=Asked):
    """You can ask around."""

    @action(observe=True)
    async def inquire(self, turn: Turn[Asked], about: str) -> str:
        """Ask around about something."""
        turn.state = Asked(turn.state.times + 1)
        turn.emit("INQUIRY", about)
        turn.perceive("somebody looks up", kind="VISUAL")
        await pause()
        found = await turn.recall(about, 3)
        answer = await turn.llm("inquiry").ask(f"What of {about}?")
        await pause()
        return f"{len(found)} things, and {answer}"

    @action
    async def note(self, turn: Turn[Asked], about: str) -> None:
        """Write something down."""
        await pause()
        turn.emit("NOTE", about)


def busy(request: Any, call: Any) -> Any:
    """A turn with two questions of its own, one of a faculty, and an action that waits."""
    if call.purpose == "consolidation":
        return {"memories": [f"what {call.person} kept of it"]}
    if call.purpose == "inquiry":
        return "it is so"
    if request.messages[-1].content.startswith("INQUIRE"):
        return turn(talk(f"{call.person} knows, turn {call.turn}"), do("NOTE", about="that"), goals="to rest")
    return turn(think("what is it?"), do("INQUIRE", about="soup"), emotions="curious")


class Passing(LLMWrapper):
    """A wrapper of models that waits before and after."""

    async def complete(self, request: Any, call: Any) -> Any:
        await pause()
        response = await self.inner.complete(request, call)
        await pause()
        return response


class Waits:
    """A plugin whose wrappers wait before and after what they wrap."""

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self) -> Any:
        return Passing((yield))

    @hookimpl(wrapper=True)
    def troupe_transaction_handler(self) -> Any:
        inner = yield

        async def waiting_transaction(tx: Any) -> Any:
            await pause()
            outcome = await inner(tx)
            await pause()
            return outcome

        return waiting_transaction


class Interrupted:
    """Runs a coroutine, and throws an error into it where it waits for the time of that number."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], at: int, error: BaseException) -> None:
        self.coroutine = coroutine
        self.at = at
        self.error = error
        self.waits = 0

    @property
    def happened(self) -> bool:
        return self.waits >= self.at

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = lambda: self.coroutine.send(None)  # noqa: E731 - it is chosen anew in each round
        while True:
            try:
                waited = step()
            except StopIteration as stop:
                return stop.value
            self.waits += 1
            if self.waits == self.at:
                if isinstance(self.error, asyncio.CancelledError):
                    yield from self._cancelled(waited)
                step = lambda: self.coroutine.throw(self.error)  # noqa: E731
                continue
            try:
                yield waited
            except BaseException as error:
                step = lambda error=error: self.coroutine.throw(error)  # noqa: E731
            else:
                step = lambda: self.coroutine.send(None)  # noqa: E731

    @staticmethod
    def _cancelled(waited: Any) -> Generator[Any, Any, None]:
        """Such an error counts as a cancellation only where somebody has asked for one."""
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with suppress(asyncio.CancelledError):
            yield waited


async def awaited(work: Awaitable[Any]) -> Any:
    return await work


class Interrupts:
    """A plugin that interrupts the transactions of one kind and person, around all other wrappers."""

    def __init__(self, thing: str, kind: str = "turn") -> None:
        self.thing = thing
        self.kind = kind
        self.at = 0
        self.error: BaseException = Broken()
        self.last: Interrupted | None = None

    @hookimpl(wrapper=True, tryfirst=True)
    def troupe_transaction_handler(self, kind: str) -> Any:
        inner = yield

        async def handler(tx: Any) -> Any:
            if tx.thing != self.thing or kind != self.kind or not self.at:
                return await inner(tx)
            self.last = Interrupted(inner(tx), self.at, self.error)
            return await self.last

        return handler


def settings_of(simulation: Any) -> dict[str, Any]:
    return {"mental_faculties": [Inquiry], "memory": Slow(episode=2), "simulation": simulation}


def where(error: BaseException) -> set[str]:
    """The names of the functions that an error went through."""
    return {frame.name for frame in traceback.extract_tb(error.__traceback__)}


def whole(simulation: Any) -> tuple[Any, ...]:
    """Everything that a failure may not change: the very states, the facts, what is pending, who is held."""
    return (
        {id: (state, state.digest) for id, state in simulation.states.items()},
        [(fact.id, fact.content) for fact in simulation.facts],
        {id: item.due for id, item in simulation.background.pending.items()},
        simulation.holds.any_of(list(simulation.states)),
    )


# -- one person ------------------------------------------------------------------------------------------------------

PLACES = {"waiting_transaction", "remind", "complete", "ask", "inquire", "recall", "note", "sleep"}
"""Functions of a turn that wait: wrappers of both kinds, memory, model, faculties."""

ERRORS = [Broken, ModelUnavailable, asyncio.CancelledError]


def prepared(simulation: Any) -> TinyPerson:
    """A person with a past, with something unheard, and without anything pending."""
    ada = TinyPerson("Ada", "a cook", **settings_of(simulation))
    ada.listen("The soup was cold.", source="Ben")
    ada.act()
    ada.see("rain")
    return ada


def interrupted_everywhere(
    fresh: Callable[[], Any], begin: Callable[[Any], Coroutine[Any, Any, Any]], kind: type[BaseException]
) -> Iterator[tuple[Any, set[str]]]:
    """Begin something with an error at its first wait; with a fresh subject, at its second; until it comes to its end.
    Yields the subject after each error, and the functions that the error went through.
    """
    for at in range(1, 1000):
        subject, error = fresh(), kind("thrown in")
        interrupted = Interrupted(begin(subject), at, error)
        try:
            subject.simulation.runtime.wait(lambda interrupted=interrupted: awaited(interrupted), "")
        except (kind, CancelledError):
            assert interrupted.happened
            yield subject, where(error)
        else:
            return
    raise AssertionError("it never came to its end")


def asked_twice(subject: Any) -> int:
    """How many answers that had come already were asked for once more."""
    answered = subject.simulation.runtime.model_under_test.answered
    return len(answered) - len(set(answered))


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("hears", [False, True])
def test_an_error_at_any_await_of_a_turn_leaves_the_person_as_before(make_simulation, kind, hears):
    past = {}

    def fresh() -> TinyPerson:
        ada = prepared(make_simulation(Model(busy), plugins=[Waits()]))
        past[ada] = whole(ada.simulation), ada.state.inbox
        return ada

    def begin(ada: TinyPerson) -> Any:
        return ada.alisten_and_act("And now?", source="Ben") if hears else ada.aact()

    without = fresh()
    without.simulation.runtime.wait(lambda: begin(without), "")
    places, went = 0, set()
    for ada, functions in interrupted_everywhere(fresh, begin, kind):
        before, inbox = past[ada]
        assert whole(ada.simulation) == before
        assert ada.state.inbox is inbox
        ada.simulation.runtime.wait(lambda ada=ada: begin(ada), "")
        assert ada.simulation.digest() == without.simulation.digest()
        assert asked_twice(ada) <= ("complete" in functions)  # a wrapper threw one away before it was kept
        places, went = places + 1, went | functions
    assert places == 16
    assert went >= PLACES


@pytest.mark.parametrize("kind", ERRORS)
def test_a_turn_that_failed_asks_for_no_answer_again_that_had_come(make_simulation, kind):
    places = 0
    for ada, _ in interrupted_everywhere(lambda: prepared(make_simulation(Model(busy))), TinyPerson.aact, kind):
        ada.act()
        assert asked_twice(ada) == 0
        purposes = [call.purpose for _, call in ada.simulation.runtime.model_under_test.requests]
        assert len(purposes) - purposes.count("consolidation") == 6  # three in each of two turns, an error or not
        places += 1
    assert places == 8


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_at_any_await_while_a_consolidation_is_due_leaves_it_due(make_simulation, kind):
    past = {}

    def fresh() -> TinyPerson:
        ada = prepared(make_simulation(Model(busy), plugins=[Waits()]))
        ada.act()  # an episode is over
        ada.think("Hm.").act()
        ada.think("What was it?")
        assert ada.simulation.background.pending["Ada"].due.count == ada.state.turns
        past[ada] = whole(ada.simulation)
        return ada

    without = fresh()
    without.act()
    for ada, _ in interrupted_everywhere(fresh, TinyPerson.aact, kind):
        assert whole(ada.simulation) == past[ada]
        ada.act()
        assert [fact.content for fact in ada.simulation.facts if fact.kind == "memory"] == ["what Ada kept of it"]
        assert ada.simulation.digest() == without.simulation.digest()


# -- one of many -----------------------------------------------------------------------------------------------------

NAMES = ("Ada", "Ben", "Cleo", "Dov", "Edda", "Finn")


def town(simulation: Any, names: tuple[str, ...] = NAMES, **options: Any) -> TinyWorld:
    people = [TinyPerson(name, **settings_of(simulation)) for name in names]
    return TinyWorld("Town", people, initial_datetime="2026-03-02T09:00", **options)


def run(world: TinyWorld, steps: int, **options: Any) -> Any:
    return world.run(steps, timedelta(hours=1), **options)


def heard(person: TinyPerson) -> list[str]:
    """What has reached a person, also what it has not had a turn about yet."""
    waiting = [fact for entry in person.state.inbox for fact in ([entry] if hasattr(entry, "content") else entry)]
    return [fact.content for fact in [*person.memories(), *waiting] if fact.thing != person.id]


@pytest.mark.parametrize("kind", [Broken, ModelUnavailable])
@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
def test_an_error_at_any_await_of_one_persons_turn_is_reported_and_the_others_go_on(make_simulation, kind, schedule):
    for at in range(1, 200):
        interrupts = Interrupts("Ben")
        simulation = make_simulation(Model(busy), plugins=[interrupts, Waits()])
        world = town(simulation, NAMES[:4], schedule=schedule)
        ben = world.agents[1]
        run(world, 1)
        before, told = ben.state, len(simulation.facts)
        interrupts.at, interrupts.error = at, kind("thrown in")
        report = run(world, 1)
        interrupts.at = 0
        if not interrupts.last.happened:
            assert report.failures == ()
            break
        assert [(f.person, f.step, f.error, f.purpose) for f in report.failures] == [
            ("Ben", 2, interrupts.error, "turn")
        ]
        assert (report.turns, report.steps, report.stopped) == (3, 1, "")
        assert "Ben, step 2" in str(report)
        assert "thrown in" in str(report)
        assert not [fact for fact in simulation.facts[told:] if fact.thing == "Ben"]
        after = ben.state
        assert after.changed(inbox=before.inbox, trail=before.trail).digest == before.digest
        news = [entry for entry in after.inbox if all(entry is not old for old in before.inbox)]
        assert len(after.inbox) == len(before.inbox) + len(news)
        assert [said for said in heard(ben) if said.endswith("turn 1")] == [
            f"{name} knows, turn 1" for name in ("Ada", "Cleo", "Dov")
        ]
        assert run(world, 1).failures == ()
        assert (ben.state.turns, world.agents[0].state.turns) == (2, 3)
    assert at - 1 == 16


@pytest.mark.parametrize(
    ("schedule", "kind"),
    [
        *(("parallel", kind) for kind in ERRORS),
        ("sequential", asyncio.CancelledError),
    ],  # others are the turn's own there
)
def test_an_error_at_any_await_of_a_run_leaves_the_last_whole_step(make_simulation, kind, schedule):
    def fresh() -> TinyWorld:
        world = town(make_simulation(Model(busy), plugins=[Waits()]), NAMES[:2], schedule=schedule)
        run(world, 2)
        return world

    without = fresh()
    wholes = {2: whole(without.simulation)}
    for step in (3, 4):  # in the fourth, consolidations are taken in
        run(without, 1)
        wholes[step] = whole(without.simulation)
    steps = []
    for world, _ in interrupted_everywhere(fresh, lambda world: world.arun(2, timedelta(hours=1)), kind):
        simulation, made = world.simulation, world.state.step
        steps.append(made)
        states, facts, pending, held = whole(simulation)
        assert {id: digest for id, (_, digest) in states.items()} == {id: d for id, (_, d) in wholes[made][0].items()}
        assert (facts, pending, held) == wholes[made][1:]
        run(world, 4 - made)
        assert simulation.digest() == without.simulation.digest()
        assert [fact.id for fact in simulation.facts] == [fact.id for fact in without.simulation.facts]
    assert set(steps) == {2, 3}
    assert len(steps) >= (2 if schedule == "parallel" else 2 * 2 * 16)


@pytest.mark.parametrize("kind", [Broken, ModelUnavailable])
def test_an_error_at_any_await_of_a_consolidation_leaves_the_memory_as_it_is_and_it_is_tried_again(
    make_simulation, kind
):
    for at in range(1, 200):
        interrupts = Interrupts("Ada", "consolidation")
        simulation = make_simulation(Model(busy), plugins=[interrupts, Waits()])
        world = town(simulation, ("Ada", "Ben"))
        interrupts.at, interrupts.error = at, kind("thrown in")
        first = run(world, 3)
        interrupts.at = 0
        second = run(world, 1)
        if not interrupts.last.happened:
            assert second.failures == ()
            break
        assert first.failures == ()
        assert [(f.person, f.step, f.error, f.purpose) for f in second.failures] == [
            ("Ada", 4, interrupts.error, "consolidation")
        ]
        assert "Ada, step 4 (consolidation)" in str(second)
        assert second.turns == 2
        kept = [fact.thing for fact in simulation.facts if fact.kind == "memory"]
        assert kept == ["Ben"]
        assert len(world.agents[0].state.memory.episode) == 4  # what the failed one was to be made of is still there
        assert run(world, 2).failures == ()
        kept = [fact.thing for fact in simulation.facts if fact.kind == "memory"]
        assert kept == ["Ben", "Ada", "Ben"]
    assert at - 1 == 6


def test_a_memory_that_cannot_take_in_a_consolidation_is_reported_and_the_run_goes_on(make_simulation):
    @attrs.frozen
    class Full(Slow):
        def absorb(self, state: Any, delta: Any) -> Any:
            raise Broken("no room")

    simulation = make_simulation(Model(busy))
    ada = TinyPerson("Ada", mental_faculties=[Inquiry], memory=Full(episode=2), simulation=simulation)
    ben = TinyPerson("Ben", mental_faculties=[Inquiry], simulation=simulation)
    report = TinyWorld("Town", [ada, ben]).run(4)
    assert [str(failure) for failure in report.failures] == ["Ada, step 4 (consolidation): Broken: no room"]
    assert report.turns == 8
    assert not [fact for fact in simulation.facts if fact.kind == "memory"]
    assert TinyWorld.run(simulation["Town"], 1).turns == 2


# -- what stops a run ------------------------------------------------------------------------------------------------


def failing(failures: dict[str, Exception], at: int = 1) -> Any:
    """A script in which the models of some fail at a turn; of the others, each says something."""

    def script(request: Any, call: Any) -> Any:
        if call.turn == at and call.person in failures:
            return failures[call.person]
        return turn(think("hm"), talk(f"{call.person} number {call.turn}"))

    return script


def plain_town(simulation: Any, number: int) -> TinyWorld:
    people = [TinyPerson(f"P{place}", simulation=simulation) for place in range(number)]
    return TinyWorld("Town", people, initial_datetime="2026-03-02T09:00")


@pytest.mark.parametrize("error", [ModelUnavailable("it is down"), BadRequest("too long"), ValueError("a bug")])
def test_whoevers_model_fails_for_good_is_reported_in_every_step_and_the_others_go_on(make_simulation, error):
    def script(request: Any, call: Any) -> Any:
        return error if call.person == "P2" else turn(talk(f"{call.person} number {call.turn}"))

    simulation = make_simulation(script)
    world = plain_town(simulation, 5)
    report = run(world, 3)
    assert [(failure.person, failure.step, failure.error) for failure in report.failures] == [
        ("P2", step, error) for step in (1, 2, 3)
    ]
    assert (report.steps, report.turns, report.stopped) == (3, 12, "")
    assert str(report.failures[0]) == f"P2, step 1: {type(error).__name__}: {error}"
    assert str(error) in str(report)
    assert report.spent.failed == 3
    silent = world.agents[2]
    assert (silent.state.turns, len(list(silent.memories()))) == (0, 0)
    assert len(heard(silent)) == 12  # and nothing that reached it is lost
    assert len(heard(world.agents[0])) == 9


def test_answers_that_cannot_be_used_are_kept_as_they_are_and_asked_for_anew_in_the_next_step(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return "no JSON" if call.person == "P0" and request.draw == 0 else turn(talk("yes"))

    simulation = make_simulation(script)
    world = plain_town(simulation, 3)
    report = run(world, 2)
    (failure,) = report.failures
    assert (failure.person, failure.step) == ("P0", 1)
    assert isinstance(failure.error, OutputError)
    assert failure.error.raw == ("no JSON", "no JSON")
    assert report.turns == 5


@pytest.mark.parametrize("kind", [AuthenticationError, QuotaError, UnknownModelError])
@pytest.mark.parametrize("schedule", ["parallel", "sequential", "random"])
def test_a_fatal_error_stops_the_run_and_leaves_the_last_whole_step(make_simulation, kind, schedule):
    error = kind("nothing will go well from here")
    simulation = make_simulation(failing({"P3": error}))
    world = plain_town(simulation, 20)
    other = make_simulation(failing({}))
    run(plain_town(other, 20), 1, schedule=schedule)
    with pytest.raises(RunStopped, match=r"'Town' stopped after 1 of 3 steps: .*P3.*nothing will go well") as caught:
        run(world, 3, schedule=schedule)
    assert caught.value.__cause__ is error
    report = caught.value.report
    assert (report.world, report.steps, report.turns) == ("Town", 1, 20)
    assert [(failure.person, failure.step, failure.error) for failure in report.failures] == [("P3", 2, error)]
    assert kind.__name__ in report.stopped
    assert "P3" in report.stopped
    assert report.stopped in str(report)
    assert report.spent.failed == 1
    assert simulation.digest() == other.digest()
    assert [fact.id for fact in simulation.facts] == [fact.id for fact in other.facts]
    assert world.state.step == 1


def test_a_fatal_error_asks_nobody_who_was_not_being_asked_already(make_simulation):
    simulation = make_simulation(failing({"P1": AuthenticationError("no")}, at=0), max_in_flight=3)
    world = plain_town(simulation, 30)
    with pytest.raises(RunStopped):
        run(world, 1)
    assert simulation.runtime.model_under_test.calls <= 4


@pytest.mark.parametrize(
    ("people", "failed", "share", "stops"),
    [
        (10, 2, 0.2, False),
        (10, 3, 0.2, True),
        (4, 2, 0.5, False),
        (4, 3, 0.5, True),
        (3, 1, 0.2, False),  # one person alone stops nobody
        (3, 2, 0.2, True),
        (1, 1, 0.2, True),  # but where nobody is left there is nothing to go on with
        (5, 4, 1.0, False),
        (5, 5, 1.0, True),
    ],
)
@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
def test_a_run_stops_when_more_than_the_allowed_share_of_a_step_failed(
    make_simulation, people, failed, share, stops, schedule
):
    error = ModelUnavailable("it is down")
    names = [f"P{place}" for place in range(failed)]
    simulation = make_simulation(failing(dict.fromkeys(names, error)))
    world = plain_town(simulation, people)
    if not stops:
        report = run(world, 2, max_failed=share, schedule=schedule)
        assert [failure.person for failure in report.failures] == names
        assert report.turns == 2 * people - failed
        return
    other = make_simulation(failing({}))
    run(plain_town(other, people), 1, schedule=schedule)
    with pytest.raises(RunStopped) as caught:
        run(world, 3, max_failed=share, schedule=schedule)
    report = caught.value.report
    assert caught.value.__cause__ is error
    assert f"{len(report.failures)} of {people} people failed in step 2" in report.stopped
    assert (report.steps, report.turns) == (1, people)
    assert {failure.person for failure in report.failures} <= set(names)
    assert simulation.digest() == other.digest()


def test_when_one_turn_ends_a_step_those_under_way_end_first_and_are_not_asked_again(make_simulation):
    refused = [True]

    def script(request: Any, call: Any) -> Any:
        if call.person == "Ben" and refused[0]:
            return AuthenticationError("refused")
        return busy(request, call)

    class Late(LatencyModel):
        """Ben's refusal comes at once, everybody else's answers come much later."""

        def __init__(self) -> None:
            super().__init__(ScriptedModel(script), lambda stream: 0.0)
            self.ended: list[tuple[str, str]] = []

        async def complete(self, request: Any, call: Any) -> Any:
            self.latency = lambda stream: 0.1 if call.person == "Ben" else 60.0 + len(self.ended)
            try:
                response = await super().complete(request, call)
            except asyncio.CancelledError:
                self.ended.append((call.person, "cancelled"))
                raise
            self.ended.append((call.person, "answered"))
            return response

    model = Late()
    simulation = make_simulation(model, loop_factory=VirtualLoop)
    world = town(simulation)
    others = [name for name in NAMES if name != "Ben"]
    before = whole(simulation)
    with pytest.raises(RunStopped):
        run(world, 1)
    assert whole(simulation) == before
    assert sorted(model.ended) == sorted([(name, "answered") for name in others] * 3)  # to the end of their turns
    refused[0] = False
    model.inner.requests.clear()
    report = run(world, 1)
    assert {call.person for _, call in model.inner.requests} == {"Ben"}
    assert len(model.inner.requests) == 3
    assert (report.turns, report.failures, report.spent.calls) == (6, (), 3)


LIMITS = [1, 2, 256]


class Uneven(LatencyModel):
    """Each one's answers take so many seconds; in the second turn Ben may be `refused` for good,
    and the first draws of some are of no use.
    """

    def __init__(self, seconds: dict[str, float], useless: tuple[str, ...]) -> None:
        super().__init__(ScriptedModel(self.answer), lambda stream: 1.0)
        self.seconds = seconds
        self.useless = useless
        self.refused = False
        self.draws: list[tuple[str, int]] = []

    def answer(self, request: Any, call: Any) -> Any:
        if call.turn == 1:
            self.draws.append((call.person, request.draw))
            if call.person == "Ben" and self.refused:
                return AuthenticationError("no key")
            if call.person in self.useless and request.draw == 0:
                return "I would rather not put it that way."
        return turn(talk(f"{call.person} number {call.turn}, drawn {request.draw}"))

    async def complete(self, request: Any, call: Any) -> Any:
        self.latency = lambda stream: self.seconds.get(call.person, 1.0)
        return await super().complete(request, call)


def test_what_follows_a_fatal_stop_does_not_depend_on_who_had_answered_by_then(make_simulation):
    found = []
    for seconds in ({"Ben": 50.0}, {"Ada": 50.0, "Cleo": 60.0}, {"Cleo": 0.5, "Finn": 50.0}):
        for limit in LIMITS:
            model = Uneven(seconds, ("Cleo", "Finn"))
            simulation = make_simulation(model, loop_factory=VirtualLoop, max_in_flight=limit)
            world = town(simulation)
            run(world, 1)
            model.refused = True
            with pytest.raises(RunStopped, match="AuthenticationError for Ben"):
                run(world, 1, max_failed=0.5)
            assert world.state.step == 1
            model.refused = False
            failed = [(failure.person, failure.step) for failure in run(world, 2, max_failed=0.5).failures]
            facts = [(fact.id, fact.content) for fact in simulation.facts]
            found.append((simulation.digest(), facts, failed))
    assert [each for each in found if each != found[0]] == []
    assert found[0][2] == [("Cleo", 2), ("Finn", 2)]  # as if nobody had been asked before the refusal


@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
def test_a_step_that_too_many_fail_in_gives_everybody_a_turn_and_those_who_stumbled_another_draw_next_time(
    make_simulation, schedule
):
    found = []
    for seconds in ({}, {"Ada": 50.0}, {"Ada": 0.1, "Cleo": 0.2, "Finn": 50.0}):
        for limit in LIMITS:
            model = Uneven(seconds, ("Ada", "Ben", "Cleo"))
            simulation = make_simulation(model, loop_factory=VirtualLoop, max_in_flight=limit)
            world = town(simulation)
            run(world, 1, schedule=schedule)
            with pytest.raises(RunStopped, match="3 of 6 people failed in step 2, the last of them Cleo") as caught:
                run(world, 1, schedule=schedule)
            assert [failure.person for failure in caught.value.report.failures] == ["Ada", "Ben", "Cleo"]
            assert {person for person, _ in model.draws} == set(NAMES)
            assert {draw for _, draw in model.draws} == {0}
            model.draws.clear()
            assert run(world, 1, schedule=schedule).failures == ()
            assert sorted(person for person, draw in model.draws if draw) == ["Ada", "Ben", "Cleo"]
            if schedule == "parallel":  # the same questions: what is known already is not asked, useful or not
                assert len(model.draws) == 3
            found.append((simulation.digest(), [(fact.id, fact.content) for fact in simulation.facts]))
    assert [each for each in found if each != found[0]] == []


def test_a_step_that_is_undone_takes_nothing_from_those_who_are_elsewhere(make_simulation):
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def wait(request: Any, call: Any) -> None:
        if call.person == "P0" and call.turn == 1:
            reached.set()
            await go_on.wait()

    simulation = make_simulation(Gated(failing({"P0": QuotaError("empty")}), wait))
    world = plain_town(simulation, 3)
    hermit = TinyPerson("Hermit", simulation=simulation)
    elsewhere = TinyWorld("Inn", [TinyPerson(name, simulation=simulation) for name in ("Ivo", "Jo")])

    async def story() -> None:
        running = asyncio.ensure_future(world.arun(2, timedelta(hours=1)))
        await reached.wait()
        await hermit.alisten_and_act("Are you there?")
        await elsewhere.arun(2)
        with pytest.raises(Busy):
            world.agents[0].listen("you are in the middle of something")
        hermit.see("snow")
        TinyPerson("Late", simulation=simulation)
        go_on.set()
        with pytest.raises(RunStopped):
            await running

    simulation.runtime.wait(story, "")
    assert (hermit.state.turns, len(hermit.state.inbox)) == (1, 1)
    assert [person.state.turns for person in elsewhere.agents] == [2, 2]
    assert [person.state.turns for person in world.agents] == [1, 1, 1]
    assert "Late" in simulation
    assert elsewhere.state.step == 2
    spoken = [fact.content for fact in simulation.facts if fact.type == "TALK"]
    assert spoken == ["P0 number 0", "P1 number 0", "P2 number 0", "Hermit number 0",
                      "Ivo number 0", "Jo number 0", "Ivo number 1", "Jo number 1"]  # fmt: skip
    assert simulation.facts[-1].content == "snow"


class Gated(Model):
    """Before it answers it awaits what a test has for it."""

    def __init__(self, script: Any, gate: Callable[[Any, Any], Awaitable[None]]) -> None:
        super().__init__(script)
        self.gate = gate

    async def complete(self, request: Any, call: Any) -> Any:
        await self.gate(request, call)
        return await super().complete(request, call)


def test_what_a_stream_has_cost_by_the_time_it_fails_is_on_the_bill(make_simulation):
    class Torn(LLMBackend):
        async def stream(self, request: Any, call: Any) -> Any:
            yield LLMChunk("Good mor", Usage(7, 2))
            yield LLMChunk("ning")
            raise ModelUnavailable("the line is dead")

    simulation = make_simulation(plugins=[Torn])
    request = LLMRequest(Form("torn/x"), (Message("user", "hello"),))
    said: list[str] = []

    async def listening() -> None:
        async for chunk in simulation.runtime.llm_handler("torn/x").stream(request, Call(simulation.id, "survey")):
            said.append(chunk.text)  # noqa: PERF401 - what came before it failed counts

    with pytest.raises(ModelUnavailable, match="the line is dead"):
        simulation.runtime.wait(listening, "")
    assert said == ["Good mor", "ning"]
    assert (simulation.usage.calls, simulation.usage.failed, simulation.usage.usage) == (1, 1, Usage(7, 2))


# -- who stops waiting -----------------------------------------------------------------------------------------------


class Stuck:
    """The gate of a model that does not answer one person in one turn, until it is opened. Leaving takes a while."""

    def __init__(self, person: str, turn: int, purpose: str = "turn") -> None:
        self.place = (person, turn, purpose)
        self.reached: Callable[[], object] = lambda: None
        self.open = False

    async def __call__(self, request: Any, call: Any) -> None:
        if (call.person, call.turn, call.purpose) != self.place or self.open:
            return
        self.reached()
        try:
            await asyncio.get_running_loop().create_future()
        finally:  # as a client does that closes its connection
            for _ in range(50):
                await pause()


def cancelled_from_another_loop(
    make: Callable[[], Coroutine[Any, Any, Any]], gate: Stuck, then: Callable[[], None]
) -> None:
    """Await something on a loop of one's own, cancel it when the gate is reached, and look around at once."""

    async def elsewhere() -> None:
        here, reached = asyncio.get_running_loop(), asyncio.Event()
        gate.reached = lambda: here.call_soon_threadsafe(reached.set)
        task = asyncio.ensure_future(make())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        then()

    asyncio.run(elsewhere())
    gate.open = True


def check_run_stopped_in_its_third_step(
    make_simulation: Callable[..., Any],
    limit: int,
    schedule: str,
    stop: Callable[[TinyWorld, Stuck, Callable[[], None]], None],
) -> None:
    """What holds after a run of four steps was stopped in its third, and what a run after that comes to."""
    without = make_simulation(Model(busy), max_in_flight=limit)
    other = town(without)
    run(other, 2, schedule=schedule)
    digest, facts = without.digest(), [fact.id for fact in without.facts]
    other.agents[0].listen("are you still there?")
    run(other, 2, schedule=schedule)

    gate = Stuck("Cleo", 2)
    simulation = make_simulation(Gated(busy, gate), max_in_flight=limit)
    world = town(simulation)

    def then() -> None:
        assert simulation.holds.any_of(["Town", *NAMES]) is None
        assert simulation.digest() == digest
        assert [fact.id for fact in simulation.facts] == facts
        assert (world.state.step, world.current_datetime.hour) == (2, 11)
        world.agents[0].listen("are you still there?")

    stop(world, gate, then)
    report = run(world, 2, schedule=schedule)
    assert (report.turns, report.failures) == (12, ())
    assert simulation.digest() == without.digest()
    assert [fact.id for fact in simulation.facts] == [fact.id for fact in without.facts]
    answered = [each for each in simulation.runtime.model_under_test.answered if each[0] != "Ada" or each[1] != 2]
    assert len(answered) == len(set(answered))  # Ada has heard something new, and is asked something else


@pytest.mark.parametrize("limit", [256, 1, 2])
@pytest.mark.parametrize("schedule", ["parallel", "sequential", "random"])
def test_a_run_cancelled_from_another_loop_leaves_the_last_whole_step_and_can_be_run_on(
    make_simulation, limit, schedule
):
    def stop(world: TinyWorld, gate: Stuck, then: Callable[[], None]) -> None:
        cancelled_from_another_loop(lambda: world.arun(4, timedelta(hours=1), schedule=schedule), gate, then)

    check_run_stopped_in_its_third_step(make_simulation, limit, schedule, stop)


def test_a_turn_cancelled_from_another_loop_leaves_the_person_as_before(make_simulation):
    gate = Stuck("Ada", 1)
    simulation = make_simulation(Gated(busy, gate))
    ada = prepared(simulation)
    before = whole(simulation)

    def then() -> None:
        assert whole(simulation) == before
        ada.listen("still here?")

    cancelled_from_another_loop(lambda: ada.alisten_and_act("And now?"), gate, then)
    assert [fact.type for fact in ada.act()] == ["THINK", "INQUIRE", "TALK", "NOTE"]


def test_cancelling_while_somebody_waits_for_a_consolidation_does_not_stop_the_consolidation(make_simulation):
    answering: list[asyncio.Event] = []

    async def slow(request: Any, call: Any) -> None:
        """The first consolidation of Ada's is answered when the test lets it."""
        if (call.person, call.purpose) == ("Ada", "consolidation") and not answering:
            answering.append(asyncio.Event())
            await answering[0].wait()

    model = Gated(busy, slow)
    simulation = make_simulation(model)
    world = town(simulation, ("Ada", "Ben"))

    async def elsewhere() -> None:
        task = asyncio.ensure_future(world.arun(4, timedelta(hours=1)))
        while world.state.step < 4:  # it has begun the fourth, and waits for what was made of the first two
            await pause()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert world.state.step == 3

    asyncio.run(elsewhere())
    assert set(simulation.background.pending) == {"Ada", "Ben"}
    simulation.runtime.thread.loop.call_soon_threadsafe(answering[0].set)
    assert run(world, 1).failures == ()
    assert [fact.thing for fact in simulation.facts if fact.kind == "memory"] == ["Ada", "Ben"]
    purposes = [(call.person, call.turn) for _, call in model.requests if call.purpose == "consolidation"]
    assert sorted(set(purposes)) == sorted(purposes)  # none was asked for twice


def test_an_end_that_was_cancelled_can_be_made_good(make_simulation):
    answering = asyncio.Event()

    async def slow(request: Any, call: Any) -> None:
        if (call.person, call.purpose) == ("Ben", "consolidation"):
            await answering.wait()

    simulation = make_simulation(Gated(busy, slow))
    run(town(simulation, ("Ada", "Ben", "Cleo")), 2)

    async def elsewhere() -> None:
        task = asyncio.ensure_future(simulation.aend())
        while len(simulation.background.pending) == 3 and not simulation["Ada"].state.memory.memories:
            await pause()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(elsewhere())
    assert not simulation.ended
    assert set(simulation.background.pending) >= {"Ben", "Cleo"}
    simulation.runtime.thread.loop.call_soon_threadsafe(answering.set)
    simulation.end()
    assert [fact.thing for fact in simulation.facts if fact.kind == "memory"] == ["Ada", "Ben", "Cleo"]


def test_a_consolidation_that_fails_for_somebody_on_their_own_is_told_and_tried_again(make_simulation, caplog):
    interrupts = Interrupts("Ada", "consolidation")
    interrupts.at = 3
    simulation = make_simulation(Model(busy), plugins=[interrupts, Waits()])
    ada = TinyPerson("Ada", **settings_of(simulation))
    for _ in range(3):
        ada.act()
    interrupts.at = 0
    assert "consolidation failed" not in caplog.text
    ada.act()  # the turn at which the result would have come
    assert "Ada: consolidation failed, and will be tried again" in caplog.text
    assert not [fact for fact in simulation.facts if fact.kind == "memory"]
    ada.act()
    ada.act()
    assert [fact.content for fact in simulation.facts if fact.kind == "memory"] == ["what Ada kept of it"]


# -- Ctrl-C ----------------------------------------------------------------------------------------------------------


def interrupted_by_the_keyboard(limit: int, schedule: str) -> None:
    """In a process of its own: a plain `run`, during which the process is sent SIGINT."""
    open_runtimes: list[Runtime] = []

    def make(model: Any, *, max_in_flight: int) -> Simulation:
        runtime = Runtime([model], autoload=False, model="scripted/test")
        runtime.model_under_test = model  # type: ignore[attr-defined]
        open_runtimes.append(runtime)
        return Simulation(runtime=runtime, max_in_flight=max_in_flight)

    def stop(world: TinyWorld, gate: Stuck, then: Callable[[], None]) -> None:
        gate.reached = lambda: os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            run(world, 4, schedule=schedule)
        then()
        gate.open = True

    check_run_stopped_in_its_third_step(make, limit, schedule, stop)
    for runtime in open_runtimes:
        runtime.close()
    assert [thread.name for thread in threading.enumerate()] == ["MainThread"]


@pytest.mark.parametrize(("limit", "schedule"), [(256, "parallel"), (2, "parallel"), (256, "sequential")])
def test_a_run_stopped_by_ctrl_c_leaves_the_last_whole_step_and_can_be_run_on(limit, schedule, python):
    child = python(__file__, str(limit), schedule)
    assert (child.returncode, child.stdout, child.stderr) == (0, "whole\n", "")


if __name__ == "__main__":
    interrupted_by_the_keyboard(int(sys.argv[1]), sys.argv[2])
    sys.stdout.write("whole\n")
