"""Which plugins take part: files, modules, objects; those allowed, required, preferred; and those that sleep."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from troupe_core import (
    BackendSpec,
    Budget,
    CommandSpec,
    ResultsExtractor,
    Runtime,
    Simulation,
    TinyEnricher,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    action,
    force_api_cache,
    hookimpl,
)
from troupe_core.errors import ArgumentError, ConfigError, PluginError
from troupe_testing import ScriptedModel, do, talk, think, turn

OBSERVER = """
    from troupe_core import hookimpl

    seen = []

    @hookimpl
    def troupe_event(event):
        seen.append(event)
"""
WRAPPER = """
    from troupe_core import LLMWrapper, hookimpl

    calls = []

    class Counting(LLMWrapper):
        async def complete(self, request, call):
            calls.append(call)
            return await self.inner.complete(request, call)

    @hookimpl(wrapper=True)
    def troupe_llm_handler(model):
        return Counting((yield))
"""
HUMMING = """
    from troupe_core import TinyMentalFaculty, action

    class Humming(TinyMentalFaculty):
        '''You hum.'''

        @action
        async def hum(self, turn, tune: str):
            '''hum it.'''

    class _Helper(TinyMentalFaculty):
        '''Nobody's.'''
"""
MEMORY = """
    from attrs import frozen
    from troupe_core import EpisodicMemory, MemorySpec, hookimpl

    @hookimpl
    def troupe_register_memories():
        yield MemorySpec("diary", EpisodicMemory)
"""


class Installed:
    """Distributions that are found as if they had been installed: name and version by their plugins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, distribution: str, version: str = "1.0", **plugins: str) -> None:
        """Each plugin is a module of its own; a name's underscores are dashes in the plugin's."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        points = []
        for name, source in plugins.items():
            module = f"loading_{name}"
            (self.folder / f"{module}.py").write_text(dedent(source))
            points.append(f"{name.replace('_', '-')} = {module}{':Plugin' if 'class Plugin' in source else ''}")
        (info / "entry_points.txt").write_text("[troupe]\n" + "\n".join(points))

    def module(self, name: str) -> Any:
        return sys.modules.get(f"loading_{name}")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """Nothing but what a test adds is installed."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    found = lambda **_: iter(Distribution.discover(context=DistributionFinder.Context(path=[str(folder)])))  # noqa: E731
    monkeypatch.setattr("importlib.metadata.distributions", found)
    monkeypatch.chdir(tmp_path)
    yield Installed(folder)
    for name in [name for name in sys.modules if name.startswith("loading_")]:
        del sys.modules[name]


@contextmanager
def runtime_with(*plugins: Any, **options: Any) -> Iterator[Runtime]:
    model = next((each for each in plugins if isinstance(each, ScriptedModel)), ScriptedModel())
    with Runtime([model, *(each for each in plugins if each is not model)], model="scripted/x", **options) as runtime:
        yield runtime


def act(runtime: Runtime, *faculties: Any) -> Any:
    return TinyPerson("Ada", mental_faculties=faculties, simulation=Simulation(runtime=runtime)).act()


# -- files and modules ------------------------------------------------------------------------------------------------


def test_a_file_that_the_settings_name_is_relative_to_them(installed, tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "mood.py").write_text(dedent(HUMMING))
    (tmp_path / "study" / "troupe.toml").write_text('plugins = ["./mood.py"]')
    with runtime_with(config=tmp_path / "study" / "troupe.toml") as runtime:
        assert "mood (./mood.py)" in map(str, runtime.plugins.origins.values())
        assert runtime.faculty("humming").text == "You hum."
        assert not runtime.has_faculty("helper")  # what begins with _ is its own business


def test_a_file_given_in_code_is_relative_to_the_working_folder(installed, tmp_path):
    (tmp_path / "mood.py").write_text(dedent(HUMMING))
    script = lambda request, call: turn(do("HUM", tune="la"))  # noqa: E731
    with runtime_with(ScriptedModel(script), "./mood.py") as runtime:
        assert [fact.type for fact in act(runtime, "humming")] == ["HUM"]


def test_modules_are_named_as_they_are_imported(installed):
    installed.add("none")
    (installed.folder / "loading_study.py").write_text(dedent(OBSERVER))
    (installed.folder / "loading_more.py").write_text("from loading_study import *\nPlugin = object")
    with runtime_with(config={"plugins": ["loading_study"]}) as runtime:
        act(runtime)
        assert installed.module("study").seen


def test_the_class_plugin_of_a_file_is_meant_where_it_has_no_hooks_itself(installed, tmp_path):
    (tmp_path / "watch.py").write_text("""
from attrs import frozen
from troupe_core import hookimpl
import troupe_core

@frozen
class Config:
    loud: bool = False

class Plugin:
    config_class = Config

    def __init__(self, config, runtime):
        self.config, self.seen = config, []

    @hookimpl
    def troupe_event(self, event):
        self.seen.append(event)
""")
    with runtime_with("watch.py", settings={"watch": {"loud": True}}) as runtime:
        act(runtime)
        plugin = runtime.plugins.get_plugin("watch")
        assert plugin.config.loud
        assert plugin.seen


def test_two_files_of_one_name_are_two_plugins_code_and_two_runtimes_have_each_their_own(installed, tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / f"watch_{place}.py").write_text(dedent(OBSERVER))
    with runtime_with("a/watch_a.py") as one, runtime_with("a/watch_a.py", "b/watch_b.py") as two:
        act(one)
        (mine,) = (one.plugins.get_plugin("watch_a").seen,)
        assert mine
        assert two.plugins.get_plugin("watch_a").seen == []
        act(two)
        assert two.plugins.get_plugin("watch_b").seen


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, r"there is no plugin \./mine\.py: .*mine\.py is no file"),
        ("import nothing_of_that_name", r"plugin mine \(\./mine\.py\) cannot be used: ModuleNotFoundError"),
        ("raise SystemExit(3)", r"plugin mine \(\./mine\.py\) cannot be used: SystemExit: 3"),
        ("x = 1", "it implements no hook"),
        ("def troupe_event(event): pass", "its troupe_event is not marked @hookimpl"),
        (OBSERVER.replace("def", "async def"), "its troupe_event is async"),
    ],
)
def test_what_was_asked_for_and_cannot_be_used_is_an_error(installed, tmp_path, source, said):
    if source is not None:
        (tmp_path / "mine.py").write_text(dedent(source))
    with pytest.raises(PluginError, match=said):
        Runtime(["./mine.py"])


# -- which of the installed ones --------------------------------------------------------------------------------------


def test_of_those_not_allowed_nothing_is_imported(installed):
    installed.add("acme-one", one=OBSERVER)
    installed.add("acme-two", two=OBSERVER)
    with runtime_with(config={"loading": {"allow": ["acme-one"]}}) as runtime:
        assert "one" in runtime.plugins.origins
        assert installed.module("two") is None
        (left,) = [each for each in runtime.registry.loader.skipped if each.origin.plugin == "two"]
        assert str(left) == "two (acme-two 1.0): loading.allow does not name it"


@pytest.mark.parametrize("name", ["one", "acme-one", "ACME-ONE", "acme-o*", "o?e"])
def test_one_is_disabled_by_its_name_its_distribution_or_a_pattern(installed, name):
    installed.add("acme-one", one=OBSERVER)
    installed.add("acme-two", two=OBSERVER)
    with runtime_with(config={"loading": {"disable": [name]}}) as runtime:
        assert "one" not in runtime.plugins.origins
        assert "two" in runtime.plugins.origins
        assert installed.module("one") is None


def test_each_plugin_of_a_distribution_is_listed_and_disabled_on_its_own(installed):
    installed.add("acme-both", "2.0", one=OBSERVER, two=OBSERVER)
    with runtime_with(config={"loading": {"disable": ["one"]}}) as runtime:
        assert [str(each) for each in runtime.plugins.origins.values() if each.version == "2.0"] == [
            "two (acme-both 2.0)"
        ]
    with runtime_with(config={"loading": {"disable": ["acme-both"]}}) as runtime:
        assert not {"one", "two"} & set(runtime.plugins.origins)


def test_a_variable_can_disable(installed, monkeypatch):
    installed.add("acme-both", one=OBSERVER, two=OBSERVER, three=OBSERVER)
    monkeypatch.setenv("TROUPE_LOADING__DISABLE", "one, two")
    with runtime_with() as runtime:
        assert "three" in runtime.plugins.origins
        assert not {"one", "two"} & set(runtime.plugins.origins)


def test_without_autoload_nobody_is_looked_for(installed):
    installed.add("acme-one", one=OBSERVER)
    with runtime_with(autoload=False) as runtime:
        assert "one" not in runtime.plugins.origins


def test_an_entry_point_that_makes_no_sense_is_one_failure_among_others(installed):
    installed.add("acme-one", one=OBSERVER)
    points = installed.folder / "acme_one-1.0.dist-info" / "entry_points.txt"
    points.write_text("[troupe]\none = loading_one\nodd = 5:!\n")
    with runtime_with() as runtime:
        (failure,) = runtime.failures
        assert str(failure).startswith("odd (acme-one 1.0): ")
        assert "one" in runtime.plugins.origins


def test_strict_makes_an_error_of_what_is_broken(installed):
    installed.add("acme-broken", broken="1 / 0")
    with pytest.raises(PluginError, match=r"broken \(acme-broken 1.0\): ZeroDivisionError.*loading\.strict is on"):
        Runtime(config={"loading": {"strict": True}})


def test_nothing_begins_without_what_is_required(installed):
    installed.add("acme-broken", broken="1 / 0")
    half = (
        HUMMING
        + """
    from troupe_core import hookimpl

    @hookimpl
    def troupe_register_faculties():
        raise OSError("no room")
    """
    )
    installed.add("acme-half", half=half)
    installed.add("acme-whole", whole=OBSERVER)
    for name, said in {
        "nowhere": "no plugin of that name is installed; there are core, ",
        "broken": r"is not there: broken \(acme-broken 1.0\): ZeroDivisionError",
        "acme-half": r"is not whole: half \(acme-half 1.0\): troupe_register_faculties failed: OSError: no room",
    }.items():
        with pytest.raises(
            PluginError, match=f"(?s)plugin '{name}' is required, and {said}" if name != "nowhere" else said
        ):
            Runtime(config={"loading": {"required": [name]}})
    with runtime_with(config={"loading": {"required": ["acme-whole"]}}):
        pass
    with pytest.raises(PluginError, match=r"'whole' is required, and is not there: whole .*: disabled"):
        Runtime(config={"loading": {"required": ["whole"], "disable": ["whole"]}})


def test_the_order_of_wrappers_can_be_said(installed):
    for name in ("one", "two", "three"):
        installed.add(f"acme-{name}", **{name: WRAPPER})
    tables: Any = {name: {} for name in ("one", "two", "three")}
    for order, outermost in (([], ["two", "three", "one"]), (["two", "one"], ["one", "two", "three"])):
        with runtime_with(config={"loading": {"order": order}, "settings": tables}) as runtime:
            assert [origin.plugin for origin in runtime.plugins.around("troupe_llm_handler")] == outermost


WANTING = """
    from troupe_core import BackendSpec, LLMBackend, LLMResponse, hookimpl

    class Answering(LLMBackend):
        async def complete(self, request, call):
            return LLMResponse("Good morning.")

    @hookimpl
    def troupe_register_llm_backends():
        yield BackendSpec("dear", Answering, wants=("around", "one-that-is-not-there"))
        yield BackendSpec("plain", Answering, free=True)
"""
WANTED = """
    from troupe_core import LLMWrapper, hookimpl

    opened = []

    class Around(LLMWrapper):
        pass

    class Plugin:
        name = "around"

        async def open(self):
            opened.append(self)

        @hookimpl(wrapper=True)
        def troupe_llm_handler(self):
            return Around((yield))
"""


def test_a_backend_may_want_somebody_around_it_who_sleeps_for_all_others(installed):
    installed.add("acme-models", models=WANTING)
    installed.add("acme-around", around=WANTED)

    def around(runtime: Runtime) -> list[bool]:
        return [type(runtime.llm_handler(f"{name}/any")).__name__ == "Around" for name in ("dear", "plain")]

    async def nothing() -> None:
        pass

    with runtime_with() as runtime:
        assert around(runtime) == [True, False]
        runtime.wait(nothing, "nothing")
        runtime.wake("around")
        runtime.wait(nothing, "nothing")
        assert around(runtime) == [True, True]
        assert len(sys.modules[type(runtime.plugins.get_plugin("around")).__module__].opened) == 1
    with runtime_with(settings={"around": {}}) as runtime:
        assert around(runtime) == [True, True]
    with runtime_with(config={"loading": {"disable": ["around"]}}) as runtime:
        assert around(runtime) == [False, False]
    with pytest.raises(ArgumentError, match=r"wants of dear is a tuple of names, .*; got 'around'"):
        BackendSpec("dear", ScriptedModel, wants="around")


def test_a_clash_names_both_sides_and_can_be_decided(installed):
    installed.add("acme-left", left=HUMMING)
    installed.add("acme-right", right=HUMMING.replace("You hum.", "You hum aloud."))
    with runtime_with() as runtime, pytest.raises(PluginError) as clash:
        act(runtime, "humming")
    told = str(clash.value)
    assert "'humming' (faculty) is offered by left (acme-left 1.0) and right (acme-right 1.0)" in told
    assert 'loading.prefer = {"faculty humming" = "left"}' in told
    for side in ("right", "acme-right"):
        with runtime_with(config={"loading": {"prefer": {"faculty humming": side}}}) as runtime:
            assert runtime.faculty("humming").text == "You hum aloud."


COMMAND = """
    from troupe_core import CommandSpec, hookimpl

    @hookimpl
    def troupe_register_commands():
        yield CommandSpec("count", f"{__name__}:Counting", help="count to a number")

    class Counting:
        '''Made without arguments.'''
"""


def test_a_command_is_found_with_its_help_and_made_when_it_is_wanted(installed):
    installed.add("acme-count", counting=COMMAND)
    with runtime_with() as runtime:
        ((command, origin),) = runtime.registry.records(CommandSpec).all()
        assert (command.name, command.help, str(origin)) == ("count", "count to a number", "counting (acme-count 1.0)")
        assert type(runtime.make(CommandSpec, "count")).__name__ == "Counting"


WORDS = """
    from troupe_core import Enricher, EnricherSpec, Extractor, ExtractorSpec, Finding, hookimpl

    class Shout(Enricher):
        async def enrich(self, task, desk):
            return task.content.upper()

    class Counter(Extractor):
        async def extract(self, task, desk):
            said = [line for line in task.transcript.lines if line.fact.type == "TALK"]
            return [Finding({"said": len(said)}, evidence={"said": said})]

    @hookimpl
    def troupe_register_enrichers():
        yield EnricherSpec("shout", f"{__name__}:Shout")

    @hookimpl
    def troupe_register_extractors():
        yield ExtractorSpec("counter", f"{__name__}:Counter")
"""


def test_enrichers_and_extractors_are_found_by_their_names(installed):
    installed.add("acme-words", words=WORDS)
    with runtime_with(ScriptedModel(lambda request, call: turn(talk("Good morning.")))) as runtime:
        simulation = Simulation(runtime=runtime)
        ada = TinyPerson("Ada", simulation=simulation)
        ada.act()
        assert TinyEnricher(enricher="shout", simulation=simulation).enrich_content("loudly", "now") == "NOW"
        row = ResultsExtractor(extractor="counter").extract_results_from_agent(ada)
        assert dict(row) == {"said": 1}
        assert [fact.content for fact in row.evidence["said"]] == ["Good morning."]


def test_what_was_asked_for_takes_the_place_of_an_installed_one_of_its_name(installed, tmp_path):
    installed.add("acme-mood", mood=OBSERVER)
    (tmp_path / "mood.py").write_text(dedent(HUMMING))
    with runtime_with("./mood.py") as runtime:
        assert runtime.has_faculty("humming")
        (left,) = runtime.registry.loader.skipped
        assert str(left) == "mood (acme-mood 1.0): mood (./mood.py), which was asked for, is here in its place"
        assert installed.module("mood") is None


SETTLED = """
    import attrs
    from troupe_core import hookimpl

    @attrs.frozen
    class Config:
        size: int

    class Plugin:
        config_class = Config

        def __init__(self, config, runtime):
            pass

        @hookimpl
        def troupe_event(self, event):
            pass
"""


def test_a_mistake_in_the_table_of_an_installed_one_is_an_error_and_what_it_lacks_is_not(installed):
    installed.add("acme-settled", settled=SETTLED)
    with pytest.raises(ConfigError, match=r"settings\.settled\.siez: there is no such setting"):
        Runtime(settings={"settled": {"siez": 3}})
    with runtime_with() as runtime:
        assert "settings.settled.size: is missing" in str(*runtime.failures)


# -- sleeping ---------------------------------------------------------------------------------------------------------


def test_wrappers_and_observers_sleep_until_they_have_a_table(installed):
    installed.add("acme-both", observer=OBSERVER, wrapper=WRAPPER)
    with runtime_with() as runtime:
        act(runtime)
        assert not runtime.watched
    assert (installed.module("observer").seen, installed.module("wrapper").calls) == ([], [])
    with pytest.raises(ConfigError, match="observer takes no settings; got loud"):
        Runtime(settings={"observer": {"loud": True}})
    with runtime_with(settings={"observer": {}, "wrapper": {}}) as runtime:
        act(runtime)
    assert installed.module("observer").seen
    assert len(installed.module("wrapper").calls) == 1


OPENED = """
    from troupe_core import hookimpl

    class Plugin:
        told = []

        @hookimpl
        def troupe_event(self, event):
            self.told.append(type(event).__name__)

        def force_api_cache(self, cache_api_calls, cache_file_name=None):
            self.told.append("switched")

        async def open(self):
            self.told.append("opened")

        async def aclose(self):
            self.told.append("closed")
"""


def test_who_sleeps_is_not_opened_and_the_switch_wakes_the_cache(installed):
    installed.add("acme-cache", cache=OPENED)
    with runtime_with() as runtime:
        act(runtime)
        told = installed.module("cache").Plugin.told
        assert told == []
        force_api_cache(True, runtime=runtime)
        TinyPerson("Ben", simulation=Simulation(runtime=runtime)).act()
    assert told == ["switched", "opened", "ModelCall", "TurnEnded", "FactsAdded", "closed"]


# -- opening ----------------------------------------------------------------------------------------------------------


class Opening:
    """A plugin given in code that is opened."""

    def __init__(self, told: list[str], *errors: Exception) -> None:
        self.told = told
        self.errors = list(errors)

    @hookimpl
    def troupe_event(self, event: Any) -> None:
        self.told.append(type(event).__name__)

    async def open(self) -> None:
        self.told.append("opening")
        if self.errors:
            raise self.errors.pop(0)


def test_plugins_are_opened_once_before_anything_else(installed):
    told: list[str] = []
    with runtime_with(Opening(told)) as runtime:
        world = TinyWorld("Room", [TinyPerson("Ada", simulation=Simulation(runtime=runtime))])
        world.run(2)
    assert told == ["opening", *("ModelCall", "TurnEnded", "StepEnded") * 2]


def test_one_given_in_code_that_cannot_open_stops_everything_until_it_can(installed):
    told: list[str] = []
    with runtime_with(Opening(told, OSError("no disk"))) as runtime:
        person = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
        with pytest.raises(PluginError, match="plugin Opening could not open: OSError: no disk"):
            person.act()
        assert person.state.turns == 0
        assert person.act()
    assert told == ["opening", "opening", "ModelCall", "TurnEnded", "FactsAdded"]


UNABLE = """
    from troupe_core import LLMWrapper, hookimpl

    class Plugin:
        @hookimpl(wrapper=True)
        def troupe_llm_handler(self, model):
            raise AssertionError("left out")
            yield

        async def open(self):
            raise OSError("no licence")
"""


def test_an_installed_one_that_cannot_open_is_left_out_and_the_run_goes_on(installed, caplog):
    installed.add("acme-unable", "3.1", unable=UNABLE)
    with runtime_with(settings={"unable": {}}) as runtime:
        assert act(runtime)
        (failure,) = runtime.failures
        assert str(failure) == "unable (acme-unable 3.1): it could not open: OSError: no licence"
        assert "unable" not in runtime.plugins.origins
    assert "plugin unable (acme-unable 3.1): it could not open" in caplog.text
    options: Any
    for options in ({"strict": True}, {"required": ["unable"]}):
        with runtime_with(config={"loading": options, "settings": {"unable": {}}}) as runtime:
            ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
            for _ in range(2):
                with pytest.raises(
                    PluginError, match=r"unable \(acme-unable 3.1\) could not open: OSError: no licence"
                ):
                    ada.act()


HANGING = """
    import asyncio
    from troupe_core import hookimpl

    class Plugin:
        @hookimpl
        def troupe_event(self, event):
            raise AssertionError("left out")

        async def open(self):
            await asyncio.Event().wait()
"""


def test_an_installed_one_that_does_not_come_to_an_end_of_opening_is_left_out(installed):
    installed.add("acme-hanging", hanging=HANGING)
    with runtime_with(config={"loading": {"open_within": 0.01}}, settings={"hanging": {}}) as runtime:
        assert act(runtime)
        (failure,) = runtime.failures
        assert "TimeoutError: it took longer than 0.01 seconds (loading.open_within)" in str(failure)


def test_a_runtime_that_closes_while_a_plugin_opens_opens_no_more(installed):
    told: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Opening):
        name = "slow"

        async def open(self) -> None:
            begun.set()
            await asyncio.to_thread(go_on.wait)

    runtime = Runtime([Slow(told), Opening(told), ScriptedModel()], model="scripted/x", autoload=False)
    ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
    acting, closing = threading.Thread(target=lambda: ended(ada.act)), threading.Thread(target=runtime.close)
    acting.start()
    begun.wait()
    closing.start()
    while not runtime._loop.closing:
        pass
    go_on.set()
    closing.join()
    acting.join()
    assert "opening" not in told


def ended(work: Any) -> None:
    with suppress(Exception):
        work()


BASE = {"cancelled": "asyncio.CancelledError('odd')", "leaves": "SystemExit('odd')", "base": "BaseException('odd')"}
PLACES = {
    "when it opens": """
        class Plugin:
            @hookimpl
            def troupe_event(self, event):
                pass

            async def open(self):
                raise ERROR
    """,
    "in a hook": """
        @hookimpl
        def troupe_register_faculties():
            raise ERROR
    """,
    "at an attribute": """
        @hookimpl
        def troupe_event(event):
            pass

        def __getattr__(name):
            if name in ("open", "TROUPE_API"):
                raise ERROR
            raise AttributeError(name)
    """,
    "when it is made": """
        class Plugin:
            def __init__(self):
                raise ERROR
    """,
}


@pytest.mark.parametrize("what", BASE)
@pytest.mark.parametrize("where", PLACES)
def test_whatever_an_installed_one_raises_it_is_left_out_by_name_and_nothing_is_left_of_it(installed, where, what):
    source = "import asyncio\nfrom troupe_core import hookimpl\n" + dedent(PLACES[where]).replace("ERROR", BASE[what])
    installed.add("acme-odd", odd=source)
    with runtime_with(settings={"odd": {}}) as runtime:
        assert act(runtime)
        (failure,) = runtime.failures
        assert str(failure).startswith("odd (acme-odd 1.0): ")
        assert "odd" in failure.reason
        assert ("odd" in runtime.plugins.origins) == (where == "in a hook")
        assert runtime.plugins.has_plugin("odd") == (where == "in a hook")


def test_ctrl_c_is_nobodys_failure(installed):
    installed.add("acme-odd", odd="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        Runtime()


def test_who_was_not_opened_is_not_closed(installed):
    installed.add("acme-cache", cache=OPENED)
    with runtime_with() as runtime:
        act(runtime)
    assert installed.module("cache").Plugin.told == []


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit, BaseException])
def test_an_action_that_pretends_to_be_cancelled_fails_alone(error):
    class Odd(TinyMentalFaculty):
        """You are odd."""

        @action
        async def vanish(self, turn: Any) -> None:
            """vanish."""
            raise error("odd")

    script = lambda request, call: turn(do("VANISH")) if call.person == "Ada" else turn(think("Hm."))  # noqa: E731
    with runtime_with(ScriptedModel(script), Odd, autoload=False) as runtime:
        simulation = Simulation(runtime=runtime)
        people = [TinyPerson(name, mental_faculties=["odd"], simulation=simulation) for name in ("Ada", "Ben")]
        report = TinyWorld("Room", people).run(1, max_failed=1.0)
        (failure,) = report.failures
        assert failure.person == "Ada"
        assert f"{error.__name__}: odd" in str(failure)
        assert "VANISH" in str(failure)


# -- two runtimes -----------------------------------------------------------------------------------------------------


def test_two_runtimes_at_once_share_nothing(installed):
    installed.add("acme-one", one=WRAPPER)
    models = [ScriptedModel(lambda request, call, name=name: turn(talk(name))) for name in ("left", "right")]
    with (
        runtime_with(models[0], settings={"one": {}}) as left,
        runtime_with(models[1], budget=Budget(calls=1)) as right,
    ):
        assert [act(runtime)[0].content for runtime in (left, right)] == ["left", "right"]
        assert len(installed.module("one").calls) == 1
        assert [model.calls for model in models] == [1, 1]
        assert left.config.budget == Budget()


# -- whose fault ------------------------------------------------------------------------------------------------------

BROKEN = """
    from troupe_core import FacultySpec, LLMWrapper, TinyMentalFaculty, action, hookimpl

    class Fragile(TinyMentalFaculty):
        '''You break.'''

        @action
        async def snap(self, turn, loudly: bool):
            '''break.'''
            raise ZeroDivisionError("snapped")

    @hookimpl
    def troupe_register_faculties():
        yield FacultySpec("fragile", Fragile)

    class Wrapping(LLMWrapper):
        async def complete(self, request, call):
            if call.person == "Ben":
                {}["nothing"]
            return await self.inner.complete(request, call)

    @hookimpl(wrapper=True)
    def troupe_llm_handler(model):
        return Wrapping((yield))
"""
NOTE = 'raised in the plugin broken (acme-broken 4.2); loading.disable = ["broken"] turns it off'


def snapping(request: Any, call: Any) -> Any:
    return turn(do("SNAP", loudly=True)) if call.person == "Ada" else turn(think("Hm."))


def test_an_error_names_the_plugin_that_it_came_from_and_how_to_do_without_it(installed, caplog):
    installed.add("acme-broken", "4.2", broken=BROKEN)
    with runtime_with(ScriptedModel(snapping), settings={"broken": {}}) as runtime:
        simulation = Simulation(runtime=runtime)
        people = [
            TinyPerson("Ada", mental_faculties=["fragile"], simulation=simulation),
            TinyPerson("Ben", simulation=simulation),
            TinyPerson("Cleo", simulation=simulation),
        ]
        with pytest.raises(ZeroDivisionError) as error:
            people[0].act()
        assert error.value.__notes__ == ["in the action SNAP of the faculty 'fragile'", NOTE]
        report = TinyWorld("Room", people).run(1, max_failed=1.0)
        assert {failure.person: str(failure).count(NOTE) for failure in report.failures} == {"Ada": 1, "Ben": 1}
        assert NOTE in str(report)


def test_what_the_core_says_on_purpose_is_nobodys_fault(installed):
    installed.add("acme-wrapper", wrapper=WRAPPER)
    with runtime_with(settings={"wrapper": {}}) as runtime:
        simulation = Simulation(runtime=runtime, budget=Budget(calls=1))
        ada = TinyPerson("Ada", simulation=simulation)
        ada.act()
        with pytest.raises(Exception, match="budget") as error:
            ada.act()
        assert not getattr(error.value, "__notes__", [])


def test_an_observer_that_fails_is_named_in_the_log(installed, caplog):
    installed.add("acme-broken", "4.2", broken=OBSERVER.replace("seen.append(event)", "1 / 0"))
    with runtime_with(settings={"broken": {}}) as runtime:
        assert act(runtime)
    assert "troupe_event of plugin broken (acme-broken 4.2) failed" in caplog.text
    assert caplog.text.count(NOTE) == 1


def test_a_wrapper_that_cannot_be_made_is_named(installed):
    installed.add("acme-broken", "4.2", broken=WRAPPER.replace("return Counting((yield))", "yield; 1 / 0"))
    with runtime_with(settings={"broken": {}}) as runtime, pytest.raises(PluginError) as error:
        act(runtime)
    assert "troupe_llm_handler failed for scripted/x: ZeroDivisionError" in str(error.value)
    assert NOTE in str(error.value)


def test_the_owner_is_found_among_plugins_of_one_distribution(installed):
    other = "from troupe_core import TinyMentalFaculty, action\n" + dedent(HUMMING).replace("Humming", "Whistling")
    installed.add("acme-broken", "4.2", broken=BROKEN, other=other)
    with runtime_with(ScriptedModel(snapping)) as runtime, pytest.raises(ZeroDivisionError) as error:
        act(runtime, "fragile")
    assert error.value.__notes__[-1] == NOTE


# -- what is said of a plugin that cannot be used ---------------------------------------------------------------------

MOOD = """
    from troupe_core import FacultySpec, TinyMentalFaculty, hookimpl

    class Mood(TinyMentalFaculty):
        '''You have moods.'''

    @hookimpl
    def troupe_register_faculties():
        {how} FacultySpec("mood", Mood)
"""


def test_a_module_that_is_installed_as_a_plugin_is_not_to_be_named_again(installed):
    installed.add("acme-mood", faculty_mood=MOOD.format(how="yield"))
    installed.add("acme-settled", settled=SETTLED.replace("size: int", "size: int = 1"))
    for module, plugin in (
        ("loading_faculty_mood", "faculty-mood (acme-mood 1.0)"),
        ("loading_settled", "settled (acme-settled 1.0)"),
    ):
        with pytest.raises(PluginError) as error:
            Runtime(config={"plugins": [module]})
        assert str(error.value) == (
            f"plugin {module} ({module}) cannot be used: it is installed already, as {plugin}; leave it out of plugins"
        )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            MOOD.format(how="yield").replace("_faculties", "_faculty"),
            "it implements troupe_register_faculty, and there is no such hook; did you mean troupe_register_faculties?",
        ),
        (OBSERVER.replace("(event)", "(evnet)"), "its troupe_event wants 'evnet', and is given event"),
        (
            MOOD.format(how="yield").replace("faculties()", "faculties(runtime)"),
            "its troupe_register_faculties wants 'runtime', and is given no arguments",
        ),
        (
            MOOD.format(how="return"),
            "troupe_register_faculties failed: it returns one FacultySpec; yield it, or return a list",
        ),
    ],
)
def test_what_is_wrong_with_its_hooks_is_said_once_and_with_what_would_be_right(installed, caplog, source, said):
    installed.add("acme-mine", mine=source)
    with runtime_with() as runtime:
        (failure,) = runtime.failures
    assert str(failure) == f"mine (acme-mine 1.0): {said}"
    assert f"left out: plugin {failure}" in caplog.messages


def test_a_plugin_that_takes_the_place_of_an_installed_one_is_logged(installed, caplog, tmp_path):
    installed.add("acme-mood", mood=OBSERVER)
    (tmp_path / "mood.py").write_text(dedent(HUMMING))
    with caplog.at_level("INFO", "troupe"), runtime_with("./mood.py"):
        pass
    said = "left out: plugin mood (acme-mood 1.0): mood (./mood.py), which was asked for, is here in its place"
    assert said in caplog.messages


FORGETFUL = (
    OBSERVER
    + """
    from troupe_core import TinyMentalFaculty

    class Glee(TinyMentalFaculty):
        '''You are merry.'''
"""
)


def missing(name: str, **options: Any) -> str:
    """What is said when somebody is to have a faculty that is not there."""
    with runtime_with(**options) as runtime, pytest.raises(PluginError) as error:
        act(runtime, name)
    return str(error.value)


def test_what_is_missing_because_it_was_left_out_is_not_to_be_installed_once_more(installed):
    installed.add("troupe-faculty-recall", faculty_recall=OBSERVER)
    installed.add("acme-glee", faculty_glee=OBSERVER)
    installed.add("acme-other", other="1 / 0")
    broken = "Left out: other (acme-other 1.0): ZeroDivisionError: division by zero."
    off = {"config": {"loading": {"disable": ["faculty-*"]}}}
    ours, strangers = missing("recall", **off), missing("glee", **off)
    assert "What brings it is left out: faculty-recall (troupe-faculty-recall 1.0): disabled." in ours
    assert "What may bring it is left out: faculty-glee (acme-glee 1.0): disabled." in strangers
    for said in (ours, strangers):
        assert broken in said
        assert "nstall it" not in said
        assert "installed?" not in said
    assert missing("recall", autoload=False).endswith(
        "Install it: pip install troupe-faculty-recall. Installed plugins are not looked for (loading.autoload)."
    )


def test_a_class_that_the_hooks_of_its_file_do_not_register_is_told(installed, tmp_path):
    (tmp_path / "mine.py").write_text(dedent(FORGETFUL))
    said = missing("glee", config={"plugins": ["./mine.py"]})
    assert said.endswith("./mine.py defines Glee, but its hooks do not register it.")
    assert "mine.py" not in missing("mirth", config={"plugins": ["./mine.py"]})


def test_a_name_in_loading_that_means_nothing_is_remarked_with_its_line(installed, tmp_path, caplog):
    installed.add("acme-mood", mood=OBSERVER)
    file = tmp_path / "study.toml"
    file.write_text('[loading]\norder = ["mood"]\ndisable = [\n  "acme-*",\n  "nobody-*",\n  "acme-moood",\n]\n')
    with runtime_with(config=file):
        pass
    (said,) = [each for each in caplog.messages if "loading." in each]
    assert said == f"{file}:6: loading.disable: there is no plugin 'acme-moood'; did you mean acme-mood?"
    caplog.clear()
    with runtime_with(config=file, autoload=False):
        assert not caplog.messages
    with runtime_with(config={"loading": {"disable": ["mood", "xyz"]}}):
        assert caplog.messages == ["config: loading.disable: there is no plugin 'xyz'"]
    caplog.clear()
    installed.add("acme-faculties", faculty_glee=OBSERVER)
    with runtime_with(config={"loading": {"disable": ["glee"]}}):
        assert "did you mean faculty-glee?" in caplog.text


BACKEND = """
    import attrs
    from troupe_core import BackendSpec, LLMBackend, hookimpl

    @attrs.frozen
    class Config:
        timeout: int = 1

    class Acme(LLMBackend, config=Config):
        async def complete(self, request, call):
            raise NotImplementedError

    @hookimpl
    def troupe_register_llm_backends():
        yield BackendSpec("acme", Acme)
"""


def test_a_table_of_the_plugin_is_led_to_that_of_what_it_brings(installed, monkeypatch):
    installed.add("troupe-llm-acme", llm_acme=BACKEND)
    monkeypatch.setenv("TROUPE_SETTINGS__LLM_ACME__TIMEOUT", "5")
    with pytest.raises(ConfigError) as error:
        Runtime()
    assert str(error.value) == (
        "the variable TROUPE_SETTINGS__LLM_ACME__TIMEOUT: settings.llm-acme: llm-acme takes no settings; got timeout; "
        "its LLM backend acme does: [settings.acme]"
    )


def test_a_table_for_nobody_is_told_with_whose_it_may_be(installed, tmp_path, monkeypatch):
    installed.add("troupe-llm-acme", llm_acme=BACKEND)
    file = tmp_path / "study.toml"
    file.write_text("[settings.amce]\ntimeout = 5\n")
    with pytest.raises(
        ConfigError, match=r"study\.toml:1: settings for amce, .*; did you mean acme\? There are acme, "
    ):
        Runtime(config=file)
