"""The table `[settings.litellm]`, and what there is without litellm."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

import troupe_llm_litellm
from troupe_core import BackendSpec, Call, ConfigError, Form, LLMRequest, Message, Price, Runtime
from troupe_llm_litellm import prices
from troupe_testing.conformance import PluginConformance


class TestPlugin(PluginConformance):
    plugin = "troupe_llm_litellm"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"timeout": 0}, "timeout has to be above 0"),
    ({"providers": {"openai": {"base_url": "localhost:8000"}}}, "base_url is an address such as"),
    ({"providers": {"openai": {"base_url": "http://me:sk-written-down-1234@localhost/v1"}}}, "a user or a password"),
    ({"providers": {"openai": {"key": "sk-written-down-1234"}}}, "a secret is named, not written down"),
    ({"providers": {"openai": {"base_ulr": "http://localhost"}}}, "Did you mean base_url"),
]


def made(**settings: Any) -> Runtime:
    return Runtime([troupe_llm_litellm], autoload=False, config={}, settings={"litellm": settings})


@pytest.mark.parametrize(("table", "words"), WRONG, ids=str)
def test_a_wrong_setting_is_named(table: dict[str, Any], words: str):
    with pytest.raises(ConfigError) as error, made(**table) as runtime:
        runtime.make(BackendSpec, "litellm")
    assert words in str(error.value)
    assert "sk-written" not in str(error.value)


def test_whatever_is_called_like_a_secret_is_taken_out_of_what_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACME_API_KEY", "acme-nobodys-1234")
    monkeypatch.setenv("ACME_KEYBOARD", "qwerty-uiop")
    with made() as runtime:
        runtime.make(BackendSpec, "litellm")
        told = runtime.without_secrets("acme-nobodys-1234 and qwerty-uiop")
    assert told == "[secret] and qwerty-uiop"


def row(provider: str, read: float, written: float, **more: Any) -> dict[str, Any]:
    """Of a list, with prices of one token."""
    costs = {"input_cost_per_token": read / 1_000_000, "output_cost_per_token": written / 1_000_000}
    return {"litellm_provider": provider, "mode": "chat", **costs, **more}


LIST = {
    "gpt-4o": row("openai", 2.5, 10),
    "gpt-6-sol": row("openai", 2, 8, cache_read_input_token_cost=2e-7, cache_creation_input_token_cost=2.5e-6),
    "claude-sonnet-4-5": row("anthropic", 3, 15, cache_creation_input_token_cost=3.75e-6),
    "text-embedding-3-small": row("openai", 0.02, 0, mode="embedding"),
    "azure/model-router": row("azure", 0.14, 0),
    "gigachat/GigaChat-2-Max": row("gigachat", 0, 0),
    "ollama/llama2": row("ollama", 0, 0),
    "bedrock/nova": row("bedrock_converse", 1, 4),
}
PRICES = {
    "openai/gpt-4o": Price(2.5, 10),
    "gpt-4o": Price(2.5, 10),
    "openai/gpt-6-sol": None,
    "anthropic/claude-sonnet-4-5": Price(3, 15),
    "openai/text-embedding-3-small": Price(0.02, 0),
    "azure/model-router": None,
    "gigachat/GigaChat-2-Max": None,
    "ollama/llama2": Price(0, 0),
    "bedrock/nova": Price(1, 4),
}
ADDRESSES = {
    "OPENAI_BASE_URL": ["openai/gpt-4o", "gpt-4o", "openai/gpt-6-sol", "openai/text-embedding-3-small"],
    "OLLAMA_API_BASE": ["ollama/llama2"],
    "AWS_BEDROCK_RUNTIME_ENDPOINT": ["bedrock/nova"],
}


def test_the_list_has_a_price_where_it_knows_one_and_its_provider_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prices, "_models", lambda: LIST)
    for provider in ("openai", "anthropic", "azure", "gigachat", "ollama", "bedrock"):
        for variable in prices._variables(provider):
            monkeypatch.delenv(variable, raising=False)

    def found(**settings: Any) -> dict[str, Price | None]:
        with made(**settings) as runtime:
            return {model: runtime.price_of(f"litellm/{model}") for model in PRICES}

    assert found() == PRICES
    for variable, moved in ADDRESSES.items():
        with monkeypatch.context() as here:
            here.setenv(variable, "http://localhost:8000/v1")
            assert found() == PRICES | dict.fromkeys(moved), variable
    place = {"base_url": "http://localhost:8000/v1"}
    assert found(providers={"openai": place}) == PRICES | dict.fromkeys(ADDRESSES["OPENAI_BASE_URL"])


@pytest.mark.skipif(find_spec("litellm") is not None, reason="litellm is here")
def test_without_litellm_it_says_what_to_install():
    request, call = LLMRequest(Form("litellm/openai/any"), (Message("user", "Who are you?"),)), Call("a", "turn")
    with made() as runtime, pytest.raises(ConfigError, match="pip install troupe-llm-litellm"):
        runtime.wait(lambda: runtime.llm_handler("litellm/openai/any").complete(request, call), "a question")
