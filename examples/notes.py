"""Two flatmates plan a garden party with a notebook that is a folder of Markdown files on your disk. Run it as often as
you like: what was written once is not written again.

The model is a script; what it is asked, and when, is what would be asked of a real one.
"""

from pathlib import Path

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, do, talk, turn

FOLDER = Path("garden-party")

PLANS = {
    "Mira": ["- lanterns, from the cellar\n- ask Jo about the grill", "- Jo brings the grill at five"],
    "Tom": ["- lemonade, 6 litres", "- if it rains: the stairwell"],
}


def script(request, call):
    news = request.messages[-1].content
    if "It stands in your notes" in news:
        return turn(do("READ_NOTE", title="Garden party"))
    if "# Garden party" in news:
        latest = PLANS[call.person][call.turn].removeprefix("- ").partition("\n")[0]
        return turn(talk(f"So that is settled: {latest}."))
    return turn(do("WRITE_NOTE", title="Garden party", text=PLANS[call.person][call.turn]))


settings = {"notes": {"folder": str(FOLDER)}}
with (
    Runtime(plugins=[ScriptedModel(script)], model="scripted/any", settings=settings) as runtime,
    Simulation("garden-party.db", runtime=runtime) as simulation,
):
    mira = TinyPerson("Mira", {"age": 29, "occupation": "stage hand"}, tools=["notes"])
    tom = TinyPerson("Tom", {"age": 31, "occupation": "bus driver", "worries": ["the weather"]}, tools=["notes"])
    garden = TinyWorld("Kitchen", [mira, tom])
    garden.broadcast("The garden party is on Saturday. Plan it, and write down what is settled.")
    report = garden.run(2, schedule="sequential")

    for fact in simulation.facts:
        if fact.type == "TALK":
            print(fact)
    print(f"\n{report}\n")

for note in sorted(FOLDER.glob("*.md")):
    print(f"{note}:\n\n{note.read_text()}")
