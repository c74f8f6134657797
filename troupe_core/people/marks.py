"""Whether what somebody says can be evidence about people."""

from __future__ import annotations

from itertools import chain

from troupe_core.people.memory import Batch
from troupe_core.people.state import PersonState


def mark_of(state: PersonState) -> str:
    """What a real model says as somebody whom puppets have made up, or who has lived among them, is no evidence
    either.
    """
    lived = chain(state.memory_kind.items(state.memory), Batch(state.inbox))
    return state.mark or next((fact.mark for fact in lived if fact.mark), "")
