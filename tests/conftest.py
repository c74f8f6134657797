"""What many tests need: runtimes with a scripted model that close behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from troupe_core import Runtime, Simulation
from troupe_testing import ScriptedModel, quiet

settings.register_profile("troupe", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("troupe")


@pytest.fixture
def make_runtime() -> Iterator[Callable[..., Runtime]]:
    """Makes runtimes whose model is a script (or a backend); no plugin that happens to be installed takes part."""
    made: list[Runtime] = []

    def make(script: Any = quiet, *, plugins: list[Any] | None = None, **options: Any) -> Runtime:
        model = ScriptedModel(script) if callable(script) else script
        options = {"autoload": False, "model": "scripted/test", **options}
        runtime = Runtime(plugins=[model, *(plugins or [])], **options)
        runtime.model_under_test = model  # type: ignore[attr-defined]
        made.append(runtime)
        return runtime

    yield make
    for runtime in made:
        runtime.close()


@pytest.fixture
def make_simulation(make_runtime: Callable[..., Runtime]) -> Iterator[Callable[..., Simulation]]:
    """Makes simulations, each on a runtime of its own; their model is `simulation.runtime.model_under_test`."""
    made: list[Simulation] = []

    def make(script: Any = quiet, *, seed: int = 0, max_in_flight: int = 256, **options: Any) -> Simulation:
        runtime = make_runtime(script, **options)
        simulation = Simulation(runtime=runtime, seed=seed, max_in_flight=max_in_flight)
        made.append(simulation)
        return simulation

    yield make
    for simulation in made:
        simulation.close()
