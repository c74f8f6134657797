"""Settings from a file, the environment and code: who wins, and where each mistake stands."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import attrs
import pytest

from troupe_core import (
    BackendSpec,
    Budget,
    LLMBackend,
    Parameters,
    Runtime,
    SecretRef,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    hookimpl,
)
from troupe_core.errors import ArgumentError, ConfigError, PluginError, UnknownModelError


@attrs.frozen
class Server:
    host: str
    port: int = 80


@attrs.frozen
class Config:
    size: int = 1
    ratio: float = 0.5
    names: tuple[str, ...] = ()
    mode: Literal["slow", "fast"] = "slow"
    main: Server = Server("localhost")
    servers: tuple[Server, ...] = ()
    key: SecretRef = SecretRef("env:SIZED_KEY")


class Sized(TinyMentalFaculty, config=Config):
    """You have a size."""


class Sleepy_One(TinyMentalFaculty, config=Config, name="sleepy_one"):  # noqa: N801 - a name with an underscore
    """You are sleepy."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program runs: a folder without settings, and nothing in the environment."""
    for name in [name for name in os.environ if name.startswith("TROUPE_")]:
        monkeypatch.delenv(name)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "troupe.toml") -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text.removeprefix("\n") if text.startswith("\n  ") else text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def made() -> Iterator[Callable[..., Runtime]]:
    """Makes runtimes without what happens to be installed."""
    runtimes: list[Runtime] = []

    def make(*plugins: Any, **options: Any) -> Runtime:
        runtimes.append(Runtime(plugins or [Sized], autoload=False, **options))
        return runtimes[-1]

    yield make
    for runtime in runtimes:
        runtime.close()


def settings_of(runtime: Runtime, name: str = "sized") -> Config:
    found: Config = runtime.faculty(name).config
    return found


# -- discovery --------------------------------------------------------------------------------------------------------


def test_without_any_file_everything_is_as_usual(made):
    assert made().config.budget == Budget()


def test_the_nearest_file_counts_from_the_working_folder_upwards(made, write, folder, monkeypatch):
    write("model = 'far/away'")
    write("model = 'near/by'", "a/troupe.toml")
    (folder / "a" / "b").mkdir()
    monkeypatch.chdir(folder / "a" / "b")
    assert made().config.model == "near/by"


def test_the_search_ends_with_the_repository(made, write, folder, monkeypatch):
    write("model = 'far/away'")
    (folder / "inner" / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder / "inner")
    assert made().config.model is None


def test_the_search_ends_with_a_project_that_does_not_know_troupe(made, write, folder, monkeypatch):
    write("model = 'far/away'")
    write("[project]\nname = 'troupe-of-actors'", "inner/pyproject.toml")
    monkeypatch.chdir(folder / "inner")
    assert made().config.model is None


@pytest.mark.parametrize("text", ["[tool.troupe]\nmodel = 'a/b'", "[tool]\ntroupe = {model = 'a/b'}"])
def test_a_project_can_hold_the_settings(made, write, text):
    write(text, "pyproject.toml")
    assert made().config.model == "a/b"


def test_the_own_file_goes_before_the_project(made, write):
    write("[tool.troupe]\nmodel = 'the/project'", "pyproject.toml")
    write("model = 'the/file'")
    assert made().config.model == "the/file"


def test_a_file_of_another_user_is_refused_unless_it_is_named(made, write, monkeypatch):
    path = write("model = 'a/b'")
    stranger = path.stat().st_uid + 1
    monkeypatch.setattr(os, "getuid", lambda: stranger, raising=False)
    if path.stat().st_uid == 0:
        os.chown(path, 12345, 12345)
    with pytest.raises(ConfigError, match=rf"{path} belongs to another user.*TROUPE_CONFIG={path}, if you trust it"):
        made()
    monkeypatch.setenv("TROUPE_CONFIG", str(path))
    assert made().config.model == "a/b"


def test_a_link_of_another_user_is_refused_as_its_file_would_be(made, write, folder, monkeypatch):
    link = folder / "troupe.toml"
    link.symlink_to(write("model = 'a/b'", "elsewhere.toml"))
    monkeypatch.setattr(Path, "lstat", lambda path: stat_of(path, stranger=path == link))
    with pytest.raises(ConfigError, match=rf"{link} belongs to another user"):
        made()


def test_a_plugin_of_another_user_is_refused_unless_the_file_that_names_it_was_named(made, write, folder, monkeypatch):
    path, plugin = write("plugins = ['./mood.py']"), write("", "mood.py")
    plugin.write_text("from troupe_core import TinyMentalFaculty\nclass Mood(TinyMentalFaculty):\n    'x'\n")
    monkeypatch.setattr(Path, "lstat", lambda each: stat_of(each, stranger=each == plugin))
    with pytest.raises(PluginError, match=rf"mood\.py belongs to another user, and {path}, where it stands, was only"):
        made()
    monkeypatch.setenv("TROUPE_CONFIG", str(path))
    assert made().has_faculty("mood")


def stat_of(path: Path, stranger: bool) -> os.stat_result:
    found = list(os.lstat(path))
    found[4] += 4711 if stranger else 0
    return os.stat_result(found)


def test_a_variable_names_the_file_or_says_that_there_is_none(made, write, monkeypatch):
    write("model = 'the/found'")
    monkeypatch.setenv("TROUPE_CONFIG", str(write("model = 'the/named'", "elsewhere/study.toml")))
    assert made().config.model == "the/named"
    monkeypatch.setenv("TROUPE_CONFIG", "")
    assert made().config.model is None
    monkeypatch.setenv("TROUPE_CONFIG", "nowhere.toml")
    with pytest.raises(ConfigError, match=r"there is no file nowhere\.toml"):
        made()


def test_code_can_name_a_file_or_give_a_mapping_instead(made, write):
    write("model = 'the/found'")
    assert made(config=write("model = 'the/named'", "study.toml")).config.model == "the/named"
    assert made(config={"model": "a/mapping"}).config.model == "a/mapping"
    with pytest.raises(ConfigError, match="config is a path or a mapping, not int"):
        made(config=5)


def test_what_is_no_toml_is_told_with_its_line(made, write):
    write("model = 'a/b'\nbudget = \n")
    with pytest.raises(ConfigError, match=r"troupe\.toml:2: this is no TOML: Invalid value"):
        made()
    write("model = 'a/b'\nbudget = {")
    with pytest.raises(ConfigError, match=r"troupe\.toml: this is no TOML: .*end of document"):
        made()


# -- who wins ---------------------------------------------------------------------------------------------------------


def test_code_goes_before_environment_and_environment_before_the_file(made, write, monkeypatch):
    write("""
        [budget]
        calls = 1
        tokens = 1
        [settings.sized]
        size = 1
        ratio = 1
        names = ["file", "too"]
    """)
    monkeypatch.setenv("TROUPE_BUDGET__TOKENS", "2")
    monkeypatch.setenv("TROUPE_SETTINGS__SIZED__RATIO", "2")
    monkeypatch.setenv("TROUPE_SETTINGS__SIZED__NAMES", "a, b")
    monkeypatch.setenv("TROUPE_SETTINGS__SIZED__MODE", "fast")
    monkeypatch.setenv("TROUPE_SETTINGS__SIZED__MAIN__PORT", "8080")
    monkeypatch.setenv("TROUPE_SETTINGS__SIZED__MAIN__HOST", "there")
    runtime = made(settings={"sized": {"size": 3}})
    assert runtime.config.budget == Budget(calls=1, tokens=2)
    assert settings_of(runtime) == Config(3, 2.0, ("a", "b"), "fast", Server("there", 8080))
    assert made(budget=Budget(calls=9)).config.budget == Budget(calls=9, tokens=2)
    assert made(config={"budget": {"tokens": 3}}).config.budget == Budget(tokens=3)  # a mapping is said in code


def test_the_usual_model_is_that_of_code_environment_and_file(made, write, monkeypatch):
    write("model = ['the/file', 'its/second']")
    assert made().default_model() == ("the/file", "its/second")
    monkeypatch.setenv("TROUPE_MODEL", "the/environment, its/second")
    assert made().default_model() == ("the/environment", "its/second")
    assert made(model="the/code").default_model() == ("the/code",)
    monkeypatch.setenv("TROUPE_MODEL", "")
    assert made().default_model() == ("the/file", "its/second")


def test_the_model_is_read_once_and_looked_for_again_only_if_there_is_none(made, monkeypatch):
    monkeypatch.setenv("TROUPE_MODEL", "the/first")
    runtime = made()
    monkeypatch.setenv("TROUPE_MODEL", "the/second")
    assert runtime.default_model() == (runtime.config.model,) == ("the/first",)
    assert made(config={"model": "the/mapping"}).default_model() == ("the/mapping",)
    monkeypatch.delenv("TROUPE_MODEL")
    none = made()
    with pytest.raises(UnknownModelError, match="TROUPE_MODEL"):
        none.default_model()
    monkeypatch.setenv("TROUPE_MODEL", "the/third")
    assert none.default_model() == ("the/third",)


@pytest.mark.parametrize("limits", [{"calls": 2.5}, {"tokens": 0.1}, {"calls": True}])
def test_what_is_counted_is_limited_by_whole_numbers(limits):
    with pytest.raises(ArgumentError, match="is a whole number above 0; got"):
        Budget(**limits)


def test_what_has_no_limit_is_left_out_and_not_endless():
    with pytest.raises(ArgumentError, match="money of a Budget is a number above 0; got inf"):
        Budget(money=math.inf)


@attrs.frozen
class Places:
    folder: Path = Path("notes")
    more: tuple[Path, ...] = ()
    key: SecretRef = SecretRef("file:key")


class Placed(LLMBackend, config=Places):
    name = "placed"


def test_a_path_is_relative_to_the_file_that_says_it_and_else_to_the_working_folder(made, write, folder, monkeypatch):
    path = write("[settings.placed]\nfolder = 'own'\nmore = ['a', '/b']\nkey = 'file:secret'", "study/troupe.toml")

    def places(**options: Any) -> Places:
        found: Places = made(Placed, **options).provider(_model("placed/x")).backend.config
        return found

    study = folder / "study"
    own = Places(study / "own", (study / "a", Path("/b")), SecretRef(f"file:{study / 'secret'}"))
    assert places(config=path) == own
    usual = Places(folder / "notes", (), SecretRef(f"file:{folder / 'key'}"))
    assert places() == usual
    assert places(config=path, settings={"placed": {"folder": Path("mine")}}).folder == folder / "mine"
    monkeypatch.setenv("TROUPE_SETTINGS__PLACED__FOLDER", "theirs")
    assert places(config=path).folder == folder / "theirs"


def test_a_variable_finds_its_plugin_with_dashes_and_with_underscores(made, monkeypatch):
    class Dashed(LLMBackend, config=Config):
        name = "with-dashes"

    monkeypatch.setenv("TROUPE_SETTINGS__SLEEPY_ONE__SIZE", "7")
    monkeypatch.setenv("TROUPE_SETTINGS__WITH_DASHES__SIZE", "8")
    runtime = made(Sleepy_One, Dashed)
    assert settings_of(runtime, "sleepy_one").size == 7
    assert runtime.provider(_model("with-dashes/x")).backend.config.size == 8


def _model(text: str) -> Any:
    from troupe_core import ModelRef

    return ModelRef.parse(text)


def test_variables_of_others_are_left_alone_and_mistyped_ones_are_not(made, monkeypatch):
    monkeypatch.setenv("TROUPE_PORT_5432_TCP", "tcp://10.0.0.1:5432")
    monkeypatch.setenv("TROUPE_SERVICE_HOST", "10.0.0.1")
    assert made().config.budget == Budget()
    monkeypatch.setenv("TROUPE_BUDGTE__CALLS", "5")
    with pytest.raises(ConfigError, match="TROUPE_BUDGTE__CALLS is no setting; did you mean TROUPE_BUDGET__CALLS"):
        made()


def test_variables_that_contradict_each_other_are_told_apart(made, monkeypatch):
    monkeypatch.setenv("TROUPE_BUDGET", "5")
    monkeypatch.setenv("TROUPE_BUDGET__CALLS", "5")
    with pytest.raises(ConfigError, match="TROUPE_BUDGET and TROUPE_BUDGET__CALLS contradict each other"):
        made()


# -- what a simulation takes from them --------------------------------------------------------------------------------


def test_a_simulation_asks_as_the_settings_say_unless_it_is_told_otherwise(made, write):
    write("""
        model = "usual/x"
        max_in_flight = 7
        [models]
        consolidation = "cheap/x"
        [parameters]
        temperature = 0.5
    """)
    runtime = made()
    usual = Simulation(runtime=runtime)
    assert usual.models.named("consolidation") == ("cheap/x",)
    assert usual.models.named("turn") == ("usual/x",)
    assert usual.models.named("consolidation", "own/x") == ("own/x",)
    assert Simulation(runtime=runtime, model="study/x").models.named("consolidation") == ("cheap/x",)
    assert usual.max_in_flight == 7
    assert usual.question(None, "turn").parameters == Parameters(temperature=0.5)
    told = Simulation(runtime=runtime, models={}, parameters=Parameters(top_p=0.1), max_in_flight=3)
    assert told.models.named("consolidation") == ("usual/x",)
    assert told.question(None, "turn").parameters == Parameters(top_p=0.1)
    assert told.max_in_flight == 3


def test_what_is_resumed_is_asked_as_it_was_whatever_the_settings_say_by_now(make_runtime, write, folder):
    path = folder / "study.db"
    with Simulation(path, runtime=make_runtime()) as simulation:
        TinyPerson("Ada", simulation=simulation).act()
    write("[models]\nconsolidation = 'scripted/other'\n[parameters]\ntemperature = 0.5")
    resumed = Simulation.resume(path, runtime=make_runtime())
    assert resumed.question(None, "turn").parameters == Parameters()
    assert resumed.models.named("consolidation") == ("scripted/test",)
    resumed.close()


# -- mistakes ---------------------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[str, int, str]] = {
    "an unknown key": ("modle = 'a/b'", 1, "modle: there is no such setting; .* Did you mean model, text"),
    "a wrong type": ("\nmax_in_flight = 'many'", 2, "max_in_flight: expected a whole number, got the text 'many'"),
    "a number out of range": ("[budget]\ncalls = 0", 2, "budget.calls: calls of a Budget is a whole number above 0"),
    "text for a list": ("plugins = './mood.py'", 1, "plugins: expected a list of text, got the text './mood.py'"),
    "a number in a list": ("plugins = [\n 'a.py',\n 5,\n]", 3, "plugins.1: expected text, got the number 5"),
    "in a nested table": ("[budget]\n\ntokens = true", 3, "budget.tokens: expected a whole number, got a bool, True"),
    "with dots": ("budget.calls = 'x'", 1, "budget.calls: expected a whole number"),
    "with quotes": ("[\"budget\"]\n'calls' = 1.5", 2, "budget.calls: expected a whole number, got the number 1.5"),
    "in an inline table": ("\n\nbudget = {calls = 'x'}", 3, "budget.calls: expected a whole number"),
    "no table": ("\nbudget = 5", 2, "budget: expected a table, got the number 5"),
    "in a plugin's table": ("[settings.sized]\nsize = 'x'", 2, "settings.sized.size: expected a whole number"),
    "an unknown key of a plugin": (
        "[settings.sized]\nszie = 1",
        2,
        "settings.sized.szie: .*Did you mean size, a whole",
    ),
    "a choice": (
        "[settings.sized]\n\nmode = 'medium'",
        3,
        "mode: expected one of 'slow', 'fast', got the text 'medium'",
    ),
    "below a plugin's table": ("[settings.sized]\n[settings.sized.main]\nhost = 'a'\nport = 'x'", 4, "sized.main.port"),
    "in an array of tables": (
        "[[settings.sized.servers]]\nhost = 'a'\n[[settings.sized.servers]]\nhost = 'b'\nport = 'x'",
        5,
        "settings.sized.servers.1.port: expected a whole number",
    ),
    "missing": ("[[settings.sized.servers]]\nport = 1", 1, "settings.sized.servers.0.host: is missing; expected text"),
    "no table of a plugin": ("[settings]\nsized = 5", 2, "settings.sized: expected a table"),
    "a table for nobody": ("\n\n[settings.sizde]", 3, "settings for sizde, and there is no such plugin"),
    "a preference for nothing": ("[loading.prefer]\nmood = 'acme'", 2, 'expected a kind and a name, such as "faculty'),
    "a model that is none": ("model = 5", 1, "model: expected text or a list of text, got the number 5"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_each_mistake_is_told_with_file_line_key_and_what_belongs_there(write, what):
    text, line, said = MISTAKES[what]
    path = write(text)
    with pytest.raises(ConfigError, match=rf"(?s)^{path}:{line}: .*{said}"), Runtime([Sized]) as runtime:
        settings_of(runtime)


def test_mistakes_in_the_environment_name_the_variable(made, monkeypatch):
    monkeypatch.setenv("TROUPE_BUDGET__CALLS", "many")
    with pytest.raises(ConfigError, match=r"variable TROUPE_BUDGET__CALLS: budget\.calls: expected a whole number"):
        made()
    monkeypatch.setenv("TROUPE_BUDGET__CALLS", "5")
    monkeypatch.setenv("TROUPE_BUDGET__CALLZ", "5")
    with pytest.raises(ConfigError, match=r"variable TROUPE_BUDGET__CALLZ: budget\.callz: there is no such setting"):
        made()


def test_mistakes_in_code_say_so(made):
    with pytest.raises(ConfigError, match=r"Runtime\(…\): settings.sized.size: expected a whole number"):
        settings_of(made(settings={"sized": {"size": "x"}}))


def test_all_mistakes_are_told_at_once(made, write):
    path = write("max_in_flight = 'x'\nmodle = 1\n[budget]\ncalls = 'y'")
    with pytest.raises(ConfigError) as error:
        made()
    assert sorted(line.partition(": ")[0] for line in str(error.value).splitlines()) == [
        f"{path}:{line}" for line in (1, 2, 4)
    ]


def test_a_table_in_a_file_for_somebody_who_was_left_out_is_only_said(made, write, caplog):
    path = write("[settings.a-plugin-of-mine]\nsize = 1")
    made()
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}:1: settings for a-plugin-of-mine, and there is no such plugin or backend among those that are loaded"
    ]


def test_variables_for_what_was_left_out_are_only_said_too(made, monkeypatch, caplog):
    monkeypatch.setenv("TROUPE_SETTINGS__OPENAI__BASE_URL", "http://localhost:1/v1")
    made()
    said = "the variable TROUPE_SETTINGS__OPENAI__BASE_URL: settings for openai, and there is no such plugin"
    assert said in caplog.text


def test_a_mistake_in_the_table_of_what_is_registered_is_told_at_once(write):
    path = write("[settings.sized]\nsiez = 3\n[settings.sleepy_one]\nsize = 'x'")
    with pytest.raises(ConfigError) as error:
        Runtime([Sized, Sleepy_One], autoload=False)
    one, other = str(error.value).splitlines()
    assert one.startswith(f"{path}:2: settings.sized.siez: there is no such setting")
    assert other.startswith(f"{path}:4: settings.sleepy_one.size: expected a whole number")


def test_a_plugin_and_what_it_registers_share_settings_only_if_they_are_the_same():
    @attrs.frozen
    class Other:
        trace: bool = False

    class Acme(LLMBackend, config=Config):
        name = "acme"

    def plugin(settings: type[Any]) -> type[Any]:
        class Plugin:
            name = "acme"
            config_class = settings

            def __init__(self, config: Any, runtime: Runtime) -> None:
                self.config = config

            @hookimpl
            def troupe_register_llm_backends(self) -> Any:
                yield BackendSpec("acme", Acme)

        return Plugin

    said = "settings.acme would belong to the plugin acme and the LLM backend acme of acme, whose settings differ"
    for settings in ({}, {"acme": {"trace": True}}):
        with pytest.raises(PluginError, match=said):
            Runtime([plugin(Other)], settings=settings, autoload=False)
    with Runtime([plugin(Config)], settings={"acme": {"size": 5}}, autoload=False) as runtime:
        assert runtime.make(BackendSpec, "acme").config.size == 5
        assert runtime.plugins.get_plugin("acme").config.size == 5


# -- the environment knows only text ----------------------------------------------------------------------------------


@attrs.frozen
class Open:
    anything: Any = None
    table: dict[str, Any] = attrs.field(factory=dict)
    several: tuple[Any, ...] = ()


class Opened(TinyMentalFaculty, config=Open):
    """You take what comes."""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("low", "low"),
        ("3", 3),
        ("1e-2", 0.01),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("007", "007"),
        ("null", "null"),
        ("[1]", "[1]"),
        ('"3"', '"3"'),
        ("infinity", "infinity"),
        ("1_000", "1_000"),
    ],
)
def test_where_anything_will_do_a_variable_is_a_number_a_truth_or_plain_text(made, monkeypatch, text, read):
    monkeypatch.setenv("TROUPE_PARAMETERS__EXTRA__REASONING_EFFORT", text)
    for name in ("ANYTHING", "TABLE__ONE", "TABLE__WITHIN__IT", "SEVERAL"):
        monkeypatch.setenv(f"TROUPE_SETTINGS__OPENED__{name}", text)
    runtime = made(Opened)
    opened: Any = settings_of(runtime, "opened")
    found = [opened.anything, opened.table["one"], opened.table["within"]["it"], opened.several[0]]
    found.append(runtime.config.parameters.extra["reasoning_effort"])
    assert found == [read] * 5
    assert {type(each) for each in found} == {type(read)}


def test_a_variable_that_lacks_an_underscore_is_a_mistake(made, monkeypatch):
    for name, meant in (
        ("BUDGET_CALLS", "BUDGET__CALLS"),
        ("LOADING_DISABLE", "LOADING__DISABLE"),
        ("MODELS_TURN", "MODELS__TURN"),
        ("PARAMETERS_TEMPERATURE", "PARAMETERS__TEMPERATURE"),
        ("PARAMETERS_EXTRA__EFFORT", "PARAMETERS__EXTRA__EFFORT"),
        ("PARAMETERS_EXTRA_EFFORT", "PARAMETERS__EXTRA__EFFORT"),
        ("SETTINGS_OPENAI_KEY", "SETTINGS__OPENAI__KEY"),
        ("SETTINGS_OPENAI__KEY", "SETTINGS__OPENAI__KEY"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(f"TROUPE_{name}", "3")
            with pytest.raises(ConfigError) as error:
                made()
        assert f"the variable TROUPE_{name} is no setting" in str(error.value)
        assert f"two underscores, as in TROUPE_{meant}" in str(error.value)


def test_a_setting_that_is_not_parted_from_its_plugin_is_led_to_a_table(made, monkeypatch):
    monkeypatch.setenv("TROUPE_SETTINGS__OPENAI_KEY", "env:MY_KEY")
    with pytest.raises(ConfigError, match=r"TROUPE_SETTINGS__OPENAI_KEY: .*, as in TROUPE_SETTINGS__PLUGIN__SETTING"):
        made()


def test_what_container_systems_set_is_none_of_our_business(made, monkeypatch):
    for service in ("TROUPE", "TROUPE_SETTINGS", "TROUPE_MODEL", "TROUPE_BUDGET"):
        for name in ("PORT", "PORT_80_TCP_ADDR", "SERVICE_HOST", "SERVICE_PORT_HTTP"):
            monkeypatch.setenv(f"{service}_{name}", "tcp://10.0.0.1:80")
    assert made().config.budget == Budget()
