"""Who is made up for a table of figures has an age from it; who lives in a table has a place to speak of."""

from __future__ import annotations

import json
from collections import Counter

from troupe_core import Runtime, Simulation, TinyPerson, TinyPersonFactory


def rehearsing():
    return Runtime(["troupe_llm_rehearsal"], model="rehearsal/default", autoload=False, config={})


def cast(context, number=30):
    with rehearsing() as runtime, Simulation(runtime=runtime) as simulation:
        people = TinyPersonFactory(context, simulation=simulation).generate_people(number)
        return [person["age"] for person in people]


def test_ages_are_from_all_of_a_table():
    ages = cast("A town. Ages: " + json.dumps({"15 to 24": 12.0, "25 to 44": 30.5, "45 to 64": 31.0, "65 to 89": 26.5}))
    bands = Counter((age >= 25) + (age >= 45) + (age >= 65) for age in ages)
    assert len(bands) == 4
    assert max(bands.values()) < 20


def test_other_numbers_are_no_ages():
    assert min(cast("Commuters. The bus leaves at 10-12 and costs 20 to 25 euros.")) >= 16


def test_a_place_that_is_a_table_is_spoken_of_as_a_place():
    with rehearsing() as runtime, Simulation(runtime=runtime):
        people = [TinyPerson(f"P{n}", {"residence": {"city": "Nantes", "home": "a flat"}}) for n in range(40)]
        said = [person.ask(f"Would you like number {n}?")["answer"] for n, person in enumerate(people)]
    assert any("Nantes" in each for each in said)
    assert not any("{" in each for each in said)
