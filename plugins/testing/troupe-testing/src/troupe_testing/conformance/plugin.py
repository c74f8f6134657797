"""What holds for every plugin, whatever it is for."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from troupe_core import (
    Call,
    ConfigError,
    LLMRequest,
    PluginError,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    TroupeError,
)
from troupe_core.records import Record
from troupe_testing.conformance.importing import Imported, imported
from troupe_testing.conformance.settings import referring, same, secretive, written
from troupe_testing.conformance.spelling import misspelled
from troupe_testing.conformance.stage import Stage, last_origin, own_records, own_settings, resolved
from troupe_testing.scripted import Answer, quiet, talk, turn

_VARIABLE, _SECRET = "TROUPE_CONFORMANCE", "conformance-7f3a91"
CHEAP = 0.25
"""CPU seconds that an import may take: five times what a good one does, since machines differ."""

ENDING = 1.0
"""Seconds for a thread to end that was told to."""


_UNSET = (
    "Nothing was set: what has no default is set by its own tests, as settings = {…}, and for `troupe plugin check` "
    "in a file of settings, and handed over by --with-settings"
)


class PluginConformance:
    """Subclass it in a test of a plugin that is of no kind below, and set `plugin`."""

    plugin: ClassVar[Any] = None
    """A module, a class or an object; or, as text, `package.module`, `package.module:Class` or a file."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Its table of settings. If they are known only when a test runs, override the fixture `table` instead."""
    may_import: ClassVar[Sequence[str]] = ()
    """Packages besides its own, the standard library and what the core has, that importing it may load."""
    no_secrets: ClassVar[Sequence[str]] = ()
    """Settings that are called like a secret and are none: `("sort_key",)`."""
    kind: ClassVar[type[Record] | None] = None
    """Of what is tried. The classes for kinds say it."""
    name: ClassVar[str] = ""
    """Of its record, if it registers several of the kind."""

    @pytest.fixture
    def table(self) -> Mapping[str, Any]:
        return self.settings

    @pytest.fixture
    def stage(self, make_runtime: Callable[..., Runtime], table: Mapping[str, Any]) -> Stage:
        if self.plugin is None:
            raise PluginError(f"say which plugin it is, as {type(self).__name__}.plugin = …")
        return Stage(self.plugin, table, make_runtime, self.kind, self.name)

    def script(self, request: LLMRequest, call: Call) -> Answer:
        """What the model answers while the plugin is exercised."""
        if call.purpose != "turn":
            return quiet(request, call)
        return turn(talk(f"This is my sentence number {call.turn}."))

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        """Something that is usual for it, in a simulation of its own; the same each time."""
        return _a_small_study(runtime)

    def difference(self, results: Sequence[object]) -> str:
        """What there is to add where `exercise` has come to these, and not all of them are the same."""
        return ""

    # -- importing ----------------------------------------------------------------------------------------------------

    @pytest.fixture
    def import_of(self, stage: Stage) -> Imported:
        return imported(self.plugin, type(self).__module__)

    def test_importing_it_loads_nothing_but_itself(self, import_of: Imported) -> None:
        """SDKs and heavy libraries are imported where they are first used: who has many plugins waits for none."""
        strangers = sorted(import_of.packages - {*self.may_import})
        assert not strangers, (
            f"importing it also loads {', '.join(strangers)}: import them in the function that needs them, or name "
            "them in may_import"
        )

    def test_importing_it_is_cheap(self, import_of: Imported) -> None:
        """A runtime imports every installed plugin, whether or not it is used."""
        assert import_of.cpu < CHEAP, f"importing it takes {import_of.cpu:.2f} s of CPU; it may take {CHEAP}"

    # -- hooks --------------------------------------------------------------------------------------------------------

    def test_a_runtime_takes_it_in(self, stage: Stage) -> None:
        """Its hooks are hooks of Troupe, with arguments that they have; what it registers can be made."""
        refused = _refusal(stage)
        assert not refused, f"no runtime takes it in: {refused}"

    def test_its_annotations_are_those_of_the_specification(self, stage: Stage) -> None:
        """What a hook says of its arguments is what it is given; what it says it registers is what it has to."""
        wrong = misspelled(stage.runtime())
        assert not wrong, "; ".join(wrong)

    # -- settings -----------------------------------------------------------------------------------------------------

    def test_its_settings_come_back_as_they_were(self, stage: Stage) -> None:
        """Written into a file as plain data, they are read as the same settings."""
        made = own_settings(stage.runtime())
        if not made:
            pytest.skip("it has no settings")
        again = _read_again(stage, {name: written(settings) for name, settings in made.items()})
        as_before = isinstance(again, dict) and all(same(again.get(name), each) for name, each in made.items())
        assert as_before, f"written down and read again, they are {again}, and were {made}"

    def test_its_secrets_are_references(self, stage: Stage) -> None:
        """What is called a key, token, password or secret is a `SecretRef`: settings say where it is, and not it."""
        plain = [
            f"{name}.{field}"
            for name, settings in own_settings(stage.runtime()).items()
            for field in secretive(type(settings))
            if field not in self.no_secrets
        ]
        assert not plain, (
            f"{', '.join(plain)}: make it a SecretRef, so that the secret is named and not written down; or, if it is "
            "none, name it in no_secrets"
        )

    def test_no_secret_is_shown(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither it, nor what it makes, nor its settings show a secret when they are printed."""
        monkeypatch.setenv(_VARIABLE, _SECRET)
        tables = _with_secrets(stage)
        if not tables:
            pytest.skip("it has no secrets")
        with stage.make_runtime(plugins=[resolved(self.plugin)], settings=tables) as runtime:
            told = _printed(runtime)
        shown = [line for line in told if _SECRET in line]
        assert not shown, f"the secret is shown: {shown[0]}"

    # -- runtimes -----------------------------------------------------------------------------------------------------

    def test_two_runtimes_at_once_do_not_disturb_each_other(self, stage: Stage) -> None:
        """What it keeps, it keeps in what the runtime has made of it; closing one runtime closes nothing of another."""
        one, two = stage.runtime(self.script), stage.runtime(self.script)
        first = self.exercise(stage, one)
        second = self.exercise(stage, two)
        one.close()
        third = self.exercise(stage, two)
        assert [second, third] == [first, first], (
            "beside another runtime, or after it was closed, it comes to another result"
            + self.difference([first, second, third])
        )

    def test_who_is_answered_first_changes_nothing(self, stage: Stage) -> None:
        """A study comes to the same however long each answer takes."""
        one, two = (self.exercise(stage, stage.runtime(self.script, seed=seed)) for seed in (1, 2))
        assert one == two, (
            "the same study comes to another result when answers arrive in another order" + self.difference([one, two])
        )

    def test_nothing_runs_on_when_the_runtime_is_closed(self, stage: Stage) -> None:
        """What it starts, it stops in `aclose`."""
        before = set(threading.enumerate())
        with stage.runtime(self.script) as runtime:
            self.exercise(stage, runtime)
        left = [thread.name for thread in threading.enumerate() if thread not in before and _goes_on(thread)]
        assert not left, f"its threads run on: {', '.join(left)}; end them in aclose"


def _goes_on(thread: threading.Thread) -> bool:
    """Those of the loop itself, in which names of hosts are looked up, are told to end, and take a moment for it."""
    thread.join(ENDING)
    return thread.is_alive()


def _a_small_study(runtime: Runtime) -> object:
    simulation = Simulation(runtime=runtime, seed=7)
    with simulation:
        world = TinyWorld("The room", [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben", "Cleo")])
        world.broadcast("Would you like a cup of tea?")
        world.run(2)
    digest = simulation.digest()
    simulation.close()
    return digest


def _refusal(stage: Stage) -> str:
    """Why it cannot be used; nothing, if it can."""
    try:
        stage.attempt().close()
    except ConfigError as error:
        return str(error) if stage.table else f"{error}. {_UNSET}"
    except TroupeError as error:
        return f"{error}{_line_of(error.__cause__)}"
    return ""


def _line_of(error: BaseException | None) -> str:
    """Where it arose, if that was while a module was imported."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else ()
    lines = [f" ({each.filename}, line {each.lineno})" for each in frames if each.name == "<module>"]
    return lines[-1] if lines else ""


def _read_again(stage: Stage, plain: Mapping[str, Any]) -> object:
    try:
        tables = json.loads(json.dumps(plain))
        return own_settings(stage.make_runtime(plugins=[resolved(stage.plugin)], settings=tables))
    except (TypeError, ValueError, TroupeError) as error:
        return error


def _with_secrets(stage: Stage) -> dict[str, dict[str, Any]]:
    """Tables of settings in which every secret is one that is looked for afterwards."""
    tables: dict[str, dict[str, Any]] = {}
    for name, settings in own_settings(stage.runtime()).items():
        secrets = referring(settings, f"env:{_VARIABLE}")
        if secrets:
            tables[name] = secrets
    return tables


def _printed(runtime: Runtime) -> list[str]:
    runtime.wait(_nothing, "…")  # opens what is to be opened
    name = last_origin(runtime).plugin
    made = [runtime.make(type(record), record.name) for record in own_records(runtime)]
    return [repr(each) for each in (runtime.plugins.get_plugin(name), *made, *own_settings(runtime).values())]


async def _nothing() -> None:
    pass
