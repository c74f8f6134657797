"""What the person remembers, what it is given to know, and what it would be asked."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from troupe_core.arguments import checked_whole
from troupe_core.errors import ArgumentError, Busy
from troupe_core.events import ACTION, STIMULUS, Fact
from troupe_core.findings.interactions import Interactions, checked_count, ends_of
from troupe_core.findings.transcript import shortened
from troupe_core.keys import NOTHING
from troupe_core.people.handle.base import Base
from troupe_core.people.history import EMPTY
from troupe_core.people.knowledge import KNOWLEDGE, known, passages
from troupe_core.people.memory import PAUSE, Batch
from troupe_core.people.perceiving import checked_text, name_of
from troupe_core.people.state import PersonState
from troupe_core.people.ties import untold
from troupe_core.simulation.things import scene_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from troupe_core.people.memory import Recalled
    from troupe_core.people.prompt import Prompt
    from troupe_core.people.prompts import Asked


class Remembering(Interactions, Base):
    __slots__ = ()

    def memories(self) -> Sequence[Fact]:
        """Everything that the person's memory keeps: what it was given to know, and then what it has lived."""
        state = self.state
        return state.memory_kind.items(state.memory)

    def retrieve_memories(
        self,
        first_n: int | None = None,
        last_n: int | None = None,
        include_omission_info: bool = True,
        max_content_length: int | None = None,
    ) -> list[Fact]:
        """What the person has lived, and made of it, oldest first; with `first_n`, `last_n` or both only so much from
        the beginning and the end. Words beyond `max_content_length` are cut, under the id of the whole.
        """
        shown, head, left_out = ends_of(self._lived(), first_n, last_n)
        if left_out and include_omission_info:
            words = f"{left_out} {'memory is' if left_out == 1 else 'memories are'} left out here"
            shown.insert(head, Fact.of(NOTHING, left_out, STIMULUS, "OMITTED", "", "", words, data={"count": left_out}))
        return _cut(shown, max_content_length)

    def retrieve_recent_memories(self, max_content_length: int | None = None) -> list[Fact]:
        """Of that, what the person has in view: what its prompt shows of its past."""
        state = self.state
        window = state.memory_kind.window(state.memory)
        return _cut([fact for fact in window if fact is not PAUSE], max_content_length)

    def last_remembered_action(self, ignore_done: bool = True) -> Fact | None:
        """The last thing that the person remembers to have done; None if nothing. With `ignore_done=False` that is the
        end of its last turn, which nobody does, and is a DONE.
        """
        state = self.state
        if not ignore_done and state.turns:
            return PAUSE
        for facts in (state.memory_kind.window(state.memory), state.memory_kind.items(state.memory)):
            for fact in reversed(list(facts)):
                if fact.kind == ACTION and fact.thing == self._id:
                    return fact
        return None

    def retrieve_relevant_memories(self, query: str, top_k: int = 20) -> Sequence[Recalled]:
        """What the query brings to the person's mind, the strongest first."""
        return self._wait(
            lambda: self.aretrieve_relevant_memories(query, top_k), "person.aretrieve_relevant_memories(…)"
        )

    async def aretrieve_relevant_memories(self, query: str, top_k: int = 20) -> Sequence[Recalled]:
        """`retrieve_relevant_memories`, awaited."""
        state = self.state
        text = checked_text(query, "query")
        recalled = state.memory_kind.recall(state.memory, text, checked_whole(top_k, "top_k"))
        return await self.simulation.runtime.thread.hop(recalled)

    # -- what it is given to know, and what is taken away -------------------------------------------------------------

    def store_in_memory(self, text: str, source: Any = None) -> Self:
        """From now on the person knows this. Nobody has told it: it is not in its history, and comes to mind when it
        matters. What it knows already it does not know twice.
        """
        words, origin = checked_text(text, "text"), name_of(source)
        return self._learn(known(passage, origin) for passage in passages(words))

    def read_document_from_file(self, path: str | PathLike[str]) -> Self:
        """The person knows what stands in a file of text, passage by passage (see `store_in_memory`)."""
        from troupe_core.people.documents import document_in

        return self._learn(document_in(path))

    def read_documents_from_folder(self, path: str | PathLike[str], *, recursive: bool = False) -> Self:
        """The same of all the files in a folder, but for hidden ones; if one cannot be read none is. `recursive` goes
        into the folders in it too.
        """
        from troupe_core.people.documents import documents_in

        return self._learn(documents_in(path, recursive))

    def clear_episodic_memory(
        self, max_prefix_to_clear: int | None = None, max_suffix_to_clear: int | None = None
    ) -> Self:
        """Amnesia, for good: the person forgets the first or the last so many things that it has lived; without a
        number, everything. What it was given to know stays, and so do its state of mind and whom it knows.
        """
        first = checked_count(max_prefix_to_clear, "max_prefix_to_clear")
        last = checked_count(max_suffix_to_clear, "max_suffix_to_clear")
        simulation, lived = self.simulation, self._lived()
        if scene_of(simulation) is not None:
            raise Busy(f"{self._id!r} cannot forget within a turn; clear its memory afterwards")
        if first is not None or last is not None:
            lived = [*lived[: first or 0], *lived[max(first or 0, len(lived) - (last or 0)) :]]
        gone = frozenset(fact.id for fact in lived)
        forget = self._of_memory("forget", "nothing can be taken from it")
        with simulation.at_once() as touched:
            before = self.state
            self._change(lambda state: _without(state, gone, forget))
            pending = simulation.background.pending
            if self.state is not before and self._id in pending:  # what an episode leaves behind that is forgotten
                kept = pending.pop(self._id)
                touched.undoing.append(lambda: pending.setdefault(self._id, kept))
        return self

    def _lived(self) -> list[Fact]:
        return [fact for fact in self.memories() if fact.type != KNOWLEDGE]

    def _learn(self, facts: Iterable[Fact]) -> Self:
        learn = self._of_memory("learn", "it cannot be given anything to know")
        batch = self.simulation.interned(Batch({fact.id: fact for fact in facts}.values()))

        def change(state: PersonState) -> PersonState:
            memory = learn(state.memory, batch)
            return state if memory is state.memory else state.changed(memory=memory)

        return self._change(change)

    def _of_memory(self, what: str, without: str) -> Callable[[Any, Any], Any]:
        """Something that not every kind of memory can do."""
        kind = self.state.memory_kind
        found: Callable[[Any, Any], Any] | None = getattr(kind, what, None)
        if found is None:
            raise ArgumentError(
                f"{self.name} has a {type(kind).__qualname__} for a memory, which has no {what}(): {without}. The "
                "usual EpisodicMemory has it; see MalleableMemory"
            )
        return found

    # -- what it would be asked ---------------------------------------------------------------------------------------

    def prompt(self) -> Prompt:
        """The request that `act` would make now, its parts named by where they come from. Nothing changes by it."""
        return self._wait(self.aprompt, "person.aprompt()")

    async def aprompt(self) -> Prompt:
        """`prompt`, awaited."""
        from troupe_core.people.preview import preview

        simulation = self.simulation
        return await simulation.runtime.thread.hop(preview(simulation, self.state))

    def prompts(self, turn: int | None = None) -> tuple[Asked, ...]:
        """What was asked in a turn that is over, the last one or that number, counted from 0: every request of it, its
        parts named by where they come from, and the answer. The journal has the answers; no model is asked.
        """
        from troupe_core.people.prompts import prompts

        return prompts(self.simulation, self._id, turn)


def _without(state: PersonState, gone: AbstractSet[bytes], forget: Callable[[Any, Any], Any]) -> PersonState:
    """Whom the person knows it is told anew: the lines that told it may be gone."""
    memory = forget(state.memory, gone)
    if memory is state.memory:
        return state
    said = tuple(fact for fact in state.said if fact.id not in gone)
    return state.changed(memory=memory, said=said, told=untold(state.told, state.id), history=EMPTY)


def _cut(facts: list[Fact], max_content_length: int | None) -> list[Fact]:
    longest = checked_count(max_content_length, "max_content_length")
    if longest is None:
        return facts
    return [
        replace(fact, kept=shortened(fact.content, longest)) if len(fact.content) > longest else fact for fact in facts
    ]
