"""Who wants telemetry, and giving it to them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from troupe_core.errors import containable
from troupe_core.events import Event
from troupe_core.plugins.origin import Origin
from troupe_core.plugins.registry import Registry

log = logging.getLogger("troupe")


class Observers:
    """Of one runtime: plugins, and functions that watch for a while."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._manager = registry.manager
        self._found: list[tuple[Origin, Callable[..., Any], bool]] = []
        self._watching: tuple[Callable[[Event], None], ...] = ()
        self._blamed: set[object] = set()
        self.look()

    def look(self) -> None:
        """See which plugins are there."""
        self._found = [
            (origin, function, "event" in names)
            for origin, function, names in self._manager.implementations("troupe_event")
            if origin.plugin not in self._manager.asleep
        ]

    def add(self, observer: Callable[[Event], None]) -> None:
        """Give it every event from now on."""
        self._watching = (*self._watching, observer)

    def remove(self, observer: Callable[[Event], None]) -> None:
        """Give it no more."""
        self._watching = tuple(each for each in self._watching if each != observer)
        self._blamed.discard(observer)

    def __bool__(self) -> bool:
        return bool(self._found or self._watching)

    def tell(self, event: Event) -> None:
        """What one of them raises is logged once, and reaches nobody else."""
        for origin, function, wants_event in self._found:
            try:
                if wants_event:
                    function(event=event)
                else:
                    function()
            except BaseException as error:
                self._failed(error, origin, f"troupe_event of plugin {origin}", origin)
        for observer in self._watching:
            try:
                observer(event)
            except BaseException as error:
                self._failed(error, observer, f"{observer!r}, which watches a runtime,")

    def _failed(self, error: BaseException, who: object, named: str, origin: Origin | None = None) -> None:
        if not containable(error):
            raise error
        if who not in self._blamed:
            self._blamed.add(who)
            seen = self._registry.blame(error, origin)
            log.error("%s failed; further errors of it are not logged", named, exc_info=seen)
