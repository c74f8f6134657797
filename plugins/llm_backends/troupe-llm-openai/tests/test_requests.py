"""What is sent, beside what the SDK's own `create()` sends; and the forms that a server does not take."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import Any

import openai
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    BadRequest,
    Budget,
    BudgetExceeded,
    Call,
    Form,
    FormRefused,
    LLMRequest,
    Message,
    ModelCall,
    Parameters,
    Simulation,
    Unsupported,
    hookimpl,
)
from troupe_core.llm import Hold, Image
from troupe_llm_openai.body import Writer, cache_key
from troupe_testing.server import ProtocolServer, Rule, Status

CALL = Call("a simulation", "turn", person="Ada", turn=3)
SCHEMA = {
    "type": "object",
    "properties": {"mood": {"type": "string"}},
    "required": ["mood"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
FULL = Parameters(
    temperature=0.5,
    top_p=0.9,
    max_tokens=50,
    seed=7,
    stop=("END",),
    reasoning_effort="low",
    extra={"logit_bias": {"50256": -100}},
)


@pytest.mark.parametrize(
    ("form", "same"),
    [
        ({}, {}),
        (
            {"schema": SCHEMA, "schema_name": "feeling"},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "feeling", "schema": SCHEMA, "strict": True},
                }
            },
        ),
        (
            {"parameters": FULL, "tools": (TOOL,)},
            {
                "temperature": 0.5,
                "top_p": 0.9,
                "max_tokens": 50,
                "seed": 7,
                "stop": ["END"],
                "reasoning_effort": "low",
                "logit_bias": {"50256": -100},
                "tools": [TOOL],
            },
        ),
    ],
    ids=["plain", "schema", "parameters and tools"],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_body_is_what_create_sends(serve: Any, form: dict[str, Any], same: dict[str, Any], streamed: bool):
    server, asking = serve()
    told = ("Who are you? “Ada”, 😀", "I am Ada.", "And you?")
    with openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
        options: Any = {"stream": True, "stream_options": {"include_usage": True}} if streamed else {}
        answer: Any = client.chat.completions.create(
            model="test-model", messages=asking.request(*told).plain_messages(), **same, **options
        )
        if streamed:
            assert list(answer)
    (asking.stream if streamed else asking.ask)(*told, **form)
    theirs, ours = (each.body for each in server.requests)
    assert ours == theirs
    assert (server.requests[0].path, server.requests[0].method) == (server.requests[1].path, server.requests[1].method)


PIXEL = b"\x89PNG\r\n\x1a\n and so on"


def test_pictures_are_sent_as_create_sends_them(serve: Any):
    server, asking = serve()
    url = "data:image/png;base64," + b64encode(PIXEL).decode()
    content: Any = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    with openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
        client.chat.completions.create(model="test-model", messages=[{"role": "user", "content": content}])

    def look(model: str, **form: Any) -> None:
        said = Message("user", "What is it?", images=(Image.of(PIXEL),))
        request = LLMRequest(Form(model, **form), (said,))
        asking.run(lambda: asking.runtime.llm_handler(model).complete(request, CALL))

    look("openai/test-model")
    assert server.requests[1].body == server.requests[0].body
    server.inject(Status(400, message="'response_format' of this type is not supported."), times=2)
    look("openai/test-model", schema=SCHEMA)
    assert server.requests[-1].body["messages"][0]["content"][1] == content[1], "in words, and with the picture"
    with pytest.raises(Unsupported, match=r"openai/gpt-3\.5-turbo cannot look at pictures"):
        look("openai/gpt-3.5-turbo")


def test_organization_and_project_are_read_by_the_sdk(serve: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-2")
    server, asking = serve()
    asking.ask()
    headers = server.requests[0].headers
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj-2")


def test_the_limit_of_tokens_is_called_as_the_server_calls_it(serve: Any):
    server, asking = serve(token_limit="max_completion_tokens")
    asking.ask(parameters=Parameters(max_tokens=50))
    assert server.requests[0].body["max_completion_tokens"] == 50
    assert "max_tokens" not in server.requests[0].body


def test_a_key_for_the_servers_cache_is_sent_where_it_is_wanted(serve: Any):
    server, asking = serve(prompt_cache_key=True)
    calls = [CALL, evolve(CALL, turn=4), evolve(CALL, person="Ben"), evolve(CALL, simulation="another")]
    for call in (*calls, evolve(CALL, person=None)):
        asking.ask(call=call)
    keys = [each.body.get("prompt_cache_key") for each in server.requests]
    assert keys[0] == keys[1] == cache_key(CALL)
    assert len(set(keys)) == 4
    assert keys[-1] is None


@given(
    st.dictionaries(st.sampled_from(["model", "messages", "stream", "user", "top_k"]), st.integers(0, 9)),
    st.sampled_from(Hold),
)
def test_no_parameter_takes_the_place_of_what_is_asked(extra: dict[str, int], hold: Hold):
    form = Form("openai/test-model", Parameters(extra=extra), "feeling", SCHEMA)
    asked = LLMRequest(form, (Message("user", "Who are you?"),))
    writer = Writer("max_tokens", True)
    assert "stream" not in writer.body(asked, CALL, hold)
    body = writer.body(asked, CALL, hold, stream=True)
    assert body["model"] == "test-model"
    assert body["messages"][0]["content"].startswith("Who are you?")
    assert body["stream"] is True
    assert body.get("user") == extra.get("user")


# -- forms that a server does not take -------------------------------------------------------------------------------


def refusing(*kinds: str) -> dict[str, Any]:
    """A server that does not take these types of response_format."""

    def answer(body: dict[str, Any]) -> str:
        return '{"mood": "calm"}'

    def meant(asked: Any) -> bool:
        return (asked.body.get("response_format") or {}).get("type") in kinds

    fault = Status(400, message="'response_format' of this type is not supported with this model.")
    return {"answer": answer, "server": {"faults": [Rule(fault, when=meant)]}}


def sent(server: ProtocolServer) -> list[str]:
    """The types of response_format, in order."""
    return [(each.body.get("response_format") or {"type": "none"})["type"] for each in server.requests]


@pytest.mark.parametrize(
    ("refused", "tried"),
    [(["json_schema"], ["json_schema", "json_object"]),
     (["json_schema", "json_object"], ["json_schema", "json_object", "none"])],
    ids=["no schema", "no JSON"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["ask", "stream"])
def test_a_form_that_is_refused_is_tried_once(
    serve: Any, caplog: pytest.LogCaptureFixture, refused: list[str], tried: list[str], way: str
):
    server, asking = serve(**refusing(*refused))
    with caplog.at_level(logging.WARNING, "troupe"):
        for _ in range(3):
            getattr(asking, way)(schema=SCHEMA, schema_name="feeling")
    assert sent(server) == [*tried, tried[-1], tried[-1]]
    assert len(caplog.records) == len(refused)
    assert "openai/test-model at 127.0.0.1 does not take json_schema" in caplog.text
    told = server.requests[-1].body["messages"][-1]["content"]
    assert "Who are you?" in told
    assert '"mood"' in told
    asking.ask()  # what has no schema is sent as ever
    assert server.requests[-1].body["messages"] == [{"role": "user", "content": "Who are you?"}]


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_what_is_refused_is_an_attempt_like_others(serve: Any, way: str):
    seen: list[ModelCall] = []

    class Watching:
        @hookimpl
        def troupe_event(self, event: object) -> None:
            if isinstance(event, ModelCall):
                seen.append(event)

    made = refusing("json_schema", "json_object")
    server, asking = serve(made["answer"], server=made["server"], plugins=(Watching(),))
    simulation = Simulation(runtime=asking.runtime, budget=Budget(calls=2))
    with pytest.raises(BudgetExceeded):
        getattr(asking, way)(schema=SCHEMA, call=evolve(CALL, simulation=simulation.id))
    assert len(server.requests) == 2, "no third one without a budget for it"
    assert (simulation.usage.calls, simulation.usage.failed) == (2, 2)
    assert [type(event.error) for event in seen] == [FormRefused, FormRefused]
    simulation.meter.budget = Budget(calls=3)
    getattr(asking, way)(schema=SCHEMA, call=evolve(CALL, simulation=simulation.id))
    assert sent(server) == ["json_schema", "json_object", "none"]
    assert (simulation.usage.calls, simulation.usage.failed) == (3, 2)


def test_many_that_are_refused_at_once_are_told_once(serve: Any, caplog: pytest.LogCaptureFixture):
    _, asking = serve(**refusing("json_schema"))
    with caplog.at_level(logging.WARNING, "troupe"):
        answers = asking.ask_many(20, schema=SCHEMA)
    assert {answer.text for answer in answers} == {'{"mood": "calm"}'}
    assert len(caplog.records) == 1


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_a_model_that_takes_no_temperature_is_asked_at_its_own(serve: Any, caplog: pytest.LogCaptureFixture, way: str):
    def meant(asked: Any) -> bool:
        return "temperature" in asked.body

    said = "Unsupported value: 'temperature' does not support 1.5 with this model. Only the default is supported."
    server, asking = serve(server={"faults": [Rule(Status(400, message=said), when=meant)]})
    warm = Parameters(temperature=1.5, top_p=0.9)
    with caplog.at_level(logging.WARNING, "troupe"):
        for _ in range(2):
            getattr(asking, way)(parameters=warm)
        asking.ask_many(5, parameters=warm)
    assert ["temperature" in each.body for each in server.requests] == [True, *[False] * 7]
    assert all(each.body["top_p"] == 0.9 for each in server.requests)
    assert caplog.text.count("openai/test-model at 127.0.0.1 takes no temperature") == 1


def test_a_schema_that_is_refused_does_not_speak_for_others(serve: Any):
    odd = {**SCHEMA, "title": "odd"}

    def meant(asked: Any) -> bool:
        return asked.body.get("response_format", {}).get("json_schema", {}).get("name") == "odd"

    fault = Status(400, message="Invalid schema for response_format 'odd': it is odd.")
    server, asking = serve(lambda body: "{}", server={"faults": [Rule(fault, when=meant)]})
    asking.ask(schema=odd, schema_name="odd")
    asking.ask(schema=SCHEMA, schema_name="even")
    asking.ask(schema=odd, schema_name="odd")
    assert sent(server) == ["json_schema", "json_object", "json_schema", "json_object"]


def test_other_refusals_are_no_reason_to_fall_back(serve: Any):
    server, asking = serve()
    server.inject(Status(400, message="temperature must be below 2"))
    with pytest.raises(BadRequest, match="temperature must be below 2"):
        asking.ask(schema=SCHEMA)
    assert sent(server) == ["json_schema"]
