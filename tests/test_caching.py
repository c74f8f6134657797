"""`force_api_cache` finds the cache of a runtime, whichever plugin it is; plugins are closed with their runtime."""

from __future__ import annotations

import pytest

from troupe_core import LLMBackend, LLMResponse, ModelRef, PluginError, Runtime, force_api_cache, hookimpl


class Closing:
    """A plugin that writes down when it is closed."""

    def __init__(self, name, told, error=None):
        self.name, self.told, self.error = name, told, error

    @hookimpl
    def troupe_event(self, event):
        pass

    async def aclose(self):
        self.told.append(self.name)
        if self.error is not None:
            raise self.error


class Switched(Closing):
    """And what was asked of it."""

    def force_api_cache(self, cache_api_calls, cache_file_name=None):
        self.told.append((cache_api_calls, cache_file_name))


def test_the_cache_of_the_runtime_that_is_named_is_switched():
    told: list[object] = []
    with Runtime([Switched("mine", told), Closing("other", [])], autoload=False) as runtime:
        force_api_cache(cache_api_calls=True, cache_file_name="answers", runtime=runtime)
        force_api_cache(False, runtime=runtime)
    assert told == [(True, "answers"), (False, None), "mine"]


def test_a_plugin_is_closed_though_nobody_asked_anything():
    told: list[object] = []
    with Runtime([Closing("only", told)], autoload=False):
        pass
    assert told == ["only"]


def test_without_any_it_is_said_what_to_install_and_what_was_left_out():
    with Runtime(autoload=False) as runtime, pytest.raises(PluginError, match="pip install troupe-cache-sqlite"):
        force_api_cache(True, runtime=runtime)


def test_of_two_none_is_guessed():
    plugins = [Switched("one", []), Switched("two", [])]
    with Runtime(plugins, autoload=False) as runtime, pytest.raises(PluginError, match="one and two"):
        force_api_cache(True, runtime=runtime)


@pytest.mark.parametrize("error", [None, RuntimeError("cannot"), SystemExit(3)], ids=str)
def test_plugins_are_closed_before_backends_and_one_that_fails_keeps_nobody_open(caplog, error):
    told: list[object] = []

    class Backend(LLMBackend):
        async def complete(self, request, call):
            return LLMResponse("")

        async def aclose(self):
            told.append("backend")

    runtime = Runtime([Closing("first", told), Closing("second", told, error), Backend], autoload=False)

    async def opened():
        await runtime.provider(ModelRef("backend", "any")).opening()  # type: ignore[attr-defined]

    runtime.wait(opened, "opened")
    runtime.close()
    assert told == ["second", "first", "backend"]
    ours = [record.getMessage() for record in caplog.records if record.name == "troupe"]  # asyncio speaks of others
    assert ours == ([] if error is None else ["the plugin second could not be closed"])
