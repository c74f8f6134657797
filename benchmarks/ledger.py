"""What a ledger costs: for each attempt to ask, beside what the meter takes anyway; and to read those of a journal."""

import gc
import statistics
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.journal import stored
from benchmarks.models import Group
from benchmarks.rows import Row, fresh, middle
from troupe_core import Budget, Call, ModelCall, Simulation, Usage
from troupe_core.llm.book import Book
from troupe_core.llm.meter import Meter

PEOPLE, CALLS = 100, 200


def counting(repeats: int) -> dict[str, list[float]]:
    """Microseconds an attempt: of the book alone, and of the meter with it."""
    random = Random(1)
    called = [
        ModelCall(
            Call("s", "turn", "Room", f"P{n}"), "a/b", Usage(1_200, 60, 900), random.lognormvariate(0, 0.5), None, 7
        )
        for n in range(PEOPLE)
    ]
    found: dict[str, list[float]] = {"book": [], "meter": []}
    for _ in range(repeats):
        book, meter = Book(), Meter(Budget())
        gc.collect()
        start = process_time()
        for _ in range(CALLS):
            for event in called:
                book.count(event)
        middle = process_time()
        for _ in range(CALLS):
            for event in called:
                meter.count(event, meter.admit(event.call, "a/b", False, 0))
        end = process_time()
        found["book"].append((middle - start) / CALLS / PEOPLE * 1e6)
        found["meter"].append((end - middle) / CALLS / PEOPLE * 1e6)
    return found


def reading(n: int, rounds: int) -> dict[str, float]:
    """Milliseconds to read the ledger of a journal, and of how many commits."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.db"
        with Group(n, path=path) as group:
            for _ in range(rounds):
                group.run()
            group.simulation.end()
        start = process_time()
        calls = Simulation.ledger_of(path).total.calls
        seconds = process_time() - start
        assert calls >= n * rounds, calls
        return {"ms": seconds * 1e3, "commits": sum(key[:1] == b"c" for key, _ in stored(path))}


def ledger() -> Iterator[Row]:
    found = fresh("ledger:counting", repeats=9)
    book = statistics.median(found["book"])
    yield Row(
        "the ledger, an attempt to ask",
        "≤ 1 µs",
        f"{middle(found['book'], '.2f')} µs",
        f"{statistics.median(found['meter']) - book:.2f} µs (what the meter does besides)",
        book <= 1,
    )
    read = fresh("ledger:reading", n=100, rounds=10)
    yield Row(
        "`Simulation.ledger_of` a journal, 100 persons × 10 rounds",
        "",
        f"{read['ms']:.0f} ms CPU, {read['commits']:.0f} commits",
        "",
    )
