"""What everything that a person offers stands on: its state, changing it, waiting for it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

from troupe_core.people.perceiving import checked_text, checked_words
from troupe_core.people.state import PersonState
from troupe_core.simulation.things import Closed, Handle

if TYPE_CHECKING:
    from troupe_core.people.mind import Mind
    from troupe_core.people.pictures import Picture

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

    def _seen(self, description: str, images: Sequence[Picture]) -> tuple[str, list[str]]:
        """What is seen, checked and kept: the words, and the names of the pictures."""
        from troupe_core.people.pictures import check_somebody_looks, checked_pictures

        simulation, pictures = self.simulation, checked_pictures(images)
        text = (checked_words if pictures else checked_text)(description, "visual_description")
        simulation.check_open()
        if pictures and not text:
            check_somebody_looks(simulation, self.state.model, self.name)
        return text, [simulation.pictures.keep(picture) for picture in pictures]

    def _wait(self, make: Callable[[], Coroutine[Any, Any, T]], twin: str) -> T:
        return self.simulation.runtime.wait(make, twin)
