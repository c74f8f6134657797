"""TinyPerson: the handle by which a simulated person is made, spoken to, and asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from troupe_core.errors import ArgumentError
from troupe_core.people.abilities import abilities_of
from troupe_core.people.faculty import TinyMentalFaculty
from troupe_core.people.given import CONVERSATION, faculty_named, fresh_slices, several, tool_named
from troupe_core.people.handle.acting import Acting
from troupe_core.people.handle.asking import Asking
from troupe_core.people.handle.checking import checked_name
from troupe_core.people.handle.company import Company
from troupe_core.people.handle.describing import Describing
from troupe_core.people.handle.equipping import Equipping
from troupe_core.people.handle.filing import Filing
from troupe_core.people.handle.gathering import Gathering
from troupe_core.people.handle.naming import Naming
from troupe_core.people.handle.perceiving import Perceiving
from troupe_core.people.handle.relating import Relating
from troupe_core.people.handle.remembering import Remembering
from troupe_core.people.perceiving import checked_text
from troupe_core.people.persona import Persona
from troupe_core.people.state import PersonState
from troupe_core.people.tool import TinyTool
from troupe_core.simulation.simulation import simulation_of

if TYPE_CHECKING:
    from troupe_core.people.memory import Memory
    from troupe_core.simulation.simulation import Simulation


class TinyPerson(
    Describing,
    Relating,
    Naming,
    Filing,
    Gathering,
    Equipping,
    Perceiving,
    Company,
    Acting,
    Asking,
    Remembering,
    state=PersonState,
    kind="person",
):
    """A simulated person. `persona` is any JSON-like mapping (or a sentence); everything in it reaches the model.

    `mental_faculties` are names of installed faculties, or faculties; `tools` likewise, with an effect outside of the
    simulation; `memory` is a kind of memory with its settings; `model` overrides the simulation's. Without `simulation`
    the person joins the current one.
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        persona: Mapping[str, Any] | str | None = None,
        *,
        mental_faculties: Iterable[str | TinyMentalFaculty | type[TinyMentalFaculty]] = (),
        tools: Iterable[str | TinyTool | type[TinyTool]] = (),
        memory: Memory[Any] | str | None = None,
        model: str | None = None,
        simulation: Simulation | None = None,
    ) -> None:
        joined = simulation_of(simulation)
        name = checked_name(name)
        if isinstance(persona, str):
            persona = {"description": checked_text(persona, "persona")}
        elif persona is not None and not isinstance(persona, Mapping):
            raise ArgumentError(f"a persona is a mapping or a sentence, not {type(persona).__name__}")
        said = persona.get("name", name) if persona is not None else name
        if not isinstance(said, str) or checked_name(said) != name:
            raise ArgumentError(f"{name!r} is called {said!r} in the persona: leave one of the two names out")
        described = {"name": name, **{key: value for key, value in (persona or {}).items() if key != "name"}}
        given = several(mental_faculties, "mental_faculties")
        named = {faculty_named(joined, each) for each in given} - {CONVERSATION}
        tooled = {tool_named(joined, each) for each in several(tools, "tools")}
        faculties = (CONVERSATION, *sorted(named), *sorted(tooled))
        abilities_of(joined.runtime, faculties)  # two that clash are found here, not in the middle of a run
        kind = joined.memory_kind(memory)
        if model is not None:
            joined.models.named("turn", model)
        state = PersonState(
            name,
            name,
            joined.interned(Persona.of(described)),
            kind,
            kind.start(),
            faculties=faculties,
            slices=fresh_slices(joined.runtime, faculties),
            model=model,
        )
        joined.settle_in(self, state)
