"""A Simulation: the people and worlds of one run, their states as values, and what happened to them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Token
from typing import TYPE_CHECKING, Any, Self

from troupe_core.errors import (
    ArgumentError,
    Busy,
    CrossThingError,
    DuplicateName,
    JournalError,
    PluginError,
    SimulationEnded,
    SimulationError,
)
from troupe_core.keys import digest, utf8
from troupe_core.simulation import lookup
from troupe_core.simulation.answers import account
from troupe_core.simulation.chronicle import Chronicle, Passage
from troupe_core.simulation.interning import Interned
from troupe_core.simulation.kinds import MemoryKinds
from troupe_core.simulation.states import States
from troupe_core.simulation.things import Closed, Handle, State, bind, make_handle, scene_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from troupe_core.events import Fact
    from troupe_core.llm.asking import Asker, Question
    from troupe_core.llm.request import Parameters
    from troupe_core.llm.structured import Output
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.answers import Answers
    from troupe_core.simulation.journal.journal import Journal
    from troupe_core.simulation.journal.replay import Replay
    from troupe_core.simulation.journal.why import Why
    from troupe_core.simulation.models import Fingerprint
    from troupe_core.simulation.pending import Pending
    from troupe_core.simulation.transaction import Leaf, Outcome, Transaction, TransactionHandler

Change = Callable[[Any], Any]

DEFAULT_IN_FLIGHT = 256

log = logging.getLogger("troupe")


class Simulation:
    """Many can be open on one runtime, and know nothing of each other.

    `model` names what its people are asked with, `models` what single purposes are ("consolidation"), a person's own
    model goes before both. `max_in_flight` bounds model calls, turns and background work together.

    With a `path` everything is recorded in a journal there (a readable document, if it ends in .json). The simulation
    begins empty all the same: the program makes its people, and whatever is asked once more is found there, unless
    `cache` is False. `Simulation.resume(path)` goes on without a program.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        seed: int = 0,
        runtime: Runtime | None = None,
        model: str | Sequence[str] | None = None,
        models: Mapping[str, str | Sequence[str]] | None = None,
        parameters: Parameters | None = None,
        max_in_flight: int = DEFAULT_IN_FLIGHT,
        cache: bool = True,
    ) -> None:
        from troupe_core.runtime import Runtime, default_runtime
        from troupe_core.simulation.answers import AnswersInMemory
        from troupe_core.simulation.holds import Holds
        from troupe_core.simulation.meter import Meter
        from troupe_core.simulation.models import Models
        from troupe_core.simulation.pending import Background

        if not isinstance(seed, int) or isinstance(seed, bool):
            raise ArgumentError(f"seed must be a whole number, not {seed!r}")
        if not isinstance(max_in_flight, int) or max_in_flight < 1:
            raise ArgumentError(f"max_in_flight must be a whole number from 1 on, not {max_in_flight!r}")
        if runtime is not None and not isinstance(runtime, Runtime):
            raise ArgumentError(f"runtime must be a Runtime, not {type(runtime).__name__}")
        self.runtime = runtime or default_runtime()
        self.id = self.runtime.new_id()
        self.seed = seed
        self.max_in_flight = max_in_flight
        self.models = Models(self.runtime, model, models or {}, parameters)
        self.states = States()
        self.facts = Chronicle()
        self.members: dict[str, str] = {}
        self.ended = False
        self.holds = Holds()
        self.answers: Answers = AnswersInMemory()
        self.background = Background()
        self.meter = Meter()
        self.stumbles: dict[str, int] = {}
        self.warm: OrderedDict[str, None] = OrderedDict()
        self.interned = Interned()
        self.memory_kind = MemoryKinds(self.runtime)
        self.journal: Journal | None = None
        self._handles: dict[str, Handle] = {}
        self._transaction_handlers: dict[str, TransactionHandler] = {}
        self._asker: Asker | None = None
        self._slots: Any = None
        self._tokens: list[Token[Simulation | None]] = []
        self._touched: _Touched | None = None
        if path is not None:
            from troupe_core.simulation.journal.opening import start

            start(self, path, caching=cache)
        self.runtime.simulations[self.id] = self
        lookup.opened(self)

    def __repr__(self) -> str:
        ended = ", ended" if self.ended else ""
        return f"<Simulation {self.id}: {len(self.states)} people and worlds, seed {self.seed}{ended}>"

    # -- things -------------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        """The handle of the thing with that id; always the same one."""
        handle = self._handles.get(name)
        if handle is None:
            state = self.states.get(name)
            if state is None:
                raise KeyError(f"{name!r} is not in {self.id}; there are {', '.join(sorted(self.states)) or 'none'}")
            handle = self._handles[name] = make_handle(self, state)
        return handle

    def __contains__(self, name: object) -> bool:
        return name in self.states

    def __iter__(self) -> Iterator[Any]:
        return (self[name] for name in list(self.states))

    def __len__(self) -> int:
        return len(self.states)

    def settle_in(self, handle: Handle, state: State) -> None:
        """Take in a new thing with its handle."""
        scene = scene_of(self)
        if scene is not None:
            raise CrossThingError(f"{scene.thing!r} is having a turn, and may not make {state.id!r}; do so afterwards")
        with self.at_once() as touched:
            self.check_open()
            if state.id in self.states:
                raise DuplicateName(f"{state.id!r} exists already in {self.id}; names within one simulation are unique")
            self.states[state.id] = state
            self._handles[state.id] = handle
            bind(handle, self, state.id)
            touched.things[state.id] = None

    def take_handle(self, id: str, handle: Handle) -> None:
        """A handle that was another simulation's."""
        self._handles[id] = handle

    def forget_handles(self) -> None:
        """They are another simulation's by now."""
        self._handles.clear()

    def state(self, thing: str) -> Any:
        """The thing's state as the running code sees it: inside its own transaction, the state in the making."""
        scene = scene_of(self)
        if scene is not None and scene.thing == thing:
            return scene.state
        return self.states[thing]

    # -- changes ------------------------------------------------------------------------------------------------------

    def apply(self, thing: str, change: Change) -> None:
        """A cheap change of one thing, without a model: executed at once, or within the transaction that is going
        on.
        """
        scene = scene_of(self)
        if scene is not None:
            if scene.thing != thing:
                raise CrossThingError(
                    f"{scene.thing!r} is having a turn, and may not change {thing!r}: "
                    "emit an action instead; the world delivers it"
                )
            scene.state = change(scene.state)
            return
        with self.at_once() as touched:
            self.check_free((thing,))
            self.states[thing] = change(self.states[thing])
            touched.things[thing] = None

    @contextmanager
    def at_once(self) -> Iterator[_Touched]:
        """What is changed within belongs together: nobody sees half of it, and a journal has all of it or nothing."""
        with self.holds.lock:
            outer = self._touched
            if outer is not None:
                yield outer
                return
            touched = self._touched = _Touched()
            try:
                yield touched
            finally:
                self._touched = None
                self.commit(touched.things, touched.passage)

    def touch(self, thing: str) -> None:
        """Something about a thing has changed that is no part of its state, and has to last too."""
        self.states.changed.add(thing)

    def commit(self, things: Iterable[str], passage: Passage | None, step: tuple[str, int] | None = None) -> None:
        """What has become of these things, and what has happened in that passage, lasts from now on."""
        if self.journal is not None:
            self.journal.commit(things, passage, step)
        elif passage is not None:
            passage.saved = len(passage)

    async def durable(self) -> None:
        """Return when everything that was committed is on disk."""
        if self.journal is not None:
            await self.journal.store.writer.durable()

    def check_open(self) -> None:
        if self.ended:
            raise SimulationEnded(f"{self.id} has ended; its people can be read, and no longer change")
        if self.journal is not None:
            self.journal.store.writer.check()

    def check_free(self, things: Sequence[str]) -> None:
        """For plain changes, which cannot wait until somebody is free."""
        self.check_open()
        held = self.holds.any_of(things)
        if held is not None:
            raise Busy(f"{held!r} is in the middle of a turn or run of {self.id}; wait for it to end")

    def record_within(self, facts: Sequence[Fact]) -> None:
        """Add to what happens in the transaction that is going on, else to what has happened."""
        scene = scene_of(self)
        if scene is not None:
            scene.facts.extend(facts)
            return
        with self.at_once() as touched:
            touched.passage = self.facts.add(facts)

    def remark(self, thing: str, text: str) -> None:
        """Say something to whoever is watching, and to the log."""
        log.warning("%s: %s: %s", self.id, thing, text)
        if self.runtime.watched:
            from troupe_core.events import Remark

            self.runtime.emit(Remark(self.id, thing, text))

    async def transact(
        self,
        leaf: Leaf,
        state: State,
        arguments: Mapping[str, Any],
        argument_bytes: bytes,
        fingerprint: Fingerprint,
        execute: Callable[[Transaction], Awaitable[Outcome]],
        *,
        owner: str = "",
        attempt: int = 0,
    ) -> Outcome:
        """Bring a keyed transaction about, through whatever wraps it. Nothing is changed here: the caller commits."""
        from troupe_core.simulation.transaction import Transaction, outcome_key

        kind = leaf.kind
        handler = self._transaction_handlers.get(kind) or self._compose(kind)
        key = outcome_key(kind, state.digest, argument_bytes, fingerprint.digest, self.seed, attempt)
        tx = Transaction(
            self.id,
            kind,
            state.id,
            arguments,
            state,
            key,
            execute,
            fingerprint,
            leaf.outputs,
            owner or state.id,
            attempt,
        )
        try:
            return await handler(tx)
        except SystemExit as error:  # it would end the loop, and everybody would wait for ever
            contained = PluginError(f"something in the {kind} of {state.id!r} wanted to end the program: {error!r}")
            for note in getattr(error, "__notes__", ()):
                contained.add_note(note)
            raise contained from error

    def _compose(self, kind: str) -> TransactionHandler:
        plugins = self.runtime.plugins
        made = plugins.compose(
            "troupe_transaction_handler", lambda: plugins.hooks.troupe_transaction_handler(kind=kind), kind, callable
        )
        self._transaction_handlers[kind] = made
        return made

    def now(self, thing: str) -> datetime | None:
        """The time at the place of a person; None where there is no time."""
        world = self.members.get(thing)
        return None if world is None else self.states[world].now

    # -- models -------------------------------------------------------------------------------------------------------

    @property
    def asker(self) -> Asker:
        """Asks models on behalf of this simulation."""
        if self._asker is None:
            from troupe_core.llm.asking import Asker

            self._asker = Asker(self.runtime, self.answers, self.seed)
        return self._asker

    def question(self, output: Output[Any] | None, purpose: str, own_model: str | None = None) -> Question:
        """What is asked with which model: the person's › the purpose's › the simulation's › the runtime's."""
        return self.models.question(output, purpose, own_model)

    @property
    def slots(self) -> Any:
        """Admits `max_in_flight` at a time."""
        if self._slots is None:
            import asyncio

            self._slots = asyncio.Semaphore(self.max_in_flight)
        return self._slots

    # -- what it came to ----------------------------------------------------------------------------------------------

    @property
    def usage(self) -> Any:
        """What was spent so far, in all."""
        return self.meter.total()

    def digest(self) -> str:
        """One name for the state of everything: equal digests, equal simulations."""
        return digest(b"simulation", *(part for id in sorted(self.states) for part in self._root(id))).hex()

    def _root(self, id: str) -> tuple[bytes, bytes]:
        return utf8(id), self.states[id].digest

    # -- the journal --------------------------------------------------------------------------------------------------

    @classmethod
    def resume(  # noqa: PLR0913 - whatever a simulation can be made with, it can be resumed with
        cls,
        path: str | Path,
        at: str | int = "main",
        *,
        runtime: Runtime | None = None,
        seed: int | None = None,
        model: str | Sequence[str] | None = None,
        models: Mapping[str, str | Sequence[str]] | None = None,
        parameters: Parameters | None = None,
        max_in_flight: int = DEFAULT_IN_FLIGHT,
        cache: bool = True,
        attach: Mapping[str, Any] | None = None,
    ) -> Simulation:
        """The simulation of a journal as it was, without the program that made it: at its end, or `at` a checkpoint, a
        branch, a step, a commit. What is not given is as it was. `attach` brings, by name, faculties and kinds of
        memory that were given in code.
        """
        from troupe_core.simulation.journal.opening import resume

        chosen = {"seed": seed, "model": model, "models": models, "parameters": parameters}
        given = {name: value for name, value in chosen.items() if value is not None}
        return resume(cls, path, at, attach or {}, cache, {"runtime": runtime, "max_in_flight": max_in_flight, **given})

    def fork(self, name: str, at: str | int | None = None) -> Simulation:
        """A variant with its own people, which shares the past with this one, and stands in the journal under its own
        name: from now, or from an earlier point (see `resume`).
        """
        from troupe_core.simulation.journal.opening import fork

        return fork(self, name, at)

    @classmethod
    def replay(
        cls, path: str | Path, at: str | int = "main", *, runtime: Runtime | None = None, **given: Any
    ) -> Replay:
        """Execute every turn of a journal once more, from the recorded answers alone, and compare what it comes to. No
        model is asked; the first difference is an error that shows it.
        """
        from troupe_core.simulation.journal.replay import replay

        return replay(cls, path, at, runtime, given)

    def why(self, who: Any, turn: int | None = None) -> Why:
        """Why a turn was executed, and not found in the journal: what differs from the turn of the same person and
        number that is recorded there.
        """
        from troupe_core.simulation.journal.why import why

        return why(self, who, turn)

    def checkpoint(self, name: str | None = None) -> None:
        """Return when everything is on disk (of a document: in it); with a name, to be found by it. The second copy of
        the file follows.
        """
        journal = self.the_journal()
        if name is not None:
            journal.label(name)
        journal.store.checkpoint()

    async def acheckpoint(self, name: str | None = None) -> None:
        """The same, awaited."""
        import asyncio

        await asyncio.to_thread(self.checkpoint, name)

    def the_journal(self) -> Journal:
        """The journal, where there has to be one."""
        if self.journal is None:
            raise SimulationError(f"{self.id} has no journal: make it with a path, as Simulation(path)")
        return self.journal

    def settings(self) -> dict[str, Any]:
        """What it was made with, as far as it shapes what happens."""
        return {"seed": self.seed, **self.models.settings()}

    # -- the end ------------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Wait for what runs, take in what is pending, and let nothing change any more. Handles can be read on; a
        journal is brought into its main file, and is free for others.
        """
        if self.ended:
            return
        try:
            if self._busy:
                self.runtime.wait(self.finish, "simulation.aend()")
        except JournalError:  # nothing more can be recorded: the file is let go of all the same
            self._end()
            self._release()
            raise
        self._end()
        self._release()

    async def aend(self) -> None:
        """The same, awaited."""
        import asyncio

        if not self.ended:
            try:
                if self._busy:
                    await self.runtime.thread.hop(self.finish())
            except JournalError:
                self._end()
                await asyncio.to_thread(self._release)
                raise
            self._end()
            await asyncio.to_thread(self._release)

    @property
    def _busy(self) -> bool:
        return bool(self.background.pending) or self.holds.any_of(self.states) is not None

    async def finish(self) -> None:
        """Wait for everything pending, and take it in, in the order of names."""
        scene = scene_of(self)
        if scene is not None:
            raise Busy(f"{scene.thing!r} is having a turn; {self.id} cannot end within it")
        passage = self.facts.begin()
        async with self.holds(tuple(self.states)):
            items = self.background.take(sorted(self.background.pending), lambda _: True)
            try:
                while items:
                    error = await self.absorb(items[0], passage)
                    item = items.pop(0)
                    if error is not None:
                        self.remark(item.thing, f"background work failed: {error}")
            except BaseException:
                self.background.put_back(items)
                raise
            self.commit(tuple(self.states), passage)
            self._end()  # while everything is still held: who waits for a turn finds the simulation ended

    async def absorb(self, item: Pending, passage: Passage) -> Exception | None:
        """Take one pending result in; its failure is returned, and leaves the thing as it is."""
        import asyncio

        try:
            outcome = await asyncio.shield(item.begin())  # who stops waiting for it does not stop it
            state = item.absorb(self.states[item.thing], outcome)
        except Exception as error:
            return error
        self.states[item.thing] = state  # changed or not: that nothing is pending any more has to last
        self.answers.settle(account(item.thing))
        passage.take(outcome)
        return None

    def _end(self) -> None:
        self.ended = True
        lookup.ended(self)

    def _release(self) -> None:
        """Let go of the journal for writing."""
        journal = self.journal
        if journal is not None and not journal.left:
            journal.leave()

    async def drain(self) -> None:
        """Stop background work without waiting for it."""
        import asyncio

        await self.background.cancel()
        self._end()
        if self.journal is not None:
            await asyncio.to_thread(self._release)

    def close(self) -> None:
        """End, and free everything: handles that are still about point nowhere from now on."""
        self._check_idle()
        if self.background.pending:
            self.runtime.wait(self.drain, "simulation.aclose()")
        self._end()
        try:
            self._release()
        finally:
            self._detach()

    async def aclose(self) -> None:
        """The same, awaited."""
        import asyncio

        self._check_idle()
        if self.background.pending:
            await self.runtime.thread.hop(self.drain())
        self._end()
        try:
            await asyncio.to_thread(self._release)
        finally:
            self._detach()

    def _check_idle(self) -> None:
        held = self.holds.any_of(self.states)
        if held is not None:
            raise Busy(f"{held!r} is in the middle of a turn or run of {self.id}; wait for it to end, then close")

    def _detach(self) -> None:
        closed = Closed(self.id)
        for id, handle in self._handles.items():
            bind(handle, closed, id)
        self.runtime.simulations.pop(self.id, None)
        for kept in (
            self._handles,
            self.states,
            self.facts,
            self.members,
            self._transaction_handlers,
            self.memory_kind,
        ):
            kept.clear()

    def __enter__(self) -> Self:
        self.check_open()
        self._tokens.append(lookup.enter(self))
        return self

    def __exit__(self, *exception: object) -> None:
        lookup.leave(self._tokens.pop())
        self.end()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *exception: object) -> None:
        lookup.leave(self._tokens.pop())
        await self.aend()


class _Touched:
    """What one call changes at once."""

    __slots__ = ("passage", "things")

    def __init__(self) -> None:
        self.things: dict[str, None] = {}
        self.passage: Passage | None = None


def simulation_of(given: Simulation | None) -> Simulation:
    """The simulation that a new thing joins."""
    if given is None:
        return lookup.current_simulation()
    if not isinstance(given, Simulation):
        raise ArgumentError(f"simulation must be a Simulation, not {type(given).__name__}")
    return given


def same_simulation(handles: Sequence[Handle]) -> Simulation:
    """The one simulation of several things."""
    found = {id(handle.simulation): handle.simulation for handle in handles}
    if len(found) > 1:
        raise SimulationError(f"these belong to different simulations: {', '.join(handle.id for handle in handles)}")
    return next(iter(found.values()))
