"""The table `[settings.openai]`: what may stand there, and what is said about what may not."""

from __future__ import annotations

import asyncio
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

import troupe_llm_openai
from troupe_core import AuthenticationError, BackendSpec, ConfigError, Price, Runtime, SecretRef
from troupe_llm_openai.backend import price_list
from troupe_llm_openai.body import Writer
from troupe_llm_openai.config import Config
from troupe_llm_openai.sdk import client
from troupe_testing.server import ProtocolServer

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"timeout": "long"}, "settings.openai.timeout: expected a number"),
    ({"timeout": 0}, "timeout has to be above 0"),
    ({"connect_timeout": -1}, "connect_timeout has to be above 0"),
    ({"max_connections": 0}, "max_connections has to be above 0"),
    ({"max_connections": 1.5}, "expected a whole number"),
    ({"token_limit": "tokens"}, "one of 'max_tokens', 'max_completion_tokens'"),
    ({"base_url": "localhost:11434/v1"}, "base_url is an address such as http://localhost:11434/v1"),
    ({"base_url": "http://[::1"}, "base_url is an address"),
    ({"base_ulr": "http://localhost"}, "Did you mean base_url"),
    ({"key": "sk-written-down-1234"}, "a secret is named, not written down"),
    ({"base_url": "http://me:sk-written-down-1234@localhost/v1"}, "base_url holds a user or a password"),
]


@pytest.mark.parametrize(("table", "words"), WRONG, ids=str)
def test_a_wrong_setting_is_named(make_asking: Any, table: dict[str, Any], words: str):
    with pytest.raises(ConfigError) as error:
        make_asking(**table).ask()
    assert words in str(error.value)
    assert "openai" in str(error.value)
    assert "sk-written" not in str(error.value)


@pytest.mark.parametrize(
    ("model", "address", "price"),
    [
        ("openai/gpt-5-mini", None, Price(0.25, 2.0, 0.025)),
        ("openai/gpt-4o-2024-08-06", "https://api.openai.com/v1", Price(2.5, 10.0, 1.25)),
        ("openai/gpt-4o-2024-05-13", "", Price(5.0, 15.0)),
        ("openai/ft:gpt-4o-mini-2024-07-18:us", None, None),
        ("openai/gpt-5-mini", "https://eu.api.openai.com/v1", None),
        ("openai/gpt-5-mini", "http://localhost:11434/v1", None),
        ("azure/gpt-5-mini", None, None),
    ],
)
def test_openai_itself_has_known_prices(
    model: str, address: str | None, price: Price | None, monkeypatch: pytest.MonkeyPatch
):
    if address is not None:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    with Runtime([troupe_llm_openai], autoload=False, config={}) as runtime:
        found = runtime.price_of(model)
    assert found == price
    assert found is None or found.as_of == price_list().as_of
    assert re.fullmatch(r"20\d\d-\d\d", price_list().as_of)


def test_vectors_are_priced_and_paid_for(make_asking: Any):
    """By the settings here, since the server is nobody's."""
    with ProtocolServer() as server:
        settings = {"openai": {"base_url": server.base_url}}
        prices = {"prices": {"openai/any": {"input": 0.5, "output": 0}}}
        with Runtime([troupe_llm_openai], autoload=False, config=prices, settings=settings) as runtime:
            used = runtime.embed(["a text", "another"], "openai/any").usage.input
            assert runtime.meter.total().cost == runtime.everything.account.cost == used * 500 > 0


def test_settings_come_from_a_file_and_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "troupe.toml"
    file.write_text(
        'model = "openai/any"\n[settings.openai]\nbase_url = "http://localhost:1/v1"\nkey = "file:~/key"\n'
        "timeout = 60\n"
    )
    monkeypatch.setenv("TROUPE_SETTINGS__OPENAI__TIMEOUT", "90")
    with Runtime([troupe_llm_openai], autoload=False, config=file) as runtime:
        config = runtime.make(BackendSpec, "openai").config
    assert (config.base_url, config.key, config.timeout) == ("http://localhost:1/v1", SecretRef("file:~/key"), 90.0)


def test_the_address_may_come_from_the_sdks_own_variable(make_asking: Any, monkeypatch: pytest.MonkeyPatch):
    with ProtocolServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.delenv("OPENAI_API_KEY")
        assert make_asking().ask().text == "Yes: Who are you?"


@pytest.mark.parametrize(
    ("address", "openai"),
    [(None, True), ("https://eu.api.openai.com/v1", True), ("https://api.openai.com.example.net/v1", False)],
)
def test_which_server_is_openai_itself(address: str | None, openai: bool):
    async def found() -> bool:
        made = client(Config(base_url=address))  # sends nothing
        await made.aclose()
        assert "sk-" not in repr(made)
        return made.at_openai

    assert asyncio.run(found()) is openai


@pytest.mark.parametrize("at_openai", [True, False])
@pytest.mark.parametrize("cached", [None, True, False])
@pytest.mark.parametrize("limit", [None, "max_tokens", "max_completion_tokens"])
def test_what_only_openai_knows_is_sent_to_openai_alone_unless_said_otherwise(
    at_openai: bool, cached: bool | None, limit: Any
):
    writer = Writer.suiting(Config(prompt_cache_key=cached, token_limit=limit), at_openai)
    assert writer.prompt_cache_key is (at_openai if cached is None else cached)
    assert writer.token_limit == (limit or ("max_completion_tokens" if at_openai else "max_tokens"))


def test_an_empty_variable_for_the_address_is_as_if_it_were_not_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    assert asyncio.run(host_of(Config())) == "api.openai.com"


async def host_of(config: Config) -> str:
    made = client(config)  # sends nothing
    await made.aclose()
    return made.host


LOCAL = "http://localhost:1/v1"


def test_a_key_that_was_asked_for_has_to_be_there_for_any_server(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(AuthenticationError, match=r"localhost cannot be asked without a key: the variable NOPE is not"):
        client(Config(base_url=LOCAL, key=SecretRef("env:NOPE")))
    monkeypatch.delenv("OPENAI_API_KEY")
    assert asyncio.run(host_of(Config(base_url=LOCAL))) == "localhost"


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-one\n", "\x1bsk-one", "sk-\u00f6ne", "\u201csk-one\u201d"])
@pytest.mark.parametrize("address", [None, LOCAL])
def test_a_key_that_cannot_be_sent_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, key: str, address: str | None
):
    monkeypatch.setenv("ODD_KEY", key)
    with pytest.raises(AuthenticationError, match=r"the key at env:ODD_KEY cannot be sent") as error:
        client(Config(base_url=address, key=SecretRef("env:ODD_KEY")))
    assert key not in "".join(traceback.format_exception(error.value))
