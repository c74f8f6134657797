"""A focus group of three, and what it came to: a table, and the words that show each figure.

The model is a script. With a real one the program is the same but for the line that makes the runtime.
"""

import re

from troupe_core import ResultsExtractor, Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, talk, think, turn

PEOPLE = {
    "Marta Gómez": {"age": 44, "occupation": "bus driver in Valencia"},
    "Jonas Weber": {"age": 29, "occupation": "software tester"},
    "Aiko Tanaka": {"age": 67, "occupation": "retired calligraphy teacher"},
}
SAID = {
    "Marta Gómez": ["Two out of five. My uncle makes it better.", "In glass I would think about it."],
    "Jonas Weber": ["4. It saves me ten minutes, so yes, I buy it.", "The bottle is fine as it is."],
    "Aiko Tanaka": ["It is very red.", "Glass, yes. The plastic is what I taste."],
}
FOUND = {
    "Marta Gómez": {
        "rating": (2, "Two out"),
        "would_buy": ("perhaps", "In glass"),
        "objection": ("plastic", "In glass"),
    },
    "Jonas Weber": {"rating": (4, "4."), "would_buy": ("yes", "saves me"), "objection": (None, None)},
    "Aiko Tanaka": {"rating": (None, None), "would_buy": (None, None), "objection": ("plastic", "plastic is")},
}


def script(request, call):
    if call.purpose == "extraction":
        return read(request.messages[-1].content, FOUND[call.person])
    return turn(think("What would I do with it?"), talk(SAID[call.person][call.turn]))


def read(transcript, found):
    """As a model would: each value with the numbers of the lines in which it has found it."""
    lines = re.findall(r"^\[(\d+)\] (.*)", transcript, re.MULTILINE)
    return {
        field: {"evidence": [int(n) for n, text in lines if words and words in text], "value": value, "confidence": 0.9}
        for field, (value, words) in found.items()
    }


runtime = Runtime(plugins=[ScriptedModel(script)], model="scripted/focus-group")
with Simulation(runtime=runtime, seed=3) as simulation:
    people = [TinyPerson(name, persona) for name, persona in PEOPLE.items()]
    world = TinyWorld("Focus group", people, kind="focus_group")
    world.broadcast("Gazpacho in a plastic bottle. How do you like it, from 1 to 5? Would you buy it?", "Moderator")
    world.run(2)

    extractor = ResultsExtractor(
        extraction_objective="What does this person think of the product?",
        situation="A tasting of bottled gazpacho.",
        fields={"rating": "1..5", "would_buy": ["yes", "no", "perhaps"], "objection": str},
    )
    results = extractor.extract_results_from_agents(people)

print(results)
for row in results:
    for field, facts in row.evidence.items():
        for fact in facts:
            print(f"\n{field} of {row.of}, {fact.cite[:8]}: {fact.content}", end="")
ratings = [row["rating"] for row in results if row["rating"] is not None]
print(f"\n\n{len(ratings)} of {len(results)} gave a rating: {sum(ratings) / len(ratings):.1f} on average")
runtime.close()
