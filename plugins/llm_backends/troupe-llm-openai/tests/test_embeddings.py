"""Vectors of texts, from OpenAI and from servers that do it a little otherwise."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from troupe_core import Call, ContextTooLong, Embeddings, ModelUnavailable, Simulation, Usage
from troupe_llm_openai.vectors import embeddings
from troupe_testing.server import context_too_long

MODEL = "openai/test-embedding"
TEXTS = ["The baker “Ada”, 😀", "Stocks fell."]


def test_what_is_sent_is_what_create_sends_and_vectors_are_the_same(serve: Any):
    server, asking = serve()
    with openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
        theirs = client.embeddings.create(model="test-embedding", input=TEXTS)
    simulation = Simulation(runtime=asking.runtime)
    ours = asking.runtime.embed(TEXTS, MODEL, Call(simulation.id, "embedding"))
    assert server.requests[1].body == server.requests[0].body
    assert server.requests[1].path == server.requests[0].path
    assert [list(vector) for vector in ours.vectors] == [item.embedding for item in theirs.data]
    assert (ours.model, ours.usage) == ("test-embedding", Usage(theirs.usage.prompt_tokens))
    assert simulation.usage.usage == ours.usage


def test_one_client_serves_questions_and_texts(serve: Any):
    server, asking = serve()
    asking.ask()
    asking.runtime.embed(TEXTS, MODEL)
    assert server.stats.connections == 1
    assert list(asking.runtime._backends.openings) == ["backend openai"]


def test_a_text_that_is_too_long_is_told(serve: Any):
    server, asking = serve()
    server.inject(context_too_long())
    with pytest.raises(ContextTooLong, match="openai/test-embedding"):
        asking.runtime.embed(TEXTS, MODEL)


def test_numbers_without_an_order_or_a_length_are_understood():
    content = b'{"data": [{"embedding": [3, 4]}, {"embedding": [0.0, 2.0]}]}'
    found = embeddings(content, 2, "somebody")
    assert [[round(value, 6) for value in vector] for vector in found.vectors] == [[0.6, 0.8], [0, 1]]
    turned = embeddings(b'{"data": [{"index": 1, "embedding": [1, 0]}, {"index": 0, "embedding": [0, 1]}]}', 2, "s")
    assert [list(vector) for vector in turned.vectors] == [[0, 1], [1, 0]]
    assert embeddings(b'{"data": [], "usage": null}', 0, "somebody") == Embeddings(())


@pytest.mark.parametrize(
    "content",
    [b"<html>", b'{"object": "list"}', b'{"data": [{"embedding": "???"}]}', b'{"data": [{"embedding": "AAA="}]}',
     b'{"data": [{"embedding": [0, 0]}]}', b'{"data": []}', b'{"data": [{"embedding": [1, "x"]}]}'],
)  # fmt: skip
def test_what_holds_no_vectors_can_be_asked_for_again(content: bytes):
    with pytest.raises(ModelUnavailable, match="somebody gave") as error:
        embeddings(content, 1, "somebody")
    assert error.value.retryable
    with pytest.raises(ModelUnavailable) as error:
        embeddings(content.replace(b"{", b'{"usage": {"prompt_tokens": 7}, ', 1), 1, "somebody")
    assert error.value.usage == (Usage(7) if b"{" in content else None), "it was paid for"
