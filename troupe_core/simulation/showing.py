"""How a simulation shows itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_core.html import MANY, bold, box, cut, line, more, subtle, table
from troupe_core.simulation.things import handle_class

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation


def of_simulation(simulation: Simulation) -> str:
    """What it has spent, where it is recorded, and who and what is in it."""
    spent, journal = simulation.usage, simulation.journal
    about = [
        f"seed {simulation.seed}",
        f"{spent.calls:,} model calls ({spent.usage.input:,} tokens in, {spent.usage.output:,} out)",
        spent.priced,
        f"recorded in {journal.store.path.name}, {journal.branch.name}" if journal is not None else "",
        "ended" if simulation.ended else "",
    ]
    names: dict[str, list[str]] = {}
    ids = list(simulation.states)
    for id in ids[:MANY]:
        state = simulation.states[id]
        names.setdefault(handle_class(state).__name__, []).append(cut(getattr(state, "name", id)))
    return box(
        line(bold(f"Simulation {simulation.id}"), subtle(" ", " · ".join(filter(None, about)))),
        *([table((kind, ", ".join(each)) for kind, each in names.items())] if names else []),
        *more(len(ids) - MANY),
        mark=next((fact.mark for fact in simulation.facts if fact.mark), ""),
    )
