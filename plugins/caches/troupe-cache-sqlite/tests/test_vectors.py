"""Texts that are embedded: one entry for each, whatever it came with."""

from __future__ import annotations

import asyncio
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_cache_sqlite import Plugin, ReplayMiss, Stats, stats
from troupe_cache_sqlite.kinds import VECTOR, Embedded, of_json
from troupe_cache_sqlite.values import Packer
from troupe_cache_sqlite.vectors import _shares as shares
from troupe_core import ContextTooLong, Embedder, EmbedderSpec, Embeddings, Runtime, Usage, hookimpl
from troupe_core.llm import unit


class Letters(Embedder):
    """Counts vowels, and remembers what it was asked. Waits for `gate`, if there is one."""

    def __init__(self, size=5):
        super().__init__()
        self.size = size
        self.asked: list[list[str]] = []
        self.ended = 0
        self.gate: asyncio.Event | None = None

    async def embed(self, model, texts, call):
        self.asked.append(list(texts))
        try:
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.ended += 1
        vectors = [unit([1.0, *(float(text.count(vowel)) for vowel in "aeiouäöü"[: self.size - 1])]) for text in texts]
        return Embeddings(tuple(vectors), Usage(sum(map(len, texts))), "letters-2026")

    @property
    def texts(self):
        return [text for texts in self.asked for text in texts]


class Brings:
    def __init__(self, embedder, version=1, texts=256):
        self.spec = EmbedderSpec("letters", lambda: embedder, cache_version=version, free=True, texts=texts)

    @hookimpl
    def troupe_register_embedders(self):
        yield self.spec


@pytest.fixture
def letters(room):
    """Runtimes over one file, whose embedder is at `runtime.letters`."""

    def make(mode="readwrite", *, version=1, texts=256, size=5, **settings):
        embedder = Letters(size)
        tables = {"cache-sqlite": {"mode": mode, "path": str(room.path), **settings}}
        runtime = Runtime([Brings(embedder, version, texts), Plugin], settings=tables, autoload=False)
        runtime.letters = embedder
        room.made.append(runtime)
        return runtime

    return make


def embed(runtime, *texts, model="letters/small"):
    return runtime.embed(texts, model)


def kept(letters, *texts):
    """They are in the file."""
    runtime = letters()
    embed(runtime, *texts)
    runtime.close()


HUNDRED = [f"text number {number}" for number in range(100)]


def test_of_a_hundred_texts_with_ninety_known_ten_are_asked_for(letters):
    first = letters()
    known = embed(first, *HUNDRED[:90])
    first.close()
    runtime = letters()
    found = embed(runtime, *HUNDRED)
    assert runtime.letters.asked == [HUNDRED[90:]]
    assert found.vectors[:90] == known.vectors
    assert found == embed(letters("off"), *HUNDRED), "vectors, usage and model are as if all had been asked for"
    assert stats(runtime) == Stats(hits=90, misses=10, stores=10)
    assert stats(runtime).saved == known.usage
    runtime.close()
    assert embed(letters("replay"), *reversed(HUNDRED)).vectors == tuple(reversed(found.vectors))


def test_a_text_that_comes_twice_is_asked_for_once_and_an_empty_one_is_a_text(letters):
    runtime = letters()
    found = embed(runtime, "tea", "", "tea")
    assert runtime.letters.asked == [["tea", ""]]
    assert found.vectors[0] == found.vectors[2] != found.vectors[1]
    assert embed(runtime).vectors == ()


def test_batches_are_the_providers_affair(letters):
    runtime = letters(texts=4)
    embed(runtime, *HUNDRED[:10])
    assert [len(texts) for texts in runtime.letters.asked] == [4, 4, 2]
    runtime.close()
    embed(letters("replay"), *HUNDRED[3:7])


def test_another_model_another_version_and_another_namespace_are_asked_for_themselves(letters):
    for settings in ({}, {"version": 2}, {"namespace": "acme"}, {"namespace": "acme\0te"}):
        runtime = letters(**settings)
        for model in ("letters/small", "letters/large"):
            embed(runtime, "tea", model=model)
            embed(runtime, "tea", model=model)
        assert runtime.letters.texts == ["tea", "tea"]
        runtime.close()


def test_what_is_changed_in_a_vector_that_was_given_is_not_changed_in_the_cache(letters):
    runtime = letters()
    embed(runtime, "tea").vectors[0][0] = 9.0
    assert embed(runtime, "tea").vectors[0][0] != 9.0


def test_a_model_that_has_other_dimensions_now_is_asked_for_all(letters):
    kept(letters, "tea", "rolls")
    runtime = letters(size=7)
    assert {len(vector) for vector in embed(runtime, "tea", "rolls", "bread").vectors} == {7}
    assert runtime.letters.texts == ["bread", "tea", "rolls"]
    runtime.close()
    assert {len(vector) for vector in embed(letters("replay"), "tea", "rolls", "bread").vectors} == {7}


def test_what_was_embedded_before_a_batch_failed_is_kept(letters, room):
    runtime = letters(texts=2)
    embedder, real = runtime.letters, runtime.letters.embed
    texts = ["tea", "rolls", "bread", "jam", "endless"]

    async def fails_at_first(model, texts, call):
        found = await real(model, texts, call)
        if "endless" in texts and len(embedder.asked) == 3:
            raise ContextTooLong("that is too long")
        return found

    embedder.embed = fails_at_first

    async def story():
        handler = runtime.embedder("letters/small")
        both = handler.embed(texts, room.call), handler.embed(["rolls", "tea"], room.call)
        return await asyncio.gather(*both, return_exceptions=True)

    first, second = room.run(runtime, story)
    assert isinstance(first, ContextTooLong)
    assert len(second.vectors) == 2
    embed(runtime, *texts)
    assert embedder.asked == [["tea", "rolls"], ["bread", "jam"], ["endless"], ["endless"]]


def test_vectors_of_two_sizes_are_never_given_together(letters):
    kept(letters, "tea")
    runtime = letters(size=7)
    embed(runtime, "rolls")
    runtime.close()
    with pytest.raises(ReplayMiss, match="holds no vectors of one size of letters/small"):
        embed(letters("replay"), "tea", "rolls")
    runtime = letters(size=7)
    for _ in range(2):
        assert {len(vector) for vector in embed(runtime, "tea", "rolls").vectors} == {7}
    assert runtime.letters.asked == [["tea", "rolls"]]


def test_a_vector_that_is_none_is_passed_on_and_not_kept(letters, monkeypatch):
    runtime = letters()

    async def nothing(model, texts, call):
        return Embeddings(tuple(array("f", [float("nan"), 1.0]) for _ in texts))

    monkeypatch.setattr(runtime.letters, "embed", nothing)
    embed(runtime, "tea")
    assert stats(runtime) == Stats(misses=1, unfit=1)


def test_in_replay_a_text_that_is_not_there_stops_the_run(letters):
    kept(letters, "tea")
    runtime = letters("replay")
    with pytest.raises(ReplayMiss, match=r"vector of letters/small .*the deed of the mill"):
        embed(runtime, "tea", "Where is the deed of the mill?")
    assert runtime.letters.asked == []


def test_texts_that_are_under_way_are_waited_for_and_the_others_asked(letters, room):
    runtime = letters()
    embedder = runtime.letters

    async def story():
        embedder.gate = asyncio.Event()
        handler = runtime.embedder("letters/small")
        begin = asyncio.get_running_loop().create_task
        first = begin(handler.embed(["tea", "rolls"], room.call))
        await room.until(lambda: len(embedder.asked) == 1)
        second = begin(handler.embed(["rolls", "bread"], room.call))
        third = begin(handler.embed(["tea"], room.call))
        await room.until(lambda: len(embedder.asked) == 2)
        first.cancel()
        await asyncio.sleep(0)
        embedder.gate.set()
        return await asyncio.gather(first, second, third, return_exceptions=True)

    first, second, third = room.run(runtime, story)
    assert isinstance(first, asyncio.CancelledError)
    assert embedder.asked == [["tea", "rolls"], ["bread"]]
    assert len(second.vectors) == 2
    assert third.vectors == embed(letters("off"), "tea").vectors
    assert stats(runtime) == Stats(misses=3, waits=2, stores=3)


def test_a_text_that_fails_fails_nobody_who_waits_for_another_one_of_its_batch(letters, room):
    runtime = letters()
    embedder, real = runtime.letters, runtime.letters.embed

    async def picky(model, texts, call):
        found = await real(model, texts, call)
        if "endless" in texts:
            raise ContextTooLong("that is too long")
        return found

    embedder.embed = picky

    async def story():
        asked = [["tea", "endless"], ["tea"], ["endless"]]
        handler = runtime.embedder("letters/small")
        return await asyncio.gather(*(handler.embed(texts, room.call) for texts in asked), return_exceptions=True)

    first, second, third = room.run(runtime, story)
    assert isinstance(first, ContextTooLong)
    assert isinstance(third, ContextTooLong)
    assert len(second.vectors) == 1
    assert embedder.asked == [["tea", "endless"], ["tea"], ["endless"]]


@pytest.mark.parametrize("failing", [False, True], ids=["cancelled", "failed"])
def test_what_nobody_waits_for_ends_and_is_asked_for_anew(letters, room, failing):
    runtime = letters()
    embedder = runtime.letters

    async def story():
        embedder.gate = asyncio.Event()
        handler = runtime.embedder("letters/small")
        tasks = [asyncio.get_running_loop().create_task(handler.embed(["tea"], room.call)) for _ in range(2)]
        await room.until(lambda: len(embedder.asked) == 1)
        if failing:
            embedder.gate.set()
        else:
            for task in tasks:
                task.cancel()
        came = await asyncio.gather(*tasks, return_exceptions=True)
        await room.until(lambda: embedder.ended == 1)
        embedder.gate = None
        return came, await handler.embed(["tea"], room.call)

    real = embedder.embed

    async def fails(model, texts, call):
        found = await real(model, texts, call)
        if len(embedder.asked) == 1:
            raise ValueError("the provider is down")
        return found

    if failing:
        embedder.embed = fails
    came, again = room.run(runtime, story)
    assert all(isinstance(each, BaseException) for each in came)
    assert len(again.vectors) == 1
    assert embedder.asked == [["tea"], ["tea"]]


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1), st.integers(0, 2**40), st.text())
def test_a_vector_comes_out_of_its_bytes_and_out_of_json_as_it_went_in(numbers, tokens, model):
    embedded = Embedded(array("f", numbers), tokens, model)
    packer, plain = Packer(), VECTOR.write(embedded)
    assert packer.unpack(packer.pack(plain), VECTOR) == embedded
    assert VECTOR.taken(of_json(VECTOR.shown(plain))) == plain


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1))
def test_the_tokens_of_a_batch_are_shared_out_to_the_last(tokens, lengths):
    made = shares(tokens, lengths)
    assert min(made) >= 0
    assert sum(made) == (tokens if sum(lengths) else 0)
