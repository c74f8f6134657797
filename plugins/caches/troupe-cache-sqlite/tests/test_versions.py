"""Files of former versions, and damage that strikes between two writes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from troupe_cache_sqlite import store as store_module
from troupe_cache_sqlite import upkeep
from troupe_cache_sqlite.files import VERSION

KEY = bytes.fromhex("DBC98D0876B766CFB3C774D516322AC0")
VALUE = bytes.fromhex(
    "28B52FFD24505D020002C51119804B5A0C603A4C711A89D8FFFB1DE2642C10F818B149CD802E8F636CC50166729DA4D5"
    "ED8326CAC27503DD36020929711DA400152881B1D170AAB8D65B94CDA2B7BD0CDC1D0100C9727C90"
)
"""The answer "as it was" to `room.request()`, as the first version wrote it."""


def of_version_1(path):
    """A file as the first version made it, with that answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path, isolation_level=None) as db:
        db.executescript(f"""
            PRAGMA journal_mode=WAL;
            CREATE TABLE entry (
                key BLOB PRIMARY KEY, value BLOB NOT NULL, model TEXT NOT NULL, made INTEGER NOT NULL);
            CREATE TABLE lease (
                key BLOB PRIMARY KEY, owner BLOB NOT NULL, ticket INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
            PRAGMA application_id={0x54525043}; PRAGMA user_version=1;
        """)
        db.execute("INSERT INTO entry VALUES (?, ?, 'asked/any', 1796031822)", (KEY, VALUE))
    db.close()


def version(path):
    with sqlite3.connect(path) as db:
        (found,) = db.execute("PRAGMA user_version").fetchone()
    db.close()
    return found


def test_a_file_of_the_first_version_is_read_as_it_is_and_migrated_when_it_is_written_to(room):
    of_version_1(room.path)
    for mode, afterwards in (("replay", 1), ("readwrite", VERSION), ("replay", VERSION)):
        runtime = room.runtime(mode=mode)
        assert room.texts(runtime, room.request()) == ["as it was"]
        if mode == "readwrite":
            assert room.texts(runtime, room.request("And now?")) == ["answer 1"]
        runtime.close()
        assert list(upkeep.verify(room.path)) == []
        assert upkeep.held(room.path).entries == (1 if afterwards == 1 else 2)
        assert version(room.path) == afterwards


@pytest.mark.skipif(os.name == "nt", reason="permissions of another kind")
def test_one_that_may_not_be_written_to_is_read_all_the_same(room, monkeypatch):
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "cache.sqlite"
        of_version_1(path)
        path.chmod(0o444)
        Path(place).chmod(0o755 if os.geteuid() == 0 else 0o555)
        runtime = room.runtime(path=path)
        runtime.thread.loop  # noqa: B018 - made before the user changes
        if os.geteuid() == 0:
            os.seteuid(65534)
        try:
            assert room.texts(runtime, room.request(), room.request("And now?")) == ["as it was", "answer 1"]
            runtime.close()
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
        Path(place).chmod(0o755)
        assert version(path) == 1


def test_whoever_is_killed_at_a_write_has_lost_nothing_that_was_acknowledged(room, monkeypatch):
    """Before every statement of the thread that writes, the files are taken as a kill would leave them."""
    real, moments = store_module.open_files, []
    acknowledged: list[str] = []

    def watched(path, *, writing):
        files = real(path, writing=writing)
        if files.writer is not None:

            def taken(statement):
                copy = room.folder / f"killed {len(moments)}"
                copy.mkdir()
                for beside in path.parent.iterdir():
                    shutil.copyfile(beside, copy / beside.name)
                moments.append((copy / path.name, list(acknowledged), statement))

            files.writer.set_trace_callback(taken)
        return files

    monkeypatch.setattr(store_module, "open_files", watched)
    runtime = room.runtime(lambda request, number: f"{number} " + os.urandom(1000).hex(), max_mb=0.04)
    for number in range(24):
        texts = room.texts(runtime, room.request(f"question {number}"))
        runtime.plugins.get_plugin("cache-sqlite").cache.flush()
        acknowledged += texts
    runtime.close()
    monkeypatch.undo()
    assert {"BEGIN IMMEDIATE", "COMMIT"} <= {statement for _, _, statement in moments}
    for path, known, statement in moments:
        assert list(upkeep.verify(path)) == [], statement
        there = {line for line in upkeep.export(path) if isinstance(line, bytes)}
        held = "".join(map(bytes.decode, there))
        assert [text for text in known if text not in held] == [], statement
        assert len(there) - len(known) in (0, 1)


def test_a_log_that_was_cut_anywhere_holds_whole_answers(room):
    """As a crash of the machine may leave it."""
    runtime = room.runtime(lambda request, number: f"answer {number} " * 40)
    for number in range(12):
        room.texts(runtime, room.request(f"question {number}"))
        runtime.plugins.get_plugin("cache-sqlite").cache.flush()
    log = Path(f"{room.path}-wal")
    whole, main = log.read_bytes(), room.path.read_bytes()
    held = []
    for cut in (*range(0, len(whole), 1500), len(whole)):
        copy = room.folder / f"cut {cut}" / "cache.sqlite"
        copy.parent.mkdir()
        copy.write_bytes(main)
        Path(f"{copy}-wal").write_bytes(whole[:cut])
        try:
            held.append(upkeep.held(copy).entries)
        except upkeep.CacheError:
            assert not held, "once it has been a cache it is one"
        else:
            assert list(upkeep.verify(copy)) == []
    assert held == sorted(held)
    assert held[-1] == 12
