"""A person as a value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from msgspec import Struct
from msgspec.structs import force_setattr, replace

from troupe_core.events import Fact
from troupe_core.keys import NOTHING, canonical, digest, digest_of, roll, utf8
from troupe_core.people.history import EMPTY, History
from troupe_core.people.memory import Batch, Entry, Memory
from troupe_core.people.mind import CALM, Mind
from troupe_core.people.missing import MissingMemory
from troupe_core.people.persona import Persona
from troupe_core.people.ties import NOBODY, Ties

NO_SLICES: Mapping[str, Any] = MappingProxyType({})


class PersonState(Struct, frozen=True, eq=False, weakref=True):
    """Everything that a turn can read and that is its own. All of it is frozen, and shared with what it came from."""

    id: str
    name: str
    persona: Persona
    memory_kind: Memory[Any]
    memory: Any
    mind: Mind = CALM
    place: str = ""
    context: tuple[str, ...] = ()
    ties: Ties = NOBODY
    told: Ties = NOBODY
    """The ties as the person was last told of them."""
    faculties: tuple[str, ...] = ()
    slices: Mapping[str, Any] = NO_SLICES
    """What each faculty keeps for this person."""
    inbox: tuple[Entry, ...] = ()
    """What has reached the person since its last turn."""
    trail: bytes = NOTHING
    """Rolls over everything that ever reached the person or was done by it."""
    said: tuple[Fact, ...] = ()
    """The last things said, against repetition."""
    turns: int = 0
    model: str | None = None
    mark: str = ""
    """"rehearsal" if the persona was made up by a puppet. No turn reads it, and exports bear it."""
    extras: Mapping[str, Any] = NO_SLICES
    """What else a file said of the person, plain and unread: it stands in the next one too."""
    history: History = EMPTY
    """A memo of the prompt's, and no part of the digest."""
    memo: bytes = b""
    """The digest, once somebody has asked for it."""

    def changed(self, **changes: Any) -> PersonState:
        """A copy with other values."""
        return replace(self, memo=b"", **changes)

    @property
    def digest(self) -> bytes:
        """The name of this value by its content."""
        if not self.memo:
            force_setattr(self, "memo", self._make_digest())
        return self.memo

    def hear(self, *entries: Entry) -> PersonState:
        """With something more to perceive at the next turn."""
        trail = self.trail
        for entry in entries:
            trail = roll(trail, entry.id)
        return self.changed(inbox=(*self.inbox, *entries), trail=trail)

    def lived(self, entries: tuple[Entry, ...], unrolled: tuple[Entry, ...]) -> tuple[Any, bytes]:
        """Memory and trail after a turn; those entries that came in through the inbox have been rolled already."""
        trail = self.trail
        for entry in unrolled:
            trail = roll(trail, entry.id)
        return self.memory_kind.append(self.memory, Batch(entries)), trail

    def with_slice(self, faculty: str, value: Any) -> PersonState:
        return self.changed(slices=MappingProxyType({**self.slices, faculty: value}))

    def _make_digest(self) -> bytes:
        small = [self.id, self.name, self.place, self.context, self.faculties, self.turns, self.model]
        parts = [
            self.persona.digest,
            self.mind.digest,
            self.ties.digest,
            self.told.digest,
            self.trail,
            digest_of(self.memory, f"the memory of {self.id}"),
            settings_digest(self.memory_kind),
        ]
        for name, value in sorted(self.slices.items()):
            parts.append(digest(b"slice", utf8(name), digest_of(value, f"the state of {name}")))
        if self.mark or self.extras:
            parts.append(digest(b"papers", canonical([self.mark, self.extras], f"what a file said of {self.id}")))
        return digest(b"person", orjson.dumps(small), b"".join(parts))


_settings: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()  # a kind of memory may hold indexes: nobody keeps it


def settings_digest(kind: Memory[Any]) -> bytes:
    """The name of a kind of memory with its settings and its version."""
    found = _settings.get(kind)
    if isinstance(kind, MissingMemory):
        return kind.settings_digest  # as it was when it was there
    if found is None:
        found = _settings[kind] = digest(
            b"memory", canonical([kind, getattr(kind, "cache_version", 1)], "memory settings")
        )
    return found
