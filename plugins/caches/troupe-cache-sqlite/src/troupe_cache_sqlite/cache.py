"""The cache while it is switched on: one mode, one file, and the questions that are under way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial
from itertools import count
from pathlib import Path

from troupe_cache_sqlite.errors import ReplayMiss
from troupe_cache_sqlite.fitness import unfit
from troupe_cache_sqlite.flights import Flights
from troupe_cache_sqlite.store import Store
from troupe_cache_sqlite.tally import Tally
from troupe_cache_sqlite.values import Answer
from troupe_core import Call, LLMChunk, LLMHandler, LLMRequest, LLMResponse, Usage

LOOKS_UP = frozenset({"read", "readwrite", "replay"})
STORES = frozenset({"write", "readwrite", "refresh"})

NO_LEASE = 0
_tickets = count(1)


class Cache:
    """Between the callers and one runtime's handlers. Everything happens on the runtime's loop."""

    def __init__(self, mode: str, path: Path, tally: Tally) -> None:
        self.mode = mode
        self.path = path
        self._tally = tally
        self._looks_up = mode in LOOKS_UP
        self._stores = mode in STORES
        self._store = Store(path, tally, writing=self._stores)
        self._flights: Flights[Answer] = Flights(self._close_if_idle)
        self._retired = False

    def flush(self) -> None:
        """Wait until everything is written."""
        self._store.flush()

    def retire(self) -> None:
        """No more questions come. What is under way is still kept; then the file is closed."""
        self._retired = True
        self._close_if_idle()

    async def aretire(self) -> None:
        """The same, for those who are not on the loop."""
        self.retire()

    def _close_if_idle(self) -> None:
        if self._retired and not len(self._flights):
            self._store.close()

    async def aclose(self) -> None:
        """End what is under way, and close the file."""
        await self._flights.cancel()
        self._store.close()

    # -- whole answers ------------------------------------------------------------------------------------------------

    async def complete(self, key: bytes, inner: LLMHandler, request: LLMRequest, call: Call) -> LLMResponse:
        found = self._look_up(key, request, call)
        if found is None:
            if key in self._flights:
                self._tally.waits += 1
            found = await self._flights.join(key, partial(self._fly, key, inner, request, call))
        return found.response

    def _look_up(self, key: bytes, request: LLMRequest, call: Call) -> Answer | None:
        if not self._looks_up:
            return None
        found = self._store.get(key)
        if found is not None:
            self._tally.hits += 1
        elif self.mode == "replay":
            self._tally.misses += 1
            raise missing(self.path, key, request, call)
        return found

    async def _fly(self, key: bytes, inner: LLMHandler, request: LLMRequest, call: Call) -> Answer:
        """Ask, unless somebody in another process does: who looks answers up waits for that one."""
        ticket, leased = next(_tickets), self._looks_up and self._stores
        try:
            if leased:
                found = await self._store.claim(key, ticket)
                if found is not None:
                    leased = False
                    self._tally.hits += 1
                    return found
            self._tally.misses += 1
            answer = Answer(await inner.complete(request, call))
            if self._keep(key, ticket, request, answer):
                leased = False
        finally:
            if leased:
                self._store.release(key, ticket)
        return answer

    def _keep(self, key: bytes, ticket: int, request: LLMRequest, answer: Answer) -> bool:
        """Whether the answer was given to the store."""
        if not self._stores or self._store.closed:
            return False
        if unfit(request, answer.response):
            self._tally.unfit += 1
            return False
        self._store.put(key, ticket, answer, request.form.model, replace=self.mode == "refresh")
        self._tally.stores += 1
        return True

    # -- answers piece by piece ---------------------------------------------------------------------------------------

    async def stream(self, key: bytes, inner: LLMHandler, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        """Streams are not merged: each is read at its reader's pace, and one who stops reading would hold up others.
        But who comes while the whole answer is being asked for gets that one.
        """
        found = self._look_up(key, request, call)
        if found is None and key in self._flights:
            self._tally.waits += 1
            found = await self._flights.join(key, partial(self._fly, key, inner, request, call))
        if found is not None:
            for chunk in found.chunks():
                yield chunk
            return
        self._tally.misses += 1
        told = Told()
        async with aclosing(_as_generator(inner.stream(request, call))) as chunks:
            try:
                async for chunk in chunks:
                    told.add(chunk)
                    yield chunk
            except GeneratorExit:
                self._tally.unfit += 1
                raise
        self._keep(key, NO_LEASE, request, told.answer(request.model))


class Told:
    """What has come of a stream so far."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._usage = Usage()
        self._finish = self._mark = ""

    def add(self, chunk: LLMChunk) -> None:
        self._pieces.append(chunk.text)
        self._usage = chunk.usage or self._usage
        self._finish = chunk.finish or self._finish
        self._mark = chunk.mark or self._mark

    def answer(self, model: str) -> Answer:
        """All of it, when it has ended."""
        response = LLMResponse("".join(self._pieces), self._usage, model, self._finish, self._mark)
        return Answer(response, tuple(map(len, self._pieces)))


async def _as_generator(chunks: AsyncIterator[LLMChunk]) -> AsyncGenerator[LLMChunk, None]:
    """So that it can be closed at once when its reader leaves, whatever it is."""
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def missing(path: Path, key: bytes, request: LLMRequest, call: Call) -> ReplayMiss:
    """Says what was asked, and what to do."""
    who = f"{call.person}'s turn {call.turn}" if call.person else "nobody in particular"
    last = request.messages[-1].content if request.messages else ""
    end = last if len(last) <= 200 else f"…{last[-200:]}"
    return ReplayMiss(
        f"{path} holds no answer of {request.form.model} to this question ({call.purpose!r}, for {who}, draw "
        f"{request.draw}, key {key.hex()}), and in the mode replay no model is asked. Run it once in the mode "
        f"readwrite to record the answer; or undo what has changed the question, which ends: {end!r}"
    )
