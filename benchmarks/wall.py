"""How long a run takes when every answer takes 500 ms, on the real clock, in this process.

The floor is the same model asked by `asyncio.gather` alone: so many answers at once, round after round, and nothing
done with them.
"""

import asyncio
import gc
import statistics
from collections.abc import Iterator
from time import perf_counter, process_time

from benchmarks.models import Group, Model, personas
from benchmarks.rows import Row, fresh, middle
from benchmarks.turns import one
from troupe_core import Call

LATENCY = 0.5
Figures = dict[str, list[float]]


def group(n: int, rounds: int, repeats: int, max_in_flight: int, to_all: bool) -> Figures:
    """Seconds of wall and CPU for a run, calls a turn, seconds that the model alone takes, and CPU a turn among a
    hundred when nobody waits.
    """
    figures: Figures = {"wall": [], "cpu": [], "calls": [], "floor": [], "turn": []}
    one(100)
    for _ in range(repeats):
        with Group(n, max_in_flight=max_in_flight, seconds=LATENCY, to_all=to_all) as made:
            made.ask()
            gc.collect()
            start, cpu = perf_counter(), process_time()
            report = made.run(rounds)
            figures["wall"].append(perf_counter() - start)
            figures["cpu"].append(process_time() - cpu)
            figures["calls"].append(report.spent.calls / report.turns)
        figures["turn"].append(statistics.mean(one(100)))
        gc.collect()
        figures["floor"].append(alone(n, rounds))
    return figures


def alone(n: int, rounds: int) -> float:
    """Seconds for as many answers, asked for in plain loops."""
    names = [str(each["name"]) for each in personas(n)]
    model = Model(30)
    model.seconds = LATENCY
    model.plays(names)

    async def main() -> float:
        start = perf_counter()
        for turn in range(rounds):
            calls = (model.reply(Call("floor", "turn", person=name, turn=turn)) for name in names)
            await asyncio.gather(*calls)
        return perf_counter() - start

    return asyncio.run(main())


def rounds() -> Iterator[Row]:
    """100 persons, and 1,000 who may all ask at once."""
    found = fresh("wall:group", n=100, rounds=3, repeats=3, max_in_flight=256, to_all=False)
    ideal = 3 * LATENCY
    ratio = statistics.median(found["wall"]) / ideal
    yield Row(
        "100 persons × 3 rounds, 500 ms",
        "≤ 1.05 × 1.5 s",
        f"{middle(found['wall'])} s = {ratio:.3f} ×",
        f"{statistics.median(found['floor']):.3f} s (bare gather)",
        ratio <= 1.05,
    )
    found = fresh("wall:group", n=1000, rounds=3, repeats=3, max_in_flight=1000, to_all=False)
    turn = statistics.median(found["turn"]) / 1e3
    expected = LATENCY + 1000 * turn
    steps = [seconds / 3 for seconds in found["wall"]]
    ratio = statistics.median(steps) / expected
    busy = statistics.median(found["cpu"]) / 3000 * 1e3
    yield Row(
        "1,000 persons × 3 rounds, 500 ms, max_in_flight=1000",
        f"a step ≤ 1.1 × (0.5 s + 1,000 × {turn * 1e3:.3f} ms)",
        f"{middle(steps)} s = {ratio:.2f} ×; CPU a turn {busy:.3f} ms",
        f"{statistics.median(found['floor']) / 3:.3f} s (bare gather)",
        ratio <= 1.1,
    )


def broadcast() -> Iterator[Row]:
    """Everybody talks to everybody: a TALK without a target, heard by the 49 others."""
    for steps in (1, 3):
        found = fresh("wall:group", n=50, rounds=steps, repeats=3, max_in_flight=256, to_all=True)
        ideal = steps * LATENCY
        ratio = statistics.median(found["wall"]) / ideal
        calls = statistics.median(found["calls"])
        yield Row(
            f"everybody talks to everybody, 50 persons × {steps}, 500 ms",
            f"≤ 1.1 × {ideal} s; ≤ 1.1 calls a turn",
            f"{middle(found['wall'])} s = {ratio:.3f} ×; {calls:.2f} calls",
            f"{statistics.median(found['floor']):.3f} s (bare gather)",
            ratio <= 1.1 and calls <= 1.1,
        )
