"""Faculties that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any, ClassVar

from attrs import evolve, field, frozen

from troupe_core import TinyMentalFaculty, Turn, action
from troupe_testing.conformance import FacultyConformance


@frozen
class Feeling:
    tension: int = 5


class Mood(TinyMentalFaculty, state=Feeling):
    """You have moods, and they colour what you say."""

    state_version = 2

    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], intensity: int) -> str | None:
        """Let off steam. intensity: 1 is a sigh, 5 a shout."""
        turn.state = evolve(turn.state, tension=max(0, turn.state.tension - max(0, intensity)))
        return "You feel lighter."

    def state_prompt(self, turn: Turn[Feeling]) -> str:
        return f"Tension: {turn.state.tension}"

    def migrate(self, data: Any, version: int) -> Any:
        return {"tension": 9 if data["tense"] else 0}


class MoodConformance(FacultyConformance):
    earlier: ClassVar[Mapping[int, Mapping[str, Any]]] = {1: {"tense": True}}


class TestRight(MoodConformance):
    plugin = Mood


class TestRightAsAnObject(MoodConformance):
    plugin = Mood()


# -- what people perceive ---------------------------------------------------------------------------------------------


class Wordless(Mood):
    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], intensity: int) -> None:
        """Let off steam."""


class TestReturnsNothingToPerceive(MoodConformance):
    fails = "test_what_an_observing_action_returns_is_text"
    plugin = Wordless


class Numb(Mood):
    def state_prompt(self, turn: Turn[Feeling]) -> Any:
        return None


class TestSaysNoTextOfTheMoment(MoodConformance):
    fails = "test_what_it_says_of_the_moment_is_text"
    plugin = Numb


class Fickle(Mood):
    def state_prompt(self, turn: Turn[Feeling]) -> str:
        return f"This is line {next(SAID)}."


SAID = count()


class TestSaysSomethingElseEachTime(MoodConformance):
    fails = "test_what_it_says_of_the_moment_is_the_same_when_asked_again"
    plugin = Fickle


# -- state ------------------------------------------------------------------------------------------------------------


class Tiring(Mood):
    def state_prompt(self, turn: Turn[Feeling]) -> str:
        turn.state = evolve(turn.state, tension=turn.state.tension + 1)
        return "You are tired."


class TestChangesItsStateWhileItIsAsked(MoodConformance):
    fails = "test_being_aware_changes_nothing"
    plugin = Tiring


@frozen
class Written:
    words: list[str] = field(factory=list)


class Diary(TinyMentalFaculty, state=Written):
    """You have a diary."""

    @action
    async def write(self, turn: Turn[Written], text: str) -> None:
        """write something down."""
        turn.state.words.append(text)
        turn.state = Written([*turn.state.words])


class TestWritesIntoTheStateFromBefore(FacultyConformance):
    fails = "test_a_turn_that_fails_leaves_its_state_as_it_was"
    plugin = Diary


class Noting(Mood):
    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], intensity: int) -> str:
        """Let off steam."""
        self.latest = turn.name
        return "You feel lighter."


class TestKeepsWhoHasUsedIt(MoodConformance):
    fails = "test_it_keeps_nothing_in_itself"
    plugin = Noting


VENTED: list[str] = []


class Rumour(Mood):
    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], intensity: int) -> str:
        """Let off steam."""
        VENTED.append(turn.name)
        return "You feel lighter."

    def state_prompt(self, turn: Turn[Feeling]) -> str:
        return f"It was heard {len(VENTED)} times."


class TestTellsEverybodyWhatOneHasDone(MoodConformance):
    fails = "test_two_persons_do_not_share_it"
    plugin = Rumour


# -- a journal --------------------------------------------------------------------------------------------------------


@frozen
class Loose:
    seen: Any = ()


class Watching(TinyMentalFaculty, state=Loose):
    """You keep your eyes open."""

    @action
    async def look(self, turn: Turn[Loose], where: str) -> None:
        """look somewhere."""
        turn.state = Loose((*turn.state.seen, where))


class TestHasAStateThatComesBackAsAnotherOne(FacultyConformance):
    fails = "test_its_state_comes_back_from_a_journal"
    plugin = Watching


@frozen
class Secretive:
    tension: int = 5
    vented: int = field(default=0, init=False)
    """No journal has it."""


class Counting(TinyMentalFaculty, state=Secretive):
    """You have moods, and they colour what you say."""

    @action
    async def vent(self, turn: Turn[Secretive], intensity: int) -> None:
        """Let off steam."""
        after = Secretive(turn.state.tension + turn.state.vented)
        object.__setattr__(after, "vented", turn.state.vented + 1)
        turn.state = after


class TestGoesOnFromWhatNoJournalHas(FacultyConformance):
    fails = "test_people_live_on_after_a_journal_as_they_would_have"
    plugin = Counting


class TestGivesNoExampleOfItsEarlierState(FacultyConformance):
    fails = "test_there_is_an_example_of_every_earlier_state"
    plugin = Mood


class Changed(Mood):
    def migrate(self, data: Any, version: int) -> Any:
        return data


class TestDoesNotReadItsEarlierState(MoodConformance):
    fails = "test_it_reads_what_earlier_versions_wrote"
    plugin = Changed
