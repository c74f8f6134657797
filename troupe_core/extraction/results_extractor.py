"""ResultsExtractor: what an experimenter asks for findings with. Which extractor finds them, a plugin says."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict, TypeVar, Unpack

from troupe_core.arguments import check_known, checked, checked_name
from troupe_core.errors import ArgumentError
from troupe_core.extraction.drawing import Draw, draw, draw_all
from troupe_core.findings.fields import Fields
from troupe_core.findings.rows import Results, Row, as_json, mark_of, marked, save
from troupe_core.findings.transcript import Happened
from troupe_core.people.handle.checking import checked_people
from troupe_core.people.person import TinyPerson
from troupe_core.simulation.simulation import same_simulation
from troupe_core.simulation.things import Handle
from troupe_core.worlds.world import TinyWorld

MAIN_POINTS = "The main points of what was said and done."

H = TypeVar("H", bound=Handle)

log = logging.getLogger("troupe")


class Overrides(TypedDict, total=False):
    """What one call wants otherwise; None: as the extractor was made."""

    situation: str | None
    fields: Any
    fields_hints: Mapping[str, str] | None
    verbose: bool | None


class ResultsExtractor:
    """Draws findings from what people said and did. What is given here are defaults for each call.

    `extractor` is the name of an installed one; `fields` a list of names (which are then text), or a mapping from names
    to types: `str`, `int`, `float`, `bool`, `list[str]`, "text", a range ("1..5"), a list of choices; `fields_hints`
    says more about single ones. With `verbose` each row goes to the log.
    """

    def __init__(
        self,
        extraction_objective: str = MAIN_POINTS,
        *,
        extractor: str = "results",
        situation: str = "",
        fields: Any = None,
        fields_hints: Mapping[str, str] | None = None,
        verbose: bool = False,
    ) -> None:
        self.extractor = checked_name(extractor, "extractor")
        self._objective = checked(extraction_objective, "extraction_objective")
        self._situation = checked(situation, "situation", empty=True)
        self._fields = Fields.of(fields, fields_hints)
        self._verbose = verbose
        self.agent_extraction: dict[str, Row] = {}
        """The last row of each person, by name."""
        self.world_extraction: dict[str, Row] = {}
        """The last row of each world, by name."""

    # -- from one person ----------------------------------------------------------------------------------------------

    def extract_results_from_agent(
        self, agent: TinyPerson, extraction_objective: str | None = None, **overrides: Unpack[Overrides]
    ) -> Row:
        """What can be found out about one person from everything that it did and perceived."""
        return _of_kind(agent, TinyPerson).simulation.runtime.wait(
            lambda: self.aextract_results_from_agent(agent, extraction_objective, **overrides),
            "extractor.aextract_results_from_agent(…)",
        )

    async def aextract_results_from_agent(
        self, agent: TinyPerson, extraction_objective: str | None = None, **overrides: Unpack[Overrides]
    ) -> Row:
        """`extract_results_from_agent`, awaited."""
        simulation = _of_kind(agent, TinyPerson).simulation
        wish = self._wish(extraction_objective, overrides)

        async def work() -> Row:
            return await draw(simulation, wish, Happened(simulation).to([agent.id]), agent)

        row = await simulation.runtime.thread.hop(work())
        self.agent_extraction[row.of] = self._told(row, wish)
        return row

    # -- from several -------------------------------------------------------------------------------------------------

    def extract_results_from_agents(
        self, agents: Iterable[TinyPerson], extraction_objective: str | None = None, **overrides: Unpack[Overrides]
    ) -> Results:
        """The same for each of several, as many at a time as may be in flight. Whoever it fails for stands in the
        failures of the results. If it fails for all, or nobody else's can succeed either (the key is refused, the
        credit is used up), `ExtractionStopped` is raised, with the results so far.
        """
        people = _people(agents)
        return same_simulation(people).runtime.wait(
            lambda: self.aextract_results_from_agents(people, extraction_objective, **overrides),
            "extractor.aextract_results_from_agents(…)",
        )

    async def aextract_results_from_agents(
        self, agents: Iterable[TinyPerson], extraction_objective: str | None = None, **overrides: Unpack[Overrides]
    ) -> Results:
        """`extract_results_from_agents`, awaited."""
        people = _people(agents)
        simulation = same_simulation(people)
        wish = self._wish(extraction_objective, overrides)

        def keep(row: Row) -> None:
            self.agent_extraction[row.of] = self._told(row, wish)

        return await simulation.runtime.thread.hop(draw_all(simulation, wish, people, keep))

    # -- from a world -------------------------------------------------------------------------------------------------

    def extract_results_from_world(
        self, world: TinyWorld, extraction_objective: str | None = None, **overrides: Unpack[Overrides]
    ) -> Row:
        """What can be found out about all of them together, from one transcript that has each event once."""
        return _of_kind(world, TinyWorld).simulation.runtime.wait(
            lambda: self.aextract_results_from_world(world, extraction_objective, **overrides),
            "extractor.aextract_results_from_world(…)",
        )

    async def aextract_results_from_world(
        self, world: TinyWorld, extraction_objective: str | None = None, **overrides: Unpack[Overrides]
    ) -> Row:
        """`extract_results_from_world`, awaited."""
        simulation = _of_kind(world, TinyWorld).simulation
        wish = self._wish(extraction_objective, overrides)

        async def work() -> Row:
            return await draw(simulation, wish, Happened(simulation).to(world.state.roster, world.id), world)

        row = await simulation.runtime.thread.hop(work())
        self.world_extraction[row.of] = self._told(row, wish)
        return row

    # -- what was found -----------------------------------------------------------------------------------------------

    def save_as_json(self, filename: str | Path) -> None:
        """The last row of each person and world, with confidence and evidence."""
        rows = [*self.agent_extraction.values(), *self.world_extraction.values()]
        found = {
            "agent_extractions": {name: row.plain() for name, row in self.agent_extraction.items()},
            "world_extraction": {name: row.plain() for name, row in self.world_extraction.items()},
            **marked(mark_of(rows)),
        }
        save(filename, as_json(found))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _wish(self, objective: str | None, overrides: Overrides) -> Draw:
        check_known(overrides, ["extraction_objective", *Overrides.__annotations__])
        situation, verbose = overrides.get("situation"), overrides.get("verbose")
        return Draw(
            self.extractor,
            self._objective if objective is None else checked(objective, "extraction_objective"),
            self._situation if situation is None else checked(situation, "situation", empty=True),
            self._fields.changed(overrides.get("fields"), overrides.get("fields_hints")),
            self._verbose if verbose is None else verbose,
        )

    def _told(self, row: Row, wish: Draw) -> Row:
        if wish.verbose:
            log.info("%s found about %s: %s", self.extractor, row.of, dict(row))
        return row


def _of_kind(given: H, kind: type[H]) -> H:
    if not isinstance(given, kind):
        raise ArgumentError(f"expected a {kind.__name__} to extract results from, not {given!r}")
    return given


def _people(agents: Iterable[TinyPerson]) -> list[TinyPerson]:
    people = checked_people(agents)
    if not people:
        raise ArgumentError("agents is empty: there is nobody to extract results from")
    seen: set[TinyPerson] = set()
    for person in people:
        if person in seen:
            raise ArgumentError(f"agents has {person.id!r} twice")
        seen.add(person)
    return people
