"""Where a journal was left: who had come to nothing usable, from which state, and how far each world was.

A program that is run again repeats what it went past, and goes on from where it ended.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from troupe_core.keys import digest
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.codec import decode, encode
from troupe_core.simulation.journal.kinds import PART
from troupe_core.simulation.journal.records import whole

if TYPE_CHECKING:
    from troupe_core.simulation.journal.shelf import Shelf

SIGNS = (b'"stumbles"', b'"@"', b'"step"')
"""A record that has none of them tells nothing here."""


class LeftOff:
    """Looked at by whoever stumbles, and not before."""

    def __init__(self, shelf: Shelf, head: bytes | None) -> None:
        self._shelf = shelf
        self._head = head

    def goes_on(self, state: Any, attempts: int, world: str | None, step: int | None) -> bool:
        """Whether the next attempt follows at once where a turn has come to nothing usable: an earlier run ended there,
        or went on so. A step of a world that was made with somebody's failure in it is made so again.
        """
        store = self._shelf.store
        key = PART + digest(b"went on", state.digest, b"%d" % attempts)
        if store.get(key) is None:
            name, count = self._stumbled.get(state.id, ("", 0))
            past = step is not None and self._steps.get(world or "", 0) >= step
            if past or name != state.digest.hex() or attempts > count:
                return False
            store.put([(key, encode(attempts))])
        return True

    @cached_property
    def _records(self) -> dict[str, tuple[dict[str, Any], str]]:
        found = {} if self._head is None else commits.resolve(self._shelf.store, self._head)[0]
        return {
            id: (dict(whole(decode(raw), self._shelf)[0]), kind)
            for id, (kind, raw) in found.items()
            if any(sign in raw for sign in SIGNS)
        }

    @cached_property
    def _stumbled(self) -> dict[str, tuple[str, int]]:
        return {
            id: (record["digest"], record["stumbles"])
            for id, (record, _) in self._records.items()
            if record.get("stumbles")
        }

    @cached_property
    def _steps(self) -> dict[str, int]:
        return {id: record["step"] for id, (record, kind) in self._records.items() if kind == "world"}
