"""What stands around one model: asking again, and within it the breaker, the limits and the timeouts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from functools import partial
from typing import Any, TypeVar

import attrs

from troupe_core import (
    Call,
    EmbedderSpec,
    EmbeddingHandler,
    Embeddings,
    EmbeddingWrapper,
    Form,
    LLMChunk,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    LLMWrapper,
    Message,
    ModelError,
    ModelUnavailable,
    Parameters,
    Usage,
)
from troupe_core.llm import batches, with_room
from troupe_resilience.config import Policy
from troupe_resilience.lane import Lane, Slot
from troupe_resilience.retry import wait, why_not
from troupe_resilience.timeouts import within

A = TypeVar("A", LLMResponse, Embeddings)

Tell = Callable[[Call, str], None]
"""Tells whoever is watching."""
NOTABLE = 2.0
"""Seconds; of shorter waits there are many, since limits are found out by what is refused, and nobody notices them."""


@attrs.define(eq=False)
class Asked:
    """One question, and how often it was put."""

    call: Call
    attempt: int = 0
    failure: ModelError | None = None
    """What the last attempt came to."""


class Persistent:
    """Whoever asks one model, and asks again; the lane may be that of several."""

    def __init__(self, model: str, policy: Policy, lane: Lane, chance: Callable[[], float], tell: Tell) -> None:
        self.model = model
        self.policy = policy
        self.lane = lane
        self._chance = chance
        self._tell = tell

    async def ask(self, request: LLMRequest, asked: Asked, attempt: Callable[[], Awaitable[A]]) -> A:
        """The answer, of the first attempt that comes to one. `request` is what is weighed."""
        seconds = self.policy.timeout
        while True:
            slot = await self._enter(request, asked)
            try:
                answering = attempt()
                answer = await (answering if seconds is None else within(seconds, answering, self.model, "timeout"))
            except BaseException as error:
                self.lane.failed(slot, request, error)
                pause = self._pause(asked, error)
                if pause is None:
                    raise
            else:
                self.lane.answered(slot, request, answer.usage)
                return answer
            await asyncio.sleep(pause)

    # -- before and after an attempt ----------------------------------------------------------------------------------

    async def _enter(self, request: LLMRequest, asked: Asked) -> Slot:
        """Wait until it is our turn, unless the provider is not asked at all for now."""
        self._check(asked)
        slot = await self.lane.enter(request, asked.call)
        if not slot.trying:
            try:
                self._check(asked)  # it may have opened meanwhile
            except BaseException:
                self.lane.leave(slot)
                raise
        asked.attempt += 1
        return slot

    def _check(self, asked: Asked) -> None:
        breaker, fresh = self.lane.breaker, asked.call.standby and asked.failure is None
        if not (breaker.is_open or fresh):
            return
        now = asyncio.get_running_loop().time()
        left = breaker.closed_in(now) or (self.lane.passed_on_for(now) if fresh else 0.0)
        if not left:
            return
        if asked.failure is not None:
            asked.failure.add_note(self._shut())
            raise asked.failure
        raise ModelUnavailable(
            f"{self.lane.name} is not asked for another {left:.0f} s: {_row(breaker.failures)}. The last time: "
            f"{self.lane.trouble}",
            retry_after=left,
        )

    def _pause(self, asked: Asked, error: BaseException) -> float | None:
        """Seconds until the question is put once more; None: it is not."""
        if not isinstance(error, ModelError) or not error.retryable:
            return None
        reason = why_not(self.policy, asked.attempt, error, standby=asked.call.standby) or self._shut()
        if reason:
            error.add_note(reason)
            if asked.call.standby:
                self.lane.passed_on(error)
            return None
        asked.failure = error
        self.lane.retries += 1
        pause = wait(self.policy, asked.attempt, error, self._chance)
        if pause >= NOTABLE:
            nth = f"attempt {asked.attempt + 1} of {self.policy.attempts}"
            self._tell(asked.call, f"{self.model} is asked again in {pause:.0f} s ({nth}), since it failed: {error}")
        return pause

    def _shut(self) -> str:
        """That the breaker is open, in words."""
        breaker = self.lane.breaker
        return f"{self.lane.name} is not asked for now: {_row(breaker.failures)}." if breaker.is_open else ""


class ResilientLLM(LLMWrapper, Persistent):
    """Around a model that answers."""

    def __init__(
        self, inner: LLMHandler, model: str, policy: Policy, lane: Lane, chance: Callable[[], float], tell: Tell
    ) -> None:
        LLMWrapper.__init__(self, inner)
        Persistent.__init__(self, model, policy, lane, chance, tell)

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        return await self.ask(request, Asked(call), lambda: self.inner.complete(request, call))

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        """The same; but what has begun to come is not asked for again."""
        asked = Asked(call)
        while True:
            slot = await self._enter(request, asked)
            begun, usage = False, None
            try:
                async with _closing(self.inner.stream(request, call)) as chunks:
                    async for chunk in self._in_time(chunks):
                        begun, usage = True, chunk.usage or usage
                        yield chunk
            except BaseException as error:
                self.lane.failed(slot, request, error)
                pause = None if begun else self._pause(asked, error)
                if pause is None:
                    raise
            else:
                self.lane.answered(slot, request, usage)
                return
            await asyncio.sleep(pause)

    def _in_time(self, chunks: AsyncIterator[LLMChunk]) -> AsyncIterator[LLMChunk]:
        policy = self.policy
        if policy.timeout is None and policy.first_piece_timeout is None:
            return chunks
        return timed(chunks, self.model, policy.timeout, policy.first_piece_timeout)


class ResilientEmbeddings(EmbeddingWrapper, Persistent):
    """Around a model that makes vectors of texts. It gives them on in batches that the embedder takes at once, so that
    one that fails is asked for again by itself.
    """

    def __init__(
        self,
        inner: EmbeddingHandler,
        model: str,
        policy: Policy,
        lane: Lane,
        chance: Callable[[], float],
        tell: Tell,
        spec: EmbedderSpec,
    ) -> None:
        EmbeddingWrapper.__init__(self, inner)
        Persistent.__init__(self, model, policy, lane, chance, tell)
        self._limits = spec.texts, spec.characters
        self._form = Form(model, Parameters(max_tokens=0))

    async def embed(self, texts: Sequence[str], call: Call) -> Embeddings:
        parts = batches(texts, *self._limits) if texts else [texts]
        made = [await with_room(partial(self._batch, part, call)) for part in parts]  # what has come stays
        vectors = tuple(vector for part in made for vector in part.vectors)
        return Embeddings(vectors, sum((part.usage for part in made), Usage()), made[-1].model)

    async def _batch(self, texts: Sequence[str], call: Call) -> Embeddings:
        weight = LLMRequest(self._form, (Message("user", "".join(texts)),))  # tokens a minute are reckoned by it
        return await self.ask(weight, Asked(call), lambda: self.inner.embed(texts, call))


async def timed(
    chunks: AsyncIterator[LLMChunk], model: str, whole: float | None, first: float | None
) -> AsyncIterator[LLMChunk]:
    """The pieces, while they come in time. Only waiting for them is timed: a reader's time is its own."""
    time = asyncio.get_running_loop().time
    while True:
        sooner = first is not None and (whole is None or first < whole)
        seconds, setting = (first, "first_piece_timeout") if sooner else (whole, "timeout")
        started = time()
        chunk = await within(seconds, anext(chunks, None), model, setting)
        if chunk is None:
            return
        whole, first = None if whole is None else max(0.0, whole - (time() - started)), None
        yield chunk


def _closing(chunks: AsyncIterator[LLMChunk]) -> AbstractAsyncContextManager[AsyncIterator[LLMChunk]]:
    """Whoever stops listening lets go of the connection at once."""
    closeable: Any = chunks
    return aclosing(closeable) if hasattr(chunks, "aclose") else nullcontext(chunks)


def _row(failures: int) -> str:
    return f"it has failed {failures} times in a row" if failures > 1 else "it has failed"
