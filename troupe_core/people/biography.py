"""Somebody in a few sentences: a first one from the usual facts, and more of them by a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.keys import digest, utf8
from troupe_core.llm.response import Written

if TYPE_CHECKING:
    from troupe_core.people.state import PersonState
    from troupe_core.simulation.simulation import Simulation

MINIBIO = "minibio"

KEPT = 8
"""So many biographies of one persona are at hand, each for other requirements."""


@attrs.frozen
class Introduction:
    """What a model writes."""

    paragraph: str


def short_biography(persona: Mapping[str, Any], name: str) -> str:
    """One sentence from whatever of the usual facts is there, in whichever form."""
    said = in_short(persona)
    return f"{name} is {said}." if said else f"This is {name}."


def in_short(persona: Mapping[str, Any]) -> str:
    """These facts alone, if any of them is there."""
    age = persona.get("age")
    occupation = persona.get("occupation")
    if isinstance(occupation, Mapping):
        occupation = occupation.get("title")
    residence = _in_words(persona.get("residence")) or _in_words(persona.get("country_of_residence"))
    facts = [
        f"{age} years old" if isinstance(age, int | float | str) and age else "",
        _in_words(persona.get("nationality")),
        _in_words(occupation),
        f"living in {residence}" if residence else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def _in_words(fact: Any) -> str:
    """A text, or the texts of a table or list, such as city and country."""
    if isinstance(fact, Mapping):
        fact = list(fact.values())
    if isinstance(fact, list | tuple):
        return ", ".join(text for text in fact if isinstance(text, str) and text)
    return fact if isinstance(fact, str) else ""


async def extended_biography(simulation: Simulation, state: PersonState, requirements: str) -> Written:
    """The sentence, and a paragraph by a model, which is asked once for each persona and what is required."""
    from troupe_core.simulation.desk import Subject, desk  # needs asyncio, and making people does not

    persona = state.persona
    about = short_biography(persona.data(), state.name)
    known = persona.biographies or {}
    written = known.get(requirements)
    if written is None:
        system = simulation.runtime.templates[MINIBIO]({"requirements": requirements})
        prompt = f"{about}\n\n{persona.raw.decode()}"
        task = digest(b"minibio", persona.digest, utf8(requirements))
        async with desk(simulation, MINIBIO, task, Subject(state.id)) as place:
            answer = await place.ask(prompt, system=system, output=Introduction, check=_empty)
        paragraph = " ".join(answer.paragraph.split()).removeprefix(about).strip()  # some say the first sentence again
        written = Written(paragraph, place.mark, place.substitute)
        persona.biographies = dict([*known.items(), (requirements, written)][-KEPT:])
    return Written(f"{about} {written}".strip(), written.mark, written.substitute)


def _empty(answer: Introduction) -> str:
    return "" if answer.paragraph.strip() else "the paragraph is empty"
