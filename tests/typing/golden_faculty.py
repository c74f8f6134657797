"""The faculty of the design's listing, as a stranger would write it: it type-checks as it stands.

This file is read by mypy and pyright and never run. An ignore in it says that there must be an error, for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_type

from attrs import evolve, frozen

from troupe_core import Fact, FacultySpec, Recalled, TinyMentalFaculty, TinyPerson, Turn, action, hookimpl
from troupe_core.people.mind import Mind
from troupe_core.simulation.rng import Stream


@hookimpl
def troupe_register_faculties() -> Iterator[FacultySpec]:
    yield FacultySpec("mood", "troupe_faculty_mood:Mood")


@frozen
class Feeling:
    tension: int = 5


@frozen
class Config:
    most: int = 10


class Mood(TinyMentalFaculty, state=Feeling, config=Config):
    """You have moods, and they colour what you say."""

    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], intensity: int) -> str:
        """Let off steam. intensity: 1 is a sigh, 5 a shout."""
        turn.state = evolve(turn.state, tension=max(0, turn.state.tension - intensity))
        return "You feel lighter."

    @action
    async def sulk(self, turn: Turn[Feeling]) -> None:
        """say nothing for a while."""

    def state_prompt(self, turn: Turn[Feeling]) -> str:
        return f"Tension: {turn.state.tension} of {self.config.most}"


@frozen
class Verdict:
    guilty: bool
    why: str = ""


async def everything_that_a_turn_offers(turn: Turn[Feeling], other: Turn[Any]) -> None:
    assert_type(turn.state, Feeling)
    assert_type(turn.state.tension, int)
    assert_type(turn.name, str)
    assert_type(turn.persona, Mapping[str, Any])
    assert_type(turn.mind, Mind)
    assert_type(turn.now, datetime | None)
    assert_type(turn.number, int)
    assert_type(turn.rng, Stream)
    assert_type(turn.rng.choice(["left", "right"]), str)
    assert_type(turn.emit("MOOD", "sank", {"tension": 3}), Fact)
    assert_type(await turn.recall("the lighthouse", 3), Sequence[Recalled])
    assert_type(await turn.llm("judging").ask("Is it so?"), str)
    assert_type(await turn.llm("judging").ask("Is it so?", output=Verdict), Verdict)

    turn.state = Feeling(3)
    turn.state = 3  # type: ignore[assignment]
    turn.state.tension = 3  # type: ignore[misc]
    turn.name = "Eve"  # type: ignore[misc]
    turn.mood = 3  # type: ignore[attr-defined]
    turn.perceive(5)  # type: ignore[arg-type]
    turn.perceive("a bang", sort="VISUAL")  # type: ignore[call-arg]
    await turn.recall(query="x", top_k=3)  # type: ignore[call-arg]


async def marked_methods_keep_their_types(mood: Mood, turn: Turn[Feeling], other: Turn[int]) -> None:
    assert_type(await mood.vent(turn, 3), str)
    assert_type(await mood.vent(turn, intensity=3), str)
    await mood.vent(turn, "loudly")  # type: ignore[arg-type]
    await mood.vent(other, 3)  # type: ignore[arg-type]
    await mood.vent(turn, volume=3)  # type: ignore[call-arg]


TinyPerson("Ada", mental_faculties=["mood", Mood, Mood()])
TinyPerson("Ada", mental_faculties=[Feeling])  # type: ignore[list-item]
