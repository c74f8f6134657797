"""What it takes to make people of a folder of files: 1,000 of them, laid out for reading, into one simulation.

Beside it the same files read and parsed, and nothing made of them. Both take turns, with the files in the cache of the
operating system.
"""

import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import orjson

from benchmarks.people import people
from benchmarks.rows import Row, fresh, middle
from troupe_core import Runtime, Simulation, TinyPerson

PEOPLE, CHARACTERS, ROUNDS = 1_000, 4_000, 7
GOAL = 0.5


def write(folder: Path) -> int:
    """The files; bytes of one on average."""
    sizes = []
    for number, persona in enumerate(people(PEOPLE, characters=CHARACTERS)):
        text = orjson.dumps({"type": "TinyPerson", "persona": persona}, option=orjson.OPT_INDENT_2)
        sizes.append((folder / f"{number:04}.agent.json").write_bytes(text))
    return round(statistics.mean(sizes))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of CPU."""
    wall, cpu = perf_counter(), process_time()
    work()
    return perf_counter() - wall, process_time() - cpu


def costs() -> dict[str, list[float] | int]:
    found: dict[str, list[float]] = {"wall": [], "cpu": [], "floor": []}
    with TemporaryDirectory() as name, Runtime(autoload=False, config={}) as runtime:
        folder = Path(name)
        size = write(folder)
        for _ in range(ROUNDS):
            simulation = Simulation(runtime=runtime)
            wall, cpu = timed(lambda: TinyPerson.load_specifications_from_folder(name, simulation=simulation))  # noqa: B023 - it is called at once
            assert len(simulation) == PEOPLE
            simulation.close()
            floor, _ = timed(lambda: [orjson.loads(path.read_bytes()) for path in sorted(folder.iterdir())])
            for kind, seconds in (("wall", wall), ("cpu", cpu), ("floor", floor)):
                found[kind].append(seconds)
    return {**found, "size": size}


def persona_files() -> Iterator[Row]:
    found = fresh("persona_files:costs")
    yield Row(
        f"{PEOPLE:,} persona files of {found['size']:,} bytes, loaded into one simulation",
        f"≤ {GOAL} s",
        f"{middle(found['wall'])} s ({statistics.median(found['cpu']):.3f} CPU)",
        f"{statistics.median(found['floor']):.3f} s (read and parsed)",
        statistics.median(found["wall"]) <= GOAL and statistics.median(found["cpu"]) <= GOAL,
    )
