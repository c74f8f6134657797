"""How long it takes to ask a thousand people when every answer takes 500 ms, with 256 in flight, on the real clock.

The floor is the same number of answers asked for by as many workers alone.
"""

import asyncio
import statistics
from collections.abc import Iterator
from time import perf_counter, process_time
from typing import Any

from benchmarks.people import people, speech
from benchmarks.rows import Row, fresh, middle
from troupe_core import Call, Form, LLMRequest, Message, People, Runtime, Simulation, TinyPerson
from troupe_testing import LatencyModel, ScriptedModel, constant, reply

LATENCY, IN_FLIGHT = 0.5, 256
FIELDS = {"rating": "1..5", "would_buy": ["yes", "no", "maybe"]}
ANSWER = reply(speech(7, 30), speech(8, 14), rating=4, would_buy="maybe")


def figures(n: int, repeats: int) -> dict[str, Any]:
    """Seconds for everybody, of wall and CPU, and for the answers alone."""
    found: dict[str, Any] = {"wall": [], "cpu": [], "floor": []}
    for _ in range(repeats):
        model = LatencyModel(ScriptedModel(lambda request, call: ANSWER, record=False), constant(LATENCY))
        runtime = Runtime([model], model="scripted/model", autoload=False, config={})
        with runtime, Simulation(runtime=runtime, max_in_flight=IN_FLIGHT):
            group = People(TinyPerson(str(each["name"]), each) for each in people(n))
            start, cpu = perf_counter(), process_time()
            results = group.ask("Here is a ready-to-drink gazpacho, 3.50 a litre. Would you buy it?", FIELDS)
            found["wall"].append(perf_counter() - start)
            found["cpu"].append(process_time() - cpu)
            assert len(results) == n
            assert model.inner.calls == n  # type: ignore[attr-defined]
        found["floor"].append(alone(n))
    return found


def alone(n: int) -> float:
    """Seconds for as many answers, asked for by that many workers."""
    model = LatencyModel(ScriptedModel(lambda request, call: ANSWER, record=False), constant(LATENCY))

    async def main() -> float:
        request = LLMRequest(Form("scripted/model"), (Message("user", "?"),))
        places = iter(range(n))

        async def work() -> None:
            for _ in places:
                await model.complete(request, Call("floor", "ask"))

        start = perf_counter()
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        return perf_counter() - start

    return asyncio.run(main())


def asking() -> Iterator[Row]:
    n = 1_000
    found = fresh("asking:figures", n=n, repeats=5)
    ideal = LATENCY * -(-n // IN_FLIGHT)
    wall, cpu = statistics.median(found["wall"]), statistics.median(found["cpu"])
    yield Row(
        f"`people.ask` of {n:,} persons, 500 ms, {IN_FLIGHT} in flight",
        f"≤ 1.1 × {ideal:g} s",
        f"{middle(found['wall'])} s = {wall / ideal:.2f} ×; CPU {cpu / n * 1e3:.2f} ms an answer",
        f"{statistics.median(found['floor']):.3f} s (bare workers)",
        wall <= 1.1 * ideal,
    )
