"""What the person can do."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Self

from troupe_core.errors import ArgumentError
from troupe_core.people.abilities import abilities_of
from troupe_core.people.faculty import TinyMentalFaculty
from troupe_core.people.given import CONVERSATION, faculty_named, fresh_slices, several
from troupe_core.people.handle.base import Base
from troupe_core.people.state import PersonState
from troupe_core.records import TOOL


class Equipping(Base):
    __slots__ = ()

    def add_mental_faculty(self, faculty: str | TinyMentalFaculty | type[TinyMentalFaculty]) -> Self:
        """From now on the person has one more: an installed one by its name, or one that is given as it is."""
        return self.add_mental_faculties([faculty])

    def add_mental_faculties(
        self, mental_faculties: Iterable[str | TinyMentalFaculty | type[TinyMentalFaculty]]
    ) -> Self:
        """The same for several: all of them or none."""
        simulation = self.simulation
        new = [faculty_named(simulation, each) for each in several(mental_faculties, "mental_faculties")]
        has = self.state.faculties
        twice = next((name for at, name in enumerate(new) if name in has or name in new[:at]), None)
        if twice is not None:
            raise ArgumentError(f"{self.name} has the faculty {twice!r} already")
        own = sorted({*has, *new} - {CONVERSATION}, key=lambda name: (name.startswith(TOOL), name))
        faculties = (CONVERSATION, *own)  # in the order of the constructor: equal sets are equal bytes to a model
        abilities_of(simulation.runtime, faculties)
        fresh = fresh_slices(simulation.runtime, new)

        def change(state: PersonState) -> PersonState:
            return state.changed(faculties=faculties, slices=MappingProxyType({**state.slices, **fresh}))

        return self._change(change) if new else self
