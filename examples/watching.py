"""Watching a focus group while it talks: who says what to whom, how far it is, and what it has taken.

Run it in a terminal, and a bar stands below what is said; `python examples/watching.py | head` shows plain lines. The
twelve people are puppets here, who need no key.
"""

from pathlib import Path

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_presenter import present

FOLDER = Path(__file__).parent / "people"
ROUNDS = 3

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime, seed=7) as simulation:
    people = TinyPerson.load_specifications_from_folder(FOLDER)
    world = TinyWorld("Kitchen table", people, kind="focus_group", initial_datetime="2026-03-02T19:30")
    with present(simulation, expected_turns=ROUNDS * len(people)) as shown:
        world.broadcast("Gazpacho in a bottle, 3.50 a litre. Would you buy it?", source="Moderator")
        world.run(ROUNDS)
        shown.tell("One of them is asked once more.")
        people[0].listen_and_act("And in a glass bottle?", source="Moderator")
