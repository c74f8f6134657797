"""What the kit makes of a plugin when a runtime takes it in, piece by piece."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import field, frozen

from troupe_core import CommandSpec, PluginError, SecretRef, TemplatesSpec, hookimpl
from troupe_testing.conformance import Stage
from troupe_testing.conformance.settings import referring, secretive


class Commanding:
    @hookimpl
    def troupe_register_commands(self) -> Any:
        yield CommandSpec("wave", "acme_nowhere:wave")


class Wording:
    @hookimpl
    def troupe_register_templates(self) -> Any:
        yield TemplatesSpec("terse", "acme_nowhere:TEXTS")


@pytest.mark.parametrize("plugin", [Commanding, Wording])
def test_commands_and_templates_are_loaded(plugin, make_runtime):
    with pytest.raises(PluginError, match="cannot load acme_nowhere:"):
        Stage(plugin, {}, make_runtime).attempt()


@pytest.mark.parametrize("place", ["acme_nowhere", "acme_nowhere.inner:Plugin", "troupe_core:NoSuchClass"])
def test_what_cannot_be_imported_is_told_in_words(place, make_runtime):
    with pytest.raises(PluginError, match=f"{place} cannot be imported: (ModuleNotFound|Attribute)Error: "):
        Stage(place, {}, make_runtime).attempt()


@frozen
class Open:
    key: str = ""
    api_keys: tuple[str, ...] = ()
    apikey: str | None = None
    authorization: str = ""
    auth: dict[str, str] = field(factory=dict)
    db_passwd: str = ""
    author: str = ""
    keyboard: str = ""
    max_tokens: int = 1
    token: SecretRef | None = None
    secrets: dict[str, SecretRef] = field(factory=dict)


def test_secrets_are_known_by_their_names_and_types():
    assert secretive(Open) == ["key", "api_keys", "apikey", "authorization", "auth", "db_passwd"]


@frozen
class Inner:
    key: SecretRef = SecretRef("env:ACME_KEY")
    size: int = 1


@frozen
class Keeping:
    inner: Inner = Inner()
    one: SecretRef | None = None
    several: tuple[SecretRef, ...] = ()
    named: dict[str, SecretRef] = field(factory=lambda: {"acme": SecretRef("env:ACME_KEY")})
    nested: dict[str, list[SecretRef]] = field(factory=dict)
    plain: str = "plain"


def test_a_secret_is_put_wherever_there_can_be_one():
    assert referring(Keeping(), "env:X") == {
        "inner": {"key": "env:X", "size": 1},
        "one": "env:X",
        "several": ["env:X"],
        "named": {"acme": "env:X"},
        "nested": {"conformance": ["env:X"]},
        "plain": "plain",
    }
