"""Settings reach what they are for: a kind of memory is its settings."""

from __future__ import annotations

import pytest

from troupe_core import ConfigError, EpisodicMemory, Simulation, TinyPerson


def test_a_kind_of_memory_has_the_settings_of_its_table_unless_it_is_given_as_it_is(make_runtime):
    runtime = make_runtime(settings={"episodic": {"episode": 3, "window_size": 9_000}})
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", simulation=simulation)
    ben = TinyPerson("Ben", memory="episodic", simulation=simulation)
    cleo = TinyPerson("Cleo", memory=EpisodicMemory(episode=5), simulation=simulation)
    kinds = [person.state.memory_kind for person in (ada, ben, cleo)]
    assert [(kind.episode, kind.window_size) for kind in kinds] == [(3, 9_000), (3, 9_000), (5, 12_000)]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"episod": 3}, r"settings.episodic.episod: there is no such setting.*Did you mean episode, a whole number"),
        ({"keep": 20_000}, r"keep \(20000\) is what stays in view"),
        ({"episode": "ten"}, r"settings.episodic.episode: expected a whole number, got the text 'ten'"),
    ],
)
def test_a_mistake_in_it_is_told_like_any_other(make_runtime, table, said):
    with pytest.raises(ConfigError, match=said):
        make_runtime(settings={"episodic": table})


def test_a_resumed_simulation_keeps_the_memory_that_it_had(make_runtime, tmp_path):
    with Simulation(tmp_path / "study.db", runtime=make_runtime(settings={"episodic": {"episode": 3}})):
        TinyPerson("Ada").act()
    again = Simulation.resume(tmp_path / "study.db", runtime=make_runtime(settings={"episodic": {"episode": 7}}))
    assert again["Ada"].state.memory_kind.episode == 3
    again.close()
