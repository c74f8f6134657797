"""TinyWorld: the handle of a place where people meet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from troupe_core.arguments import checked_truth
from troupe_core.errors import ArgumentError
from troupe_core.findings.interactions import Interactions
from troupe_core.people.handle.checking import checked_name, checked_people, checked_person
from troupe_core.people.person import TinyPerson
from troupe_core.simulation.adopting import adopt_free
from troupe_core.simulation.clock import moment
from troupe_core.simulation.simulation import same_simulation, simulation_of
from troupe_core.worlds.handle.clock import Clock
from troupe_core.worlds.handle.company import Company, check_joining
from troupe_core.worlds.handle.running import Running
from troupe_core.worlds.handle.telling import Telling
from troupe_core.worlds.kinds import NOBODY, WorldKind, kind_named
from troupe_core.worlds.state import WorldState, checked_schedule

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation


class TinyWorld(Company, Telling, Clock, Running, Interactions, state=WorldState, kind="world"):
    """People, a clock, and what carries words between them.

    `kind` says what they are together for: "focus_group", "survey", "interview" or "chat". It decides who hears whom,
    who is near whom, and in which order people act; what is given beside it goes first. In an interview `interviewer`
    is whoever asks the others, if it is one of the people.

    A TALK without a target reaches everybody (`broadcast_if_no_target=False`: nobody). Without `initial_datetime` there
    is no time, and no prompt shows any. `schedule` is "parallel", "sequential" or "random".
    """

    __slots__ = ()

    def __init__(
        self,
        name: str | None = None,
        agents: Iterable[TinyPerson] = (),
        *,
        kind: str = "",
        interviewer: TinyPerson | None = None,
        initial_datetime: datetime | str | None = None,
        broadcast_if_no_target: bool | None = None,
        schedule: str | None = None,
        simulation: Simulation | None = None,
    ) -> None:
        people, of = checked_people(agents), kind_named(kind)
        if interviewer is not None:
            people = _with_interviewer(people, interviewer, of)
        joined = same_simulation(people) if people and simulation is None else simulation_of(simulation)
        asks = interviewer.id if interviewer is not None else ""
        called = checked_name(name) if name is not None else joined.next_name("World")
        state = WorldState(
            called,
            moment(initial_datetime, "initial_datetime", lambda make: joined.once(f"the time in {called}", make)),
            broadcast_if_no_target=_checked_hearing(broadcast_if_no_target, of),
            schedule=checked_schedule(schedule) if schedule is not None else of.schedule_with(asks),
            kind=of.name,
            interviewer=asks,
        )
        check_joining(joined, called, (), people)
        with joined.at_once():
            joined.check_free([person.id for person in people])
            joined.settle_in(self, state)
            if people:
                self.add_agents(people)

    @staticmethod
    def set_simulation_for_free_environments(simulation: Simulation) -> None:
        """Every world that was made without a simulation joins this one; so does everybody else who was."""
        adopt_free(simulation_of(simulation))


def _with_interviewer(people: list[TinyPerson], interviewer: TinyPerson, kind: WorldKind) -> list[TinyPerson]:
    """Whoever asks comes first, and need not be named among the people again."""
    asks = checked_person(interviewer)
    if not kind.asking:
        raise ArgumentError(f"there is an interviewer in an interview only: write kind='interview', not {kind.name!r}")
    return [asks, *(person for person in people if person is not asks)]


def _checked_hearing(given: bool | None, kind: WorldKind) -> bool:
    if given is not None:
        checked_truth(given, "broadcast_if_no_target")
    if given and kind.hearing == NOBODY:
        raise ArgumentError(
            f"in a world of the kind {kind.name!r} nobody hears anybody: leave out broadcast_if_no_target, or the kind"
        )
    return kind.hearing != NOBODY if given is None else given
