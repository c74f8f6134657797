"""Texts as vectors: the embedder that comes with the core, batches, what they cost, and what stands around it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    BackendSpec,
    Budget,
    BudgetExceeded,
    Call,
    Embedder,
    EmbedderSpec,
    Embeddings,
    EmbeddingWrapper,
    Form,
    LLMBackend,
    LLMRequest,
    LLMResponse,
    Message,
    ModelCall,
    PluginError,
    Simulation,
    UnknownModelError,
    Usage,
    hookimpl,
)
from troupe_core.builtin.hashed import Hashed, embedded
from troupe_core.llm import Vector, unit
from troupe_core.llm.embedding import batches
from troupe_testing.conformance import EmbedderConformance

HASHED = "hashed/ngram-512"


class Spelled(Hashed):
    """The same, by a name that nobody has."""

    name = "spelled"


class TestHashed(EmbedderConformance):
    plugin, model = Spelled, "ngram-64"


def near(first: Vector, second: Vector) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def test_texts_are_near_that_are_spelled_alike_whatever_they_mean(make_runtime):
    found = make_runtime().embed(["A baker bakes.", "the bakery of a baker", "Stocks fell.", "A BAKER bakes"], HASHED)
    baker, bakery, stocks, loud = found.vectors
    assert near(baker, loud) == pytest.approx(1)
    assert near(baker, bakery) > 0.3 > abs(near(baker, stocks))
    assert {len(vector) for vector in found.vectors} == {512}


def test_a_text_has_the_same_vector_on_every_machine_and_in_every_process():
    vector = embedded("Ada, 71, bakes.", 16)
    shown = [0, -0.5477, 0, 0.1826, 0, 0, 0.3651, 0.1826, 0, -0.1826, 0, -0.1826, -0.3651, -0.3651, 0.1826, -0.3651]
    assert [round(value, 4) for value in vector] == shown


@given(st.text(max_size=80), st.sampled_from([16, 512]))
def test_every_text_has_a_vector_of_length_one(text, size):
    vector = embedded(text, size)
    assert len(vector) == size
    assert math.sqrt(near(vector, vector)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("model", ["hashed/ngram-8", "hashed/ngram-9999", "hashed/words", "nobody/any"])
def test_a_model_that_there_is_not_is_said(make_runtime, model):
    with pytest.raises(UnknownModelError, match=r"hashed/ngram-512|there are: .*hashed"):
        make_runtime().embed(["one"], model)


@given(st.lists(st.text(max_size=9), max_size=30), st.integers(1, 5), st.integers(1, 20))
def test_batches_are_all_of_it_and_within_their_limits(texts, most, characters):
    found = list(batches(texts, most, characters))
    assert [text for batch in found for text in batch] == texts
    assert all(len(batch) == 1 or sum(map(len, batch)) <= characters for batch in found)
    assert all(1 <= len(batch) <= most for batch in found)


class Lengths(Embedder):
    """Knows how long texts are."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    def as_record(self, given: object) -> EmbedderSpec:  # type: ignore[override]
        return EmbedderSpec("lengths", lambda: self, texts=2, characters=10)

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        self.asked.append(list(texts))
        vectors = tuple(unit([1, len(text)]) for text in texts if text != "lost")
        return Embeddings(vectors, Usage(input=len(texts)), f"lengths-{model}")


class Watching:
    """Keeps what was said about calls."""

    def __init__(self) -> None:
        self.calls: list[ModelCall] = []

    @hookimpl
    def troupe_event(self, event: object) -> None:
        if isinstance(event, ModelCall):
            self.calls.append(event)


def test_texts_come_in_batches_that_are_counted_and_within_the_budget(make_runtime):
    lengths, watching = Lengths(), Watching()
    runtime = make_runtime(plugins=[lengths, watching])
    simulation = Simulation(runtime=runtime, budget=Budget(calls=4))
    call, texts = Call(simulation.id, "embedding", person="Ada"), ["a", "bb", "ccc", "d" * 20, "e"]
    found = runtime.embed(texts, "lengths/x", call)
    assert lengths.asked == [["a", "bb"], ["ccc"], ["d" * 20], ["e"]]
    assert found == Embeddings(tuple(unit([1, len(text)]) for text in texts), Usage(5), "lengths-x")
    assert [(event.call.person, event.model, event.usage) for event in watching.calls[1:3]] == [
        ("Ada", "lengths/x", Usage(1))
    ] * 2
    assert simulation.meter.purposes()["embedding"].usage == Usage(5)
    with pytest.raises(BudgetExceeded):
        runtime.embed(["f"], "lengths/x", call)
    assert runtime.embed([], "lengths/x", call) == Embeddings(())
    assert asyncio.run(runtime.aembed(["f"], "lengths/x")).usage == Usage(1), "on the runtime's own account"
    assert (len(lengths.asked), simulation.usage.calls, runtime.meter.total().calls) == (5, 4, 1)


def test_a_vector_that_is_missing_is_told_before_it_is_taken_for_another_ones(make_runtime):
    watching = Watching()
    with pytest.raises(PluginError, match="lengths/x gave 1 vectors for 2 texts"):
        make_runtime(plugins=[Lengths(), watching]).embed(["lost", "b"], "lengths/x")
    (lost,) = watching.calls
    assert isinstance(lost.error, PluginError)
    assert lost.usage == Usage(2), "it was paid for"


def test_a_plugin_can_stand_around(make_runtime):
    class Shouting(EmbeddingWrapper):
        async def embed(self, texts: Sequence[str], call: Call) -> Embeddings:
            return await self.inner.embed([f"{text}!" for text in texts], call)

    class Plugin:
        @hookimpl(wrapper=True)
        def troupe_embedding_handler(self, model: object):
            inner = yield
            return Shouting(inner)

    lengths = Lengths()
    make_runtime(plugins=[lengths, Plugin()]).embed(["a"], "lengths/x")
    assert lengths.asked == [["a!"]]


class Both(LLMBackend, Embedder):
    """Answers and embeds, with one client."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).made += 1
        self.opened = 0

    async def open(self) -> None:
        self.opened += 1

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        return LLMResponse(f"{self.opened}")

    async def embed(self, model: str, texts: Sequence[str], call: Call) -> Embeddings:
        return Embeddings(tuple(unit([self.opened]) for _ in texts))


def test_a_backend_that_embeds_too_is_made_and_opened_once(make_runtime):
    class Plugin:
        @hookimpl
        def troupe_register_llm_backends(self):
            yield BackendSpec("both", Both, free=True)

        @hookimpl
        def troupe_register_embedders(self):
            yield EmbedderSpec("both", Both, free=True)

    runtime = make_runtime(plugins=[Plugin()])
    request = LLMRequest(Form("both/x"), (Message("user", "hello"),))
    assert runtime.embed(["one"], "both/x").vectors == (unit([1]),)
    answer = runtime.wait(lambda: runtime.llm_handler("both/x").complete(request, Call("", "test")), "")
    assert (answer.text, Both.made) == ("1", 1)
