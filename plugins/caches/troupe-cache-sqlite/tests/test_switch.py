"""Installed it changes nothing; settings or `force_api_cache` switch it on, also while a program runs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from troupe_cache_sqlite import CacheError, Config, Plugin, Stats, stats
from troupe_core import PluginError, Runtime, Simulation, TinyPerson, force_api_cache
from troupe_core.errors import ArgumentError
from troupe_testing import ScriptedModel


@pytest.mark.parametrize("mode", [None, "off"])
def test_installed_it_changes_nothing(room, mode, monkeypatch):
    monkeypatch.chdir(room.folder)
    runtime = room.runtime(mode=mode)
    assert room.texts(runtime, room.request(), room.request()) == ["answer 1", "answer 2"]
    assert [chunk.text for chunk in room.stream(runtime, room.request())] == ["answer 3"]
    assert stats(runtime) == Stats()
    runtime.close()
    assert list(room.folder.iterdir()) == []


def test_installed_it_loads_nothing_before_it_is_switched_on():
    program = """
import json, sys
from troupe_core import Runtime, TinyPerson, Simulation
with Runtime(model="quiet/x") as runtime, Simulation(runtime=runtime):
    TinyPerson("Ada").listen_and_act("Good morning.")
    origin = str(runtime.plugins.origins["cache-sqlite"])
print(json.dumps([origin, sorted({"sqlite3", "zstandard", "troupe_cache_sqlite"} & set(sys.modules))]))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    origin, loaded = json.loads(done.stdout)
    assert origin.startswith("cache-sqlite (troupe-cache-sqlite ")
    assert loaded == ["troupe_cache_sqlite"]


def test_it_is_switched_on_and_off_while_a_runtime_lives(room):
    runtime = room.runtime(mode=None)
    assert room.texts(runtime, room.request()) == ["answer 1"]  # from now on the handler is composed
    force_api_cache(cache_api_calls=True, cache_file_name=str(room.path), runtime=runtime)
    assert [*room.texts(runtime, room.request()), *room.texts(runtime, room.request())] == ["answer 2", "answer 2"]
    force_api_cache(False, runtime=runtime)
    assert list(room.path.parent.iterdir()) == [room.path]  # written and closed
    assert room.texts(runtime, room.request()) == ["answer 3"]
    force_api_cache(True, room.path, runtime=runtime)
    assert room.texts(runtime, room.request()) == ["answer 2"]
    force_api_cache(True, room.folder / "another", runtime=runtime)
    assert room.texts(runtime, room.request()) == ["answer 4"]
    assert stats(runtime) == Stats(hits=2, misses=2, stores=2)


def test_it_can_be_switched_from_within_the_loop(room):
    runtime = room.runtime(mode=None)
    handler = runtime.llm_handler("asked/any")

    async def story():
        told = []
        for on in (True, True, False):
            force_api_cache(on, room.path, runtime=runtime)
            told.append((await handler.complete(room.request(), room.call)).text)
        return told

    assert room.run(runtime, story) == ["answer 1", "answer 1", "answer 2"]
    assert list(room.path.parent.iterdir()) == [room.path]  # written and closed


@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_under_way_when_it_is_switched_off_is_still_kept(room, streamed):
    runtime = room.runtime()
    model = runtime.model_under_test

    async def ask():
        handler = runtime.llm_handler("asked/any")
        if streamed:
            return "".join([chunk.text async for chunk in handler.stream(room.request(), room.call)])
        return (await handler.complete(room.request(), room.call)).text

    async def begin():
        model.gate = asyncio.Event()
        task = asyncio.get_running_loop().create_task(ask())
        await room.until(lambda: model.calls == 1)
        return task

    async def end():
        model.gate.set()
        return await task

    task = room.run(runtime, begin)
    force_api_cache(False, runtime=runtime)  # it does not wait for the model, which would be for ever
    assert room.run(runtime, end) == "answer 1"
    assert room.texts(room.runtime(mode="replay"), room.request()) == ["answer 1"]


def test_settings_are_overruled_and_named_when_they_are_wrong(room):
    runtime = room.runtime(mode="replay")
    force_api_cache(False, runtime=runtime)
    assert room.texts(runtime, room.request()) == ["answer 1"]
    for table, told in (({"mode": "sometimes"}, "cache-sqlite.mode"), ({"file": "x"}, "file")):
        with pytest.raises((ArgumentError, PluginError), match=told):
            Runtime([Plugin], settings={"cache-sqlite": table}, autoload=False)
    assert Config().mode == "off"


def test_a_file_that_cannot_be_used_is_told_at_once_and_nothing_is_switched(room):
    runtime = room.runtime()
    (room.folder / "pickle").write_bytes(b"\x80\x04." * 500)
    room.texts(runtime, room.request())
    with pytest.raises(CacheError, match="no cache of Troupe"):
        force_api_cache(True, room.folder / "pickle", runtime=runtime)
    assert room.texts(runtime, room.request()) == ["answer 1"]


def test_a_closed_runtime_is_not_switched(room):
    runtime = room.runtime()
    room.texts(runtime, room.request())
    runtime.close()
    force_api_cache(False, runtime=room.runtime())
    with pytest.raises(CacheError, match="closed"):
        force_api_cache(True, room.path, runtime=runtime)


def test_without_a_cache_it_is_said_what_to_install():
    with Runtime(autoload=False) as runtime, pytest.raises(PluginError, match="pip install troupe-cache-sqlite"):
        force_api_cache(True, runtime=runtime)
    with Runtime(autoload=False) as runtime, pytest.raises(PluginError, match="cache-sqlite"):
        stats(runtime)


def test_the_default_runtime_is_meant_when_none_is_named(room):
    program = f"""
from troupe_cache_sqlite import stats
from troupe_core import TinyPerson, current_simulation, force_api_cache
force_api_cache(True, {str(room.path)!r})
for name in ("Ada", "Ada"):
    TinyPerson("Ada", model="quiet/x").listen_and_act("Good morning.")
    current_simulation().runtime.close()
    force_api_cache(True, {str(room.path)!r})
TinyPerson("Ada", model="quiet/x").listen_and_act("Good morning.")
print(stats(current_simulation().runtime).hits)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_a_plain_path_in_the_home_folder_is_understood(room, monkeypatch):
    monkeypatch.setenv("HOME", str(room.folder))
    runtime = Runtime([ScriptedModel(), Plugin], settings={"cache-sqlite": {"mode": "write", "path": "~/c"}}, model="scripted/x", autoload=False)  # fmt: skip # noqa: E501
    with runtime, Simulation(runtime=runtime):
        TinyPerson("Ada").listen_and_act("Good morning.")
    assert (room.folder / "c").is_file()
