"""Five people think aloud about what a telephone box could become. Each says whose idea it should be, and whoever gets
the most votes has to sell it in one sentence.

No key is needed: puppets speak, who follow the words of their personas. It is a rehearsal, and no evidence.
"""

from collections import Counter
from pathlib import Path

from troupe_core import ResultsExtractor, Runtime, Simulation, TinyPerson, TinyWorld

HERE = Path(__file__).parent
WHO = ["dalva_prado", "ekow_quansah", "gail_petruniak", "pham_thi_lua", "washington_bentancor"]
BOX = """\
The telephone box at the market has had no telephone for six years. It is to become something again, for 900 at most: \
a shelter from the rain, a shelf for radios and books, a place for coffee, a library of tools. \
What else? Say whatever comes to mind; nothing is too small or too strange."""

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime, seed=2) as simulation:
    people = [TinyPerson.load_specification(HERE / f"people/{name}.agent.json") for name in WHO]
    people[-1].import_fragment(HERE / "fragments/left_libertarian.fragment.json")
    world = TinyWorld("Market square", people, kind="chat", initial_datetime="2026-05-09T10:30")
    world.broadcast(BOX, source="The mayor")
    world.run(3)
    world.broadcast("Would you miss the box, if it were simply taken away?", source="The mayor")
    world.run(1)

    for fact in simulation.facts:
        if fact.type in ("CONVERSATION", "TALK"):
            print(fact)

    extractor = ResultsExtractor(
        "What does this person want to make of the telephone box?", fields={"idea": "text", "keen": "1..5"}
    )
    ideas = {row.of: row["idea"] for row in extractor.extract_results_from_agents(people)}

    votes = Counter()
    for person in people:  # nobody can vote for themselves: each has choices of their own
        others = [name for name in ideas if name != person.name]
        asked = "Whose idea should it be? " + " ".join(f"{name}: “{ideas[name]}”" for name in others)
        votes[person.ask(asked, fields={"vote": others}, source="The mayor")["vote"]] += 1

    print()
    for name, number in votes.most_common():
        print(f"{number} for {name}: {ideas[name]}")
    winner = world.get_agent_by_name(votes.most_common(1)[0][0])
    sold = winner.ask("It is yours. Sell it to those who wanted another one, in a sentence.", source="The mayor")
    print(f"\n{winner.name}: {sold['answer']}")
