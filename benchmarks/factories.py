"""How long it takes to cast a hundred people when every answer takes 500 ms, on the real clock, recorded in a journal.
Each is described as one of the seeded persons, and five are first given a name that somebody else has.

The floor is two rounds of answers, a hundred and five, asked for by `asyncio.gather` alone.
"""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.extraction import LATENCY, alone
from benchmarks.people import people
from benchmarks.rows import Row, fresh, middle
from troupe_core import Call, LLMRequest, Runtime, Simulation, TinyPersonFactory
from troupe_testing import LatencyModel, ScriptedModel, constant

NAMESAKES = 5


def figures(n: int, repeats: int) -> dict[str, Any]:
    """Seconds for everybody, of wall and CPU; for everybody again, when all is recorded; and for the answers alone."""
    found: dict[str, Any] = {"wall": [], "cpu": [], "again": [], "floor": [], "calls": 0, "characters": 0}
    described = list(people(n))

    def script(request: LLMRequest, call: Call) -> Any:
        first = "# Attempt" not in request.messages[-1].content
        namesake = described[call.turn - NAMESAKES] if first and call.turn >= n - NAMESAKES else described[call.turn]
        return {**described[call.turn], "name": namesake["name"]}

    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            model = LatencyModel(ScriptedModel(script), constant(LATENCY))
            for name in ("wall", "again"):
                with (
                    Runtime([model], model="scripted/model", autoload=False, config={}) as runtime,
                    Simulation(Path(folder) / "run.db", runtime=runtime),
                ):
                    factory = TinyPersonFactory("People who ride the same tram to work.")
                    start, cpu = perf_counter(), process_time()
                    cast = factory.generate_people(n)
                    found[name].append(perf_counter() - start)
                    if name == "wall":
                        found["cpu"].append(process_time() - cpu)
                    assert len({person.name for person in cast}) == n
            requests = [request for request, _ in model.inner.requests]
            found["calls"] = len(requests)
            found["characters"] = sum(len(each.content) for each in requests[0].messages)
        found["floor"].append(alone(n) + alone(NAMESAKES))
    return found


def factories() -> Iterator[Row]:
    found = fresh("factories:figures", n=100, repeats=5)
    wall, calls = statistics.median(found["wall"]), found["calls"]
    floor = f"{statistics.median(found['floor']):.3f} s (bare gather, twice)"
    yield Row(
        f"casting 100 persons, {NAMESAKES} of whom want a name that is taken, 500 ms, journal on",
        "≤ 1.2 s, ≤ 105 calls",
        f"{middle(found['wall'])} s, {calls} calls of {found['characters']:,} characters; "
        f"CPU {statistics.median(found['cpu']) / 100 * 1e3:.2f} ms a person",
        floor,
        wall <= 1.2 and calls <= 105,
    )
    yield Row(
        "the same program once more: everybody is in the journal",
        "",
        f"{middle(found['again'])} s = {statistics.median(found['again']) / 100 * 1e3:.2f} ms a person",
        floor,
    )
