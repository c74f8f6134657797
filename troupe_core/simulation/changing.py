"""How a simulation changes: at once, or by transactions. What changed together lasts together."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from troupe_core.config.tree import Budget
from troupe_core.errors import (
    ArgumentError,
    Busy,
    CrossThingError,
    JournalError,
    PluginError,
    SimulationEnded,
    as_exception,
    containable,
)
from troupe_core.llm.meter import Admission, Meter
from troupe_core.llm.unasked import told_once
from troupe_core.simulation.chronicle import Chronicle, Passage
from troupe_core.simulation.foresight import Foresight, is_person
from troupe_core.simulation.states import States
from troupe_core.simulation.things import State, scene_of
from troupe_core.simulation.transaction import Transaction, outcome_key

if TYPE_CHECKING:
    from datetime import datetime

    from troupe_core.config.degradation import Degradation
    from troupe_core.events import Fact
    from troupe_core.llm.asking import Asker, Question
    from troupe_core.llm.request import Call
    from troupe_core.llm.response import Substitute
    from troupe_core.llm.structured import Output
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.answers import Answers
    from troupe_core.simulation.effects import Effects
    from troupe_core.simulation.holds import Holds
    from troupe_core.simulation.journal.journal import Journal
    from troupe_core.simulation.models import Fingerprint, Models
    from troupe_core.simulation.transaction import Leaf, Outcome, TransactionHandler

Change = Callable[[Any], Any]

log = logging.getLogger("troupe")


def checked_budget(budget: Any) -> Budget:
    """A budget, and not a number that could be one of several things."""
    if not isinstance(budget, Budget):
        raise ArgumentError(f"budget must be a Budget, such as Budget(calls=500), not {budget!r}")
    if budget.runtime is not None:
        raise ArgumentError(
            "the budget of a simulation says nothing about all of them together: that is a setting, budget.runtime, or "
            "Runtime(budget=Budget(runtime=…))"
        )
    return budget


class Touched:
    """What one call changes at once, and how everything was before, so that it can be undone."""

    __slots__ = ("facts", "passage", "things", "undoing")

    def __init__(self) -> None:
        self.things: dict[str, Any] = {}
        self.passage: Passage | None = None
        self.facts = 0
        """How many facts at the end of the passage are this call's."""
        self.undoing: list[Callable[[], Any]] = []

    def note(self, thing: str, before: Any) -> None:
        """The thing has changed; `before` is the state that it had, or None if it is new."""
        self.things.setdefault(thing, before)

    def undo(self, states: States) -> None:
        """As if nothing had happened."""
        for thing, before in self.things.items():
            if before is None:
                states.remove(thing)
            else:
                states[thing] = before
        if self.passage is not None:
            self.passage.cut(len(self.passage) - self.facts)
        for undo in reversed(self.undoing):
            undo()


class Changing:
    """The part of a simulation through which everything changes that does."""

    id: str
    seed: int
    runtime: Runtime
    max_in_flight: int
    states: States
    facts: Chronicle
    members: dict[str, str]
    ended: bool
    holds: Holds
    answers: Answers
    effects: Effects
    models: Models
    journal: Journal | None
    meter: Meter
    degradation: Degradation
    substituted: set[tuple[str, str]]
    """Who has answered instead of whom, as far as it has been said."""
    unseen: set[str]
    """Which models were given words in the place of pictures, likewise."""
    _transaction_handlers: dict[str, TransactionHandler]
    _asker: Asker | None
    _slots: Any
    _touched: Touched | None
    _foresight: Foresight

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
            before = self.states[thing]
            self.states[thing] = change(before)
            touched.note(thing, before)

    @contextmanager
    def at_once(self) -> Iterator[Touched]:
        """What is changed within belongs together: nobody sees half of it, and a journal has all of it or nothing."""
        with self.holds.lock:
            outer = self._touched
            if outer is not None:
                yield outer
                return
            touched = self._touched = Touched()
            try:
                yield touched
                self.commit(touched.things, touched.passage)
            except BaseException:
                touched.undo(self.states)
                raise
            finally:
                self._touched = None

    def touch(self, thing: str) -> None:
        """Note that something about a thing has changed that is no part of its state, and has to last too."""
        self.states.changed.add(thing)

    def commit(self, things: Iterable[str], passage: Passage | None, step: tuple[str, int] | None = None) -> None:
        """Make these things last as they are now, with what has happened in that passage."""
        watched = passage is not None and step is None and self.runtime.watched  # a step tells of its own facts
        added = passage.unsaved()[0] if passage is not None and watched else []
        if self.journal is not None:
            self.journal.commit(things, passage, step)
        elif passage is not None:
            passage.settle()
        if added:
            from troupe_core.events import FactsAdded

            self.runtime.emit(FactsAdded(self.id, tuple(added)))

    async def durable(self) -> None:
        """Return when everything that was committed is on disk."""
        if self.journal is not None:
            await self.journal.store.writer.durable()

    async def lasting(self, thing: str) -> None:
        """The same, but if it cannot be written now, that is only said: it has happened in any case."""
        try:
            await self.durable()
        except JournalError as error:
            self.remark(thing, f"what has happened is not on disk yet: {error}")

    def once(self, what: str, make: Callable[[], str]) -> str:
        """A text that is made in the first run, and is the same whenever the program is run again."""
        return make() if self.journal is None else self.journal.once(what, make)

    def check_open(self) -> None:
        if self.ended:
            raise SimulationEnded(f"{self.id} has ended; its people can be read, and no longer change")
        if self.journal is not None:
            self.journal.store.writer.check()

    def check_free(self, things: Sequence[str]) -> None:
        """Refuse a plain change of a thing that is busy: unlike a turn, it cannot wait until that is free."""
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
            touched.facts += len(facts)

    def remark(self, thing: str, text: str) -> None:
        """Say something to whoever is watching, and to the log."""
        log.warning("%s: %s: %s", self.id, thing, text)
        if self.runtime.watched:
            from troupe_core.events import Remark

            self.runtime.emit(Remark(self.id, thing, text))

    def remark_substitute(self, thing: str, substitute: Substitute) -> None:
        """Say that another model has answered than the first one; once for each pair of models, since a thousand times
        are no more news than one.
        """
        pair = (substitute.model, substitute.instead_of)
        if pair not in self.substituted:
            self.substituted.add(pair)
            self.remark(thing, f"answered by {substitute}; what comes of such answers says so")

    def _remark_unseen(self, call: Call, model: str) -> None:
        """Say that a model was given words in the place of pictures, once for each model."""
        if model not in self.unseen:
            self.unseen.add(model)
            text = f"{model} cannot look at pictures: what was said of them stands for them"
            self.remark(call.person or call.purpose, text)

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
            self.runtime.blame(error)
            contained = PluginError(f"something in the {kind} of {state.id!r} wanted to end the program: {error!r}")
            for note in getattr(error, "__notes__", ()):
                contained.add_note(note)
            raise contained from error
        except BaseException as error:
            if not containable(error):
                raise
            raise as_exception(self.runtime.blame(error))  # noqa: B904 - usually the same error

    def _compose(self, kind: str) -> TransactionHandler:
        plugins = self.runtime.plugins
        made = plugins.compose(
            "troupe_transaction_handler", lambda hooks: hooks.troupe_transaction_handler(kind=kind), kind, callable
        )
        self._transaction_handlers[kind] = made
        return made

    @property
    def budget(self) -> Budget:
        """What may be spent in all. A larger one can be given at any time, and what had to stop goes on."""
        return self.meter.budget

    @budget.setter
    def budget(self, budget: Budget) -> None:
        self.meter.budget = checked_budget(budget)

    def admit(self, call: Call, model: str, paid: bool, expected: int | None) -> Admission:
        """A model is about to be asked, if the budget allows it."""
        self._foresight.check(self)
        meter = self.meter
        admission = meter.admit(call, model, paid, expected, self._person_limited(call))
        if paid and meter.unlimited and (priced := expected is not None) not in meter.warned:
            self.remark(model, told_once(meter, self.runtime.price_of(model) if priced else None))
        return admission

    def _person_limited(self, call: Call) -> str | None:
        """The person whom the call is for, if each of the people has a limit."""
        return call.person if self.meter.budget.person is not None and is_person(self, call.person) else None

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

            self._asker = Asker(self.runtime, self.answers, self.seed, self._sparing, self._remark_unseen)
        return self._asker

    def _sparing(self, call: Call) -> str:
        """Why the first of several models is spared; empty if it is not."""
        share = self.degradation.cheaper_from
        if share is None:
            return ""
        from troupe_core.llm.sparing import beyond

        return beyond(self.meter.limited(call.purpose, self._person_limited(call)), share)

    def ask_through(self, asker: Asker) -> None:
        """Let this one ask from now on."""
        self._asker = asker

    def question(
        self,
        output: Output[Any] | None,
        purpose: str,
        own_model: str | None = None,
        temperature: float | None = None,
    ) -> Question:
        """The question, put to the person's own model, else the purpose's, the simulation's or the runtime's. Without a
        `temperature` it is the simulation's.
        """
        return self.models.question(output, purpose, own_model, temperature)

    @property
    def slots(self) -> Any:
        """A semaphore with `max_in_flight` places."""
        if self._slots is None:
            import asyncio

            self._slots = asyncio.Semaphore(self.max_in_flight)
        return self._slots
