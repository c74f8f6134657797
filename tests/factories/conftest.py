"""Somebody as a model would describe them, and simulations in which a script does so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from troupe_core import LLMRequest, Simulation

BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")


def _described(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "age": 41,
        "gender": "woman",
        "nationality": "Portuguese",
        "residence": "Lisbon, two rooms above a garage",
        "education": "left school at fifteen",
        "occupation": {"title": "baker", "organization": "", "description": "loaves from three in the morning"},
        "long_term_goals": ["a shop of her own"],
        "style": "short and dry",
        "personality": {"traits": ["stubborn"], "big_five": dict.fromkeys(BIG_FIVE, "middling")},
        "preferences": {"interests": ["tides"], "likes": ["salt"], "dislikes": ["being hurried"]},
        "skills": ["kneading"],
        "beliefs": ["debts are paid on Fridays"],
        "behaviors": {"general": ["hums"], "routines": {"morning": ["up at two"], "workday": [], "evening": []}},
        "health": "",
        "relationships": [],
        "other_facts": ["cannot swim"],
        **more,
    }


@pytest.fixture(scope="session")
def described() -> Callable[..., dict[str, Any]]:
    """`described("Ana Lima", age=30)`: an answer that can be used."""
    return _described


@pytest.fixture(scope="session")
def attempt_of() -> Callable[[LLMRequest], int]:
    """Which attempt it is that a request makes."""

    def attempt(request: LLMRequest) -> int:
        found = re.search(r"^# Attempt (\d+)$", request.messages[1].content, re.MULTILINE)
        return int(found[1]) if found else 1

    return attempt


@pytest.fixture
def casting(make_simulation: Callable[..., Simulation]) -> Callable[..., Simulation]:
    """`casting(name)`: a simulation whose model gives the people that it is asked for the names `name(number)`, or
    answers otherwise, if that is no text.
    """

    def make(name: Any = lambda number: f"Person {number}", **options: Any) -> Simulation:
        def script(request: Any, call: Any) -> Any:
            given = name(call.turn + 1)
            return _described(given) if isinstance(given, str) else given

        return make_simulation(script, **options)

    return make
