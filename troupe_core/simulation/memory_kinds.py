"""The kinds of memory that the people of one simulation have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import attrs

from troupe_core.errors import ArgumentError

if TYPE_CHECKING:
    from troupe_core.people.memory import Memory
    from troupe_core.runtime import Runtime


class MemoryKinds:
    """One instance of each for all who have it. It is the simulation's own, so that indexes in it live as long."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._made: dict[Any, Memory[Any]] = {}
        self.found: dict[bytes, Any] = {}
        """Those that a journal names, by how it spells them."""

    def alive(self) -> list[Memory[Any]]:
        """Those that somebody was given."""
        return list(self._made.values())

    def clear(self) -> None:
        self._made.clear()
        self.found.clear()

    def __call__(self, given: Memory[Any] | str | None) -> Memory[Any]:
        """A kind of memory with its settings, or by name; the usual one if none is given."""
        if given is not None and not isinstance(given, str):
            if isinstance(given, type) or not callable(getattr(given, "consolidate", None)):
                kind = type(given).__name__
                shown = f"a class; write {given.__name__}()" if isinstance(given, type) else f"an object of type {kind}"
                raise ArgumentError(f"memory is a kind of memory with its settings, or the name of one, not {shown}")
            try:
                hash(given)
            except TypeError as error:
                raise ArgumentError(
                    f"memory: the settings of {type(given).__name__} cannot be hashed ({error}); "
                    "use a frozen attrs class with plain values"
                ) from None
        key = given or "episodic"
        made = self._made.get(key)
        if made is None:
            if isinstance(key, str):
                made = self._runtime.memory(key)
            else:
                made = attrs.evolve(cast(Any, key)) if attrs.has(type(key)) else key
            self._made[key] = made
        return made
