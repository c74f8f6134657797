"""The protocol of everything that answers requests, a base for backends and a base for wrappers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import attrs

from troupe_core.llm.configured import Configured
from troupe_core.llm.request import Call, LLMRequest
from troupe_core.llm.response import LLMChunk, LLMResponse

if TYPE_CHECKING:
    from troupe_core.llm.prices import Price
    from troupe_core.records import BackendSpec


class LLMHandler(Protocol):
    """What answers requests, as a whole or piece by piece."""

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse: ...

    def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]: ...


@attrs.frozen
class Capabilities:
    """What a backend can do by itself. A request that needs what it cannot do is `Unsupported`: nothing is sent."""

    json_schema: bool = True
    """Whether its answers keep to `request.schema`. If not, it is sent none: the schema is part of the question."""
    seed: bool = True
    """Whether it heeds `Parameters(seed=…)`."""
    images: bool = False
    """Whether it looks at the pictures of messages (`Message.images`)."""
    logprobs: bool = False
    """Whether it can tell how likely its words were: `Parameters(extra={"logprobs": True})`, `LLMResponse.logprobs`."""
    streaming: bool = False
    """Whether its streams come while the model speaks. If not, they are the whole answer as one piece."""

    def lacking(self, request: LLMRequest) -> str:
        """What the request needs and is not there, with what to do; nothing if nothing is missing."""
        parameters = request.form.parameters
        if parameters.seed is not None and not self.seed:
            return f"takes no seed, and {parameters.seed} is wanted: leave Parameters(seed=…) out"
        if parameters.extra and parameters.extra.get("logprobs") and not self.logprobs:
            return "tells no log-probabilities, and they are wanted: leave logprobs out of Parameters(extra=…)"
        if request.pictured and not self.images:
            return "cannot look at pictures, and one is shown to it: describe it in words"
        return ""


class LLMBackend(Configured):
    """Base of backends: one instance a Runtime, made at first use.

    `class Acme(LLMBackend, config=Config)` receives its settings as `self.config`. `open` runs once, on the runtime's
    loop, before the first call; `aclose` when the runtime closes.
    """

    capabilities: ClassVar[Capabilities] = Capabilities()
    """Used when the backend is given to a runtime by itself; a plugin states them in its record."""
    free: ClassVar[bool] = False
    """Likewise: whether it costs nothing to ask."""
    wants: ClassVar[tuple[str, ...]] = ()
    """Likewise: whose wrappers stand around its models wherever they are installed."""
    at_once: int | None = None
    """So many calls are made at once, all its models together; the others wait before they are counted, and before
    their time runs. What waits within `complete` or `stream` is in flight, and is paid for if it is called off: say
    it here instead, at the latest in `open`. None: as many as come.
    """

    @classmethod
    def as_record(cls, given: Any) -> BackendSpec:
        """What a runtime registers that was given this backend, or its class, without a plugin around it."""
        from troupe_core.records import BackendSpec

        name = getattr(cls, "name", None) or cls.__name__.lower()
        factory = given if isinstance(given, type) else lambda: given
        return BackendSpec(name, factory, capabilities=cls.capabilities, free=cls.free, wants=cls.wants)

    async def open(self) -> None:
        """Make clients and sessions here."""

    async def aclose(self) -> None:
        """Give them back."""

    async def check(self, model: str) -> str:
        """Find out, without asking a model, whether the provider can be reached with these settings: a line for people;
        nothing if this backend cannot tell; else a `ModelError`, which is an `UnknownModelError` if the provider
        answers, and does not list the model. `model` is what stands behind the backend's name.
        """
        return ""

    def capabilities_of(self, model: str) -> Capabilities | None:
        """What this model can do, where the models of a backend differ; None: what all of them can. It is told by name
        and settings, and nobody is asked. That of `json_schema` is the same for all.
        """
        return None

    def price_of(self, model: str) -> Price | None:
        """What this model costs, with these settings; None: nobody knows. A model of a server of one's own is not
        priced by its name. (What is `free` costs nothing, and is not asked for its price.)
        """
        return None

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        """The answer, of the form that the request has; else a `ModelError`."""
        raise NotImplementedError(f"{type(self).__qualname__} has no complete()")

    async def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        """The whole answer as one piece; a backend that can do better overrides it."""
        response = await self.complete(request, call)
        yield LLMChunk(response.text, response.usage, response.finish, response.mark, response.logprobs)


class LLMWrapper:
    """Base of what plugins put around a handler: override one method, the other is passed on."""

    def __init__(self, inner: LLMHandler) -> None:
        self.inner = inner

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        return await self.inner.complete(request, call)

    def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        return self.inner.stream(request, call)
