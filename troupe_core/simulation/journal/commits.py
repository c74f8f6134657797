"""Commits: what a simulation was when, as the difference to its parent. The chain of them is the log of everything that
happened; names point at some of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from troupe_core.errors import ArgumentError, JournalError
from troupe_core.keys import digest
from troupe_core.simulation.journal.shelf import COMMIT

if TYPE_CHECKING:
    from troupe_core.simulation.journal.store import Store

Things = dict[str, dict[str, msgspec.Raw]]


class Commit(msgspec.Struct, frozen=True, omit_defaults=True):
    """`things` holds a record for each thing that changed, by kind and id; all of them, if it is `full`."""

    number: int
    settings: str
    things: Things
    parent: str | None = None
    full: bool = False
    passage: int = 0
    """Which call it belongs to: two that went on at the same time are told apart by it."""
    step: tuple[str, int] | None = None
    facts: list[Any] = []
    outcomes: list[str] = []
    """Of the transactions that this commit makes visible."""
    spent: dict[str, list[int]] = {}
    begun: int = 0
    """How many calls had begun by then, if that is more than `passage`: what comes later is numbered from there on."""


_decoder = msgspec.json.Decoder(Commit)
_encoder = msgspec.json.Encoder()


class _Link(msgspec.Struct):
    """Of a commit only what leads on."""

    number: int
    parent: str | None = None
    full: bool = False
    step: tuple[str, int] | None = None


_link = msgspec.json.Decoder(_Link)


def encode(commit: Commit) -> bytes:
    return _encoder.encode(commit)


def name_of(parent: bytes | None, settings: bytes, parts: Sequence[bytes], facts: Sequence[bytes]) -> bytes:
    """A commit is named by what it means, so that the same run makes the same commits."""
    return digest(b"commit", parent or b"", settings, *parts, b"".join(facts))


def load(store: Store, name: bytes) -> Commit:
    return _decoder.decode(store.need(COMMIT + name))


def history(store: Store, head: bytes | None) -> Iterator[tuple[bytes, Commit]]:
    """From the head to the beginning."""
    while head is not None:
        commit = load(store, head)
        yield head, commit
        head = None if commit.parent is None else bytes.fromhex(commit.parent)


def links(store: Store, head: bytes | None) -> Iterator[tuple[bytes, Any]]:
    """The same, with what leads on and nothing else."""
    while head is not None:
        link = _link.decode(store.need(COMMIT + head))
        yield head, link
        head = None if link.parent is None else bytes.fromhex(link.parent)


def resolve(store: Store, head: bytes) -> tuple[dict[str, tuple[str, bytes]], int]:
    """The record of everything as of a commit, by id, with its kind; and how much was read to find them."""
    chain: list[Commit] = []
    for _, commit in history(store, head):
        chain.append(commit)
        if commit.full:
            break
    found: dict[str, tuple[str, bytes]] = {}
    read = 0
    for commit in reversed(chain):
        for kind, things in commit.things.items():
            found.update((id, (kind, bytes(raw))) for id, raw in things.items())
            read += 0 if commit.full else len(things)
    return found, read


def find(store: Store, at: str | int, branch: str = "main") -> tuple[bytes, str]:
    """The commit that is meant, and the branch to go on with: a name, a step, or the beginning of a commit's digest."""
    names = store.names()
    if isinstance(at, int) and not isinstance(at, bool):
        head = names.get(branch)
        worlds = set()
        for name, link in links(store, head):
            if link.step is not None:
                worlds.add(link.step[0])
                if link.step[1] == at:
                    return name, branch
        made = "no world has made a step" if not worlds else f"{', '.join(sorted(worlds))} made fewer steps"
        raise ArgumentError(f"at={at}: there is no such step in {store.path.name}; {made}")
    if not isinstance(at, str):
        raise ArgumentError(f"at is the name of a checkpoint or branch, a step, or a commit, not {at!r}")
    if at in names:
        return names[at], at if at.partition("@")[0] == at and not at.startswith("checkpoint/") else branch
    named = names.get(f"checkpoint/{at}")
    if named is not None:
        return named, branch
    for each in [head for head in names.values() if len(at) >= 6]:
        for name, _ in links(store, each):
            if name.hex().startswith(at):
                return name, branch
    known = ", ".join(name.removeprefix("checkpoint/") for name in names) or "nothing yet"
    raise JournalError(f"{store.path} has no checkpoint, branch or commit {at!r}; it has {known}")
