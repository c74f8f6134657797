"""Commits: what a simulation was when, as the difference to its parent. The chain of them is the log of everything that
happened; names point at some of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from troupe_core.errors import ArgumentError, JournalError
from troupe_core.keys import digest
from troupe_core.simulation.journal.kinds import COMMIT
from troupe_core.simulation.journal.tallies import Tallies

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
    people: dict[str, list[int]] = {}
    """Where there is a limit for each person: calls, tokens and billionths of a dollar, of those for whom they have
    changed; of all, if it is `full`.
    """
    ledger: dict[str, Any] | None = None
    """Who has asked since the last commit, and what that took; None, if an earlier version wrote it."""
    asking: dict[str, int] = {}
    """For how many milliseconds models were asked, in all, for a purpose and for a person: what has changed; all, if it
    is `full`.
    """
    pages: dict[str, int] | None = None
    """How many pages of which branches, behind the commit before it, came before it; None, if an earlier version wrote
    it.
    """


_decoder = msgspec.json.Decoder(Commit)
_encoder = msgspec.json.Encoder()


class _Link(msgspec.Struct):
    """Of a commit only what leads on."""

    number: int
    parent: str | None = None
    full: bool = False
    step: tuple[str, int] | None = None


_link = msgspec.json.Decoder(_Link)


class _Spending(msgspec.Struct):
    """Of a commit only what may stand in another one before it."""

    parent: str | None = None
    full: bool = False
    people: dict[str, list[int]] = {}
    asking: dict[str, int] = {}


_spending = msgspec.json.Decoder(_Spending)


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


def spent(store: Store, head: bytes) -> Tallies:
    """What a history has cost as of a commit."""
    people: dict[str, list[int]] = {}
    asking: dict[str, int] = {}
    here: str | None = head.hex()
    while here is not None:
        commit = _spending.decode(store.need(COMMIT + bytes.fromhex(here)))
        people, asking = commit.people | people, commit.asking | asking
        here = None if commit.full else commit.parent
    return Tallies(load(store, head).spent, people, asking)


CHECKPOINT = "checkpoint/"
"""What the names of checkpoints begin with in a file, so that they are told from branches."""

At = str | int | tuple[str, int]


def find(store: Store, at: At, branch: str = "main") -> tuple[bytes, str]:
    """The commit that is meant, and the branch to go on with: a name, a step (of a world), or the beginning of a
    commit's digest.
    """
    names = store.names()
    if not names:
        raise JournalError(f"nothing has been recorded in {store.path.name} yet")
    if isinstance(at, tuple) and len(at) == 2:
        return _step(store, at[1], names.get(branch), at[0]), branch
    if isinstance(at, int) and not isinstance(at, bool):
        return _step(store, at, names.get(branch)), branch
    if not isinstance(at, str):
        raise ArgumentError(f"at is the name of a checkpoint or branch, a step, or a commit, not {at!r}")
    if at in names:
        return names[at], branch if "@" in at else at
    commit = names.get(CHECKPOINT + at) or _begins(store, names, at)
    if commit is not None:
        return commit, _branch_of(store, names, commit, branch)
    hint = f" (a step is a number: at={at})" if at.isdecimal() else ""
    raise JournalError(f"{store.path.name} has no checkpoint, branch or commit {at!r}{hint}; it has {listed(names)}")


def _begins(store: Store, names: Mapping[str, bytes], at: str) -> bytes | None:
    """The one commit whose digest begins so."""
    if len(at) < 6:
        return None
    found = {name for head in set(names.values()) for name, _ in links(store, head) if name.hex().startswith(at)}
    if len(found) > 1:
        raise ArgumentError(f"at={at!r} is the beginning of {len(found)} commits; give more of it")
    return next(iter(found), None)


def _branch_of(store: Store, names: Mapping[str, bytes], commit: bytes, usual: str) -> str:
    """The branch that a commit is on; the usual one, if it is on several, or on none any more."""
    moving = [name for name in names if "@" not in name and not name.startswith(CHECKPOINT)]
    on = [name for name in moving if any(each == commit for each, _ in links(store, names[name]))]
    return usual if usual in on or not on else on[0]


def _step(store: Store, at: int, head: bytes | None, world: str | None = None) -> bytes:
    """The last commit of that step; step 0 is what was before the first."""
    first: bytes | None = None
    found: bytes | None = None
    made: dict[str, int] = {}
    for name, link in links(store, head):
        if link.step is not None and world in (None, link.step[0]):
            made.setdefault(*link.step)
            if link.step[1] == at and found is None:
                found = name
            first = None if link.parent is None else bytes.fromhex(link.parent)
    if len(made) > 1:
        several = ", ".join(map(repr, sorted(made)))
        raise ArgumentError(
            f"at={at}: several worlds have made steps, {several}; name one, as at=({min(made)!r}, {at})"
        )
    if at == 0 and first is not None:
        return first
    if found is not None:
        return found
    known = "; ".join(f"{each!r} made the steps 1 to {step}" for each, step in made.items())
    raise ArgumentError(f"at={at}: there is no such step in {store.path.name}: {known or 'no world has made one'}")


def listed(names: Mapping[str, bytes]) -> str:
    """The names of a journal, for human eyes."""
    branches = ", ".join(name for name in names if not name.startswith(CHECKPOINT))
    checkpoints = ", ".join(name.removeprefix(CHECKPOINT) for name in names if name.startswith(CHECKPOINT))
    return f"branches {branches or 'none'}; checkpoints {checkpoints or 'none'}"
