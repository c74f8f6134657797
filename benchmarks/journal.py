"""What a journal costs in CPU: a turn that is recorded, and a turn that is found.

A group with a journal and one without take their steps by turns, in one process; the overhead is the difference. CPU is
that of all threads until everything is on disk, so that the writer's compression is in it. As in `turns`, the runs
count, and the moderator's question between them does not; what that costs is told in parentheses.
"""

import gc
import sqlite3
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import orjson
import zstandard

from benchmarks.models import Group
from benchmarks.rows import Row, fresh, middle

ROUNDS = 4
OLD = 495
Stored = tuple[bytes, bytes]
Figures = dict[str, list[float]]


def settle(group: Group) -> None:
    """Wait until everything is on disk."""
    journal = group.simulation.journal
    if journal is not None:
        journal.store.writer.flush()


def cpu(work: Callable[[], object], group: Group) -> float:
    """Milliseconds a turn until it is done and on disk."""
    start = process_time()
    work()
    settle(group)
    return (process_time() - start) / group.size * 1e3


def steps(groups: Sequence[Group], rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds a turn of each group, whose steps alternate: in the runs, and in the questions before them."""
    runs, asks = [0.0] * len(groups), [0.0] * len(groups)
    for number in range(rounds):
        order = range(len(groups)) if number % 2 else reversed(range(len(groups)))
        for at in order:
            asks[at] += cpu(groups[at].ask, groups[at]) / rounds
            runs[at] += cpu(groups[at].run, groups[at]) / rounds
    return runs, asks


# The bare minimum: the same rows compressed, checked and put into a table, and found there again


def last_row(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select coalesce(max(rowid), 0) from kv").fetchone()[0])


def stored(path: Path, after: int = 0) -> list[Stored]:
    """The rows of a journal, as they were before they were compressed."""
    unpack = zstandard.ZstdDecompressor().decompress
    with closing(sqlite3.connect(path)) as connection:
        return [(key, unpack(value)) for key, value in
                connection.execute("select k, v from kv where rowid > ? order by rowid", (after,))]  # fmt: skip


def bare_table(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for each in ("journal_mode=wal", "synchronous=normal", "cache_size=-65536", "wal_autocheckpoint=8000"):
        connection.execute(f"pragma {each}")
    connection.execute("create table kv (k blob primary key, v blob not null)")
    return connection


def insert(connection: sqlite3.Connection, rows: Iterable[Stored]) -> None:
    pack = zstandard.ZstdCompressor(level=3, write_checksum=True).compress
    connection.execute("begin immediate")
    connection.executemany("insert into kv values (?, ?)", [(key, pack(value)) for key, value in rows])
    connection.execute("commit")


def bare_insert(rows: Sequence[Stored], batches: int, folder: Path) -> float:
    """Seconds of CPU to write them, in so many transactions."""
    with closing(bare_table(folder / "bare.db")) as connection:
        size = -(-len(rows) // batches)
        start = process_time()
        for at in range(0, len(rows), size):
            insert(connection, rows[at : at + size])
        spent = process_time() - start
    for each in folder.glob("bare.db*"):
        each.unlink()
    return spent


def bare_read(path: Path, keys: Iterable[bytes]) -> float:
    """Seconds of CPU to find these rows and to decode them."""
    unpack = zstandard.ZstdDecompressor().decompress
    with closing(sqlite3.connect(path)) as connection:
        start = process_time()
        for key in keys:
            orjson.loads(unpack(connection.execute("select v from kv where k = ?", (key,)).fetchone()[0]))
        return process_time() - start


# In processes of their own


def one(n: int, to_all: bool, folder: Path) -> dict[str, float]:
    """A turn without and with a journal; of small groups, of several, a hundred people in all."""
    runs, asks, floors = [], [], []
    for _ in range(max(1, 100 // n)):
        path = folder / "run.db"
        with ExitStack() as stack:
            groups = [stack.enter_context(Group(n, to_all=to_all, path=each)) for each in (None, path)]
            settle(groups[1])
            before = last_row(path)
            gc.collect()
            found = steps(groups, ROUNDS)
            rows = stored(path, before)
        runs.append(found[0])
        asks.append(found[1])
        floors.append(bare_insert(rows, ROUNDS, folder) / (n * ROUNDS) * 1e3)
        for each in folder.glob("run.db*"):
            each.unlink()
    without, recorded = map(statistics.mean, zip(*runs, strict=True))
    asked, ask_recorded = map(statistics.mean, zip(*asks, strict=True))
    return {
        "overhead": recorded - without,
        "without": without,
        "ask": ask_recorded - asked,
        "floor": statistics.mean(floors),
    }


def by_size(n: int, repeats: int, to_all: bool = False) -> dict[str, Figures]:
    """Groups of n, and of a hundred before and afterwards."""
    found: list[dict[str, float]] = []
    usual: list[dict[str, float]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        one(min(n, 100), to_all, folder)
        for _ in range(repeats):
            found.append(one(n, to_all, folder))
            gc.collect()
            if n != 100 and not to_all:
                usual.append(one(100, False, folder))
    return {"found": _columns(found), "usual": _columns(usual)}


def _columns(found: Sequence[dict[str, float]]) -> Figures:
    return {key: [each[key] for each in found] for key in found[0]} if found else {}


def by_age(n: int, repeats: int) -> dict[str, list[float]]:
    """Turns 496 to 505 of two groups, one with a journal, against turns 2 to 11 of two new ones; all four by turns."""
    young, old = [], []
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        aged = [stack.enter_context(Group(n, path=path)) for path in (None, folder / "old.db")]
        steps(aged, OLD)
        for number in range(repeats):
            with ExitStack() as inner:
                new = [inner.enter_context(Group(n, path=path)) for path in (None, folder / f"{number}.db")]
                steps(new, 1)
                gc.collect()
                runs, _ = steps([*new, *aged], 10)
            young.append(runs[1] - runs[0])
            old.append(runs[3] - runs[2])
    return {"young": young, "old": old}


def again(n: int, rounds: int, repeats: int) -> dict[str, list[float]]:
    """The same program once more over the same journal: calls, milliseconds a turn, bytes that the file grew by, and
    milliseconds that reading the outcomes alone takes.
    """
    figures: dict[str, list[float]] = {"calls": [], "turns": [], "asks": [], "grown": [], "floor": [], "first": []}
    outcomes: list[bytes] = []
    with TemporaryDirectory() as name:
        path = Path(name) / "run.db"
        for number in range(repeats + 1):
            calls: list[None] = []
            before = path.stat().st_size if number else 0
            with Group(n, path=path, watch=lambda *_, calls=calls: calls.append(None)) as group:
                settle(group)
                gc.collect()
                runs, asks = steps([group], rounds)
                group.simulation.end()
            if not number:
                assert len(calls) >= n * rounds, len(calls)
                figures["first"].append(runs[0])
                outcomes = [key for key, _ in stored(path) if key[:1] == b"o"]
                continue
            figures["calls"].append(len(calls))
            figures["turns"].append(runs[0])
            figures["asks"].append(asks[0])
            figures["grown"].append(path.stat().st_size - before)
            figures["floor"].append(bare_read(path, outcomes) / (n * rounds) * 1e3)
    return figures


# Rows


def journal() -> Iterator[Row]:
    found = fresh("journal:by_size", n=100, repeats=7)["found"]
    yield _overhead("100 persons", found, None)
    for n, repeats in ((10, 3), (1000, 2)):
        both = fresh("journal:by_size", n=n, repeats=repeats)
        yield _overhead(f"{n:,} persons", both["found"], both["usual"])


def journal_broadcast() -> Iterator[Row]:
    for n, repeats in ((10, 2), (50, 5), (200, 2)):
        found = fresh("journal:by_size", n=n, repeats=repeats, to_all=True)["found"]
        yield _overhead(f"everybody talks to everybody, {n} persons", found, None)


def journal_age() -> Iterator[Row]:
    aged = fresh("journal:by_age", n=20, repeats=3)
    young, old = statistics.median(aged["young"]), statistics.median(aged["old"])
    yield Row(
        "journal, CPU a turn on top, 20 persons, turns 496–505 against 2–11",
        "≤ 0.2 ms, within 1.3 ×",
        f"{middle(aged['old'])} ms = {old / young:.2f} ×",
        f"{young:.3f} ms (turns 2–11)",
        old <= 0.2 and old / young <= 1.3,
    )


def _overhead(what: str, found: Figures, usual: Figures | None) -> Row:
    overhead, floor = statistics.median(found["overhead"]), statistics.median(found["floor"])
    measured = f"{middle(found['overhead'])} ms"
    goal, good = "≤ 0.2 ms", overhead <= 0.2
    if usual:
        ratio = overhead / statistics.median(usual["overhead"])
        measured += f" = {ratio:.2f} × of 100"
        goal, good = f"{goal}, within 1.3 × of 100", good and ratio <= 1.3
    without, ask = statistics.median(found["without"]), statistics.median(found["ask"])
    return Row(
        f"journal, CPU a turn on top, {what}, {ROUNDS} rounds",
        goal,
        f"{measured} (on top of {without:.3f}; the question {ask:.3f})",
        f"{floor:.3f} ms (the same rows compressed and inserted): {overhead / floor:.1f} ×",
        good,
    )


def rerun() -> Iterator[Row]:
    for n, repeats in ((100, 5), (1000, 2)):
        found = fresh("journal:again", n=n, rounds=10, repeats=repeats)
        turn, floor = statistics.median(found["turns"]), statistics.median(found["floor"])
        calls, grown = max(found["calls"]), max(found["grown"])
        yield Row(
            f"re-run of {n:,} persons × 10 rounds",
            "0 calls, ≤ 0.08 ms CPU a turn, file does not grow",
            f"{calls:.0f} calls, {middle(found['turns'])} ms (the question {statistics.median(found['asks']):.3f}; "
            f"the first time {found['first'][0]:.3f}), + {grown:,.0f} bytes",
            f"{floor:.3f} ms (the outcomes read and decoded): {turn / floor:.1f} ×",
            calls == 0 and grown == 0 and turn <= 0.08,
        )
