"""What a journal takes on disk, and how long it takes to make everything last, to go on, to branch off.

Durations are on the wall, with CPU beside them; bytes are exact.
"""

import gc
import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import orjson
import zstandard

from benchmarks.journal import bare_read, bare_table, insert, last_row, settle, stored
from benchmarks.models import Group, Model, personas
from benchmarks.people import speech
from benchmarks.rows import Row, fresh, middle
from troupe_core import Runtime, Simulation, TinyWorld

PERSONS, MEMORIES = 1000, 100
Seconds = tuple[float, float]


def timed(work: Callable[[], object]) -> Seconds:
    """Seconds on the wall, and of CPU."""
    start, cpu = perf_counter(), process_time()
    work()
    return perf_counter() - start, process_time() - cpu


# Size on disk


def size(n: int, rounds: int, kind: str, to_all: bool) -> dict[str, float]:
    """Bytes of the main file after the end, seconds of a checkpoint before it, and bytes of what nobody can do without:
    the personas and the answers, in a readable document as they are, else compressed one by one.
    """
    pack = zstandard.ZstdCompressor(level=3).compress if kind == "db" else bytes
    needed = 0
    with TemporaryDirectory() as name:
        path = Path(name) / f"run.{kind}"
        with Group(n, to_all=to_all, path=path) as group:
            for _ in range(rounds):
                group.ask()
                group.run()
            settle(group)
            wall, spent = timed(group.simulation.checkpoint)
            group.simulation.end()
            for place, persona in enumerate(personas(n)):
                answers = [group.model.answer(place, turn).encode() for turn in range(rounds)]
                needed += sum(len(pack(text)) for text in (orjson.dumps(persona), *answers))
        found = path.stat().st_size
        raw = path.read_bytes()
        write = timed(lambda: _synced(Path(name) / "bare", raw))[0]
    return {"bytes": found, "needed": needed, "wall": wall, "cpu": spent, "write": write}


def _synced(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


# A thousand persons with a hundred memories each


def _with_memories(path: Path) -> Group:
    """In each turn somebody perceives eight things and does two. The episode's consolidation has been taken in."""
    group = Group(PERSONS, path=path)
    for number in range(MEMORIES // 10 + 2):
        with group.simulation.at_once():
            for place, person in enumerate(group.people):
                for item in range(6):
                    person.listen(speech(place * 7 + number * 100 + item, 20), "Somebody")
        group.ask()
        group.run()
    return group


def last(path: str, repeats: int) -> dict[str, Any]:
    """Seconds until a commit is on disk, after a step of ten and after twenty things for everybody; of a checkpoint; of
    a fork, and the bytes that it puts into the journal. The file stays for others.
    """
    place = Path(path)
    out: dict[str, Any] = {"step": [], "dirty": [], "idle": [], "fold": [], "bare": [], "fork": [], "fork_bytes": []}
    with _with_memories(place) as group:
        simulation = group.simulation
        few = TinyWorld("Room", initial_datetime="2026-03-02T09:00", simulation=simulation)
        for person in group.people[:10]:
            group.world.remove_agent(person)
            few.add_agent(person)
        settle(group)
        gc.collect()
        commit = simulation.commit

        def durably(*given: Any) -> None:
            def work() -> None:
                commit(*given)
                settle(group)

            settle(group)
            out["step"].append(timed(work))

        for number in range(5 * repeats):
            few.broadcast(speech(number, 20), source="Moderator")
            simulation.commit = durably  # type: ignore[method-assign,assignment]
            try:
                few.run(1)
            finally:
                simulation.commit = commit  # type: ignore[method-assign]
        for number in range(repeats):
            out["dirty"].append(_dirty(group, number))
            out["bare"].append(_bare_commit(place))
            out["fold"].append(timed(simulation.checkpoint))
            out["idle"].append(timed(lambda: settle(group)))
        for number in range(20):
            _fork(group, f"variant {number}", out)
        simulation.end()
        out["memories"] = min(len(person.memories()) for person in group.people)
        out["roots"] = [simulation.states[person.name].digest.hex() for person in group.people[::100]]
    return out


def _dirty(group: Group, number: int) -> Seconds:
    with group.simulation.at_once():
        for place, person in enumerate(group.people):
            for item in range(20):
                person.listen(speech(place * 3 + number * 50 + item, 20), "Somebody")
        settle(group)
        gc.collect()
        start, cpu = perf_counter(), process_time()
    settle(group)
    return perf_counter() - start, process_time() - cpu


def _bare_commit(path: Path) -> Seconds:
    """The rows of the last commit, compressed and inserted elsewhere."""
    rows = stored(path)
    at = max(place for place, (key, _) in enumerate(rows) if key[:1] == b"c")
    first = max((place for place, (key, _) in enumerate(rows[:at]) if key[:1] == b"c"), default=-1)
    bare = path.with_name("bare.db")
    with closing(bare_table(bare)) as connection:
        found = timed(lambda: insert(connection, rows[first + 1 : at + 1]))
    for each in path.parent.glob("bare.db*"):
        each.unlink()
    return found


def _fork(group: Group, name: str, out: dict[str, Any]) -> None:
    settle(group)
    store = group.simulation.the_journal().store
    before, names = last_row(store.path), store.names()
    made: list[Simulation] = []
    out["fork"].append(timed(lambda: made.append(group.simulation.fork(name))))
    settle(group)
    added = sum(len(key) + len(value) for key, value in stored(store.path, before))
    added += sum(len(name) + len(id) for name, id in store.names().items() if name not in names)
    out["fork_bytes"].append(added)
    made[0].close()


def everything(path: str) -> dict[str, Any]:
    """Seconds to go on with a journal, and to read all that everybody is and remembers; and to read the same rows."""
    with Runtime(plugins=[Model(30)], model="bench/model", autoload=False) as runtime:
        Simulation(runtime=runtime).close()
        made: list[Simulation] = []
        gc.collect()
        begun = timed(lambda: made.append(Simulation.resume(path, runtime=runtime)))
        simulation = made[0]
        read: list[int] = []
        rest = timed(lambda: read.append(_read_all(simulation)))
        assert read[0] >= PERSONS * MEMORIES, read
        simulation.close()
    kinds = (b"m", b"o", b"b")
    keys = [key for key, _ in stored(Path(path)) if key[:1] in kinds]
    start = perf_counter()
    spent = bare_read(Path(path), keys)
    floor = (perf_counter() - start, spent)
    return {"begun": begun, "rest": rest, "floor": floor, "rows": len(keys)}


def _read_all(simulation: Simulation) -> int:
    memories = 0
    for id in simulation.states:
        handle = simulation[id]
        if isinstance(handle, TinyWorld):
            continue
        dict(handle.persona)
        assert handle.state.mind is handle.mind
        memories += len(handle.memories())
    return memories


# Rows


def file() -> Iterator[Row]:
    for n, rounds, kind, to_all, most in (
        (50, 3, "db", False, 0.8),
        (50, 3, "db", True, 0.8),
        (1000, 10, "db", False, 30),
        (50, 3, "json", False, 3),
        (50, 3, "json", True, 3),
    ):
        found = fresh("journal_files:size", n=n, rounds=rounds, kind=kind, to_all=to_all)
        megabytes, wall = found["bytes"] / 1e6, found["wall"]
        readable = kind == "json"
        yield Row(
            f"{'readable document' if readable else 'journal'} of {n:,} persons × {rounds} rounds"
            f"{', everybody talks to everybody' if to_all else ''}",
            f"≤ {most} MB{'; checkpoint ≤ 0.3 s' if readable else ''}",
            f"{megabytes:.2f} MB, {found['bytes'] / n / rounds:,.0f} bytes a turn; "
            f"checkpoint {wall:.3f} s ({found['cpu']:.3f} CPU)",
            f"{found['needed'] / 1e6:.2f} MB (personas and answers{'' if readable else ', compressed'}); "
            f"{found['write']:.3f} s to write so much",
            megabytes <= most and (not readable or wall <= 0.3),
        )


def checkpoint() -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "run.db")
        found = fresh("journal_files:last", path=path, repeats=5)
        resumed = [fresh("journal_files:everything", path=path) for _ in range(3)]
    assert found["memories"] >= MEMORIES, found["memories"]
    who = f"{PERSONS:,} persons with {MEMORIES} memories each"
    step, bare = _both(found["step"]), _both(found["bare"])
    yield Row(
        f"{who}: commit of a step in which 10 acted, until it is on disk",
        "≤ 1 ms",
        f"{_milliseconds(found['step'])}; with nothing new {_milliseconds(found['idle'])}",
        "",
        step[0] <= 0.001,
    )
    dirty = _both(found["dirty"])
    yield Row(
        "the same: commit after 20 things were said to everybody, until it is on disk",
        "≤ 0.25 s",
        f"{_milliseconds(found['dirty'])}; bringing the file up to date and copying it {_milliseconds(found['fold'])}",
        f"{bare[0] * 1e3:.0f} ms (the same rows compressed and inserted): {dirty[0] / bare[0]:.1f} ×",
        dirty[0] <= 0.25,
    )
    total = [each["begun"][0] + each["rest"][0] for each in resumed]
    spent = statistics.median(each["begun"][1] + each["rest"][1] for each in resumed)
    floor = statistics.median(each["floor"][0] for each in resumed)
    yield Row(
        "the same: resumed, and everything read (state, persona, mind, all memories)",
        "≤ 0.6 s",
        f"{middle(total)} s ({spent:.3f} CPU), of it resume alone "
        f"{statistics.median(each['begun'][0] for each in resumed) * 1e3:.1f} ms",
        f"{floor:.3f} s ({resumed[0]['rows']:,} rows found and decoded): {statistics.median(total) / floor:.1f} ×",
        statistics.median(total) <= 0.6,
    )
    fork = _both(found["fork"])
    yield Row(
        "the same: fork",
        "≤ 1 ms, ≤ 1 kB in the file",
        f"{_milliseconds(found['fork'], '.2f')}, {max(found['fork_bytes']):,} bytes",
        "",
        fork[0] <= 0.001 and max(found["fork_bytes"]) <= 1000,
    )


def _both(found: list[list[float]]) -> Seconds:
    return statistics.median(wall for wall, _ in found), statistics.median(cpu for _, cpu in found)


def _milliseconds(found: list[list[float]], form: str = ".1f") -> str:
    return f"{middle([wall * 1e3 for wall, _ in found], form)} ms ({_both(found)[1] * 1e3:{form}} CPU)"
