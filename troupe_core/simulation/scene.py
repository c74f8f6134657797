"""The scene of a transaction: one thing's state in the making, the models it asks, its random numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import attrs

from troupe_core.events import NO_DATA, Fact
from troupe_core.llm.asking import Check, Question
from troupe_core.llm.request import Call, Message
from troupe_core.llm.structured import Output
from troupe_core.simulation.clock import in_words
from troupe_core.simulation.rng import Stream

if TYPE_CHECKING:
    from troupe_core.llm.response import LLMResponse, Substitute
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Transaction

O = TypeVar("O")  # noqa: E741 - the type of an output


@attrs.frozen
class When:
    """The logical place of a turn: the simulated time that the person can read, and what telemetry wants to know."""

    now: datetime | None = None
    world: str | None = None
    step: int | None = None
    stamp: str | None = attrs.field(init=False)
    """The time as facts bear it; one text for all of a step."""
    words: str = attrs.field(init=False)
    """As people read it; nothing where there is no time."""

    @stamp.default
    def _stamped(self) -> str | None:
        return self.now.isoformat() if self.now is not None else None

    @words.default
    def _in_words(self) -> str:
        return in_words(self.now) if self.now is not None else ""


class Scene:
    """What a transaction works on: nothing outside sees any of it until the transaction is over."""

    __slots__ = (
        "answered",
        "asking",
        "attempt",
        "calls",
        "draws",
        "facts",
        "key",
        "mark",
        "over",
        "owner",
        "simulation",
        "state",
        "streams",
        "substitute",
        "thing",
        "when",
    )

    def __init__(self, simulation: Simulation, state: Any, key: bytes, when: When, attempt: int | None = 0) -> None:
        self.simulation = simulation
        self.thing = self.owner = state.id
        self.state = state
        self.key = key
        self.when = when
        self.calls = 0
        self.over = False
        self.asking: asyncio.Lock | None = None
        self.facts: list[Fact] = []
        self.streams: dict[str, Stream] = {}
        self.draws: dict[bytes, int] = {}
        self.attempt = attempt
        self.answered = b""
        """The key of the answer that the person is acting on."""
        self.mark = ""
        """The mark of the answers so far, if one of them has any: whatever happens from then on has it too."""
        self.substitute: Substitute | None = None
        """Likewise, whether another model than the first one has answered."""

    @classmethod
    def of(cls, simulation: Simulation, tx: Transaction, when: When) -> Scene:
        scene = cls(simulation, tx.state, tx.key, when, tx.attempt)
        scene.owner = tx.owner
        return scene

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
        """One more thing that happens in this turn. It is recorded, unless it is no event of its own, such as a line
        that says who is near.
        """
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
            mark=self.mark,
            substitute=self.substitute,
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

    async def ask(
        self,
        question: Question,
        messages: Sequence[Message],
        purpose: str,
        again: int = 0,
        check: Check | None = None,
    ) -> Any:
        """Ask as this person. `again` tells how often the turn has asked the same before: that is another draw."""
        simulation = self.simulation
        return await simulation.asker.ask(
            question,
            messages,
            self.call(purpose),
            owner=self.owner,
            lane=self.thing,
            draw=again,
            attempts=self.attempt,
            tell=self.heed,
            check=check,
        )

    def heed(self, key: bytes, response: LLMResponse) -> None:
        """From now on the person acts on that answer."""
        self.answered = key
        self.mark = response.mark or self.mark
        if response.substitute is not None:
            self.substitute = response.substitute
            self.simulation.remark_substitute(self.thing, response.substitute)


class Asking:
    """Questions of one purpose."""

    __slots__ = ("_purpose", "_scene")

    def __init__(self, scene: Scene, purpose: str) -> None:
        self._scene = scene
        self._purpose = purpose

    @overload
    async def ask(
        self,
        prompt: str,
        *,
        system: str = "",
        output: None = None,
        check: Callable[[str], str] | None = None,
        temperature: float | None = None,
    ) -> str: ...
    @overload
    async def ask(
        self,
        prompt: str,
        *,
        system: str = "",
        output: type[O] | Output[O],
        check: Callable[[O], str] | None = None,
        temperature: float | None = None,
    ) -> O: ...
    async def ask(
        self,
        prompt: str,
        *,
        system: str = "",
        output: type[O] | Output[O] | None = None,
        check: Any = None,
        temperature: float | None = None,
    ) -> O | str:
        """The model's answer: text, or an `output`, an attrs class whose fields are what is wanted. What is known only
        when the program runs is given as an `Output`, made once for all who ask with it. `check` says what else is
        wrong with an answer, in words for the model, which is then asked once more; nothing if nothing is. With a
        `temperature` the model samples at that one instead of the simulation's.
        """
        messages = [Message("system", system)] if system else []
        messages.append(Message("user", prompt))
        wanted: Output[Any] | None = output if isinstance(output, Output) else None
        if output is not None and wanted is None:
            wanted = Output.of(cast(Any, output))
        question = self._scene.simulation.question(wanted, self._purpose, self._scene.state.model, temperature)
        scene = self._scene
        if scene.asking is None:
            scene.asking = asyncio.Lock()  # a turn has one call in flight: that is what its slot stands for
        async with scene.asking:
            answer: O | str = await self._ask(question, messages, check)
        return answer

    async def _ask(self, question: Question, messages: Sequence[Message], check: Check | None) -> Any:
        scene = self._scene
        mark = question.digest + b"".join(message.digest for message in messages)
        again = scene.draws[mark] = scene.draws.get(mark, -1) + 1  # asked twice, it is meant to be asked twice
        return await scene.ask(question, messages, self._purpose, again, check)
