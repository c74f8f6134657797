"""What is sent, what is not, and what litellm does not do by itself."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import troupe_llm_litellm
from troupe_core import (
    AuthenticationError,
    Budget,
    Call,
    ConnectionFailed,
    Form,
    LLMRequest,
    LLMResponse,
    Message,
    ModelCall,
    ModelUnavailable,
    Parameters,
    Runtime,
    UnknownModelError,
    Unsupported,
    Usage,
    hookimpl,
)
from troupe_testing.server import Cut, ProtocolServer, Reply, Reset, Status

pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly. qualifier", "ignore:Accessing the .* attribute on the inst")
SCHEMA = {"type": "object", "properties": {"mood": {"type": "string"}}, "required": ["mood"]}
USED = {"prompt_tokens": 300, "completion_tokens": 20, "cached_tokens": 256, "reasoning_tokens": 8}
Ask = Callable[..., Any]


class Watching:
    """Keeps what is told of calls."""

    def __init__(self) -> None:
        self.calls: list[ModelCall] = []

    @hookimpl
    def troupe_event(self, event: object) -> None:
        if isinstance(event, ModelCall):
            self.calls.append(event)


def runtime_with(*plugins: object, **providers: Any) -> Runtime:
    settings = {"litellm": {"providers": providers}}
    return Runtime([troupe_llm_litellm, *plugins], autoload=False, config={}, settings=settings)


def asked(runtime: Runtime, model: str, *, streamed: bool = False, **form: Any) -> Any:
    request, call = LLMRequest(Form(model, **form), (Message("user", "How are you?"),)), Call("a simulation", "turn")
    handler = runtime.llm_handler(model)

    async def go() -> Any:
        if not streamed:
            return await handler.complete(request, call)
        pieces = [piece async for piece in handler.stream(request, call)]
        return LLMResponse("".join(piece.text for piece in pieces), pieces[-1].usage, finish=pieces[-1].finish)

    return runtime.wait(go, "a question")


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(no_keys: None) -> Iterator[ProtocolServer]:
    with ProtocolServer(lambda body: Reply('{"mood": "calm"}', model="a-model-of-today", **USED)) as server:
        yield server


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_tokens_are_told_with_those_that_were_cached_and_those_that_were_thought(
    server: ProtocolServer, streamed: bool
):
    with runtime_with(openai={"base_url": server.base_url}) as runtime:
        found = asked(runtime, "litellm/openai/any", streamed=streamed)
    assert (found.text, found.usage, found.finish) == ('{"mood": "calm"}', Usage(300, 20, 256, 8), "stop")
    assert server.requests[0].headers["authorization"] == "…none", "a server of one's own needs no key"


def test_a_form_that_is_refused_is_tried_once(server: ProtocolServer, caplog: pytest.LogCaptureFixture):
    refused = Status(400, message="'response_format' of this type is not supported with this model.")
    server.inject(refused, when=lambda each: (each.body.get("response_format") or {}).get("type") == "json_schema")
    with runtime_with(openai={"base_url": server.base_url}) as runtime, caplog.at_level(logging.WARNING, "troupe"):
        for _ in range(2):
            asked(runtime, "litellm/openai/any", schema=SCHEMA, schema_name="feeling")
    assert [each.body["response_format"]["type"] for each in server.requests] == ["json_schema", *["json_object"] * 2]
    assert "litellm/openai/any at 127.0.0.1 does not take json_schema" in caplog.text
    assert '"mood"' in server.requests[-1].body["messages"][-1]["content"]


def test_a_model_that_takes_no_temperature_is_asked_at_its_own(server: ProtocolServer):
    watching = Watching()
    with runtime_with(watching, openai={"base_url": server.base_url}) as runtime:
        for _ in range(2):
            asked(runtime, "litellm/openai/o3-mini", parameters=Parameters(temperature=0.3))
    assert ["temperature" in each.body for each in server.requests] == [False, False], (
        "litellm knows, and sends nothing"
    )
    assert [call.error is None for call in watching.calls] == [False, True, True]


def test_what_a_provider_cannot_do_is_not_sent(server: ProtocolServer):
    with (
        runtime_with(anthropic={"base_url": server.url}) as runtime,
        pytest.raises(Unsupported, match=r"anthropic does not support parameters: \['seed'\].* Nothing was sent"),
    ):
        asked(runtime, "litellm/anthropic/any", parameters=Parameters(seed=3))
    assert server.stats.requests == 0


def test_what_is_given_besides_goes_through_and_takes_no_place(server: ProtocolServer):
    extra = {"top_k": 3, "model": "another", "messages": [], "stream": True}
    with runtime_with(openai={"base_url": server.base_url}) as runtime:
        asked(runtime, "litellm/openai/any", parameters=Parameters(extra=extra))
    body = server.requests[0].body
    assert (body["top_k"], body["model"], len(body["messages"])) == (3, "any", 1)
    assert "stream" not in body or body["stream"] is False


@pytest.mark.parametrize(("provider", "variable"), [("openai", "OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY")])
def test_without_a_key_it_says_where_one_is_looked_for(no_keys: None, no_network: Any, provider: str, variable: str):
    with runtime_with() as runtime:
        with pytest.raises(AuthenticationError, match=variable):
            asked(runtime, f"litellm/{provider}/any")
        with pytest.raises(AuthenticationError, match=rf"{variable} is not set.*settings\.litellm\.providers"):
            runtime.check(f"litellm/{provider}/any")


def test_a_key_that_is_named_has_to_be_there(server: ProtocolServer):
    place = {"base_url": server.base_url, "key": "env:NOPE"}
    with runtime_with(openai=place) as runtime, pytest.raises(AuthenticationError, match="the variable NOPE is not"):
        asked(runtime, "litellm/openai/any")
    assert server.stats.requests == 0


def test_a_name_that_litellm_cannot_place():
    with runtime_with() as runtime:
        with pytest.raises(UnknownModelError, match="litellm knows no provider of 'claudio'"):
            asked(runtime, "litellm/claudio")
        with pytest.raises(UnknownModelError, match="litellm/anthropic/claude"):
            runtime.check("litellm/claudio")


def test_whether_it_can_be_asked(server: ProtocolServer):
    with runtime_with(openai={"base_url": server.base_url}) as runtime:
        assert runtime.check("litellm/openai/any").startswith("litellm knows openai")
    assert server.stats.requests == 0


def test_who_cannot_reach_a_server_in_time_has_sent_nothing(no_keys: None):
    """Its queue is full: whoever comes is not even turned away."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(2):
            first = waiting.enter_context(socket.socket())
            first.setblocking(False)
            first.connect_ex(full.getsockname())
        place = {"base_url": f"http://127.0.0.1:{full.getsockname()[1]}/v1"}
        settings = {"litellm": {"connect_timeout": 0.1, "providers": {"openai": place}}}
        with (
            Runtime([troupe_llm_litellm], autoload=False, config={}, settings=settings) as runtime,
            pytest.raises(ConnectionFailed, match=r"reached in time.*settings\.litellm\.connect_timeout"),
        ):
            asked(runtime, "litellm/openai/any")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("fault", "begun"), [(Reset(), False), (Reset(after_head=True), True), (Cut(), True)])
def test_who_breaks_off_when_an_answer_has_begun_may_have_to_be_paid(
    server: ProtocolServer, fault: Any, begun: bool, streamed: bool
):
    server.inject(fault)
    options: dict[str, Any] = {"autoload": False, "budget": Budget(calls=9)}
    options["settings"] = {"litellm": {"providers": {"openai": {"base_url": server.base_url}}}}
    prices = {"prices": {"litellm/openai/any": {"input": 1.0, "output": 1.0}}}
    with Runtime([troupe_llm_litellm], config=prices, **options) as runtime:
        with pytest.raises(ModelUnavailable) as broken:
            asked(runtime, "litellm/openai/any", streamed=streamed)
        assert isinstance(broken.value, ConnectionFailed) is not begun
        assert (runtime.meter.total().cost > 0) is begun


def test_prices_are_those_of_litellms_list():
    import litellm

    with runtime_with() as runtime:
        for model in ("anthropic/claude-sonnet-4-5", "openai/gpt-4o-mini", "azure_ai/mistral-large-latest"):
            found, info = runtime.price_of(f"litellm/{model}"), litellm.get_model_info(model)
            assert found is not None
            costs = info["input_cost_per_token"], info["output_cost_per_token"]
            assert (found.input, found.output) == pytest.approx([cost * 1_000_000 for cost in costs])
        assert runtime.price_of("litellm/openai/nobody") is None
        assert runtime.price_of("litellm/mistral/gpt-4o-mini") is None, "which is another provider's"
    with runtime_with(openai={"base_url": "http://localhost:1/v1"}) as runtime:
        assert runtime.price_of("litellm/openai/gpt-4o-mini") is None, "a server of one's own"


def test_an_import_fetches_nothing_prints_nothing_and_reads_no_file_of_variables(tmp_path: Path):
    (tmp_path / ".env").write_text("FROM_A_FILE=yes\n")
    program = (
        "import os, socket, sys\n"
        "def refused(*args, **kwargs): raise AssertionError(args)\n"
        "socket.getaddrinfo = socket.socket.connect = refused\n"
        "from troupe_llm_litellm.library import library\n"
        "before = dict(os.environ)\n"
        "assert 'litellm' not in sys.modules\n"
        "library(1.0).litellm.get_llm_provider('anthropic/claude')\n"
        "assert dict(os.environ) == before, set(os.environ) ^ set(before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
