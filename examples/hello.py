"""The smallest world: two people, one question, two rounds. The model is a script, so no key is needed."""

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, talk, think, turn

LINES = {
    "Ana": [
        "Three fifty for cold soup? I make mine for one. Ben, you would buy it.",
        "You never have ten minutes, Ben.",
    ],
    "Ben": ["I would. Twice a week, when I come home late.", "That is what the bottle is for."],
}


def script(request, call):
    return turn(think("They are asking what I would do."), talk(LINES[call.person][call.turn]), emotions="amused")


runtime = Runtime(plugins=[ScriptedModel(script)], model="scripted/soup")
with Simulation(runtime=runtime, seed=7) as simulation:
    ana = TinyPerson("Ana", {"age": 58, "occupation": "cook in a school", "likes": ["tomatoes in August"]})
    ben = TinyPerson("Ben", {"age": 31, "occupation": "night-shift nurse", "dislikes": ["shopping lists"]})
    world = TinyWorld("Kitchen table", [ana, ben])

    world.broadcast("Here is a ready-to-drink gazpacho, 3.50 a litre. Would you buy it?", source="Moderator")
    report = world.run(2)

    for fact in simulation.facts:
        if fact.type in ("CONVERSATION", "TALK"):
            print(f"{fact.source}: {fact.content}")
    print(f"\n{report}")
