"""A Simulation: the people and worlds of one run, their states as values, and what happened to them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextvars import Token
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from troupe_core.arguments import checked_whole
from troupe_core.config.degradation import checked_degradation
from troupe_core.errors import (
    ArgumentError,
    CrossThingError,
    DuplicateName,
    SimulationError,
)
from troupe_core.keys import digest, utf8
from troupe_core.simulation import lookup
from troupe_core.simulation.changing import Touched, checked_budget
from troupe_core.simulation.chronicle import Chronicle
from troupe_core.simulation.ending import Ending
from troupe_core.simulation.foresight import Foresight
from troupe_core.simulation.interning import Interned
from troupe_core.simulation.memory_kinds import MemoryKinds
from troupe_core.simulation.pictures import Pictures
from troupe_core.simulation.states import States
from troupe_core.simulation.things import Handle, State, bind, make_handle, scene_of

if TYPE_CHECKING:
    from asyncio import Task
    from pathlib import Path

    from troupe_core.config.degradation import Degradation
    from troupe_core.config.tree import Budget
    from troupe_core.llm.asking import Asker
    from troupe_core.llm.ledger import Ledger
    from troupe_core.llm.request import Parameters
    from troupe_core.people.tool import ToolCall
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.answers import Answers
    from troupe_core.simulation.effects import Effects
    from troupe_core.simulation.journal.commits import At
    from troupe_core.simulation.journal.journal import Journal
    from troupe_core.simulation.journal.replay import Replay
    from troupe_core.simulation.journal.why import Why
    from troupe_core.simulation.transaction import Recorder, TransactionHandler

DEFAULT_IN_FLIGHT = 256


class Simulation(Ending):
    """Many can be open on one runtime, and know nothing of each other.

    `model` names what its people are asked with, `models` what single purposes are ("consolidation"), a person's own
    model goes before both. `max_in_flight` (256) bounds model calls, turns and background work together, and `budget`
    what is spent in all. Of several models the next one is asked where one fails; `degradation` says what else is done
    then, and when the budget is spent. What is not given, of these and of `parameters`, is as the settings of the
    runtime have it.

    With a `path` everything is recorded in a journal there (a readable document, if it ends in .json). The simulation
    begins empty all the same: the program makes its people, and whatever is asked once more is found there, unless
    `cache` is False. `Simulation.resume(path)` goes on without a program.
    """

    def __init__(  # noqa: PLR0913 - what a simulation is made with is said in one place
        self,
        path: str | Path | None = None,
        *,
        seed: int = 0,
        runtime: Runtime | None = None,
        model: str | Sequence[str] | None = None,
        models: Mapping[str, str | Sequence[str]] | None = None,
        parameters: Parameters | None = None,
        max_in_flight: int | None = None,
        budget: Budget | None = None,
        degradation: Degradation | None = None,
        cache: bool = True,
    ) -> None:
        from troupe_core.llm.meter import Meter
        from troupe_core.runtime import Runtime, default_runtime
        from troupe_core.simulation.answers import AnswersInMemory
        from troupe_core.simulation.effects import EffectsInMemory
        from troupe_core.simulation.holds import Holds
        from troupe_core.simulation.models import Models
        from troupe_core.simulation.pending import Background

        if type(seed) is not int or not -(2**63) <= seed < 2**63:  # what a journal can hold
            raise ArgumentError(f"seed must be a whole number of at most 64 bits, not {seed!r}")
        if runtime is not None and not isinstance(runtime, Runtime):
            raise ArgumentError(f"runtime must be a Runtime, not {type(runtime).__name__}")
        self.runtime = runtime or default_runtime()
        if max_in_flight is None:
            max_in_flight = self.runtime.config.max_in_flight or DEFAULT_IN_FLIGHT
        checked_whole(max_in_flight, "max_in_flight")
        self.id = self.runtime.new_id()
        self.seed = seed
        self.max_in_flight = max_in_flight
        self.models = Models(self.runtime, model, models, parameters)
        self.states = States()
        self.facts = Chronicle()
        self.members: dict[str, str] = {}
        self.ended = False
        self.holds = Holds()
        self.answers: Answers = AnswersInMemory()
        self.effects: Effects = EffectsInMemory()
        self.doubts: list[ToolCall] = []
        """Uses of tools of which nobody knows whether they have had their effect."""
        self.background = Background()
        self.meter = Meter(
            checked_budget(budget) if budget is not None else self.runtime.usual_budget, self.runtime.everything
        )
        self.runtime.books.keep(self, self.meter.book)
        self.substituted: set[tuple[str, str]] = set()
        self.degradation = self.runtime.config.degradation if degradation is None else checked_degradation(degradation)
        self.stumbles: dict[str, int] = {}
        self.warm: OrderedDict[str, None] = OrderedDict()
        self.popped: dict[str, int] = {}
        """By person, the turns whose acts somebody has popped: a reader's mark, and no part of anybody's life."""
        self.interned = Interned()
        self.pictures = Pictures()
        self.unseen: set[str] = set()
        self.memory_kind = MemoryKinds(self.runtime)
        self.journal: Journal | None = None
        self.recorder: Recorder | None = None
        self.inquiries: set[Task[Any]] = set()
        self._handles: dict[str, Handle] = {}
        self._called: dict[str, str] | None = None
        self._transaction_handlers: dict[str, TransactionHandler] = {}
        self._asker: Asker | None = None
        self._slots: Any = None
        self._tokens: list[Token[Simulation | None]] = []
        self._touched: Touched | None = None
        self._foresight = Foresight()
        if path is not None:
            from troupe_core.simulation.journal.opening import start

            start(self, path, caching=cache)
        self.runtime.simulations[self.id] = self
        lookup.opened(self)

    def __repr__(self) -> str:
        ended = ", ended" if self.ended else ""
        journal = self.journal
        where = f", {journal.branch.name} of {journal.store.path.name}" if journal is not None else ""
        return f"<Simulation {self.id}: {len(self.states)} people and worlds, seed {self.seed}{where}{ended}>"

    def _repr_html_(self) -> str:
        from troupe_core.simulation.showing import of_simulation

        return of_simulation(self)

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
        """Take in a new thing, and its handle."""
        scene = scene_of(self)
        if scene is not None:
            raise CrossThingError(f"{scene.thing!r} is having a turn, and may not make {state.id!r}; do so afterwards")
        with self.at_once() as touched:
            self.check_open()
            if self.knows(state.id):
                raise DuplicateName(f"{state.id!r} exists already in {self.id}; names within one simulation are unique")
            self.states[state.id] = state
            self._handles[state.id] = handle
            self._foresight.meet(getattr(state, "model", None))
            bind(handle, self, state.id)
            touched.note(state.id, None)
            touched.undoing.append(lambda: self._handles.pop(state.id, None))

    def next_name(self, kind: str) -> str:
        """The first name of the form "World 1" that nothing has."""
        return next(name for number in count(1) if (name := f"{kind} {number}") not in self)

    def knows(self, name: str) -> bool:
        """Whether something has that id, or somebody has that name by now."""
        return name in self.states or name in self.called

    @property
    def called(self) -> dict[str, str]:
        """The ids of those who have been renamed, by their present names. It is made when it is first needed."""
        if self._called is None:
            named = ((id, getattr(state, "name", id)) for id, state in self.states.items())
            self._called = {name: id for id, name in named if name != id}
        return self._called

    def take_handle(self, id: str, handle: Handle) -> None:
        """Take over a handle that was another simulation's."""
        self._handles[id] = handle

    def drop_handle(self, id: str) -> None:
        """Give a handle back: it is another simulation's again."""
        self._handles.pop(id, None)

    def forget_handles(self) -> None:
        """Let go of all handles: they are another simulation's by now."""
        self._handles.clear()

    # -- what it came to ----------------------------------------------------------------------------------------------

    @property
    def usage(self) -> Any:
        """What was spent so far, in all."""
        return self.meter.total()

    @property
    def ledger(self) -> Ledger:
        """Where it went up to now, by person, purpose, model and world; what was saved stands apart."""
        return self.meter.book.ledger()

    @classmethod
    def ledger_of(cls, path: str | Path, at: At | None = None) -> Ledger:
        """The same of a journal: of all runs that it records together, or of the history of one point in it. No plugin
        is needed for that, and a run that writes the journal at this moment is not disturbed.
        """
        from troupe_core.simulation.journal.bookkeeping import ledger_of

        return ledger_of(path, at)

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
        at: At = "main",
        *,
        runtime: Runtime | None = None,
        seed: int | None = None,
        model: str | Sequence[str] | None = None,
        models: Mapping[str, str | Sequence[str]] | None = None,
        parameters: Parameters | None = None,
        max_in_flight: int | None = None,
        budget: Budget | None = None,
        degradation: Degradation | None = None,
        cache: bool = True,
        attach: Mapping[str, Any] | None = None,
    ) -> Simulation:
        """The simulation of a journal as it was, without the program that made it: at its end, or `at` a checkpoint, a
        branch, a step, a commit. What is not given is as it was. `attach` brings, by name, faculties and kinds of
        memory that were given in code.
        """
        from troupe_core.simulation.journal.opening import resume

        chosen = {"seed": seed, "model": model, "models": models, "parameters": parameters}
        given: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
        given |= {"runtime": runtime, "max_in_flight": max_in_flight, "budget": budget, "degradation": degradation}
        return resume(cls, path, at, attach or {}, cache, given)

    @classmethod
    def view(
        cls,
        path: str | Path,
        at: At = "main",
        *,
        runtime: Runtime | None = None,
        attach: Mapping[str, Any] | None = None,
    ) -> Simulation:
        """The same to be read, and not to go on: as if it had ended. No model is asked, nothing is written, and a run
        that writes the journal at this moment is not disturbed. Close it afterwards.
        """
        from troupe_core.simulation.journal.opening import view

        return view(cls, path, at, attach or {}, runtime)

    def fork(self, name: str, at: At | None = None) -> Simulation:
        """A variant with its own people, which shares the past with this one, and stands in the journal under its own
        name: from now, or from an earlier point (see `resume`).
        """
        from troupe_core.simulation.journal.opening import fork

        return fork(self, name, at)

    @classmethod
    def replay(cls, path: str | Path, at: At = "main", *, runtime: Runtime | None = None, **given: Any) -> Replay:
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
        self.check_open()
        journal.write_page()
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

    # -- in a `with` block --------------------------------------------------------------------------------------------

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
