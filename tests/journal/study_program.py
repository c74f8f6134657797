"""Four people, five steps, episodes and a clock: the study that the tests of faults make. As a program it makes it in a
process of its own, which ends in some way.

    study_program.py PATH left HOW        the study; a word that nobody waits for; then HOW, a line of Python
    study_program.py PATH gone            the study with a checkpoint in it; then all of a sudden nothing
    study_program.py PATH full LIMIT WAY  on a disk where a file may have so many bytes, until that is in the way
    study_program.py PATH keep            somebody is there, the journal is open, and stays so
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from troupe_core import EpisodicMemory, Runtime, Simulation, TinyPerson, TinyWorld
from troupe_core.errors import JournalError, RunStopped
from troupe_core.simulation.rng import Stream
from troupe_testing import ScriptedModel, talk, think, turn

NAMES = ("Ada", "Ben", "Cleo", "Dan")
STEPS = 5
PACE = timedelta(minutes=5)
LAST = "Is anybody there?"


def script(request: Any, call: Any) -> Any:
    """What people say depends on every byte that they are asked with."""
    name = request.key.hex()[:14]
    if call.purpose == "consolidation":
        return {"memories": [f"{call.person} kept {name}"]}
    return turn(think(f"so {name[:6]}"), talk(name, Stream(0, name, "script", 0).choice(("", *NAMES))))


def begin(simulation: Simulation) -> TinyWorld:
    """Everybody anew, or who is missing: a program may have ended anywhere before."""
    people = [simulation[name] if name in simulation else person(simulation, name) for name in NAMES]
    if "Room" not in simulation:
        TinyWorld("Room", people, initial_datetime="2026-03-02T09:00", simulation=simulation)
    world: TinyWorld = simulation["Room"]
    return world if world.state.voices else world.broadcast("Welcome", source="Moderator")


def person(simulation: Simulation, name: str) -> TinyPerson:
    return TinyPerson(name, {"age": 30 + len(name)}, memory=EpisodicMemory(episode=2), simulation=simulation)


def run_on(world: TinyWorld, way: str) -> None:
    """The steps that are left: one call for each, or one for all."""
    left = STEPS - world.state.step
    for _ in range(left if way == "each" else min(left, 1)):
        world.run(1 if way == "each" else left, PACE)


def came_to(simulation: Simulation) -> tuple[str, tuple[bytes, ...]]:
    return simulation.digest(), tuple(fact.id for fact in simulation.facts)


def parts(path: Path) -> list[Path]:
    """The files of a journal that hold something."""
    return [part for part in path.parent.glob(path.name + "*") if not part.name.endswith(("-lock", "-shm"))]


def tell(told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main(path: Path, what: str, *more: str) -> None:
    model = ScriptedModel(script)
    runtime = Runtime(plugins=[model], model="scripted/test", autoload=False)
    simulation = Simulation(path, runtime=runtime, seed=3)
    if what == "gone":
        begin(simulation).run(2, PACE)
        simulation.checkpoint()
        run_on(simulation["Room"], "once")
        os._exit(0)
    elif what == "left":
        left(simulation, more[0])
    elif what == "full":
        full(simulation, path, int(more[0]), more[1])
        tell([simulation.digest(), [fact.id.hex() for fact in simulation.facts], model.calls])
        runtime.close()
    else:
        person(simulation, "Eve")
        simulation.checkpoint()
        tell("open")
        time.sleep(100)


def left(simulation: Simulation, how: str) -> None:
    run_on(begin(simulation), "once")
    for number in range(300):  # more than is written at once
        simulation["Ada"].listen(f"{number}")
    simulation["Ada"].listen(LAST)
    tell(simulation.digest())
    exec(how, {"sys": sys, "os": os, "simulation": simulation})


def contents(path: Path) -> dict[str, str]:
    """Of all files, here and now: to copy them one would need room."""
    return {part.name: part.read_bytes().hex() for part in parts(path)}


def full(simulation: Simulation, path: Path, limit: int, way: str) -> None:
    import resource

    def room(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    with simulation:
        world = begin(simulation)
        room(limit)
        while world.state.step < STEPS:
            try:
                run_on(world, way)
            except RunStopped as stopped:
                if not isinstance(stopped.__cause__, JournalError):
                    raise
                files = contents(path)
                room(resource.RLIM_INFINITY)
                tell([world.state.step, simulation.digest(), str(stopped), files])
        room(resource.RLIM_INFINITY)
        simulation.journal.store.writer.flush()  # what was waiting for room
        tell([world.state.step, simulation.digest(), str(path), contents(path)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
