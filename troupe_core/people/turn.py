"""A turn, as a faculty sees it, and the scene behind it: one person's state in the making."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

import attrs

from troupe_core.events import MEMORY, NO_DATA, STIMULUS, Fact
from troupe_core.llm.asking import Question
from troupe_core.llm.request import Call, Message
from troupe_core.llm.structured import Output
from troupe_core.people.memory import Recalled
from troupe_core.people.perceiving import name_of
from troupe_core.people.state import PersonState
from troupe_core.simulation.rng import Stream

if TYPE_CHECKING:
    from troupe_core.people.mind import Mind
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Transaction

S = TypeVar("S")
O = TypeVar("O")  # noqa: E741 - the type of an output


STUMBLE = 1_000
"""Draws of a turn's next attempt begin so much further on, after one that came to nothing usable."""


@attrs.frozen
class When:
    """The logical place of a turn: the simulated time that the person can read, and what telemetry wants to know."""

    now: datetime | None = None
    world: str | None = None
    step: int | None = None
    stamp: str | None = attrs.field(init=False)
    """The time as facts bear it; one text for all of a step."""

    @stamp.default
    def _stamped(self) -> str | None:
        return self.now.isoformat() if self.now is not None else None


class Scene:
    """What a turn works on. Nothing outside sees it until the turn is over."""

    __slots__ = (
        "asking",
        "calls",
        "draws",
        "facts",
        "key",
        "over",
        "owner",
        "simulation",
        "state",
        "streams",
        "stumbles",
        "thing",
        "when",
    )

    def __init__(self, simulation: Simulation, state: PersonState, key: bytes, when: When) -> None:
        self.simulation = simulation
        self.thing = self.owner = state.id
        self.state: PersonState = state
        self.key = key
        self.when = when
        self.calls = 0
        self.over = False
        self.asking: asyncio.Lock | None = None
        self.facts: list[Fact] = []
        self.streams: dict[str, Stream] = {}
        self.draws: dict[bytes, int] = {}
        self.stumbles: int = simulation.stumbles.get(state.id, 0)

    @classmethod
    def of(cls, simulation: Simulation, tx: Transaction, when: When) -> Scene:
        return cls(simulation, tx.state, tx.key, when)

    def fact(
        self,
        kind: str,
        type: str,
        content: str,
        *,
        target: str = "",
        data: Mapping[str, Any] = NO_DATA,
        source: str = "",
        recorded: bool = True,
    ) -> Fact:
        """One more thing that happens in this turn; recorded, unless it is no event of its own."""
        made = Fact.of(
            self.key,
            len(self.facts),
            kind,
            type,
            self.thing,
            source,
            content,
            target=target,
            data=data,
            when=self.when.stamp,
            turn=self.state.turns,
        )
        if recorded:
            self.facts.append(made)
        return made

    def stream(self, purpose: str) -> Stream:
        found = self.streams.get(purpose)
        if found is None:
            found = self.streams[purpose] = Stream(self.simulation.seed, self.thing, purpose, self.state.turns)
        return found

    def call(self, purpose: str) -> Call:
        """Who asks. Each question leaves room for its one re-ask."""
        ordinal = self.calls
        self.calls += 2
        when, state = self.when, self.state
        return Call(self.simulation.id, purpose, when.world, state.id, state.turns, when.step, ordinal)

    async def ask(self, question: Question, messages: Sequence[Message], purpose: str, again: int = 0) -> Any:
        """Ask as this person. `again` tells how often the turn has asked the same before: that is another draw."""
        simulation = self.simulation
        draw = again + STUMBLE * self.stumbles
        return await simulation.asker.ask(
            question, messages, self.call(purpose), owner=self.owner, lane=self.thing, draw=draw
        )


class Turn(Generic[S]):
    """A faculty's view: it reads the person, and writes its own state, what the person perceives, and facts."""

    __slots__ = ("_faculty", "_scene")

    def __init__(self, scene: Scene, faculty: str) -> None:
        self._scene = scene
        self._faculty = faculty

    @property
    def name(self) -> str:
        """The person's."""
        return self._scene.state.name

    @property
    def persona(self) -> Mapping[str, Any]:
        return self._scene.state.persona.view()

    @property
    def mind(self) -> Mind:
        return self._scene.state.mind

    @property
    def place(self) -> str:
        return self._scene.state.place

    @property
    def now(self) -> datetime | None:
        """Simulated time; None where there is none."""
        return self._scene.when.now

    @property
    def number(self) -> int:
        """How many turns the person has had before."""
        return self._scene.state.turns

    @property
    def faculties(self) -> Mapping[str, Any]:
        """What each faculty keeps for this person."""
        return self._scene.state.slices

    @property
    def rng(self) -> Stream:
        """Random numbers of this faculty in this turn; the same in every run with the same seed."""
        return self._scene.stream(self._faculty)

    @property
    def state(self) -> S:
        """What this faculty keeps for this person. Assign another frozen value to change it."""
        kept: S = self._scene.state.slices[self._faculty]
        return kept

    @state.setter
    def state(self, value: S) -> None:
        self._scene.state = self._scene.state.with_slice(self._faculty, value)

    def perceive(self, content: str, kind: str = "THOUGHT", source: str = "") -> None:
        """Something more reaches the person: in the rest of this turn if it goes on, else in the next one."""
        fact = self._scene.fact(STIMULUS, kind, content, source=name_of(source))
        self._scene.state = self._scene.state.hear(fact)

    def emit(self, type: str, content: str = "", data: Mapping[str, Any] = NO_DATA) -> Fact:
        """Put something on record. The person does not notice."""
        return self._scene.fact("event", type, content, data=data, source=self.name)

    def remember(self, content: str) -> Fact:
        """A memory in the making; the person has it once it is part of what its memory absorbs."""
        return self._scene.fact(MEMORY, "MEMORY", content, source=self.name)

    async def recall(self, query: str, k: int = 10) -> Sequence[Recalled]:
        """What the query brings to the person's mind."""
        state = self._scene.state
        return await state.memory_kind.recall(state.memory, query, k, self)

    def llm(self, purpose: str) -> Asking:
        """A model, asked on behalf of this person; the purpose chooses which one, and is what its cost is booked on."""
        return Asking(self._scene, purpose)


class Asking:
    """Questions of one purpose."""

    __slots__ = ("_purpose", "_scene")

    def __init__(self, scene: Scene, purpose: str) -> None:
        self._scene = scene
        self._purpose = purpose

    @overload
    async def ask(self, prompt: str, *, system: str = "", output: None = None) -> str: ...
    @overload
    async def ask(self, prompt: str, *, system: str = "", output: type[O]) -> O: ...
    async def ask(self, prompt: str, *, system: str = "", output: type[O] | None = None) -> O | str:
        """The model's answer: text, or an `output`, an attrs class whose fields are what is wanted."""
        messages = [Message("system", system)] if system else []
        messages.append(Message("user", prompt))
        wanted: Output[Any] | None = Output.of(cast(Any, output)) if output is not None else None
        question = self._scene.simulation.question(wanted, self._purpose, self._scene.state.model)
        scene = self._scene
        if scene.asking is None:
            scene.asking = asyncio.Lock()  # a turn has one call in flight: that is what its slot stands for
        async with scene.asking:
            answer: O | str = await self._ask(question, messages)
        return answer

    async def _ask(self, question: Question, messages: Sequence[Message]) -> Any:
        scene = self._scene
        mark = question.digest + b"".join(message.digest for message in messages)
        again = scene.draws[mark] = scene.draws.get(mark, -1) + 1  # asked twice, it is meant to be asked twice
        return await scene.ask(question, messages, self._purpose, again)
