"""What a journal does when something is wrong with the disk, the file, the process or the writer: it says so clearly,
keeps the last good state, in memory and in the file, and goes on where it was as soon as it can.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any

import attrs
import pytest

from troupe_core import EpisodicMemory, Runtime, Simulation, TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError, JournalError, RunStopped
from troupe_core.llm import LLMBackend, LLMResponse, Usage
from troupe_testing import LatencyModel, ScriptedModel, constant, talk, turn

pytestmark = pytest.mark.once

PROGRAM = Path(__file__).with_name("study_program.py")


def _study() -> Any:
    """The program as a module."""
    spec = spec_from_file_location("troupe_tests_journal_study", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


study = _study()
NAMES, STEPS, PACE, LAST, script = study.NAMES, study.STEPS, study.PACE, study.LAST, study.script
begin, run_on, came_to, parts = study.begin, study.run_on, study.came_to, study.parts
KINDS = ("db", "json")
Make = Callable[..., Simulation]


# -- what it comes to ------------------------------------------------------------------------------------------------


@attrs.frozen
class Reference:
    """What it comes to when nothing is wrong: digests by step, the last one after the end."""

    digests: tuple[str, ...]
    facts: tuple[bytes, ...]
    calls: int


@cache
def reference() -> Reference:
    model = ScriptedModel(script)
    runtime = Runtime(plugins=[model], model="scripted/test", autoload=False)
    with Simulation(runtime=runtime, seed=3) as simulation:
        world = begin(simulation)
        digests = [simulation.digest()]
        for _ in range(STEPS):
            world.run(1, PACE)
            digests.append(simulation.digest())
    found = Reference((*digests, simulation.digest()), tuple(fact.id for fact in simulation.facts), model.calls)
    runtime.close()
    return found


@pytest.fixture
def make(make_runtime: Any) -> Iterator[Make]:
    """Makes simulations with a journal; they are let go of, whatever has become of them."""
    made: list[Simulation] = []

    def make(path: Path, **options: Any) -> Simulation:
        simulation = Simulation(path, runtime=make_runtime(script), seed=3, **options)
        made.append(simulation)
        return simulation

    yield make
    for simulation in made:
        try:
            simulation.close()
        except JournalError:
            continue


def calls(simulation: Simulation) -> int:
    return simulation.runtime.model_under_test.calls  # type: ignore[attr-defined, no-any-return]


def whole() -> tuple[str, tuple[bytes, ...]]:
    return reference().digests[-1], reference().facts


def check_program(make: Make, path: Path, most: int) -> None:
    """The program, run there from its beginning, comes to what it should, and asks at most so often."""
    with make(path) as simulation:
        run_on(begin(simulation), "each")
    assert came_to(simulation) == whole()
    assert calls(simulation) <= most


def check_copy(path: Path, folder: Path, make_runtime: Any) -> int:
    """What is in the file now is some good state, from which one gets to the end; after which step that is."""
    copy = copied(path, folder)
    runtime = make_runtime(script)
    try:
        simulation = Simulation.resume(copy, runtime=runtime)
    except JournalError as nothing:
        check_words(nothing, "nothing has been recorded|there is no journal")
        return 0
    with simulation:
        step: int = simulation["Room"].state.step if "Room" in simulation else 0
        if "Room" in simulation and simulation["Room"].state.voices:
            assert simulation.digest() in reference().digests[step : step + (2 if step == STEPS else 1)]
        run_on(begin(simulation), "each")
    assert came_to(simulation) == whole()
    return step


def check_words(error: BaseException, pattern: str) -> None:
    assert re.search(pattern, str(error)), error


def check_stopped(stopped: RunStopped, pattern: str) -> None:
    """A run that stopped because of its journal says so, and why."""
    assert isinstance(stopped.__cause__, JournalError)
    assert stopped.report.stopped
    check_words(stopped, pattern)


def copied(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for part in parts(path):
        copyfile(part, folder / part.name)
    return folder / path.name


def finished(path: Path, make: Make) -> Path:
    """A journal with the whole study in it."""
    simulation = make(path)
    run_on(begin(simulation), "once")
    simulation.end()
    simulation.close()
    return path


# -- a full disk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """All that are opened, in order; the first of a journal is the one that writes."""
    opened: list[sqlite3.Connection] = []

    class Connection(sqlite3.Connection):  # one that can be told apart, and altered
        before: Any = None

        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            if self.before is not None:
                self.before(sql)
            return super().execute(sql, *given)

    def connect(*given: Any, **named: Any) -> sqlite3.Connection:
        opened.append(genuine(*given, factory=Connection, **named))
        return opened[-1]

    genuine = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", connect)
    return opened


@pytest.mark.parametrize(
    ("way", "patience", "pace"),
    [
        ("each", 1, 2),
        ("once", 3, 3),
        *(pytest.param(way, patience, 1, marks=pytest.mark.long) for way in ("each", "once") for patience in (1, 2, 3)),
    ],
)
def test_disk_full(
    way: str,
    patience: int,
    pace: int,
    make: Make,
    make_runtime: Any,
    connections: list[sqlite3.Connection],
    tmp_path: Path,
) -> None:
    """Full at one page after the other; there is room again after so many attempts to go on."""
    tries, stopped_at = 0, set()
    for pages in range(4, 40, pace):
        connections.clear()
        path = tmp_path / f"{pages}.db"
        simulation = make(path)
        writing = connections[0]
        writing.execute(f"pragma max_page_count={pages}")
        tries = 0
        with simulation:
            world = begin(simulation)
            while world.state.step < STEPS:
                try:
                    run_on(world, way)
                except RunStopped as stopped:
                    tries += 1
                    check_stopped(stopped, f"{path.name}: database or disk is full")
                    assert simulation.digest() == reference().digests[world.state.step]
                    stopped_at.add(world.state.step)
                    check_copy(path, tmp_path / f"{pages} {tries}", make_runtime)
                    if tries == patience:
                        writing.execute("pragma max_page_count=100000")
                        break
            while world.state.step < STEPS:
                run_on(world, way)
            writing.execute("pragma max_page_count=100000")
        assert came_to(simulation) == whole()
        assert calls(simulation) == reference().calls
        check_copy(path, tmp_path / f"{pages} after", make_runtime)
        if not tries:
            break
    assert not tries, "the disk was never large enough"
    assert len(stopped_at) >= STEPS - pace


class Late(LLMBackend):
    """Takes its time over what is to be remembered; when it has come to it, there is no room for it any more."""

    name = "scripted"

    def __init__(self) -> None:
        super().__init__()
        self.inner = ScriptedModel(script)
        self.room = True
        self.fill = True

    async def complete(self, request: Any, call: Any) -> LLMResponse:
        if call.purpose == "consolidation" and self.fill:
            await asyncio.sleep(0.2)
            self.room = False
        return await self.inner.complete(request, call)

    def check(self, statement: str) -> None:
        if not self.room:
            raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize("way", ["each", "once"])
def test_disk_full_while_a_result_is_awaited(
    way: str, make_runtime: Any, connections: list[Any], tmp_path: Path
) -> None:
    """What an episode leaves behind is worked out once more from the same state, and from the same answer."""
    model = Late()
    simulation = Simulation(tmp_path / "study.db", runtime=make_runtime(model), seed=3)
    connections[0].before = model.check
    with simulation:
        world = begin(simulation)
        with pytest.raises(RunStopped, match="disk is full") as caught:
            run_on(world, way)
        check_stopped(caught.value, "disk is full")
        assert world.state.step == 3
        model.room, model.fill = True, False
        run_on(world, way)
    assert came_to(simulation) == whole()
    assert model.inner.calls == reference().calls


def test_disk_full_at_the_end(make: Make, connections: list[sqlite3.Connection], tmp_path: Path) -> None:
    """`end` says that there is no room; it keeps what it has, and can be called again."""
    path = tmp_path / "study.db"
    simulation = make(path)
    world = begin(simulation)
    world.run(1, PACE)
    connections[0].execute("pragma max_page_count=1")
    for number in range(20):
        simulation["Ada"].listen(f"{number} {random.Random(number).randbytes(400).hex()}")
    with pytest.raises(JournalError, match=r"disk is full.*as soon as there is room"):
        simulation.end()
    assert simulation.ended
    assert simulation["Ada"].state.turns == 1
    connections[0].execute("pragma max_page_count=100000")
    simulation.end()
    simulation.end()  # once more is no error
    resumed = Simulation.resume(path, runtime=simulation.runtime)
    assert len(resumed["Ada"].state.inbox) >= 20
    resumed.end()
    check_program(make, path, reference().calls - len(NAMES))


def check_on_small_disk(path: Path, limit: int, way: str, make_runtime: Any, python: Any) -> int:
    """How often the disk was in the way."""
    done = python(PROGRAM, path, "full", str(limit), way)
    assert done.returncode == 0, done.stderr
    *told, last, (digest, facts, asked) = map(json.loads, done.stdout.splitlines())
    assert (digest, tuple(map(bytes.fromhex, facts))) == whole()
    assert asked == reference().calls
    for number, (step, digest, text, files) in enumerate([*told, last]):
        assert digest == reference().digests[step]
        assert path.name in text
        then = path.with_suffix(f".{number}")
        then.mkdir()
        for name, content in files.items():
            (then / name).write_bytes(bytes.fromhex(content))
        reached = check_copy(then / path.name, then / "copy", make_runtime)
    assert reached == STEPS
    return len(told)


@pytest.mark.parametrize(
    ("kind", "way", "limit"), [("json", "each", 2_000), ("json", "once", 40_000), ("db", "each", 90_000)]
)
def test_no_room_for_a_file(kind: str, way: str, limit: int, make_runtime: Any, tmp_path: Path, python: Any) -> None:
    """The system refuses to let a file grow."""
    assert check_on_small_disk(tmp_path / f"study.{kind}", limit, way, make_runtime, python) == 1


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["each", "once"])
def test_no_room_for_a_file_of_any_size(kind: str, way: str, make_runtime: Any, tmp_path: Path, python: Any) -> None:
    stopped = 0
    for limit in range(1_000, 2_000_000, 2_777 if kind == "json" else 15_555):
        more = check_on_small_disk(tmp_path / f"{limit}.{kind}", limit, way, make_runtime, python)
        stopped += more
        if not more:
            break
    assert stopped > 10
    assert not more


def test_document_cannot_be_made_anew(make: Make, tmp_path: Path) -> None:
    """A checkpoint without room for the document leaves the old one and the log; later it is made up for."""
    path = tmp_path / "study.json"
    with make(path) as simulation:
        world = begin(simulation)
        world.run(2, PACE)
        simulation.checkpoint("early")
        before = path.read_bytes()
        world.run(1, PACE)
        obstacle = path.with_name(path.name + "-new")
        obstacle.mkdir()
        with pytest.raises(JournalError, match="cannot write the journal"):
            simulation.checkpoint("late")
        assert path.read_bytes() == before
        obstacle.rmdir()
        run_on(world, "each")
        simulation.checkpoint("late")
        assert path.read_bytes() != before
    assert came_to(simulation) == whole()
    check_program(make, path, 0)


# -- where nothing can be written -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_folder_that_cannot_be_made(kind: str, make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am no folder")
    with pytest.raises(JournalError, match="cannot make the folder"):
        make(tmp_path / "file" / "folder" / f"study.{kind}")
    with pytest.raises(JournalError, match="cannot"):
        make(tmp_path / "file" / f"study.{kind}")
    check_program(make, tmp_path / "new" / "folders" / f"study.{kind}", reference().calls)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no folder where nobody can write")
@pytest.mark.parametrize("kind", KINDS)
def test_folder_where_nobody_can_write(kind: str, make: Make) -> None:
    with pytest.raises(JournalError, match=f"cannot write the journal /proc/study.{kind}.*choose a folder"):
        make(Path(f"/proc/study.{kind}"))


READ_ONLY = """
import os, sys
from pathlib import Path
from troupe_core import Runtime, Simulation, TinyPerson, sync  # everything that is not read any more later on
from troupe_core.errors import JournalError
from troupe_core.simulation.journal import document, opening
runtime = Runtime(autoload=False)
Simulation(runtime=runtime).close()
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for path in sys.argv[1:]:
    for begin in (Simulation, Simulation.resume):
        try:
            begin(path, runtime=runtime)
        except JournalError as error:
            print(error)
        else:
            print("opened", path)
runtime.close()
"""


def test_folder_that_may_only_be_read(make: Make, python: Any) -> None:
    """A new journal, and one that is there. The superuser may do everything, hence becomes somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="troupe-"))
    try:
        there = [finished(folder / f"there.{kind}", make) for kind in KINDS]
        for part in folder.iterdir():
            part.chmod(0o444)
        folder.chmod(0o555)
        paths = [*there, *(folder / f"new.{kind}" for kind in KINDS)]
        done = python("-c", READ_ONLY, *paths)
        if "Operation not permitted" in done.stderr:
            pytest.skip("this process may not become somebody else")
        assert done.returncode == 0, done.stderr
        told = done.stdout.splitlines()
        assert len(told) == 2 * len(paths)
        for line, path in zip(told, [path for path in paths for _ in range(2)], strict=True):
            assert line.startswith("cannot write the journal") or "there is no journal" in line
            assert str(path) in line
    finally:
        folder.chmod(0o755)
        rmtree(folder)


# -- one at a time ----------------------------------------------------------------------------------------------------


@contextmanager
def keeper(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the journal open."""
    command = [sys.executable, str(PROGRAM), str(path), "keep"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == "open"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_another_process_has_it(kind: str, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    path = tmp_path / f"study.{kind}"
    with keeper(path) as process:
        for begin in (make, lambda path: Simulation.resume(path, runtime=make_runtime(script))):
            with pytest.raises(JournalError, match="is in use by the process"):
                begin(path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Simulation.resume(path, runtime=make_runtime(script)) as simulation:
            assert "Eve" in simulation
    check_program(make, path, reference().calls)


@pytest.mark.parametrize("kind", KINDS)
def test_another_simulation_has_it(kind: str, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    path = tmp_path / f"study.{kind}"
    with make(path) as simulation:
        begin(simulation)
        for begin_anew in (make, lambda path: Simulation.resume(path, runtime=make_runtime(script))):
            with pytest.raises(JournalError, match=r"in use.*another simulation"):
                begin_anew(path)
            with pytest.raises(JournalError, match=r"in use.*another simulation"):
                begin_anew(path.parent / "." / ".." / path.parent.name / path.name)
    check_program(make, path, reference().calls)


@pytest.mark.parametrize("kind", KINDS)
def test_begun_and_left_alone(kind: str, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    """A refusal to open, or a simulation that nobody ended before it was forgotten, leaves no lock."""
    path = tmp_path / f"study.{kind}"
    for _ in range(3):
        with pytest.raises(ArgumentError):
            make(path, cache="yes")
        with pytest.raises(ArgumentError):
            Simulation(path, runtime=make_runtime(script), seed="x")  # type: ignore[arg-type]
        with pytest.raises(JournalError):
            Simulation.resume(path, runtime=make_runtime(script))
    make(path).close()
    with pytest.raises(JournalError, match=r"nothing has been recorded|there is no journal"):
        Simulation.resume(path, runtime=make_runtime(script))
    check_program(make, path, reference().calls)


# -- a writer that dies -----------------------------------------------------------------------------------------------


class Unforeseen(Exception):
    """Nothing that a disk says."""


@contextmanager
def in_time(seconds: float = 20) -> Iterator[None]:
    """What hangs is an error, with all stacks."""
    import faulthandler

    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def dies_at(number: int, sql: str) -> Callable[[str], None]:
    """At the n-th statement that begins so."""
    left = iter(range(number))

    def before(statement: str) -> None:
        if statement.startswith(sql) and next(left, None) is None:
            raise Unforeseen("out of the blue")

    return before


def check_dead(simulation: Simulation) -> None:
    """Nothing more is taken in, nothing of it is visible, and whoever tries is told why."""
    for change in (
        lambda: TinyPerson("Eve", simulation=simulation),
        lambda: simulation["Ada"].listen("Hello?"),
        simulation["Ada"].act,
        simulation.checkpoint,
    ):
        with pytest.raises(JournalError, match=r"has (ended|died).*out of the blue"):
            change()
    assert "Eve" not in simulation
    if "Room" in simulation and simulation["Room"].state.voices:
        assert simulation.digest() == reference().digests[simulation["Room"].state.step]
    with pytest.raises(JournalError, match=r"could not be written.*out of the blue"):
        simulation.end()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("way", ["each", "once"])
@pytest.mark.parametrize("sql", ["begin", "commit"])
def test_writer_dies(sql: str, way: str, make: Make, make_runtime: Any, connections: list[Any], tmp_path: Path) -> None:
    """Before or in its n-th transaction. Whoever waits is told, and what was written is whole."""
    for number in range(1, 80, 3):
        connections.clear()
        path = tmp_path / f"{number}.db"
        simulation = make(path)
        connections[0].before = dies_at(number, sql)
        with in_time():
            try:
                run_on(begin(simulation), way)
                simulation.end()
            except RunStopped as stopped:
                check_stopped(stopped, "out of the blue")
            except JournalError as error:  # it died before the run began, or after it
                check_words(error, "out of the blue")
            else:
                break
            if not simulation.ended:
                check_dead(simulation)
        assert simulation.ended
        check_copy(path, tmp_path / f"copy {number}", make_runtime)
        check_program(make, path, reference().calls)
    else:
        pytest.fail("it has always died")
    assert came_to(simulation) == whole()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_writer_dies_while_nobody_waits(make: Make, connections: list[Any], tmp_path: Path) -> None:
    """Then the end of the simulation tells what is lost."""

    def before(statement: str) -> None:
        raise Unforeseen("out of the blue")

    simulation = make(tmp_path / "study.db")
    world = begin(simulation)
    world.run(1, PACE)
    writer = next(thread for thread in threading.enumerate() if thread.name == "troupe-journal")
    connections[0].before = before
    simulation["Ada"].listen("Nobody will have heard this.")
    with in_time():
        writer.join()
        with pytest.raises(JournalError, match=r"could not be written.*out of the blue"):
            simulation.end()
    check_program(make, tmp_path / "study.db", reference().calls - len(NAMES))


@pytest.mark.parametrize("name", ["half \ud83d", "null \0", "ünï–cödé 🜚", " ", "", "x" * 201, "a\nb", "a@b"])
@pytest.mark.parametrize("kind", KINDS)
def test_names_of_checkpoints(name: str, kind: str, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    """A name that is taken is found again; any other is refused. None harms the writer."""
    path = tmp_path / f"study.{kind}"
    with in_time():
        with make(path) as simulation:
            world = begin(simulation)
            try:
                simulation.checkpoint(name)
            except ArgumentError:
                kept = False
            else:
                kept = True
            run_on(world, "each")
        assert came_to(simulation) == whole()
        with Simulation.resume(path, runtime=make_runtime(script), at=name if kept else "main") as resumed:
            assert resumed.digest() == reference().digests[0 if kept else -1]


# -- files that are no journal, and damaged ones ----------------------------------------------------------------------


def check_refused(path: Path, make: Make, make_runtime: Any, pattern: str) -> None:
    """Neither way in opens it; nothing is changed there, and nothing is locked afterwards."""
    before = {part.name: part.read_bytes() for part in path.parent.iterdir() if part.is_file()}
    for _ in range(2):
        for begin in (make, lambda path: Simulation.resume(path, runtime=make_runtime(script))):
            with pytest.raises(JournalError, match=pattern) as caught:
                begin(path)
            assert path.name in str(caught.value)
    after = {part.name: part.read_bytes() for part in path.parent.iterdir() if part.is_file()}
    beside = [path.name + end for end in ("-lock", "-wal", "-shm")]
    assert {k: v for k, v in after.items() if k not in beside} == {k: v for k, v in before.items() if k not in beside}


@pytest.mark.parametrize("kind", KINDS)
def test_folder(kind: str, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    (tmp_path / f"study.{kind}").mkdir()
    check_refused(tmp_path / f"study.{kind}", make, make_runtime, "is a folder")


@pytest.mark.parametrize(
    "content",
    [
        b"Dear diary",
        bytes(range(256)) * 40,
        b'{"a": 1}',
        b"[]",
        b"null",
        b'{"troupe": []}',
        b'{"troupe": {"format": 1}',
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_file_of_another_kind(kind: str, content: bytes, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    path = tmp_path / f"study.{kind}"
    path.write_bytes(content)
    check_refused(path, make, make_runtime, "no journal|not a database")


def test_database_of_somebody_else(make: Make, make_runtime: Any, tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("create table letters (text)")
    check_refused(path, make, make_runtime, "an SQLite file, and no journal")


def test_journal_that_was_hardly_begun(make: Make, tmp_path: Path) -> None:
    """Whatever of a file's beginning was written before a crash, it is made good."""
    path = finished(tmp_path / "whole.db", make)
    for number, missing in enumerate((["ref"], ["ref", "kv"], ["ref", "kv", "mark"], ["ref", "kv", "mark", "format"])):
        copy = copied(path, tmp_path / str(number))
        with closing(sqlite3.connect(copy)) as rows:
            rows.execute("delete from kv")
            rows.commit()
            for each in missing:
                unmade = {"mark": "pragma application_id = 0", "format": "pragma user_version = 0"}
                rows.execute(unmade.get(each, f"drop table {each}"))
        check_program(make, copy, reference().calls)
    (tmp_path / "empty.db").touch()
    check_program(make, tmp_path / "empty.db", reference().calls)


def test_journal_of_another_format(make: Make, make_runtime: Any, tmp_path: Path) -> None:
    path = finished(tmp_path / "study.db", make)
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("pragma user_version = 99")
    check_refused(path, make, make_runtime, "format 99")
    path = finished(tmp_path / "study.json", make)
    text = path.read_text()
    path.write_text(text.replace('"format": 1', '"format": 99'))
    check_refused(path, make, make_runtime, "format 99")
    assert text != path.read_text()


@pytest.mark.parametrize("letter", ["l", "o", "c", "m", "b"])
def test_damaged_row(letter: str, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    """Each row of a kind, with one bit turned over: who reads it is told which, and where a copy is."""
    path = finished(tmp_path / "study.db", make)
    found = 0
    with closing(sqlite3.connect(path)) as rows:
        damage(rows, letter)
    runtime = make_runtime(script)
    try:
        with Simulation.resume(path, runtime=runtime) as simulation:
            try:
                for person in [each for each in simulation if isinstance(each, TinyPerson)]:
                    _ = person.prompt(), person.memories(), list(simulation.facts)
            finally:
                study.person(
                    simulation, "Eve"
                )  # something new, which the end brings into the file, but not into the copy
    except JournalError as error:
        found += 1
        check_told(error, letter, path)
    try:
        with make(path) as simulation:
            run_on(begin(simulation), "each")
    except RunStopped as stopped:
        found += 1
        check_told(stopped, letter, path)
    except JournalError as error:
        found += 1
        check_told(error, letter, path)
    assert found or letter == "l"  # answers are not read where their turn is known
    with make(path.with_name(path.name + ".bak")) as simulation:
        run_on(begin(simulation), "each")
    assert came_to(simulation) == whole()
    assert calls(simulation) == 0


def damage(rows: sqlite3.Connection, letter: str) -> None:
    for key, value in rows.execute("select k, v from kv where substr(k, 1, 1) = ?", (letter.encode(),)).fetchall():
        middle = len(value) // 2
        changed = value[:middle] + bytes([value[middle] ^ 16]) + value[middle + 1 :]
        rows.execute("update kv set v = ? where k = ?", (changed, key))
    rows.commit()


def check_told(error: Exception, letter: str, path: Path) -> None:
    check_words(error, f"{re.escape(str(path))} is damaged at row {letter}:.*{path.name}.bak")


def test_damaged_pages(make: Make, make_runtime: Any, tmp_path: Path) -> None:
    """Pages of the file are overwritten, one after the other: an error that says so, or everything is as it was; and
    the file is never left locked.
    """
    whole_file = finished(tmp_path / "study.db", make).read_bytes()
    told = 0
    for start in range(0, len(whole_file), 4096):
        path = tmp_path / f"{start}.db"
        path.write_bytes(whole_file[:start] + random.Random(start).randbytes(4096) + whole_file[start + 4096 :])
        for _ in range(2):
            try:
                with Simulation.resume(path, runtime=make_runtime(script)) as simulation:
                    assert came_to(simulation) == whole()
            except JournalError as error:
                told += 1
                check_words(error, f"{path.name} is (damaged|no journal)|journal [^ ]*{path.name}: .*malformed")
    assert told


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_cut_document(share: float, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    path = finished(tmp_path / "study.json", make)
    content = path.read_bytes()
    path.write_bytes(content[: max(1, int(len(content) * share))])
    check_refused(path, make, make_runtime, "is no journal, or is damaged.*study.json.bak")
    path.with_name("study.json.bak").replace(path)
    check_program(make, path, 0)


def with_log(folder: Path, python: Any) -> Path:
    """A document with a log beside it, as a crash leaves them."""
    path = folder / "study.json"
    assert python(PROGRAM, path, "gone").returncode == 0
    assert path.with_name("study.json-log").stat().st_size > 1_000
    return path


def test_log_with_a_cut_last_line(make: Make, make_runtime: Any, tmp_path: Path, python: Any) -> None:
    """Whatever was cut off: what is before it counts, and the next line is not appended to a half one."""
    path = with_log(tmp_path, python)
    log = path.with_name("study.json-log").read_bytes()
    last = log.rindex(b"\n", 0, len(log) - 1) + 1
    for number, end in enumerate((len(log), len(log) - 1, len(log) - 2, last + 20, last + 8, last + 3, last)):
        folder = tmp_path / str(number)
        copy = copied(path, folder)
        copy.with_name("study.json-log").write_bytes(log[:end])
        check_copy(copy, folder / "copy", make_runtime)
        check_program(make, copy, 4)
        check_program(make, copy, 0)


def test_log_with_a_damaged_middle(make: Make, make_runtime: Any, tmp_path: Path, python: Any) -> None:
    """What comes after it cannot be trusted. Without the log one goes on from the last checkpoint."""
    path = with_log(tmp_path, python)
    log = path.with_name("study.json-log").read_bytes()
    middle = log.index(b"\n", len(log) // 3) + 40
    path.with_name("study.json-log").write_bytes(log[:middle] + b"!" + log[middle + 1 :])
    check_refused(path, make, make_runtime, r"study.json-log is damaged at line \d+; remove it")
    path.with_name("study.json-log").unlink()
    with Simulation.resume(path, runtime=make_runtime(script)) as simulation:
        assert simulation.digest() == reference().digests[2]
        run_on(begin(simulation), "each")
    assert came_to(simulation) == whole()


# -- the end of a process ---------------------------------------------------------------------------------------------

WAYS_TO_GO = {
    "end of the program": "",
    "sys.exit": "sys.exit(3)",
    "error": "raise ValueError('unforeseen')",
    "Ctrl-C": "raise KeyboardInterrupt",
    "end of a thread": "import threading; threading.Thread(target=lambda: simulation['Ben'].mind).start()",
}


@pytest.mark.parametrize("how", WAYS_TO_GO)
@pytest.mark.parametrize("kind", KINDS)
def test_process_ends_without_an_end(how: str, kind: str, make_runtime: Any, tmp_path: Path, python: Any) -> None:
    """Everything that was committed is there, whether or not anybody waited for it."""
    path = tmp_path / f"study.{kind}"
    done = python(PROGRAM, path, "left", WAYS_TO_GO[how])
    assert "JournalError" not in done.stderr
    with Simulation.resume(path, runtime=make_runtime(script)) as simulation:
        assert simulation.digest() == json.loads(done.stdout)
        assert simulation.facts[-1].content == LAST


@pytest.mark.parametrize("kind", KINDS)
def test_process_that_stops_at_once(kind: str, make: Make, make_runtime: Any, tmp_path: Path, python: Any) -> None:
    """What somebody has waited for is there: the run."""
    path = tmp_path / f"study.{kind}"
    assert python(PROGRAM, path, "gone").returncode == 0
    with Simulation.resume(path, runtime=make_runtime(script)) as simulation:
        assert simulation["Room"].state.step == STEPS
    check_program(make, path, 2 * len(NAMES))  # episodes that were on their way


# -- several threads --------------------------------------------------------------------------------------------------


def spoken(person: TinyPerson) -> list[tuple[str, str]]:
    """What the model would be asked."""
    return [(message.role, message.content) for message in person.prompt().messages]


@pytest.mark.parametrize("kind", KINDS)
def test_threads_change_different_people(kind: str, make: Make, make_runtime: Any, tmp_path: Path) -> None:
    """Two threads talk to two people, a third names checkpoints, while the others' world runs."""
    path, times = tmp_path / f"study.{kind}", 150
    simulation = make(path)
    people = [TinyPerson(name, memory=EpisodicMemory(episode=2), simulation=simulation) for name in NAMES]
    world = TinyWorld("Room", people[2:], simulation=simulation).broadcast("Welcome", source="Moderator")
    errors: list[BaseException] = []

    def tell(person: TinyPerson) -> None:
        for number in range(times):
            person.listen(f"{number} for {person.name}", source="Moderator")
            if number % 10 == 0:
                person.define("count", number)
            if number % 40 == 0:
                person.act()

    def label() -> None:
        for number in range(10):
            simulation.checkpoint(f"at {number}")

    def attempt(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    works = [lambda: tell(people[0]), lambda: tell(people[1]), label, lambda: world.run(8)]
    threads = [threading.Thread(target=attempt, args=(work,)) for work in works]
    with in_time(60):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        simulation.end()
    after = came_to(simulation)
    heard = [fact.content for fact in simulation.facts if fact.content.endswith("for Ada")]
    assert heard == [f"{number} for Ada" for number in range(times)]
    with Simulation.resume(path, runtime=make_runtime(script)) as resumed:
        assert came_to(resumed) == after
        for name in NAMES:
            assert spoken(resumed[name]) == spoken(simulation[name])


@pytest.mark.parametrize("kind", KINDS)
def test_plain_calls_in_a_running_loop(kind: str, make: Make, tmp_path: Path) -> None:
    """As in a notebook, whose loop stands still while a call waits."""

    async def cell() -> None:
        with make(tmp_path / f"study.{kind}") as simulation:
            world = begin(simulation)
            world.run(2, PACE)
            simulation.checkpoint()
            world.run(STEPS - 2, PACE)
        assert came_to(simulation) == whole()

    with in_time():
        asyncio.run(cell())


@pytest.mark.parametrize("kind", KINDS)
def test_forks_at_the_same_time(kind: str, make_runtime: Any, tmp_path: Path) -> None:
    """Both have the same turns before them, and the model never says the same thing twice: what either has seen is
    what it finds again.
    """
    number = count()

    def sampled(request: Any, call: Any) -> Any:
        said = f"{next(number)} things"
        return {"memories": [said]} if call.purpose == "consolidation" else turn(talk(said))

    runtime = make_runtime(LatencyModel(ScriptedModel(sampled), constant(0.01)))
    simulation = Simulation(tmp_path / f"study.{kind}", runtime=runtime, seed=3)
    begin(simulation)
    fork = simulation.fork("other")
    threads = [threading.Thread(target=each["Room"].run, args=(3, PACE)) for each in (simulation, fork)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    simulation.end()
    fork.end()
    for name, each in (("main", simulation), ("other", fork)):
        with Simulation.resume(tmp_path / f"study.{kind}", name, runtime=runtime) as resumed:
            assert came_to(resumed) == came_to(each)
            assert [fact.content for fact in resumed.facts] == [fact.content for fact in each.facts]
            for who in NAMES:
                assert spoken(resumed[who]) == spoken(each[who])


# -- what models send -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_surrogate_pair(kind: str, make_runtime: Any, tmp_path: Path) -> None:
    """As it is, and escaped: the file can be read again, and the study goes on."""

    def broken(request: Any, call: Any) -> LLMResponse:
        if call.purpose == "consolidation":
            return LLMResponse('{"memories": ["kept \\ud83d half"]}', Usage(1, 1))
        said = json.dumps(turn(talk("half \ud83d of it"), goals="\udc00")).replace("of it", "\ud83d of it")
        return LLMResponse(said, Usage(1, 1), model="some\udfff")

    path = tmp_path / f"study.{kind}"
    runtime = make_runtime(broken)
    for times in (1, 2):
        with Simulation(path, runtime=runtime, seed=3) as simulation:
            run_on(begin(simulation), "each")
        with Simulation.resume(path, runtime=runtime) as resumed:
            assert came_to(resumed) == came_to(simulation)
            assert [spoken(resumed[who]) for who in NAMES] == [spoken(simulation[who]) for who in NAMES]
            if times == 1:
                calls = runtime.model_under_test.calls
    assert runtime.model_under_test.calls == calls
