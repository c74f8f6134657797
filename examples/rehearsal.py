"""A focus group that needs no key, and what it comes to. Put other people or another question into it.

The people are puppets that act from the words of their personas: good to try things out, and no evidence about anybody.
"""

from troupe_core import ResultsExtractor, Runtime, Simulation, TinyPerson, TinyWorld

PEOPLE = {
    "Marta Gómez": {
        "age": 44,
        "residence": "Valencia",
        "occupation": {"title": "bus driver"},
        "preferences": {"likes": ["tomatoes from her uncle"], "dislikes": ["plastic bottles", "being rushed"]},
    },
    "Jonas Weber": {
        "age": 29,
        "occupation": "software tester",
        "personality": {"big_five": {"extraversion": 0.8, "openness": 0.7}},
        "likes": ["cold soups", "meals that need no stove"],
        "dislikes": ["queues"],
    },
    "Aiko Tanaka": {
        "age": 67,
        "occupation": "retired calligraphy teacher",
        "personality": {"traits": ["polite", "cautious"]},
        "interests": ["tea ceremonies"],
        "dislikes": ["loud advertising"],
    },
    "Sam Okafor": {
        "age": 35,
        "occupation": "night porter",
        "personality": {"traits": ["frugal", "talkative"]},
        "likes": ["football on the radio"],
    },
    "Ines Duarte": {"age": 52, "residence": "Porto", "occupation": "engineer", "likes": ["gazpacho", "gardening"]},
}

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime) as simulation:
    people = [TinyPerson(name, persona) for name, persona in PEOPLE.items()]
    world = TinyWorld("Focus group", people).make_everyone_accessible()
    world.broadcast(
        "Gazpacho, a cold soup, in a plastic bottle, 3.50 a litre. How do you like it, from 1 to 5?", source="Moderator"
    )
    world.run(2)
    world.broadcast("Would you buy it without the plastic bottle, in glass?", source="Moderator")
    world.run(1)

    extractor = ResultsExtractor(
        extraction_objective="What does this person think of the product?",
        fields={"rating": "1..5", "would_buy": ["yes", "no", "perhaps"], "objection": str},
    )
    results = extractor.extract_results_from_agents(people)

for fact in simulation.facts:
    if fact.type in ("CONVERSATION", "TALK"):
        print(fact)
print(f"\n{results}")
