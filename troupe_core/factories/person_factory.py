"""TinyPersonFactory: casts people who suit a context, as many at a time as are wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypedDict, Unpack

import attrs
import orjson

from troupe_core.arguments import check_known, checked, checked_whole
from troupe_core.errors import ArgumentError, CastingStopped, told
from troupe_core.factories.casting import Came, Instead, Uncast, Wish, cast
from troupe_core.factories.contexts import split
from troupe_core.factories.factory import FactoryState, TinyFactory, simulation_named
from troupe_core.keys import plain
from troupe_core.llm.response import Substitute
from troupe_core.people.files import document
from troupe_core.people.given import several
from troupe_core.people.people import People

if TYPE_CHECKING:
    from troupe_core.people.faculty import TinyMentalFaculty
    from troupe_core.people.memory import Memory
    from troupe_core.people.person import TinyPerson
    from troupe_core.people.tool import TinyTool
    from troupe_core.simulation.simulation import Simulation

LONGEST = 100_000
"""Characters of a context: all of it stands in the question for each person."""
HOTTEST = 2.0
"""No model takes a higher temperature."""


class Given(TypedDict, total=False):
    """What people are made with besides a persona; see `TinyPerson`."""

    mental_faculties: Iterable[str | TinyMentalFaculty | type[TinyMentalFaculty]]
    tools: Iterable[str | TinyTool | type[TinyTool]]
    memory: Memory[Any] | str | None
    model: str | None


SEVERAL = ("mental_faculties", "tools")
"""Which of it are many: an iterator is read once, for everybody."""


def _size(_: Casting, field: attrs.Attribute[int | None], value: int | None) -> None:
    if value is not None:
        checked_whole(value, field.name)


def _count(_: Casting, field: attrs.Attribute[int], value: int) -> None:
    checked_whole(value, field.name, 0)


@attrs.frozen
class Casting(FactoryState):
    """What a factory of people keeps."""

    context_text: str = ""
    population_size: int | None = attrs.field(default=None, validator=_size)
    drawn: bool = False
    """Whether the context has figures, in which each person has a place that is drawn."""
    mark: str = ""
    """"rehearsal" if a puppet gave the context; everybody who is made bears it."""
    begun: int = attrs.field(default=0, validator=_count)
    """For so many people it has asked."""
    generated_names: tuple[str, ...] = ()
    generated_minibios: tuple[str, ...] = ()
    failures: tuple[Uncast, ...] = ()
    substitutes: tuple[Instead, ...] = ()


class TinyPersonFactory(TinyFactory, state=Casting):
    """Casts people who suit a context: any text that says who is meant, where and when they live, what it is about."""

    __slots__ = ()

    person_prompt_template_path: ClassVar[str] = "casting"
    """The name of the template by which one person is asked for. A set of templates may have other words for it."""

    def __init__(
        self,
        context_text: str,
        simulation_id: str | None = None,
        *,
        population_size: int | None = None,
        simulation: Simulation | None = None,
    ) -> None:
        text = _context(context_text, "context_text")
        state = self.value_class(context_text=text, population_size=population_size)
        super().__init__(simulation_id, state, simulation=simulation)

    @classmethod
    def _made(cls, state: Casting, simulation_id: str | None, simulation: Simulation | None) -> Self:
        """One that keeps this. As when a journal is read, no `__init__` of a subclass is called: it may want others."""
        factory = cls.__new__(cls)
        TinyFactory.__init__(factory, simulation_id, state, simulation=simulation)
        return factory

    @classmethod
    def create_factory_from_demography(
        cls,
        demography: str | os.PathLike[str] | Mapping[str, Any] | list[Any],
        population_size: int | None = None,
        additional_demographic_specification: str | None = None,
        context: str | None = None,
        *,
        simulation_id: str | None = None,
        simulation: Simulation | None = None,
    ) -> Self:
        """One for people of a population that is given as figures: a JSON file of any shape, or such data. What else
        is to hold of them, and what they are for, is said in words.
        """
        figures = document(demography) if isinstance(demography, str | os.PathLike) else demography
        if not isinstance(figures, Mapping | list) or not figures:
            raise ArgumentError(f"a demography is a JSON file, or such data with something in it, not {demography!r}")
        parts = [
            checked(context or "", "context", empty=True),
            "The people are those of a population of which these figures are known, as JSON: "
            + orjson.dumps(plain(figures, "demography")).decode(),
            checked(additional_demographic_specification or "", "additional_demographic_specification", empty=True),
        ]
        text = _context("\n\n".join(filter(None, map(str.strip, parts))), "demography with all that goes with it")
        state = cls.value_class(context_text=text, population_size=population_size, drawn=True)
        return cls._made(state, simulation_id, simulation)

    # -- what it keeps ------------------------------------------------------------------------------------------------

    @property
    def context_text(self) -> str:
        return str(self.state.context_text)

    @property
    def population_size(self) -> int | None:
        """How many there are to be in all, if anybody has said so."""
        size: int | None = self.state.population_size
        return size

    @property
    def generated_names(self) -> list[str]:
        """The names of everybody it has made, in order."""
        return list(self.state.generated_names)

    @property
    def generated_minibios(self) -> list[str]:
        """A sentence about each of them; those who are asked for next are to be others."""
        return list(self.state.generated_minibios)

    @property
    def failures(self) -> list[Uncast]:
        """Who did not come, and why."""
        return list(self.state.failures)

    @property
    def substitutes(self) -> dict[str, Substitute]:
        """Who was made with another model than the first of several, by the name that they were given, and why."""
        return {each.name: each.substitute for each in self.state.substitutes}

    # -- people -------------------------------------------------------------------------------------------------------

    def generate_person(
        self,
        agent_particularities: str | None = None,
        temperature: float | None = 1.5,
        attempts: int = 5,
        **given: Unpack[Given],
    ) -> TinyPerson | None:
        """One person, who is to be as the particularities say; None if no attempt came to anything: why not, stands in
        `failures`. With `temperature=None` the model samples as for everything else.
        """
        return self.simulation.runtime.wait(
            lambda: self.agenerate_person(agent_particularities, temperature, attempts, **given),
            "factory.agenerate_person(…)",
        )

    async def agenerate_person(
        self,
        agent_particularities: str | None = None,
        temperature: float | None = 1.5,
        attempts: int = 5,
        **given: Unpack[Given],
    ) -> TinyPerson | None:
        """`generate_person`, awaited."""
        came = await self._cast(1, agent_particularities, temperature, attempts, given)
        if came.cause is not None:
            raise came.cause
        return came.people[0] if came.people else None

    def generate_people(
        self,
        number_of_people: int | None = None,
        agent_particularities: str | None = None,
        temperature: float | None = 1.5,
        attempts: int = 5,
        **given: Unpack[Given],
    ) -> People:
        """The same for so many, side by side; None: for whoever is missing of the population, if anybody is. Who does
        not come stands in `failures`. If nobody comes, or nobody else can (the key is refused, the credit is used up),
        `CastingStopped` is raised, with those who came before.
        """
        return self.simulation.runtime.wait(
            lambda: self.agenerate_people(number_of_people, agent_particularities, temperature, attempts, **given),
            "factory.agenerate_people(…)",
        )

    async def agenerate_people(
        self,
        number_of_people: int | None = None,
        agent_particularities: str | None = None,
        temperature: float | None = 1.5,
        attempts: int = 5,
        **given: Unpack[Given],
    ) -> People:
        """`generate_people`, awaited."""
        came = await self._cast(number_of_people, agent_particularities, temperature, attempts, given)
        if came.cause is not None or (came.failures and not came.people):
            why = came.failures[0] if came.cause is None else told(came.cause)
            raise CastingStopped(
                f"casting stopped, {len(came.people)} people came to {self.name}: {why}", came.people, came.failures
            ) from came.cause
        return People(came.people)

    async def _cast(
        self,
        number: int | None,
        particularities: str | None,
        temperature: float | None,
        attempts: int,
        given: Given,
    ) -> Came:
        wanted = checked(particularities or "", "agent_particularities", empty=True).strip()
        check_known(given, Given.__annotations__)
        wish = Wish(
            None if number is None else checked_whole(number, "number_of_people"),
            wanted,
            _temperature(temperature),
            checked_whole(attempts, "attempts"),
            {name: several(value, name) if name in SEVERAL else value for name, value in given.items()},
        )
        return await self.simulation.runtime.thread.hop(cast(self, wish))

    # -- several factories --------------------------------------------------------------------------------------------

    @classmethod
    def generate_person_factories(
        cls,
        number_of_factories: int,
        generic_context_text: str,
        *,
        simulation_id: str | None = None,
        simulation: Simulation | None = None,
    ) -> list[Self] | None:
        """So many factories, each for another group of those that the text describes; None if the model finds none."""
        joined = simulation_named(simulation_id, simulation)
        return joined.runtime.wait(
            lambda: cls.agenerate_person_factories(number_of_factories, generic_context_text, simulation=joined),
            f"{cls.__name__}.agenerate_person_factories(…)",
        )

    @classmethod
    async def agenerate_person_factories(
        cls,
        number_of_factories: int,
        generic_context_text: str,
        *,
        simulation_id: str | None = None,
        simulation: Simulation | None = None,
    ) -> list[Self] | None:
        """`generate_person_factories`, awaited."""
        joined = simulation_named(simulation_id, simulation)
        number = checked_whole(number_of_factories, "number_of_factories")
        context = _context(generic_context_text, "generic_context_text")
        found = await joined.runtime.thread.hop(split(joined, number, context))
        if found is None:
            return None
        contexts, mark = found
        states = [cls.value_class(context_text=_context(text, "context"), mark=mark) for text in contexts]
        with joined.at_once():
            return [cls._made(state, None, joined) for state in states]


def _context(value: Any, name: str) -> str:
    text = checked(value, name)
    if len(text) > LONGEST:
        raise ArgumentError(
            f"the {name} has {len(text):,} characters, and each person is asked for with all of it; give at most "
            f"{LONGEST:,}"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{name} has half a surrogate pair at position {error.start}: no valid text") from None
    return text


def _temperature(value: Any) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= HOTTEST:
        raise ArgumentError(
            f"temperature must be a number from 0 to {HOTTEST:g}, or None for the model's usual one, not {value!r}"
        )
    return float(value)
