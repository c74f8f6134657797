"""A small study that is recorded: run twice it asks nobody twice, a change shows what it reaches, a variant shares the past.

The model is a script that counts its calls; a real one would count money.
"""

import sys
from pathlib import Path
from tempfile import mkdtemp

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, talk, turn

calls = 0


def script(request, call):
    global calls
    calls += 1
    if "never trusts an offer" in request.messages[0].content:
        return turn(talk("Free for a week? And what then?"))
    heard = request.messages[-1].content
    if "what then" in heard:
        return turn(talk(f"{call.person} waits too, then."))
    word = ["has room for it", "asks who pays for the power", "has nothing to add"][call.turn]
    return turn(talk(f"{call.person} {word}."))


def study(path, temper):
    """The program: it makes its people anew each time, and the journal knows what they did."""
    global calls
    calls = 0
    with Simulation(path, runtime=runtime, seed=7) as simulation:
        ada = TinyPerson("Ada", {"occupation": "nurse", "temper": temper})
        others = [TinyPerson(name, {"occupation": "clerk"}) for name in ("Ben", "Cleo")]
        world = TinyWorld("Hallway", [ada, *others])
        world.broadcast("The neighbours offer a shared freezer, free for a week.", source="Moderator")
        world.run(3)
        journal = simulation.journal
        print(f"{temper:32} {calls} calls, {journal.misses} turns executed, {journal.hits} found")
        why = simulation.why("Ben") if calls else None
    return why


path = Path(sys.argv[1] if len(sys.argv) > 1 else mkdtemp()) / "hallway.db"
runtime = Runtime(plugins=[ScriptedModel(script)], model="scripted/any")

study(path, "easy-going")
study(path, "easy-going")  # all of it is there
why = study(path, "never trusts an offer")  # in the first step only Ada is another; from the second on they all heard her
study(path, "never trusts an offer")

print("\nWhy Ben's last turn had to be executed:")
print(why)

# Without the program: the simulation as it was, its past included, and a variant that goes on otherwise.
simulation = Simulation.resume(path, at=2, runtime=runtime)
print(f"\nResumed after step {simulation['Hallway'].state.step}, with {len(simulation.facts)} facts, and went on twice:")
calls = 0
variant = simulation.fork("with-a-price", at=2)
variant["Hallway"].broadcast("It costs 4 a month afterwards.", source="Moderator")
variant["Hallway"].run(1)
simulation["Hallway"].run(1)
print(f"{calls} calls, all for the variant; its last word: {variant.facts[-1]}")
variant.end()
simulation.end()

print(f"\nReplayed without any model: {Simulation.replay(path, runtime=runtime)}")
