"""A kind of world is part of its state: it survives a resume, a fork and a replay, and a second run finds it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_core.worlds.kinds import KINDS
from troupe_testing import reach_out, talk, think, turn

NAMES = ("Ivo", "Ada", "Ben")


def says(request: Any, call: Any) -> Any:
    """What somebody says follows from all that it was shown, so that another prompt would be another answer."""
    if call.purpose == "consolidation":
        return {"memories": [f"{call.person} remembers"]}
    words = request.key.hex()[:8]
    return turn(think(words), talk(f"{call.person} {words}"), talk("psst", to="Ben"), reach_out("Ivo", words))


def study(path: Path | None, runtime: Runtime, kind: str) -> Simulation:
    simulation = Simulation(path, runtime=runtime, seed=5)
    ivo, ada, ben = (TinyPerson(name, simulation=simulation) for name in NAMES)
    world = TinyWorld("Room", [ada], kind=kind, **({"interviewer": ivo} if kind == "interview" else {}))
    if kind != "interview":
        world.add_agent(ivo)
    world.broadcast("Begin.", source="Moderator")
    world.run(1)
    world.add_agent(ben)
    return simulation


def go_on(simulation: Simulation) -> str:
    """Two more steps, in between which somebody leaves."""
    world = simulation["Room"]
    world.run(1)
    world.remove_agent(simulation["Ada"])
    world.run(1)
    simulation["Ada"].act()
    return simulation.digest()


@pytest.mark.parametrize("suffix", ["db", "json"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_world_is_of_its_kind_and_goes_on_as_if_nothing_had_been(make_runtime, tmp_path, kind, suffix):
    runtime, path = make_runtime(says), tmp_path / f"study.{suffix}"
    straight = study(None, runtime, kind)
    expected = go_on(straight)
    with study(path, runtime, kind) as simulation:
        digest, state = simulation.digest(), simulation["Room"].state
        ties = {name: simulation[name].state.ties.digest for name in NAMES}
    with Simulation.resume(path, runtime=runtime) as simulation:
        found = simulation["Room"].state
        assert (found.kind, found.interviewer, found.hearing, found.schedule) == (
            kind, state.interviewer, state.hearing, state.schedule,
        )  # fmt: skip
        assert {name: simulation[name].state.ties.digest for name in NAMES} == ties
        assert simulation["Ada"].state.ties.occasion == KINDS[kind].occasion()
        assert simulation.digest() == digest
        assert go_on(simulation) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_fork_of_it_is_of_the_same_kind_and_lives_on_by_itself(make_runtime, tmp_path, kind):
    runtime = make_runtime(says)
    with study(tmp_path / "study.db", runtime, kind) as simulation:
        fork = simulation.fork("other")
        before = simulation.digest()
        assert fork.digest() == before
        assert go_on(fork) != before
        assert simulation.digest() == before
        assert go_on(simulation) == fork.digest()
        fork.end()


@pytest.mark.parametrize("kind", KINDS)
def test_made_again_it_asks_nothing_and_replayed_it_is_the_same(make_runtime, tmp_path, kind):
    runtime, path = make_runtime(says), tmp_path / "study.db"
    with study(path, runtime, kind) as simulation:
        expected = go_on(simulation)
    asked = runtime.model_under_test.calls
    with study(path, runtime, kind) as simulation:
        assert go_on(simulation) == expected
    assert runtime.model_under_test.calls == asked
    assert Simulation.replay(path, runtime=runtime).turns > 0


def test_another_kind_is_another_state(make_runtime):
    digests = set()
    for kind in ("", *KINDS):
        with Simulation(runtime=make_runtime(says)) as simulation:
            digests.add(TinyWorld("Room", kind=kind, schedule="parallel", simulation=simulation).state.digest)
    assert len(digests) == 1 + len(KINDS)
