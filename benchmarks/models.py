"""A model in this process, that answers at once or after a while, and the group of people that it plays.

Every turn is the same amount of work: a person perceives two things (a question that the moderator puts to all, and
what one other person has said to it) and does two (a thought, and a reply to one other person), each of so many words.
An answer carries a state of mind of 48 words, and has about 900 characters when the words are 30. Which words is a
function of the person and of its own turn, so that nothing depends on timing; no person says the same thing twice.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from benchmarks.people import people, speech
from troupe_core import (
    Call,
    LLMBackend,
    LLMRequest,
    LLMResponse,
    RunReport,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    Usage,
)

POOL = 2048
MEMORIES = 4
USAGE = Usage(3000, 220)
Watch = Callable[[LLMRequest, Call], None]

ANSWER = (
    '{"actions":[{"type":"THINK","content":"%s","target":""},{"type":"TALK","content":"%s","target":"%s"},'
    '{"type":"DONE","content":"","target":""}],"cognitive_state":{"goals":"%s","attention":"%s","emotions":"%s",'
    '"context":["%s","%s"]}}'
)


@cache
def said(words: int) -> list[str]:
    """Different utterances of so many words, as they stand within a JSON text."""
    return [orjson.dumps(speech(i, words)).decode()[1:-1] for i in range(POOL)]


@cache
def personas(n: int) -> list[dict[str, object]]:
    """The first n persons, made once for a process that makes many groups of them."""
    return list(people(n))


class Model(LLMBackend):
    """Plays everybody. `seconds` is the latency, on the real clock; `to_all` lets everybody talk to everybody."""

    name = "bench"
    free = True

    seconds: float = 0.0
    to_all: bool = False
    watch: Watch | None = None

    def __init__(self, words: int) -> None:
        super().__init__()
        self.names: list[str] = []
        self.places: dict[str, int] = {}
        self.talk, self.mind, self.kept = said(words), (said(14), said(8), said(10)), said(24)

    def plays(self, names: list[str]) -> None:
        self.names = names
        self.places = {name: place for place, name in enumerate(names)}

    def answer(self, place: int, turn: int) -> str:
        """Of the person at that place, in its turn of that number. Everybody is talked to by exactly one other."""
        at = place * 613 + turn * 7
        names, talk, (long, short, middling) = self.names, self.talk, self.mind
        others = len(names) - 1
        target = "" if self.to_all or others < 1 else names[(place + 1 + turn * 37 % others) % len(names)]
        return ANSWER % (
            talk[at % POOL],
            talk[(at + 1000) % POOL],
            target,
            long[at % POOL],
            short[at % POOL],
            middling[at % POOL],
            short[(at + 500) % POOL],
            short[(at + 900) % POOL],
        )

    def recollections(self, place: int, turn: int) -> str:
        """What is left of an episode."""
        kept = [self.kept[(place * 613 + turn * 7 + 300 * i) % POOL] for i in range(MEMORIES)]
        return '{"memories":["' + '","'.join(kept) + '"]}'

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        if self.watch is not None:
            self.watch(request, call)
        return await self.reply(call)

    async def reply(self, call: Call) -> LLMResponse:
        """The answer, which depends on who asks and not on what."""
        if self.seconds:
            await asyncio.sleep(self.seconds)
        place = self.places.get(call.person or "", 0)
        made = self.answer if call.purpose == "turn" else self.recollections
        return LLMResponse(made(place, call.turn), USAGE)


class Group:
    """So many people in one world, with a clock and a place, and nobody else's plugins."""

    def __init__(
        self,
        n: int,
        *,
        words: int = 30,
        max_in_flight: int = 256,
        seconds: float = 0.0,
        to_all: bool = False,
        watch: Watch | None = None,
        made: Iterable[dict[str, object]] | None = None,
        path: Path | None = None,
        **options: Any,
    ) -> None:
        """`options` are the runtime's; its plugins come beside the model of this process."""
        self.size, self.words, self.steps = n, words, 0
        self.model = Model(words)
        plugins = [self.model, *options.pop("plugins", ())]
        self.runtime = Runtime(plugins, **{"model": "bench/model", "autoload": False, **options})
        with Simulation(runtime=self.runtime) as before:  # what a runtime makes once is no part of a turn
            TinyPerson("Nobody", simulation=before).act()
        before.close()
        self.model.seconds, self.model.to_all, self.model.watch = seconds, to_all, watch
        self.simulation = Simulation(path, runtime=self.runtime, max_in_flight=max_in_flight)
        described = made or (personas(n) if n <= 1000 else people(n))
        self.people = [TinyPerson(str(each["name"]), each, simulation=self.simulation) for each in described]
        self.model.plays([person.name for person in self.people])
        self.world = TinyWorld("Hall", self.people, initial_datetime="2026-03-02T09:00", simulation=self.simulation)

    def begin(self) -> None:
        """Everybody is somewhere, and has been spoken to by somebody before the first step."""
        for place, person in enumerate(self.people):
            person.move_to("The community hall, second floor")
            if not self.model.to_all:
                person.listen(speech(POOL + place, self.words), self.model.names[place - 1])

    def ask(self) -> None:
        """The moderator puts a question to all."""
        if not self.steps:
            self.begin()
        self.steps += 1
        self.world.broadcast(speech(2 * POOL + self.steps, self.words), source="Moderator")

    def run(self, steps: int = 1) -> RunReport:
        report = self.world.run(steps, timedelta(minutes=5))
        assert report.turns == steps * self.size, report
        assert not report.failures, report
        return report

    def close(self) -> None:
        self.simulation.close()
        self.runtime.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
