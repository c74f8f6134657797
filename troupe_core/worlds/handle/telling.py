"""What reaches everybody at once, from outside or from one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.events import STIMULUS, Fact
from troupe_core.keys import roll
from troupe_core.people.handle.perceiving import checked_notes
from troupe_core.people.memory import Heard, Shared
from troupe_core.people.perceiving import checked_text, name_of
from troupe_core.people.person import TinyPerson
from troupe_core.worlds.handle.base import Base
from troupe_core.worlds.kinds import kind_named


class Telling(Base):
    __slots__ = ()

    def broadcast(self, speech: str, source: Any = None) -> Self:
        """Everybody hears it, but for whoever says it."""
        return self._broadcast("CONVERSATION", checked_text(speech, "speech"), source)

    def broadcast_thought(self, thought: str) -> Self:
        """The same thought comes up in everybody."""
        return self._broadcast("THOUGHT", checked_text(thought, "thought"), None)

    def broadcast_internal_goal(self, internal_goal: str) -> Self:
        """The same aim takes shape in everybody."""
        return self._broadcast("INTERNAL_GOAL_FORMULATION", checked_text(internal_goal, "internal_goal"), None)

    def broadcast_context_change(self, context: Sequence[str]) -> Self:
        """What is to be known of the situation, for everybody; it replaces what was said of it before."""
        simulation, notes = self.simulation, checked_notes(context)
        with simulation.at_once():
            everybody = self._hearers(None)
            simulation.check_free((self._id, *everybody))
            for id in everybody:
                simulation.apply(id, lambda person: person.changed(context=notes))
        return self

    def _broadcast(self, kind: str, content: str, source: Any) -> Self:
        simulation, name = self.simulation, name_of(source)
        speaker = source.id if isinstance(source, TinyPerson) else None
        with simulation.at_once():
            state = self.state
            hearers = self._hearers(speaker)
            simulation.check_free((self._id, *hearers))
            now = state.now.isoformat() if state.now is not None else None
            fact = Fact.of(state.trail, 0, STIMULUS, kind, self._id, name, content, when=now)
            heard = Heard(Shared([fact]))
            new = (name,) if name and speaker is None and name not in state.voices else ()
            trail, voices = roll(state.trail, fact.id), (*state.voices, *new)
            simulation.apply(self._id, lambda world: attrs.evolve(world, trail=trail, voices=voices))
            for id in hearers:
                simulation.apply(id, lambda person: person.hear(heard))
            simulation.record_within((fact,))
        return self

    def _hearers(self, speaker: str | None) -> list[str]:
        """Whom a voice from outside reaches, or one of those who are there."""
        state = self.state
        others = [id for id in state.roster if id != speaker]
        if not others:
            raise ArgumentError(f"there is nobody in {self._id!r} to hear that; add people first")
        if not kind_named(state.kind).apart or speaker not in state.roster or speaker == state.interviewer:
            return others
        if not state.interviewer:
            raise ArgumentError(f"nobody in {self._id!r} hears what {speaker!r} says: its kind is {state.kind!r}")
        return [state.interviewer]
