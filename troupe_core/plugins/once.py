"""What a runtime makes once, for whoever needs it first, and keeps for everybody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Once:
    """`once(key, make)` is what was made under that key, or is made now."""

    def __init__(self) -> None:
        self._made: dict[object, Any] = {}
        self._lock = threading.RLock()

    def __call__(self, key: object, make: Callable[[], Any]) -> Any:
        made = self._made.get(key)
        if made is None:
            with self._lock:
                made = self._made.get(key)
                if made is None:
                    made = self._made[key] = make()
        return made

    def made(self, key: object) -> Any:
        """What stands there, if somebody has needed it; else None."""
        return self._made.get(key)

    def forget(self, key: object) -> None:
        """Let it be made once more."""
        self._made.pop(key, None)

    def forget_all_of(self, faculty: str) -> None:
        """The same for whatever was made of a faculty of that name: its key has a tuple in it with the name."""
        with self._lock:
            self._made = {key: made for key, made in self._made.items() if not _mentions(key, faculty)}


def _mentions(key: object, faculty: str) -> bool:
    return isinstance(key, tuple) and any(isinstance(part, tuple) and faculty in part for part in key)
