"""The backends and embedders of a runtime, each made once, and the handlers of their models, each composed once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve

from troupe_core.errors import AuthenticationError, PluginError, SecretError, TroupeError
from troupe_core.llm.embedding import Embedder, EmbeddingHandler
from troupe_core.llm.handlers import Capabilities, LLMBackend, LLMHandler
from troupe_core.llm.prices import FREE, Price, price_in
from troupe_core.llm.request import ModelRef
from troupe_core.plugins.blame import contained
from troupe_core.plugins.kinds import KIND_OF
from troupe_core.plugins.registry import Registry
from troupe_core.records import BackendSpec, EmbedderSpec, Record

if TYPE_CHECKING:
    from troupe_core.llm.provider import Metering, Opening
    from troupe_core.llm.response import Usage

B = TypeVar("B", LLMBackend, Embedder)


class Backends:
    """Of one runtime, which keeps account of their calls."""

    def __init__(self, registry: Registry, metering: Metering, prices: Mapping[str, Price]) -> None:
        self._registry = registry
        self._metering = metering
        self._prices = prices
        """Those of the settings."""
        self._known_prices: dict[str, Price] = {}
        self._handlers: dict[str, LLMHandler] = {}
        self._embedding: dict[str, EmbeddingHandler] = {}
        self.openings: dict[str, Opening[Any]] = {}
        """Those that were made, by kind and name."""

    def handler(self, model: str) -> LLMHandler:
        """What answers for a model, with whatever stands around it."""
        made = self._handlers.get(model)
        if made is None:
            ref = ModelRef.parse(model)
            made = self._handlers[model] = self._registry.manager.compose(
                "troupe_llm_handler",
                lambda hooks: hooks.troupe_llm_handler(model=ref),
                model,
                _answers,
                self._registry.record(BackendSpec, ref.backend).wants,
            )
        return made

    def embedder(self, model: str) -> EmbeddingHandler:
        """What makes vectors of texts, likewise."""
        made = self._embedding.get(model)
        if made is None:
            ref = ModelRef.parse(model)
            twin = self._registry.records(BackendSpec).get(ref.backend)  # what one provider is not asked without
            made = self._embedding[model] = self._registry.manager.compose(
                "troupe_embedding_handler",
                lambda hooks: hooks.troupe_embedding_handler(model=ref),
                model,
                _embeds,
                () if twin is None else twin.wants,
            )
        return made

    def compose_anew(self) -> None:
        """Others stand around them from now on."""
        self._handlers.clear()
        self._embedding.clear()
        self._known_prices.clear()

    def capabilities(self, model: str) -> Capabilities:
        """What the model's backend can do by itself."""
        return self._registry.record(BackendSpec, ModelRef.parse(model).backend).capabilities

    def capabilities_of(self, ref: ModelRef) -> Capabilities:
        """What this very model can do."""
        opening, usual = self._opening(ref.backend), self.capabilities(str(ref))
        try:
            own = opening.backend.capabilities_of(ref.name)
        except Exception as error:
            raise opening.blame(error)  # noqa: B904 - usually the same error
        return usual if own is None else evolve(own, json_schema=usual.json_schema)

    async def check(self, ref: ModelRef) -> str:
        """Whether the provider can be reached, in words; nothing if its backend cannot tell. No model is asked."""
        opening = self._opening(ref.backend)
        await opening()

        async def check() -> str:
            return await opening.backend.check(ref.name)

        return await contained(opening.blame, f"the backend {ref.backend!r} could not be checked", check())

    def provider(self, ref: ModelRef) -> LLMHandler:
        """The innermost handler: the backend itself, metered."""
        from troupe_core.llm.provider import Provider

        spec, opening = self._registry.record(BackendSpec, ref.backend), self._opening(ref.backend)
        price, able = self._price(ref, spec, opening), self.capabilities_of(ref)
        return Provider(opening, str(ref), self._metering, paid=not spec.free, price=price, able=able)

    def embedding_provider(self, ref: ModelRef) -> EmbeddingHandler:
        """The innermost handler: the embedder itself, metered, a batch at a time."""
        from troupe_core.llm.provider import EmbeddingProvider

        spec = self._registry.record(EmbedderSpec, ref.backend)
        twin = self._registry.records(BackendSpec).get(ref.backend)
        kind = BackendSpec if twin is not None and twin.factory == spec.factory else EmbedderSpec  # one client for both
        opening = self._made(kind, ref.backend, Embedder)
        limits = {"texts": spec.texts, "characters": spec.characters}
        price = self._price(ref, spec, opening)
        return EmbeddingProvider(opening, str(ref), self._metering, paid=not spec.free, price=price, **limits)

    def price(self, ref: ModelRef) -> Price | None:
        """What a model costs; None: nobody knows."""
        spec = self._registry.records(EmbedderSpec).get(ref.backend)
        if spec is None or self._registry.records(BackendSpec).get(ref.backend) is not None:
            return self._price(ref, self._registry.record(BackendSpec, ref.backend), self._opening(ref.backend))
        return self._price(ref, spec, self._made(EmbedderSpec, ref.backend, Embedder))

    def worth(self, model: str, usage: Usage) -> int | None:
        """What so many tokens of a model or an embedder's cost, in billionths of a US dollar; None: nobody knows, or
        there is no such one here any more.
        """
        price = self._known_prices.get(model)
        if price is None:
            price = self._price_if_there(model)
            if price is None:  # it may become known
                return None
            self._known_prices[model] = price
        return price.cost(usage)

    def _price_if_there(self, model: str) -> Price | None:
        name = model.partition("/")[0]
        try:
            if self._registry.records(BackendSpec).get(name) is not None:
                return self.price(ModelRef.parse(model))
            spec = self._registry.records(EmbedderSpec).get(name)
            if spec is not None:
                return self._price(ModelRef.parse(model), spec, self._made(EmbedderSpec, name, Embedder))
        except TroupeError:
            pass
        return None

    def _price(self, ref: ModelRef, spec: BackendSpec | EmbedderSpec, opening: Opening[Any]) -> Price | None:
        said = price_in(self._prices, str(ref))
        if said is not None or spec.free:
            return said or FREE
        try:
            known: Price | None = opening.backend.price_of(ref.name)
        except Exception as error:
            raise opening.blame(error)  # noqa: B904 - usually the same error
        return known

    def _opening(self, name: str) -> Opening[LLMBackend]:
        return self._made(BackendSpec, name, LLMBackend)

    def _made(self, kind: type[Record], name: str, base: type[B]) -> Opening[B]:
        from troupe_core.llm.provider import Opening

        registry, word = self._registry, KIND_OF[kind].word.split()[-1]
        opening = self.openings.get(f"{word} {name}")
        if opening is None:
            made = registry.make(kind, name)
            if not isinstance(made, base):
                raise PluginError(f"the {word} {name!r} is no {base.__name__}: its factory makes {made!r}")
            origin = registry.origin(kind, name)
            opening = Opening(made, lambda error: registry.blame(_keyless(error, name), origin))
            self.openings[f"{word} {name}"] = opening
        return opening


def _keyless(error: BaseException, backend: str) -> BaseException:
    """A key that is not where it should be is one more that is missing, whichever backend has looked for it."""
    if not isinstance(error, SecretError):
        return error
    return AuthenticationError(
        f"{backend} cannot be asked without a key: {error}. Set it, or let settings.{backend} say where else it is."
    )


def _answers(handler: object) -> bool:
    return callable(getattr(handler, "complete", None))


def _embeds(handler: object) -> bool:
    return callable(getattr(handler, "embed", None))
