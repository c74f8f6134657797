"""A program that is killed: twelve people, five steps, questions of their own, episodes, a clock, a word with one of
them afterwards. It takes its orders as JSON, asks a model on a loopback port, and writes down what it came to.

    {"path": …, "port": …, "run": …, "way": "each" or "once", "resume": false, "kill": null}

`kill` says where the program ends itself. {"place": 17}: at the seventeenth boundary of something that is written.
{"place": 3, "of": "replace"}: at the third of something of that name. {"commit": 5, "after": 2e-5}: by a second thread,
so many seconds after the fifth COMMIT has begun. In `watch`, a file of sixteen bytes, it keeps how many boundaries and
COMMITs it has seen, and whether it is within one.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from troupe_core import (
    EpisodicMemory,
    FacultySpec,
    LLMBackend,
    LLMResponse,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Turn,
    Usage,
    action,
    hookimpl,
)

NAMES = ("Ana", "Anton", "Bela", "Çağla", "Dmitri", "Emre", "Frieda", "Gu Yan", "Hana", "Ike", "Joana", "Kofi")
STEPS = 5
IN_FLIGHT = 4
SQUARE = "Market square"
NEWS = "The tram stops running at nine. What will you do?"
LAST = "One last thing: was it worth it?"
PACE = timedelta(minutes=20)


# -- the people, and who answers for them -----------------------------------------------------------------------------


@attrs.frozen
class Searched:
    """How often somebody has searched its memory, and a number drawn meanwhile."""

    times: int = 0
    drawn: int = 0


class Search(TinyMentalFaculty, state=Searched):
    """You can search your memory."""

    @action(observe=True)
    async def search(self, turn: Turn[Searched], query: str) -> str:
        """What do you know about the query?"""
        turn.state = Searched(turn.state.times + 1, turn.rng.below(1000))
        found = await turn.recall(query, 3)
        return "; ".join(recalled.fact.content for recalled in found) or "nothing"

    def state_prompt(self, turn: Turn[Searched]) -> str:
        return f"you have searched your memory {turn.state.times} times"


class Registers:
    """A plugin with the faculty."""

    @hookimpl
    def troupe_register_faculties(self) -> Iterator[FacultySpec]:
        yield FacultySpec("search", Search)


class Remote(LLMBackend):
    """Asks a server; one connection for each question that is under way."""

    name = "remote"
    free = True

    def __init__(self, port: int, run: str) -> None:
        super().__init__()
        self.port = port
        self.run = run
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def complete(self, request: Any, call: Any) -> LLMResponse:
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection("127.0.0.1", self.port)
        asked = {
            "run": self.run,
            "key": request.key.hex(),
            "person": call.person,
            "turn": call.turn,
            "purpose": call.purpose,
            "last": request.messages[-1].content,
        }
        writer.write(json.dumps(asked).encode() + b"\n")
        text = json.loads(await reader.readline())
        self.free.append((reader, writer))
        return LLMResponse(text, Usage(len(asked["last"]) // 4, len(text) // 4), model=request.model)

    async def aclose(self) -> None:
        for _, writer in self.free:
            writer.close()
            await writer.wait_closed()


# -- where it ends itself ---------------------------------------------------------------------------------------------


class Boundaries:
    """Counts what is about to be written and what has been, and kills the process at one of these places."""

    def __init__(self, watch: str, kill: dict[str, Any]) -> None:
        file = os.open(watch, os.O_RDWR)
        self.shared = memoryview(mmap.mmap(file, 16)).cast("I")  # survives the process
        os.close(file)
        self.place = kill.get("place", -1)
        self.of = kill.get("of", "")
        self.passed = 0
        self.commit = kill.get("commit", -1)
        self.after = kill.get("after", 0.0)
        self.lock = threading.Lock()
        self.go = threading.Lock()
        self.go.acquire()
        if self.commit >= 0:
            threading.Thread(target=self.strike, daemon=True).start()

    def strike(self) -> None:
        with self.go:
            end = time.perf_counter() + self.after
            while time.perf_counter() < end:
                pass
            os.kill(os.getpid(), signal.SIGKILL)

    def here(self, what: str) -> None:
        """Before or after that."""
        with self.lock:
            self.shared[0] += 1
            self.passed += what.startswith(self.of)
            if self.passed == self.place and what.startswith(self.of):
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, what: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the system with a boundary before and after it."""

        def bounded(*arguments: Any, **named: Any) -> Any:
            self.here(name)
            result = what(*arguments, **named)
            self.here(name)
            return result

        return bounded

    def write_in_two(self, write: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        """Writes that stop half way, as the system's may; what is long is cut on the way."""

        def halves(descriptor: int, data: Any) -> int:
            self.here("write")
            written = write(descriptor, data[: len(data) // 2] if len(data) > 500 else data)
            self.here("write")
            return written

        return halves

    def watch_files(self) -> None:
        """For a journal that is a document."""
        os.write = self.write_in_two(os.write)  # type: ignore[assignment]
        for name in ("ftruncate", "replace", "fsync", "unlink"):
            setattr(os, name, self.around(name, getattr(os, name)))

    def watch_statements(self) -> None:
        """For a journal in SQLite: every statement that may write."""
        boundaries = self

        class Watched(sqlite3.Connection):
            def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
                if sql.startswith("select"):
                    return super().execute(sql, *given)
                boundaries.here(sql)
                if sql == "commit":
                    boundaries.shared[1] += 1
                    boundaries.shared[2] = 1
                    if boundaries.shared[1] == boundaries.commit:
                        boundaries.go.release()
                cursor = super().execute(sql, *given)
                if sql == "commit":
                    boundaries.shared[2] = 0
                boundaries.here(sql)
                return cursor

            def executemany(self, sql: str, *given: Any) -> sqlite3.Cursor:
                boundaries.here(sql)
                cursor = super().executemany(sql, *given)
                boundaries.here(sql)
                return cursor

        connect = sqlite3.connect
        sqlite3.connect = lambda *given, **named: connect(*given, factory=Watched, **named)  # type: ignore[assignment]


# -- the program ------------------------------------------------------------------------------------------------------


class Cast(NamedTuple):
    """Who is there."""

    people: list[Any]
    world: Any


def begin() -> Cast:
    """Everybody and everything anew."""
    people = [TinyPerson(name, persona(name), mental_faculties=["search"], memory=memory()) for name in NAMES]
    world = TinyWorld(SQUARE, people, initial_datetime="2026-03-02T19:30")
    world.broadcast(NEWS, source="Moderator")
    return Cast(people, world)


def go_on(simulation: Simulation) -> Cast:
    """What is there, and what is not there yet: the program may have ended anywhere."""
    people = [
        simulation[name]
        if name in simulation
        else TinyPerson(name, persona(name), mental_faculties=["search"], memory=memory())
        for name in NAMES
    ]
    there = SQUARE in simulation
    world = simulation[SQUARE] if there else TinyWorld(SQUARE, people, initial_datetime="2026-03-02T19:30")
    if "Moderator" not in world.state.voices:
        world.broadcast(NEWS, source="Moderator")
    return Cast(people, world)


def persona(name: str) -> dict[str, Any]:
    return {"age": 30 + len(name), "occupation": "stallholder", "likes": [name[:2], "tea"]}


def memory() -> EpisodicMemory:
    return EpisodicMemory(window_size=1_500, keep=600, episode=2)


def live(simulation: Simulation, cast: Cast, way: str) -> None:
    """The steps that are left, and the last word."""
    left = STEPS - cast.world.state.step
    if way == "each":
        for _ in range(left):
            cast.world.run(1, PACE)
    elif left:
        cast.world.run(left, PACE)
    if not any(fact.content == LAST for fact in simulation.facts):
        cast.people[0].listen_and_act(LAST)


def main(orders: dict[str, Any]) -> dict[str, Any]:
    if orders.get("watch"):
        boundaries = Boundaries(orders["watch"], orders.get("kill") or {})
        if orders["path"].endswith(".json"):
            boundaries.watch_files()
        else:
            boundaries.watch_statements()
    made = {
        "runtime": Runtime(
            plugins=[Registers(), Remote(orders["port"], orders["run"])], autoload=False, model="remote/any"
        ),
        "max_in_flight": IN_FLIGHT,
    }
    if orders["resume"]:
        with Simulation.resume(orders["path"], **made) as simulation:
            live(simulation, go_on(simulation), orders["way"])
    else:
        with Simulation(orders["path"], seed=7, **made) as simulation:
            live(simulation, begin(), orders["way"])
    came_to = {"digest": simulation.digest(), "facts": [fact.id.hex() for fact in simulation.facts]}
    made["runtime"].close()
    return came_to


if __name__ == "__main__":
    orders = json.loads(sys.argv[1])
    Path(orders["result"]).write_text(json.dumps(main(orders)))
