"""What the person remembers, and what it would be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from troupe_core.errors import ArgumentError
from troupe_core.people.handle.base import Base
from troupe_core.people.perceiving import checked_text

if TYPE_CHECKING:
    from troupe_core.events import Fact
    from troupe_core.people.memory import Recalled
    from troupe_core.people.prompt import Prompt


class Remembering(Base):
    __slots__ = ()

    def memories(self) -> Sequence[Fact]:
        """Everything that the person's memory keeps, oldest first."""
        state = self.state
        return state.memory_kind.items(state.memory)

    def retrieve_relevant_memories(self, query: str, top_k: int = 20) -> Sequence[Recalled]:
        """What the query brings to the person's mind, the strongest first."""
        return self._wait(
            lambda: self.aretrieve_relevant_memories(query, top_k), "person.aretrieve_relevant_memories(…)"
        )

    async def aretrieve_relevant_memories(self, query: str, top_k: int = 20) -> Sequence[Recalled]:
        """`retrieve_relevant_memories`, awaited."""
        state = self.state
        text = checked_text(query, "query")
        if type(top_k) is not int or top_k < 1:
            raise ArgumentError(f"top_k must be a whole number from 1 on, not {top_k!r}")
        recalled = state.memory_kind.recall(state.memory, text, top_k)
        return await self.simulation.runtime.thread.hop(recalled)

    def prompt(self) -> Prompt:
        """The request that `act` would make now, its parts named by where they come from. Nothing changes by it."""
        return self._wait(self.aprompt, "person.aprompt()")

    async def aprompt(self) -> Prompt:
        """`prompt`, awaited."""
        from troupe_core.people.preview import preview

        simulation = self.simulation
        return await simulation.runtime.thread.hop(preview(simulation, self.state))
