"""Several processes, and several runtimes, over one file: what one asks the others wait for, unless it was killed."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from troupe_cache_sqlite import leases, stats
from troupe_cache_sqlite import store as store_module
from troupe_core import Form, LLMRequest, Message

PROGRAM = """
import asyncio, json, os, sys
from troupe_cache_sqlite import Plugin, clerk, leases, stats
from troupe_core import Call, Form, LLMBackend, LLMRequest, LLMResponse, Message, Runtime

leases.LEASE, clerk.BEAT = 2.0, 0.2
path, counted, what = sys.argv[1:]

class Asked(LLMBackend):
    async def complete(self, request, call):
        with open(counted, "ab") as file:
            file.write(b".")
        if what == "hang":
            print("asking", flush=True)
            await asyncio.sleep(3600)
        await asyncio.sleep(0.02)
        return LLMResponse(f"{os.getpid()} answers {request.draw}", model="any")

def request(draw):
    return LLMRequest(Form("asked/any"), (Message("user", "Who?"),), draw)

async def ask(handler):
    return await asyncio.gather(*(handler.complete(request(draw), Call("s", "turn")) for draw in range(count)))

count = 1 if what == "hang" else 100
settings = {"cache-sqlite": {"mode": "readwrite", "path": path}}
with Runtime([Asked, Plugin], settings=settings, autoload=False) as runtime:
    if what == "all":
        print("ready", flush=True)
        sys.stdin.readline()
    answers = runtime.wait(lambda: ask(runtime.llm_handler("asked/any")), "ask")
    done = stats(runtime)
print(json.dumps([[answer.text for answer in answers], done.hits, done.misses, done.waits]))
"""


def start(folder: Path, what: str) -> subprocess.Popen[str]:
    arguments = [str(folder / "cache.sqlite"), str(folder / "counted"), what]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_four_processes_that_ask_the_same_hundred_questions_make_a_hundred_calls(tmp_path):
    processes = [start(tmp_path, "all") for _ in range(4)]
    assert [line(process) for process in processes] == ["ready"] * 4
    told: list[Any] = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        told.append(json.loads(output))
    assert (tmp_path / "counted").stat().st_size == 100
    assert all(answers == told[0][0] for answers, *_ in told)
    assert sum(misses for _, _, misses, _ in told) == 100
    assert all(hits + misses == 100 for _, hits, misses, _ in told)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nobody can be killed here")
def test_who_was_killed_while_asking_holds_nobody_up_for_long_and_who_lives_does(room, tmp_path):
    room.path = tmp_path / "cache.sqlite"
    process = start(tmp_path, "hang")
    try:
        assert line(process) == "asking"
        runtime = room.runtime(lambda request, number: "mine")
        handler = runtime.llm_handler("asked/any")
        request = LLMRequest(Form("asked/any"), (Message("user", "Who?"),))  # the one of the program

        async def story() -> tuple[bool, int, str]:
            asked = asyncio.get_running_loop().create_task(handler.complete(request, room.call))
            await asyncio.wait([asked], timeout=2.5)  # longer than a lease holds that is not renewed
            waited, calls = not asked.done(), runtime.model_under_test.calls  # type: ignore[attr-defined]
            process.kill()
            process.wait()
            async with asyncio.timeout(30):
                return waited, calls, (await asked).text

        assert room.run(runtime, story) == (True, 0, "mine")
        assert stats(runtime).misses == 1
    finally:
        process.kill()
        process.communicate()


def in_file(room, statement, *values):
    with sqlite3.connect(room.path) as db:
        rows = db.execute(statement, values).fetchall()
    db.close()
    return rows


@pytest.fixture
def two(room, monkeypatch):
    """Two runtimes of one process over one file, the first of which is asking; and what the second one is asked.
    Whoever waits until a lease expires waits longer than the tests.
    """
    monkeypatch.setattr(leases, "LEASE", leases.LONGEST - 1)
    first, second = room.runtime(lambda request, number: "first"), room.runtime(lambda request, number: "second")
    for runtime in (first, second):
        runtime.model_under_test.gate = asyncio.Event()
    return first, second


def begin(room, runtime):
    """A question under way."""
    handler = runtime.llm_handler("asked/any")

    async def task():
        return asyncio.get_running_loop().create_task(handler.complete(room.request(), room.call))

    return room.run(runtime, task)


def calls(runtime):
    return runtime.model_under_test.calls


def open_gate(room, runtime):
    async def opened():
        runtime.model_under_test.gate.set()

    room.run(runtime, opened)


def wait_for(what):
    deadline = time.monotonic() + 40
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def end(room, runtime, task):
    async def ended():
        return (await task).text

    return room.run(runtime, ended)


def test_two_runtimes_of_one_process_ask_once(room, two):
    first, second = two
    one = begin(room, first)
    wait_for(lambda: calls(first) == 1)
    other = begin(room, second)
    time.sleep(0.1)
    open_gate(room, first)
    assert [end(room, first, one), end(room, second, other)] == ["first", "first"]
    assert calls(second) == 0
    assert stats(second).hits == 1


@pytest.mark.parametrize("why", ["cancelled", "failed", "closed"])
def test_when_one_gives_up_the_next_one_asks_at_once(room, two, why):
    first, second = two
    if why == "failed":
        first.model_under_test.answer = lambda request, number: RuntimeError("down")
    one = begin(room, first)
    wait_for(lambda: calls(first) == 1)
    other = begin(room, second)
    time.sleep(0.05)
    assert calls(second) == 0
    if why == "cancelled":
        first.thread.loop.call_soon_threadsafe(one.cancel)
    elif why == "failed":
        open_gate(room, first)
    else:
        first.close()
    wait_for(lambda: calls(second) == 1)
    open_gate(room, second)
    assert end(room, second, other) == "second"


def test_who_waits_for_another_process_can_leave(room, two):
    first, second = two
    one = begin(room, first)
    wait_for(lambda: calls(first) == 1)
    other = begin(room, second)
    time.sleep(0.05)
    second.thread.loop.call_soon_threadsafe(other.cancel)
    wait_for(other.done)
    open_gate(room, first)
    assert end(room, first, one) == "first"
    assert room.texts(second, room.request()) == ["first"]
    assert calls(second) == 0


@pytest.mark.parametrize("until", [-1.0, 3600.0], ids=["has expired", "is of a clock that was set back since"])
def test_a_lease_that_cannot_be_alive_holds_nobody_up(room, until):
    room.texts(room.runtime(), room.request("another"))
    runtime = room.runtime()
    handler = runtime.llm_handler("asked/any")
    key = handler._key(room.request())
    in_file(room, "INSERT INTO lease VALUES (?, x'00', 1, ?)", key, time.time() + until)
    assert room.texts(runtime, room.request()) == ["answer 1"]


def test_a_lease_that_is_alive_does_until_it_expires(room):
    room.texts(room.runtime(), room.request("another"))
    runtime = room.runtime()
    key = runtime.llm_handler("asked/any")._key(room.request())
    until = time.time() + 0.5
    in_file(room, "INSERT INTO lease VALUES (?, x'00', 1, ?)", key, until)
    assert room.texts(runtime, room.request()) == ["answer 1"]
    assert time.time() >= until


def test_a_clock_that_is_set_back_while_somebody_waits_holds_nobody_up(room):
    room.texts(room.runtime(), room.request("another"))
    runtime = room.runtime()
    key = runtime.llm_handler("asked/any")._key(room.request())
    in_file(room, "INSERT INTO lease VALUES (?, x'00', 1, ?)", key, time.time() + 30)
    task = begin(room, runtime)
    time.sleep(0.1)
    assert calls(runtime) == 0
    in_file(room, "UPDATE lease SET until = until + 3600")
    wait_for(lambda: calls(runtime) == 1)
    assert end(room, runtime, task) == "answer 1"


def test_what_somebody_else_has_stored_meanwhile_is_found_before_a_model_is_asked(room, monkeypatch):
    """Between the look and the lease another process has answered."""
    other = room.runtime(lambda request, number: "theirs")
    runtime = room.runtime(lambda request, number: "mine")
    handler, real = runtime.llm_handler("asked/any"), store_module.Store.claim
    assert handler is not None

    async def late(self, key, ticket, kind):
        monkeypatch.setattr(store_module.Store, "claim", real)
        room.texts(other, room.request())
        other.plugins.get_plugin("cache-sqlite").cache.flush()
        return await real(self, key, ticket, kind)

    monkeypatch.setattr(store_module.Store, "claim", late)
    assert room.texts(runtime, room.request()) == ["theirs"]
    assert calls(runtime) == 0
    assert in_file(room, "SELECT count(*) FROM lease") == [(0,)]


def test_nothing_of_a_question_stays_but_its_answer(room):
    runtime = room.runtime(lambda request, number: "good" if request.draw else "")
    room.texts(runtime, room.request(draw=0), room.request(draw=1))
    runtime.plugins.get_plugin("cache-sqlite").cache.flush()
    assert in_file(room, "SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM lease)") == [(2, 0)]
    in_file(room, "INSERT INTO lease VALUES (x'00', x'00', 1, 5.0)")  # of somebody who was killed long ago
    runtime.close()
    assert in_file(room, "SELECT count(*) FROM lease") == [(0,)]


def test_who_has_left_a_queue_is_not_handed_the_lease(room, two):
    first, second = two
    third = room.runtime(lambda request, number: "third")
    first.model_under_test.answer = lambda request, number: RuntimeError("down")
    begin(room, first)
    wait_for(lambda: calls(first) == 1)
    other = begin(room, second)
    time.sleep(0.05)
    second.thread.loop.call_soon_threadsafe(other.cancel)
    wait_for(other.done)
    open_gate(room, first)
    time.sleep(0.1)
    assert room.texts(third, room.request()) == ["third"]
    assert calls(second) == 0
