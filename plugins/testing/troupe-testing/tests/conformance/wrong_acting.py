"""Faculties and tools that are wrong in one way each, and right ones: run by `test_the_kit.py`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from troupe_core import TinyMentalFaculty, TinyTool, ToolCall, Turn, action
from troupe_testing.conformance import FacultyConformance, ToolConformance


class Cooking(TinyMentalFaculty):
    """You can cook."""

    @action(observe=True)
    async def cook(
        self,
        turn: Turn[Any],
        dish: str,
        for_whom: list[str],
        heat: Literal["low", "high"],
        minutes: Annotated[int, Meta(ge=1, le=90)],
        share: float = 1.0,
        salt: bool | None = None,
    ) -> str:
        """cook a meal. heat: of the stove. minutes: at most 90."""
        return f"{dish} for {len(for_whom)}, after {90 // minutes} {heat}, {share} {salt}."


class TestRightFaculty(FacultyConformance):
    plugin = Cooking


class Bell(TinyTool):
    """There is a bell."""

    @action
    async def ring(self, call: ToolCall, times: int) -> str:
        """ring it."""
        return f"It rings {times} times."


class TestRightTool(ToolConformance):
    plugin = Bell


class Vague(TinyMentalFaculty):
    """You can hum."""

    @action
    async def hum(self, turn: Turn[Any], tune: Any) -> None:
        """hum a tune."""


class TestHasAParameterOfNoType(FacultyConformance):
    fails = "test_every_parameter_of_an_action_has_a_type"
    plugin = Vague


class Silent(TinyMentalFaculty):
    """You can hum."""

    @action
    async def hum(self, turn: Turn[Any], tune: str) -> None:
        pass


class TestDoesNotSayWhatItDoes(FacultyConformance):
    fails = "test_every_action_is_told_with_what_it_does"
    plugin = Silent


class Dividing(TinyTool):
    """You can cut a cake."""

    @action
    async def cut(self, call: ToolCall, pieces: int) -> str:
        """cut it into so many pieces."""
        return f"Each has {360 // pieces} degrees."


class TestDividesByWhateverItIsGiven(ToolConformance):
    fails = "test_no_argument_of_a_model_breaks_it"
    plugin = Dividing
