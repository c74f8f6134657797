"""A growing list of facts as a chain: what comes later points at what was before, and forks share their past."""

from __future__ import annotations

import attrs

from troupe_core.events import Fact
from troupe_core.people.memory import Batch


@attrs.frozen(eq=False, slots=True)
class Node:
    """What one turn, or one consolidation, added to what was before."""

    before: Node | None
    batch: Batch
    count: int


def facts_of(last: Node | None) -> list[Fact]:
    """All of them, the oldest first."""
    batches = []
    while last is not None:
        batches.append(last.batch)
        last = last.before
    return [fact for batch in reversed(batches) for fact in batch]
