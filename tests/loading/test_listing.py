"""What can be shown of settings and plugins: every setting with its place, who would wrap, which hooks there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from troupe_core import ConfigError, EpisodicMemory, MemorySpec, Runtime, SecretRef, TinyMentalFaculty, hookimpl
from troupe_core.config import Environment, Layers, Setting, Source, layers_for
from troupe_core.hookspecs import TroupeSpecs
from troupe_core.plugins import hooks


@attrs.frozen
class Server:
    host: str = "localhost"
    ports: tuple[int, ...] = (80,)


@attrs.frozen
class Config:
    server: Server = Server()
    names: dict[str, str] = attrs.field(factory=dict)
    folder: Path = Path("here")
    key: SecretRef = SecretRef("env:SIZED_KEY")


class Sized(TinyMentalFaculty, config=Config):
    """You have a size."""


class Plain(TinyMentalFaculty):
    """It has no settings."""


class Diary:
    @hookimpl
    def troupe_register_memories(self) -> Any:
        yield MemorySpec("diary", EpisodicMemory)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TROUPE_CONFIG", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(*plugins: Any, **options: Any) -> Runtime:
    return Runtime(plugins, autoload=False, **options)


def by_name(settings: list[Setting]) -> dict[str, Setting]:
    return {each.name: each for each in settings}


def test_every_setting_of_the_core(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "study.toml").write_text("model = 'a/b'\n[models]\nturn = ['a/b', 'a/c']\n[loading]\nopen_within = 3\n")
    monkeypatch.setenv("TROUPE_BUDGET__TOKENS", "9")
    found = by_name(made(config="study.toml").settings())
    assert (found["model"].value, found["model"].place, found["model"].default) == ("a/b", "study.toml:1", None)
    assert (found["models.turn"].value, found["models.turn"].place) == (["a/b", "a/c"], "study.toml:3")
    assert found["loading.autoload"].place == "Runtime(…)"
    assert found["budget.tokens"].place == "the variable TROUPE_BUDGET__TOKENS"
    assert not found["budget.calls"].said
    assert found["loading.open_within"].type == "a number"
    assert "settings" not in found


def test_the_table_of_a_plugin(monkeypatch: pytest.MonkeyPatch, folder: Path):
    monkeypatch.setenv("SIZED_KEY", "sk-not-for-printing")
    runtime = made(Sized, config={"settings": {"sized": {"server": {"host": "far"}, "names": {"a": "b"}}}})
    found = by_name(runtime.settings("sized"))
    assert list(found) == [
        f"settings.sized.{name}" for name in ("server.host", "server.ports", "names.a", "folder", "key")
    ]
    assert (found["settings.sized.server.host"].value, found["settings.sized.server.host"].place) == ("far", "config")
    assert found["settings.sized.server.ports"].value == [80]
    assert found["settings.sized.folder"].value == str(folder / "here")
    key = found["settings.sized.key"]
    assert (key.value, key.secret) == ("env:SIZED_KEY", SecretRef("env:SIZED_KEY"))
    assert "sk-not-for-printing" not in repr(found)


def test_who_has_no_settings_has_none():
    runtime = made(Plain, Diary)
    assert runtime.settings("plain") == []
    assert runtime.settings("nobody") == []
    assert "settings.diary.keep" in by_name(runtime.settings("diary")), "a kind of memory is its settings"


def test_layers_can_be_given_instead_of_a_file():
    layers = Layers([Source({"model": "a/b", "max_in_flight": 2}, "somewhere")])
    runtime = made(config=layers)
    assert runtime.default_model() == ("a/b",)
    assert by_name(runtime.settings())["max_in_flight"].place == "somewhere"
    with pytest.raises(ConfigError, match="elsewhere: modl"):
        made(config=Layers([Source({"modl": 1}, "elsewhere")]))


def test_variables_that_nobody_reads(monkeypatch: pytest.MonkeyPatch):
    for name in ("TROUPE_FRIENDS", "TROUPE_PORT", "TROUPE_SERVICE_HOST", "TROUPE_MODEL"):
        monkeypatch.setenv(name, "a/b")
    (environment,) = [each for each in layers_for(None, {}).sources if isinstance(each, Environment)]
    assert environment.unread == ["TROUPE_FRIENDS"]


class Around:
    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Any:
        return (yield)


def test_who_would_wrap_is_told_from_who_wraps():
    runtime = made(Around(), config={})
    runtime.plugins.asleep.add("Around")
    assert [each.plugin for each in runtime.plugins.wrappers("troupe_llm_handler")] == ["Around"]
    assert runtime.plugins.around("troupe_llm_handler") == []


def test_every_hook_is_listed_in_the_order_of_the_reference():
    assert list(hooks()) == [name for name in vars(TroupeSpecs) if name.startswith("troupe_")]
    assert [name for name, composes in hooks().items() if composes] == [
        "troupe_llm_handler",
        "troupe_embedding_handler",
        "troupe_transaction_handler",
        "troupe_tool_handler",
    ]
