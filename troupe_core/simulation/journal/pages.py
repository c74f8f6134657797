"""What was asked after a commit, by branch: pages, written when a run ends or is saved, and, for a program that was
killed before it could write one, notes beside the answers that came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from troupe_core.keys import digest, utf8
from troupe_core.llm.book import Entry, Key
from troupe_core.simulation.journal.branch import MAIN
from troupe_core.simulation.journal.codec import part
from troupe_core.simulation.journal.commits import CHECKPOINT
from troupe_core.simulation.journal.kinds import COMMIT, PART
from troupe_core.simulation.journal.tallies import Tallies

if TYPE_CHECKING:
    from troupe_core.simulation.journal.store import Store

Table: TypeAlias = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""Something by purpose, model, world and person."""

MARK = 8
"""Bytes of a page's name that stand in a note."""


class Page(msgspec.Struct, omit_defaults=True):
    """What was asked after a commit and before the end of a run."""

    ledger: dict[str, dict[str, dict[str, dict[str, list[int]]]]] = {}
    seconds: dict[str, dict[str, dict[str, dict[str, dict[int, int]]]]] = {}
    """By bucket, how many calls of the whole run took so long."""
    people: list[str] = []
    """Those of them for whom there is a limit."""
    asking: dict[str, int] = {}
    """For how many milliseconds models were asked meanwhile: in all, for purposes, and for those people."""
    after: dict[str, int] = {}
    """Of a fork: so many of the first pages of other branches behind the same commit it has begun with."""


class Note(Page):
    """The same between one answer and the next."""

    page: str = ""
    """The beginning of the name of the page that has it too, once that is written."""


class _Answer(msgspec.Struct):
    spent: Note | None = None


_page = msgspec.json.Decoder(Page)
_answer = msgspec.json.Decoder(_Answer)


def put(table: Table, key: Key, value: Any) -> None:
    person, purpose, model, world = key
    table.setdefault(purpose, {}).setdefault(model, {}).setdefault(world or "", {})[person or ""] = value


def items(table: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]) -> Iterator[tuple[Key, Any]]:
    for purpose, models in table.items():
        for model, worlds in models.items():
            for world, people in worlds.items():
                for person, value in people.items():
                    yield (person or None, purpose, model, world or None), value


def names(head: bytes | None, branch: str) -> Iterator[bytes]:
    """How the pages of a branch after a commit are called, the first first."""
    whose = () if branch == MAIN else (utf8(branch),)
    return (PART + digest(b"ledger", head or b"", b"%d" % number, *whose) for number in count())


def free_names(store: Store, head: bytes | None, branch: str) -> Iterator[bytes]:
    """Those of the pages that are not there yet."""
    return (name for name in names(head, branch) if store.get(name) is None)


def next_name(store: Store, head: bytes | None, branch: str) -> bytes:
    return next(free_names(store, head, branch))


def mark(name: bytes) -> str:
    return name[len(PART) :][:MARK].hex()


def behind(
    store: Store, head: bytes | None, without: Container[bytes] = (), which: Mapping[str, int] | None = None
) -> Iterator[Page]:
    """What was asked after a commit, but for some pages: on whichever branch, or `which`, so many pages of each."""
    for branch in (MAIN, *branches(store)) if which is None else which:
        for name, page in _of(store, head, branch)[: None if which is None else which[branch]]:
            if name not in without:
                yield page


def before(store: Store, head: bytes | None, branch: str) -> dict[str, int]:
    """How many pages of which branches are part of what this one has asked by now: its own, and of others those that
    were there when it was forked. (The program that forks it may have run several times.)
    """
    own = _of(store, head, branch)
    which = {branch: len(own)} if own else {}
    for _, page in own:
        which |= {other: max(many, which.get(other, 0)) for other, many in page.after.items()}
    return which


def _of(store: Store, head: bytes | None, branch: str) -> list[tuple[bytes, Page]]:
    """The pages of one branch, by name."""
    found = []
    for name in names(head, branch):
        raw = store.get(name)
        if raw is None:
            break
        found.append((name, _page.decode(raw)))
    return found


def branches(store: Store) -> list[str]:
    """Those beside the main one. What one has left and keeps a name for is on the page of the branch itself."""
    return [name for name in store.names() if name != MAIN and "@" not in name and not name.startswith(CHECKPOINT)]


def left_over(store: Store, branch: str) -> Page | None:
    """What was asked on a branch, and is on no page, since the program was killed."""
    head = store.name(branch)
    if head is None and branch != MAIN:
        return None
    wanted = mark(next_name(store, head, branch))
    ledger: dict[Key, Entry] = {}
    people: set[str] = set()
    asking: Counter[str] = Counter()
    for raw in store.rows.answers_after(COMMIT + (head or b"")):
        note = part(_answer, raw).spent
        if note is not None and note.page == wanted:
            people.update(note.people)
            asking.update(note.asking)
            for key, numbers in items(note.ledger):
                ledger.setdefault(key, Entry(key)).add(numbers)
    if not ledger:
        return None
    page = Page(people=sorted(people), asking=dict(asking))
    for key, entry in ledger.items():
        put(page.ledger, key, entry.numbers())
    return page


def spending(page: Page) -> Tallies:
    """What is on it, as commits have it."""
    purposes: dict[str, list[int]] = {}
    people: dict[str, list[int]] = {}
    for key, numbers in items(page.ledger):
        entry = Entry(key)
        entry.add(numbers)
        if not entry.calls:
            continue
        more = (entry.calls, entry.failed, entry.input, entry.output)
        _add(purposes, key[1], (*more, entry.cached, entry.unpriced, entry.reasoning, entry.cost))
        if key[0] in page.people:
            _add(people, key[0], (entry.calls, entry.input + entry.output, entry.cost))
    return Tallies(purposes, people, page.asking)


def _add(some: dict[str, list[int]], name: str, numbers: tuple[int, ...]) -> None:
    some[name] = [a + b for a, b in zip(some.get(name, [0] * len(numbers)), numbers, strict=True)]
