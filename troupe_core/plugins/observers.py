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
    """Of one runtime."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._manager = registry.manager
        self._found: list[tuple[Origin, Callable[..., Any], bool]] = []
        self._blamed: set[Origin] = set()
        self.look()

    def look(self) -> None:
        """See who is there."""
        self._found = [
            (origin, function, "event" in names)
            for origin, function, names in self._manager.implementations("troupe_event")
            if origin.plugin not in self._manager.asleep
        ]

    def __bool__(self) -> bool:
        return bool(self._found)

    def tell(self, event: Event) -> None:
        """What one of them raises is logged once, and reaches nobody else."""
        for origin, function, wants_event in self._found:
            try:
                if wants_event:
                    function(event=event)
                else:
                    function()
            except BaseException as error:
                if not containable(error):
                    raise
                if origin not in self._blamed:
                    self._blamed.add(origin)
                    seen = self._registry.blame(error, origin)
                    log.error(
                        "troupe_event of plugin %s failed; further errors of it are not logged", origin, exc_info=seen
                    )
