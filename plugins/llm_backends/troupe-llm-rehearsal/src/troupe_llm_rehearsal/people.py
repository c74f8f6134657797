"""People who are made up: a few plain facts that go together, from several countries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from troupe_core import Stream
from troupe_llm_rehearsal.lexicon import data
from troupe_llm_rehearsal.words import folded, with_article

_FACTS = {name: text.split(" | ") for name, text in data("people").items()}
COUNTRIES = {name.removeprefix("in "): facts for name, facts in _FACTS.items() if name.startswith("in ")}
JOBS = [(job, int(age)) for job, _, age in (each.rpartition(" ") for each in _FACTS["jobs"])]
_KEYS = frozenset(_FACTS["keys"][0].split())
_AGES = re.compile(r"\b(\d{2})\s*(?:-|–|to|and)\s*(\d{2})\b|\b(\d{2})[- ]year")


def describes_a_person(properties: Mapping[str, Any]) -> bool:
    """Whether a form asks for somebody's facts."""
    names = {folded(name) for name in properties}
    return len(names & _KEYS) >= 2 or ("name" in names and bool(names & _KEYS))


@attrs.frozen
class Somebody:
    """One of them."""

    name: str
    age: int
    gender: str
    country: str
    nationality: str
    city: str
    job: str
    interests: tuple[str, ...]
    dislikes: tuple[str, ...]
    traits: tuple[str, ...]
    belief: str
    big_five: Mapping[str, float]

    @classmethod
    def drawn(cls, chance: Stream, wish: str) -> Somebody:
        """By chance, and by what the text asks for as far as it names a country, an age or a job of ours."""
        low = folded(wish)
        near = [each for each, (people, *_) in COUNTRIES.items() if folded(each) in low or folded(people) in low]
        country = chance.choice(near or list(COUNTRIES))
        nationality, cities, first, last = COUNTRIES[country]
        given = first.split()
        place = chance.below(len(given))
        known = [job for job in JOBS if job[0] in low]
        job, least = chance.choice(known or JOBS)
        age = _age(wish, chance, least)
        return cls(
            f"{given[place]} {chance.choice(last.split())}",
            age,
            "male" if place % 2 else "female",
            country,
            nationality,
            chance.choice(cities.split()),
            f"retired {job}" if age >= 67 else job if age >= least else "student",
            _some(_FACTS["interests"], 3, chance),
            _some(_FACTS["dislikes"], 2, chance),
            _some(_FACTS["traits"], 3, chance),
            chance.choice(_FACTS["beliefs"]),
            {
                trait: round(min(0.95, max(0.05, chance.gauss(0.5, 0.2))), 2)
                for trait in ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
            },
        )

    def field(self, name: str, kind: str) -> Any:
        """What stands in a field of that name, if it is of that type."""
        key = folded(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).replace(" ", "_")
        lists = {
            "interests": self.interests,
            "hobbies": self.interests,
            "likes": self.interests,
            "traits": self.traits,
            "dislikes": self.dislikes,
            "beliefs": (f"{self.belief[0].upper()}{self.belief[1:]}.",),
            "personality": self.traits,
            "personality_traits": self.traits,
        }
        texts = {
            "name": self.name,
            "full_name": self.name,
            "first_name": self.name.split()[0],
            "last_name": self.name.split()[-1],
            "surname": self.name.split()[-1],
            "gender": self.gender,
            "sex": self.gender,
            "country": self.country,
            "country_of_residence": self.country,
            "nationality": self.nationality,
            "city": self.city,
            "residence": f"{self.city}, {self.country}",
            "occupation": self.job,
            "job": self.job,
            "profession": self.job,
            "title": self.job,
            "biography": self.story,
            "bio": self.story,
            "description": self.story,
            "background": self.story,
        }
        if kind in ("integer", "number"):
            return self.age if key == "age" else self.big_five.get(key) if kind == "number" else None
        if kind == "array":
            return list(lists[key]) if key in lists else None
        if kind == "string":
            return texts.get(key) or (str(self.age) if key == "age" else ", ".join(lists.get(key, ())) or None)
        return None

    @property
    def story(self) -> str:
        first, one = self.name.split()[0], with_article(self.job)
        interest, more, *_ = self.interests
        return (
            f"{first} is {self.age}, {one} in {self.city}, and spends free hours on {interest} and {more}. "
            f"{first} cannot stand {self.dislikes[0]}, and holds that {self.belief}."
        )


def _age(wish: str, chance: Stream, least: int) -> int:
    found = _AGES.search(wish)
    if found and found[3]:
        return int(found[3])
    if found and int(found[1]) < int(found[2]):
        return chance.randint(int(found[1]), int(found[2]))
    return chance.randint(least, 81)


def _some(pool: Sequence[str], number: int, chance: Stream) -> tuple[str, ...]:
    order = list(pool)
    chance.shuffle(order)
    return tuple(order[:number])
