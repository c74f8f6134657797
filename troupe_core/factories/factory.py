"""TinyFactory: something in a simulation that makes what else is in it. Which ones there are, the simulation knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

import attrs

from troupe_core.errors import ArgumentError, DuplicateName, JournalError, SimulationError
from troupe_core.simulation import lookup
from troupe_core.simulation.adopting import adopt_free
from troupe_core.simulation.entities import ThingState, TinyThing
from troupe_core.simulation.lookup import current_simulation
from troupe_core.simulation.simulation import simulation_of

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation


@attrs.frozen
class FactoryState:
    """What every factory keeps; those of a subclass keep more, in a class made from this one."""

    listed: bool = True
    """Whether it is among all factories: not, once they were cleared."""


class _AllFactories:
    """Read from the class, it is asked for anew each time."""

    def __get__(self, instance: object, owner: type[TinyFactory]) -> dict[str, TinyFactory]:
        return {factory.name: factory for factory in _factories_of(current_simulation()) if factory.state.listed}


class TinyFactory(TinyThing, state=FactoryState):
    """Base of factories. Each has a name of its own in its simulation: that with the id `simulation_id` (the id under
    which `control.begin` began it, or a simulation's own), or the `simulation` itself, else the current one.
    """

    __slots__ = ()

    all_factories = _AllFactories()
    """The factories of the current simulation, by name."""

    def __init__(
        self, simulation_id: str | None = None, state: Any = None, *, simulation: Simulation | None = None
    ) -> None:
        joined = simulation_named(simulation_id, simulation)
        with joined.at_once():
            super().__init__(joined.next_name("Factory"), state, simulation=joined)

    @property
    def name(self) -> str:
        return self._id

    @property
    def simulation_id(self) -> str | None:
        """The id of the simulation that it belongs to; None as long as it is free."""
        simulation = self.simulation
        return None if simulation is lookup.free_simulation() else simulation.id

    # -- all of them --------------------------------------------------------------------------------------------------

    @staticmethod
    def add_factory(factory: TinyFactory) -> None:
        """Let one that is free, or was cleared away, be among those of the current simulation."""
        if not isinstance(factory, TinyFactory):
            raise ArgumentError(f"factory must be a TinyFactory, not {factory!r}")
        simulation = current_simulation()
        if factory.simulation is simulation and not factory.state.listed:
            factory._change(lambda state: attrs.evolve(state, listed=True))
        elif factory.name in simulation:
            raise DuplicateName(f"{simulation.id} has a {factory.name!r} already; names of factories are unique")
        elif factory.simulation_id is not None:
            raise SimulationError(f"{factory.name!r} belongs to {factory.simulation_id}; make another one here")
        else:
            adopt_free(simulation, {factory.id})

    @staticmethod
    def clear_factories() -> None:
        """Let none of the current simulation be among all factories any more. Whom they have made stays."""
        simulation = current_simulation()
        with simulation.at_once():
            for factory in _factories_of(simulation):
                factory._change(lambda state: attrs.evolve(state, listed=False))

    @staticmethod
    def set_simulation_for_free_factories(simulation: Simulation) -> None:
        """Let the factories that were made without a simulation join this one."""
        free = lookup.free_simulation()
        if free is not None and free is not simulation_of(simulation):
            adopt_free(simulation, {factory.id for factory in _factories_of(free)})

    # -- its state, as data -------------------------------------------------------------------------------------------

    def encode_complete_state(self) -> dict[str, Any]:
        """Everything that it keeps, as plain data."""
        from troupe_core.simulation.journal.values import converter

        kept: dict[str, Any] = converter().unstructure(self.state)
        return {"name": self.name, "simulation_id": self.simulation_id, **kept}

    def decode_complete_state(self, state: Mapping[str, Any]) -> Self:
        """Be as that data says, in the simulation and under the name that it has."""
        from troupe_core.simulation.journal.values import from_plain

        if not isinstance(state, Mapping):
            raise ArgumentError(f"state must be what encode_complete_state() gives, not {state!r}")
        kept = {key: value for key, value in state.items() if key not in ("name", "simulation_id")}
        try:
            value = from_plain(kept, self.value_class, f"the state of {self.name}")
        except JournalError as error:
            raise ArgumentError(f"that is no state of a {type(self).__name__}: {_reason(error)}") from None
        self._change(lambda _: value)
        return self

    def _change(self, change: Callable[[Any], Any]) -> None:
        self.simulation.apply(self._id, lambda state: state.changed(value=change(state.value), turns=state.turns + 1))


def simulation_named(id: str | None, given: Simulation | None) -> Simulation:
    """The simulation that a factory joins."""
    if id is None:
        return simulation_of(given)
    if given is not None:
        raise ArgumentError("a factory is given simulation_id or simulation, not both")
    if not isinstance(id, str):
        raise ArgumentError(f"simulation_id is an id, such as 'default', not {id!r}; write simulation=…")
    from troupe_core import control

    try:
        return control.simulation(id)
    except SimulationError:
        found = lookup.open_with_id(id)
    if found is None:
        raise ArgumentError(
            f"there is no simulation {id!r}: begin one with control.begin(id={id!r}), or give one as simulation=…"
        )
    return found


def _factories_of(simulation: Simulation) -> list[TinyFactory]:
    kinds = {id: state.handle for id, state in simulation.states.items() if isinstance(state, ThingState)}
    return [simulation[id] for id, kind in kinds.items() if issubclass(kind, TinyFactory)]


def _reason(error: JournalError) -> str:
    """What a class says of its values itself, if it is that: it comes within groups of errors."""
    cause = error.__cause__
    own: Any = cause.subgroup(ArgumentError) if isinstance(cause, ExceptionGroup) else None
    while isinstance(own, ExceptionGroup):
        own = own.exceptions[0]
    return str(own or error)
