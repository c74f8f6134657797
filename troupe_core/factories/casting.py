"""Casting: many are asked for side by side, and told apart by their names in rounds.

What is asked for one of them depends on the factory and on its number in it, and on nothing else that goes on: not on
who comes first, and not on who else is asked for at the same time. See docs/adr/0021-casting-in-rounds.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError, Busy, OutputError
from troupe_core.factories.forms import form, same_name, wrong_with
from troupe_core.factories.sparks import Spark, spark
from troupe_core.keys import digest, utf8
from troupe_core.llm.response import Substitute
from troupe_core.people.biography import short_biography
from troupe_core.people.person import TinyPerson
from troupe_core.people.state import PersonState
from troupe_core.plugins.blame import contained
from troupe_core.simulation.crowd import for_each
from troupe_core.simulation.desk import Subject, desk
from troupe_core.simulation.things import scene_of

if TYPE_CHECKING:
    from troupe_core.factories.person_factory import TinyPersonFactory
    from troupe_core.simulation.simulation import Simulation

CASTING = "casting"
SHOWN = 60
"""So many people or names of before are told at most, the latest: each costs in every question."""
_LINE = "\0casting"
"""What batches of one simulation hold while they choose names; nobody is called so."""


@attrs.frozen
class Uncast:
    """Somebody who did not come."""

    ordinal: int
    """Which number of its factory."""
    attempts: int
    """How often it was asked for."""
    reasons: tuple[str, ...]
    """Why nothing came of each attempt."""

    def __str__(self) -> str:
        attempts = f"{self.attempts} attempts" if self.attempts > 1 else "one attempt"
        return f"number {self.ordinal}, in {attempts}: {'; '.join(dict.fromkeys(self.reasons))}"


@attrs.frozen
class Instead:
    """Somebody for whom another model than the first of several was asked."""

    name: str
    substitute: Substitute


@attrs.frozen(eq=False)
class Wish:
    """What is wanted of a factory at a time."""

    number: int | None
    """None: whoever is missing of the population."""
    particularities: str
    temperature: float | None
    attempts: int
    given: Mapping[str, Any]
    """What everybody is made with besides a persona."""


@attrs.frozen(eq=False)
class Came:
    """What came of it, in the order of the numbers."""

    people: list[TinyPerson]
    failures: tuple[Uncast, ...]
    cause: Exception | None
    """Why no more were asked for, if nobody else could have come either."""


@attrs.define(eq=False)
class Role:
    """Somebody who is to be cast."""

    ordinal: int
    spark: Spark
    asked: int = 0
    persona: dict[str, Any] | None = None
    """As the last answer has it."""
    mark: str = ""
    """That of the answers: "rehearsal" if a puppet gave one."""
    substitute: Substitute | None = None
    """Likewise, if it was another model than the first of several."""
    cast: bool = False
    """Whether the name is its own."""
    over: bool = False
    """Whether asking again would be of no use."""
    unusable: list[str] = attrs.field(factory=list)
    """What was wrong with answers."""
    reasons: list[str] = attrs.field(factory=list)
    """That, and why there were none."""

    def miss(self, reason: str) -> None:
        """The answer is of no use."""
        self.persona = None
        self.unusable.append(reason)
        self.reasons.append(reason)


async def cast(factory: TinyPersonFactory, wish: Wish) -> Came:
    """Ask for people, and make them. Whatever ends it, who has come by then is made."""
    simulation = factory.simulation
    scene = scene_of(simulation)
    if scene is not None:
        raise Busy(f"{scene.thing!r} is having a turn; people are cast before or after")
    async with simulation.holds((factory.id,)), _in_line(simulation) as ones_turn:
        simulation.check_open()
        _try_out(simulation, wish.given)
        number = _number(factory, wish.number)
        if number == 0:
            return Came([], (), None)
        batch = _Batch(factory, wish, number)
        try:
            await batch.ask()
            await ones_turn
            batch.choose_names()
            while batch.open:
                await batch.ask()
                batch.choose_names()
        finally:
            people = batch.make()
        await simulation.lasting(factory.id)
    failures = batch.failures()
    if failures:
        more = f"; and {len(failures) - 1} more" if len(failures) > 1 else ""
        simulation.remark(factory.id, f"casting failed: {failures[0]}{more}")
    return Came(people, failures, batch.cause)


@asynccontextmanager
async def _in_line(simulation: Simulation) -> AsyncIterator[Awaitable[None]]:
    """A place among the batches of a simulation, from now on. They ask at the same time, and choose names one after the
    other, as they began: else it would depend on which one is quicker.
    """
    async with AsyncExitStack() as held:
        entering = asyncio.create_task(held.enter_async_context(simulation.holds((_LINE,))))
        try:
            yield entering
        finally:
            entering.cancel()
            await asyncio.wait([entering])


def _number(factory: TinyPersonFactory, wanted: int | None) -> int:
    """How many there are to be now. Another batch may have come first: only who holds the factory can tell."""
    size, there = factory.population_size, len(factory.state.generated_names)
    if size is None:
        if wanted is None:
            raise ArgumentError(f"{factory.name} has no population_size: say how many, as generate_people(10)")
        return wanted
    missing = max(size - there, 0)
    if wanted is None:
        return missing
    if wanted > missing:
        advice = f"ask for at most {missing}, or" if missing else "for more,"
        raise ArgumentError(
            f"{wanted} {'person was' if wanted == 1 else 'people were'} asked for of {factory.name}, whose population "
            f"is {size}, of whom {there} {'is' if there == 1 else 'are'} there: {advice} make a factory with a larger "
            "population_size"
        )
    return wanted


class _Undone(Exception):
    pass


def _try_out(simulation: Simulation, given: Mapping[str, Any]) -> None:
    """What nobody could be made with is told before anybody is paid for."""
    if given:
        with suppress(_Undone), simulation.at_once():
            TinyPerson(_LINE, simulation=simulation, **given)
            raise _Undone


class _Batch:
    """Those who are asked for together."""

    def __init__(self, factory: TinyPersonFactory, wish: Wish, number: int) -> None:
        self.factory, self.wish, self.simulation = factory, wish, factory.simulation
        self.state = state = factory.state
        self.cause: Exception | None = None
        self._names: list[str] = []
        """Those of people, as of when names were last chosen."""
        seed, begun = self.simulation.seed, state.begun
        self.roles = [Role(place, spark(seed, factory.id, place)) for place in range(begun + 1, begun + number + 1)]
        templates = self.simulation.runtime.templates
        self._system = templates["person"]({})
        self._template = templates[factory.person_prompt_template_path]

    @property
    def open(self) -> list[Role]:
        """Who is to be asked for next."""
        if self.cause is not None:
            return []
        return [role for role in self.roles if not (role.cast or role.over or role.asked >= self.wish.attempts)]

    async def ask(self) -> None:
        """For everybody who is open, side by side."""
        roles, blame = self.open, self.simulation.runtime.blame
        came = await for_each(
            self.simulation, roles, lambda role: contained(blame, "what asks for people failed", self._ask(role))
        )
        for role, error in zip(roles, came, strict=True):
            if isinstance(error, Exception):
                role.reasons.append(f"{type(error).__name__}: {error}")
                role.over = not getattr(error, "retryable", False)
                if self.cause is None and self.simulation.degradation.stops(error):
                    self.cause = error

    async def _ask(self, role: Role) -> None:
        """Once; the answer, or what is wrong with it, is the role's."""
        simulation, factory = self.simulation, self.factory
        role.asked += 1
        prompt = self._template(self._told(role))
        task = digest(b"casting", utf8(prompt))
        subject = Subject(factory.id, turns=role.ordinal - 1)
        async with desk(simulation, CASTING, task, subject, persistent=False) as place:
            try:
                answer = await place.ask(
                    prompt,
                    system=self._system,
                    output=form(),
                    check=wrong_with,
                    temperature=self.wish.temperature,
                )
            except OutputError as error:
                role.miss(f"it could not be used: {error.problems[-1]}")
            else:
                role.persona = answer.persona()
            role.mark = place.mark or role.mark
            role.substitute = place.substitute or role.substitute

    def _told(self, role: Role) -> dict[str, Any]:
        """What the question is about. After an attempt to which no answer came it is the same question."""
        state, own = self.state, role.spark
        return {
            "context": state.context_text,
            "particularities": self.wish.particularities,
            "made": str(len(state.generated_names) or ""),
            "earlier": list(state.generated_minibios[-SHOWN:]),
            "number": str(role.ordinal),
            "size": str(state.population_size or ""),
            "given": own.given,
            "family": own.family,
            "temper": own.temper,
            "mind": own.mind,
            "lots": own.lots if state.drawn else "",
            "attempt": str(len(role.unusable) + 1) if role.unusable else "",
            "reasons": list(dict.fromkeys(role.unusable)),
            "taken": ", ".join(self._names[-SHOWN:]) if role.unusable else "",
        }

    def choose_names(self) -> None:
        """In the order of the numbers: whose name is free has it, whose name is taken is asked for again."""
        states = self.simulation.states
        people = [state.name for state in states.values() if isinstance(state, PersonState)]
        chosen = [role.persona["name"] for role in self.roles if role.cast and role.persona is not None]
        self._names = list(dict.fromkeys([*people, *self.state.generated_names, *chosen]))
        taken = set(map(same_name, [*self._names, *states]))
        for role in self.roles:
            if role.persona is None or role.cast:
                continue
            name = role.persona["name"]
            if same_name(name) in taken:
                role.miss(f"the name {name} is taken")
            else:
                role.cast = True
                taken.add(same_name(name))
                self._names.append(name)

    def make(self) -> list[TinyPerson]:
        """Those who have come, all at once."""
        simulation, id, state = self.simulation, self.factory.id, self.state
        with simulation.at_once() as touched:
            for role in self.roles:  # others may have made somebody meanwhile, and who was interrupted has not chosen
                role.cast = False
            self.choose_names()
            made = [(role.persona, role.mark) for role in self.roles if role.cast and role.persona is not None]
            people = [self._person(persona, mark or state.mark) for persona, mark in made]
            before = simulation.states[id]
            touched.note(id, before)
            value = attrs.evolve(
                state,
                begun=state.begun + len(self.roles),
                generated_names=(*state.generated_names, *(person.name for person in people)),
                generated_minibios=(
                    *state.generated_minibios,
                    *(short_biography(persona, persona["name"]) for persona, _ in made),
                ),
                failures=(*state.failures, *self.failures()),
                substitutes=(*state.substitutes, *self._substitutes()),
            )
            simulation.states[id] = before.changed(value=value, turns=before.turns + 1)
        return people

    def _person(self, persona: dict[str, Any], mark: str) -> TinyPerson:
        person = TinyPerson(persona["name"], persona, simulation=self.simulation, **self.wish.given)
        if mark:
            self.simulation.apply(person.id, lambda state: state.changed(mark=mark))
        return person

    def _substitutes(self) -> Iterator[Instead]:
        for role in self.roles:
            if role.cast and role.persona is not None and role.substitute is not None:
                yield Instead(role.persona["name"], role.substitute)

    def failures(self) -> tuple[Uncast, ...]:
        """Who has not come, as far as anybody was asked for."""
        return tuple(
            Uncast(role.ordinal, role.asked, tuple(role.reasons))
            for role in self.roles
            if role.reasons and not role.cast
        )
