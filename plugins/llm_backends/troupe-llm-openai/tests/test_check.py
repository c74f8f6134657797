"""Whether a server can be reached, without asking a model."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from troupe_core import (
    AuthenticationError,
    ConfigError,
    LLMBackend,
    ModelError,
    ModelUnavailable,
    PluginError,
    Runtime,
    UnknownModelError,
)
from troupe_testing.server import Garbage, Hang, Status

MODEL = "openai/test-model"
KEY = "sk-a-test-key-of-nobody-1234"


def test_a_server_that_answers(serve: Any):
    server, asking = serve()
    assert asking.runtime.check(MODEL) == "127.0.0.1 answers, and lists test-model"
    with pytest.raises(UnknownModelError, match="answers, and lists test-model, but not tset-model"):
        asking.runtime.check("openai/tset-model")
    assert [request.path for request in server.requests] == ["/v1/models"] * 2


def test_it_can_be_awaited(serve: Any):
    _, asking = serve()
    assert asking.run(lambda: asking.runtime.acheck(MODEL)).startswith("127.0.0.1 answers")


def test_a_server_without_a_list_has_answered(serve: Any):
    server, asking = serve()
    server.inject(Status(404), times=1)
    assert asking.runtime.check(MODEL) == "127.0.0.1 answers, and lists no models"


def test_an_address_that_leads_elsewhere(serve: Any, make_asking: Any, monkeypatch: pytest.MonkeyPatch):
    server, _ = serve()
    with pytest.raises(UnknownModelError, match=r"lists no models\. Look at its address, too, .* most end in /v1"):
        make_asking(base_url=server.url).runtime.check(MODEL)
    server.inject(Garbage("text"), times=1)
    with pytest.raises(UnknownModelError, match="base_url"):
        make_asking(base_url=server.base_url).runtime.check(MODEL)
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:11434/v1")
    with pytest.raises(ConfigError, match="the variable OPENAI_BASE_URL is an address such as http://localhost"):
        make_asking().runtime.check(MODEL)


def test_a_wrong_key(serve: Any):
    _, asking = serve(server={"keys": {"sk-another-1234567"}})
    with pytest.raises(AuthenticationError) as caught:
        asking.runtime.check(MODEL)
    assert KEY not in str(caught.value)


def test_nobody_listens(make_asking: Any):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ModelUnavailable, match="Is it running"):
        make_asking(base_url=f"http://127.0.0.1:{port}/v1").runtime.check(MODEL)


def test_a_server_that_fails_or_says_nothing(serve: Any):
    server, asking = serve(timeout=0.2)
    server.inject(Status(500), times=1)
    with pytest.raises(ModelUnavailable):
        asking.runtime.check(MODEL)
    server.inject(Hang(), times=1)
    with pytest.raises(ModelError, match="did not answer within"):
        asking.runtime.check(MODEL)


class Mute(LLMBackend):
    """It cannot tell."""


class Broken(LLMBackend):
    async def check(self, model: str) -> str:
        raise ValueError("who is that?")


def test_other_backends():
    with Runtime([Mute, Broken], config={}, autoload=False) as runtime:
        assert runtime.check("mute/any") == ""
        with pytest.raises(PluginError, match=r"the backend 'broken' could not be checked: ValueError: who is that\?"):
            runtime.check("broken/any")
