"""A process that is killed loses nothing that was paid for, whenever that happens.

A real program (`kill_program.py`) asks a real server, and is ended with SIGKILL: at some moment of its work; before and
after everything that it writes; within a COMMIT. Then its journal is resumed by another process, and on a copy the same
program is run again from the start. Both come to what the program comes to when nobody disturbs it, ask for nothing
that is on record, and at most `max_in_flight` questions are asked twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import pytest
import zstandard

PROGRAM = Path(__file__).with_name("kill_program.py")
NAMES = ("Ana", "Anton", "Bela", "Çağla", "Dmitri", "Emre", "Frieda", "Gu Yan", "Hana", "Ike", "Joana", "Kofi")
TARGETS = (*NAMES, "", "", "", "Moderator", "an", "Zoltan")
"""To all, to each, to nobody who is there."""
IN_FLIGHT = 4
CALLS = 100
"""About so many questions are asked in one run."""
SHARDS = 8
SEED = 20260302


# -- the model --------------------------------------------------------------------------------------------------------


def answer(asked: dict[str, Any]) -> tuple[str, str]:
    """The question's name, and the answer to it, which holds the name."""
    whole = [asked["key"], asked["person"], asked["turn"], asked["purpose"]]
    name = sha256(json.dumps(whole).encode()).hexdigest()[:16]
    chance = random.Random(name)
    if asked["purpose"] == "consolidation":
        return name, json.dumps({"memories": [f"{asked['person']} kept {name}", "and the smell of bread"]})
    acts = [{"type": "THINK", "content": f"so that is {name}", "target": ""}]
    if chance.random() < 0.3 and "SEARCH" not in asked["last"]:
        acts.append({"type": "SEARCH", "query": chance.choice(("tram", "bread", "Ana"))})
    else:
        said = " ".join(chance.sample(("nine", "tram", "bread", "walk", "late", "rain", "home", "Çay"), 4))
        acts.append({"type": "TALK", "content": f"{said} {name}", "target": chance.choice(TARGETS)})
        if chance.random() < 0.2:
            acts.append({"type": "REACH_OUT", "content": "to walk home", "target": chance.choice(NAMES)})
    acts.append({"type": "DONE", "content": "", "target": ""})
    mind = {"goals": f"goal {name[:3]}", "attention": "", "emotions": "", "context": []}
    return name, json.dumps({"actions": acts, "cognitive_state": mind})


@attrs.define
class Asked:
    """What one run has asked, in order; how much of it was under way at a time."""

    names: list[str] = attrs.field(factory=list)
    under_way: int = 0
    most: int = 0
    strike: tuple[int, float] | None = None
    """After so many questions, so many seconds later, the process is killed."""
    pid: int = 0


class Server:
    """Counts, in a thread of its own; answers after a few moments, which differ from question to question."""

    def __init__(self) -> None:
        self.runs: dict[str, Asked] = {}
        self.loop = asyncio.new_event_loop()
        self.chance = random.Random(SEED)
        self.tasks: set[asyncio.Task[None]] = set()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 22))
        self.port: int = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            while line := await reader.readline():
                asked = json.loads(line)
                run = self.runs[asked["run"]]
                name, text = answer(asked)
                run.names.append(name)
                if run.strike is not None and len(run.names) == run.strike[0]:
                    self.strike(run)
                run.under_way += 1
                run.most = max(run.most, run.under_way)
                await asyncio.sleep(self.chance.uniform(0.0, 0.003))
                run.under_way -= 1
                writer.write(json.dumps(text).encode() + b"\n")
        except ConnectionError:  # whoever asked was killed
            pass
        finally:
            writer.close()

    def strike(self, run: Asked) -> None:
        self.loop.call_later(run.strike[1] if run.strike else 0.0, kill, run.pid)

    def close(self) -> None:
        async def stop() -> None:
            self.server.close()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def kill(pid: int) -> None:
    """It has not been waited for yet, so that the number is still its own, even if it is over."""
    os.kill(pid, signal.SIGKILL)


# -- the program ------------------------------------------------------------------------------------------------------


@attrs.frozen
class Ran:
    """What became of one process."""

    asked: list[str]
    code: int
    digest: str = ""
    facts: tuple[str, ...] = ()
    places: int = 0
    """How many boundaries it has passed."""
    commits: int = 0
    within: bool = False
    """Whether it was in the middle of a COMMIT."""


class Programs:
    """Runs the program, in a folder for a while."""

    def __init__(self, folder: Path, python: Any) -> None:
        self.folder, self.python = folder, python
        self.server = Server()
        self.number = 0
        self.whole: dict[tuple[str, str], Ran] = {}

    def run(
        self,
        path: Path,
        way: str,
        *,
        resume: bool = False,
        kill: dict[str, Any] | None = None,
        strike: tuple[int, float] | None = None,
        watched: bool = False,
    ) -> Ran:
        self.number += 1
        run, result, watch = f"run {self.number}", path.with_suffix(".result"), path.with_suffix(".watch")
        result.unlink(missing_ok=True)
        watch.write_bytes(bytes(16))
        orders = {"path": str(path), "port": self.server.port, "run": run, "way": way, "resume": resume}
        orders |= {"result": str(result), "kill": kill, "watch": str(watch) if kill or watched else ""}
        asked = self.server.runs[run] = Asked(strike=strike)

        def began(number: int) -> None:
            asked.pid = number
            if strike is not None and strike[0] == 0:
                self.server.loop.call_soon_threadsafe(self.server.strike, asked)

        ended = self.python(PROGRAM, json.dumps(orders), began=began)
        assert ended.returncode == 0 or (ended.returncode == -signal.SIGKILL and (kill or strike)), ended.stderr
        assert not ended.stderr
        assert asked.most <= IN_FLIGHT
        seen = memoryview(watch.read_bytes()).cast("I")
        found = json.loads(result.read_text()) if ended.returncode == 0 else {"digest": "", "facts": ()}
        return Ran(
            asked.names, ended.returncode, found["digest"], tuple(found["facts"]), seen[0], seen[1], bool(seen[2])
        )

    def undisturbed(self, kind: str, way: str) -> Ran:
        """What the program comes to, and how much it writes."""
        if (kind, way) not in self.whole:
            path = self.folder / f"undisturbed-{way}.{kind}"
            ran = self.whole[kind, way] = self.run(path, way, watched=True)
            assert len(ran.asked) == len(set(ran.asked)) >= CALLS * 0.8
        return self.whole[kind, way]

    def close(self) -> None:
        self.server.close()


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, pythons: Any) -> Iterator[Programs]:
    made = Programs(tmp_path_factory.mktemp("kills"), pythons.run)
    yield made
    made.close()


# -- what is in a file, read without the framework --------------------------------------------------------------------


def copied(path: Path, folder: Path) -> Path:
    """The journal as it is, with everything that lies beside it and belongs to it."""
    folder.mkdir()
    for part in path.parent.glob(path.name + "*"):
        if not part.name.endswith(("-lock", "-shm")):
            shutil.copyfile(part, folder / part.name)
    return folder / path.name


def rows(path: Path) -> tuple[dict[bytes, bytes], set[str]]:
    """Keys and values as they are in a copy of a journal; and the names in it."""
    return document_rows(path) if path.suffix == ".json" else sqlite_rows(path)


def sqlite_rows(path: Path) -> tuple[dict[bytes, bytes], set[str]]:
    if not path.exists():
        return {}, set()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        tables = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
        if tables != {"kv", "ref"}:
            return {}, set()
        found = dict(connection.execute("select k, v from kv").fetchall())
        names = {name for (name,) in connection.execute("select name from ref")}
    return {key: zstandard.decompress(value) for key, value in found.items()}, names


def document_rows(path: Path) -> tuple[dict[bytes, bytes], set[str]]:
    letters = {"commits": "c", "outcomes": "o", "answers": "l", "memory": "m", "parts": "b"}
    found: dict[bytes, bytes] = {}
    names: set[str] = set()
    if path.exists() and path.stat().st_size:
        document = json.loads(path.read_text())
        names |= set(document["names"])
        for section, letter in letters.items():
            for key, value in document[section].items():
                found[letter.encode() + bytes.fromhex(key)] = json.dumps(value).encode()
    log = path.with_name(path.name + "-log")
    if log.exists():
        for line in log.read_text().split("\n")[:-1]:
            values, moved = json.loads(line.partition(" ")[2])
            names |= set(moved)
            for key, value in values.items():
                found[key[:1].encode() + bytes.fromhex(key[2:])] = json.dumps(value).encode()
    return found, names


def recorded(values: dict[bytes, bytes]) -> set[str]:
    """The questions whose answers are on record, by the names that the answers hold."""
    out: set[str] = set()
    for key, value in values.items():
        if key[:1] == b"l":
            text = json.loads(value)["text"]
            told = json.loads(text)
            said = told["memories"][0] if "memories" in told else told["actions"][0]["content"]
            out.add(said.split()[-1])
    return out


# -- what has to hold -------------------------------------------------------------------------------------------------


def check(programs: Programs, folder: Path, kind: str, way: str, **killed: Any) -> Ran:
    """Kill the program somewhere; then go on in two ways. What the first process came to."""
    whole = programs.undisturbed(kind, way)
    folder.mkdir(parents=True)
    path = folder / f"journal.{kind}"
    first = programs.run(path, way, **killed)
    again = copied(path, folder / "again")
    values, names = rows(copied(path, folder / "seen"))
    begun = "main" in names
    assert begun or not any(key[:1] == b"c" for key in values)
    for where, resume in ((path, begun), (again, False)):
        then = programs.run(where, way, resume=resume)
        assert then.digest == whole.digest
        assert then.facts == whole.facts
        assert len(then.asked) == len(set(then.asked))
        assert not recorded(values) & set(then.asked)
        assert len(set(first.asked) & set(then.asked)) <= IN_FLIGHT
        assert set(first.asked) | set(then.asked) == set(whole.asked)
        rows(copied(where, folder / f"after-{where.parent.name == 'again'}"))
    shutil.rmtree(folder)
    return first


Moment = Callable[[Programs, Path], Any]


def at_a_moment(number: int, kind: str) -> Moment:
    """Killed from outside: so and so long after some question has arrived. Some come when everything is answered."""
    chance = random.Random(f"{SEED} moment {kind} {number}")
    after, delay = chance.randrange(CALLS + 6), chance.uniform(0.0, 0.012)
    after, delay = (0, chance.uniform(0.0, 0.1)) if after < 5 else (after, delay)
    way = chance.choice(("each", "once"))

    def moment(programs: Programs, folder: Path) -> None:
        last = len(programs.undisturbed(kind, way).asked)
        strike = (after, delay) if after < last else (last, chance.uniform(0.0, 0.05))
        check(programs, folder, kind, way, strike=strike)

    return moment


def at_a_boundary(number: int, kind: str) -> Moment:
    """Killed before or after something is written."""
    chance = random.Random(f"{SEED} boundary {kind} {number}")
    share, way = chance.random() * 0.95, chance.choice(("each", "once"))

    def moment(programs: Programs, folder: Path) -> None:
        place = 1 + int(share * programs.undisturbed(kind, way).places)
        first = check(programs, folder, kind, way, kill={"place": place})
        assert first.code != 0 or first.places < place

    return moment


def around_each(of: str, place: int, kind: str) -> Moment:
    """Killed before (an odd number) or after something that seldom happens."""

    def moment(programs: Programs, folder: Path) -> None:
        assert check(programs, folder, kind, "each", kill={"place": place, "of": of}).code != 0

    return moment


def in_a_commit(number: int) -> Moment:
    """Killed by another thread while a COMMIT goes on, if it is quick enough: whether it was is in what is returned."""
    chance = random.Random(f"{SEED} commit {number}")
    share, after, way = chance.random(), chance.uniform(0.0, 4e-5), chance.choice(("each", "once"))

    def moment(programs: Programs, folder: Path) -> bool:
        commit = 1 + int(share * programs.undisturbed("db", way).commits * 0.95)
        return check(programs, folder, "db", way, kill={"commit": commit, "after": after}).within

    return moment


SOME = [
    *(pytest.param(at_a_moment(number, "db"), id=f"moment {number}") for number in range(5)),
    *(pytest.param(at_a_boundary(number, "db"), id=f"boundary {number}") for number in range(6)),
    pytest.param(around_each("pragma application_id=", 2, "db"), id="file hardly begun"),
    *(pytest.param(in_a_commit(number), id=f"commit {number}") for number in range(2)),
    *(pytest.param(at_a_moment(number, "json"), id=f"document, moment {number}") for number in range(2)),
    *(pytest.param(at_a_boundary(number, "json"), id=f"document, boundary {number}") for number in range(2)),
    pytest.param(around_each("replace", 1, "json"), id="before the document"),
    pytest.param(around_each("replace", 2, "json"), id="after the document"),
]


@pytest.mark.once
@pytest.mark.parametrize("moment", SOME)
def test_killed(moment: Moment, programs: Programs, tmp_path: Path) -> None:
    moment(programs, tmp_path / "kill")


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["db", "json"])
@pytest.mark.parametrize("shard", range(4))
def test_killed_at_a_moment(kind: str, shard: int, programs: Programs, tmp_path: Path) -> None:
    for number in range(shard, 60 if kind == "db" else 20, 4):
        at_a_moment(100 + number, kind)(programs, tmp_path / str(number))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_killed_before_and_after_each_statement(shard: int, programs: Programs, tmp_path: Path) -> None:
    """Two ways to run take turns."""
    sweep(programs, tmp_path, "db", range(1 + shard, programs.undisturbed("db", "each").places + 1, SHARDS))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("shard", range(SHARDS // 2))
def test_killed_before_within_and_after_writes_of_a_document(shard: int, programs: Programs, tmp_path: Path) -> None:
    """Every third place, since there the same few calls come again and again."""
    places = programs.undisturbed("json", "each").places
    sweep(programs, tmp_path, "json", range(1 + 3 * shard, places + 1, 3 * SHARDS // 2))


def sweep(programs: Programs, folder: Path, kind: str, places: range) -> None:
    """Kill there, and look what happens next."""
    killed = 0
    for place in places:
        way = ("each", "once")[place // places.step % 2]
        first = check(programs, folder / str(place), kind, way, kill={"place": place})
        killed += first.code != 0
    assert killed >= len(places) * 0.6  # how often something is written depends on what comes together by chance


@pytest.mark.long
@pytest.mark.timeout(900)
def test_killed_within_a_commit(programs: Programs, tmp_path: Path) -> None:
    """As often as it takes to be in the middle of twenty of them."""
    within = 0
    for number in range(100, 300):
        within += in_a_commit(number)(programs, tmp_path / str(number))
        if within == 20:
            return
    pytest.fail(f"only {within} of 200 were in the middle of a COMMIT")
