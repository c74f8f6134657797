"""The protocol server as OpenAI's own client sees it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from troupe_core import Call, LLMRequest, Runtime, Simulation, TinyMentalFaculty, TinyPerson, action
from troupe_testing import ScriptedModel, lognormal
from troupe_testing.server import (
    Cut,
    Garbage,
    Hang,
    ProtocolServer,
    Reply,
    Reset,
    Slow,
    Status,
    WrongLength,
    context_too_long,
    out_of_quota,
)

Serve = Callable[..., tuple[ProtocolServer, openai.OpenAI]]
HELLO = [{"role": "user", "content": "Who are you?"}]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Makes servers, each with a client; the client does not retry unless it is told to."""
    made: list[tuple[ProtocolServer, openai.OpenAI]] = []

    def make(answer: Any = None, *, retries: int = 0, timeout: float = 30.0, key: str = "sk-test-1234", **options: Any):
        server = ProtocolServer(**({"answer": answer} if answer else {}), **options).start()
        client = openai.OpenAI(base_url=server.base_url, api_key=key, max_retries=retries, timeout=timeout)
        made.append((server, client))
        return server, client

    yield make
    for server, client in made:
        client.close()
        server.close()


def ask(client: openai.OpenAI, **options: Any) -> Any:
    return client.chat.completions.create(model="some-model", messages=HELLO, **options)


# -- answers ---------------------------------------------------------------------------------------------------------


def test_without_a_script_the_answer_is_a_function_of_the_request(serve: Serve):
    _, client = serve()
    first, second = ask(client), ask(client)
    assert first.choices[0].message.content == second.choices[0].message.content == "Yes: Who are you?"
    assert (first.model, first.choices[0].finish_reason) == ("some-model", "stop")
    assert first.usage.prompt_tokens == 3
    assert first.usage.prompt_tokens_details.cached_tokens == 0
    assert first.usage.completion_tokens_details.reasoning_tokens == 0


class Mood(TinyMentalFaculty):
    """You have moods."""

    @action(observe=True)
    async def vent(self, turn: Any, intensity: int) -> str:
        """Let off steam."""
        return "Lighter."


@pytest.mark.parametrize("faculties", [(), (Mood,)], ids=["one form of action", "several"])
def test_the_schema_of_a_turn_has_somebody_talk_and_be_done(serve: Serve, faculties: tuple[Any, ...]):
    _, client = serve()

    def by_the_server(request: LLMRequest, call: Call) -> str:
        asked = {"name": request.schema_name, "schema": request.schema, "strict": True}
        return ask(client, response_format={"type": "json_schema", "json_schema": asked}).choices[0].message.content

    with Runtime([ScriptedModel(by_the_server)], model="scripted/any", autoload=False) as runtime:
        ada = TinyPerson("Ada", mental_faculties=faculties, simulation=Simulation(runtime=runtime))
        assert [(act.type, act.content) for act in ada.listen_and_act("Hello.")] == [("TALK", "Good morning.")]


def test_a_script_may_be_async_and_answer_with_text_a_mapping_or_a_reply(serve: Serve):
    said: Iterator[Any] = iter(["Text.", {"a": 1}, Reply("Cut", finish_reason="length", cached_tokens=2)])

    async def answer(request: dict[str, Any]) -> Any:
        return next(said)

    _, client = serve(answer)
    assert [ask(client).choices[0].message.content for _ in range(2)] == ["Text.", '{"a":1}']
    last = ask(client)
    assert last.choices[0].finish_reason == "length"
    assert last.usage.prompt_tokens_details.cached_tokens == 2


def test_replies_can_be_odd(serve: Serve):
    odd = [Reply(refusal="No."), Reply(empty=True), Reply("x", usage=False), Reply("", finish_reason="content_filter")]
    said = iter(odd)
    _, client = serve(lambda request: next(said))
    refused, empty, free, filtered = (ask(client) for _ in odd)
    assert (refused.choices[0].message.content, refused.choices[0].message.refusal) == (None, "No.")
    assert empty.choices == []
    assert free.usage is None
    assert filtered.choices[0].finish_reason == "content_filter"


def test_a_stream_comes_in_chunks_with_usage_at_its_end(serve: Serve):
    server, client = serve(lambda request: Reply("one two\nthree ", reasoning_tokens=5))
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == "one two\nthree "
    assert len(texts) > 3
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage.completion_tokens_details.reasoning_tokens) == ([], 5)
    assert all(chunk.usage is None for chunk in ask(client, stream=True))
    assert server.stats.by_status == {200: 2}


def test_a_refusal_streams_too(serve: Serve):
    _, client = serve(lambda request: Reply(refusal="I would rather not."))
    chunks = list(ask(client, stream=True))
    assert "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks) == "I would rather not."


@pytest.mark.parametrize("form", ["float", "base64", None])
def test_embeddings_are_unit_vectors_and_near_where_words_are_shared(serve: Serve, form: str | None):
    _, client = serve()
    options: dict[str, Any] = {} if form is None else {"encoding_format": form}
    texts = ["a house by the sea", "the sea by a house", "a house by the river", "quarterly figures"]
    found = client.embeddings.create(model="e", input=texts, dimensions=64, **options)
    vectors: Any = [item.embedding for item in found.data]
    if form == "base64":
        assert all(isinstance(vector, str) for vector in vectors)
        return
    assert all(len(vector) == 64 and math.isclose(math.hypot(*vector), 1, abs_tol=1e-5) for vector in vectors)
    near = [sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors]
    assert near[1] == pytest.approx(1)
    assert near[1] > near[2] > near[3]


def test_azure_names_its_model_in_the_path(serve: Serve):
    server, _ = serve(keys={"azure-key-5678"})
    with openai.AzureOpenAI(azure_endpoint=server.url, api_key="azure-key-5678", api_version="2024-10-21") as client:
        assert client.chat.completions.create(model="mine", messages=HELLO).model == "mine"  # type: ignore[arg-type]
    (request,) = server.requests
    assert request.path == "/openai/deployments/mine/chat/completions"
    assert request.headers["api-key"] == "…5678"


def test_models_are_listed(serve: Serve):
    _, client = serve(models=["a", "b"])
    assert [model.id for model in client.models.list()] == ["a", "b"]


@pytest.mark.parametrize("latency", [0.001, lognormal(0.001)], ids=["constant", "drawn"])
def test_latency_is_a_number_or_drawn(serve: Serve, latency: Any):
    _, client = serve(latency=latency)
    assert ask(client).choices


# -- keys, and what was asked ----------------------------------------------------------------------------------------


def test_only_known_keys_are_let_in_and_none_is_kept(serve: Serve):
    server, client = serve(keys={"sk-right-0000"}, key="sk-wrong-9999")
    with pytest.raises(openai.AuthenticationError, match="…9999") as refused:
        ask(client)
    assert refused.value.code == "invalid_api_key"
    assert ask(client.with_options(api_key="sk-right-0000")).choices
    assert [request.headers["authorization"] for request in server.requests] == ["…9999", "…0000"]


def test_requests_are_captured_the_latest_of_them(serve: Serve):
    server, client = serve(keep=2)
    for seed in range(3):
        ask(client, seed=seed)
    assert [(request.number, request.body["seed"]) for request in server.requests] == [(2, 1), (3, 2)]
    assert (server.requests[0].method, server.requests[0].body["messages"]) == ("POST", HELLO)
    assert server.stats.requests == 3
    server.reset()
    assert (server.requests, server.stats.requests) == ((), 0)


@pytest.mark.parametrize("body", [{"messages": HELLO}, {"model": "m"}, {"model": "m", "messages": []}], ids=str)
def test_a_request_that_lacks_something_is_refused(serve: Serve, body: dict[str, Any]):
    _, client = serve()
    with pytest.raises(openai.BadRequestError):
        client.post("/chat/completions", cast_to=object, body=body)


def test_there_is_nothing_else(serve: Serve):
    _, client = serve()
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        client.get("/files", cast_to=object)


def test_a_script_that_fails_is_named_and_not_asked_again(serve: Serve, caplog: pytest.LogCaptureFixture):
    server, client = serve(lambda request: request["nothing"], retries=2)
    with pytest.raises(openai.InternalServerError, match=r"answer.* failed: KeyError: 'nothing'"):
        ask(client)
    assert server.stats.requests == 1
    assert "cannot answer request 1" in caplog.text


# -- faults ----------------------------------------------------------------------------------------------------------

ERRORS: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    408: openai.APIStatusError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    502: openai.InternalServerError,
    503: openai.InternalServerError,
    529: openai.InternalServerError,
}


@pytest.mark.parametrize("status", ERRORS)
def test_a_status(serve: Serve, status: int):
    server, client = serve()
    server.inject(Status(status), times=1)
    with pytest.raises(ERRORS[status]) as found:
        ask(client)
    assert (found.value.status_code, found.value.request_id) == (status, "req-1")
    assert ask(client).choices
    assert server.stats.by_status == {status: 1, 200: 1}


def test_what_the_same_status_can_mean(serve: Serve):
    server, client = serve()
    for fault, code in ((context_too_long(), "context_length_exceeded"), (out_of_quota(), "insufficient_quota")):
        server.heal()
        server.inject(fault)
        with pytest.raises(openai.APIStatusError) as found:
            ask(client)
        assert found.value.code == code


@pytest.mark.parametrize(
    ("spelled", "name"), [("seconds", "retry-after"), ("date", "retry-after"), ("ms", "retry-after-ms")]
)
def test_when_to_ask_again_is_told_in_each_way(serve: Serve, spelled: Any, name: str):
    server, client = serve(retries=2)
    rule = server.inject(Status(429, retry_after=0.01, spelled=spelled), times=2)
    assert ask(client).choices
    assert (rule.hits, server.stats.requests) == (2, 3)
    server.inject(Status(429, retry_after=0.01, spelled=spelled))
    with pytest.raises(openai.RateLimitError) as found:
        ask(client.with_options(max_retries=0))
    assert name in found.value.response.headers


def test_a_rule_picks_its_requests(serve: Serve):
    server, client = serve()
    server.inject(Status(503), every=3)
    server.inject(Status(409), when=lambda request: request.body.get("seed") == 4)
    came = []
    for seed in range(7):
        try:
            came.append(ask(client, seed=seed) and 200)
        except openai.APIStatusError as error:
            came.append(error.status_code)
    assert came == [200, 200, 503, 200, 409, 503, 200]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Hang(), openai.APITimeoutError),
        (Cut(), openai.APIConnectionError),
        (Reset(), openai.APIConnectionError),
        (Reset(after_head=True), openai.APIConnectionError),
        (Garbage("bytes"), openai.APIConnectionError),
        (Garbage("text"), json.JSONDecodeError),
        (WrongLength(), openai.APIConnectionError),
    ],
    ids=repr,
)
def test_what_is_worse_than_a_status(serve: Serve, fault: Any, error: type[Exception]):
    server, client = serve(timeout=0.3 if isinstance(fault, Hang) else 30)
    rule = server.inject(fault, times=1)
    with pytest.raises(error):
        ask(client)
    assert rule.hits == 1
    assert ask(client.with_options(timeout=30)).choices


def test_json_of_another_form_looks_like_an_answer(serve: Serve):
    server, client = serve()
    server.inject(Garbage("shape"))
    assert ask(client).choices is None


def test_a_stream_is_cut(serve: Serve):
    server, client = serve(lambda request: "one two three four")
    server.inject(Cut(after=3))
    came = []

    def read() -> None:
        for chunk in ask(client, stream=True):
            came.append(chunk.choices[0].delta.content)  # noqa: PERF401 - what came before the end counts

    with pytest.raises(openai.APIConnectionError):
        read()
    assert came == ["", "one", " two"]


def test_slow_bytes_come_whole(serve: Serve):
    server, client = serve()
    server.inject(Slow(20_000))
    assert ask(client).choices[0].message.content == "Yes: Who are you?"
