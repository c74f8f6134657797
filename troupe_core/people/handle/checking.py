"""Names and people as they are given to a handle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from troupe_core.errors import ArgumentError
from troupe_core.people.perceiving import checked_text

if TYPE_CHECKING:
    from troupe_core.people.person import TinyPerson


def checked_name(name: Any) -> str:
    """A name in any script, on one line, without what would make a line of a prompt ambiguous."""
    if not isinstance(name, str):
        raise ArgumentError(f"a name must be text, not {type(name).__name__}")
    checked = normalize("NFC", " ".join(checked_text(name, "the name").split()))
    if len(checked) > 200:
        raise ArgumentError(f"a name of {len(checked)} characters is too long (200)")
    return checked


def checked_person(agent: Any) -> TinyPerson:
    """A person, and not its name."""
    from troupe_core.people.person import TinyPerson  # which is made of what asks here

    if not isinstance(agent, TinyPerson):
        raise ArgumentError(f"agent must be a TinyPerson, not {agent!r}")
    return agent


def checked_people(agents: Any) -> list[TinyPerson]:
    """Several."""
    from troupe_core.people.person import TinyPerson

    people = list(agents) if isinstance(agents, Iterable) else [agents]
    for person in people:
        if not isinstance(person, TinyPerson):
            raise ArgumentError(f"agents must be TinyPersons; got {person!r}")
    return people
