"""What the person does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from troupe_core.events import ACTION, VISUAL
from troupe_core.people.handle.base import Base
from troupe_core.people.perceiving import checked_text, name_of, stimulus
from troupe_core.people.state import PersonState

if TYPE_CHECKING:
    from troupe_core.events import Fact
    from troupe_core.people.pictures import Picture


class Acting(Base):
    __slots__ = ()

    def act(self) -> tuple[Fact, ...]:
        """One turn: what the person does about everything that has reached it since the last one."""
        return self._wait(self.aact, "person.aact()")

    async def aact(self) -> tuple[Fact, ...]:
        """`act`, awaited."""
        return await self._act(None)

    def listen_and_act(self, speech: str, source: Any = None) -> tuple[Fact, ...]:
        """Hear something, and do something about it."""
        return self._wait(lambda: self.alisten_and_act(speech, source), "person.alisten_and_act(…)")

    async def alisten_and_act(self, speech: str, source: Any = None) -> tuple[Fact, ...]:
        """`listen_and_act`, awaited."""
        return await self._act(self._hearing("CONVERSATION", checked_text(speech, "speech"), source))

    def see_and_act(
        self, visual_description: str = "", source: Any = None, images: Sequence[Picture] = ()
    ) -> tuple[Fact, ...]:
        """See something, and do something about it."""
        return self._wait(lambda: self.asee_and_act(visual_description, source, images), "person.asee_and_act(…)")

    async def asee_and_act(
        self, visual_description: str = "", source: Any = None, images: Sequence[Picture] = ()
    ) -> tuple[Fact, ...]:
        """`see_and_act`, awaited."""
        text, seen = self._seen(visual_description, images)
        return await self._act(self._hearing(VISUAL, text, source, seen))

    def think_and_act(self, thought: str) -> tuple[Fact, ...]:
        """Have a thought, and do something about it."""
        return self._wait(lambda: self.athink_and_act(thought), "person.athink_and_act(…)")

    async def athink_and_act(self, thought: str) -> tuple[Fact, ...]:
        """`think_and_act`, awaited."""
        return await self._act(self._hearing("THOUGHT", checked_text(thought, "thought"), None))

    # -- what was done ------------------------------------------------------------------------------------------------

    def pop_latest_actions(self) -> tuple[Fact, ...]:
        """What the person has done since this was last asked, the oldest first. The mark belongs to the program that
        asks: a resumed simulation begins without.
        """
        simulation, state = self.simulation, self.state
        since = simulation.popped.get(self._id, 0)
        found: list[Fact] = []
        for fact in reversed(simulation.facts):
            if fact.kind == ACTION and fact.thing == self._id:
                if fact.turn < since:
                    break
                found.append(fact)
        simulation.popped[self._id] = state.turns
        return tuple(found[::-1])

    def pop_actions_and_get_contents_for(self, action_type: str, only_last_action: bool = True) -> str:
        """The same, and of it the words of the last action of this type, or of all of them, one to a line; empty if
        there is none.
        """
        contents = [fact.content for fact in self.pop_latest_actions() if fact.type == action_type]
        return "\n".join(contents[-1:] if only_last_action else contents)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _hearing(
        self, kind: str, text: str, source: Any, images: Sequence[str] = ()
    ) -> Callable[[PersonState], tuple[PersonState, Fact]]:
        origin, now = name_of(source), self.simulation.now(self._id)

        def change(state: PersonState) -> tuple[PersonState, Fact]:
            fact = stimulus(state, kind, text, origin, now, images)
            return state.hear(fact), fact

        return change

    async def _act(self, hear: Callable[[PersonState], tuple[PersonState, Fact]] | None) -> tuple[Fact, ...]:
        from troupe_core.people.acting import act

        simulation = self.simulation
        simulation.check_open()
        return await simulation.runtime.thread.hop(act(simulation, self._id, hear))
