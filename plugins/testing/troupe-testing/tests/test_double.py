"""The server in the place of a provider with a protocol of its own."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection

import orjson
import pytest

from troupe_testing.server import Cut, ProtocolServer, ProviderDouble, Reply, Said, Status, out_of_quota


class Acme(ProviderDouble):
    def reply(self, said: Said):
        return {"text": said.text, "in": said.input, "out": said.output, "model": said.model, "end": said.finish}

    def stream(self, said: Said):
        return [b"one\n", b"two\n", b"three\n"] if said.request.body.get("pieces") else None

    def refusal(self, status: int, message: str, code: str | None):
        return {"trouble": message, "why": code}


@pytest.fixture
def server() -> Iterator[Acme]:
    with Acme(lambda body: Reply(f"{body['q']}!", prompt_tokens=3)) as server:
        yield server


def ask(server: ProtocolServer, body: object, path: str = "/chat", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, orjson.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())
    finally:
        connection.close()


def test_an_answer_is_worded_as_the_provider_words_it(server: Acme):
    status, told, _ = ask(server, {"q": "Why", "model": "large"}, "/any/path")
    assert status == 200
    assert orjson.loads(told) == {"text": "Why!", "in": 3, "out": 1, "model": "large", "end": "stop"}
    assert server.requests[0].path == "/any/path"
    assert server.stats.by_path == {"/any/path": 1}


def test_what_a_reply_says_beyond_text_is_there():
    replies = {
        "cut": Reply("One, two, th", finish_reason="length", model="large-2026-01-02", completion_tokens=9),
        "refused": Reply(refusal="No."),
        "filtered": Reply("N", finish_reason="content_filter"),
    }
    with Acme(lambda body: replies[body["q"]]) as server:
        cut, refused, filtered = (orjson.loads(ask(server, {"q": name})[1]) for name in replies)
    assert (cut["end"], cut["model"], cut["out"]) == ("length", "large-2026-01-02", 9)
    assert (refused["text"], refused["end"], filtered["end"]) == ("No.", "refusal", "refusal")


def test_a_stream_is_sent_in_the_pieces_that_are_given(server: Acme):
    assert ask(server, {"q": "Why", "pieces": True})[1] == b"one\ntwo\nthree\n"
    server.inject(Cut(after=1))
    with pytest.raises(Exception, match="IncompleteRead"):
        ask(server, {"q": "Why", "pieces": True})


def test_errors_are_worded_as_the_provider_words_them(server: Acme):
    server.inject(Status(503, message="Full house.", retry_after=3), times=1)
    server.inject(out_of_quota(), times=1)
    status, told, headers = ask(server, {"q": "Why"})
    assert (status, orjson.loads(told)["trouble"], headers["retry-after"]) == (503, "Full house.", "3")
    status, told, _ = ask(server, {"q": "Why"})
    assert (status, orjson.loads(told)["why"]) == (429, "insufficient_quota")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "acme-key-1234"},
        {"authorization": "Bearer acme-key-1234"},
        {"x-api-key": "acme-key-1234"},
    ],
)
def test_a_key_is_looked_for_where_it_usually_is_and_kept_by_its_end(headers: dict[str, str]):
    with Acme(keys={"acme-key-1234"}) as server:
        assert ask(server, {"q": "Why"}, **headers)[0] == 200
        status, told, _ = ask(server, {"q": "Why"}, **{"x-api-key": "another-key-9876"})
        assert (status, orjson.loads(told)["trouble"]) == (401, "Incorrect API key provided: …9876.")
        assert "acme-key" not in str([request.headers for request in server.requests])


def test_a_model_that_there_is_not_is_unknown():
    with Acme(models=["large"]) as server:
        assert [ask(server, {"model": name})[0] for name in ("large", "small")] == [200, 404]


def test_a_double_that_does_not_say_how_it_answers_tells_so(caplog: pytest.LogCaptureFixture):
    with ProviderDouble() as server:
        status, told, _ = ask(server, {"q": "Why"})
    assert status == 500
    assert b"say how the provider words an answer, as ProviderDouble.reply(said)" in told


def test_it_counts_the_connections_that_are_open(server: Acme):
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request("POST", "/chat", b'{"q": "Why"}')
    connection.getresponse().read()
    assert server.stats.connected == 1
    connection.close()
