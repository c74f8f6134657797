"""How long people take when a provider that is reached over the wire takes 500 ms for each answer, on the real clock.

The provider is the protocol server, in a process of its own. Calls go through the plugin for OpenAI with resilience
around it, whose first calls have to find out how many may be under way at once, and what comes of them goes into a
journal. Then the very requests that were sent are sent again, round after round, by a client that does nothing else.
"""

import asyncio
import gc
import statistics
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import troupe_llm_openai
from benchmarks.journal import settle
from benchmarks.models import Group
from benchmarks.openai_turns import WORDS, Bare, Recorder, body_of, played
from benchmarks.rows import Row, fresh, middle
from troupe_resilience import Plugin as Resilience
from troupe_testing.server import ServerProcess

LATENCY = 0.5
FEW, ROUNDS = 100, 3
MANY = 1_000
MOST, BESIDE, SHARE = 1.2, 1.1, 0.9
Body = dict[str, Any]
Ask = Callable[[Body], Awaitable[Any]]
Figures = dict[str, list[float]]


def played_by_many(body: Body) -> str:
    """In the server's process."""
    return played(body, MANY)


class Aiohttp:
    """The HTTP client alone: a body encoded, an answer decoded."""

    def __init__(self, base_url: str, in_flight: int) -> None:
        import aiohttp

        self.url = f"{base_url}/chat/completions"
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=in_flight),
            headers={"Authorization": "Bearer any", "Content-Type": "application/json"},
        )

    async def ask(self, body: Body) -> Any:
        import msgspec

        async with self.session.post(self.url, data=msgspec.json.encode(body)) as response:
            assert response.status == 200
            return msgspec.json.decode(await response.read())


class People:
    """A group that asks the server: all is as it comes, but for how many may be under way where they are many."""

    def __init__(self, n: int, base_url: str, folder: str) -> None:
        self.recorder = Recorder()
        settings: dict[str, Any] = {"openai": {"base_url": base_url}}
        if n > 256:
            settings["openai"]["max_connections"] = n
            settings["resilience"] = {"at_most": n}
        self.group = Group(
            n,
            words=WORDS,
            max_in_flight=max(n, 256),
            path=Path(folder) / "journal.sqlite",
            plugins=[troupe_llm_openai, Resilience, self.recorder],
            model="openai/model",
            settings=settings,
            config={"budget": {"calls": 1_000_000}},
        )

    def run(self, rounds: int) -> float:
        """Seconds until all is on disk."""
        self.recorder.kept.clear()
        self.group.ask()
        settle(self.group)
        gc.collect()
        start = perf_counter()
        self.group.run(rounds)
        settle(self.group)
        return perf_counter() - start

    def bodies(self, rounds: int) -> list[list[Body]]:
        """What was sent, by rounds: nobody begins one before all have ended the one before."""
        bodies = [body_of(request) for request, _ in self.recorder.kept]
        size = self.group.size
        assert len(bodies) == size * rounds, "one call a turn"
        return [bodies[at : at + size] for at in range(0, len(bodies), size)]


async def again(ask: Ask, rounds: Sequence[Sequence[Body]]) -> float:
    """Seconds for the same requests."""
    gc.collect()
    start = perf_counter()
    for bodies in rounds:
        await asyncio.gather(*(ask(body) for body in bodies))
    return perf_counter() - start


def few(repeats: int) -> Figures:
    """Seconds of three rounds, and of the same requests by aiohttp alone; each life opens its own connections. And how
    much of them was CPU of this process: where others use the machine too, that tells what the wall cannot.
    """
    figures: Figures = {"run": [], "cpu": [], "aiohttp": [], "aiohttp cpu": []}
    with ServerProcess(latency=LATENCY, options=["--answer", "benchmarks.openai_turns:played"]) as server:
        for number in range(repeats + 1):
            with TemporaryDirectory() as folder:
                people = People(FEW, server.base_url, folder)
                with people.group:
                    before = process_time()
                    run = people.run(ROUNDS)
                    cpu = process_time() - before
                    rounds = people.bodies(ROUNDS)

            async def alone(rounds: list[list[Body]] = rounds) -> float:
                client = Aiohttp(server.base_url, FEW)
                try:
                    return await again(client.ask, rounds)
                finally:
                    await client.session.close()

            before = process_time()
            floor = asyncio.run(alone())
            if number:  # the first life imports
                figures["run"].append(run)
                figures["cpu"].append(cpu)
                figures["aiohttp"].append(floor)
                figures["aiohttp cpu"].append(process_time() - before)
    return figures


def many(repeats: int) -> Figures:
    """Seconds of a round of a thousand, the second of their life; of the same requests by the SDK, through `create()`
    and through `post`, likewise over connections that are open; and what part of its time the server was busy.
    """
    figures: Figures = {"run": [], "create": [], "post": [], "busy": [], "peak": []}
    with (
        ServerProcess(latency=LATENCY, options=["--answer", "benchmarks.flight:played_by_many"]) as server,
        asyncio.Runner() as runner,
    ):

        async def connect() -> Bare:
            return Bare(server.base_url, MANY)

        bare = runner.run(connect())
        for number in range(repeats):
            with TemporaryDirectory() as folder:
                people = People(MANY, server.base_url, folder)
                with people.group:
                    people.run(1)
                    before = server.reset()
                    run = people.run(1)
                    after = server.stats()
                    rounds = people.bodies(1)
            if not number:
                runner.run(again(bare.post, rounds))  # opens the connections
            figures["run"].append(run)
            figures["busy"].append((after.cpu - before.cpu) / run)
            figures["peak"].append(after.peak)
            figures["create"].append(runner.run(again(bare.create, rounds)))
            figures["post"].append(runner.run(again(bare.post, rounds)))
        runner.run(bare.sdk.close())
    return figures


def flight() -> Iterator[Row]:
    found = fresh("flight:few", repeats=3)
    run, cpu, floor, bare = (statistics.median(found[name]) for name in ("run", "cpu", "aiohttp", "aiohttp cpu"))
    ideal = ROUNDS * LATENCY
    yield Row(
        f"{FEW} persons × {ROUNDS} rounds over the wire, 500 ms, with resilience and a journal",
        f"≤ {MOST} × {ideal} s; ≤ {BESIDE} × aiohttp alone",
        f"{middle(found['run'])} s = {run / ideal:.2f} ×; {run / floor:.2f} × aiohttp; {cpu:.2f} s of it CPU",
        f"{floor:.3f} s (the same requests, aiohttp alone), {bare:.2f} s of it CPU",
        run <= MOST * ideal and run <= BESIDE * floor,
    )
    found = fresh("flight:many", repeats=2)
    rates = {name: [MANY / seconds for seconds in found[name]] for name in ("run", "create", "post")}
    run, create, post = (statistics.median(rates[name]) for name in ("run", "create", "post"))
    busy, peak = statistics.median(found["busy"]), statistics.median(found["peak"])
    yield Row(
        f"{MANY:,} persons who may all ask at once over the wire, 500 ms, with resilience and a journal",
        f"≥ {SHARE:.0%} of the calls a second of `create()`",
        f"{middle(rates['run'], ',.0f')} a second = {run / create:.0%}; {peak:,.0f} under way, server busy {busy:.0%}",
        f"`create()` {create:,.0f} a second; `post` alone {post:,.0f}",
        run >= SHARE * create,
    )
