"""Simulated things: values that hold their state, handles that users hold, and the base of both."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from troupe_core.errors import SimulationEnded
from troupe_core.simulation.packing import packs

if TYPE_CHECKING:
    from troupe_core.events import Fact
    from troupe_core.simulation.simulation import Simulation


class State(Protocol):
    """The frozen value of one thing at one time."""

    @property
    def id(self) -> str: ...

    @property
    def digest(self) -> bytes: ...


class Working(Protocol):
    """A transaction while it goes on. It can change the state of its own thing, and of no other."""

    simulation: Simulation
    thing: str
    state: Any
    facts: list[Fact]
    over: bool


working: ContextVar[Working | None] = ContextVar("troupe_working", default=None)
"""The transaction that the running code belongs to."""


def scene_of(simulation: object) -> Working | None:
    """The transaction of this simulation that the running code belongs to. What a task does that has outlived its turn
    belongs to none.
    """
    scene = working.get()
    return scene if scene is not None and scene.simulation is simulation and not scene.over else None


HANDLES: dict[type[Any], type[Handle]] = {}
"""Which handle goes with which kind of state."""


class Handle:
    """A simulation and an id. It has no state of its own: a resume would lose what is kept anywhere else than there."""

    __slots__ = ("__weakref__", "_id", "_simulation")

    _simulation: Simulation | Closed
    _id: str
    state_class: ClassVar[type[Any] | None] = None

    def __init_subclass__(cls, *, state: type[Any] | None = None, kind: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if state is not None:
            cls.state_class = state
            HANDLES[state] = cls
            if kind is not None:
                packs(kind, state)

    if not TYPE_CHECKING:  # checkers know what is declared, and would take this for a permission

        def __setattr__(self, name: str, value: Any) -> None:
            if not hasattr(
                getattr(type(self), name, None), "__set__"
            ):  # a subclass has a __dict__, and nobody keeps it
                raise AttributeError(
                    f"{type(self).__name__} has no place for {name!r}: an attribute of a handle would be lost by a "
                    "resume. What belongs to a person is in the persona, or in a faculty's state; to another thing, in "
                    "its state."
                )
            object.__setattr__(self, name, value)

    @property
    def id(self) -> str:
        """The first name that it had; it stays when the name changes."""
        return self._id

    @property
    def simulation(self) -> Simulation:
        """The simulation that it belongs to."""
        found = self._simulation
        if isinstance(found, Closed):
            raise SimulationEnded(f"{self._id!r} belonged to {found.id}, which was closed; nothing of it is left")
        return found


class Closed:
    """What handles of a closed simulation point to."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:
        self.id = id


def bind(handle: Handle, simulation: Simulation | Closed, id: str) -> None:
    """Point a handle somewhere."""
    handle._simulation = simulation
    handle._id = id


def make_handle(simulation: Simulation, state: State) -> Handle:
    """A handle for a state that has none yet."""
    handle: Handle = object.__new__(handle_class(state))
    bind(handle, simulation, state.id)
    return handle


def handle_class(state: State) -> type[Handle]:
    """What a handle for it is."""
    found: type[Handle] = getattr(state, "handle", None) or HANDLES[type(state)]
    return found
