"""People who are made up: facts that go together, from several countries."""

from __future__ import annotations

import re
from typing import Any

from troupe_core import Stream
from troupe_llm_rehearsal.scene import BIG_FIVE
from troupe_llm_rehearsal.words import TRAITS, data, folded, stems

FACTS = {name: text.split(" | ") for name, text in data("people").items()}
COUNTRIES = {name: facts for name, *facts in (each.split(" | ") for each in data("people")["countries"].split("; "))}
KEYS = frozenset({"name", *FACTS["keys"][0].split()})  # of whom a form has two of these, it asks for a person
AGES = re.compile(r"\b([1-9]\d)\s*(?:-|–|to|and)\s*([1-9]\d)\b(?!\.|\d)|\b(\d{2})[- ]year")
ALIASES = dict(pair.split("=") for pair in FACTS["aliases"][0].split())


def somebody(chance: Stream, wish: str, draw: int) -> dict[str, Any]:
    """By chance, and by a wish as far as it names a country, a city, an age, a job or an interest of ours."""
    low = f" {re.sub(r'[^a-z0-9]+', ' ', folded(wish))} "

    def wished(text: str) -> bool:
        return f" {folded(text)}" in low

    def some(pool: str, number: int) -> list[str]:
        chance.shuffle(order := list(FACTS[pool]))
        return order[:number]

    named = [name for name, (people, *_) in COUNTRIES.items() if wished(name) or wished(people)]
    homes = [(name, city) for name, facts in COUNTRIES.items() for city in facts[1].split() if wished(f"{city} ")]
    local = [name for name, _ in homes if chance.random() < 0.6]  # into cities people have come from everywhere
    country = chance.choice(named or local or list(COUNTRIES))
    home, city = chance.choice(homes or [(country, city) for city in COUNTRIES[country][1].split()])
    female = chance.random() < 0.5
    name = _name(country, wish, draw, female=female)
    jobs = [each.split("; ") for each in FACTS["jobs"]]
    job, place, education, least, skills = chance.choice([each for each in jobs if wished(each[0])] or jobs)
    asked = AGES.findall(wish) if wished("age") or wished("year") else []  # of tables of ages, one is drawn
    span = sorted(map(int, filter(None, chance.choice(asked)))) if asked else [max(18, int(least) - 2), 81]
    age = chance.randint(span[0], span[-1])
    title = f"retired {job}" if age >= 67 else job if age >= int(least) else "student"
    years = f"{min(age, 66) - int(least) + 1} years" if age > int(least) else "a year"
    five = {each: round(min(0.95, max(0.05, chance.gauss(0.5, 0.2))), 2) for each in BIG_FIVE}
    marked = sorted(five, key=lambda each: -abs(five[each] - 0.5))[:3]
    talk = (five["extraversion"] > 0.6) - (five["extraversion"] < 0.4)
    interests = sorted(some("interests", 99), key=lambda each: -len(stems(each) & stems(wish)))[:3]
    first, _, last = name.partition(" ")
    dislikes, beliefs, spare = some("dislikes", 2), some("beliefs", 2), f"{interests[0]} and {interests[1]}"
    kin = [{"name": _name(country, f"{wish} {name}", at, female=at == 0), "description": chance.choice(FACTS[pool])}
           for at, pool in enumerate(("women", "men"))]  # fmt: skip
    return {
        "name": name, "first_name": first, "last_name": last, "age": age, "gender": "female" if female else "male",
        "nationality": COUNTRIES[country][0], "country": home, "city": city, "residence": f"{city}, {home}",
        "occupation": {"title": title, "organization": place if title == job else "",
                       "description": f"{'Was' if age >= 67 else 'Has been'} a {job} for {years}, mostly at {place}."},
        "education": education, "skills": skills.split(", "), "long_term_goals": some("goals", 2),
        "style": FACTS[f"talk {talk}"][0], "big_five": five, **five,
        "traits": [chance.choice(TRAITS[BIG_FIVE[each]][five[each] < 0.5][:6]) for each in marked],
        "interests": interests, "likes": some("likes", 3), "dislikes": dislikes, "beliefs": beliefs,
        "general": some("habits", 2), "morning": some("morning", 2), "workday": some("workday", 1),
        "evening": [each.format(interest=interests[0]) for each in some("evening", 2)],
        "weekend": [each.format(interest=interests[1]) for each in some("weekend", 2)],
        "health": chance.choice(FACTS["health"]), "other_facts": some("facts", 2), "relationships": kin,
        "biography": f"{first} is {age}, {title} in {city}, and spends free hours on {spare}. {first} cannot stand "
                     f"{dislikes[0]}, and believes that {beliefs[0][0].lower()}{beliefs[0][1:]}",
    }  # fmt: skip


def _name(country: str, wish: str, draw: int, *, female: bool) -> str:
    *_, women, men, families = COUNTRIES[country]
    given, family = (women if female else men).split(), families.split()
    if country in FACTS["two family names"]:
        family = [f"{one} {other}" for one in family for other in family if one != other]
    start = Stream(0, f"{country} {wish}", "name", 0).below(2**32)
    # 1,009 is a prime, so that the draws of a question go through all names before one comes again
    at, other = divmod((start + 1_009 * draw) % (len(given) * len(family)), len(family))
    return f"{given[at]} {family[other]}"
