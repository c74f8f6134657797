"""Four neighbours plan a street party, and can write notes that the others read: files in the folder `street-party`.
Run it as often as you like: what was written once is not written again.

No key is needed: puppets speak, who follow the words of their personas. It is a rehearsal, and no evidence.
"""

from pathlib import Path

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld

HERE = Path(__file__).parent
NOTES = Path("street-party")
WHO = ["ekow_quansah", "gail_petruniak", "jismy_kurian", "tomasi_fonua"]

with (
    Runtime(model="rehearsal/default", settings={"notes": {"folder": str(NOTES)}}) as runtime,
    Simulation("street-party.db", runtime=runtime, seed=4) as simulation,
):
    people = [TinyPerson.load_specification(HERE / f"people/{name}.agent.json", tools=["notes"]) for name in WHO]
    people[-1].import_fragment(HERE / "fragments/moving_soon.fragment.json")
    stairwell = TinyWorld("Stairwell", people, kind="chat")
    stairwell.broadcast(
        "The street party is on Saturday. Who brings what? Write down what is settled, so that nobody forgets.",
        source="The neighbour",
    )
    stairwell.run(2)
    stairwell.broadcast("It may rain, says the radio. What now?", source="The neighbour")
    report = stairwell.run(2)

    for fact in simulation.facts:
        if fact.type in ("CONVERSATION", "TALK"):
            print(fact)
        elif fact.type == "WRITE_NOTE" and fact.kind == "action":
            print(f"    ({fact.source} writes it down)")
    print(f"\n{report}")

for note in sorted(NOTES.glob("*.md")):
    print(f"\n{note}:\n\n{note.read_text(encoding='utf-8')}")
