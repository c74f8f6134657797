"""Which simulation is meant when none is named: the one of this context, else the only open one, else the default."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from troupe_core.errors import AmbiguousSimulation

if TYPE_CHECKING:
    from troupe_core.simulation.ending import Ending
    from troupe_core.simulation.simulation import Simulation

_current: ContextVar[Simulation | None] = ContextVar("troupe_simulation", default=None)
_open: weakref.WeakSet[Any] = weakref.WeakSet()
"""Simulations."""
_lock = threading.Lock()
_FREE = "the simulation of free people"


def current_simulation() -> Simulation:
    """The one that is meant. A context variable alone would not do, since it is lost between the cells of a notebook:
    hence the rule of the only open one.
    """
    named = _current.get()
    if named is not None and not named.ended:
        return named
    with _lock:
        found = [simulation for simulation in _open if not simulation.ended]
    if len(found) > 1:
        names = sorted(simulation.id for simulation in found)
        raise AmbiguousSimulation(
            f"{len(found)} simulations are open ({', '.join(names)}) and none is current: work inside "
            "`with simulation:`, pass simulation=…, or end() those that are no longer needed; "
            f"control.end({names[0]!r}) ends one that has no name in your program any more"
        )
    return found[0] if found else default_simulation()


def open_with_id(id: str) -> Simulation | None:
    """The open one of that id, if there is one. Those of several runtimes may have the same."""
    with _lock:
        found = [simulation for simulation in _open if simulation.id == id and not simulation.ended]
    if len(found) > 1:
        raise AmbiguousSimulation(f"{len(found)} runtimes have an open {id}: pass the simulation itself")
    return found[0] if found else None


def default_simulation() -> Simulation:
    """The simulation of free people: in memory, on the default runtime, and not among those that are open."""
    from troupe_core.runtime import default_runtime
    from troupe_core.simulation.simulation import Simulation

    runtime = default_runtime()

    def make() -> Simulation:
        made = Simulation(runtime=runtime)
        ended(made)
        return made

    found: Simulation = runtime.once(_FREE, make)
    if found.ended:
        runtime.once.forget(_FREE)
        found = runtime.once(_FREE, make)
    return found


def free_simulation() -> Simulation | None:
    """The simulation of free people, if there is one."""
    from troupe_core.runtime import default_runtime_made

    runtime = default_runtime_made()
    found: Simulation | None = None if runtime is None else runtime.once.made(_FREE)
    return None if found is None or found.ended else found


def renew_free(free: Simulation) -> None:
    """Close it, since everybody has left it; whoever is made free next gets a new one."""
    free.runtime.once.forget(_FREE)
    free.forget_handles()
    free.close()


def opened(simulation: Simulation) -> None:
    with _lock:
        _open.add(simulation)


def ended(simulation: Ending) -> None:
    with _lock:
        _open.discard(simulation)


def enter(simulation: Simulation) -> Token[Simulation | None]:
    """Make it the current one of this context."""
    return _current.set(simulation)


def leave(token: Token[Simulation | None]) -> None:
    """What was entered in another context, such as a fixture's, has left nothing to set back in this one."""
    with suppress(ValueError):
        _current.reset(token)
