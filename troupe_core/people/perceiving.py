"""What reaches a person, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from troupe_core.errors import ArgumentError
from troupe_core.events import IMAGES, NO_DATA, STIMULUS, Fact
from troupe_core.people.state import PersonState

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation

LONGEST = 200_000
"""Characters that a person can take in at once: more than fits into what models read."""


def checked_text(value: Any, name: str) -> str:
    """Text that somebody can perceive, or an error that names the argument."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} must be text, not {type(value).__name__} {_shown(value)}")
    if not value.strip():
        raise ArgumentError(f"{name} is empty")
    if len(value) > LONGEST:
        raise ArgumentError(
            f"{name} has {len(value):,} characters, and a person can take in {LONGEST:,} at once. "
            "Give a summary, or the parts that matter."
        )
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArgumentError(f"{name} has half a surrogate pair at position {error.start}: no valid text") from None
    return str(value)


def checked_words(value: Any, name: str) -> str:
    """The same, where nothing at all may be said."""
    return "" if isinstance(value, str) and not value else checked_text(value, name)


def name_of(source: Any) -> str:
    """The name of whoever something comes from: a person, a world, a text, or nobody."""
    if source is None:
        return ""
    name = source if isinstance(source, str) else getattr(source, "name", None)
    if not isinstance(name, str):
        raise ArgumentError(f"source must be a person, a world or a name, not {type(source).__name__}")
    name = " ".join(name.split())
    return checked_text(name, "source") if name else ""


def stimulus(
    state: PersonState, kind: str, content: str, source: str, now: datetime | None, images: Sequence[str] = ()
) -> Fact:
    """The fact; its origin is everything that reached the person before. `images` are the names of pictures."""
    when = now.isoformat() if now is not None else None
    return Fact.of(
        state.trail,
        len(state.inbox),
        STIMULUS,
        kind,
        state.id,
        source,
        content,
        target=state.name,
        data={IMAGES: list(images)} if images else NO_DATA,
        when=when,
        turn=state.turns,
    )


def perceive(
    simulation: Simulation,
    id: str,
    kind: str,
    content: str,
    source: str,
    now: datetime | None,
    images: Sequence[str] = (),
) -> None:
    """At once, within whatever is going on."""
    made: list[Fact] = []

    def change(state: PersonState) -> PersonState:
        made.append(stimulus(state, kind, content, source, now, images))
        return state.hear(made[-1])

    with simulation.at_once():
        simulation.apply(id, change)
        simulation.record_within(made)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
