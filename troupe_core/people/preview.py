"""The next request of a person, made for reading: as a turn would make it, and leaving no trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_core.keys import NOTHING
from troupe_core.people.abilities import abilities_of
from troupe_core.people.living import first_request
from troupe_core.people.pictures import listed
from troupe_core.people.prompt import Part, Prompt
from troupe_core.simulation.scene import Scene

if TYPE_CHECKING:
    from troupe_core.people.state import PersonState
    from troupe_core.simulation.simulation import Simulation


async def preview(simulation: Simulation, state: PersonState) -> Prompt:
    from troupe_core.people.acting import foreseen, when_of

    state = await foreseen(simulation, state)
    abilities = abilities_of(simulation.runtime, state.faculties)
    scene = Scene(simulation, state, NOTHING, when_of(simulation, state.id), simulation.stumbles.get(state.id, 0))
    request = await first_request(scene, abilities)
    parts = [
        Part("rules and abilities", abilities.rules),
        Part("persona", state.persona.raw.decode()),
        *(Part(f"history: {message.role}", message.content) for message in request.history.messages),
        Part("what is new", request.text),
        Part("present state", request.block),
    ]
    messages = (*request.head, request.seen.with_text(f"{request.text}\n\n{request.block}"))
    if pictures := listed(messages):
        parts.append(Part("pictures", pictures))
    return Prompt(tuple(parts), messages)
