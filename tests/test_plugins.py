"""Installed plugins, as real distributions in folders of their own: found in one order, and blamed one by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from troupe_core import LLMWrapper, Simulation, TinyPerson, hookimpl
from troupe_core.errors import PluginError
from troupe_testing import ScriptedModel, quiet


def distribute(folder: Path, distribution: str, version: str, name: str, module: str, source: str) -> None:
    """What an installer leaves behind for a distribution of one module, and one entry point."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{module}.py").write_text(dedent(source), encoding="utf-8")
    info = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[troupe]\n{name} = {module}\n")
    (info / "RECORD").write_text("")


def run(program: str, *folders: Path) -> Any:
    """What a program prints as JSON, where the distributions of these folders are installed too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


BROKEN = {
    "import": "import a_module_that_nobody_has",
    "hook": """
        from troupe_core import hookimpl

        @hookimpl
        def troupe_register_faculty():
            return []
    """,
    "argument": """
        from troupe_core import hookimpl

        @hookimpl(wrapper=True)
        def troupe_llm_handler(model, temperature):
            return (yield)
    """,
    "exit": "raise SystemExit('this needs a licence')",
    "registration": """
        from troupe_core import hookimpl

        @hookimpl
        def troupe_register_faculties():
            raise RuntimeError("the disk is full")
    """,
}
"""By what is broken in them."""

CLASH = """
    from troupe_core import BackendSpec, LLMBackend, LLMResponse, hookimpl

    class Clash(LLMBackend):
        async def complete(self, request, call):
            return LLMResponse('{"actions": [], "cognitive_state": {}}')

    @hookimpl
    def troupe_register_llm_backends():
        yield BackendSpec("clash", f"{__name__}:Clash")
        yield BackendSpec("only-%s", f"{__name__}:Clash")
"""


@pytest.fixture(scope="module")
def world_of_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five broken distributions and two good ones, whose backends clash."""
    folder = tmp_path_factory.mktemp("installed")
    for number, (what, source) in enumerate(BROKEN.items(), start=1):
        distribute(folder, f"troupe-bad-{what}", f"0.{number}", f"bad-{what}", f"troupe_bad_{what}", source)
    for side in ("left", "right"):
        distribute(folder, f"troupe-llm-{side}", "1.0", f"llm-{side}", f"troupe_llm_{side}", CLASH % side)
    return folder


USE = """
    import json
    from troupe_core import BackendSpec, Runtime, Simulation, TinyPerson
    from troupe_core.errors import PluginError

    with Runtime(model="only-left/x") as runtime:
        failures = [[f.origin.distribution, f.origin.version, f.origin.plugin, f.reason] for f in runtime.failures]
        simulation = Simulation(runtime=runtime)
        told = []
        for model in (None, "only-right/x"):  # the good ones work, whatever the others do
            TinyPerson(f"Somebody for {model}", model=model, simulation=simulation).listen_and_act("hello")
        for call in (
            TinyPerson("Ben", model="clash/x", simulation=simulation).act,
            lambda: TinyPerson("Cleo", mental_faculties=["sulking"], simulation=simulation),
        ):
            try:
                call()
            except PluginError as error:
                told.append(str(error))
        calls = simulation.usage.calls
    print(json.dumps({"failures": failures, "told": told, "calls": calls}))
"""


@pytest.fixture(scope="module")
def found(world_of_plugins: Path) -> Mapping[str, Any]:
    return run(USE, world_of_plugins)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("import", "ModuleNotFoundError: No module named 'a_module_that_nobody_has'"),
        ("hook", "it implements troupe_register_faculty, and there is no such hook"),
        ("argument", "temperature"),
        ("exit", "SystemExit: this needs a licence"),
        ("registration", "troupe_register_faculties failed: RuntimeError: the disk is full"),
    ],
)
def test_each_broken_plugin_is_reported_once_with_distribution_version_and_reason(found, what, said):
    number = list(BROKEN).index(what) + 1
    (reason,) = [
        reason
        for distribution, version, plugin, reason in found["failures"]
        if (distribution, version, plugin) == (f"troupe-bad-{what}", f"0.{number}", f"bad-{what}")
    ]
    assert said in reason


def test_nothing_else_is_reported_and_everything_else_works(found):
    assert len(found["failures"]) == len(BROKEN)
    assert found["calls"] == 2


def test_a_clash_names_both_sides_only_when_the_name_is_used(found):
    clash, _ = found["told"]
    assert "'clash'" in clash
    assert "llm-left (troupe-llm-left 1.0)" in clash
    assert "llm-right (troupe-llm-right 1.0)" in clash


def test_what_is_missing_is_told_together_with_what_was_left_out(found):
    _, missing = found["told"]
    assert "no faculty 'sulking'" in missing
    for what in BROKEN:
        assert f"troupe-bad-{what}" in missing


NAMES = """
    import json
    from troupe_core import Runtime
    from troupe_core.plugins.discovery import installed

    with Runtime() as runtime:
        print(json.dumps({
            "installed": [str(found.origin) for found in installed()],
            "plugins": list(runtime.plugins.origins),
            "failures": [str(failure) for failure in runtime.failures],
        }))
"""


def test_the_order_of_plugins_is_the_same_whatever_the_order_of_folders(tmp_path):
    quietly = "from troupe_core import hookimpl\n\n@hookimpl\ndef troupe_event(event): pass\n"
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder, distribution, name in zip(
        folders, ("troupe-z", "Troupe-A", "troupe-m"), ("first", "second", "third"), strict=True
    ):
        distribute(folder, distribution, "1.0", name, f"module_{name}", quietly)
    orders = [run(NAMES, *(folders[place] for place in order)) for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0))]
    assert orders[0] == orders[1] == orders[2]
    mine = [name for name in orders[0]["plugins"] if name in ("first", "second", "third")]
    assert mine == ["second", "third", "first"]  # by distribution
    assert orders[0]["plugins"][0] == "core"


def test_two_distributions_with_a_plugin_of_one_name_are_told_apart_and_one_of_them_works(tmp_path):
    quietly = "from troupe_core import hookimpl\n\n@hookimpl\ndef troupe_event(event): pass\n"
    for side in ("left", "right"):
        distribute(tmp_path / side, f"troupe-{side}", "1.0", "same", f"module_{side}", quietly)
    for order in (("left", "right"), ("right", "left")):
        seen = run(NAMES, *(tmp_path / side for side in order))
        (failure,) = seen["failures"]
        assert "same (troupe-right 1.0)" in failure
        assert "two plugins are called 'same': same (troupe-left 1.0) and same (troupe-right 1.0)" in failure


def test_installing_changes_nothing_until_something_is_asked_for(tmp_path):
    """A faculty and a wrapper that acts only if its settings say so: the very requests are the same."""
    distribute(
        tmp_path,
        "troupe-loud",
        "1.0",
        "loud",
        "troupe_loud",
        """
        from attrs import frozen
        from troupe_core import FacultySpec, LLMWrapper, TinyMentalFaculty, action, hookimpl

        class Shout(TinyMentalFaculty):
            '''You shout.'''

            @action
            async def shout(self, turn, words: str):
                '''shout the words.'''

        @hookimpl
        def troupe_register_faculties():
            yield FacultySpec("shout", "troupe_loud:Shout")
        """,
    )
    program = """
        import json
        from troupe_core import Runtime, Simulation, TinyPerson
        from troupe_testing import ScriptedModel

        model = ScriptedModel()
        with Runtime(plugins=[model], model="scripted/x") as runtime:
            simulation = Simulation(runtime=runtime)
            TinyPerson("Ada", simulation=simulation).listen_and_act("hello")
            digest = simulation.digest()
            shouts = TinyPerson("Ben", mental_faculties=["shout"], simulation=simulation).prompt()
        print(json.dumps({"key": model.requests[0][0].key.hex(), "digest": digest, "shout": "SHOUT" in str(shouts)}))
    """
    with_it = run(program, tmp_path)
    without = run(program.replace('["shout"]', "[]"))
    assert with_it == {**without, "shout": True}
    assert without["shout"] is False


# -- the order of wrappers and of registrations, in one process -------------------------------------------------------


class Noting(LLMWrapper):
    """Writes down when it is gone through, on the way in and on the way out."""

    def __init__(self, inner: Any, name: str, notes: list[str]) -> None:
        super().__init__(inner)
        self.name = name
        self.notes = notes

    async def complete(self, request: Any, call: Any) -> Any:
        self.notes.append(f"{self.name} in")
        response = await super().complete(request, call)
        self.notes.append(f"{self.name} out")
        return response


def noting(name: str, notes: list[str], **where: Any) -> Any:
    """A plugin that wraps models and transactions at one place in the order."""

    class Plugin:
        @hookimpl(wrapper=True, **where)
        def troupe_llm_handler(self) -> Any:
            return Noting((yield), name, notes)

        @hookimpl(wrapper=True, **where)
        def troupe_transaction_handler(self, kind: str) -> Any:
            inner = yield

            async def handler(tx: Any) -> Any:
                notes.append(f"{name} {kind}")
                return await inner(tx)

            return handler

    made = Plugin()
    made.name = name  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_observers_are_outermost_and_resilience_is_innermost_whatever_the_order_of_registration(make_simulation, order):
    notes: list[str] = []
    plugins = [
        noting("observer", notes, tryfirst=True),
        noting("cache", notes),
        noting("resilience", notes, trylast=True),
    ]

    def script(request: Any, call: Any) -> Any:
        notes.append("model")
        return quiet(request, call)

    simulation = make_simulation(script, plugins=[plugins[place] for place in order])
    TinyPerson("Ada", simulation=simulation).act()
    assert notes == [
        *("observer turn", "cache turn", "resilience turn"),
        *("observer in", "cache in", "resilience in", "model", "resilience out", "cache out", "observer out"),
    ]


def test_wrappers_of_one_band_stand_in_the_order_of_their_registration_the_last_one_outermost(make_simulation):
    notes: list[str] = []
    simulation = make_simulation(plugins=[noting(name, notes) for name in ("a", "b", "c")])
    for name in ("Ada", "Ben"):
        TinyPerson(name, simulation=simulation).act()
    turns, inwards, outwards = (
        ["c turn", "b turn", "a turn"],
        ["c in", "b in", "a in"],
        ["a out", "b out", "c out"],
    )
    assert notes == [*turns, *inwards, *outwards] * 2


def test_a_handler_is_composed_once_for_a_model_and_shared_by_simulations(make_runtime):
    made: list[str] = []

    class Counting:
        @hookimpl(wrapper=True)
        def troupe_llm_handler(self, model: Any) -> Any:
            made.append(model.name)
            return (yield)

        @hookimpl(wrapper=True)
        def troupe_transaction_handler(self, kind: str) -> Any:
            made.append(kind)
            return (yield)

    runtime = make_runtime(plugins=[Counting()])
    for _ in range(2):
        simulation = Simulation(runtime=runtime)
        for name in ("Ada", "Ben"):
            TinyPerson(name, simulation=simulation).act()
        TinyPerson("Cleo", model="scripted/other", simulation=simulation).act()
    assert sorted(made) == ["other", "test", "turn", "turn"]  # transactions once for each simulation


def test_a_wrapper_may_leave_the_model_out_altogether(make_simulation):
    class Canned:
        @hookimpl(wrapper=True)
        def troupe_llm_handler(self) -> Any:
            inner = yield

            class Answers(LLMWrapper):
                async def complete(self, request: Any, call: Any) -> Any:
                    from troupe_core import LLMResponse

                    return LLMResponse('{"actions": [{"type": "TALK", "content": "canned", "target": ""}]}')

            return Answers(inner)

    simulation = make_simulation(plugins=[Canned()])
    (said,) = TinyPerson("Ada", simulation=simulation).act()
    assert said.content == "canned"
    assert simulation.runtime.model_under_test.calls == 0
    assert simulation.usage.calls == 0


def test_what_is_given_in_code_goes_before_what_is_installed(make_runtime):
    """`troupe-testing` is installed, and brings a backend `scripted` too."""
    mine = ScriptedModel()
    runtime = make_runtime(mine, autoload=True)
    assert "testing" in runtime.plugins.origins
    TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()
    assert mine.calls == 1


def test_two_of_one_name_given_in_code_are_an_error_for_whoever_asks(make_runtime):
    class Other(ScriptedModel):
        name = "scripted"

    def alone(name: str, make: Callable[[], Any]) -> Any:
        from troupe_core import BackendSpec

        class Plugin:
            @hookimpl
            def troupe_register_llm_backends(self) -> Any:
                yield BackendSpec("twice", make)
                yield BackendSpec(f"only-{name}", make)

        made = Plugin()
        made.name = name  # type: ignore[attr-defined]
        return made

    runtime = make_runtime(plugins=[alone("left", ScriptedModel), alone("right", Other)])
    simulation = Simulation(runtime=runtime)
    assert TinyPerson("Ada", model="only-left/x", simulation=simulation).act()
    with pytest.raises(PluginError, match=r"'twice' .* is offered by left and right\. Disable all but one, or say"):
        TinyPerson("Ben", model="twice/x", simulation=simulation).act()


@pytest.mark.parametrize("api", [(0, 99), (1, 0), "0.1", (0,), (0, "1")])
def test_a_plugin_made_for_other_hooks_is_refused_by_name(make_runtime, api):
    class TooNew:
        TROUPE_API = api

        @hookimpl
        def troupe_event(self, event):
            """Nothing."""

    with pytest.raises(PluginError, match=r"TooNew.*(TROUPE_API|version)"):
        make_runtime(plugins=[TooNew()])
