"""The table `[settings.litellm]`, and what there is without litellm."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

import troupe_llm_litellm
from troupe_core import BackendSpec, Call, ConfigError, Form, LLMRequest, Message, Runtime
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


@pytest.mark.skipif(find_spec("litellm") is not None, reason="litellm is here")
def test_without_litellm_it_says_what_to_install():
    request, call = LLMRequest(Form("litellm/openai/any"), (Message("user", "Who are you?"),)), Call("a", "turn")
    with made() as runtime, pytest.raises(ConfigError, match="pip install troupe-llm-litellm"):
        runtime.wait(lambda: runtime.llm_handler("litellm/openai/any").complete(request, call), "a question")
