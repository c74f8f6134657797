"""Ways into a journal: to begin with it, to go on from it, to branch off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from troupe_core.arguments import checked_truth
from troupe_core.errors import ArgumentError, Busy
from troupe_core.llm.request import Parameters
from troupe_core.simulation.answers import AnswersInMemory
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.answers import AnswersInJournal
from troupe_core.simulation.journal.branch import MAIN, Branch
from troupe_core.simulation.journal.commits import CHECKPOINT, At
from troupe_core.simulation.journal.effects import EffectsInJournal
from troupe_core.simulation.journal.journal import Journal, checked_label, read_settings
from troupe_core.simulation.journal.shelf import Shelf
from troupe_core.simulation.journal.store import Store, open_store, there
from troupe_core.simulation.journal.viewing import AnswersOnRecord, viewed

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.simulation import Simulation


def start(simulation: Simulation, path: str | Path, *, caching: bool) -> None:
    """Record everything there. The simulation begins empty; what is there is found again."""
    checked_truth(caching, "cache")
    store = open_store(path)
    _give(simulation, Shelf(store, simulation.runtime), Branch(store, MAIN), caching=caching)


def _give(simulation: Simulation, shelf: Shelf, branch: Branch, *, caching: bool) -> Journal:
    journal = simulation.journal = Journal(simulation, shelf, branch, caching=caching)
    simulation.recorder = journal
    simulation.answers = AnswersInJournal(journal)
    simulation.effects = EffectsInJournal(journal.store)
    simulation.pictures = shelf.pictures
    return journal


def resume(
    made: type[Simulation],
    path: str | Path,
    at: At,
    attach: Mapping[str, Any],
    cache: bool,
    given: dict[str, Any],
) -> Simulation:
    """The simulation as it was at that point."""
    return _restored(made, existing(path), at, attach, cache, given)


def view(
    made: type[Simulation], path: str | Path, at: At, attach: Mapping[str, Any], runtime: Runtime | None
) -> Simulation:
    """The same, to be read and not to go on."""
    store = viewed(path)
    simulation = _restored(made, store, at, attach, True, {"runtime": runtime})
    simulation.answers = AnswersOnRecord(store)
    simulation.stop()
    return simulation


def _restored(
    made: type[Simulation], store: Store, at: At, attach: Mapping[str, Any], cache: bool, given: dict[str, Any]
) -> Simulation:
    simulation: Simulation | None = None
    try:
        head, branch = commits.find(store, at)
        simulation = made(**(as_made(store, head) | given))
        lend(simulation, attach)
        shelf = Shelf(store, simulation.runtime, attach)
        _give(simulation, shelf, Branch(store, branch, head), caching=cache).restore()
    except BaseException:
        if simulation is not None:
            simulation.close()
        store.close()
        raise
    return simulation


def existing(path: str | Path) -> Store:
    """A journal that is there."""
    there(path)
    return open_store(path)


def as_made(store: Store, head: bytes) -> dict[str, Any]:
    """What the simulation of a commit was made with."""
    settings = dict(read_settings(store, head))
    parameters = settings["parameters"] or {}
    return {**settings, "parameters": Parameters(**{**parameters, "stop": tuple(parameters.get("stop", ()))})}


def lend(simulation: Simulation, attach: Mapping[str, Any]) -> None:
    """Faculties and tools that were given in code, by name."""
    if not isinstance(attach, Mapping):
        raise ArgumentError(f"attach is a mapping from names to what was given in code, not {attach!r}")
    for name, given in attach.items():
        if hasattr(given, "actions"):
            lent = simulation.runtime.lend(given)
            if name not in (lent, given.name):
                raise ArgumentError(f"attach={{{name!r}: …}}: that faculty is called {given.name!r}")


def fork(simulation: Simulation, name: str, at: At | None) -> Simulation:
    """A variant of a simulation."""
    checked_label(name)
    held = simulation.holds.any_of(simulation.states)
    if held is not None:
        raise Busy(f"{held!r} is in the middle of a turn or run of {simulation.id}; fork before or after it")
    journal = simulation.journal
    if journal is None:
        if at is not None:
            raise ArgumentError("at needs a journal: make the simulation with a path, as Simulation(path)")
        return _share(simulation, _alike(simulation))
    simulation.check_open()
    store = journal.store
    if name in store.branches or name == MAIN:
        raise ArgumentError(
            f"a simulation is on the branch {name!r} of {store.path.name} already: end it, or take another name"
        )
    if store.name(CHECKPOINT + name) is not None:
        raise ArgumentError(f"{store.path.name} has a checkpoint {name!r} already; take another name")
    head = journal.branch.head if at is None else commits.find(store, at, journal.branch.name)[0]
    branch = Branch(store, name, head)
    made = _alike(simulation)
    try:
        fresh = _give(made, journal.shelf, branch, caching=journal.caching)
        fresh.origin, fresh.follow = journal.branch.name, journal.follow
        if head is not None and branch.left is None:  # else a program that forks is run again, and finds what it did
            branch.left = head
            store.put((), [(name, head)])
        if at is None:
            _share(simulation, made)
            fresh.twin_of(journal)
        else:
            fresh.restore()
    except BaseException:
        made.close()
        raise
    return made


def _alike(simulation: Simulation) -> Simulation:
    """Another one, with nobody in it, that asks the same models."""
    made = type(simulation)(
        seed=simulation.seed,
        runtime=simulation.runtime,
        max_in_flight=simulation.max_in_flight,
        budget=simulation.meter.budget,
        degradation=simulation.degradation,
    )
    made.models = simulation.models
    return made


def _share(simulation: Simulation, made: Simulation) -> Simulation:
    """The same states, which are values; the same past; what is on its way, on its way to both."""
    made.states = simulation.states.copy()
    if isinstance(simulation.answers, AnswersInMemory):
        made.answers, made.effects = simulation.answers.shared(), simulation.effects
    made.facts = simulation.facts.shared()
    made.members = dict(simulation.members)
    made.stumbles = dict(simulation.stumbles)
    made.popped = dict(simulation.popped)
    made.interned = simulation.interned
    made.pictures = simulation.pictures
    made.meter.restore(simulation.meter.tallies(), simulation.meter.by_person(), simulation.meter.asking())
    made.meter.book.earlier = simulation.meter.book.twin()
    for item in simulation.background.pending.values():
        made.background.add(item.shared(made))
    return made
