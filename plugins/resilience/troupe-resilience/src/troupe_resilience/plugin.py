"""The plugin: one for a runtime, with the lanes that its simulations share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from random import Random
from typing import TYPE_CHECKING

from troupe_core import (
    Call,
    EmbedderSpec,
    EmbeddingHandler,
    LLMHandler,
    ModelRef,
    PluginError,
    Remark,
    Runtime,
    hookimpl,
)
from troupe_resilience.config import Config

if TYPE_CHECKING:
    from troupe_resilience.config import Policy
    from troupe_resilience.lane import Lane, LaneStats
    from troupe_resilience.stack import Tell

log = logging.getLogger("troupe")

QUIET = 5.0
"""Seconds between two remarks about one simulation: in a storm there would be thousands."""


class Plugin:
    """Stands around models, within what observes them and what keeps their answers. How long somebody waits is by
    chance, and in no key: no answer depends on it.
    """

    name = "resilience"
    config_class = Config

    def __init__(self, config: Config, runtime: Runtime) -> None:
        self.config = config
        self.random = Random()
        self.lanes: dict[str, Lane] = {}
        self._runtime = runtime
        self._told: dict[str, float] = {}

    @hookimpl(wrapper=True, trylast=True)
    def troupe_llm_handler(self, model: ModelRef) -> Generator[None, LLMHandler | None, LLMHandler | None]:
        inner = yield
        if inner is None:
            return None
        from troupe_resilience.stack import ResilientLLM  # at first use: it takes asyncio

        return ResilientLLM(inner, *self._way(model))

    @hookimpl(wrapper=True, trylast=True)
    def troupe_embedding_handler(
        self, model: ModelRef
    ) -> Generator[None, EmbeddingHandler | None, EmbeddingHandler | None]:
        inner = yield
        if inner is None:
            return None
        from troupe_resilience.stack import ResilientEmbeddings

        return ResilientEmbeddings(inner, *self._way(model), self._runtime.record(EmbedderSpec, model.backend))

    def _way(self, model: ModelRef) -> tuple[str, Policy, Lane, Callable[[], float], Tell]:
        """To one model, by its name, its policy and its lane."""
        from troupe_resilience.lane import Lane

        name = f"{model.backend}/{model.name}"
        policy, whose = self.config.policy(model.backend, name), self.config.whose(model.backend, name)
        lane = self.lanes.get(whose)
        if lane is None:  # handlers are composed anew when a plugin awakes; what is known of the provider stays
            lane = self.lanes[whose] = Lane(whose, policy)
        return name, policy, lane, self.random.random, self._tell

    def _tell(self, call: Call, text: str) -> None:
        import asyncio

        now = asyncio.get_running_loop().time()
        if now < self._told.get(call.simulation, now):
            return
        self._told = {name: until for name, until in self._told.items() if until > now} | {call.simulation: now + QUIET}
        log.warning("%s: %s", call.simulation, text)
        if self._runtime.watched:
            self._runtime.emit(Remark(call.simulation, call.person or call.world or call.simulation, text))


def stats(runtime: Runtime) -> dict[str, LaneStats]:
    """What goes on at each model that has been asked, or at each backend whose models share their limits."""
    for plugin in runtime.plugins.get_plugins():
        if isinstance(plugin, Plugin):
            return {name: lane.stats() for name, lane in plugin.lanes.items()}
    raise PluginError("this runtime has no plugin resilience: it was made without it, or with autoload=False")
