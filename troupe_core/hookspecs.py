"""Every hook that a plugin can implement. This file is the reference.

Hooks are plain functions and are called rarely: to *register* records, and to *compose* a handler once. Asynchrony
lives in the handlers. A plugin is a module, or an object, with functions marked `@hookimpl` and named like the hooks
here; it may leave out arguments that it does not need. All hooks start with `troupe_`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from troupe_core.plugins.markers import collect, first, hookimpl

if TYPE_CHECKING:
    from troupe_core.events import Event
    from troupe_core.llm.handlers import LLMHandler
    from troupe_core.llm.request import ModelRef
    from troupe_core.records import BackendSpec, FacultySpec, MemorySpec
    from troupe_core.simulation.transaction import TransactionHandler

__all__ = ["API_VERSION", "TroupeSpecs", "hookimpl"]

API_VERSION = (0, 1)
"""Of the hooks. A plugin may state the version it was written for as `TROUPE_API`."""


class TroupeSpecs:
    """The hooks. The class is also the type of the relay that calls them, so type checkers know each call."""

    # -- registration: yield frozen records; their factories are called at first use ----------------------------------

    @collect
    def troupe_register_llm_backends(self) -> Iterable[BackendSpec]:  # type: ignore[empty-body]
        """What answers requests. Models are then named `<backend>/<model>`.

        @hookimpl
        def troupe_register_llm_backends():
            yield BackendSpec("acme", "troupe_llm_acme:Acme")
        """

    @collect
    def troupe_register_faculties(self) -> Iterable[FacultySpec]:  # type: ignore[empty-body]
        """What people can do beyond talking and thinking. A faculty acts only for persons who are given it by name.

        @hookimpl
        def troupe_register_faculties():
            yield FacultySpec("mood", "troupe_faculty_mood:Mood")
        """

    @collect
    def troupe_register_memories(self) -> Iterable[MemorySpec]:  # type: ignore[empty-body]
        """How people remember. The factory is a frozen attrs class whose fields are the memory's settings.

        @hookimpl
        def troupe_register_memories():
            yield MemorySpec("diary", "troupe_memory_diary:Diary")
        """

    # -- composition: the core makes a handler once, plugins wrap it --------------------------------------------------

    @first
    def troupe_llm_handler(self, model: ModelRef) -> LLMHandler:  # type: ignore[empty-body]
        """The handler for one model of one runtime. Implement it as a wrapper, to put something around the provider.

        Order, from the outside: observers (`tryfirst=True`), caches, resilience (`trylast=True`), the core's meter.

            @hookimpl(wrapper=True)
            def troupe_llm_handler(model):
                inner = yield
                return Loud(inner)          # class Loud(LLMWrapper): override complete()
        """

    @first
    def troupe_transaction_handler(self, kind: str) -> TransactionHandler:  # type: ignore[empty-body]
        """The handler for the transactions of one kind ("turn", "consolidation") of one simulation.

        @hookimpl(wrapper=True)
        def troupe_transaction_handler(kind):
            inner = yield
            async def timed(tx):
                started = perf_counter()
                try:
                    return await inner(tx)
                finally:
                    times[tx.thing] = perf_counter() - started
            return timed
        """

    # -- observation --------------------------------------------------------------------------------------------------

    @collect
    def troupe_event(self, event: Event) -> None:
        """Called for each telemetry event, at once and in the order in which they happen. It must not block.

        What it raises is logged once per plugin, and reaches nobody else.

            @hookimpl
            def troupe_event(event):
                if isinstance(event, ModelCall):
                    print(event.model, event.seconds)
        """
