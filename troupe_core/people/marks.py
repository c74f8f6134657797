"""Whether what somebody says can be evidence about people, and of which model's."""

from __future__ import annotations

from itertools import chain

from troupe_core.llm.response import Substitute
from troupe_core.people.memory import Batch
from troupe_core.people.state import PersonState


def mark_of(state: PersonState) -> str:
    """What a real model says as somebody whom puppets have made up, or who has lived among them, is no evidence
    either.
    """
    lived = chain(state.memory_kind.items(state.memory), Batch(state.inbox))
    return state.mark or next((fact.mark for fact in lived if fact.mark), "")


def substitute_of(state: PersonState) -> Substitute | None:
    """Likewise: who has lived through what another model than the first of several has answered is touched by it."""
    lived = chain(state.memory_kind.items(state.memory), Batch(state.inbox))
    return next((fact.substitute for fact in lived if fact.substitute is not None), None)
