"""What was asked after a commit, by branch: pages, written when a run ends or is saved, and, for a program that was
killed before it could write one, notes beside the answers that came.
"""

from __future__ import annotations

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
    """By bucket, how many attempts of the whole run took so long."""
    people: list[str] = []
    """Those of them for whom there is a limit."""


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


def next_name(store: Store, head: bytes | None, branch: str) -> bytes:
    return next(name for name in names(head, branch) if store.get(name) is None)


def mark(name: bytes) -> str:
    return name[len(PART) :][:MARK].hex()


def behind(store: Store, head: bytes | None, without: Container[bytes] = ()) -> Iterator[Page]:
    """What was asked after a commit, on whichever branch, but for some pages."""
    for branch in (MAIN, *branches(store)):
        for name in names(head, branch):
            raw = store.get(name)
            if raw is None:
                break
            if name not in without:
                yield _page.decode(raw)


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
    for raw in store.rows.answers_after(COMMIT + (head or b"")):
        note = part(_answer, raw).spent
        if note is not None and note.page == wanted:
            people.update(note.people)
            for key, numbers in items(note.ledger):
                ledger.setdefault(key, Entry(key)).add(numbers)
    if not ledger:
        return None
    page = Page(people=sorted(people))
    for key, entry in ledger.items():
        put(page.ledger, key, entry.numbers())
    return page


def spending(page: Page) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """What is on it, as commits have it: by purpose, and by person."""
    purposes: dict[str, list[int]] = {}
    people: dict[str, list[int]] = {}
    for key, numbers in items(page.ledger):
        entry = Entry(key)
        entry.add(numbers)
        if not entry.attempts:
            continue
        more = (entry.attempts, entry.failed, entry.input, entry.output)
        _add(purposes, key[1], (*more, entry.cached, entry.unpriced, entry.reasoning, entry.cost))
        if key[0] in page.people:
            _add(people, key[0], (entry.attempts, entry.input + entry.output, entry.cost))
    return purposes, people


def _add(some: dict[str, list[int]], name: str, numbers: tuple[int, ...]) -> None:
    some[name] = [a + b for a, b in zip(some.get(name, [0] * len(numbers)), numbers, strict=True)]
