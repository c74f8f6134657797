"""Plugins that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import evolve, field, frozen

from troupe_core import (
    LLMWrapper,
    SecretRef,
    ToolSpec,
    hookimpl,
)
from troupe_testing.conformance import PluginConformance


@frozen
class Config:
    greeting: str = "Hello"
    key: SecretRef = SecretRef("env:ACME_API_KEY")
    folder: Path = Path("somewhere")


class Right:
    config_class: ClassVar[type[Any]] = Config

    def __init__(self, config: Config, runtime: Any) -> None:
        self.config = config

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Iterator[Any]:
        inner = yield
        return LLMWrapper(inner)


class TestRight(PluginConformance):
    plugin = Right


class Place(Enum):
    HERE = "here"
    THERE = "there"


@frozen
class Provider:
    key: SecretRef = SecretRef("env:ACME_API_KEY")
    region: str = "north"


@frozen
class Detailed:
    """Whatever the core reads."""

    place: Place = Place.THERE
    places: frozenset[Place] = frozenset(Place)
    words: frozenset[str] = frozenset({"one", "two", "three"})
    folders: tuple[Path, ...] = (Path("here"), Path("there"))
    limits: dict[str, int] = field(factory=lambda: {"Ada": 1})
    key: dict[str, SecretRef] = field(factory=lambda: {"acme": SecretRef("env:ACME_API_KEY")})
    tokens: tuple[SecretRef, ...] = ()
    password: SecretRef | None = None
    provider: Provider = Provider()
    max_tokens: int = 7
    author: str = "Ada"
    sort_key: str = "name"


class InDetail(Right):
    config_class = Detailed


class TestRightWithSettingsOfManyKinds(PluginConformance):
    plugin = InDetail
    no_secrets = ("sort_key",)


# -- importing --------------------------------------------------------------------------------------------------------


HOOK = "from troupe_core import hookimpl\n\n@hookimpl\ndef troupe_event(event): pass\n"


class InAFile(PluginConformance):
    """The plugin is a file of its own, since it is imported in another process."""

    code = ""

    @pytest.fixture(autouse=True)
    def file(self, tmp_path: Path) -> None:
        path = tmp_path / "acme.py"
        path.write_text(self.code + HOOK)
        type(self).plugin = str(path)


class TestRightInAFileWithSettings(InAFile):
    code = """
from attrs import frozen
from troupe_core import FacultySpec, TinyMentalFaculty

@frozen
class Inner:
    size: int = 1

@frozen
class Config:
    inner: Inner = Inner()

class Humming(TinyMentalFaculty, config=Config):
    \"\"\"You hum.\"\"\"
"""


class TestImportsALibraryAtOnce(InAFile):
    fails = "test_importing_it_loads_nothing_but_itself"
    code = "import httptools\n"


class TestThinksWhileItIsImported(InAFile):
    fails = "test_importing_it_is_cheap"
    code = "import time\n\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"


# -- hooks ------------------------------------------------------------------------------------------------------------


class Misnamed:
    @hookimpl
    def troupe_evnet(self, event: Any) -> None:
        pass


class TestImplementsAHookThatThereIsNot(PluginConformance):
    fails = "test_a_runtime_takes_it_in"
    plugin = Misnamed


class Annotated:
    @hookimpl
    def troupe_register_faculties(self) -> Iterator[ToolSpec]:
        yield from ()


class TestSaysThatItRegistersSomethingElse(PluginConformance):
    fails = "test_its_annotations_are_those_of_the_specification"
    plugin = Annotated


# -- settings ---------------------------------------------------------------------------------------------------------


@frozen
class Doubling:
    times: int = field(default=1, converter=lambda times: times * 2)


class Doubled(Right):
    config_class = Doubling


class TestReadsItsSettingsAsOtherOnes(PluginConformance):
    fails = "test_its_settings_come_back_as_they_were"
    plugin = Doubled


@frozen
class Careless:
    api_key: str = ""


class WrittenDown(Right):
    config_class = Careless


class TestWantsItsKeyInTheSettings(PluginConformance):
    fails = "test_its_secrets_are_references"
    plugin = WrittenDown


class Talkative(Right):
    def __repr__(self) -> str:
        return f"<Talkative {self.config.key.find()}>"


class TestShowsItsKey(PluginConformance):
    fails = "test_no_secret_is_shown"
    plugin = Talkative


# -- runtimes ---------------------------------------------------------------------------------------------------------


class Shared(Right):
    """All its runtimes have one connection."""

    connected: ClassVar[bool] = False

    async def open(self) -> None:
        Shared.connected = True

    async def aclose(self) -> None:
        Shared.connected = False

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Iterator[Any]:
        inner = yield
        return Changing(inner, lambda call: "" if self.connected else "Nobody can hear me. ")


class Changing(LLMWrapper):
    """Puts something before what people say."""

    def __init__(self, inner: Any, before: Any) -> None:
        super().__init__(inner)
        self.before = before

    async def complete(self, request: Any, call: Any) -> Any:
        response = await self.inner.complete(request, call)
        return evolve(response, text=response.text.replace("This is", f"{self.before(call)}This is"))


class TestClosesForAllRuntimes(PluginConformance):
    fails = "test_two_runtimes_at_once_do_not_disturb_each_other"
    plugin = Shared


class Numbering(Right):
    """Numbers answers as they arrive."""

    def __init__(self, config: Config, runtime: Any) -> None:
        super().__init__(config, runtime)
        self.arrived: dict[str, Iterator[int]] = {}

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Iterator[Any]:
        inner = yield
        return Changing(inner, lambda call: f"{next(self.arrived.setdefault(call.simulation, count()))}. ")


class TestDependsOnWhoIsAnsweredFirst(PluginConformance):
    fails = "test_who_is_answered_first_changes_nothing"
    plugin = Numbering


class Busy(Right):
    async def open(self) -> None:
        threading.Thread(target=lambda: threading.Event().wait(30), name="busy", daemon=True).start()


class TestLeavesAThreadBehind(PluginConformance):
    fails = "test_nothing_runs_on_when_the_runtime_is_closed"
    plugin = Busy
