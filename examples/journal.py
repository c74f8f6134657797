"""A small study that is recorded: run twice it asks nobody twice, a change shows what it reaches, a variant shares the
past. The model is a script that counts its calls; a real one would count money.
"""

import sys
from pathlib import Path
from tempfile import mkdtemp

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, talk, turn


def script(request, call):
    if "never trusts an offer" in request.messages[0].content:
        return turn(talk("Free for a week? And what then?"))
    if "what then" in request.messages[-1].content:
        return turn(talk(f"{call.person} waits too, then."))
    word = ["has room for it", "asks who pays for the power", "has nothing to add"][call.turn]
    return turn(talk(f"{call.person} {word}."))


model = ScriptedModel(script)
runtime = Runtime(plugins=[model], model="scripted/any")
path = Path(sys.argv[1] if len(sys.argv) > 1 else mkdtemp()) / "hallway.db"


def study(temper):
    """The program: it makes its people anew each time, and the journal knows what they did."""
    before = model.calls
    with Simulation(path, runtime=runtime, seed=7) as simulation:
        people = [
            TinyPerson("Ada", {"occupation": "nurse", "temper": temper}),
            TinyPerson("Ben", {"occupation": "clerk"}),
            TinyPerson("Cleo", {"occupation": "clerk"}),
        ]
        world = TinyWorld("Hallway", people)
        world.broadcast("The neighbours offer a shared freezer, free for a week.", source="Moderator")
        world.run(3)
    journal = simulation.journal
    print(f"{temper:24} {model.calls - before} calls, {journal.misses} turns executed, {journal.hits} found")
    return simulation


study("easy-going")
study("easy-going")  # all of it is there
changed = study(
    "never trusts an offer"
)  # in the first step only Ada is another; from the second on they have heard her
study("never trusts an offer")

print("\nWhy Ben's last turn had to be executed:")
print(changed.why("Ben"))

# Without the program: the simulation as it was, its past included, and a variant that goes on otherwise.
simulation = Simulation.resume(path, at=2, runtime=runtime)
print(f"\nResumed after step {simulation['Hallway'].state.step}, with {len(simulation.facts)} facts; it goes on twice:")
before = model.calls
variant = simulation.fork("with-a-price")
variant["Hallway"].broadcast("It costs 4 a month afterwards.", source="Moderator")
variant["Hallway"].run(1)
simulation["Hallway"].run(1)
print(f"{model.calls - before} calls, all for the variant. Its last word: {variant.facts[-1]}")
variant.end()
simulation.end()

print(f"\nReplayed without any model: {Simulation.replay(path, runtime=runtime)}")
