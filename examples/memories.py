"""A person who is told many things, remembers what matters, and searches her memory before she answers.

The model is a script; what it is asked, and when, is what would be asked of a real one.
"""

from troupe_core import EpisodicMemory, Runtime, Simulation, TinyPerson
from troupe_testing import ScriptedModel, do, talk, think, turn

NEWS = [
    "The bakery on the corner closes in May.",
    "Her neighbour Ivo has bought a cargo bike, a green one, for 1,900.",
    "It rained the whole weekend.",
    "The school wants parents to cycle with the children in June.",
    "Ivo would lend the bike on Thursdays.",
    "There was a power cut on Tuesday.",
]


def script(request, call):
    news = request.messages[-1].content
    if call.purpose == "consolidation":
        return {"memories": ["Ivo bought a green cargo bike for 1,900 and would lend it to me on Thursdays."]}
    if "RECALL:" in news:  # what came to her mind is in front of her
        found = next(line for line in news.splitlines() if "1,900" in line)
        return turn(think(f"There it is {found}"), talk("Ask Ivo. His cost 1,900, and he lends it on Thursdays."))
    if "cargo bike?" in news:
        return turn(do("RECALL", query="cargo bike price"))
    return turn(think("Good to know."))


runtime = Runtime(plugins=[ScriptedModel(script)], model="scripted/any")
with Simulation(runtime=runtime) as simulation:
    lena = TinyPerson(
        "Lena",
        {"age": 39, "occupation": "paramedic", "relationships": [{"name": "Ivo", "description": "neighbour"}]},
        mental_faculties=["recall"],
        memory=EpisodicMemory(episode=6),  # an episode is over after six turns; ten is usual
    )
    for piece in NEWS:
        lena.listen_and_act(piece, source="the notice board")

    answer = lena.listen_and_act("What does one pay for a cargo bike?", source="Moderator")
    print(" → ".join(fact.type for fact in answer))
    print(f"Lena: {answer[-1].content}")

    print("\nWhat comes to her mind about Thursdays:")
    for recalled in lena.retrieve_relevant_memories("Thursdays", top_k=2):
        print(f"  {recalled.score:.1f}  {recalled.fact.content}")

print("\nWhat the episode has left behind:")
print(*(f"  {fact.content}" for fact in simulation.facts if fact.kind == "memory"), sep="\n")
