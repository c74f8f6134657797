"""What reaches the person, and where and how it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.events import VISUAL
from troupe_core.people.handle.base import Base
from troupe_core.people.perceiving import checked_text, checked_words, name_of, perceive
from troupe_core.people.pictures import Picture


class Perceiving(Base):
    __slots__ = ()

    def listen(self, speech: str, source: Any = None) -> Self:
        """Somebody says something to the person."""
        return self._perceive("CONVERSATION", checked_text(speech, "speech"), source)

    def see(self, visual_description: str = "", source: Any = None, images: Sequence[Picture] = ()) -> Self:
        """The person sees something: what is described, or pictures, from files or as bytes (PNG, JPEG, GIF, WebP).

        Models that can look at pictures are shown them, as long as they are in view. With a description too, that
        stands for them where a model cannot; without one, such a model is refused.
        """
        text, seen = self._seen(visual_description, images)
        return self._perceive(VISUAL, text, source, seen)

    def socialize(self, social_description: str, source: Any = None) -> Self:
        """Something about the person's relations to others, or a social situation."""
        return self._perceive("SOCIAL", checked_text(social_description, "social_description"), source)

    def think(self, thought: str) -> Self:
        """A thought comes up in the person."""
        return self._perceive("THOUGHT", checked_text(thought, "thought"), None)

    def internalize_goal(self, goal: str) -> Self:
        """An aim takes shape in the person."""
        return self._perceive("INTERNAL_GOAL_FORMULATION", checked_text(goal, "goal"), None)

    def _perceive(self, kind: str, text: str, source: Any, images: Sequence[str] = ()) -> Self:
        origin, simulation = name_of(source), self.simulation
        perceive(simulation, self._id, kind, text, origin, simulation.now(self._id), images)
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
