"""Four people are interviewed about a lift that has no buttons; who trusts it least is asked once more.

No key is needed: puppets answer, who follow the words of their personas. It is a rehearsal, and no evidence.
"""

from pathlib import Path

from troupe_core import ResultsExtractor, Runtime, Simulation, TinyPerson, TinyWorld

CAST = Path(__file__).parent / "people"
WHO = ["eusebio_rangel", "tomasi_fonua", "tsiala_beridze", "washington_bentancor"]

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime, seed=11) as simulation:
    people = [TinyPerson.load_specification(CAST / f"{name}.agent.json") for name in WHO]
    landing = TinyWorld("The landing", people, kind="interview")
    landing.broadcast(
        "The lift in your house is worn out. The new one has no buttons: one tells it where to go. "
        "What do you say to that?",
        source="Interviewer",
    )
    landing.run(1)
    for person in people:
        person.see("The interviewer plays a recording. A friendly voice says: “Third floor. Good evening.”")
    landing.run(1)
    landing.broadcast("What would have to be so, for you to step in every day?", source="Interviewer")
    landing.run(1)

    extractor = ResultsExtractor(
        "Would this person use a lift that is spoken to, and what stands in the way?",
        fields={"would_ride": ["yes", "no", "only if"], "trust": "1..5", "condition": "text"},
        fields_hints={"trust": "1: would rather take the stairs to the ninth floor"},
    )
    results = extractor.extract_results_from_agents(people)
    results.sort(key=lambda row: row["trust"] or 0)

    for row in results:
        print(f"{row.of}: trust {row['trust']} of 5, would ride: {row['would_ride']}")
        for fact in simulation.facts:
            if fact.type == "TALK" and fact.source == row.of:
                print(f"    {fact.content}")

    # Whoever trusts it least hears of a concession, and may change their mind.
    wary = landing.get_agent_by_name(results[0].of)
    asked = "There would be stairs beside it, lit and dry. How much do you trust the lift now?"
    after = wary.ask(asked, fields={"trust": "1..5"}, source="Interviewer")
    print(f"\n{wary.name}, asked once more: {after['answer']} (trust {results[0]['trust']}, now {after['trust']})")
print(f"\n{results}")
