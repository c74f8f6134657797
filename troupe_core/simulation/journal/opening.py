"""Ways into a journal: to begin with it, to go on from it, to branch off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from troupe_core.errors import ArgumentError, Busy, JournalError
from troupe_core.llm.request import Parameters
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.answers import AnswersInJournal
from troupe_core.simulation.journal.branch import Branch
from troupe_core.simulation.journal.commits import At
from troupe_core.simulation.journal.journal import MAIN, Journal, checked_label, read_settings
from troupe_core.simulation.journal.shelf import Shelf
from troupe_core.simulation.journal.store import Store, open_store

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation


def start(simulation: Simulation, path: str | Path, *, caching: bool) -> None:
    """Record everything there. The simulation begins empty; what is there is found again."""
    if not isinstance(caching, bool):
        raise ArgumentError(f"cache is True or False, not {caching!r}")
    store = open_store(path)
    _give(simulation, Shelf(store, simulation.runtime), Branch(store, MAIN), caching=caching)


def _give(simulation: Simulation, shelf: Shelf, branch: Branch, *, caching: bool) -> Journal:
    journal = simulation.journal = Journal(simulation, shelf, branch, caching=caching)
    simulation.answers = AnswersInJournal(journal)
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
    store = existing(path)
    simulation: Simulation | None = None
    try:
        head, branch = commits.find(store, at)
        simulation = made(**(as_made(store, head) | given))
        lend(simulation, attach)
        shelf = Shelf(store, simulation.runtime, dict(attach))
        _give(simulation, shelf, Branch(store, branch, head), caching=cache).restore()
    except BaseException:
        if simulation is not None:
            simulation.close()
        store.close()
        raise
    return simulation


def existing(path: str | Path) -> Store:
    """A journal that is there."""
    if isinstance(path, str | Path) and str(path) and not Path(path).expanduser().exists():
        beside = Path(path).expanduser()
        if not beside.with_name(beside.name + "-log").exists():
            raise JournalError(f"there is no journal at {path}; Simulation(path) begins one")
    return open_store(path)


def as_made(store: Store, head: bytes) -> dict[str, Any]:
    """What the simulation of a commit was made with."""
    settings = dict(read_settings(store, head))
    parameters = settings.pop("parameters")
    if parameters is not None:
        settings["parameters"] = Parameters(**{**parameters, "stop": tuple(parameters["stop"])})
    return settings


def lend(simulation: Simulation, attach: Mapping[str, Any]) -> None:
    """Faculties that were given in code, by name."""
    for name, given in attach.items():
        if hasattr(given, "actions"):
            lent = simulation.runtime.lend(given)
            if lent != name:
                raise ArgumentError(f"attach={{{name!r}: …}}: that faculty is called {lent!r}")


def fork(simulation: Simulation, name: str, at: At | None) -> Simulation:
    """A variant of a simulation."""
    checked_label(name)
    held = simulation.holds.any_of(simulation.states)
    if held is not None:
        raise Busy(f"{held!r} is in the middle of a turn or run of {simulation.id}; fork before or after it")
    made = type(simulation)(seed=simulation.seed, runtime=simulation.runtime, max_in_flight=simulation.max_in_flight)
    made.models = simulation.models
    journal = simulation.journal
    if journal is None:
        if at is not None:
            raise ArgumentError("at needs a journal: make the simulation with a path, as Simulation(path)")
        _share(simulation, made)
        return made
    if name in journal.store.branches or name == MAIN:
        raise ArgumentError(
            f"a simulation is on the branch {name!r} of {journal.store.path.name} already: end it, or take another name"
        )
    if journal.store.name(f"checkpoint/{name}") is not None:
        raise ArgumentError(f"{journal.store.path.name} has a checkpoint {name!r} already; take another name")
    head = journal.branch.head
    if at is not None:
        head, _ = commits.find(journal.store, at, journal.branch.name)
    branch = Branch(journal.store, name, head)
    fresh = _give(made, journal.shelf, branch, caching=journal.caching)
    fresh.origin = journal.branch.name
    if head is not None and branch.left is None:  # else a program that forks is run again, and finds what it did
        branch.left = head
        journal.store.put((), [(name, head)])
    if at is None:
        _share(simulation, made)
        fresh.twin_of(journal)
    else:
        fresh.restore()
    return made


def _share(simulation: Simulation, made: Simulation) -> None:
    """The same states, which are values; the same past; what is on its way, on its way to both."""
    made.states = simulation.states.copy()
    made.facts = simulation.facts.shared()
    made.members = dict(simulation.members)
    made.stumbles = dict(simulation.stumbles)
    made.interned = simulation.interned
    made.meter.restore(simulation.meter.tallies())
    for item in simulation.background.pending.values():
        made.background.add(item.shared(made))
