"""A small study: four people from three countries, one product, two rounds, and a question to one of them afterwards.

The model is a script. With a real one the program is the same but for the line that makes the runtime.
"""

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, talk, think, turn

PEOPLE = {
    "Marta Gómez": {
        "age": 44,
        "nationality": "Spanish",
        "occupation": {"title": "bus driver", "organization": "EMT Valencia"},
        "beliefs": ["Food that keeps for weeks has been robbed of something."],
        "preferences": {"likes": ["tomatoes from her uncle"], "dislikes": ["plastic bottles"]},
    },
    "Jonas Weber": {
        "age": 29,
        "nationality": "German",
        "occupation": {"title": "software tester"},
        "style": "Kurz und trocken, gern mit einer Zahl.",
        "preferences": {"likes": ["anything that needs no stove"]},
    },
    "Aiko Tanaka": {
        "age": 67,
        "nationality": "Japanese",
        "occupation": {"title": "retired calligraphy teacher"},
        "personality": {"traits": ["polite until the third time of asking"]},
    },
    "Sam Okafor": {
        "age": 35,
        "nationality": "British",
        "occupation": {"title": "night porter"},
        "skills": ["haggling"],
    },
}
SAID = {
    "Marta Gómez": [
        ("Three fifty? My uncle would laugh at the bottle before he tasted it.", ""),
        ("Glass, yes.", "Aiko"),
    ],
    "Jonas Weber": [
        ("3,50 ist okay, wenn es zehn Minuten spart.", "Moderator"),
        ("Marta, frisch hat kein Pfand.", "marta"),
    ],
    "Aiko Tanaka": [("It is very red. I would buy it once, for a guest.", ""), ("In glass, perhaps twice.", "")],
    "Sam Okafor": [("Two for five, and I take it on every shift.", ""), ("", "")],
}


def script(request, call):
    if call.turn > 1:
        return turn(talk("A glass bottle, and somebody I know behind it."), emotions="flattered to be asked again")
    words, target = SAID[call.person][call.turn]
    return turn(think("What would I do with it?"), talk(words, to=target), emotions="curious", goals="be heard")


runtime = Runtime(plugins=[ScriptedModel(script)], model="scripted/focus-group")
with Simulation(runtime=runtime, seed=3) as simulation:
    people = [TinyPerson(name, persona) for name, persona in PEOPLE.items()]
    world = TinyWorld("Focus group", people, kind="focus_group", initial_datetime="2026-03-02T18:00")
    world.broadcast("Gazpacho in a bottle, 3.50 a litre. Would you buy it? Why, or why not?", source="Moderator")
    report = world.run(2)

    marta = people[0]
    marta.listen_and_act("What would change your mind?", source="Moderator")

for fact in simulation.facts:
    if fact.type in ("CONVERSATION", "TALK"):
        print(fact)
print(f"\nMarta now: {marta.mind.emotions}. Near her: {', '.join(person.name for person in marta.accessible_agents)}")
print(report)
