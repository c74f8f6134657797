"""What a turn costs in CPU over the wire: through the plugin for OpenAI, with resilience and a journal, by messages of
history.

A hundred persons with 64 of them in flight; the model is the protocol server, in a process of its own, whose CPU is not
counted. CPU is that of this process, all threads, until the journal is on disk. Right after each step the very requests
that its turns have sent are sent again, in the same number at once: by the SDK's own `create()`, and by its `post`
alone, both over the same transport. Nothing is subtracted from anything.
"""

import asyncio
import gc
import re
import statistics
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import troupe_llm_openai
from benchmarks.journal import settle
from benchmarks.models import Group, Model, personas
from benchmarks.rows import Row, fresh, middle
from troupe_core import Call, LLMHandler, LLMRequest, LLMResponse, LLMWrapper, ModelRef, hookimpl
from troupe_resilience import Plugin as Resilience
from troupe_testing.server import ServerProcess

PERSONS = 100
IN_FLIGHT = 64
WORDS = 14
REPEATS = 7
MOST = 0.9
SHARE, ALONE = 0.35, 1.4
NAME = re.compile(r'# Your character\s+\{"name":"([^"]+)"')


# In the server's process


@cache
def player(n: int) -> Model:
    model = Model(WORDS)
    model.plays([str(each["name"]) for each in personas(n)])
    return model


def played(body: dict[str, Any], n: int = PERSONS) -> str:
    """What the model in this process would answer: who is asked stands in the prompt, and so does how often."""
    model, found = player(n), NAME.search(body["messages"][0]["content"])
    place = model.places.get(found.group(1), 0) if found else 0
    turn = sum(message["role"] == "assistant" for message in body["messages"])
    wanted = body["response_format"]["json_schema"]["schema"]["properties"]
    return model.recollections(place, turn) if "memories" in wanted else model.answer(place, turn)


# In the measuring process


class Recording(LLMWrapper):
    """Keeps the requests that pass."""

    def __init__(self, inner: LLMHandler, kept: list[tuple[LLMRequest, Call]]) -> None:
        super().__init__(inner)
        self.kept = kept

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        self.kept.append((request, call))
        return await self.inner.complete(request, call)


class Recorder:
    """The plugin around the model."""

    def __init__(self) -> None:
        self.kept: list[tuple[LLMRequest, Call]] = []

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: ModelRef) -> Generator[None, LLMHandler | None, LLMHandler | None]:
        inner = yield
        return None if inner is None else Recording(inner, self.kept)


class Bare:
    """The SDK alone."""

    def __init__(self, base_url: str, in_flight: int = IN_FLIGHT) -> None:
        import httpx2
        import openai

        limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight, keepalive_expiry=60)
        transport = openai.DefaultAioHttpClient(limits=limits)
        self.sdk = openai.AsyncOpenAI(
            api_key="any", base_url=base_url, max_retries=0, http_client=transport, timeout=600
        )
        self.response = httpx2.Response

    async def create(self, body: dict[str, Any]) -> Any:
        return await self.sdk.chat.completions.create(**body)

    async def post(self, body: dict[str, Any]) -> Any:
        return await self.sdk.post("/chat/completions", body=body, cast_to=self.response)


async def flight(ask: Callable[[dict[str, Any]], Awaitable[Any]], bodies: Sequence[dict[str, Any]]) -> float:
    """Milliseconds of CPU a call."""
    coming = iter(bodies)

    async def worker() -> None:
        for body in coming:
            await ask(body)

    gc.collect()
    start = process_time()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return (process_time() - start) / len(bodies) * 1e3


def step(group: Group) -> float:
    """Milliseconds of CPU a turn, of one step."""
    group.ask()
    settle(group)
    gc.collect()
    start = process_time()
    group.run()
    settle(group)
    return (process_time() - start) / group.size * 1e3


def by_history(sizes: Sequence[int]) -> dict[str, dict[str, list[float]]]:
    """By messages of a request: the turn, `create()` and `post` with the same requests, and their characters."""
    figures: dict[str, dict[str, list[float]]] = {
        str(size): {"turn": [], "create": [], "post": [], "characters": []} for size in sizes
    }
    with ServerProcess(options=["--answer", "benchmarks.openai_turns:played"]) as server, asyncio.Runner() as runner:

        async def connect() -> Bare:
            return Bare(server.base_url)

        bare = runner.run(connect())
        for number in range(REPEATS + 1):
            for size, found in life(server.base_url, sizes, bare, runner):
                if number:  # the first life opens connections and imports
                    for name, value in found.items():
                        figures[str(size)][name].append(value)
        runner.run(bare.sdk.close())
    return figures


def life(
    base_url: str, sizes: Sequence[int], bare: Bare, runner: asyncio.Runner
) -> Iterator[tuple[int, dict[str, float]]]:
    """A group's steps, up to the longest history; figures of those whose requests have so many messages."""
    recorder = Recorder()
    with (
        TemporaryDirectory() as folder,
        Group(
            PERSONS,
            words=WORDS,
            max_in_flight=IN_FLIGHT,
            path=Path(folder) / "journal.sqlite",
            plugins=[troupe_llm_openai, Resilience, recorder],
            model="openai/model",
            settings={"openai": {"base_url": base_url, "max_connections": IN_FLIGHT}},
            config={"budget": {"calls": 1_000_000}},
        ) as group,
    ):
        for size in range(2, max(sizes) + 1, 2):
            recorder.kept.clear()
            turn = step(group)
            if size not in sizes:
                continue
            requests = [request for request, _ in recorder.kept]
            assert [len(request.messages) for request in requests] == [size] * PERSONS, "one call a turn"
            bodies = [body_of(request) for request in requests]
            yield (
                size,
                {
                    "turn": turn,
                    "create": runner.run(flight(bare.create, bodies)),
                    "post": runner.run(flight(bare.post, bodies)),
                    "characters": statistics.mean(sum(len(m.content) for m in each.messages) for each in requests),
                },
            )


def body_of(request: LLMRequest) -> dict[str, Any]:
    """As anybody would write it."""
    form = {"name": request.schema_name, "schema": request.schema, "strict": True}
    return {
        "model": request.model,
        "messages": request.plain_messages(),
        "response_format": {"type": "json_schema", "json_schema": form},
    }


def openai_turns() -> Iterator[Row]:
    for size, found in fresh("openai_turns:by_history", sizes=[2, 16, 32]).items():
        turn, create, post = (statistics.median(found[name]) for name in ("turn", "create", "post"))
        ratio, alone, long = turn / create, turn / post, int(size) >= 16
        characters = statistics.median(found["characters"])
        yield Row(
            f"CPU a turn over the wire, resilience, journal: {size} messages, {characters / 1e3:.1f} k characters",
            f"≤ {MOST} ms; ≤ {ALONE} × `post`" + (f"; ≤ {SHARE} × `create()`" if long else ""),
            f"{middle(found['turn'])} ms = {alone:.2f} × `post`, {ratio:.2f} × `create()`",
            f"`create()` {create:.3f} ms; `post` alone {post:.3f}",
            turn <= MOST and alone <= ALONE and (ratio <= SHARE or not long),
        )
