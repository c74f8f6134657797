"""The backends of a runtime, each made once, and the handlers of their models, each composed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from troupe_core.errors import PluginError, TroupeError, containable, told
from troupe_core.llm.handlers import Capabilities, LLMBackend, LLMHandler
from troupe_core.llm.request import ModelRef
from troupe_core.plugins.registry import Registry
from troupe_core.records import BackendSpec

if TYPE_CHECKING:
    from troupe_core.llm.provider import Metering, Opening


class Backends:
    """Of one runtime, which keeps account of their calls."""

    def __init__(self, registry: Registry, metering: Metering) -> None:
        self._registry = registry
        self._metering = metering
        self._handlers: dict[str, LLMHandler] = {}
        self.openings: dict[str, Opening] = {}
        """Those that were made, by name."""

    def handler(self, model: str) -> LLMHandler:
        """What answers for a model, with whatever stands around it."""
        made = self._handlers.get(model)
        if made is None:
            ref = ModelRef.parse(model)
            made = self._handlers[model] = self._registry.manager.compose(
                "troupe_llm_handler", lambda hooks: hooks.troupe_llm_handler(model=ref), model, _answers
            )
        return made

    def compose_anew(self) -> None:
        """Others stand around them from now on."""
        self._handlers.clear()

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
        try:
            return await opening.backend.check(ref.name)
        except BaseException as error:
            if not containable(error):
                raise
            seen = opening.blame(error)
            if isinstance(seen, TroupeError):
                raise seen  # noqa: B904 - usually the same error
            raise PluginError(f"the backend {ref.backend!r} could not be checked: {told(seen)}") from seen

    def provider(self, ref: ModelRef) -> LLMHandler:
        """The innermost handler: the backend itself, metered."""
        from troupe_core.llm.provider import Provider

        paid = not self._registry.record(BackendSpec, ref.backend).free
        able = self.capabilities_of(ref)
        return Provider(self._opening(ref.backend), str(ref), self._metering, paid=paid, able=able)

    def _opening(self, name: str) -> Opening:
        from troupe_core.llm.provider import Opening

        registry = self._registry
        opening = self.openings.get(name)
        if opening is None:
            backend = registry.make(BackendSpec, name)
            if not isinstance(backend, LLMBackend):
                raise PluginError(f"the backend {name!r} is no LLMBackend: its factory makes {backend!r}")
            origin = registry.origin(BackendSpec, name)
            opening = self.openings[name] = Opening(backend, lambda error: registry.blame(error, origin))
        return opening


def _answers(handler: object) -> bool:
    return callable(getattr(handler, "complete", None))
