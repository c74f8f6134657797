"""Which of two advertisements for one oven? Two groups of six are asked, each person alone; then a subscription is
added, and whom it puts off most in each group says why.

No key is needed: puppets answer, who follow the words of their personas. It is a rehearsal, and no evidence.
"""

from collections import Counter
from pathlib import Path

from troupe_core import Runtime, Simulation, TinyPerson

HERE = Path(__file__).parent
ADVERTISEMENTS = """\
Here are two advertisements for a bread oven, which costs the same in both.
A: “Bread at a price by the kilo that you can work out beforehand.”
B: “The next one. Its makers answer every letter, last time with a better version.”
Which of the two makes you look at the oven?"""
CHOICE = ["A, the price by the kilo", "B, the makers who answer letters", "neither"]

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime, seed=5):
    people = TinyPerson.load_specifications_from_folder(HERE / "people")
    groups = {"count every coin": people[:6], "try what is new": people[6:]}
    groups["count every coin"].import_fragment(HERE / "fragments/counts_every_coin.fragment.json")
    groups["try what is new"].import_fragment(HERE / "fragments/early_adopter.fragment.json")

    answers = people.ask(ADVERTISEMENTS, fields={"choice": CHOICE, "would_look": "1..5", "why": "text"})
    chosen = {row.of: row["choice"] for row in answers}
    would_look = {row.of: row["would_look"] for row in answers}
    after = people.ask("And if it came with a subscription for flour, which renews itself?", {"would_look": "1..5"})
    lost = {row.of: would_look[row.of] - row["would_look"] for row in after}

    for name, group in groups.items():
        counts = Counter(chosen[person.name] for person in group)
        print(f"{name}:")
        print("".join(f"    {counts[choice]} of {len(group)} for {choice}\n" for choice in CHOICE), end="")
        print(f"    the subscription costs {sum(lost[each] for each in group.names) / len(group):.1f} of 5 points")
        put_off = max(group, key=lambda person: lost[person.name])
        more = put_off.ask("What do you have against subscriptions that renew themselves?")
        print(f"    {put_off.name}, who has lost {lost[put_off.name]} points: {more['answer']}\n")
