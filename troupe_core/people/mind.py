"""What goes on in a person at a moment: goals, attention, emotions, and notes on the situation."""

from __future__ import annotations

import attrs

from troupe_core.keys import digest, utf8
from troupe_core.people.parts import Part


@attrs.frozen(eq=False, slots=True)
class Mind(Part):
    """The model tells it with each answer, and is shown it with the next question."""

    goals: str = ""
    attention: str = ""
    emotions: str = ""
    context: tuple[str, ...] = ()

    def after(self, goals: str, attention: str, emotions: str, context: list[str]) -> Mind:
        """The next state of mind. What an answer leaves empty stays as it was: nobody's goals are lost by silence."""
        return Mind(
            goals or self.goals,
            attention or self.attention,
            emotions or self.emotions,
            tuple(context) if context else self.context,
        )

    def _make_digest(self) -> bytes:
        return digest(b"mind", *map(utf8, (self.goals, self.attention, self.emotions, *self.context)))


CALM = Mind()
