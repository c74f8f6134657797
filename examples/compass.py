"""Where do twelve people stand in politics? Three of them are put into each corner; what they say of four sorts of
country puts them on a map, which shows whether they are where one would look for them.

No key is needed: puppets answer, who follow the words of their personas. It is a rehearsal, and no evidence.
"""

from pathlib import Path

from troupe_core import People, Runtime, Simulation, TinyPerson

HERE = Path(__file__).parent
CORNERS = ["left_libertarian", "left_authoritarian", "right_libertarian", "right_authoritarian"]
COUNTRIES = {
    "left": "Firms that belong to those who work there, clinics where nobody asks for a card, and subsidies.",
    "right": "Firms in the third generation, a price that says all there is to say, landlords in the plural, and "
    "private queues.",
    "authority": "One timetable for the whole country, uniforms, licences, and streets where one can leave a bicycle.",
    "liberty": "Tool libraries, opening hours decided by whoever has the key, and experiments on schools.",
}
WIDE, HIGH = 41, 17

with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime, seed=8):
    people = TinyPerson.load_specifications_from_folder(HERE / "people")
    corner_of = {}
    for number, corner in enumerate(CORNERS):
        group = People(people[number * 3 : number * 3 + 3])
        group.import_fragment(HERE / f"fragments/{corner}.fragment.json")
        corner_of |= dict.fromkeys(group.names, corner)

    says = {}
    for pull, country in COUNTRIES.items():
        for row in people.ask(f"{country} A good country?", fields={pull: "-10..10"}):
            says[row.of, pull] = row[pull] or 0

    board = [["·" if row == HIGH // 2 or column == WIDE // 2 else " " for column in range(WIDE)] for row in range(HIGH)]
    found = 0
    for number, person in enumerate(people):
        economy = (says[person.name, "right"] - says[person.name, "left"]) / 2
        authority = (says[person.name, "authority"] - says[person.name, "liberty"]) / 2
        place = f"{'left' if economy < 0 else 'right'}_{'libertarian' if authority < 0 else 'authoritarian'}"
        found += place == corner_of[person.name]
        row, column = round((10 - authority) / 20 * (HIGH - 1)), round((economy + 10) / 20 * (WIDE - 1))
        board[row][column] = "abcdefghijkl"[number]
        print(f"{'abcdefghijkl'[number]}  {person.name}: economy {economy:+.1f}, authority {authority:+.1f}")

print("\n" + "\n".join(f"    {''.join(row)}" for row in board) + "\n")
print(f"left to right, and authority on top. {found} of {len(people)} are in the corner whose fragment they have.")
