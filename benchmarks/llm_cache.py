"""What the cache of answers costs in CPU: a hit, a miss, being there without being switched on, and what its parts do.

CPU is that of the whole process, the thread that writes included, and ends when everything is in the file. The model
is in this process and answers at once with 900 characters. Costs are differences to the same calls without the cache.
"""

import asyncio
import statistics
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.models import Model
from benchmarks.rows import Row, fresh, middle
from troupe_cache_sqlite import Plugin, stats
from troupe_cache_sqlite.files import open_files
from troupe_cache_sqlite.kinds import ANSWER, Answer
from troupe_cache_sqlite.orders import Put
from troupe_cache_sqlite.store import Store
from troupe_cache_sqlite.tally import Tally
from troupe_core import (
    Call,
    Embedder,
    Embeddings,
    Form,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    Message,
    Runtime,
    Usage,
)
from troupe_core.llm import unit

CALL = Call("benchmark", "turn", person="Ada")
HISTORY = 28_000
CALLS = 1_000
AT_ONCE = 100
REPEATS = 9
SIZES = (10, 1_000_000)


def runtime(path: Path, mode: str = "readwrite") -> Runtime:
    model = Model(30)
    model.plays(["Ada", "Ben"])
    settings = {"cache-sqlite": {"mode": mode, "path": str(path)}}
    return Runtime([model, Plugin], settings=settings, model="bench/model", autoload=False)


def fill(path: Path, entries: int) -> None:
    """So many other answers, in the order of their keys: that is the quickest."""
    files = open_files(path, writing=True)
    assert files.writer is not None
    with closing(files.reader), closing(files.writer):
        keys = sorted(blake2b(b"%d" % number, digest_size=16).digest() for number in range(entries))
        files.writer.execute("BEGIN")
        files.writer.executemany(
            "INSERT INTO entry (key, value, model, made) VALUES (?, ?, 'bench/model', 0)",
            ((key, key * 8) for key in keys),
        )
        files.writer.execute("COMMIT")


class Talk:
    """A history of 28,000 characters, of which each question is the beginning, one message longer than the last."""

    def __init__(self, number: int) -> None:
        chance = Random(number)
        self.form = Form("bench/model")
        self.messages = tuple(self.message(chance, 400) for _ in range(HISTORY // 400))
        self.more = [self.text(chance, 60) for _ in range(CALLS)]

    def text(self, chance: Random, length: int) -> str:
        return "".join(chance.choices("abcdefgh ijklmno pqrst uvwxyz", k=length))

    def message(self, chance: Random, length: int) -> Message:
        return Message("user", self.text(chance, length))

    def requests(self) -> Iterator[LLMRequest]:
        """Made as they are asked, so that the key is part of the cost. After fifty messages the history is cut."""
        messages = self.messages
        for number, text in enumerate(self.more):
            messages = (*(messages if number % 50 else self.messages), Message("user", text))
            yield LLMRequest(self.form, messages)


async def one_by_one(handler: LLMHandler, requests: Iterator[LLMRequest]) -> None:
    for request in requests:
        await handler.complete(request, CALL)


async def at_once(handler: LLMHandler, requests: Iterator[LLMRequest]) -> None:
    """A hundred at a time."""
    for _ in range(CALLS // AT_ONCE):
        await asyncio.gather(*(handler.complete(next(requests), CALL) for _ in range(AT_ONCE)))


def cost(made: Runtime, talk: Talk, *, together: bool = False) -> float:
    """Milliseconds of CPU a call."""
    handler, ask = made.llm_handler("bench/model"), at_once if together else one_by_one
    cache = next(plugin for plugin in made.plugins.get_plugins() if isinstance(plugin, Plugin)).cache
    start = process_time()
    made.wait(lambda: ask(handler, talk.requests()), "benchmark")
    if cache is not None:
        cache.flush()
    return (process_time() - start) / CALLS * 1e3


# In a process of its own


def costs(entries: int) -> dict[str, list[float]]:
    """Of hits and misses over a file with so many other answers to begin with, beside the same calls without it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cache.sqlite"
        fill(path, entries)
        with runtime(path) as made, runtime(path, "off") as without:
            found: dict[str, list[float]] = {"hit": [], "without": [], **missed(made, without)}
            talk = Talk(1)
            for _ in range(REPEATS):
                found["hit"].append(cost(made, talk))
                found["without"].append(cost(without, talk))
            assert stats(made).hits == REPEATS * CALLS
    return found


def missed(made: Runtime, without: Runtime) -> dict[str, list[float]]:
    """Each time a new talk. The first of either kind is not counted."""
    over: dict[str, list[float]] = {"one": [], "many": []}
    for number in range(2 * (REPEATS + 1)):
        talk, together = Talk(number), number % 2 == 0
        bare = cost(without, talk, together=together)
        over["many" if together else "one"].append(cost(made, talk, together=together) - bare)
    assert stats(made).stores == 2 * (REPEATS + 1) * CALLS
    return {how: values[1:] for how, values in over.items()}


# In a process of its own


VALUE = 2_000
"""Characters of an answer, which do not compress to nothing."""
ENTRIES = 50_000
DIMENSIONS = 1_536
TEXTS = 1_000


class Points(Embedder):
    """Makes vectors as large as those of a usual model, of nothing."""

    name, free = "points", True

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        chance = Random(len(texts))
        return Embeddings(tuple(unit([chance.gauss() for _ in range(DIMENSIONS)]) for _ in texts), Usage(len(texts)))


def parts() -> dict[str, list[float]]:
    """Microseconds of CPU of each: of entries that are found and written, of a hit with its key, of a text's vector."""
    found: dict[str, list[float]] = {"get": [], "put": [], "hit": [], "text": []}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cache.sqlite"
        store = Store(path, Tally(), writing=True)
        answer = ANSWER.write(Answer(LLMResponse(Random(1).randbytes(VALUE // 2).hex())))
        keys = [blake2b(b"%d" % number, digest_size=16).digest() for number in range(ENTRIES)]
        for begin in range(0, ENTRIES, ENTRIES // 10):
            start = process_time()
            for key in keys[begin : begin + ENTRIES // 10]:
                store.put(Put(key, 0, ANSWER.name, answer, "bench/model", replace=False))
            store.flush()
            found["put"].append((process_time() - start) / (ENTRIES // 10) * 1e6)
        for begin in range(REPEATS):
            start = process_time()
            for key in keys[begin :: ENTRIES // CALLS]:
                store.get(key, ANSWER)
            found["get"].append((process_time() - start) / CALLS * 1e6)
        store.close()
        settings = {"cache-sqlite": {"mode": "readwrite", "path": str(path)}}
        model = Model(30)
        model.plays(["Ada"])
        with Runtime([model, Points, Plugin], settings=settings, model="bench/model", autoload=False) as made:
            handler, form = made.llm_handler("bench/model"), Form("bench/model")

            async def ask() -> None:
                for number in range(CALLS):
                    await handler.complete(LLMRequest(form, (Message("user", f"Question {number}?"),)), CALL)

            texts = [f"What was said in sentence {number} of the talk." for number in range(TEXTS)]
            for number in range(REPEATS + 1):
                start = process_time()
                made.wait(ask, "benchmark")
                asked = process_time()
                made.embed(texts, "points/small")
                if number:  # the first time it is asked for
                    found["hit"].append((asked - start) / CALLS * 1e6)
                    found["text"].append((process_time() - asked) / TEXTS * 1e6)
    return found


def llm_cache() -> Iterator[Row]:
    found = fresh("llm_cache:parts")
    for part, what, goal in (
        ("get", f"an answer of {VALUE:,} characters is read, among {ENTRIES:,}", 37),
        ("put", "one is written, with many others", 36),
        ("hit", "a short question is answered, key included", 30),
        ("text", f"a text gets its vector of {DIMENSIONS:,} dimensions, with {TEXTS:,} others", None),
    ):
        measured = statistics.median(found[part])
        wanted = "" if goal is None else f"≤ {goal} µs"
        met = None if goal is None else measured <= goal
        yield Row(f"LLM cache: {what}", wanted, f"{middle(found[part], '.1f')} µs", "", met)
    for entries in SIZES:
        found = fresh("llm_cache:costs", entries=entries)
        floor = f"{statistics.median(found['without']):.3f} ms (the same call, switched off)"
        for how, what, goal in (
            ("hit", "a hit with its key, 28,000 characters of history", 0.1),
            ("one", "a miss beyond the call itself, one by one", 0.15),
            ("many", "a miss beyond the call itself, a hundred at once", 0.15),
        ):
            measured = statistics.median(found[how])
            work = f"LLM cache of {entries:,} answers: {what}"
            yield Row(work, f"≤ {goal} ms", f"{middle(found[how])} ms", floor, measured <= goal)
