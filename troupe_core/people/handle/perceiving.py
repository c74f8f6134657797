"""What reaches the person, and where and how it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.people.handle.base import Base
from troupe_core.people.perceiving import checked_text, checked_words, name_of, perceive


class Perceiving(Base):
    __slots__ = ()

    def listen(self, speech: str, source: Any = None) -> Self:
        """Somebody says something to the person."""
        return self._perceive("CONVERSATION", speech, source, "speech")

    def see(self, visual_description: str, source: Any = None) -> Self:
        """The person sees something."""
        return self._perceive("VISUAL", visual_description, source, "visual_description")

    def socialize(self, social_description: str, source: Any = None) -> Self:
        """Something about the person's relations to others, or a social situation."""
        return self._perceive("SOCIAL", social_description, source, "social_description")

    def think(self, thought: str) -> Self:
        """A thought comes up in the person."""
        return self._perceive("THOUGHT", thought, None, "thought")

    def internalize_goal(self, goal: str) -> Self:
        """An aim takes shape in the person."""
        return self._perceive("INTERNAL_GOAL_FORMULATION", goal, None, "goal")

    def _perceive(self, kind: str, content: str, source: Any, argument: str) -> Self:
        text, origin = checked_text(content, argument), name_of(source)
        simulation = self.simulation
        perceive(simulation, self._id, kind, text, origin, simulation.now(self._id))
        return self

    # -- where and how the person is ----------------------------------------------------------------------------------

    def move_to(self, location: str, context: Sequence[str] | None = None) -> Self:
        """Be somewhere else; with `context`, in another situation too."""
        place = checked_text(location, "location")
        notes = checked_notes(context) if context is not None else None
        return self._change(lambda state: state.changed(place=place, context=state.context if notes is None else notes))

    def change_context(self, context: Sequence[str]) -> Self:
        """What is to be known of the situation; it replaces what was said of it before."""
        notes = checked_notes(context)
        return self._change(lambda state: state.changed(context=notes))

    def change_mind(
        self, *, goals: str | None = None, attention: str | None = None, emotions: str | None = None
    ) -> Self:
        """Set parts of the state of mind, as an experimenter may."""
        given = {"goals": goals, "attention": attention, "emotions": emotions}
        changed: dict[str, Any] = {
            name: checked_words(value, name) for name, value in given.items() if value is not None
        }
        return self._change(lambda state: state.changed(mind=attrs.evolve(state.mind, **changed)))


def checked_notes(context: Sequence[str]) -> tuple[str, ...]:
    """Notes on a situation, and not one text."""
    if isinstance(context, str) or not isinstance(context, Iterable):
        raise ArgumentError("context is a list of notes; write [context]")
    return tuple(checked_text(note, f"context[{place}]") for place, note in enumerate(context))
