"""A transaction: one keyed change of one simulated thing, which may ask models. And the handler that plugins wrap."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from troupe_core.events import Fact
from troupe_core.keys import canonical, digest, utf8

if TYPE_CHECKING:
    from troupe_core.simulation.journal.shelf import Parcel
    from troupe_core.simulation.models import Fingerprint


@attrs.frozen(eq=False, slots=True)
class Outcome:
    """What a transaction came to: the thing's new state, what the caller gets, and what happened on the way."""

    state: Any
    output: Any
    facts: tuple[Fact, ...]
    key: bytes = b""
    """The key under which a journal has it; empty if none does."""


class Outputs(Protocol):
    """How the outputs of one kind of transaction are spelled in a journal."""

    def spell(self, outcome: Outcome, parcel: Parcel) -> Any: ...

    def read(self, spelled: Any, state: Any, facts: tuple[Fact, ...]) -> Any:
        """The output, from the state that the transaction began with and the facts of the outcome."""
        ...


@attrs.frozen(eq=False, slots=True)
class Leaf:
    """A kind of transaction, and how a journal spells what it comes to."""

    kind: str
    outputs: Outputs


@attrs.frozen(eq=False, slots=True)
class Transaction:
    """`key` names the outcome by everything that it depends on. `execute` is the core's way to bring it about."""

    simulation: str
    kind: str
    thing: str
    arguments: Mapping[str, Any]
    state: Any = attrs.field(repr=False)
    key: bytes = attrs.field(repr=False)
    execute: Callable[[Transaction], Awaitable[Outcome]] = attrs.field(repr=False)
    fingerprint: Fingerprint = attrs.field(repr=False)
    outputs: Outputs = attrs.field(repr=False)
    owner: str = attrs.field(repr=False)
    """On whose account its answers are kept."""
    attempt: int = 0
    """How often it has come to nothing usable before: then other answers are wanted."""


class TransactionHandler(Protocol):
    """Brings a transaction about. The core's executes it; a wrapper may know the outcome already."""

    async def __call__(self, tx: Transaction) -> Outcome: ...


class Recorder(Protocol):
    """Knows what transactions came to before, and keeps what they come to: a journal."""

    def find(self, tx: Transaction) -> Outcome | None: ...

    def record(self, tx: Transaction, outcome: Outcome) -> Outcome: ...


async def execute(tx: Transaction) -> Outcome:
    """The core's own handler."""
    return await tx.execute(tx)


def outcome_key(kind: str, root: bytes, arguments: bytes, fingerprint: bytes, seed: int, attempt: int = 0) -> bytes:
    """Made of the digest of the thing's state (`root`, of which its id is a part), what is asked of it, and what takes
    part. Nothing else can have any influence on a turn.
    """
    again = (b"%d" % attempt,) if attempt else ()
    return digest(b"outcome", utf8(kind), root, arguments, fingerprint, b"%d" % seed, *again)


def spelled(arguments: Mapping[str, Any]) -> bytes:
    """The arguments as they enter a key."""
    return canonical(arguments, "arguments")
