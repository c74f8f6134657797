"""Rows and names: what is put is read back, before it is written and after, in both kinds of files; what is left of a
file that was cut anywhere is a beginning of what was put, group by group.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import blake2b
from math import inf
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from troupe_core.errors import JournalError
from troupe_core.llm import LLMResponse, Token
from troupe_core.simulation.journal.answers import read, spell
from troupe_core.simulation.journal.codec import decode, encode
from troupe_core.simulation.journal.rows import Group
from troupe_core.simulation.journal.store import Store, open_store

pytestmark = pytest.mark.once

KINDS = ("db", "json")
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""A real file system that waits for no disk: there are hundreds of files here."""
LETTERS = (b"b", b"m", b"o", b"l", b"c")

Rows = dict[bytes, bytes]
Names = dict[str, bytes]


def name_of(value: bytes, letter: bytes = b"b") -> bytes:
    """A row is named by what it holds."""
    return letter + blake2b(value, digest_size=16).digest()


texts = st.text(st.characters(exclude_categories=())) | st.sampled_from(["", "\ud83d", "a\udc00b", "\0", "\u2028", "🜚"])
"""Half a surrogate pair is among them: models send such things."""
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
values = plain.map(encode)
"""Rows hold JSON."""
letters = st.sampled_from(LETTERS)
rows = st.builds(lambda letter, value: (name_of(value, letter), value), letters, values)
labels = st.text(min_size=1, max_size=20)
"""Valid text: other names are refused before they come here."""
names = st.tuples(labels, st.binary(min_size=16, max_size=16))
groups = st.tuples(st.lists(rows, max_size=4), st.lists(names, max_size=2))


@contextmanager
def folder() -> Iterator[Path]:
    """One for each example."""
    made = Path(mkdtemp(prefix="troupe-rows-", dir=IN_MEMORY))
    try:
        yield made
    finally:
        while opened:
            shut(opened.pop())
        rmtree(made)


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    while opened:
        shut(opened.pop())


opened: list[Store] = []


def begin(path: Path) -> Store:
    store = open_store(path)
    opened.append(store)
    return store


def shut(store: Store) -> None:
    store.close()
    store.rows.close()


def check(store: Store, expected: Rows, named: Names) -> None:
    """It holds this and nothing else."""
    assert {key: store.get(key) for key in expected} == expected
    looked_for = {key: value for key, value in expected.items() if key[:1] in (b"o", b"l")}
    assert {key: store.find(key) for key in looked_for} == looked_for
    assert store.find(name_of(b"nobody has asked this", b"l")) is None
    assert store.names() == named
    assert store.get(name_of(b"nobody has put this")) is None
    with pytest.raises(JournalError, match="has lost the row"):
        store.need(name_of(b"nor this"))


def parts(path: Path) -> list[Path]:
    return [part for part in path.parent.glob(path.name + "*") if not part.name.endswith(("-lock", "-shm", ".bak"))]


def copied(path: Path, folder: Path) -> Path:
    folder.mkdir()
    for part in parts(path):
        copyfile(part, folder / part.name)
    return folder / path.name


# -- what is put is there ---------------------------------------------------------------------------------------------

deeds = st.lists(groups | st.sampled_from(["flush", "fold", "again"]), max_size=12)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(deeds=deeds)
@example(deeds=[([(name_of(b'""'), b'""')], [("main", bytes(16))]), "again"])
@example(deeds=[([(name_of(encode("\ud83d")), encode("\ud83d"))], []), "fold", "again", "fold", "again"])
def test_what_is_put_is_read_back(kind: str, deeds: list[Any]) -> None:
    """Whatever happens between: writing, checkpoints, other sessions. A row that is there stays, a name moves."""
    expected: Rows = {}
    named: Names = {}
    with folder() as place:
        path = place / f"rows.{kind}"
        store = begin(path)
        for deed in deeds:
            if deed == "flush":
                store.writer.flush()
            elif deed == "fold":
                store.writer.fold_now()
            elif deed == "again":
                store.close()
                store = begin(path)
            else:
                put, moved = deed
                store.put(put, moved)
                expected |= {key: value for key, value in put if key not in expected}
                named |= dict(moved)
            check(store, expected, named)
        store.writer.flush()
        check(store, expected, named)
        assert set(store.rows.keys()) == set(expected)
        store.close()
        check(store, expected, named)  # it can be read on
        store.rows.close()
        again = begin(path)
        check(again, expected, named)
        shut(again)


@settings(max_examples=10)
@given(contents=st.lists(st.binary(max_size=300) | st.just(b""), min_size=1, max_size=5))
@example(contents=[b"", b"\0", b"\xff\xfe", bytes(range(256)), b"x" * 100_000])
def test_any_bytes(contents: list[bytes]) -> None:
    """An SQLite file holds what is no JSON, and no text, as well; nothing at all too."""
    with folder() as place:
        store = begin(place / "rows.db")
        put = {name_of(content): content for content in contents}
        store.put(put.items())
        check(store, put, {})
        store.writer.flush()
        check(store, put, {})
        shut(store)


@settings(max_examples=80)
@given(value=plain)
def test_spelling(value: Any) -> None:
    """Plain data comes back as it was, in its own order."""
    raw = encode(value)
    raw.decode("utf-8")
    again = decode(raw)
    assert again == value
    assert encode(again) == raw


def test_an_answer_with_words_that_could_not_be_is_read_again() -> None:
    """The logarithm of no likelihood is a number that JSON does not have."""
    told = (Token("Yes", -0.5, (("No", -inf),)), Token("!", -inf))
    assert read(spell(LLMResponse("Yes!", logprobs=told))).logprobs == told


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("written", [True, False])
def test_a_row_that_is_there_stays(kind: str, written: bool, tmp_path: Path) -> None:
    """The first one counts, on disk or on its way there: an answer that was given twice has one meaning."""
    path = tmp_path / f"rows.{kind}"
    store = begin(path)
    key = b"l" + bytes(16)
    store.put([(key, b'"first"')], [("main", b"1" * 16)])
    if written:
        store.writer.flush()
    store.put([(key, b'"second"')], [("main", b"2" * 16)])
    store.writer.flush()
    check(store, {key: b'"first"'}, {"main": b"2" * 16})
    shut(store)
    store = begin(path)
    check(store, {key: b'"first"'}, {"main": b"2" * 16})
    shut(store)


# -- what is left is a beginning --------------------------------------------------------------------------------------


def written(path: Path, all_groups: list[Any], folds: int) -> None:
    """Group by group, a checkpoint after so many of them; the files are left as a crash would leave them."""
    store = begin(path)
    for number, (put, moved) in enumerate(all_groups):
        if number == folds:
            store.writer.fold_now()
        store.put(put, moved)
        store.writer.flush()
    copied(path, path.parent / "left")
    shut(store)


def beginnings(all_groups: list[Any]) -> list[tuple[Rows, Names]]:
    """What is there after no group, one, two …"""
    expected: Rows = {}
    named: Names = {}
    found = [(dict(expected), dict(named))]
    for put, moved in all_groups:
        expected = dict(put) | expected
        named = named | dict(moved)
        found.append((dict(expected), dict(named)))
    return found


whole_groups = st.lists(groups.filter(lambda group: bool(group[0] or group[1])), min_size=1, max_size=6)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(all_groups=whole_groups, folds=st.integers(0, 6), cut=st.floats(0, 1))
def test_cut_anywhere(kind: str, all_groups: list[Any], folds: int, cut: float) -> None:
    """Whatever is missing at the end of what was written last, no group is there in part, and none without those
    before it. What comes to it afterwards is kept.
    """
    with folder() as place:
        written(place / f"rows.{kind}", all_groups, folds)
        path = place / "left" / f"rows.{kind}"
        late = path.with_name(path.name + ("-wal" if kind == "db" else "-log"))
        if late.exists():
            content = late.read_bytes()
            late.write_bytes(content[: int(len(content) * cut)])
        store = begin(path)
        found = {key: store.need(key) for key in store.rows.keys()}  # noqa: SIM118 - it is no mapping
        assert (found, store.names()) in beginnings(all_groups)[folds if folds < len(all_groups) else 0 :]
        more = (name_of(b'"more"'), b'"more"')
        named = store.names() | {"more": bytes(16)}
        store.put([more], [("more", bytes(16))])
        store.writer.flush()
        again = begin(copied(path, place / "again"))
        check(again, found | dict([more]), named)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12)
@given(all_groups=whole_groups, fails=st.lists(st.booleans(), max_size=8))
def test_written_in_order_and_whole(kind: str, all_groups: list[Any], fails: list[bool]) -> None:
    """When some attempts to write go wrong half way, nothing of them is there; what failed is tried again, in order."""
    with folder() as place:
        path = place / f"rows.{kind}"
        store = begin(path)
        failing = iter(fails)
        write, seen = store.rows.write, []

        def unreliable(batch: list[Group]) -> None:
            seen.extend(group for group in batch if group not in seen)
            if next(failing, False):
                raise OSError(28, "No space left on device")
            write(batch)

        store.rows.write = unreliable  # type: ignore[method-assign]
        made = []
        for put, moved in all_groups:
            store.put(put, moved)
            made.append((dict(put), dict(moved)))
            try:
                store.writer.flush()
            except JournalError:
                check(store, *beginnings(all_groups)[len(made)])
        for _ in fails:
            with closing_quietly():
                store.writer.flush()
        store.writer.flush()
        assert [(dict(group.rows), dict(group.names)) for group in seen] == made
        check(store, *beginnings(all_groups)[-1])
        shut(store)


@contextmanager
def closing_quietly() -> Iterator[None]:
    try:
        yield
    except JournalError:
        return


def test_batch_is_all_or_nothing(tmp_path: Path) -> None:
    """A row that cannot be written takes those before it along."""
    store = begin(tmp_path / "rows.db")
    good, bad = (name_of(b"1"), b"1"), (b"b" + bytes(16), "no bytes")
    with pytest.raises(TypeError):
        store.rows.write([Group([good], [("main", bytes(16))]), Group([bad])])  # type: ignore[list-item]
    assert list(store.rows.keys()) == []
    assert store.rows.names() == {}
    store.rows.write([Group([good], [("main", bytes(16))])])
    assert list(store.rows.keys()) == [good[0]]
    shut(store)


# -- copies and checkpoints -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8)
@given(all_groups=whole_groups)
def test_checkpoint(kind: str, all_groups: list[Any]) -> None:
    """Afterwards the main file alone holds everything, and so does the second copy."""
    with folder() as place:
        path = place / f"rows.{kind}"
        store = begin(path)
        for put, moved in all_groups:
            store.put(put, moved)
        store.writer.fold_now()
        for source, name in ((path, "alone"), (path.with_name(path.name + ".bak"), "copy")):
            (place / name).mkdir()
            alone = place / name / path.name
            copyfile(source, alone)
            other = begin(alone)
            check(other, *beginnings(all_groups)[-1])
            shut(other)
        shut(store)


def test_a_document_is_readable(tmp_path: Path) -> None:
    """It is JSON as anybody reads it; half a surrogate pair in a value does not make it useless."""
    import json

    path = tmp_path / "rows.json"
    value = encode({"text": "half \ud83d", "é": [1, 2.5, None]})
    store = begin(path)
    store.put([(name_of(value, b"l"), value)], [("main", bytes(16))])
    shut(store)
    document = json.loads(path.read_text())
    assert document["troupe"]["format"] == 1
    assert document["names"] == {"main": "0" * 32}
    assert list(document["answers"].values()) == [{"text": "half \ud83d", "é": [1, 2.5, None]}]


# -- threads and loops ------------------------------------------------------------------------------------------------


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns at nearly every instruction."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.parametrize("kind", KINDS)
def test_many_threads(kind: str, hurried: None, tmp_path: Path) -> None:
    """Nothing that one of them puts is lost to another, and each one's rows are written in its order."""
    path = tmp_path / f"rows.{kind}"
    store = begin(path)
    threads, times = 4, 400
    put: list[list[tuple[bytes, bytes]]] = [[] for _ in range(threads)]

    def work(number: int) -> None:
        for each in range(times):
            value = encode([number, each])
            put[number].append((name_of(value), value))
            store.put([put[number][-1]], [(f"last of {number}", name_of(value)[1:])])
            assert store.get(name_of(value)) == value

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    store.writer.flush()
    expected = dict(row for rows in put for row in rows)
    assert not store.writer.waiting
    check(store, expected, {f"last of {number}": rows[-1][0][1:] for number, rows in enumerate(put)})
    order = {key: place for place, key in enumerate(store.rows.keys(in_order=True))}
    for mine in put:
        places = [order[key] for key, _ in mine]
        assert places == sorted(places)
    shut(store)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_that_waits_for_another(kind: str, tmp_path: Path) -> None:
    """What one loop has put, and not handed over yet, does not keep another from waiting for its own."""
    store = begin(tmp_path / f"rows.{kind}")
    value = encode("from the inner loop")

    async def inner() -> None:
        store.put([(name_of(value), value)])
        await asyncio.wait_for(store.writer.durable(), 10)

    async def outer() -> None:
        store.put([(name_of(b"1"), b"1")])
        done = threading.Thread(target=asyncio.run, args=(inner(),))
        done.start()
        done.join()  # as a notebook does that calls `world.run(…)`: its own loop stands still meanwhile

    asyncio.run(outer())
    assert store.rows.read(name_of(b"1")) == b"1"
    assert store.rows.read(name_of(value)) == value
    shut(store)


def test_a_loop_that_ends_before_it_hands_over(tmp_path: Path) -> None:
    """What was put on it is written nevertheless."""
    store = begin(tmp_path / "rows.db")
    loop = asyncio.new_event_loop()

    async def put() -> None:
        store.put([(name_of(b"1"), b"1")])
        loop.stop()

    task = loop.create_task(put())
    loop.run_forever()
    assert task.done()
    loop.close()
    asyncio.run(asyncio.wait_for(store.writer.durable(), 10))
    assert store.rows.read(name_of(b"1")) == b"1"
    shut(store)


def test_foreign_readers(tmp_path: Path) -> None:
    """Another program may look into an SQLite journal while it is written, and holds nobody up."""
    path = tmp_path / "rows.db"
    store = begin(path)
    store.put([(name_of(b"1"), b"1")])
    store.writer.flush()
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("begin")
        assert reader.execute("select count(*) from kv").fetchone() == (1,)
        store.put([(name_of(b"2"), b"2")])
        begun = time.monotonic()
        store.writer.fold_now()  # what it can
        assert time.monotonic() - begun < 5
        assert reader.execute("select count(*) from kv").fetchone() == (1,)
        reader.execute("commit")
        store.writer.fold_now()
        assert reader.execute("select count(*) from kv").fetchone() == (2,)
    shut(store)
