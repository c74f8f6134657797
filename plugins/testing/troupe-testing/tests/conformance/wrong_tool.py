"""Tools that are wrong in one way each, and right ones: run by `test_the_kit.py`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from troupe_core import TinyTool, ToolCall, ToolFailure, action
from troupe_testing.conformance import ToolConformance

IN_THE_BOX = "It is in the box."


@frozen
class Config:
    folder: str = "somewhere"


class Letters(TinyTool, config=Config):
    """You can send letters."""

    @action
    async def send(self, call: ToolCall, words: str) -> str:
        """send a letter."""
        if not words.strip():
            raise ToolFailure("nobody sends an empty sheet")
        self.post(call)
        return IN_THE_BOX

    def post(self, call: ToolCall) -> None:
        with self.box.open("a", encoding="utf-8") as file:
            file.write(f"{call.name} {call.key}\n")

    async def became(self, call: ToolCall) -> str | None:
        return IN_THE_BOX if any(call.key in letter for letter in self.letters()) else None

    @property
    def box(self) -> Path:
        return Path(self.config.folder) / "box.txt"

    def letters(self) -> list[str]:
        return self.box.read_text(encoding="utf-8").splitlines() if self.box.exists() else []


class Posting(ToolConformance):
    @pytest.fixture
    def table(self, tmp_path: Path) -> dict[str, str]:
        self.folder = tmp_path
        return {"folder": str(tmp_path)}

    def effects(self) -> object:
        box = self.folder / "box.txt"
        return box.read_text(encoding="utf-8") if box.exists() else ""

    def clear(self) -> None:
        (self.folder / "box.txt").unlink(missing_ok=True)


class TestRight(Posting):
    plugin = Letters


class TestRightWhereNobodySaysWhatItsEffectsAre(ToolConformance):
    plugin = Letters

    @pytest.fixture
    def table(self, tmp_path: Path) -> dict[str, str]:
        return {"folder": str(tmp_path)}


class Dial(TinyTool):
    """There is a dial."""

    repeatable = True

    @action
    async def turn_to(self, call: ToolCall, number: int) -> str:
        """turn it to a number."""
        DIAL["number"] = number
        return f"It stands at {number}."


DIAL: dict[str, int] = {}


class TestRightIfRepeated(ToolConformance):
    plugin = Dial

    def effects(self) -> object:
        return {**DIAL}


class Shelf(Letters):
    @action
    async def count(self, call: ToolCall) -> str:
        """count the letters in the box."""
        return f"There are {len(self.letters())}."


class TestRightIfItReadsWhatWasWritten(Posting):
    plugin = Shelf


# -- what people perceive ---------------------------------------------------------------------------------------------


class Idle(TinyTool):
    """There is a hole in the wall."""


class TestIsOfNoUse(ToolConformance):
    fails = "test_people_can_do_something_with_it"
    plugin = Idle


class Numbering(Letters):
    @action
    async def send(self, call: ToolCall, words: str) -> Any:
        """send a letter."""
        self.post(call)
        return 42


class TestReturnsANumber(Posting):
    fails = "test_what_an_action_returns_is_text"
    plugin = Numbering


class Wordless(Letters):
    @action
    async def send(self, call: ToolCall, words: str) -> str:
        """send a letter."""
        self.post(call)
        return ""


class TestTellsNothing(Posting):
    fails = "test_what_is_done_is_told"
    plugin = Wordless


class Sulking(Letters):
    @action
    async def send(self, call: ToolCall, words: str) -> str:
        """send a letter."""
        if not words.strip():
            raise ToolFailure("")
        self.post(call)
        return IN_THE_BOX


class TestFailsWithoutAWord(Posting):
    fails = "test_a_failure_says_why"
    plugin = Sulking


class Hasty(Letters):
    @action
    async def send(self, call: ToolCall, words: str) -> str:
        """send a letter."""
        self.post(call)
        if not words.strip():
            raise ToolFailure("nobody sends an empty sheet")
        return IN_THE_BOX


class TestFailsAfterItsEffect(Posting):
    fails = "test_where_it_fails_nothing_has_happened"
    plugin = Hasty


# -- nothing is done twice --------------------------------------------------------------------------------------------


class Moving(Letters):
    def target(self) -> int:
        return len(self.letters()) // 3


class TestNamesItsUsesByWhatWasDoneBefore(Posting):
    fails = "test_run_again_on_its_journal_it_does_nothing_again"
    plugin = Moving


class Forgetful(Letters):
    async def became(self, call: ToolCall) -> str | None:
        return None


class TestForgetsWhatItHasDone(Posting):
    fails = "test_interrupted_after_its_effect_it_does_not_do_it_again"
    plugin = Forgetful


class Mute(Letters):
    async def became(self, call: ToolCall) -> str | None:
        return "" if await super().became(call) else None


class TestKeepsToItselfWhatItHasDone(Posting):
    fails = "test_interrupted_after_its_effect_the_person_is_told"
    plugin = Mute


class Boastful(Letters):
    async def became(self, call: ToolCall) -> str | None:
        return IN_THE_BOX


class TestClaimsWhatItHasNotDone(Posting):
    fails = "test_asked_before_its_effect_it_does_not_claim_it"
    plugin = Boastful


class Doubling(Letters):
    repeatable = True


class TestIsCalledRepeatableAndIsNot(Posting):
    fails = "test_what_is_repeatable_does_no_more_when_it_is_repeated"
    plugin = Doubling


# -- many people ------------------------------------------------------------------------------------------------------

AT_WORK: dict[str, str] = {}


class Confused(Letters):
    @action
    async def send(self, call: ToolCall, words: str) -> str:
        """send a letter."""
        AT_WORK["name"] = call.name
        await asyncio.sleep(0)
        self.post(call)
        return f"The letter of {AT_WORK['name']} is in the box."


class TestMistakesOneForAnother(Posting):
    fails = "test_twenty_people_at_once_get_each_their_own_result"
    plugin = Confused


class Unguarded(Letters):
    """All write at one sheet."""

    @action
    async def send(self, call: ToolCall, words: str) -> str:
        """send a letter."""
        self.post(call)
        sheet = self.box.with_name("sheet.txt")
        sheet.write_text(words, encoding="utf-8")
        await asyncio.sleep(0)
        sheet.rename(self.box.with_name("last.txt"))
        return IN_THE_BOX


class TestIsNotGuardedAgainstMany(Posting):
    fails = "test_twenty_people_at_once_are_no_trouble"
    plugin = Unguarded


class Noting(Letters):
    def post(self, call: ToolCall) -> None:
        self.latest = call.name
        super().post(call)


class TestKeepsWhoHasUsedIt(Posting):
    fails = "test_it_keeps_nobody_in_itself"
    plugin = Noting


class Aiming(Letters):
    def target(self) -> Any:
        return ("box",)


class TestIsAimedAtSomethingThatIsNoPlainData(Posting):
    fails = "test_what_its_effects_are_on_is_plain_data"
    plugin = Aiming
