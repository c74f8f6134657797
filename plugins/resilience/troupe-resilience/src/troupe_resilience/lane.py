"""The way to one model, for all simulations of a runtime: what goes, what waits, and what has become of it."""

from __future__ import annotations

import asyncio
from math import inf

import attrs

from troupe_core import Call, LLMRequest, ModelError, ModelTimeout, RateLimited, Usage
from troupe_core.llm import unsent
from troupe_resilience.adaptive import SILENCE, Adaptive
from troupe_resilience.breaker import Breaker
from troupe_resilience.config import Policy
from troupe_resilience.fairness import FairQueue
from troupe_resilience.limits import Foresight, of_requests, of_tokens

OVERLOADED = (503, 529)
"""How servers say, without a word about limits, that they have too much to do."""


@attrs.frozen(eq=False, slots=True)
class Slot:
    """A call that is under way."""

    simulation: str
    sent: float
    beside: int
    """How many others were under way."""
    full: bool
    """Whether it was the last one that was let through."""
    tokens: float
    """What it was thought to cost."""
    trying: bool
    """Whether it finds out if a provider that had failed is there again."""


@attrs.frozen(eq=False, slots=True)
class Waiter:
    """A call that is not yet."""

    simulation: str
    tokens: float
    turn: asyncio.Future[Slot]


@attrs.frozen
class LaneStats:
    """What goes on at present (`limit`: so many may be under way), and what has been since the runtime was made:
    attempts, questions that were put again, refusals because it was too much.
    """

    limit: int
    under_way: int
    waiting: int
    attempts: int
    retries: int
    pushed_back: int


class Lane:
    """All of it happens on the runtime's loop, whose clock never goes backwards."""

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.breaker = Breaker(policy.breaker_failures, policy.breaker_seconds, policy.breaker_pause)
        self._many, self._pause = policy.breaker_failures, policy.breaker_pause
        self._passed_on_until = -inf
        self.trouble = ""
        """What went wrong the last time, in the provider's words."""
        self.attempts = self.retries = self.pushed_back = 0
        self.under_way = 0
        at_once = policy.concurrency
        self._adaptive = Adaptive(most=policy.at_most) if at_once == "adaptive" else None
        self._fixed = 0 if at_once == "adaptive" else at_once
        per_minute = policy.requests_per_minute
        self._requests = None if per_minute is None else of_requests(per_minute)
        per_minute = policy.tokens_per_minute
        self._tokens = None if per_minute is None else of_tokens(per_minute)
        self._foresight = Foresight()
        self._queue: FairQueue[Waiter] = FairQueue(lambda waiter: waiter.turn.done())
        self._timer: asyncio.TimerHandle | None = None
        self._silence: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """So many may be under way."""
        return self._fixed if self._adaptive is None else self._adaptive.limit

    def stats(self) -> LaneStats:
        waiting = len(self._queue)
        return LaneStats(self.limit, self.under_way, waiting, self.attempts, self.retries, self.pushed_back)

    # -- waiting for one's turn ---------------------------------------------------------------------------------------

    async def enter(self, request: LLMRequest, call: Call) -> Slot:
        """Wait until it is this call's turn. Whoever is given a slot has to leave it."""
        loop = asyncio.get_running_loop()
        tokens = 0.0 if self._tokens is None else self._foresight.tokens(request)
        if not self._queue:
            now = loop.time()
            if self.under_way < self.limit and not self._wait(now, tokens):
                return self._begin(now, call.simulation, tokens)
        waiter = Waiter(call.simulation, tokens, loop.create_future())
        self._queue.put(call.simulation, call.priority, waiter)
        self._move()
        try:
            return await waiter.turn
        except BaseException:
            if not waiter.turn.cancel() and not waiter.turn.cancelled():  # it was its turn in this very moment
                self.leave(waiter.turn.result())
            self._move()  # somebody behind it may want less
            raise

    def _wait(self, now: float, tokens: float) -> float:
        """Seconds until the minute has room for it."""
        wait = 0.0 if self._requests is None else self._requests.wait(now, 1)
        return wait if self._tokens is None else max(wait, self._tokens.wait(now, tokens))

    def _begin(self, now: float, simulation: str, tokens: float) -> Slot:
        if self._requests is not None:
            self._requests.take(1)
        if self._tokens is not None:
            self._tokens.take(tokens)
        self.under_way += 1
        self.attempts += 1
        self._queue.begin(simulation)
        others = self.under_way - 1
        return Slot(simulation, now, others, self.under_way >= self.limit, tokens, self.breaker.begin(now))

    def _move(self) -> None:
        """Let those go whose turn it is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while self.under_way < self.limit and (waiter := self._queue.first()) is not None:
            now = loop.time()
            wait = self._wait(now, waiter.tokens)
            if wait:
                self._timer = loop.call_later(wait, self._move)
                return
            self._queue.take()
            waiter.turn.set_result(self._begin(now, waiter.simulation, waiter.tokens))
        if self._silence is None and self._tries():
            self._silence = loop.call_later(SILENCE, self._was_silent)

    def _tries(self) -> bool:
        """Whether all that may go have gone, more would, and nobody knows that they may not."""
        known = self._adaptive is None or not self._adaptive.unknown
        return not known and self.under_way >= self.limit and self._queue.first() is not None

    def _was_silent(self) -> None:
        self._silence = None
        if self._adaptive is not None and self._tries():
            self._adaptive.silent()
            self._move()

    # -- what has become of it ----------------------------------------------------------------------------------------

    def leave(self, slot: Slot) -> None:
        """It is over, in whatever way; somebody else may go."""
        self.breaker.left(slot.trying)
        self.under_way -= 1
        self._queue.end(slot.simulation)
        if self._queue:
            self._move()

    def passed_on(self, error: ModelError) -> None:
        """A question has gone to another model that stands by. When there were many failures in a row, the next ones go
        there at once, for a while: who has somebody else need not wait until it is certain that this one is down.
        """
        if not isinstance(error, RateLimited) and self.breaker.failures >= self._many:
            self._passed_on_until = asyncio.get_running_loop().time() + self._pause

    def passed_on_for(self, now: float) -> float:
        """So many seconds more."""
        return max(self._passed_on_until - now, 0.0)

    def answered(self, slot: Slot, request: LLMRequest, usage: Usage | None) -> None:
        """There is an answer."""
        self.breaker.answered()
        self._passed_on_until = -inf
        if self._adaptive is not None:
            self._adaptive.answered(asyncio.get_running_loop().time(), slot.sent, slot.full)
        self._count(slot, request, usage)
        self.leave(slot)

    def failed(self, slot: Slot, request: LLMRequest, error: BaseException) -> None:
        """There is none."""
        if unsent(error):
            self._give_back(slot)
        elif isinstance(error, ModelError):
            now = asyncio.get_running_loop().time()
            if _pushes_back(error):
                self.pushed_back += 1
                if self._adaptive is not None:
                    self._adaptive.pushed_back(now, slot.sent, min(slot.beside, self.under_way - 1))
            if error.retryable and not isinstance(error, RateLimited):
                self.trouble = str(error)
                self.breaker.failed(now, slot.trying)
            elif error.status is not None:
                self.breaker.answered()  # it is there, and says no
            self._count(slot, request, error.usage)
        self.leave(slot)

    def _give_back(self, slot: Slot) -> None:
        """The provider has not heard of it, and others may go in its place."""
        self.attempts -= 1
        if self._requests is not None:
            self._requests.take(-1)
        if self._tokens is not None:
            self._tokens.take(-slot.tokens)

    def _count(self, slot: Slot, request: LLMRequest, usage: Usage | None) -> None:
        if self._tokens is not None and usage is not None:
            self._tokens.take(usage.input + usage.output - slot.tokens)
            self._foresight.learn(request, usage)


def _pushes_back(error: ModelError) -> bool:
    return isinstance(error, RateLimited | ModelTimeout) or error.status in OVERLOADED
