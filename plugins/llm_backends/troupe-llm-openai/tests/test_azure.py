"""OpenAI's models at Azure: the same code, by Azure's addresses, beside what the SDK's own `create()` sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

import troupe_llm_openai
from troupe_core import (
    AuthenticationError,
    Call,
    ConfigError,
    ConnectionFailed,
    Form,
    LLMRequest,
    LLMResponse,
    Message,
    Parameters,
    Refused,
    Runtime,
    UnknownModelError,
)
from troupe_testing.server import ProtocolServer, Request, Status

KEY, VERSION, MODEL = "azure-key-of-nobody-4321", "2024-10-21", "azure/my deployment"
REQUEST = LLMRequest(
    Form(MODEL, Parameters(temperature=0.5, max_tokens=50), "feeling", {"type": "object", "properties": {}}),
    (Message("user", "Who are you?"),),
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProtocolServer]:
    """It stands for a resource at Azure, as the variables that the SDK reads have it."""
    with ProtocolServer() as serving:
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", serving.url)
        monkeypatch.setenv("OPENAI_API_VERSION", VERSION)
        monkeypatch.delenv("AZURE_OPENAI_AD_TOKEN", raising=False)
        yield serving


@pytest.fixture
def make_runtime(server: ProtocolServer) -> Iterator[Callable[..., Runtime]]:
    made: list[Runtime] = []

    def make(**settings: Any) -> Runtime:
        made.append(Runtime([troupe_llm_openai], autoload=False, config={}, settings={"azure": settings}))
        return made[-1]

    yield make
    for runtime in made:
        runtime.close()


def ask(runtime: Runtime) -> LLMResponse:
    return runtime.wait(lambda: runtime.llm_handler(MODEL).complete(REQUEST, Call("", "test")), "")


def stream(runtime: Runtime) -> str:
    async def go() -> str:
        pieces = [piece.text async for piece in runtime.llm_handler(MODEL).stream(REQUEST, Call("", "test"))]
        return "".join(pieces)

    return runtime.wait(go, "")


def seen(request: Request) -> dict[str, Any]:
    """What a server sees of it, but for what tells of the machine, and what each connection has of its own."""
    left = {name: text for name, text in request.headers.items() if not name.lower().startswith("x-stainless")}
    return {"path": request.path, "query": request.query, "body": request.body, "headers": left}


def test_it_sends_what_create_sends_to_where_create_sends_it(server: ProtocolServer, make_runtime: Any):
    form: Any = {
        "type": "json_schema",
        "json_schema": {"name": "feeling", "schema": {"type": "object", "properties": {}}, "strict": True},
    }

    async def theirs() -> None:
        http = openai.DefaultAioHttpClient()
        async with openai.AsyncAzureOpenAI(max_retries=0, http_client=http) as client:
            said: Any = [{"role": "user", "content": "Who are you?"}]
            same: Any = {"messages": said, "temperature": 0.5, "max_completion_tokens": 50, "response_format": form}
            await client.chat.completions.create(model="my deployment", **same)
            told: Any = {"stream": True, "stream_options": {"include_usage": True}}
            assert [
                chunk async for chunk in await client.chat.completions.create(model="my deployment", **same, **told)
            ]
            await client.embeddings.create(model="my deployment", input=["one", "two"])

    asyncio.run(theirs())
    runtime = make_runtime()
    assert ask(runtime).text == stream(runtime)
    runtime.embed(["one", "two"], MODEL)
    first, second = server.requests[:3], server.requests[3:]
    assert [seen(request) for request in second] == [seen(request) for request in first]
    assert second[0].path == "/openai/deployments/my%20deployment/chat/completions"
    assert second[0].query == f"api-version={VERSION}"
    assert second[0].headers["api-key"].endswith(KEY[-4:])


def test_settings_go_before_variables_and_a_token_before_the_key(server, make_runtime, monkeypatch, tmp_path):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://localhost:1")
    file = tmp_path / "token"
    file.write_text("first-token-1111")
    runtime = make_runtime(
        endpoint=server.url, api_version="2025-04-01-preview", token=f"file:{file}", token_limit="max_tokens"
    )
    ask(runtime)
    file.write_text("later-token-2222")
    ask(runtime)
    first, second = server.requests
    assert (first.query, first.body["max_tokens"]) == ("api-version=2025-04-01-preview", 50)
    assert "api-key" not in first.headers
    assert [each.headers["authorization"][-4:] for each in (first, second)] == ["1111", "2222"], "it expires"


@pytest.mark.parametrize(
    ("gone", "error", "words"),
    [
        ("AZURE_OPENAI_ENDPOINT", ConfigError, "settings.azure.endpoint, or AZURE_OPENAI_ENDPOINT, such as https://"),
        ("OPENAI_API_VERSION", ConfigError, "settings.azure.api_version, or OPENAI_API_VERSION, such as 2024"),
        ("AZURE_OPENAI_API_KEY", AuthenticationError, "none at env:AZURE_OPENAI_API_KEY.*settings.azure.token"),
    ],
)
def test_what_is_missing_is_named_and_nothing_sent(server, make_runtime, monkeypatch, gone, error, words):
    monkeypatch.delenv(gone)
    with pytest.raises(error, match=words):
        ask(make_runtime())
    assert not server.requests


def test_its_errors_speak_of_its_own_settings(server: ProtocolServer, make_runtime: Any):
    runtime = make_runtime()
    server.inject(Status(404, message="The API deployment for this resource does not exist."), times=1)
    with pytest.raises(UnknownModelError, match=r"azure/my deployment at 127\.0\.0\.1 .* azure/my-deployment\."):
        ask(runtime)
    server.inject(Status(400, message="The prompt triggered the content management policy.", code="content_filter"))
    with pytest.raises(Refused, match="a filter stopped what azure/my deployment"):
        ask(runtime)
    server.close()
    with pytest.raises(ConnectionFailed, match=r"is settings\.azure\.endpoint right"):
        ask(runtime)


def test_it_is_checked_without_asking_a_model(server: ProtocolServer, make_runtime: Any):
    assert make_runtime().check(MODEL) == "127.0.0.1 answers, and lists no models"
