"""What was asked in a turn that is over: it is executed once more, from the recorded answers alone, while somebody
listens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.llm.asking import Asker, Errand
from troupe_core.llm.request import Call, Form, LLMRequest, Message
from troupe_core.simulation.journal.opening import as_made
from troupe_core.simulation.journal.replay import Replaying
from troupe_core.simulation.journal.why import state_before, turn_of

if TYPE_CHECKING:
    from troupe_core.llm.response import LLMResponse
    from troupe_core.simulation.simulation import Simulation


@attrs.frozen
class Heard:
    """One request that was answered, as it was sent."""

    call: Call
    request: LLMRequest
    answer: LLMResponse


def listen(simulation: Simulation, who: Any, turn: int | None) -> tuple[Any, list[Heard]]:
    """The state that a turn began with, and what was asked in it. `who` is a person, an id, or a fact (then the turn is
    the fact's).
    """
    _, _, found = turn_of(simulation, who, turn)
    shelf, runtime = simulation.the_journal().shelf, simulation.runtime
    again = type(simulation)(**{**as_made(shelf.store, found.commit), "runtime": runtime})
    try:
        replaying = Replaying(again, shelf)
        listening = Listening(runtime, again.answers, again.seed)
        again.ask_through(listening)
        runtime.wait(lambda: replaying.all([found.key]), "person.prompts(…) in a thread")
        return state_before(again, shelf, found.row), listening.heard
    finally:
        again.close()


@attrs.frozen
class Listening(Asker):
    """Notes what is asked."""

    heard: list[Heard] = attrs.field(factory=list, init=False)

    async def _answer(self, form: Form, messages: tuple[Message, ...], errand: Errand) -> tuple[bytes, LLMResponse]:
        request = LLMRequest(form, messages, errand.draw, errand.lane)
        key, answer = await super()._answer(form, messages, errand)
        self.heard.append(Heard(errand.call, self.visible(request, errand.call), answer))
        return key, answer
