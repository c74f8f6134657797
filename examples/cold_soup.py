"""Would you buy a bottled cold soup? Twelve picky people talk it over, see it in another bottle, and are read
afterwards: who has changed their mind, and by whose words?

No key is needed: puppets speak, who follow the words of their personas. It is a rehearsal, and no evidence.
"""

from pathlib import Path

from troupe_core import ResultsExtractor, Runtime, Simulation, TinyPerson, TinyWorld

HERE = Path(__file__).parent

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime, seed=7) as simulation:
    people = TinyPerson.load_specifications_from_folder(HERE / "people")
    people.import_fragment(HERE / "fragments/picky_customer.fragment.json")
    extractor = ResultsExtractor(
        "What would make them buy, and what keeps them away?",
        fields={"rating": "1..5", "reason": "text", "would_buy": ["yes", "no", "maybe"]},
    )

    group = TinyWorld("Study", people, kind="focus_group")
    group.broadcast(
        "Here is a ready-to-drink gazpacho in a bottle, 3.50 a litre. Would you buy it? Why, or why not?",
        source="Moderator",
    )
    group.run(2)
    before = {row.of: row["rating"] for row in extractor.extract_results_from_agents(people)}

    for person in people:
        person.see("The moderator holds up the same soup in a returnable glass bottle, for 3.90.")
    group.run(1)
    results = extractor.extract_results_from_agents(people)

for fact in simulation.facts:
    if fact.type in ("CONVERSATION", "TALK"):
        print(fact)

print()
for row in sorted(results, key=lambda row: -(row["rating"] or 0)):
    then, now = before[row.of], row["rating"]
    change = f"{then} before the glass" if then != now else "as before"
    print(f"{row.of}: {now} of 5 ({change}), would buy: {row['would_buy']}")
    for fact in row.evidence["rating"][-1:]:
        print(f"    because of: {fact.content}")
