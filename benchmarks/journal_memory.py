"""What a journal takes in memory: by how much the resident memory of a process grows, by the number of persons, when
everything is recorded, and when a record is resumed that nobody has looked at.
"""

import gc
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks.memory import described
from benchmarks.models import Group, Model
from benchmarks.people import people
from benchmarks.rows import Row, fresh, resident
from troupe_core import Runtime, Simulation

HELD = 2000


def held(people_at: str, path: str, turns: int) -> float:
    """Kilobytes a person after so many turns with a journal."""
    with TemporaryDirectory() as name, Group(10, path=Path(name) / "small.db") as small:
        small.ask()
        small.run()
    gc.collect()
    before = resident()
    with Group(HELD, made=described(people_at), path=Path(path)) as group:
        for _ in range(turns):
            group.ask()
            group.run()
        group.simulation.end()
        gc.collect()
        return (resident() - before) / HELD / 1000


def unread(path: str, small: str) -> float:
    """Kilobytes a person of a simulation that was resumed, and that nobody has looked at."""
    with Runtime(plugins=[Model(30)], model="bench/model", autoload=False) as runtime:
        Simulation.resume(small, runtime=runtime).close()
        gc.collect()
        before = resident()
        simulation = Simulation.resume(path, runtime=runtime)
        gc.collect()
        grown = resident() - before
        assert len(simulation) == HELD + 1
        simulation.close()
    return grown / HELD / 1000


def texts(people_at: str, turns: int) -> float:
    """Kilobytes a person of the personas and of what was said to and by everybody, as bytes in a list."""
    with Group(50) as small:
        for _ in range(turns):
            small.ask()
            small.run()
        histories = [[fact.content.encode() for fact in person.memories()] for person in small.people]
    gc.collect()
    before = resident()
    kept: list[bytes] = []
    for place, each in enumerate(described(people_at)):
        kept.append(bytes(memoryview(orjson.dumps(each))))
        kept += [bytes(memoryview(text)) for text in histories[place % len(histories)]]
    gc.collect()
    return (resident() - before) / HELD / 1000


def kept() -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        people_at, path, small = (str(Path(folder) / name) for name in ("people.jsonl", "run.db", "small.db"))
        with Path(people_at).open("wb") as out:
            out.writelines(orjson.dumps(each) + b"\n" for each in people(HELD))
        grown = fresh("journal_memory:held", people_at=people_at, path=path, turns=10)
        floor = fresh("journal_memory:texts", people_at=people_at, turns=10)
        with Group(10, path=Path(small)) as group:
            group.ask()
            group.run()
        resumed = fresh("journal_memory:unread", path=path, small=small)
    yield Row(
        f"resident memory per person with a journal, after 10 steps ({HELD:,} persons)",
        "≤ 40 kB",
        f"{grown:.1f} kB",
        f"{floor:.1f} kB (its texts in a list)",
        grown <= 40,
    )
    yield Row("the same, resumed and unread", "≤ 2 kB", f"{resumed:.2f} kB", "", resumed <= 2)
