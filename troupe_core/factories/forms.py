"""The form of a persona, as somebody who is cast is described in it, and what makes an answer of that form unusable.

The texts below are read by the model that fills the form in. What has a default may be missing where a model is held to
no schema.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any
from unicodedata import normalize

import msgspec

from troupe_core.errors import ArgumentError
from troupe_core.llm.structured import Output
from troupe_core.people.handle.checking import checked_name


def _about(words: str) -> msgspec.Meta:
    return msgspec.Meta(description=words)


LONGEST = 20_000
"""Bytes of a description: it is read in each turn of the person."""

Texts = tuple[str, ...]
Scored = Annotated[str, _about("high, middling or low, and how it shows")]


class Occupation(msgspec.Struct, frozen=True):
    title: str
    organization: Annotated[str, _about("where; empty if nowhere in particular")] = ""
    description: Annotated[str, _about("what a day of it consists of, and what is made of it")] = ""


class BigFive(msgspec.Struct, frozen=True):
    openness: Scored
    conscientiousness: Scored
    extraversion: Scored
    agreeableness: Scored
    neuroticism: Scored


class Personality(msgspec.Struct, frozen=True):
    traits: Texts
    big_five: BigFive


class Preferences(msgspec.Struct, frozen=True):
    interests: Texts
    likes: Texts
    dislikes: Texts


class Routines(msgspec.Struct, frozen=True):
    morning: Texts = ()
    workday: Texts = ()
    evening: Texts = ()
    weekend: Texts = ()


class Behaviors(msgspec.Struct, frozen=True):
    general: Texts
    routines: Routines = Routines()


class Relationship(msgspec.Struct, frozen=True):
    name: str
    description: str


class Described(msgspec.Struct, frozen=True):
    """One person."""

    name: Annotated[str, _about("given name and family name, and nothing else")]
    age: Annotated[int, msgspec.Meta(ge=0, le=120)]
    gender: str
    nationality: str
    residence: Annotated[str, _about("the place, and what sort of home")]
    education: str
    occupation: Occupation
    long_term_goals: Texts
    style: Annotated[str, _about("how this person talks")]
    personality: Personality
    preferences: Preferences
    skills: Texts
    beliefs: Annotated[Texts, _about("as this person would put them")]
    behaviors: Behaviors
    health: str = ""
    relationships: tuple[Relationship, ...] = ()
    other_facts: Texts = ()

    def persona(self) -> dict[str, Any]:
        """What the person is made of: the name as it is written, and nothing that is empty."""
        told: dict[str, Any] = _without_nothing(msgspec.to_builtins(self))
        return {**told, "name": checked_name(told["name"])}


@cache
def form() -> Output[Described]:
    """Made once for all who ask with it."""
    return Output(Described, name="persona")


def wrong_with(answer: Described) -> str:
    """What is wrong with it beside its form, in words for the model; nothing if nothing is."""
    try:
        checked_name(answer.name)
    except ArgumentError as error:
        return str(error)
    needed = {
        "occupation.title": answer.occupation.title.strip(),
        "style": answer.style.strip(),
        "long_term_goals": answer.long_term_goals,
        "personality.traits": answer.personality.traits,
        "preferences.interests": answer.preferences.interests,
        "preferences.likes": answer.preferences.likes,
        "preferences.dislikes": answer.preferences.dislikes,
        "skills": answer.skills,
        "beliefs": answer.beliefs,
    }
    empty = [key for key, value in needed.items() if not value]
    if empty:
        return f"nothing is said under {', '.join(empty)}"
    length = len(msgspec.json.encode(answer))
    return f"it has {length:,} bytes; say the same in less than {LONGEST:,}" if length > LONGEST else ""


def same_name(name: str) -> str:
    """What is equal for names that nobody would tell apart."""
    return normalize("NFC", normalize("NFC", name).casefold())


def _without_nothing(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := _without_nothing(item)) not in _NOTHING}
    if isinstance(value, list | tuple):
        return [kept for item in value if (kept := _without_nothing(item)) not in _NOTHING]
    return value


_NOTHING: tuple[Any, ...] = ("", [], {})
