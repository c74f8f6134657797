"""Questions to models, and their answers: as a whole, or piece by piece."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING

from troupe_cache_sqlite.fitness import is_plain, unfit
from troupe_cache_sqlite.flights import Flights, refused_to_others
from troupe_cache_sqlite.kinds import ANSWER, UNFIT, Answer
from troupe_core import Call, LLMChunk, LLMHandler, LLMRequest, LLMResponse, Usage

if TYPE_CHECKING:
    from troupe_cache_sqlite.cache import Cache
    from troupe_core.llm import Token

NO_LEASE = 0
_tickets = count(1)


class Answers:
    """Those of one cache."""

    def __init__(self, cache: Cache, ended: Callable[[], None]) -> None:
        self._cache = cache
        self._tally = cache.tally
        self._flights: Flights[Answer] = Flights(ended)
        self._streams = 0
        self._ended = ended

    @property
    def under_way(self) -> int:
        """Questions."""
        return len(self._flights) + self._streams

    async def cancel(self) -> None:
        """End them all."""
        await self._flights.cancel()

    async def complete(self, key: bytes, inner: LLMHandler, request: LLMRequest, call: Call) -> LLMResponse:
        found = self._look_up(key, request, call) or await self._wait(key, request, call)
        if found is None:
            flight = self._flights.begin((key,), call, self._fly(key, inner, request, call))
            await self._flights.wait([flight])
            found = flight.task.result()
        return found.response

    async def _wait(self, key: bytes, request: LLMRequest, call: Call) -> Answer | None:
        """For an answer that somebody else asks for, if anybody does. An error of the model reaches all who wait; that
        others may not ask it, since their budget is spent, or have another one to ask, says nothing about us.
        """
        while (flight := self._flights.get(key)) is not None:
            self._tally.waits += 1
            await self._flights.wait([flight])
            if not refused_to_others(flight, call):
                found = flight.task.result()
                self._saved(request, call, found)
                return found
        return None

    def _saved(self, request: LLMRequest, call: Call, found: Answer) -> None:
        self._cache.saved(request.form.model, call, found.response.usage)

    def _look_up(self, key: bytes, request: LLMRequest, call: Call) -> Answer | None:
        cache = self._cache
        if not cache.looks_up:
            return None
        found = cache.store.get(key, ANSWER)
        if found is None and cache.replays:
            found = cache.store.get(_of_unfit(key), UNFIT)
            if found is None:
                self._tally.misses += 1
                end = request.messages[-1].content if request.messages else ""
                raise cache.missing(f"answer to draw {request.draw}", request.form.model, key, call, end)
        if found is not None:
            self._tally.hits += 1
            self._saved(request, call, found)
        return found

    async def _fly(self, key: bytes, inner: LLMHandler, request: LLMRequest, call: Call) -> Answer:
        """Ask, unless somebody in another process does: who looks answers up waits for that one."""
        cache = self._cache
        ticket, leased = next(_tickets), cache.looks_up and cache.stores
        try:
            if leased:
                found = await cache.store.claim(key, ticket, ANSWER)
                if found is not None:
                    leased = False
                    self._tally.hits += 1
                    self._saved(request, call, found)
                    return found
            self._tally.misses += 1
            answer = Answer(await inner.complete(request, call))
            if self._keep(key, ticket, request, answer):
                leased = False
        finally:
            if leased:
                cache.store.release(key, ticket)
        return answer

    def _keep(self, key: bytes, ticket: int, request: LLMRequest, answer: Answer) -> bool:
        """Whether the answer was given to the store, and the lease with it."""
        model = request.form.model
        if not self._cache.stores:
            return False
        if unfit(request, answer.response):
            self._tally.unfit += 1
            if is_plain(answer.response):
                self._cache.keep(_of_unfit(key), NO_LEASE, UNFIT, answer, model, replace=True)
            return False
        kept = self._cache.keep(key, ticket, ANSWER, answer, model)
        self._tally.stores += kept
        return kept

    async def stream(self, key: bytes, inner: LLMHandler, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        """Streams are not merged: each is read at its reader's pace, and one who stops reading would hold up others.
        But who comes while the whole answer is being asked for gets that one.
        """
        found = self._look_up(key, request, call) or await self._wait(key, request, call)
        if found is not None:
            for chunk in found.chunks():
                yield chunk
            return
        self._tally.misses += 1
        told = Told()
        self._streams += 1
        try:
            async with aclosing(_as_generator(inner.stream(request, call))) as chunks:
                async for chunk in chunks:
                    told.add(chunk)
                    yield chunk
            self._keep(key, NO_LEASE, request, told.answer(request.model))
        except GeneratorExit:
            self._tally.unfit += 1
            raise
        finally:
            self._streams -= 1
            self._ended()


def _of_unfit(key: bytes) -> bytes:
    """Where an answer is kept that was no use: in another place than the one that will be."""
    return blake2b(key, digest_size=len(key), person=b"troupe-unfit").digest()


class Told:
    """What has come of a stream so far."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._usage = Usage()
        self._finish = self._mark = ""
        self._logprobs: list[Token] = []

    def add(self, chunk: LLMChunk) -> None:
        self._pieces.append(chunk.text)
        self._usage = chunk.usage or self._usage
        self._finish = chunk.finish or self._finish
        self._mark = chunk.mark or self._mark
        self._logprobs += chunk.logprobs

    def answer(self, model: str) -> Answer:
        """All of it, when it has ended."""
        text, logprobs = "".join(self._pieces), tuple(self._logprobs)
        response = LLMResponse(text, self._usage, model, self._finish, self._mark, logprobs=logprobs)
        return Answer(response, tuple(map(len, self._pieces)))


async def _as_generator(chunks: AsyncIterator[LLMChunk]) -> AsyncGenerator[LLMChunk, None]:
    """So that it can be closed at once when its reader leaves, whatever it is."""
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
