"""Twelve people who agree about next to nothing are asked one thing, each alone: would you let a robot mow the grave?

No key is needed: puppets answer, who follow the words of their personas. It is a rehearsal, and no evidence.
"""

from pathlib import Path

from troupe_core import Runtime, Scale, Simulation, TinyPerson

CAST = Path(__file__).parent / "people"
OFFER = (
    "The parish wants to hire a small quiet machine that mows the cemetery at night, for 2.40 a grave and month. "
    "The gardener, who is 63, would be retired early, on full pay. What do you say?"
)
FIELDS = {"in_favour": Scale(1, 5), "would_sign": ["yes", "no", "not yet"]}

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime, seed=3):
    people = TinyPerson.load_specifications_from_folder(CAST)
    results = people.ask(OFFER, fields=FIELDS, source="The sexton")

    for row in results:
        print(f"{row.of}: {row['answer']}")
        print(f"    in favour {row['in_favour']} of 5, would sign: {row['would_sign']}\n")

    # Nothing has changed by it. What follows is part of the story: Gail will remember that she was asked.
    gail = people["Gail Petruniak"]
    gail.ask("You have sold whole estates. What is a graveyard worth?", source="The sexton", remember=True)
    print("\n".join(str(fact) for fact in gail.memories() if fact.source))
    assert not people["Joaquim Seixas"].memories()

print()
print(results)
