"""Enrichment: a text, rewritten by requirements. Which enricher does it, a plugin says."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.arguments import checked, checked_name
from troupe_core.errors import ArgumentError, PluginError
from troupe_core.keys import canonical, digest, utf8
from troupe_core.llm.response import Written
from troupe_core.plugins.blame import contained
from troupe_core.plugins.members import Member, member
from troupe_core.records import EnricherSpec
from troupe_core.simulation.desk import desk
from troupe_core.simulation.simulation import simulation_of

if TYPE_CHECKING:
    from troupe_core.simulation.desk import Desk
    from troupe_core.simulation.simulation import Simulation

ENRICHMENT = "enrichment"

log = logging.getLogger("troupe")


@attrs.frozen
class EnrichmentTask:
    """What is to be rewritten, and how."""

    requirements: str
    content: str
    content_type: str = ""
    """What sort of text it is, such as "a letter"; empty if nobody said."""
    context: str = ""
    """What else is to be known."""
    earlier: tuple[str, ...] = ()
    """Texts made before, that this one goes with."""

    def key(self, enricher: str) -> bytes:
        """What tells it from other tasks."""
        whole = [self.requirements, self.content, self.content_type, self.context, list(self.earlier)]
        return digest(b"enrichment", utf8(enricher), canonical(whole))


class Enricher(Member):
    """Base of enrichers."""

    record = EnricherSpec

    async def enrich(self, task: EnrichmentTask, desk: Desk) -> str:
        """The text as it is to be, and nothing around it."""
        raise NotImplementedError(f"{type(self).__qualname__} has no enrich()")


class TinyEnricher:
    """Rewrites texts. `enricher` is the name of an installed one; without `simulation` the current one pays.

    With `use_past_results_in_context` each text is written to go with those that this one has written before.
    """

    def __init__(
        self,
        use_past_results_in_context: bool = False,
        *,
        enricher: str = "audience",
        simulation: Simulation | None = None,
    ) -> None:
        if not isinstance(use_past_results_in_context, bool):
            raise ArgumentError(
                f"use_past_results_in_context is True or False, not {use_past_results_in_context!r}; an enricher is "
                "named as enricher=…"
            )
        self.enricher = checked_name(enricher, "enricher")
        self.use_past_results_in_context = use_past_results_in_context
        self.context_cache: list[str] = []
        """What it has written so far, if that is to be used."""
        self._simulation = simulation

    def enrich_content(
        self,
        requirements: str,
        content: str,
        content_type: str | None = None,
        context_info: str = "",
        context_cache: Sequence[str] | None = None,
        verbose: bool = False,
    ) -> Written:
        """The content as the requirements want it. `context_cache` are earlier texts that it is to go with, instead of
        those that this enricher remembers. With `verbose` the text goes to the log too. It bears the mark of puppets,
        and says if another than the first of several models wrote it.
        """
        return simulation_of(self._simulation).runtime.wait(
            lambda: self.aenrich_content(requirements, content, content_type, context_info, context_cache, verbose),
            "enricher.aenrich_content(…)",
        )

    async def aenrich_content(
        self,
        requirements: str,
        content: str,
        content_type: str | None = None,
        context_info: str = "",
        context_cache: Sequence[str] | None = None,
        verbose: bool = False,
    ) -> Written:
        """`enrich_content`, awaited."""
        simulation = simulation_of(self._simulation)
        past = self.context_cache if context_cache is None else context_cache
        if isinstance(past, str) or not all(isinstance(text, str) for text in past):
            raise ArgumentError("context_cache is a list of texts; write [context_cache]")
        task = EnrichmentTask(
            checked(requirements, "requirements"),
            checked(content, "content"),
            checked(content_type or "", "content_type", empty=True),
            checked(context_info, "context_info", empty=True),
            tuple(past),
        )
        text = await simulation.runtime.thread.hop(enrich(simulation, self.enricher, task))
        if self.use_past_results_in_context:
            self.context_cache.append(text)
        if verbose:
            log.info("%s wrote: %s", self.enricher, text)
        return text


async def enrich(simulation: Simulation, name: str, task: EnrichmentTask) -> Written:
    """The text of one task."""
    enricher = member(simulation.runtime, Enricher, name)
    async with desk(simulation, ENRICHMENT, task.key(name)) as place:
        failed = f"the enricher {name!r} failed"
        text: Any = await contained(simulation.runtime.blame, failed, enricher.enrich(task, place))
    if not isinstance(text, str) or not text.strip():
        raise PluginError(f"the enricher {name!r} gave {text!r}; enrich() has to return a text")
    return Written(text, place.mark, place.substitute)
