"""What is said when a provider fails. That each failure is the error that it stands for is in `test_conformance.py`."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from troupe_core import (
    AuthenticationError,
    BadRequest,
    ConnectionFailed,
    ContextTooLong,
    ModelCall,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    Refused,
    hookimpl,
)
from troupe_testing.server import (
    Cut,
    Garbage,
    Reset,
    Slow,
    Status,
    context_too_long,
)

KEY = "sk-a-test-key-of-nobody-1234"


def failure(asking: Any, way: str = "ask", **options: Any) -> ModelError:
    with pytest.raises(ModelError) as error:
        getattr(asking, way)(**options)
    return error.value


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_an_error_says_who_answered_what_and_what_to_do(serve: Any, way: str):
    server, asking = serve()
    server.inject(Status(404, message="It went wrong."), times=1)
    error = failure(asking, way)
    assert "openai/test-model at 127.0.0.1 answered 404: It went wrong." in str(error)
    assert "Check the model's name" in str(error)
    assert "settings.openai.base_url" in str(error), "it may be the path that there is not"
    server.inject(Status(404, message="The model does not exist."))
    assert "base_url" not in str(failure(asking, way))


def test_a_prompt_that_is_too_long_says_what_can_be_shorter(serve: Any):
    server, asking = serve()
    server.inject(context_too_long())
    error = failure(asking)
    assert type(error) is ContextTooLong
    assert "the prompt is too long for openai/test-model" in str(error)
    assert "larger context" in str(error)


def test_a_filter_in_front_of_the_model_is_told_from_a_wrong_request(serve: Any):
    """As Azure says it."""
    server, asking = serve()
    said = "The response was filtered due to the prompt triggering the content management policy."
    server.inject(Status(400, message=said, code="content_filter"))
    error = failure(asking)
    assert type(error) is Refused
    assert "a filter stopped what openai/test-model" in str(error)
    assert "another model" in str(error)


def test_a_limit_under_the_wrong_name_says_which_setting_it_is(serve: Any):
    server, asking = serve()
    server.inject(Status(400, message="Unsupported parameter: 'max_tokens' is not supported with this model."))
    assert any("settings.openai.token_limit" in note for note in failure(asking).__notes__)


@pytest.mark.parametrize("spelled", ["seconds", "date", "ms"])
def test_how_long_to_wait_is_understood_however_it_is_said(serve: Any, spelled: Any):
    server, asking = serve()
    server.inject(Status(429, retry_after=30.0, spelled=spelled))
    error = failure(asking)
    assert error.retry_after == (30 if spelled != "date" else pytest.approx(30, abs=25))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(None, None), ("1.5", 1.5), (2, 2), ("-3", 0), ("soon", None), ("nan", None), ("inf", None),
     ("Sat, 01 Jan 2000 00:00:00 GMT", 0)],
)  # fmt: skip
def test_a_wait_is_never_negative_nor_for_ever(said: Any, seconds: float | None):
    assert ModelError.from_status(429, "", said).retry_after == seconds


SHAPES = {
    b'{"error": {"message": "No.", "type": "odd", "code": 7}}': "No. (type odd, code 7)",
    b'{"error": "No."}': "No.",
    b'{"object": "error", "message": "No.", "code": 400}': "No. (code 400)",
    b'{"detail": [{"loc": ["body"]}]}': "loc",
    b"<h1>No.</h1>": "<h1>No.</h1>",
    b"[]": "[]",
    b"": "no text",
    b"\xff\xfe": "answered 400",
}


class Said:
    """A fault with a body of its own."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def play(self, exchange: Any) -> None:
        exchange.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: %d\r\n\r\n%b" % (len(self.body), self.body))


@pytest.mark.parametrize(("body", "words"), SHAPES.items())
def test_what_servers_say_is_passed_on(serve: Any, body: bytes, words: str):
    server, asking = serve()
    server.inject(Said(body))
    error = failure(asking)
    assert type(error) is BadRequest
    assert words in str(error)


# -- without a status ------------------------------------------------------------------------------------------------


BROKEN = {
    "cut": (Cut(), "in its answer: Not enough data to satisfy content length header (received 0 of "),
    "reset after the head": (Reset(after_head=True), "openai/test-model at 127.0.0.1 broke off in its answer"),
    "no HTTP": (Garbage("bytes"), "the connection to openai/test-model"),
    "no JSON": (Garbage("text"), "no chat completion"),
}


@pytest.mark.parametrize(("fault", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_can_be_asked_for_again(serve: Any, fault: Any, words: str):
    server, asking = serve()
    server.inject(fault, times=1)
    error = failure(asking)
    assert type(error) is (ConnectionFailed if "connection" in words else ModelUnavailable), error
    assert error.retryable
    assert words in str(error)
    assert "base_url" in str(error)
    assert asking.ask().text == "Yes: Who are you?"


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_an_answer_that_takes_too_long(serve: Any, way: str):
    server, asking = serve(timeout=0.05)
    server.inject(Slow(20))
    error = failure(asking, way)
    assert type(error) is ModelTimeout
    assert "did not answer within 0.05 s" in str(error)
    assert "settings.openai.timeout" in str(error)


# -- the key ---------------------------------------------------------------------------------------------------------


class Watching:
    """Keeps all telemetry."""

    def __init__(self) -> None:
        self.events: list[object] = []

    @hookimpl
    def troupe_event(self, event: object) -> None:
        self.events.append(event)


def test_the_key_is_in_nothing_that_is_said(serve: Any, caplog: pytest.LogCaptureFixture):
    watching = Watching()
    server, asking = serve(plugins=(watching,))
    server.inject(Status(401, message=f"The key {KEY} is wrong; {KEY}!"))
    server.inject(Reset())
    with caplog.at_level(logging.DEBUG):
        error = failure(asking)
        server.heal()
        asking.ask()
    assert "The key [secret] is wrong; [secret]!" in str(error)
    said = (
        "".join(traceback.format_exception(error)) + caplog.text + repr(watching.events) + repr(asking.runtime.config)
    )
    said += repr(error.__dict__) + "".join(str(vars(record)) for record in caplog.records)
    assert KEY not in said
    assert isinstance(watching.events[0], ModelCall)
    assert server.requests[-1].headers["authorization"].endswith(KEY[-4:]), "and yet it was sent"


@pytest.mark.parametrize("way", ["ask", "stream"])
@pytest.mark.parametrize(
    "fault",
    [Status(400, message=f"response_format json_schema is nothing for {KEY}."), Status(500, message=KEY),
     Status(400, message=f"context_length_exceeded with {KEY}")],
    ids=["the form", "a failure", "too long"],
)  # fmt: skip
def test_nor_is_it_if_the_server_repeats_it(serve: Any, caplog: pytest.LogCaptureFixture, fault: Status, way: str):
    watching = Watching()
    server, asking = serve(plugins=(watching,))
    server.inject(fault, times=3)
    with caplog.at_level(logging.DEBUG):
        error = failure(asking, way, schema={"type": "object", "properties": {}})
    assert "[secret]" in str(error)
    said = "".join(traceback.format_exception(error)) + caplog.text + repr(watching.events) + repr(vars(error))
    assert KEY not in said


def test_without_a_key_openai_is_not_asked(make_asking: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    watching = Watching()
    asking = make_asking(watching)
    for _ in range(2):
        error = failure(asking)
        assert type(error) is AuthenticationError
        assert error.fatal
        for words in ("OPENAI_API_KEY is not set", "settings.openai.key", "settings.openai.base_url"):
            assert words in str(error)
    assert watching.events == []


def test_a_server_of_ones_own_needs_no_key(serve: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    server, asking = serve()
    assert asking.ask().text
    assert server.requests[0].headers["authorization"] == "…none", "a placeholder"


def test_another_key_is_used_and_never_the_usual_one(serve: Any, monkeypatch: pytest.MonkeyPatch):
    server, asking = serve(key="env:MY_OWN_KEY", server={"keys": {"my-own-key-5678"}})
    error = failure(asking)
    assert type(error) is AuthenticationError
    assert "the variable MY_OWN_KEY is not set" in str(error)
    assert not server.requests
    asking.runtime.close()
    monkeypatch.setenv("MY_OWN_KEY", "another-key-8765")
    server, asking = serve(key="env:MY_OWN_KEY", server={"keys": {"my-own-key-5678"}})
    assert type(failure(asking)) is AuthenticationError
    assert KEY[-4:] not in server.requests[0].headers["authorization"]
    asking.runtime.close()
    monkeypatch.setenv("MY_OWN_KEY", "my-own-key-5678")
    server, asking = serve(key="env:MY_OWN_KEY", server={"keys": {"my-own-key-5678"}})
    assert asking.ask().text
