"""Episodic memory: everything that happened, in order; the latest of it in view, the rest found again by its words.

When what is in view grows beyond `window` characters it is cut to `keep`, by whole turns: a prompt that slid along
would have to be paid for anew at every turn. An episode of `episode` turns is consolidated by one call into a few
memories in the person's own words; what they were made from stays. Beyond `capacity` facts the oldest are forgotten,
memories never, nor what the person was given to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from msgspec.structs import replace

from troupe_core.arguments import checked_whole
from troupe_core.builtin import chain_filed
from troupe_core.builtin.chain import Node, facts_of, lately, linked, nodes, without
from troupe_core.builtin.word_index import LATEST, WordIndexes, in_passing, search
from troupe_core.errors import ArgumentError
from troupe_core.events import ECHO, STIMULUS, Fact
from troupe_core.keys import NOTHING, digest, roll
from troupe_core.people.biography import short_biography
from troupe_core.people.lines import heading, line, perceived
from troupe_core.people.memory import PAUSE, Batch, Batches, Recalled

if TYPE_CHECKING:
    from troupe_core.people.turn import Turn
    from troupe_core.simulation.journal.shelf import Parcel, Shelf

EPISODE_LENGTH = 24_000
"""So many characters of an episode are put before the model; longer things in it are shortened."""


_COUNTS = ("in_view", "size", "omitted", "since")


def _positive(instance: Any, attribute: attrs.Attribute[int], value: int) -> None:
    checked_whole(value, f"EpisodicMemory: {attribute.name}")


@attrs.frozen(eq=False, slots=True)
class EpisodicState:
    """A chain of nodes, shared by forks, and how much of its end is in view."""

    last: Node | None = None
    digest: bytes = NOTHING
    in_view: int = 0
    """So many of the last turns, of so many characters."""
    size: int = 0
    omitted: int = 0
    """So many facts came before those in view."""
    since: int = 0
    """Turns since the last consolidation."""
    memories: Node | None = None
    """What consolidation has left behind, once more as a chain of its own; it is never in view."""
    known: Node | None = None
    """What the person was given to know, and has not lived; it is never in view either."""

    @property
    def episode(self) -> tuple[Batch, ...]:
        """What is to be consolidated next."""
        return lately(self.last, self.since)


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

    def pack(self, state: EpisodicState, parcel: Parcel) -> dict[str, Any]:
        """For a journal: the nodes lie in rows of their own. What is neither in view nor to be consolidated is let go
        of, and found there again.
        """
        from troupe_core.builtin.chain_kept import keep, let_go

        out: dict[str, Any] = {"digest": state.digest.hex(), "last": keep(state.last, parcel, lived=True)}
        if state.memories is not None:
            out["memories"] = keep(state.memories, parcel)
        if state.known is not None:
            out["known"] = keep(state.known, parcel)
        out.update((name, value) for name in _COUNTS if (value := getattr(state, name)))
        let_go(state.last, max(state.in_view, state.since), parcel.shelf)
        return out

    def unpack(self, spelled: Mapping[str, Any], shelf: Shelf) -> EpisodicState:
        from troupe_core.builtin.chain_kept import find

        counts = {name: spelled.get(name, 0) for name in _COUNTS}
        last, memories, known = (find(spelled.get(name), shelf) for name in ("last", "memories", "known"))
        return EpisodicState(last, bytes.fromhex(spelled["digest"]), memories=memories, known=known, **counts)

    def pack_delta(self, delta: Delta, facts: Sequence[Fact]) -> dict[str, Any]:
        """The memories by their places among the facts of the consolidation."""
        places = {fact.id: place for place, fact in enumerate(facts)}
        return {"turns": delta.turns, "memories": [places[fact.id] for fact in delta.memories]}

    def unpack_delta(self, spelled: Mapping[str, Any], facts: Sequence[Fact]) -> Delta:
        return Delta(tuple(facts[place] for place in spelled["memories"]), spelled["turns"])

    def to_file(self, state: EpisodicState, spell: Callable[[Fact], Any]) -> dict[str, Any]:
        """Everything that is kept, and how much of it is in view, is to be consolidated, and is gone."""
        counts = {name: getattr(state, name) for name in _COUNTS if name != "size"}
        known = [spell(fact) for fact in facts_of(state.known)]
        return {**counts, "known": known, "past": chain_filed.to_plain(state.last, spell)}

    def from_file(self, spelled: Mapping[str, Any], read: Callable[[Any], Fact]) -> EpisodicState:
        last, memories = chain_filed.from_plain(spelled["past"], read)
        turns = sum(1 for node in nodes(last) if node.lived)
        in_view, since = (min(_count(spelled, each), turns) for each in ("in_view", "since"))
        omitted, size = _count(spelled, "omitted"), sum(batch.size for batch in lately(last, in_view))
        known = linked([(Batch(facts), False)]) if (facts := [read(fact) for fact in spelled["known"]]) else None
        parts = [NOTHING if chain is None else chain.digest for chain in (last, known)]
        name = digest(b"filed", *parts, b"%d,%d,%d" % (in_view, omitted, since))
        return EpisodicState(last, name, in_view, size, omitted, since, memories, known)

    def start(self) -> EpisodicState:
        return EpisodicState()

    def append(self, state: EpisodicState, items: Sequence[Fact]) -> EpisodicState:
        batch = items if isinstance(items, Batch) else Batch(items)
        name = batch.digest
        in_view, size, omitted = state.in_view + 1, state.size + batch.size, state.omitted
        since = state.since + 1
        last = self._chained(Node(state.last, batch, name), state.memories, max(in_view, since))
        if size > self.window_size:
            in_view, size, omitted = self._cut(last, in_view, size, omitted)
        return EpisodicState(last, roll(state.digest, name), in_view, size, omitted, since, state.memories, state.known)

    def _chained(self, last: Node, memories: Node | None, needed: int) -> Node:
        """The chain, when it has become too long without its beginning; memories are never forgotten. By a quarter at
        once, so that forgetting costs little.
        """
        remembered = memories.count if memories is not None else 0
        if last.count - remembered <= self.capacity * 5 // 4:
            return last
        return _forget(last, last.count - remembered - self.capacity, needed)

    def _cut(self, last: Node, in_view: int, size: int, omitted: int) -> tuple[int, int, int]:
        """Whole turns from the front, until what is left is small; the last turn always stays."""
        for batch in lately(last, in_view):
            if in_view == 1 or size <= self.keep:
                break
            in_view -= 1
            size -= batch.size
            omitted += sum(1 for fact in batch if fact is not PAUSE)
        return in_view, size, omitted

    def window(self, state: EpisodicState) -> Sequence[Fact]:
        return Batches(lately(state.last, state.in_view), _omitted(state.omitted) if state.omitted else None)

    def items(self, state: EpisodicState) -> Sequence[Fact]:
        """What was given, and then what was lived."""
        return [*facts_of(state.known), *(fact for fact in facts_of(state.last) if fact is not PAUSE)]

    async def recall(
        self, state: EpisodicState, query: str, k: int, turn: Turn[Any] | None = None
    ) -> Sequence[Recalled]:
        everything = self._everything
        with everything.lock:
            return search([everything.of(chain) for chain in (state.known, state.last) if chain is not None], query, k)

    async def remind(self, state: EpisodicState, news: str, k: int, turn: Turn[Any]) -> Sequence[Recalled]:
        """What was worth keeping of an episode comes back unbidden, and what the person was given to know."""
        if state.memories is None and state.known is None:
            return []
        memories, everything = self._memories, self._everything
        with memories.lock, everything.lock:
            indexes = [] if state.known is None else [everything.of(state.known)]
            indexes += [] if state.memories is None else [memories.of(state.memories)]
            return in_passing(indexes, news, k)

    def due(self, state: EpisodicState) -> bool:
        return state.since >= self.episode

    async def consolidate(self, state: EpisodicState, turn: Turn[Any]) -> Delta | None:
        facts = [fact for batch in state.episode for fact in batch if fact is not PAUSE and fact.kind != ECHO]
        if not facts:
            return None
        system = turn.template("consolidate")({})
        about = short_biography(turn.persona, turn.name)
        answer = await turn.llm("consolidation").ask(f"{about}\n\n{_told(facts)}", system=system, output=Recollections)
        memories = tuple(turn.remember(words) for words in map(str.strip, answer.memories) if words)
        return Delta(memories, state.since)

    def absorb(self, state: EpisodicState, delta: Delta) -> EpisodicState:
        rolled = digest(b"absorbed", state.digest, b"%d" % delta.turns, *(fact.id for fact in delta.memories))
        since = max(0, state.since - delta.turns)
        if not delta.memories:
            return attrs.evolve(state, digest=rolled, since=since)
        batch = Batch(delta.memories)
        name = batch.digest
        memories = Node(state.memories, batch, name, lived=False)
        last = self._chained(Node(state.last, batch, name, lived=False), memories, max(state.in_view, since))
        return attrs.evolve(state, last=last, digest=rolled, since=since, memories=memories)

    def learn(self, state: EpisodicState, facts: Sequence[Fact]) -> EpisodicState:
        if state.known is not None:
            had = {fact.id for fact in facts_of(state.known)}
            facts = [fact for fact in facts if fact.id not in had]
        if not facts:
            return state
        batch = facts if isinstance(facts, Batch) else Batch(facts)
        known = Node(state.known, batch, batch.digest, lived=False)
        return attrs.evolve(state, known=known, digest=digest(b"learned", state.digest, known.digest))

    def forget(self, state: EpisodicState, gone: AbstractSet[bytes]) -> EpisodicState:
        ids = [fact.id for fact in self.items(state)]
        if gone.isdisjoint(ids):
            return state
        last, kept = without(state.last, gone)  # of each turn, the last one first, whether something is left of it
        in_view, since = sum(kept[: state.in_view]), sum(kept[: state.since])
        shown = lately(last, in_view)
        lived = sum(1 for node in nodes(last) if node.lived for fact in node.batch if fact is not PAUSE)
        return EpisodicState(
            last,
            digest(b"forgot", state.digest, *(id for id in ids if id in gone)),
            in_view,
            sum(batch.size for batch in shown),
            lived - sum(1 for batch in shown for fact in batch if fact is not PAUSE),
            since,
            without(state.memories, gone)[0],
            without(state.known, gone)[0],
        )


def _count(spelled: Mapping[str, Any], name: str) -> int:
    count = spelled.get(name, 0)
    if type(count) is not int or count < 0:
        raise ValueError(f"{name} is {count!r}, and counts something")
    return count


def _forget(last: Node, surplus: int, needed: int) -> Node:
    """Without the oldest turns, as whole turns; the last `needed` ones stay, whatever they hold."""
    chain = list(nodes(last))
    turns = sum(1 for node in chain if node.lived)
    kept: list[tuple[Batch, bool]] = []
    for node in reversed(chain):
        if node.lived:
            turns -= 1
            if surplus > 0 and turns >= needed:
                surplus -= len(node.batch)
                continue
        kept.append((node.batch, node.lived))
    shorter = linked(kept)
    return last if shorter is None else shorter


@lru_cache(maxsize=1024)
def _omitted(count: int) -> Fact:
    """What stands for things that are no longer in view."""
    words = f"{count} earlier things. What matters of them comes back to you as memories."
    return Fact.of(NOTHING, count, STIMULUS, "OMITTED", "", "", words, data={"count": count})


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
