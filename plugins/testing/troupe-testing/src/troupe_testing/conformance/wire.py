"""What a backend that speaks to a provider comes to on bad days: a person's whole turn, over the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, ClassVar

import attrs
import pytest

from troupe_core import (
    AuthenticationError,
    ConnectionFailed,
    ContextTooLong,
    ModelError,
    OutputError,
    PluginError,
    QuotaError,
    RateLimited,
    Refused,
    Runtime,
    Simulation,
    TinyPerson,
)
from troupe_testing.conformance.asking import traced
from troupe_testing.conformance.played import INPUT, OUTPUT, SECRET, SEEN
from troupe_testing.conformance.stage import resolved
from troupe_testing.scripted import talk, turn
from troupe_testing.server import (
    Cut,
    Fault,
    Garbage,
    Hang,
    ProtocolServer,
    Reply,
    Slow,
    Status,
    context_too_long,
    out_of_quota,
)

ATTEMPTS = 3
TOLD: dict[str, Any] = {"prompt_tokens": INPUT, "completion_tokens": OUTPUT}
GOOD = Reply(turn(talk("Good morning.")), **TOLD)
TRUNCATED = Reply('{"actions": [{"type": "TALK", "content": "Good mor', finish_reason="length", **TOLD)
ANOTHER_KEY = "conformance-another-1f5b-nobodys"


@attrs.frozen(kw_only=True)
class Day:
    """What a provider does, and what a turn has to come to."""

    faults: tuple[tuple[Fault, int], ...] = ()
    """Each with the number of requests that it hits."""
    answers: tuple[Reply, ...] = ()
    """The first ones; good ones follow."""
    key: str | None = SECRET
    """The one that is sent; None: there is none."""
    up: bool = True
    """Whether the server is there."""
    timeout: float | None = None
    """Seconds for one attempt."""
    error: type[ModelError] | None = None
    """What it ends in, if not in an answer."""
    calls: int = 1
    paid: int = 0
    """So many answers came, each on the bill; where none did, nothing costs anything."""


BUSY, BROKEN = Status(429, retry_after=0.001), Status(500)
DAYS = {
    "no key": Day(key=None, error=AuthenticationError),
    "a wrong key": Day(key=ANOTHER_KEY, error=AuthenticationError),
    "no credit": Day(faults=((out_of_quota(), 9),), error=QuotaError),
    "nobody there": Day(up=False, error=ConnectionFailed, calls=ATTEMPTS),
    "a storm of 429": Day(faults=((BUSY, 2),), calls=3, paid=1),
    "429 and no end": Day(faults=((BUSY, 9),), error=RateLimited, calls=ATTEMPTS),
    "a storm of 500": Day(faults=((BROKEN, 2),), calls=3, paid=1),
    "it hangs": Day(faults=((Hang(), 1),), timeout=1.5, calls=2, paid=1),
    "one byte a second": Day(faults=((Slow(1), 1),), timeout=1.5, calls=2, paid=1),
    "it breaks off": Day(faults=((Cut(), 1),), calls=2, paid=1),
    "no JSON on the wire": Day(faults=((Garbage("text"), 1),), calls=2, paid=1),
    "another form on the wire": Day(faults=((Garbage("shape"), 1),), calls=2, paid=1),
    "an empty answer": Day(answers=(Reply("", **TOLD),), calls=2, paid=2),
    "an answer that is no JSON": Day(answers=(Reply("Good morning.", **TOLD),), calls=2, paid=2),
    "an answer of another form": Day(answers=(Reply({"mood": "calm"}, **TOLD),), calls=2, paid=2),
    "an answer that is cut": Day(answers=(TRUNCATED,), calls=2, paid=2),
    "none in the form": Day(answers=(Reply("No.", **TOLD),) * 2, error=OutputError, calls=2, paid=2),
    "it will not": Day(answers=(Reply(refusal="I would rather not.", **TOLD),) * 2, error=Refused, calls=2, paid=2),
    "a prompt that is too long": Day(faults=((context_too_long(), 9),), error=ContextTooLong),
}


@attrs.frozen
class Came:
    """What a turn came to: an error, or an answer; and what is on the simulation's account."""

    outcome: str
    calls: int
    failed: int
    tokens: tuple[int, int]
    cost: bool
    """Whether it has cost anything."""
    shows_its_key: bool = False

    @classmethod
    def due(cls, day: Day) -> Came:
        outcome = day.error.__name__ if day.error is not None else "Good morning."
        return cls(outcome, day.calls, day.calls - day.paid, (INPUT * day.paid, OUTPUT * day.paid), day.paid > 0)


class WireConformance:
    """Subclass it beside `LLMBackendConformance`, in a test of a backend that speaks to a provider.

    class TestAcmesBadDays(WireConformance):
        plugin, model, provider = "troupe_llm_acme", "acme/large", AcmeDouble
        key_variable = "ACME_API_KEY"

        def settings_for(self, server):
            return {"acme": {"url": server.url}}
    """

    plugin: ClassVar[Any] = None
    """As in the other classes."""
    model: ClassVar[str] = ""
    """Which one is asked, its backend included."""
    provider: ClassVar[Callable[..., ProtocolServer]] = ProtocolServer
    """Or a subclass of `ProviderDouble`."""
    key_variable: ClassVar[str] = ""
    """Where its key is."""
    retrying: ClassVar[Any] = "troupe_resilience:Plugin"
    """What asks again, as it does at its users'."""

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        """The tables of settings with which it asks this server."""
        raise PluginError(f"say how its settings point at a provider, as {type(self).__name__}.settings_for(server)")

    @pytest.fixture
    def server(self, day: Day) -> Iterator[ProtocolServer]:
        answers = iter(day.answers)
        with type(self).provider(lambda body: next(answers, GOOD), keys={SECRET}) as server:
            for fault, times in day.faults:
                server.inject(fault, times=times)
            yield server

    @pytest.fixture
    def wired(
        self, day: Day, server: ProtocolServer, make_runtime: Callable[..., Runtime], monkeypatch: pytest.MonkeyPatch
    ) -> Runtime:
        if day.key is None:
            monkeypatch.delenv(self.key_variable, raising=False)
        else:
            monkeypatch.setenv(self.key_variable, day.key)
        resilience = {"attempts": ATTEMPTS, "first_wait": 0.001}
        if day.timeout is not None:
            resilience["timeout"] = day.timeout
        settings = {**self.settings_for(server), "resilience": resilience}
        plugins = [resolved(self.retrying), resolved(self.plugin)]
        config = {"prices": {self.model: {"input": 1.0, "output": 1.0}}}
        runtime = make_runtime(plugins=plugins, settings=settings, model=self.model, config=config)
        if not day.up:
            server.close()
        return runtime

    @pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
    def test_a_bad_day(self, day: Day, wired: Runtime, caplog: pytest.LogCaptureFixture) -> None:
        """What can go well the next time is asked again, and nothing else is; each answer that came is on the account,
        each attempt counts, and no key is told. What was refused, or did not get through, costs nothing.
        """
        caplog.set_level("DEBUG")
        error: Exception | None = None
        with closing(Simulation(runtime=wired, seed=7)) as simulation:
            try:
                said = TinyPerson("Ada", simulation=simulation).listen_and_act("Good morning, Ada.")
                outcome = str(said[0].content)
            except Exception as caught:
                error, outcome = caught, f"{type(caught).__name__}: {caught}"
                if day.error is not None and isinstance(caught, day.error):
                    outcome = day.error.__name__
            spent = simulation.usage
        told = [traced(error), *caplog.messages]
        shown = any(key in text for text in told for key in (SEEN, ANOTHER_KEY))
        tokens = spent.usage.input, spent.usage.output
        came = Came(outcome, spent.calls, spent.failed, tokens, spent.cost > 0, shown)
        assert came == Came.due(day), f"it came to {came}, and has to come to {Came.due(day)}"
