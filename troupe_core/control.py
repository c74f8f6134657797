"""Simulations by name, from beginning to end: `control.begin("study.json")`, `control.checkpoint()`, `control.end()`.

What was made before `begin`, without a simulation, joins the one that begins.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import attrs

from troupe_core.arguments import checked_truth
from troupe_core.errors import ArgumentError, SimulationError
from troupe_core.simulation import lookup
from troupe_core.simulation.adopting import adopt_free
from troupe_core.simulation.simulation import Simulation

__all__ = [
    "begin",
    "cache_hits",
    "cache_misses",
    "checkpoint",
    "current_simulation",
    "end",
    "reset",
    "simulation",
]

DEFAULT = "default"


@attrs.frozen(eq=False)
class _Begun:
    simulation: Simulation
    token: Any


class _Register:
    """What is between its begin and its end, by id."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.begun: dict[str, _Begun] = {}

    def find(self, id: str) -> _Begun:
        found = self.begun.get(id)
        if found is None:
            others = ", ".join(sorted(self.begun)) or "none"
            raise SimulationError(
                f"no simulation {id!r} has begun: call control.begin(…, id={id!r}) first; begun are: {others}. "
                "(A checkpoint is given a name as control.checkpoint(name=…).)"
            )
        return found


_register = _Register()


def begin(
    cache_path: str | Path | None = None,
    id: str = DEFAULT,
    auto_checkpoint: bool = False,
    *,
    cache_file: str | Path | None = None,
    cache: bool = True,
    **settings: Any,
) -> Simulation:
    """Begin a simulation that is the current one until `end`. With a path (`cache_file` is another word for it) it is
    recorded there, as a readable document if the path ends in .json, and what was paid for is never asked again unless
    `cache` is False. With `auto_checkpoint` the main file follows every change. `settings` are those of `Simulation`.
    """
    if cache_path is not None and cache_file is not None and Path(cache_path) != Path(cache_file):
        raise ArgumentError(f"cache_path and cache_file are two words for one thing: {cache_path}, {cache_file}")
    if not isinstance(id, str) or not id:
        raise ArgumentError(f"id must be text, not {id!r}")
    checked_truth(auto_checkpoint, "auto_checkpoint")
    path = cache_path if cache_path is not None else cache_file
    with _register.lock:
        earlier = _register.begun.get(id)
        if earlier is not None and not earlier.simulation.ended:
            raise SimulationError(
                f"the simulation {id!r} has begun already: end it first with control.end({id!r}), or begin another one "
                'with id="…"'
            )
        made = Simulation(path, cache=cache, **settings)
        try:
            adopt_free(made)
        except BaseException:
            made.close()
            raise
        if made.journal is not None:
            made.journal.follow = auto_checkpoint
        _register.begun[id] = _Begun(made, lookup.enter(made))
        return made


def checkpoint(id: str = DEFAULT, name: str | None = None) -> None:
    """Return when everything is in the file; with a name, to be found by it (`Simulation.resume(path, at=name)`)."""
    found = _register.find(id).simulation
    if found.journal is None:
        raise SimulationError(f"the simulation {id!r} is not recorded: give control.begin a path")
    found.checkpoint(name)


def end(id: str = DEFAULT) -> None:
    """Wait for what runs, take in what is pending, write everything, and let nothing change any more. `id` is the one
    that it was begun under, or the own id of a simulation that was made otherwise.
    """
    with _register.lock:
        other = lookup.open_with_id(id) if id not in _register.begun else None
        if other is not None:
            other.end()
            return
        begun = _register.find(id)
        begun.simulation.end()
        lookup.leave(begun.token)
        del _register.begun[id]


def reset() -> None:
    """Forget everything that has begun, without waiting for it. What is recorded stays recorded."""
    with _register.lock:
        while _register.begun:
            _, begun = _register.begun.popitem()
            lookup.leave(begun.token)
            begun.simulation.close()


def simulation(id: str = DEFAULT) -> Simulation:
    """The simulation that has begun under that id."""
    return _register.find(id).simulation


def current_simulation() -> Simulation | None:
    """The one that new people join; None if that is the one of free people."""
    found = lookup.current_simulation()
    return None if found is lookup.default_simulation() else found


def cache_hits(id: str = DEFAULT) -> int:
    """How many transactions were found, and not executed."""
    journal = _register.find(id).simulation.journal
    return 0 if journal is None else journal.hits


def cache_misses(id: str = DEFAULT) -> int:
    """How many were looked for, and executed."""
    journal = _register.find(id).simulation.journal
    return 0 if journal is None else journal.misses
