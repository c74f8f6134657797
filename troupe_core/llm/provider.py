"""The innermost handler of a stack: it opens the backend at first use, and meters every attempt, failed ones too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from functools import partial
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

from troupe_core.errors import FormRefused, PluginError, Unsupported, as_exception, containable
from troupe_core.events import ModelCall
from troupe_core.llm.embedding import Embedder, Embeddings, batches
from troupe_core.llm.handlers import Capabilities, LLMBackend
from troupe_core.llm.landing import with_room
from troupe_core.llm.meter import Admission
from troupe_core.llm.prices import Price, Pricing
from troupe_core.llm.request import Call, LLMRequest
from troupe_core.llm.response import NO_USAGE, LLMChunk, LLMResponse, Usage
from troupe_core.llm.room import Room

Blame = Callable[[BaseException], BaseException]
"""What is to be raised for an error that a backend has let out."""


LOOSER = 3
"""How often one question may be asked again in a looser form: as JSON instead of by a schema, in words alone, without a
parameter.
"""


class Metering(Protocol):
    """Who keeps account, and can refuse."""

    def admit(self, call: Call, model: str, paid: bool, expected: int | None) -> Admission:
        """A call is about to be made, which may cost so many billionths of a dollar, None if nobody can tell; raises
        `BudgetExceeded` or `UnknownPrice` if it may not.
        """
        ...

    def account(self, event: ModelCall, admission: Admission) -> None:
        """It is over."""
        ...


class Opened(Protocol):
    """What is opened and closed: a backend, or an embedder."""

    async def open(self) -> None: ...

    async def aclose(self) -> None: ...


B = TypeVar("B", bound=Opened)


class Opening(Generic[B]):
    """Opens a backend once, whoever comes first; the others wait. A failed opening is tried again by the next call."""

    def __init__(self, backend: B, blame: Blame) -> None:
        self.backend = backend
        self.blame = blame
        self.done = False
        self.room: AbstractAsyncContextManager[None] = nullcontext()
        """For whom there is room, as soon as it is open."""
        self._lock: asyncio.Lock | None = None

    async def __call__(self) -> None:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if not self.done:
                try:
                    await self.backend.open()
                except Exception as error:
                    raise self.blame(error)  # noqa: B904 - usually the same error
                at_once: Any = getattr(self.backend, "at_once", None)
                if at_once is not None and not (type(at_once) is int and at_once > 0):  # they would wait for ever
                    name = type(self.backend).__name__
                    raise PluginError(f"at_once of {name} is {at_once!r}; it has to be a whole number above 0, or None")
                self.room = Room(at_once) if at_once is not None else nullcontext()
                self.done = True

    async def aclose(self) -> None:
        if self.done:
            self.done = False
            await self.backend.aclose()


def _no_response(model: str, got: object) -> PluginError:
    return PluginError(f"{model} answered with a {type(got).__name__}; complete() has to return an LLMResponse")


def _closing(chunks: AsyncIterator[LLMChunk]) -> AbstractAsyncContextManager[AsyncIterator[LLMChunk]]:
    """Closed by whoever stops listening, at once: the garbage collector might keep the connection for long."""
    closeable: Any = chunks
    return aclosing(closeable) if hasattr(chunks, "aclose") else nullcontext(chunks)


class Attempts(Generic[B]):
    """The attempts to ask one model, each on somebody's account. All of them happen on the runtime's loop."""

    def __init__(self, opening: Opening[B], model: str, metering: Metering, *, paid: bool, price: Price | None) -> None:
        self.opening = opening
        self.backend = opening.backend
        self.model = model
        self.metering = metering
        self.paid = paid
        self.pricing = Pricing(price)

    def _answered(self, call: Call, size: int, admission: Admission, started: float, usage: Usage | None) -> None:
        """Report an attempt that was answered; `size` is how many characters were asked."""
        cost = self.pricing.cost(call.purpose, size, usage, admission.expected)
        self.metering.account(ModelCall(call, self.model, usage, perf_counter() - started, None, cost), admission)

    def _failed(
        self, call: Call, admission: Admission, started: float, error: BaseException, usage: Usage | None = None
    ) -> BaseException:
        """Report an attempt that failed; what is returned is to be raised for it."""
        failure = as_exception(self.opening.blame(error)) if containable(error) else error
        seen = failure if isinstance(failure, Exception) else RuntimeError(type(error).__name__)
        usage = getattr(error, "usage", None) or usage
        cost = self.pricing.lost(failure, usage, admission.expected)
        self.metering.account(ModelCall(call, self.model, usage, perf_counter() - started, seen, cost), admission)
        return failure


class Provider(Attempts[LLMBackend]):
    """One model of one backend. A question that is refused for its form is asked again at once, in a looser one; each
    time is an attempt of its own.
    """

    def __init__(
        self,
        opening: Opening[LLMBackend],
        model: str,
        metering: Metering,
        *,
        paid: bool,
        price: Price | None,
        able: Capabilities,
    ) -> None:
        super().__init__(opening, model, metering, paid=paid, price=price)
        self.able = able

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        if lacking := self.able.lacking(request):
            raise Unsupported(f"{self.model} {lacking}, or use a model that can. Nothing was sent.")
        if not self.opening.done:
            await self.opening()
        left, size = LOOSER, self.pricing.size(request)
        async with self.opening.room:
            while True:
                expected = self.pricing.expected(call.purpose, size, request.form.parameters.max_tokens)
                admission = self.metering.admit(call, self.model, self.paid, expected)
                started = perf_counter()
                try:
                    response = await self.backend.complete(request, call)
                    if not isinstance(response, LLMResponse):
                        raise _no_response(self.model, response)
                except BaseException as error:
                    failure = self._failed(call, admission, started, error)
                    if not left or not isinstance(error, FormRefused):
                        raise failure  # noqa: B904 - usually the same error
                    left -= 1
                else:
                    self._answered(call, size, admission, started, response.usage)
                    return response

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        if lacking := self.able.lacking(request):
            raise Unsupported(f"{self.model} {lacking}, or use a model that can. Nothing was sent.")
        if not self.opening.done:
            await self.opening()
        left, size = LOOSER, self.pricing.size(request)
        async with self.opening.room:
            while True:
                expected = self.pricing.expected(call.purpose, size, request.form.parameters.max_tokens)
                admission = self.metering.admit(call, self.model, self.paid, expected)
                started = perf_counter()
                usage: Usage | None = None
                try:
                    async with _closing(self.backend.stream(request, call)) as chunks:
                        async for chunk in chunks:
                            left = 0  # what has begun cannot begin again
                            usage = chunk.usage or usage
                            yield chunk
                except BaseException as error:
                    failure = self._failed(call, admission, started, error, usage)
                    if not left or not isinstance(error, FormRefused):
                        raise failure  # noqa: B904 - usually the same error
                    left -= 1
                else:
                    self._answered(call, size, admission, started, usage)
                    return


class EmbeddingProvider(Attempts[Embedder]):
    """One model of one embedder. Texts are given to it so many at a time, one batch after the other."""

    def __init__(
        self,
        opening: Opening[Embedder],
        model: str,
        metering: Metering,
        *,
        paid: bool,
        price: Price | None,
        texts: int,
        characters: int,
    ) -> None:
        super().__init__(opening, model, metering, paid=paid, price=price)
        self.texts, self.characters = texts, characters

    async def embed(self, texts: Sequence[str], call: Call) -> Embeddings:
        if not self.opening.done:
            await self.opening()
        made: list[Embeddings] = []
        for batch in batches(texts, self.texts, self.characters):
            # Who has come to nothing yet loses nothing by waiting for room outside.
            made.append(await (with_room(partial(self._batch, batch, call)) if made else self._batch(batch, call)))
        if len(made) == 1:
            return made[0]
        vectors = tuple(vector for part in made for vector in part.vectors)
        self._check(vectors, texts)
        return Embeddings(vectors, sum((part.usage for part in made), NO_USAGE), made[-1].model if made else "")

    async def _batch(self, texts: Sequence[str], call: Call) -> Embeddings:
        async with self.opening.room:
            return await self._attempt(texts, call)

    async def _attempt(self, texts: Sequence[str], call: Call) -> Embeddings:
        size = sum(map(len, texts))
        expected = self.pricing.expected(call.purpose, size, 0)
        admission = self.metering.admit(call, self.model, self.paid, expected)
        started, usage = perf_counter(), None
        try:
            found = await self.backend.embed(self.model.partition("/")[2], texts, call)
            if not isinstance(found, Embeddings):
                raise PluginError(f"{self.model} gave a {type(found).__name__}; embed() has to return Embeddings")
            usage = found.usage
            self._check(found.vectors, texts)
        except BaseException as error:
            raise self._failed(call, admission, started, error, usage)  # noqa: B904 - usually the same error
        self._answered(call, size, admission, started, found.usage)
        return found

    def _check(self, vectors: Sequence[Any], texts: Sequence[str]) -> None:
        sizes = {len(vector) for vector in vectors}
        if len(vectors) != len(texts) or len(sizes) > 1:
            raise PluginError(
                f"{self.model} gave {len(vectors)} vectors for {len(texts)} texts, with {sorted(sizes)} dimensions; "
                "embed() has to return one for each, all of the same size"
            )
