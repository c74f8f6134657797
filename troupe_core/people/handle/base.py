"""What everything that a person offers stands on: its state, changing it, waiting for it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from troupe_core.people.state import PersonState
from troupe_core.simulation.things import Closed, Handle

if TYPE_CHECKING:
    from troupe_core.people.mind import Mind

T = TypeVar("T")


class Base(Handle):
    __slots__ = ()

    def __repr__(self) -> str:
        state = None if isinstance(self._simulation, Closed) else self._simulation.states.get(self._id)
        name = self._id if state is None or state.name == self._id else f"{state.name} ({self._id})"
        return f"<{type(self).__name__} {name}>"

    def __str__(self) -> str:
        if isinstance(self._simulation, Closed):
            return repr(self)
        from troupe_core.people.showing import person_in_words

        return person_in_words(self)

    def _repr_html_(self) -> str | None:
        if isinstance(self._simulation, Closed):
            return None
        from troupe_core.people.showing import of_person

        return of_person(self)

    @property
    def state(self) -> PersonState:
        """The person as a value, as it is now."""
        found: PersonState = self.simulation.state(self._id)
        return found

    @property
    def name(self) -> str:
        return self.state.name

    @property
    def persona(self) -> Mapping[str, Any]:
        """Everything that describes the person, read-only; `define` changes it."""
        return self.state.persona.view()

    @property
    def mind(self) -> Mind:
        """Goals, attention, emotions and notes, as the last turn left them."""
        return self.state.mind

    @property
    def place(self) -> str:
        return self.state.place

    def _change(self, change: Callable[[PersonState], PersonState]) -> Self:
        self.simulation.apply(self._id, change)
        return self

    def _wait(self, make: Callable[[], Coroutine[Any, Any, T]], twin: str) -> T:
        return self.simulation.runtime.wait(make, twin)
