"""TinyWorld: the handle of a place where people meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError, DuplicateName
from troupe_core.events import STIMULUS, Fact
from troupe_core.findings.interactions import Interactions
from troupe_core.keys import roll
from troupe_core.people.handle.checking import checked_name, checked_people, checked_person
from troupe_core.people.memory import Heard, Shared
from troupe_core.people.perceiving import checked_text, name_of
from troupe_core.people.person import TinyPerson
from troupe_core.people.ties import Roster, Ties
from troupe_core.simulation.clock import moment
from troupe_core.simulation.simulation import same_simulation, simulation_of
from troupe_core.worlds.state import WorldState, checked_schedule

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.worlds.report import RunReport


class TinyWorld(Interactions, state=WorldState, kind="world"):
    """People, a clock, and what carries words between them.

    A TALK without a target reaches everybody (`broadcast_if_no_target=False`: nobody, as in a survey). Without
    `initial_datetime` there is no time, and no prompt shows any. `schedule` is "parallel", "sequential" or "random".
    """

    __slots__ = ()

    def __init__(
        self,
        name: str | None = None,
        agents: Iterable[TinyPerson] = (),
        *,
        initial_datetime: datetime | str | None = None,
        broadcast_if_no_target: bool = True,
        schedule: str = "parallel",
        simulation: Simulation | None = None,
    ) -> None:
        people = checked_people(agents)
        joined = same_simulation(people) if people and simulation is None else simulation_of(simulation)
        if not isinstance(broadcast_if_no_target, bool):
            raise ArgumentError(f"broadcast_if_no_target is True or False, not {broadcast_if_no_target!r}")
        called = checked_name(name) if name is not None else _free_name(joined)
        state = WorldState(
            called,
            moment(initial_datetime, "initial_datetime", lambda make: joined.once(f"the time in {called}", make)),
            broadcast_if_no_target=broadcast_if_no_target,
            schedule=checked_schedule(schedule),
        )
        _check_joining(joined, called, (), people)
        with joined.at_once():
            joined.check_free([person.id for person in people])
            joined.settle_in(self, state)
            if people:
                self.add_agents(people)

    def __repr__(self) -> str:
        return f"<TinyWorld {self._id}>"

    @property
    def state(self) -> WorldState:
        """The world as a value, as it is now."""
        found: WorldState = self.simulation.state(self._id)
        return found

    @property
    def name(self) -> str:
        return self._id

    @property
    def current_datetime(self) -> datetime | None:
        return self.state.now

    # -- who is there -------------------------------------------------------------------------------------------------

    @property
    def agents(self) -> list[TinyPerson]:
        """Everybody, in the order in which they act."""
        simulation = self.simulation
        return [simulation[id] for id in self.state.roster]

    def get_agent_by_name(self, name: str) -> TinyPerson | None:
        """The person of exactly that name, or None."""
        return next((person for person in self.agents if person.name == name), None)

    def add_agent(self, agent: TinyPerson) -> TinyWorld:
        return self.add_agents([agent])

    def add_agents(self, agents: Iterable[TinyPerson]) -> TinyWorld:
        """More people, all of them or none."""
        simulation, people = self.simulation, checked_people(agents)
        _check_joining(simulation, self._id, self.state.roster, people)
        ids = tuple(person.id for person in people)
        with simulation.at_once() as touched:
            touched.undoing.append(lambda: [simulation.members.pop(id, None) for id in ids])
            simulation.check_free(ids)
            simulation.apply(self._id, lambda state: attrs.evolve(state, roster=(*state.roster, *ids)))
            simulation.members.update(dict.fromkeys(ids, self._id))
        return self

    def remove_agent(self, agent: TinyPerson) -> TinyWorld:
        """Somebody leaves. What they remember, and whom they know, they take with them."""
        simulation = self.simulation
        if simulation.members.get(checked_person(agent).id) != self._id:
            raise ArgumentError(f"{agent.id!r} is not in {self._id!r}")
        simulation.check_free([agent.id])
        simulation.apply(
            self._id,
            lambda state: attrs.evolve(state, roster=tuple(id for id in state.roster if id != agent.id)),
        )
        del simulation.members[agent.id]
        return self

    def remove_all_agents(self) -> TinyWorld:
        for agent in self.agents:
            self.remove_agent(agent)
        return self

    def make_everyone_accessible(self) -> TinyWorld:
        """Everybody is near everybody else."""
        simulation, state = self.simulation, self.state
        with simulation.at_once():
            simulation.check_free((self._id, *state.roster))
            roster = Roster({id: simulation.states[id].name for id in state.roster})
            for id in state.roster:
                simulation.apply(id, lambda person: person.changed(ties=Ties(known=person.ties.known, everyone=roster)))
        return self

    # -- what happens -------------------------------------------------------------------------------------------------

    def broadcast(self, speech: str, source: Any = None) -> TinyWorld:
        """Everybody hears it, but for whoever says it."""
        return self._broadcast("CONVERSATION", checked_text(speech, "speech"), source)

    def _broadcast(self, kind: str, content: str, source: Any) -> TinyWorld:
        simulation, name = self.simulation, name_of(source)
        speaker = source.id if isinstance(source, TinyPerson) else None
        with simulation.at_once():
            state = self.state
            hearers = [id for id in state.roster if id != speaker]
            if not hearers:
                raise ArgumentError(f"there is nobody in {self._id!r} to hear that; add people first")
            simulation.check_free((self._id, *hearers))
            now = state.now.isoformat() if state.now is not None else None
            fact = Fact.of(state.trail, 0, STIMULUS, kind, self._id, name, content, when=now)
            heard = Heard(Shared([fact]))
            new = (name,) if name and speaker is None and name not in state.voices else ()
            trail, voices = roll(state.trail, fact.id), (*state.voices, *new)
            simulation.apply(self._id, lambda world: attrs.evolve(world, trail=trail, voices=voices))
            for id in hearers:
                simulation.apply(id, lambda person: person.hear(heard))
            simulation.record_within((fact,))
        return self

    def run(
        self,
        steps: int,
        timedelta_per_step: timedelta | None = None,
        *,
        schedule: str | None = None,
        max_failed: float = 0.2,
    ) -> RunReport:
        """So many steps. In each, the clock moves on by `timedelta_per_step`, everybody has a turn, and what they said
        and did reaches the others.

        One person's failure does not stop the others, and stands in the report. The run stops when nothing can go well
        any more (the key is refused, the credit is used up, there is no such model), when everybody fails in one step,
        or when more than `max_failed` of the people do, and more than one (with `max_failed=0`, when anybody does). It
        then raises `RunStopped`; what is visible is the last whole step.
        """
        twin = "world.arun(…)"
        return self.simulation.runtime.wait(
            lambda: self.arun(steps, timedelta_per_step, schedule=schedule, max_failed=max_failed), twin
        )

    async def arun(
        self,
        steps: int,
        timedelta_per_step: timedelta | None = None,
        *,
        schedule: str | None = None,
        max_failed: float = 0.2,
    ) -> RunReport:
        """`run`, awaited."""
        from troupe_core.worlds.run import run

        simulation, state = self.simulation, self.state
        if type(steps) is not int or steps < 1:
            raise ArgumentError(f"steps must be a whole number from 1 on, not {steps!r}")
        if timedelta_per_step is not None and not isinstance(timedelta_per_step, timedelta):
            raise ArgumentError(f"timedelta_per_step must be a timedelta, not {timedelta_per_step!r}")
        if timedelta_per_step is not None and state.now is None:
            raise ArgumentError(
                f"timedelta_per_step needs a clock, and {self._id!r} has none: give it an initial_datetime"
            )
        if not isinstance(max_failed, int | float) or not 0 <= max_failed <= 1:
            raise ArgumentError(f"max_failed is a share between 0 and 1, not {max_failed!r}")
        if not state.roster:
            raise ArgumentError(f"there is nobody in {self._id!r}; add people before it runs")
        chosen = checked_schedule(schedule) if schedule is not None else state.schedule
        simulation.check_open()
        made = run(simulation, self._id, steps, timedelta_per_step, chosen, float(max_failed))
        return await simulation.runtime.thread.hop(made)


def _check_joining(simulation: Simulation, world: str, roster: Sequence[str], people: Sequence[TinyPerson]) -> None:
    """That everybody may join, and that names stay unique."""
    names = {simulation.states[id].name.casefold() for id in roster}
    for person in people:
        if person.simulation is not simulation:
            raise ArgumentError(f"{person.id!r} belongs to another simulation than {world!r}")
        elsewhere = simulation.members.get(person.id)
        if elsewhere is not None:
            raise ArgumentError(f"{person.id!r} is in {elsewhere!r} already; remove them there first")
        name = person.name.casefold()
        if name in names:
            raise DuplicateName(f"there would be two people called {person.name!r} in {world!r}")
        names.add(name)


def _free_name(simulation: Simulation) -> str:
    number = 1
    while f"World {number}" in simulation:
        number += 1
    return f"World {number}"
