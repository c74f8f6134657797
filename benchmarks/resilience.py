"""What stands around models: how well it finds a limit that nobody has told, how fair it is, and what it costs.

The provider of the first figure is on a clock of its own: it answers after 0.2 s, a fifth more or less, as long as no
more calls are under way than a hidden limit, and refuses others within a hundredth of a second. The limit is drawn from
5 to 400, each order of magnitude as likely as another, and is moved every two minutes by a factor from a half to two.
There is always somebody who waits. What counts is what is answered from half a minute after the start, and after each
move, beside what a caller who knew the limit would get.
"""

import asyncio
import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from heapq import heappop, heappush
from math import exp, log
from random import Random
from time import process_time
from typing import Any

from benchmarks.rows import Row, fresh

SEEDS = 30
SECONDS, MOVED_EVERY, SETTLED_AFTER = 600.0, 120.0, 30.0
LATENCY, REFUSAL, SPREAD = 0.2, 0.01, 0.2
LOWEST, HIGHEST = 5, 400
CALLS = 20_000


def limits_of(chance: Random) -> list[int]:
    """The hidden limit of each two minutes."""
    found = [exp(chance.uniform(log(LOWEST), log(HIGHEST)))]
    for _ in range(int(SECONDS / MOVED_EVERY) - 1):
        found.append(min(HIGHEST, max(LOWEST, found[-1] * exp(chance.uniform(log(0.5), log(2))))))
    return [round(each) for each in found]


def one(seed: int) -> dict[str, float]:
    """The share of what could be had, and of calls that were refused."""
    from troupe_resilience import Adaptive
    from troupe_resilience.adaptive import SILENCE

    chance = Random(seed)
    limits = limits_of(chance)
    adaptive = Adaptive()
    ends: list[tuple[float, int, bool, float, int, bool]] = []
    now, phase, under_way, at_work = 0.0, 0, 0, 0
    calls = refused = answered = 0
    settled, silence = SETTLED_AFTER, SILENCE
    allowed = adaptive.limit
    while now < SECONDS:
        while under_way < allowed:
            under_way += 1
            calls += 1
            taken = at_work < limits[phase]
            at_work += taken
            takes = (LATENCY if taken else REFUSAL) * (1 - SPREAD + 2 * SPREAD * chance.random())
            heappush(ends, (now + takes, calls, taken, now, under_way - 1, under_way >= allowed))
        if adaptive.unknown and silence < ends[0][0]:
            now, silence = silence, silence + SILENCE
            adaptive.silent()
            allowed = adaptive.limit
            continue
        now, _, taken, sent, beside, full = heappop(ends)
        if now >= (phase + 1) * MOVED_EVERY and phase + 1 < len(limits):
            phase += 1
            settled = phase * MOVED_EVERY + SETTLED_AFTER
        under_way -= 1
        if taken:
            at_work -= 1
            answered += settled <= now < SECONDS
            adaptive.answered(now, sent, full)
        else:
            refused += 1
            adaptive.pushed_back(now, sent, min(beside, under_way))
        allowed = adaptive.limit
    possible = sum(limits) * (MOVED_EVERY - SETTLED_AFTER) / LATENCY
    return {"share": answered / possible, "refused": refused / calls}


def adaptive() -> Iterator[Row]:
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(one, range(SEEDS)))
    shares, refused = [each["share"] for each in found], [each["refused"] for each in found]
    median, worst = statistics.median(shares), min(shares)
    yield Row(
        f"finding a hidden limit of {LOWEST}–{HIGHEST} calls at once that moves, {SEEDS} seeds",
        "median ≥ 90 %, worst ≥ 80 % of what it would take; ≤ 2 % refused",
        f"{median:.1%}, {worst:.1%}; {statistics.mean(refused):.2%} refused, at worst {max(refused):.2%}",
        "100 %; 0 % (a caller who knows the limit)",
        median >= 0.9 and worst >= 0.8 and max(refused) <= 0.02,
    )


def study(people: int, beside: int, at_once: int) -> float:
    """Seconds, on a clock that nobody waits for, that three rounds of some people take beside those of others, when the
    provider takes so many calls at once.
    """
    from troupe_core import LLMBackend, LLMResponse, RateLimited, Runtime, Simulation, TinyPerson, TinyWorld
    from troupe_resilience import Plugin
    from troupe_testing import VirtualLoop, quiet
    from troupe_testing.scripted import ScriptedModel

    chance = Random(7)

    class Slow(ScriptedModel):
        name = "slow"
        under_way = 0

        async def complete(self, request: Any, call: Any) -> LLMResponse:
            if self.under_way >= at_once:
                raise RateLimited("too many at once", status=429)
            self.under_way += 1
            try:
                await asyncio.sleep(LATENCY * chance.uniform(1 - SPREAD, 1 + SPREAD))
            finally:
                self.under_way -= 1
            return await super().complete(request, call)

    assert issubclass(Slow, LLMBackend)
    runtime = Runtime(
        [Slow(quiet, record=False), Plugin], config={}, autoload=False, model="slow/any", loop_factory=VirtualLoop
    )

    def world(name: str, count: int) -> TinyWorld:
        simulation = Simulation(runtime=runtime, max_in_flight=1_000)
        return TinyWorld(name, [TinyPerson(f"{name}-{n}", simulation=simulation) for n in range(count)])

    small, large = world("small", people), world("large", beside) if beside else None

    async def story() -> float:
        loop = asyncio.get_running_loop()
        other = asyncio.create_task(large.arun(20)) if large is not None else None
        await asyncio.sleep(20)
        started = loop.time()
        await small.arun(3)
        took = loop.time() - started
        if other is not None:
            assert not other.done()
            other.cancel()
            await asyncio.wait([other])
        return took

    with runtime:
        return runtime.wait(story, "the story, awaited")


def fairness() -> Iterator[Row]:
    alone = fresh("resilience:study", people=5, beside=0, at_once=100)
    beside = fresh("resilience:study", people=5, beside=1_000, at_once=100)
    yield Row(
        "three rounds of 5 people beside a study of 1,000, a provider that takes 100 calls at once",
        "within 1.5 × of their time alone",
        f"{beside:.2f} s = {beside / alone:.2f} ×",
        f"{alone:.2f} s (alone)",
        beside <= 1.5 * alone,
    )


def call_costs() -> list[float]:
    """Microseconds of CPU for a call of a handler without the plugin, with it, and with all of its limits; the best."""
    from troupe_core import Form, LLMBackend, LLMRequest, LLMResponse, Message, Runtime
    from troupe_core.llm.request import Call
    from troupe_resilience import Plugin

    answer = LLMResponse("Good morning.")

    class Instant(LLMBackend):
        free = True

        async def complete(self, request: Any, call: Any) -> LLMResponse:
            return answer

    async def time(handler: Any) -> float:
        request, call = LLMRequest(Form("instant/x"), (Message("user", "Hello"),)), Call("nobody", "nothing")
        start = process_time()
        for _ in range(CALLS):
            await handler.complete(request, call)
        return (process_time() - start) / CALLS * 1e6

    every = {"requests_per_minute": 10**9, "tokens_per_minute": 10**12, "timeout": 60}
    plugins: list[tuple[Any, ...]] = [(Instant,), (Instant, Plugin), (Instant, Plugin)]
    tables: list[Any] = [None, None, {"resilience": every}]
    runtimes = [
        Runtime(given, autoload=False, config={}, settings=table) for given, table in zip(plugins, tables, strict=True)
    ]
    handlers = [runtime.llm_handler("instant/x") for runtime in runtimes]

    async def all_of_them() -> list[list[float]]:
        return [[await time(handler) for handler in handlers] for _ in range(15)]  # by turns: noise hits all alike

    return [min(each) for each in zip(*asyncio.run(all_of_them()), strict=True)]


def overhead() -> Iterator[Row]:
    bare, usual, every = fresh("resilience:call_costs")
    yield Row(
        "retries, breaker, limits and fairness around a call that nobody has to wait for",
        "≤ 20 µs",
        f"{usual - bare:.1f} µs; if limits a minute and a timeout are set too, {every - bare:.1f} µs",
        f"{bare:.1f} µs (provider and meter)",
        usual - bare <= 20,
    )


def resilience() -> Iterator[Row]:
    yield from adaptive()
    yield from fairness()
    yield from overhead()
