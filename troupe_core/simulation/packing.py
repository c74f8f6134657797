"""How states of each kind become rows of a journal: whoever defines a kind of thing says so, in a module that is loaded
when a journal needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from troupe_core.errors import JournalError

if TYPE_CHECKING:
    from troupe_core.simulation.journal.shelf import Parcel, Shelf
    from troupe_core.simulation.pending import Pending
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Outcome


class Packing(Protocol):
    """What such a module holds."""

    kind: str

    def pack(self, state: Any, parcel: Parcel, base: Any = None) -> dict[str, Any]:
        """The root as plain data with a `digest`; with a base, only what differs from it."""
        ...

    def unpack(self, id: str, spelled: Mapping[str, Any], shelf: Shelf, simulation: Simulation) -> Any: ...

    def bare(self, state: Any) -> Any:
        """The state without what is kept with it only to be quicker, and can be made again."""
        ...

    def explain(self, state: Any) -> dict[str, Any]:
        """Everything in it that a transaction can read, as plain data for human eyes."""
        ...

    async def perform(self, simulation: Simulation, kind: str, state: Any, arguments: Mapping[str, Any]) -> Outcome:
        """A transaction of that kind once more."""
        ...

    def revive(
        self, simulation: Simulation, id: str, spelled: Mapping[str, Any], read: Callable[[str, Any], Any]
    ) -> Pending:
        """A pending transaction that was on its way when a journal was left."""
        ...


_MODULES: dict[str, str] = {
    "person": "troupe_core.people.packing",
    "world": "troupe_core.worlds.packing",
    "thing": "troupe_core.simulation.entity_packing",
}
_KIND_OF: dict[type[Any], str] = {}
_of: dict[type[Any], Packing] = {}
_named: dict[str, Packing] = {}


def packs(kind: str, state: type[Any]) -> None:
    """Note that states of that class are of that kind."""
    _KIND_OF[state] = kind


def packing_of(state: type[Any]) -> Packing:
    found = _of.get(state)
    if found is None:
        found = _of[state] = packing_named(_KIND_OF[state])
    return found


def packing_named(kind: str) -> Packing:
    found = _named.get(kind)
    if found is None:
        module = _MODULES.get(kind)
        if module is None:
            raise JournalError(
                f"the journal has things of the kind {kind!r}, which this version of Troupe does not know"
            )
        made: Any = import_module(module)
        found = _named[kind] = made.PACKING
    return found
