"""Episodic memory: everything that happened, in order; the latest of it in view, the rest found again by its words.

When what is in view grows beyond `window` characters it is cut to `keep`, by whole turns: a prompt that slid along
would have to be paid for anew at every turn. An episode of `episode` turns is consolidated by one call into a few
memories in the person's own words; what they were made from stays. Beyond `capacity` facts the oldest are forgotten,
memories never.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from msgspec.structs import replace

from troupe_core.builtin.chain import Node, facts_of
from troupe_core.builtin.word_index import LATEST, WordIndexes
from troupe_core.errors import ArgumentError
from troupe_core.events import ECHO, MEMORY, STIMULUS, Fact
from troupe_core.keys import NOTHING, digest, roll
from troupe_core.people.lines import heading, line, perceived
from troupe_core.people.memory import PAUSE, Batch, Batches, Recalled
from troupe_core.people.persona import short_biography
from troupe_core.templates import template

if TYPE_CHECKING:
    from troupe_core.people.turn import Turn

EPISODE_LENGTH = 24_000
"""So many characters of an episode are put before the model; longer things in it are shortened."""


def _positive(instance: Any, attribute: attrs.Attribute[int], value: int) -> None:
    if type(value) is not int or value < 1:
        raise ArgumentError(f"EpisodicMemory: {attribute.name} must be a whole number from 1 on, not {value!r}")


@attrs.frozen(eq=False, slots=True)
class EpisodicState:
    """A chain of nodes, shared by forks, and the part of it that is in view."""

    last: Node | None = None
    digest: bytes = NOTHING
    shown: tuple[Batch, ...] = ()
    shown_size: int = 0
    omitted: Fact | None = None
    episode: tuple[Batch, ...] = ()
    """The turns since the last consolidation."""
    memories: Node | None = None
    """What consolidation has left behind, once more as a chain of its own; it is never in view."""

    @property
    def count(self) -> int:
        return self.last.count if self.last is not None else 0


@attrs.frozen
class Recollections:
    """What a model makes of an episode."""

    memories: list[str]


@attrs.frozen(eq=False)
class Delta:
    """What an episode left behind, and how many of its turns it covers."""

    memories: tuple[Fact, ...]
    turns: int


@attrs.frozen
class EpisodicMemory:
    """The default memory of people."""

    cache_version: ClassVar[int] = 1
    """Raised when it comes to other states from the same facts."""

    window_size: int = attrs.field(default=12_000, validator=_positive)
    keep: int = attrs.field(default=3_000, validator=_positive)
    episode: int = attrs.field(default=10, validator=_positive)
    capacity: int = attrs.field(default=5_000, validator=_positive)
    _everything: WordIndexes = attrs.field(factory=WordIndexes, init=False, eq=False, repr=False)
    _memories: WordIndexes = attrs.field(factory=lambda: WordIndexes(LATEST), init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.keep > self.window_size:
            raise ArgumentError(
                f"EpisodicMemory: keep ({self.keep}) is what stays in view after a cut, and cannot be more than "
                f"window_size ({self.window_size})"
            )

    def start(self) -> EpisodicState:
        return EpisodicState()

    def append(self, state: EpisodicState, items: Sequence[Fact]) -> EpisodicState:
        batch = items if isinstance(items, Batch) else Batch(items)
        shown, size = (*state.shown, batch), state.shown_size + batch.size
        omitted = state.omitted
        if size > self.window_size:
            shown, size, omitted = self._cut(shown, size, omitted)
        rolled = roll(state.digest, batch.digest)
        episode = (*state.episode, batch)
        return EpisodicState(self._chained(state, batch), rolled, shown, size, omitted, episode, state.memories)

    def _chained(self, state: EpisodicState, batch: Batch) -> Node:
        node = Node(state.last, batch, state.count + len(batch))
        memories = state.memories.count if state.memories is not None else 0  # they are never forgotten
        if node.count - memories > self.capacity * 5 // 4:  # by a quarter at once, so that forgetting costs little
            node = self._forget(node)
        return node

    def _forget(self, last: Node) -> Node:
        facts = facts_of(last)
        surplus = sum(1 for fact in facts if fact.kind != MEMORY) - self.capacity
        kept = []
        for fact in facts:
            if fact.kind == MEMORY or surplus <= 0:
                kept.append(fact)
            else:
                surplus -= 1
        return Node(None, Batch(kept), len(kept))

    def _cut(
        self, shown: tuple[Batch, ...], size: int, omitted: Fact | None
    ) -> tuple[tuple[Batch, ...], int, Fact | None]:
        """Whole turns from the front, until what is left is small; the last turn always stays."""
        gone = 0
        while len(shown) > 1 and size > self.keep:
            size -= shown[0].size
            gone += sum(1 for fact in shown[0] if fact is not PAUSE)
            shown = shown[1:]
        if not gone:
            return shown, size, omitted
        gone += omitted.data["count"] if omitted is not None else 0
        words = f"{gone} earlier things. What matters of them comes back to you as memories."
        return shown, size, Fact.of(NOTHING, gone, STIMULUS, "OMITTED", "", "", words, data={"count": gone})

    def window(self, state: EpisodicState) -> Sequence[Fact]:
        return Batches(state.shown, state.omitted)

    def items(self, state: EpisodicState) -> Sequence[Fact]:
        return [fact for fact in facts_of(state.last) if fact is not PAUSE]

    async def recall(
        self, state: EpisodicState, query: str, k: int, turn: Turn[Any] | None = None
    ) -> Sequence[Recalled]:
        return self._everything.search(state.last, query, k)

    async def remind(self, state: EpisodicState, news: str, k: int, turn: Turn[Any]) -> Sequence[Recalled]:
        """Memories only: what was worth keeping of an episode is what comes back unbidden."""
        return self._memories.in_passing(state.memories, news, k)

    def due(self, state: EpisodicState) -> bool:
        return len(state.episode) >= self.episode

    async def consolidate(self, state: EpisodicState, turn: Turn[Any]) -> Delta | None:
        facts = [fact for batch in state.episode for fact in batch if fact is not PAUSE and fact.kind != ECHO]
        if not facts:
            return None
        system = template("consolidate")({})
        about = short_biography(turn.persona, turn.name)
        answer = await turn.llm("consolidation").ask(f"{about}\n\n{_told(facts)}", system=system, output=Recollections)
        memories = tuple(turn.remember(words) for words in map(str.strip, answer.memories) if words)
        return Delta(memories, len(state.episode))

    def absorb(self, state: EpisodicState, delta: Delta) -> EpisodicState:
        rolled = digest(b"absorbed", state.digest, b"%d" % delta.turns, *(fact.id for fact in delta.memories))
        state = attrs.evolve(state, digest=rolled, episode=state.episode[delta.turns :])
        if not delta.memories:
            return state
        batch = Batch(delta.memories)
        before = state.memories.count if state.memories is not None else 0
        memories = Node(state.memories, batch, before + len(batch))
        return attrs.evolve(state, last=self._chained(state, batch), memories=memories)


def _told(facts: Sequence[Fact]) -> str:
    """An episode as text, of bounded length: where there is too much, the longest things are shortened."""
    pairs = [(heading(fact), line(_spelled_out(fact))) for fact in facts]
    share = max(80, EPISODE_LENGTH // max(1, len(pairs)))
    if sum(len(text) for _, text in pairs) > EPISODE_LENGTH:
        pairs = [(kind, text if len(text) <= share else f"{text[: share - 1]}…") for kind, text in pairs]
    return perceived(pairs)


def _spelled_out(fact: Fact) -> Fact:
    """An action with parameters of its own says what it says with them."""
    if fact.content or not fact.data:
        return fact
    return replace(fact, kept="; ".join(f"{name}: {value}" for name, value in fact.data.items()))
