"""A whole study over the cache: the second time nobody asks a model, and everything is as it was."""

from __future__ import annotations

import pytest

from troupe_cache_sqlite import Plugin, ReplayMiss, Stats, stats
from troupe_core import ModelCall, Runtime, Simulation, TinyPerson, TinyWorld, hookimpl
from troupe_core.errors import RunStopped
from troupe_testing import LatencyModel, ScriptedModel, exponential, talk, think, turn

NAMES = ("Ada", "Ben", "Cleo", "Dan")


def study(path, mode="readwrite", *, seed=1, topic="rolls", world_of=NAMES, garbled=False):
    """Four people talk for three steps; who is asked first is a matter of chance."""
    made = []

    def script(request, call):
        if call.purpose == "consolidation":
            return {"memories": [f"We spoke of {topic}."]}
        made.append(call)
        if garbled and not request.messages[-1].content.startswith("That answer cannot be used"):
            return "I would rather draw it."
        others = [name for name in NAMES if name != call.person]
        words = f"{call.person} in turn {call.turn} has read {len(request.messages)} messages"
        return turn(think(words), talk(words, to=others[call.turn % 3]), emotions=f"mood {call.turn}")

    seen = []

    class Watching:
        @hookimpl
        def troupe_event(self, event):
            if isinstance(event, ModelCall):
                seen.append(event)

    model = ScriptedModel(script)
    slow = LatencyModel(model, exponential(mean=0.003), seed=len(made))
    settings = {"cache-sqlite": {"mode": mode, "path": str(path)}}
    with (
        Runtime([slow, Watching(), Plugin], settings=settings, model="scripted/any", autoload=False) as runtime,
        Simulation(runtime=runtime, seed=seed) as simulation,
    ):
        world = TinyWorld("Hall", [TinyPerson(name, {"likes": topic}) for name in world_of])
        world.make_everyone_accessible()
        world.broadcast(f"What do you think of {topic}?", source="Moderator")
        report = world.run(3)
        facts = [(fact.cite, str(fact)) for fact in simulation.facts]
        return {"digest": simulation.digest(), "facts": facts}, model.calls, len(seen), stats(runtime), report


def test_a_study_that_is_run_twice_asks_once_and_is_the_same(tmp_path):
    first, calls, seen, _, report = study(tmp_path / "cache")
    assert calls == seen == report.spent.calls == 12
    for mode in ("readwrite", "replay"):
        again, calls, seen, done, report = study(tmp_path / "cache", mode)
        assert again == first
        assert calls == seen == report.spent.calls == 0
        assert done == Stats(hits=12)
    off, calls, _, _, _ = study(tmp_path / "cache", "off")
    assert (off, calls) == (first, 12)


def test_a_study_in_which_models_were_asked_once_more_is_replayed_without_any(tmp_path):
    first, calls, _, done, _ = study(tmp_path / "cache", garbled=True)
    assert calls > 12
    assert done.unfit == calls - 12
    again, calls, _, done, _ = study(tmp_path / "cache", "replay")
    assert (again, calls, done.misses) == (first, 0, 0)


def test_what_is_other_is_asked_and_the_rest_is_found(tmp_path):
    study(tmp_path / "cache")
    _, calls, _, done, _ = study(tmp_path / "cache", topic="trams")
    assert (calls, done.hits) == (12, 0)


def test_a_replay_that_comes_to_something_else_stops_the_run(tmp_path):
    study(tmp_path / "cache")
    with pytest.raises(RunStopped, match="replay") as stopped:
        study(tmp_path / "cache", "replay", topic="trams")
    assert isinstance(stopped.value.__cause__, ReplayMiss)
