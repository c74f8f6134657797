"""Fixtures for tests of Troupe programs and plugins. pytest loads them wherever troupe-testing is installed, so nothing
of Troupe is imported here before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from troupe_core import Runtime, Simulation
    from troupe_testing.inspector import JournalInspector
    from troupe_testing.network import NetworkGuard
    from troupe_testing.recorder import HookRecorder
    from troupe_testing.server import ProtocolServer

_GUARD: pytest.StashKey[NetworkGuard] = pytest.StashKey()


# -- runtimes and simulations ----------------------------------------------------------------------------------------


@pytest.fixture
def make_runtime(request: pytest.FixtureRequest) -> Iterator[Callable[..., Runtime]]:
    """Makes runtimes that close behind the test: `make_runtime(script, plugins=[…], **options)`.

    The model is a script, or a backend; by default somebody who says nothing. It stands in `runtime.model_under_test`.
    Neither what happens to be installed nor a file of settings takes part; with `autoload=True` what is installed does.
    `options` are those of `Runtime`.
    """
    from troupe_core import ArgumentError, LLMBackend, Runtime
    from troupe_testing.scripted import ScriptedModel, quiet

    made: list[Runtime] = []
    recorded = "hook_recorder" in request.fixturenames
    watching = [request.getfixturevalue("hook_recorder").plugin] if recorded else []

    def make(script: Any = quiet, *, plugins: list[Any] | None = None, **options: Any) -> Runtime:
        if not (callable(script) or isinstance(script, LLMBackend)):
            raise ArgumentError(
                f"expected a script, which is a function of request and call, or a backend, and not {script!r}; "
                "without one nobody says anything"
            )
        model = script if isinstance(script, LLMBackend) else ScriptedModel(script)
        options = {"autoload": False, "config": {}, "model": "scripted/test", **options}
        runtime = Runtime(plugins=[*watching, model, *(plugins or [])], **options)
        runtime.model_under_test = model  # type: ignore[attr-defined]  # for the test alone
        made.append(runtime)
        return runtime

    yield make
    for runtime in made:
        runtime.close()


@pytest.fixture
def runtime(make_runtime: Callable[..., Runtime]) -> Runtime:
    """A runtime with a scripted model, in which nobody says anything, and nothing else. `make_runtime` takes more."""
    return make_runtime()


@pytest.fixture
def make_simulation(make_runtime: Callable[..., Runtime]) -> Iterator[Callable[..., Simulation]]:
    """Makes simulations, each on a runtime of its own; their model is `simulation.runtime.model_under_test`.

    `make_simulation(script, path=…, seed=…, max_in_flight=…, plugins=[…], **options)`; `plugins` and `options` are
    those of `make_runtime`.
    """
    from troupe_core import Simulation
    from troupe_testing.scripted import quiet

    made: list[Simulation] = []

    def make(
        script: Any = quiet, *, seed: int = 0, max_in_flight: int = 256, path: Path | None = None, **options: Any
    ) -> Simulation:
        runtime = make_runtime(script, **options)
        simulation = Simulation(path, runtime=runtime, seed=seed, max_in_flight=max_in_flight)
        made.append(simulation)
        return simulation

    yield make
    for simulation in made:
        simulation.close()


@pytest.fixture
def simulation(runtime: Runtime) -> Iterator[Simulation]:
    """A simulation on `runtime`, current in the test: `TinyPerson("Ada")` is in it."""
    from troupe_core import Simulation

    with Simulation(runtime=runtime) as made:
        yield made
    made.close()


@pytest.fixture
def hook_recorder() -> HookRecorder:
    """Records every hook call and every telemetry event of the runtimes that `make_runtime` and its kin make.

    `hook_recorder.calls("troupe_llm_handler")`, `hook_recorder.events(ModelCall)`, all in order in `hook_recorder.log`.
    """
    from troupe_testing.recorder import HookRecorder

    return HookRecorder()


@pytest.fixture
def journal_inspector() -> Callable[[str | Path], JournalInspector]:
    """Opens a journal that the test has written: `journal_inspector(path).answers`, `.contains("sk-…")`."""
    from troupe_testing.inspector import JournalInspector

    return JournalInspector


# -- the network -----------------------------------------------------------------------------------------------------


@pytest.fixture
def make_protocol_server() -> Iterator[Callable[..., ProtocolServer]]:
    """Starts servers that close behind the test: `make_protocol_server(answer, latency=0.1, keys={"sk-1"})`."""
    from troupe_testing.server import ProtocolServer

    made: list[ProtocolServer] = []

    def make(*arguments: Any, **options: Any) -> ProtocolServer:
        made.append(ProtocolServer(*arguments, **options).start())
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def protocol_server(make_protocol_server: Callable[..., ProtocolServer]) -> ProtocolServer:
    """A server that speaks the OpenAI protocol, on this machine: `OpenAI(base_url=protocol_server.base_url, …)`."""
    return make_protocol_server()


@pytest.fixture
def no_network(request: pytest.FixtureRequest) -> Iterator[NetworkGuard]:
    """The test fails if anything in it reaches for more than this machine, whoever swallows the error.

    `--troupe-no-network`, or `troupe_no_network = true` in the settings of pytest, does the same for all tests.
    """
    guard = request.node.stash.get(_GUARD, None)
    if guard is not None:
        yield guard
        return
    from troupe_testing.network import NetworkGuard

    with NetworkGuard() as guard:
        request.node.stash[_GUARD] = guard
        yield guard


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "every test fails that reaches for more than this machine"
    group = parser.getgroup("troupe")
    group.addoption("--troupe-no-network", action="store_true", help=told)
    parser.addini("troupe_no_network", told, type="bool", default=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """The guard for all tests, their fixtures included."""
    if not (item.config.getoption("troupe_no_network") or item.config.getini("troupe_no_network")):
        return (yield)
    from troupe_testing.network import NetworkGuard

    with NetworkGuard() as guard:
        item.stash[_GUARD] = guard
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """An attempt counts, though whoever made it has caught the error."""
    try:
        yield
    except Exception as error:
        guard = item.stash.get(_GUARD, None)
        if guard is not None and guard.attempts:
            error.add_note(guard.report)
        raise
    guard = item.stash.get(_GUARD, None)
    if guard is not None and guard.attempts:
        pytest.fail(guard.report, pytrace=False)
