"""Both provider plugins, against a server that we did not write: litellm's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import troupe_llm_litellm
import troupe_llm_openai
from troupe_core import (
    BadRequest,
    Call,
    Form,
    LLMRequest,
    LLMResponse,
    Message,
    ModelError,
    RateLimited,
    Runtime,
    Simulation,
    TinyPerson,
    Usage,
)

pytestmark = [
    pytest.mark.timeout(300),  # its start
    pytest.mark.filterwarnings("ignore:.*ReadOnly. qualifier", "ignore:Accessing the .* attribute on the inst"),
]
CALL = Call("a simulation", "turn", person="Ada")
PREFIXES = {"openai": troupe_llm_openai, "litellm/openai": troupe_llm_litellm}


@pytest.fixture(params=PREFIXES)
def prefix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def runtime(prefix: str, proxy: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    monkeypatch.setenv("KEY_OF_THE_PROXY", proxy.key)
    place = {"base_url": proxy.base_url, "key": "env:KEY_OF_THE_PROXY"}
    settings = {"openai": place} if prefix == "openai" else {"litellm": {"providers": {"openai": place}}}
    with Runtime([PREFIXES[prefix]], autoload=False, config={}, settings=settings) as made:
        yield made


@pytest.fixture
def ask(runtime: Runtime, prefix: str) -> Callable[..., Any]:
    def one(name: str = "talker", *, streamed: bool = False) -> Any:
        request = LLMRequest(Form(f"{prefix}/{name}"), (Message("user", "Good morning."),))
        handler = runtime.llm_handler(f"{prefix}/{name}")

        async def go() -> Any:
            if streamed:
                return [piece async for piece in handler.stream(request, CALL)]
            return await handler.complete(request, CALL)

        return runtime.wait(go, "a question")

    return one


def test_a_question(ask: Any):
    assert ask() == LLMResponse("Good morning to you.", Usage(10, 20), "talker")


def test_a_stream(ask: Any):
    *pieces, last = ask(streamed=True)
    assert "".join(piece.text for piece in (*pieces, last)) == "Good morning to you."
    assert len(pieces) > 1
    assert last.finish == "stop"
    assert last.usage.output > 0


def test_texts(runtime: Runtime, prefix: str):
    """One, since this server makes up one, however many are asked for."""
    found = runtime.embed(["The baker."], f"{prefix}/vectors")
    assert [[round(value, 4) for value in vector] for vector in found.vectors] == [[0.6, 0.8]]
    assert found.usage.input == 10


def test_a_person(runtime: Runtime, prefix: str):
    with Simulation(runtime=runtime) as simulation:
        said = TinyPerson("Ada", model=f"{prefix}/ada").listen_and_act("Good morning.")
        assert [fact.content for fact in said] == ["Good morning."]
        assert (simulation.usage.calls, simulation.usage.failed) == (1, 0)
        assert simulation.usage.usage == Usage(10, 20)


def test_a_wrong_key(ask: Any, monkeypatch: pytest.MonkeyPatch):
    """Without a database, this server says 400."""
    monkeypatch.setenv("KEY_OF_THE_PROXY", "sk-nobodys-1234567890")
    with pytest.raises(ModelError) as caught:
        ask()
    assert not caught.value.retryable
    assert "sk-nobodys-1234567890" not in str(caught.value)


def test_no_such_model(ask: Any):
    with pytest.raises(BadRequest, match="Invalid model name"):
        ask("nobody")


def test_too_many_requests(ask: Any):
    with pytest.raises(RateLimited):
        ask("busy")
