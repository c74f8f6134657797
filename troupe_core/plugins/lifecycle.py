"""Opening plugins before anything else happens on a runtime's loop, and closing them when nothing does any more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from troupe_core.errors import PluginError, containable
from troupe_core.plugins.origin import Origin
from troupe_core.plugins.registry import Registry

log = logging.getLogger("troupe")


class Lifecycle:
    """Of the plugins of one runtime that have `open` or `aclose`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        manager = registry.manager
        self.waiting = [
            origin
            for name, origin in manager.origins.items()
            if "open" in manager.methods[name] and self._is_used(name)
        ]
        """Those that are still to be opened."""
        self._opened: set[str] = set()

    def _is_used(self, name: str) -> bool:
        """Whether a plugin acts, or may have to once somebody names what it brings, or a backend that wants it."""
        registry = self._registry
        manager = registry.manager
        return name not in manager.asleep or manager.registers(name) or bool(registry.wanted_by(name))

    def woken(self, name: str) -> bool:
        """Whether a plugin that sleeps no more is to be opened now."""
        registry = self._registry
        manager = registry.manager
        if "open" not in manager.methods[name] or manager.registers(name) or registry.wanted_by(name):
            return False
        self.waiting.append(manager.origins[name])
        return True

    async def open(self, left_out: Callable[[], None], closing: Callable[[], bool]) -> None:
        """Open those that wait, unless everything is about to close. An installed plugin that cannot open is left out,
        which is told; one that was asked for stops everything, until it can.
        """
        registry = self._registry
        while self.waiting and not closing():
            origin = self.waiting[0]
            try:
                await self._opening(origin.plugin)
            except BaseException as error:
                if not containable(error):
                    raise
                seen = registry.blame(error, origin)
                if not origin.installed or registry.loader.needs(origin):
                    raise PluginError(f"plugin {origin} could not open: {type(seen).__name__}: {seen}") from seen
                self.waiting.pop(0)
                registry.drop(origin, f"it could not open: {type(seen).__name__}: {seen}", seen)
                left_out()
            else:
                self.waiting.pop(0)
                self._opened.add(origin.plugin)

    async def _opening(self, name: str) -> None:
        import asyncio

        seconds = self._registry.loader.loading.open_within
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                await self._registry.manager.methods[name]["open"]()
        except TimeoutError as error:
            if limit.expired():
                raise TimeoutError(f"it took longer than {seconds:g} seconds (loading.open_within)") from error
            raise

    @property
    def to_be_closed(self) -> list[Origin]:
        """Those that were opened, or need no opening and are used; who came last stands around the others: first."""
        manager = self._registry.manager
        return [
            origin
            for name, origin in reversed(manager.origins.items())
            if "aclose" in manager.methods[name]
            and (name in self._opened if "open" in manager.methods[name] else self._is_used(name))
        ]

    async def close(self, others: Iterable[tuple[str, Any]]) -> None:
        """Close those, and then the others; what cannot be closed is said, and keeps nobody from closing."""
        methods = self._registry.manager.methods
        closing: list[tuple[str, Callable[[], Any], Origin | None]] = [
            (f"plugin {origin.plugin}", methods[origin.plugin]["aclose"], origin) for origin in self.to_be_closed
        ]
        closing += [(what, thing.aclose, None) for what, thing in others]
        for what, close, origin in closing:
            try:
                await close()
            except BaseException as error:
                if not containable(error):
                    raise
                seen = self._registry.blame(error, origin)
                log.error("the %s could not be closed", what, exc_info=seen)
