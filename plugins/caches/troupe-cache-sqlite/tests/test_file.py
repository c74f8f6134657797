"""The file: what it is when it is damaged, locked, full, somebody else's or not to be written; and what is in it."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import orjson
import pytest
import zstandard

import troupe_cache_sqlite
from troupe_cache_sqlite import CacheError, Stats, files, stats
from troupe_cache_sqlite import store as store_module
from troupe_cache_sqlite.orders import Put
from troupe_core import PluginError


def filled(room, count=3):
    """A file with the answers to so many draws."""
    runtime = room.runtime(lambda request, number: f"old {number}")
    draws = [room.request(draw=draw) for draw in range(count)]
    texts = room.texts(runtime, *draws)
    runtime.close()
    return draws, texts


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.name.startswith("troupe")]


def spoil(path, value):
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT key, value FROM entry ORDER BY key").fetchall()
        for key, old in rows[:2]:
            assert value(old) != old
            db.execute("UPDATE entry SET value = ? WHERE key = ?", (value(old), key))
    db.close()


def with_size(size):
    """A frame that says it holds so many bytes."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(b"x")[:4] + b"\xe0" + size.to_bytes(8, "little")


DAMAGE = {
    "another letter": lambda old: old[:-9] + bytes([old[-9] ^ 1]) + old[-8:],
    "half of it": lambda old: old[: len(old) // 2],
    "nothing": lambda old: b"",
    "text": lambda old: "text",
    "a number": lambda old: 5,
    "other bytes": lambda old: b"\x80\x04\x95 pickled",
    "another value": lambda old: zstandard.compress(b'{"text": 5}'),
    "texts that are none": lambda old: zstandard.compress(
        b'{"text": 5, "usage": [1, 1, 1], "model": "m", "finish": "stop", "pieces": []}'
    ),
    "pieces of another text": lambda old: zstandard.compress(
        b'{"text": "abc", "usage": [1, 1, 1], "model": "m", "finish": "stop", "pieces": [1, 1]}'
    ),
    "no JSON": lambda old: zstandard.compress(b"\xff\xff"),
    "a frame of all the memory there is": lambda old: with_size(2**60),
    "more than any answer has": lambda old: zstandard.compress(b" " * 2**26 + zstandard.decompress(old)),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_a_miss_and_is_replaced_and_told_once(room, caplog, damage):
    draws, texts = filled(room)
    spoil(room.path, DAMAGE[damage])
    runtime = room.runtime(lambda request, number: f"new {number}")
    asked = room.texts(runtime, *draws)
    assert sorted(set(asked) - set(texts)) == ["new 1", "new 2"]
    assert len(set(asked) & set(texts)) == 1
    assert len([text for text in warnings(caplog) if "damaged" in text and str(room.path) in text]) == 1
    assert stats(runtime).damaged == 2
    runtime.close()
    assert room.texts(room.runtime(mode="replay"), *draws) == asked


def test_a_damaged_entry_that_is_only_read_stays_and_is_a_miss(room):
    draws, _ = filled(room)
    spoil(room.path, lambda old: old[:-1])
    runtime = room.runtime(lambda request, number: "new", mode="read")
    assert room.texts(runtime, *draws).count("new") == 2
    assert room.texts(runtime, *draws).count("new") == 2
    assert stats(runtime) == Stats(hits=2, misses=4, damaged=4)


def make_pickle(path):
    path.write_bytes(b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s." * 99)


def make_other(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()


def make_newer(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE entry (x)")
        db.execute(f"PRAGMA application_id={0x54525043}")
        db.execute("PRAGMA user_version=9")
    db.close()


def damaged_in_its_middle(room):
    draws, _ = filled(room, 40)
    whole = room.path.read_bytes()
    room.path.write_bytes(whole[:4096] + bytes(b ^ 0x5A for b in whole[4096:]))
    return draws, room.path.read_bytes()


def damaged_in_its_head(room):
    draws, _ = filled(room, 40)
    whole = room.path.read_bytes()
    room.path.write_bytes(whole[:24] + bytes(44) + whole[68:100] + bytes(200) + whole[300:])
    return draws, room.path.read_bytes()


@pytest.mark.parametrize("damage", [damaged_in_its_middle, damaged_in_its_head])
def test_a_cache_that_is_damaged_is_set_aside_and_nothing_is_lost(room, caplog, damage):
    """Neither what was in it, nor what was answered before that was found out."""
    draws, damaged = damage(room)
    runtime = room.runtime(lambda request, number: f"new {number}")
    new = room.texts(runtime, *draws)
    assert sorted(new) == sorted(f"new {number}" for number in range(1, 41))
    runtime.close()
    aside = room.path.with_name("cache.sqlite.damaged")
    assert aside.read_bytes() == damaged
    (told,) = [text for text in warnings(caplog) if "was set aside" in text]
    assert str(room.path) in told
    assert str(aside) in told
    assert stats(runtime).lost == 0
    assert room.texts(room.runtime(mode="replay"), *draws) == new


def test_a_cache_that_is_damaged_and_only_read_is_left_alone(room, caplog):
    draws, damaged = damaged_in_its_middle(room)
    runtime = room.runtime(lambda request, number: "new", mode="read")
    assert set(room.texts(runtime, *draws)) == {"new"}
    assert room.path.read_bytes() == damaged
    assert len([text for text in warnings(caplog) if "it cannot be read" in text]) == 1


def test_two_who_find_the_same_damage_begin_one_new_file(room):
    draws, _ = damaged_in_its_middle(room)
    both = [room.runtime(lambda request, number: "new") for _ in range(2)]
    for runtime in both:
        runtime.llm_handler("asked/any")  # opens it
    for runtime, draw in zip(both, draws, strict=False):
        room.texts(runtime, draw, room.request("another", draw=draw.draw))
    for runtime in both:
        runtime.close()
    assert sorted(path.name for path in room.path.parent.glob("*[!ml]")) == ["cache.sqlite", "cache.sqlite.damaged"]
    assert set(room.texts(room.runtime(mode="replay"), *draws[:2])) == {"new"}


UNUSABLE = {
    "a pickle": (make_pickle, "no cache of Troupe, nor any other SQLite file"),
    "another SQLite file": (make_other, "no cache of Troupe but another SQLite file"),
    "a newer cache": (make_newer, "version 9"),
    "a folder": (lambda path: path.mkdir(), "a folder"),
}


@pytest.mark.parametrize("mode", ["readwrite", "replay"])
@pytest.mark.parametrize("what", UNUSABLE)
def test_a_file_that_is_no_cache_is_told_and_left_alone(room, what, mode):
    make, told = UNUSABLE[what]
    path = room.folder / "other"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    runtime = room.runtime(mode=mode, path=path)
    for _ in range(2):
        with pytest.raises(CacheError, match=told) as caught:
            runtime.llm_handler("asked/any")
        assert str(path) in str(caught.value)
    assert isinstance(caught.value, PluginError)
    assert caught.value.fatal
    assert not path.is_file() or path.read_bytes() == before


def test_a_path_through_a_file_is_told(room):
    (room.folder / "file").write_text("")
    runtime = room.runtime(path=room.folder / "file" / "cache")
    with pytest.raises(CacheError, match="cannot be opened"):
        runtime.llm_handler("asked/any")


@pytest.mark.parametrize("mode", ["read", "replay"])
def test_what_is_only_read_has_to_be_there(room, mode):
    runtime = room.runtime(mode=mode)
    with pytest.raises(CacheError, match="there is no cache at"):
        runtime.llm_handler("asked/any")
    assert not room.path.parent.exists()


def test_folders_are_made_and_an_empty_file_will_do(room):
    room.path.parent.mkdir()
    room.path.write_bytes(b"")
    assert filled(room)[1] == room.texts(room.runtime(mode="replay"), *filled(room)[0])


class Somebody:
    """Not the superuser, who may write everywhere: for as long as a block lasts, this process is nobody."""

    def __enter__(self):
        if os.geteuid() == 0:
            os.seteuid(65534)

    def __exit__(self, *error):
        if os.getuid() == 0:
            os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="permissions of another kind")
@pytest.mark.parametrize("folder", [0o755, 0o777], ids=["in a folder like it", "in a folder that may be written"])
def test_a_file_that_may_not_be_written_is_read_and_told_once(room, caplog, folder):
    with tempfile.TemporaryDirectory() as place:
        room.path = Path(place) / "cache.sqlite"
        draws, texts = filled(room)
        room.path.chmod(0o444)
        Path(place).chmod(folder if os.geteuid() == 0 or folder == 0o777 else 0o555)
        runtime = room.runtime(lambda request, number: f"new {number}")
        runtime.thread.loop  # noqa: B018 - made before the user changes
        with Somebody():
            assert room.texts(runtime, *draws, room.request(draw=9)) == [*texts, "new 1"]
            runtime.plugins.get_plugin("cache-sqlite").cache.flush()
            assert room.texts(runtime, *draws, room.request(draw=9)) == [*texts, "new 1"]
            runtime.close()
        Path(place).chmod(0o755)
        told = [text for text in warnings(caplog) if "nothing can be written" in text]
        assert len(told) == 1
        assert str(room.path) in told[0]
        assert stats(runtime) == Stats(hits=7, misses=1, lost=1)


@pytest.mark.skipif(os.name == "nt", reason="permissions of another kind")
def test_a_folder_that_may_not_be_written_is_told(room):
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755 if os.geteuid() == 0 else 0o555)
        runtime = room.runtime(path=Path(place) / "cache.sqlite")
        with Somebody(), pytest.raises(CacheError, match="cannot be opened"):
            runtime.llm_handler("asked/any")
        Path(place).chmod(0o755)


@pytest.mark.parametrize("mended", [True, False], ids=["until there is room", "to the end"])
def test_when_the_disk_is_full_answers_are_served_and_held(room, caplog, monkeypatch, mended):
    real, writers = store_module.open_files, []

    def on_a_small_disk(path, *, writing):
        files = real(path, writing=writing)
        for connection in (files.reader, files.writer):
            connection.execute("PRAGMA max_page_count=16")
        writers.append(files.writer)
        return files

    monkeypatch.setattr(store_module, "open_files", on_a_small_disk)
    runtime = room.runtime(lambda request, number: os.urandom(1500).hex())
    draws = [room.request(draw=draw) for draw in range(40)]
    texts = []
    for draw in draws:  # one by one, so that some are written before the disk is full
        texts += room.texts(runtime, draw)
        runtime.plugins.get_plugin("cache-sqlite").cache.flush()
    assert room.texts(runtime, *draws) == texts
    assert runtime.model_under_test.calls == 40
    assert len([text for text in warnings(caplog) if "full" in text]) == 1
    if mended:
        writers[0].execute("PRAGMA max_page_count=100000")
    runtime.close()
    done = stats(runtime)
    assert done.stores + done.lost == 40
    assert (done.lost == 0) is mended
    lost = [text for text in warnings(caplog) if "are lost" in text]
    assert lost == [] if mended else f"{done.lost} answers" in lost[0]
    monkeypatch.undo()
    again = room.texts(room.runtime(lambda request, number: "asked again"), *draws)
    assert [new for new, old in zip(again, texts, strict=True) if new != old] == ["asked again"] * done.lost


def test_while_somebody_else_has_locked_the_file_a_question_waits_and_the_loop_does_not(room, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 600.0)
    draws, texts = filled(room)
    runtime = room.runtime(lambda request, number: "new")
    room.texts(runtime, *draws)
    with sqlite3.connect(room.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        asked: list[str] = []
        thread = threading.Thread(target=lambda: asked.extend(room.texts(runtime, room.request(draw=9))))
        thread.start()
        time.sleep(0.1)
        assert room.texts(runtime, *draws) == texts  # hits go on meanwhile
        assert asked == []
        other.execute("ROLLBACK")
        thread.join(10)
    other.close()
    assert asked == ["new"]
    assert stats(runtime).lost == 0


def test_while_the_file_is_locked_a_runtime_that_closes_leaves_the_loop_to_others(room):
    runtime = room.runtime()
    room.texts(runtime, room.request())
    cache = runtime.plugins.get_plugin("cache-sqlite").cache
    cache.flush()

    async def close(other):
        cache.store.put(Put(b"k" * 16, 0, "completion", b"{}", "asked/any", replace=False))
        task = asyncio.get_running_loop().create_task(cache.aclose())
        for _ in range(5):
            await asyncio.sleep(0)
        waits = not task.done()
        other.execute("ROLLBACK")
        await task
        return waits

    with closing(sqlite3.connect(room.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert room.run(runtime, lambda: close(other))
    assert list(room.path.parent.iterdir()) == [room.path], "written and closed"


def test_nothing_secret_and_nothing_that_runs_is_in_the_file(room):
    secret = "sk-very-secret"
    runtime = room.runtime(lambda request, number: "an answer")
    request = room.request(f"My key is {secret}.", lane=secret, schema=None)
    room.texts(runtime, request)
    runtime.close()
    with sqlite3.connect(room.path) as db:
        ((value,),) = db.execute("SELECT value FROM entry").fetchall()
        assert db.execute("SELECT count(*) FROM lease").fetchone() == (0,)
    db.close()
    plain = zstandard.decompress(value)
    assert orjson.loads(plain)["text"] == "an answer"
    assert secret.encode() not in plain + room.path.read_bytes()
    for source in Path(troupe_cache_sqlite.__file__).parent.glob("*.py"):
        assert not {"pickle", "marshal", "shelve", "eval("} & set(source.read_text().split()), source
    assert list(room.path.parent.iterdir()) == [room.path]  # no lock, no log left behind


def test_a_program_that_closes_nothing_loses_nothing(room):
    program = f"""
import asyncio
from troupe_cache_sqlite import Plugin
from troupe_core import Call, Form, LLMRequest, Message, Runtime
from troupe_testing import ScriptedModel
settings = {{"cache-sqlite": {{"mode": "readwrite", "path": {str(room.path)!r}}}}}
runtime = Runtime([ScriptedModel(lambda *_: "kept"), Plugin], settings=settings, autoload=False)
request = LLMRequest(Form("scripted/any"), (Message("user", "Who?"),))
runtime.wait(lambda: runtime.llm_handler("scripted/any").complete(request, Call("s", "turn")), "ask")
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with sqlite3.connect(room.path) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    db.close()
    assert list(room.path.parent.iterdir()) == [room.path]


def test_a_runtime_that_is_forgotten_leaves_no_thread(room):
    runtime = room.runtime()
    room.texts(runtime, room.request())
    assert "troupe-cache" in [thread.name for thread in threading.enumerate()]
    room.made.clear()
    del runtime
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "troupe-cache":
            thread.join(5)
    assert "troupe-cache" not in [thread.name for thread in threading.enumerate()]
    assert room.texts(room.runtime(mode="replay"), room.request()) == ["answer 1"]
