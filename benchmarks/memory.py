"""What an idle person takes in memory: by how much the resident memory of a process grows, by the number of persons.

It holds everything that a simulation keeps for them: persona, state, handle, memories, the messages of the prompt, and
the record of what happened. The floor is a list of the texts that nobody can do without: the persona as compact JSON
in bytes, and with history the contents of those messages.
"""

import gc
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks.models import Group
from benchmarks.people import people
from benchmarks.rows import Row, fresh, resident

PERSONS = 5000
TURNS = 10  # twenty messages: what was perceived, and what was done


def described(path: str) -> Iterator[dict[str, object]]:
    """Personas from a file: writing them here would leave holes in the heap, which nobody who reads them has."""
    with Path(path).open("rb") as file:
        yield from map(orjson.loads, file)


def idle(path: str, turns: int, words: int) -> dict[str, float]:
    """Kilobytes a person, and how many messages of history each has at the end."""
    with Group(10, words=words) as small:  # whatever is made once
        small.ask()
        small.run()
    gc.collect()
    before = resident()
    with Group(PERSONS, words=words, made=described(path)) as group:
        for _ in range(turns):
            group.ask()
            group.run()
        group.simulation.end()
        gc.collect()
        grown = resident() - before
        messages = sum(len(person.prompt().messages) - 2 for person in group.people[:50]) / 50
    return {"kilobytes": grown / PERSONS / 1000, "messages": messages}


def texts(path: str, turns: int, words: int) -> dict[str, float]:
    """Kilobytes a person of the same texts in a list."""
    with Group(50, words=words) as small:
        for _ in range(turns):
            small.ask()
            small.run()
        histories = [[message.content for message in person.prompt().messages[1:-1]] for person in small.people]
    gc.collect()
    before = resident()
    kept: list[bytes] = []
    for each, place in zip(described(path), range(PERSONS), strict=True):
        kept.append(bytes(memoryview(orjson.dumps(each))))  # a copy, of just that size
        kept += [text.encode() for text in histories[place % len(histories)]]
    gc.collect()
    return {"kilobytes": (resident() - before) / PERSONS / 1000}


def memory() -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "people.jsonl")
        with Path(path).open("wb") as file:
            file.writelines(orjson.dumps(each) + b"\n" for each in people(PERSONS))
        for what, turns, words, goal in (
            ("new", 0, 14, 12),
            ("with 20 messages of history, 14 words", TURNS, 14, 25),
            ("with 20 messages of history, 30 words", TURNS, 30, None),
        ):
            found = fresh("memory:idle", path=path, turns=turns, words=words)
            floor = fresh("memory:texts", path=path, turns=turns, words=words)
            assert found["messages"] == 2 * turns, found
            yield Row(
                f"resident memory per idle person, {what}",
                f"≤ {goal} kB" if goal else "",
                f"{found['kilobytes']:.1f} kB",
                f"{floor['kilobytes']:.1f} kB (its texts in a list)",
                found["kilobytes"] <= goal if goal else None,
            )
