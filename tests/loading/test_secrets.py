"""A secret is in no repr, message, log record, event or file, whatever a plugin says."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from troupe_core import (
    LLMBackend,
    LLMResponse,
    LLMWrapper,
    ModelError,
    Runtime,
    SecretRef,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyTool,
    TinyWorld,
    ToolFailure,
    action,
    hookimpl,
)
from troupe_core.errors import AuthenticationError, ConfigError, PluginError, RunStopped, SecretError
from troupe_core.secrets import HIDDEN, redacted
from troupe_testing import do, turn

SECRET = "sk-Very/Secret+Key"


@attrs.frozen
class Config:
    key: SecretRef = SecretRef("env:ACME_KEY")
    others: tuple[SecretRef, ...] = ()


class Odd(Exception):
    """An error whose words are made from what it holds."""

    def __init__(self, held: list[str]) -> None:
        super().__init__()
        self.held = [held]

    def __str__(self) -> str:
        return f"cannot use {self.held}"


class Closed(Exception):
    """One whose words nobody can change."""

    def __str__(self) -> str:
        return f"cannot use {SECRET}"


def caused_by(cause: Exception) -> Exception:
    error = AuthenticationError("no connection")
    error.__cause__ = cause
    return error


ERRORS: dict[str, Any] = {
    "a model's": lambda: AuthenticationError(f"401 for {SECRET}"),
    "of the system": lambda: OSError(2, f"no such file {SECRET}", f"/run/{SECRET}"),
    "with a cause": lambda: caused_by(ValueError(f"the header was {SECRET}")),
    "whose cause is fixed": lambda: caused_by(Closed()),
    "with an attribute": lambda: Odd([SECRET]),
    "whose words are fixed": Closed,
    "of several": lambda: ExceptionGroup(f"tried {SECRET}", [ValueError(SECRET)]),
    "in an address": lambda: ValueError("https://acme.example/?key=sk-Very%2FSecret%2BKey"),
    "with a mapping": lambda: KeyError({"authorization": f"Bearer {SECRET}"}),
}


class Leaking(LLMBackend, config=Config):
    name = "leaking"
    error: Any = None
    when = "complete"

    async def open(self) -> None:
        if self.when == "open":
            raise self.error()

    async def complete(self, request: Any, call: Any) -> LLMResponse:
        raise self.error()

    async def aclose(self) -> None:
        if self.when == "aclose":
            raise self.error()


class Watching:
    def __init__(self) -> None:
        self.events: list[Any] = []

    @hookimpl
    def troupe_event(self, event: Any) -> None:
        self.events.append(event)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", SECRET)


def shows(thing: object) -> bool:
    return SECRET in str(thing) or "sk-Very" in str(thing)


def everything_said(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))


@pytest.mark.parametrize("when", ["complete", "open"])
@pytest.mark.parametrize("what", ERRORS)
def test_whatever_a_backend_raises_says_no_secret(tmp_path, caplog, what, when):
    backend = type("Backend", (Leaking,), {"error": staticmethod(ERRORS[what]), "when": when, "name": "leaking"})
    watching = Watching()
    with Runtime([backend, watching], model="leaking/x", autoload=False) as runtime:
        simulation = Simulation(tmp_path / "study.db", runtime=runtime)
        people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]
        with pytest.raises(Exception) as error, caplog.at_level(logging.DEBUG):  # noqa: PT011 - of any kind
            people[0].act()
        with pytest.raises(RunStopped) as stopped, caplog.at_level(logging.DEBUG):
            TinyWorld("Room", people).run(1)
        simulation.close()
    assert HIDDEN in everything_said(error.value)
    assert not shows(everything_said(error.value))
    assert not shows(everything_said(stopped.value))
    assert not shows(str(stopped.value.report))
    assert not shows(caplog.text)
    assert watching.events
    assert not any(shows(event) or shows(getattr(event, "error", "")) for event in watching.events)
    for file in tmp_path.iterdir():
        assert SECRET.encode() not in file.read_bytes()


def test_an_error_keeps_its_kind_and_what_it_says_besides():
    error = AuthenticationError(f"401 for {SECRET}", status=401)
    assert redacted(error, Config()) is error
    assert (str(error), error.status, error.fatal) == (f"401 for {HIDDEN}", 401, True)
    assert (
        str(redacted(OSError(2, "no such file", f"/run/{SECRET}"), Config()))
        == f"[Errno 2] no such file: '/run/{HIDDEN}'"
    )
    assert str(redacted(Closed(), Config())) == f"Closed: cannot use {HIDDEN}"
    outer = caused_by(Closed())
    assert redacted(outer, Config()) is outer
    assert str(outer.__cause__) == f"Closed: cannot use {HIDDEN}"


def test_a_wrapper_and_a_plugin_that_closes_tell_no_secret_of_others(caplog):
    class Wrapping:
        @hookimpl(wrapper=True)
        def troupe_llm_handler(self) -> Any:
            class Asking(LLMWrapper):
                async def complete(self, request: Any, call: Any) -> LLMResponse:
                    raise ModelError(f"refused for {self.inner.backend.config.key.reveal()}")

            return Asking((yield))

        async def aclose(self) -> None:
            raise RuntimeError(f"still open: {SECRET}")

    with Runtime([Leaking, Wrapping()], model="leaking/x", autoload=False) as runtime:
        ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
        with pytest.raises(ModelError, match=r"^refused for \[secret\]$"):
            ada.act()
    assert "the plugin Wrapping could not be closed" in caplog.text
    assert not shows(caplog.text)


def test_a_plugin_that_cannot_be_made_or_opened_tells_no_secret():
    class Broken:
        config_class = Config

        def __init__(self, config: Config, runtime: Runtime) -> None:
            raise RuntimeError(f"not with {config.key.reveal()}")

    with pytest.raises(PluginError, match=r"plugin Broken cannot be used: RuntimeError: not with \[secret\]") as error:
        Runtime([Broken], autoload=False)
    assert not shows(everything_said(error.value))


def test_what_a_tool_says_of_its_failure_is_recorded_without_secrets(make_runtime, tmp_path):
    class Door(TinyTool, config=Config):
        """There is a door."""

        @action
        async def knock(self, call: Any, times: int) -> str:
            """knock."""
            raise ToolFailure(f"nobody opens to {self.config.key.reveal()}")

    def script(request: Any, call: Any) -> Any:
        return turn() if "It did not work" in request.messages[-1].content else turn(do("KNOCK", times=1))

    simulation = Simulation(tmp_path / "study.json", runtime=make_runtime(script, plugins=[Door]))
    ada = TinyPerson("Ada", mental_faculties=["tool:door"], simulation=simulation)
    ada.act()
    assert [fact.content for fact in ada.memories() if fact.kind == "observation"] == [
        f"It did not work: nobody opens to {HIDDEN}"
    ]
    simulation.close()
    assert not any(SECRET.encode() in file.read_bytes() for file in tmp_path.iterdir())


class Telling(TinyTool, config=Config):
    """There is a telephone."""

    @action
    async def call(self, call: Any, failing: str) -> str:
        """call somebody. failing: how."""
        said = f"sent with {self.config.key.reveal()}"
        if failing == "at all":
            raise ToolFailure(said)
        if failing == "badly":
            raise RuntimeError(said)
        return said


@pytest.mark.parametrize("given", [Telling, Telling(Config())], ids=["class", "object"])
@pytest.mark.parametrize("failing", ["", "at all"])
def test_what_a_tool_comes_to_is_recorded_without_secrets_however_it_was_given(make_runtime, tmp_path, given, failing):
    def script(request: Any, call: Any) -> Any:
        return turn() if call.ordinal else turn(do("CALL", failing=failing))

    simulation = Simulation(tmp_path / "study.json", runtime=make_runtime(script))
    ada = TinyPerson("Ada", tools=[given], simulation=simulation)
    ada.act()
    (seen,) = [fact.content for fact in ada.memories() if fact.kind == "observation"]
    assert f"sent with {HIDDEN}" in seen
    simulation.close()
    assert not any(SECRET.encode() in file.read_bytes() for file in tmp_path.iterdir())


def test_errors_of_what_was_given_as_an_object_say_no_secret(make_runtime):
    script = lambda request, call: turn(do("CALL", failing="badly"))  # noqa: E731
    ada = TinyPerson("Ada", tools=[Telling(Config())], simulation=Simulation(runtime=make_runtime(script)))
    with pytest.raises(RuntimeError, match=r"sent with \[secret\]") as error:
        ada.act()
    assert not shows(everything_said(error.value))
    backend = type("Backend", (Leaking,), {"error": lambda self: ValueError(SECRET), "name": "leaking"})
    with Runtime([backend(Config())], model="leaking/x", autoload=False) as runtime:
        ben = TinyPerson("Ben", simulation=Simulation(runtime=runtime))
        with pytest.raises(ValueError, match=r"^\[secret\]$"):
            ben.act()


# -- as settings ------------------------------------------------------------------------------------------------------


class Asking(TinyMentalFaculty, config=Config):
    """You ask."""


@pytest.mark.parametrize("given", [SECRET, [SECRET], {"place": SECRET}, 5, "env:", "vault:key"])
def test_a_secret_that_is_written_down_is_refused_and_not_repeated(tmp_path, given):
    with pytest.raises(ConfigError, match=r"settings\.asking\.key: a secret is named, not written down") as error:
        Runtime([Asking], autoload=False, settings={"asking": {"key": given}})
    assert not shows(everything_said(error.value))


def test_nor_is_one_in_a_file_or_in_a_list(tmp_path):
    path = tmp_path / "troupe.toml"
    path.write_text(f'[settings.asking]\nothers = ["env:FINE",\n  "{SECRET}"]\n')
    with pytest.raises(ConfigError, match=rf"{path}:3: settings\.asking\.others\.1: a secret is named") as error:
        Runtime([Asking], autoload=False, config=path)
    assert not shows(everything_said(error.value))


@pytest.mark.parametrize(
    "settings",
    [
        {"asking": SECRET},
        {"asking": {"others": SECRET}},
        {"asking": {"others": [[SECRET]]}},
        {"asking": {"either": SECRET}},
        {"asking": {"headers": SECRET}},
        {"asking": {"name": {"key": SECRET}}},
        {"asking": {"size": [SECRET]}},
        [SECRET],
    ],
    ids=str,
)
def test_a_secret_in_the_wrong_place_is_not_repeated_either(settings):
    @attrs.frozen
    class Wide(Config):
        either: SecretRef | tuple[SecretRef, ...] = ()
        headers: Mapping[str, str] = attrs.field(factory=dict)
        name: str = ""
        size: int = 0

    plugin = type("Asking", (TinyMentalFaculty,), {"__doc__": "You ask."}, config=Wide)
    with pytest.raises(ConfigError) as error:
        Runtime([plugin], autoload=False, settings=settings)
    assert not shows(everything_said(error.value))


def test_settings_show_where_a_secret_is(tmp_path):
    (tmp_path / "key").write_text(f" {SECRET}\n")
    config = Config(SecretRef(f"file:{tmp_path / 'key'}"), (SecretRef("env:ACME_KEY"),))
    assert config.key.reveal() == config.others[0].reveal() == SECRET
    assert "env:ACME_KEY" in repr(config)
    assert not shows(config)


def test_a_secret_that_is_not_there_is_told_by_its_place(monkeypatch, tmp_path):
    monkeypatch.delenv("ACME_KEY")
    with pytest.raises(SecretError, match=r"the variable ACME_KEY is not set.*env:ACME_KEY"):
        SecretRef("env:ACME_KEY").reveal()
    with pytest.raises(SecretError, match=r"the file .*nothing is empty or cannot be read"):
        SecretRef(f"file:{tmp_path / 'nothing'}").reveal()
    assert SecretRef("env:ACME_KEY").find() is None


@pytest.mark.parametrize("written", ["env:sk-test-PASSWORD1", "env:PASSWORD1 ", "env:1PASSWORD", "env:", "PASSWORD1"])
def test_a_secret_behind_env_is_refused_and_not_repeated(written):
    with pytest.raises(SecretError, match="a secret is named, not written down") as error:
        SecretRef(written)
    assert "PASSWORD1" not in str(error.value)
