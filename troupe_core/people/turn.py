"""A turn, as a faculty sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from troupe_core.events import EVENT, MEMORY, NO_DATA, STIMULUS, Fact
from troupe_core.people.memory import Recalled
from troupe_core.people.perceiving import name_of
from troupe_core.simulation.scene import Asking, Scene
from troupe_core.templates import Render

if TYPE_CHECKING:
    from troupe_core.people.mind import Mind
    from troupe_core.people.state import PersonState
    from troupe_core.simulation.rng import Stream

S = TypeVar("S")


class Turn(Generic[S]):
    """A faculty's view: it reads the person, and writes its own state, what the person perceives, and facts."""

    __slots__ = ("_faculty", "_scene")

    def __init__(self, scene: Scene, faculty: str) -> None:
        self._scene = scene
        self._faculty = faculty

    @property
    def _person(self) -> PersonState:
        state: PersonState = self._scene.state
        return state

    @property
    def name(self) -> str:
        """The person's."""
        return self._person.name

    @property
    def persona(self) -> Mapping[str, Any]:
        return self._person.persona.view()

    @property
    def mind(self) -> Mind:
        return self._person.mind

    @property
    def place(self) -> str:
        return self._person.place

    @property
    def now(self) -> datetime | None:
        """Simulated time; None where there is none."""
        return self._scene.when.now

    @property
    def number(self) -> int:
        """How many turns the person has had before."""
        return self._person.turns

    @property
    def faculties(self) -> Mapping[str, Any]:
        """What each faculty keeps for this person."""
        return self._person.slices

    @property
    def rng(self) -> Stream:
        """Random numbers of this faculty in this turn; the same in every run with the same seed."""
        return self._scene.stream(self._faculty)

    @property
    def state(self) -> S:
        """What this faculty keeps for this person. Assign another frozen value to change it."""
        kept: S = self._person.slices[self._faculty]
        return kept

    @state.setter
    def state(self, value: S) -> None:
        simulation = self._scene.simulation
        journal = simulation.journal
        if journal is not None:  # what could not be kept is refused here, where it can be named
            from troupe_core.simulation.journal.values import proven

            declared = simulation.runtime.faculty(self._faculty).state_class
            proven(journal.shelf, value, declared or type(value), f"what {self._faculty} keeps for {self._scene.thing}")
        self._scene.state = self._scene.state.with_slice(self._faculty, value)

    def perceive(self, content: str, kind: str = "THOUGHT", source: str = "") -> None:
        """Something more reaches the person: in the rest of this turn if it goes on, else in the next one."""
        fact = self._scene.fact(STIMULUS, kind, content, source=name_of(source))
        self._scene.state = self._scene.state.hear(fact)

    def emit(self, type: str, content: str = "", data: Mapping[str, Any] = NO_DATA) -> Fact:
        """Put something on record. The person does not notice."""
        return self._scene.fact(EVENT, type, content, data=data, source=self.name)

    def remember(self, content: str) -> Fact:
        """A memory in the making; the person has it once it is part of what its memory absorbs."""
        return self._scene.fact(MEMORY, "MEMORY", content, source=self.name)

    async def recall(self, query: str, k: int = 10) -> Sequence[Recalled]:
        """What the query brings to the person's mind."""
        state = self._person
        return await state.memory_kind.recall(state.memory, query, k, self)

    def template(self, name: str) -> Render:
        """A template of those that this runtime uses."""
        return self._scene.simulation.runtime.templates[name]

    def llm(self, purpose: str) -> Asking:
        """A model, asked on behalf of this person; the purpose chooses which one, and is what its cost is booked on."""
        return Asking(self._scene, purpose)
