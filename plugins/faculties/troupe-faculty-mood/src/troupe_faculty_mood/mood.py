"""A mood is one number that the person feels, and can do something about."""

from __future__ import annotations

from attrs import evolve, field, frozen
from attrs.validators import and_, ge, le

from troupe_core import TinyMentalFaculty, Turn, action

MOST = 10

tension = and_(ge(0), le(MOST))


@frozen
class Feeling:
    """From 0, at ease, to 10."""

    tension: int = 5


@frozen
class Config:
    """`tension` is what everybody begins with."""

    tension: int = field(default=5, validator=tension)


class Mood(TinyMentalFaculty, state=Feeling, config=Config):
    """You have moods, and they colour what you say."""

    def start(self) -> Feeling:
        return Feeling(self.config.tension)

    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], intensity: int) -> str:
        """Let off steam. intensity: 1 is a sigh, 5 a shout."""
        turn.state = evolve(turn.state, tension=max(0, turn.state.tension - max(0, intensity)))
        return "You feel lighter."

    def state_prompt(self, turn: Turn[Feeling]) -> str:
        return f"Tension: {turn.state.tension} of {MOST}"
