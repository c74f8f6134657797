"""Things of other kinds as rows of a journal, and back."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from troupe_core.errors import Busy, JournalError, SimulationError
from troupe_core.keys import canonical, plain
from troupe_core.simulation.entities import ThingState, TinyThing, Transactional
from troupe_core.simulation.journal.values import from_plain, proven
from troupe_core.simulation.things import make_handle
from troupe_core.simulation.transaction import Outcome, Transaction

if TYPE_CHECKING:
    from troupe_core.simulation.journal.shelf import Parcel, Shelf
    from troupe_core.simulation.simulation import Simulation

OURS = {"TinyFactory": "troupe_core.factories", "TinyPersonFactory": "troupe_core.factories"}
"""Where classes of the core are, which a journal may name before anybody has imported them."""


class ThingPacking:
    kind = "thing"

    def pack(self, state: ThingState, parcel: Parcel, base: ThingState | None = None) -> dict[str, Any]:
        value = proven(parcel.shelf, state.value, state.handle.value_class, f"the state of {state.id}")
        return {
            "digest": state.digest.hex(),
            "class": state.handle.__qualname__,
            "version": state.handle.state_version,
            "value": value,
            "turns": state.turns,
        }

    def unpack(self, id: str, spelled: Mapping[str, Any], shelf: Shelf, simulation: Simulation) -> ThingState:
        name = spelled["class"]
        if name in OURS:
            import_module(OURS[name])
        namesakes = [shelf.attached[name]] if name in shelf.attached else TinyThing.known.get(name, [])
        alive = dict.get(simulation.states, id)  # without reading it, which would lead here again
        if isinstance(alive, ThingState) and alive.handle.__qualname__ == name:
            namesakes = [alive.handle]
        if len(namesakes) > 1:
            homes = " and ".join(each.__module__ for each in namesakes)
            raise JournalError(f'{id!r} is a {name}, and {homes} both have one: give attach={{"{name}": …}}')
        handle = namesakes[0] if namesakes else None
        if handle is None:
            raise JournalError(
                f"{id!r} is a {name}, and no such class is defined here: import the module that defines it, or give "
                f'attach={{"{name}": {name}}}'
            )
        data, version = spelled["value"], spelled["version"]
        if version > handle.state_version:
            raise JournalError(
                f"the state of {id} was written by version {version} of {name}, and this is an older one"
            )
        if version < handle.state_version:
            data = handle.migrate(data, version)
        value = from_plain(data, handle.value_class, f"the state of {id}")
        return ThingState(id, handle, value, spelled["turns"], bytes.fromhex(spelled["digest"]))

    def bare(self, state: ThingState) -> ThingState:
        return state

    def explain(self, state: ThingState) -> dict[str, Any]:
        return {"state": plain(state.value), "turns": state.turns}

    async def perform(
        self, simulation: Simulation, kind: str, state: ThingState, arguments: Mapping[str, Any]
    ) -> Outcome:
        """Methods are given back what they were given only where that is plain."""
        method = getattr(state.handle, kind.rpartition(".")[2], None)
        if not isinstance(method, Transactional):
            raise SimulationError(f"{state.handle.__qualname__} has no transactional method {kind!r} any more")
        if any(isinstance(value, dict) and "$thing" in value for value in arguments.values()):
            raise SimulationError(f"{kind} was given another thing, which a replay cannot give it again")
        thing: Any = make_handle(simulation, state)

        async def execute(tx: Transaction) -> Outcome:
            return await method.perform_on(simulation, tx, thing, (), arguments)

        fingerprint = simulation.models.fingerprint(method.leaf.kind, method.makers)
        spelled = canonical(arguments, "arguments")
        attempt = simulation.stumbles.get(state.id, 0)
        return await simulation.transact(method.leaf, state, arguments, spelled, fingerprint, execute, attempt=attempt)

    def revive(self, simulation: Simulation, id: str, spelled: Mapping[str, Any], read: Any) -> Any:
        raise Busy("nothing is ever on its way to a thing")


PACKING = ThingPacking()
