"""What a turn costs in CPU when the model answers at once: in itself, by size of the group, and with age.

CPU is that of the whole process, all threads, while `world.run` runs, by the number of turns: perceiving, prompt, key,
answer, actions, delivery, memory. The first round is in it, the cold start of the process (imports, templates) is not.
"""

import gc
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from time import process_time

import msgspec

from benchmarks.models import Group
from benchmarks.rows import Row, fresh, middle
from troupe_core import Call, LLMRequest

ROUNDS = 4
SIZES = {10: 9, 1000: 5, 10_000: 1}  # persons: how often
OLD = 490
Prompt = tuple[str, ...]


def cost(group: Group, rounds: int = ROUNDS) -> list[float]:
    """Milliseconds a turn, round by round. The moderator's question between them is not counted."""
    out = []
    for _ in range(rounds):
        group.ask()
        start = process_time()
        group.run()
        out.append((process_time() - start) / group.size * 1e3)
    return out


def one(n: int) -> list[float]:
    """The same of a new group; of small ones, of several that are run one after the other, a hundred people in all."""
    with ExitStack() as stack:
        groups = [stack.enter_context(Group(n)) for _ in range(max(1, 100 // n))]
        gc.collect()
        each = [cost(group) for group in groups]
    return [statistics.mean(same) for same in zip(*each, strict=True)]


# The bare minimum: what is left if nothing is kept, checked or told to anybody


class Said(msgspec.Struct):
    type: str
    content: str
    target: str


class Mind(msgspec.Struct):
    goals: str
    attention: str
    emotions: str
    context: list[str]


class Answer(msgspec.Struct):
    actions: list[Said]
    cognitive_state: Mind


def recorded(n: int) -> list[tuple[Prompt, str]]:
    """The prompts of four rounds, and their answers."""
    found: list[tuple[Prompt, str]] = []

    def watch(request: LLMRequest, call: Call) -> None:
        texts = tuple(message.content for message in request.messages)
        found.append((texts, group.model.answer(group.model.places[call.person or ""], call.turn)))

    with Group(n, watch=watch) as group:
        cost(group)
    return found


def bare(work: Sequence[tuple[Prompt, str]]) -> float:
    """Milliseconds to join a prompt, to digest it once, and to decode its answer."""
    decode = msgspec.json.Decoder(Answer).decode
    start = process_time()
    for texts, answer in work:
        blake2b("\0".join(texts).encode(), digest_size=16).digest()
        decode(answer)
    return (process_time() - start) / len(work) * 1e3


# In processes of their own


def hundred(repeats: int) -> dict[str, list[float]]:
    """A turn among a hundred, and the bare minimum, by turns."""
    work = recorded(100)
    one(100)
    turns, floors, first = [], [], []
    for _ in range(repeats):
        rounds = one(100)
        turns.append(statistics.mean(rounds))
        first.append(rounds[0])
        floors.append(bare(work))
    return {"turns": turns, "floors": floors, "first": first}


def by_size(n: int, repeats: int) -> dict[str, list[float]]:
    """A turn among n, against a turn among a hundred before and afterwards in the same process."""
    one(100)
    usual, found = [], []
    for _ in range(repeats):
        before = statistics.mean(one(100))
        found.append(statistics.mean(one(n)))
        gc.collect()
        usual.append((before + statistics.mean(one(100))) / 2)
    return {"found": found, "usual": usual}


def by_age(n: int, groups: int) -> dict[str, list[float]]:
    """Turns 491 to 500 of one group against turns 2 to 11 of a new one, step by step by turns: ten turns are an
    episode, so that each side has its consolidations. Later groups meet turns 501 to 510, and so on.
    """
    young, old = [], []
    with Group(n) as aged:
        cost(aged, OLD)
        for _ in range(groups):
            with Group(n) as group:
                cost(group, 1)
                gc.collect()
                pairs = [(cost(group, 1)[0], cost(aged, 1)[0]) for _ in range(10)]
            young.append(statistics.mean(new for new, _ in pairs))
            old.append(statistics.mean(aging for _, aging in pairs))
    return {"young": young, "old": old}


def by_both(n: int) -> list[float]:
    """Turns 61 to 70, when everybody has 24 memories of six episodes, among n and among a hundred."""
    found = []
    for size in (n, 100):
        with Group(size) as group:
            cost(group, 60)
            gc.collect()
            found.append(statistics.mean(cost(group, 10)))
    return found


def turn() -> Iterator[Row]:
    found = fresh("turns:hundred", repeats=15)
    median, floor = statistics.median(found["turns"]), statistics.median(found["floors"])
    yield Row(
        "CPU a turn, the model answers at once, 100 persons, 4 rounds",
        "≤ 0.15 ms",
        f"{middle(found['turns'])} ms; first round {statistics.median(found['first']):.3f}",
        f"{floor:.3f} ms (join, one digest, decode): {median / floor:.1f} ×",
        median <= 0.15,
    )


def scale() -> Iterator[Row]:
    for n, repeats in SIZES.items():
        found = fresh("turns:by_size", n=n, repeats=repeats)
        ratios = [turn / usual for turn, usual in zip(found["found"], found["usual"], strict=True)]
        yield Row(
            f"the same, {n:,} persons, 4 rounds",
            "within 1.3 × of 100",
            f"{statistics.median(found['found']):.3f} ms = {middle(ratios, '.2f')} ×",
            f"{statistics.median(found['usual']):.3f} ms (100 persons, same process)",
            statistics.median(ratios) <= 1.3,
        )


def age() -> Iterator[Row]:
    found = fresh("turns:by_age", n=100, groups=3)
    ratios = [old / young for young, old in zip(found["young"], found["old"], strict=True)]
    yield Row(
        "the same, 100 persons, turns 491–500 against 2–11",
        "within 1.3 ×",
        f"{statistics.median(found['old']):.3f} ms = {middle(ratios, '.2f')} ×",
        f"{statistics.median(found['young']):.3f} ms (turns 2–11)",
        statistics.median(ratios) <= 1.3,
    )
    crowd, usual = fresh("turns:by_both", n=300)
    yield Row(
        "the same, 300 persons, turns 61–70",
        "within 1.3 × of 100",
        f"{crowd:.3f} ms = {crowd / usual:.2f} ×",
        f"{usual:.3f} ms (100 persons, turns 61–70)",
        crowd / usual <= 1.3,
    )
