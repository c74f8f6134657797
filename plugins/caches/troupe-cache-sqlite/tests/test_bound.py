"""A file that may hold so much and no more: what was not used for longest makes room."""

from __future__ import annotations

import os
import sqlite3
import time

import pytest

from troupe_cache_sqlite import upkeep
from troupe_core import ArgumentError


def noise(request, number):
    return os.urandom(1000).hex()


def fill(room, count):
    """So many answers, the first of them used least recently, and long ago."""
    runtime = room.runtime(noise)
    for draw in range(count):
        room.texts(runtime, room.request(draw=draw))
    runtime.close()
    with sqlite3.connect(room.path) as db:
        db.execute("UPDATE entry SET used = rowid")
    db.close()


def kept(room, *requests):
    """Which of them the file still holds."""
    runtime = room.runtime(lambda request, number: "gone", mode="read")
    return [text != "gone" for text in room.texts(runtime, *requests)]


def test_what_was_not_used_for_longest_makes_room_and_what_is_in_use_stays(room):
    fill(room, 60)
    most = 60_000
    assert upkeep.held(room.path).bytes > most
    runtime = room.runtime(noise, max_mb=most / 1e6)
    old = [room.request(draw=draw) for draw in range(60)]
    room.texts(runtime, *old[:5])
    new = [room.request("new", draw=draw) for draw in range(5)]
    room.texts(runtime, *new)
    runtime.close()
    assert upkeep.held(room.path).bytes <= most
    assert list(upkeep.verify(room.path)) == []
    assert kept(room, *old[:5], *new) == [True] * 10
    others = kept(room, *old[5:])
    assert others == sorted(others)
    assert {*others} == {False, True}


def test_what_was_used_is_written_down_for_the_next_run(room):
    fill(room, 40)
    runtime = room.runtime(noise, max_mb=10)
    first = [room.request(draw=draw) for draw in range(5)]
    room.texts(runtime, *first)
    runtime.close()
    with sqlite3.connect(room.path) as db:
        db.execute("UPDATE entry SET used = used - 100 WHERE used > 1000")
    db.close()
    runtime = room.runtime(noise, max_mb=0.05)
    room.texts(runtime, room.request("new"))
    runtime.close()
    assert kept(room, *first) == [True] * 5


def test_what_a_run_uses_stays_though_the_clock_is_set_back_meanwhile(room, monkeypatch):
    fill(room, 60)
    with sqlite3.connect(room.path) as db:
        db.execute("UPDATE entry SET used = ? + rowid", (int(time.time()) - 1000,))
        db.execute("UPDATE entry SET used = used + 9999 WHERE rowid <= 5")
    db.close()
    old = [room.request(draw=draw) for draw in range(60)]
    new = [room.request("new", draw=draw) for draw in range(5)]
    runtime = room.runtime(noise, max_mb=0.06)
    room.texts(runtime, old[0])
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() - 3000)
    room.texts(runtime, *old[1:5])
    room.texts(runtime, *new)
    runtime.close()
    assert kept(room, *old[:5], *new) == [True] * 10
    assert {*kept(room, *old[5:])} == {False, True}


def test_when_all_of_it_is_in_use_nothing_goes_and_it_is_told_once(room, caplog):
    runtime = room.runtime(noise, max_mb=0.03)
    draws = [room.request(draw=draw) for draw in range(30)]
    for draw in draws:
        room.texts(runtime, draw)
        runtime.plugins.get_plugin("cache-sqlite").cache.flush()
    runtime.close()
    assert kept(room, *draws) == [True] * 30
    assert len([record for record in caplog.records if "max_mb = 0.03" in record.getMessage()]) == 1


def test_a_bound_of_nothing_is_refused(room):
    with pytest.raises(ArgumentError, match="max_mb has to be above 0"):
        room.runtime(max_mb=0)
