"""How long it takes to draw findings from fifty people when every answer takes 500 ms, on the real clock, recorded in a
journal. Each has lived through three rounds in which everybody talks to everybody.

The floor is the same number of answers asked for by `asyncio.gather` alone.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.people import people, speech
from benchmarks.rows import Row, fresh, middle
from troupe_core import Call, LLMRequest, ResultsExtractor, Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import LatencyModel, ScriptedModel, constant, talk, turn

LATENCY = 0.5
FIELDS = {"rating": "1..5", "would_buy": ["yes", "no", "perhaps"], "why": "text"}
ANSWER = {
    "rating": {"evidence": [1, 2], "value": 4, "confidence": 0.9},
    "would_buy": {"evidence": [3], "value": "perhaps", "confidence": 0.6},
    "why": {"evidence": [2, 3], "value": speech(7, 30), "confidence": 0.7},
}


def script(request: LLMRequest, call: Call) -> Any:
    if call.purpose == "extraction":
        return ANSWER
    return turn(talk(speech(hash_of(call), 30)))


def hash_of(call: Call) -> int:
    """Other words for everybody in every turn."""
    return sum(map(ord, call.person or "")) * 31 + call.turn


def figures(n: int, repeats: int) -> dict[str, Any]:
    """Seconds for everybody, of wall and CPU; for everybody again, when all is recorded; and for the answers alone."""
    found: dict[str, Any] = {"wall": [], "cpu": [], "again": [], "floor": [], "characters": 0}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            model = LatencyModel(ScriptedModel(script, record=False), constant(0.0))
            runtime = Runtime([model, "troupe_extractor_results"], model="scripted/model", autoload=False, config={})
            with runtime, Simulation(Path(folder) / "run.db", runtime=runtime) as simulation:
                group = [TinyPerson(str(each["name"]), each, simulation=simulation) for each in people(n)]
                TinyWorld("Hall", group).broadcast(speech(1, 30), source="Moderator").run(3)
                model.latency = constant(LATENCY)
                extractor = ResultsExtractor(extraction_objective="What do they think of it?", fields=FIELDS)
                for name in ("wall", "again"):
                    start, cpu = perf_counter(), process_time()
                    results = extractor.extract_results_from_agents(group)
                    found[name].append(perf_counter() - start)
                    if name == "wall":
                        found["cpu"].append(process_time() - cpu)
                    assert len(results) == n
                    assert not results.failures
                calls = simulation.meter.purposes()["extraction"]
                assert calls.calls == n
                found["characters"] = calls.usage.input * 4 // n
        found["floor"].append(alone(n))
    return found


def alone(n: int) -> float:
    """Seconds for as many answers, asked for in one gather."""
    model = LatencyModel(ScriptedModel(script, record=False), constant(LATENCY))

    async def main() -> float:
        from troupe_core import Form, Message

        request = LLMRequest(Form("scripted/model"), (Message("user", "?"),))
        start = perf_counter()
        await asyncio.gather(*(model.complete(request, Call("floor", "extraction")) for _ in range(n)))
        return perf_counter() - start

    return asyncio.run(main())


def extraction() -> Iterator[Row]:
    found = fresh("extraction:figures", n=50, repeats=5)
    wall = statistics.median(found["wall"])
    yield Row(
        f"findings from 50 persons, 500 ms, {found['characters']:,} characters each, journal on",
        "≤ 0.6 s",
        f"{middle(found['wall'])} s; CPU {statistics.median(found['cpu']) / 50 * 1e3:.2f} ms a person",
        f"{statistics.median(found['floor']):.3f} s (bare gather)",
        wall <= 0.6,
    )
    yield Row(
        "the same once more: every answer is in the journal",
        "",
        f"{middle(found['again'])} s = {statistics.median(found['again']) / 50 * 1e3:.2f} ms a person",
        f"{statistics.median(found['floor']):.3f} s (bare gather)",
    )
