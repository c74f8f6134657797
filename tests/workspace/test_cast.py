"""The people and fragments of `examples/`: each can be read, all fit together, and the figures of the town add up."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson
import pytest

from troupe_core import PersonaConflict, Simulation, TinyPerson

ROOT = Path(__file__).parents[2]
PEOPLE = sorted((ROOT / "examples" / "people").glob("*.agent.json"))
FRAGMENTS = sorted((ROOT / "examples" / "fragments").glob("*.fragment.json"))
CORNERS = {f"{side}_{order}" for side in ("left", "right") for order in ("libertarian", "authoritarian")}
README = ROOT / "examples" / "people" / "README.md"


def name(path: Path) -> str:
    return path.name.partition(".")[0]


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once)
    return found


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice in a table would lose what it said first."""
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    assert not twice, f"said twice: {twice}"
    return dict(pairs)


CAST = {persona["name"]: persona for persona in (read(path)["persona"] for path in PEOPLE)}


def person(path: Path, simulation: Simulation) -> TinyPerson:
    persona = read(path)["persona"]
    return TinyPerson(persona["name"], persona, simulation=simulation)


def test_there_are_a_dozen_of_each_and_no_two_people_of_one_name():
    assert len(PEOPLE) == len(CAST) == 12
    assert len(FRAGMENTS) == 12


@pytest.mark.parametrize("path", PEOPLE, ids=name)
def test_a_person_is_read_and_fits_into_a_prompt(path: Path):
    assert path.name.isascii()
    assert path.name == path.name.lower()
    spec = read(path)
    assert spec.keys() == {"type", "persona"}
    assert spec["type"] == "TinyPerson"
    assert 60 <= len(path.read_text(encoding="utf-8").splitlines()) <= 120
    assert 3_000 <= len(orjson.dumps(spec["persona"]).decode()) <= 5_000


@pytest.mark.parametrize("path", FRAGMENTS, ids=name)
def test_a_fragment_is_read_and_small(path: Path):
    spec = read(path)
    assert spec.keys() == {"type", "persona"}
    assert spec["type"] == "Fragment"
    assert 10 <= len(path.read_text(encoding="utf-8").splitlines()) <= 25


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=name)
def test_a_fragment_can_be_laid_over_everybody_and_twice_is_as_once(fragment: Path, simulation: Simulation):
    added = read(fragment)["persona"]
    for path in PEOPLE:
        somebody = person(path, simulation)
        before = somebody.state.persona.data()
        somebody.import_fragment(fragment)
        once_over = somebody.state.persona.data()
        assert holds(once_over, before)
        assert holds(once_over, added)
        assert once_over != before
        somebody.import_fragment(fragment)
        assert somebody.state.persona.data() == once_over


def holds(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(holds(whole.get(key), value) for key, value in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and all(item in whole for item in part)
    return bool(whole == part)


def test_each_corner_of_politics_is_taken_once_and_says_so_itself():
    politics = {name(path): read(path)["persona"].get("politics") for path in FRAGMENTS}
    taken = {file: f"{told['economy']}_{told['authority']}" for file, told in politics.items() if told}
    assert taken == {corner: corner for corner in CORNERS}


def test_any_two_fragments_go_together_but_for_two_corners_of_politics(simulation: Simulation):
    for one, other in combinations(FRAGMENTS, 2):
        somebody = TinyPerson(f"{name(one)} and {name(other)}", simulation=simulation).import_fragment(one)
        if {name(one), name(other)} <= CORNERS:
            with pytest.raises(PersonaConflict, match=r"politics\."):
                somebody.import_fragment(other)
        else:
            somebody.import_fragment(other)


def test_who_knows_somebody_of_the_dozen_is_known_by_them_and_all_are_connected():
    knows = {
        own: {each["name"] for each in persona["relationships"]} & CAST.keys() - {own} for own, persona in CAST.items()
    }
    for own, others in knows.items():
        for other in others:
            assert own in knows[other], f"{own} knows {other}, who does not know {own}"
    reached, waiting = set(), [next(iter(CAST))]
    while waiting:
        at = waiting.pop()
        reached.add(at)
        waiting += knows[at] - reached
    assert reached == CAST.keys()


# -- the town ---------------------------------------------------------------------------------------------------------


DEMOGRAPHICS = read(ROOT / "examples" / "people" / "demographics.json")
WHOLE = [table for table in DEMOGRAPHICS["tables"] if "percent" in table]
SPLIT = [table for table in DEMOGRAPHICS["tables"] if "groups" in table]


def adds_up(percent: dict[str, float]) -> bool:
    return round(sum(percent.values()), 6) == 100


def test_every_table_of_the_town_adds_up_to_a_hundred():
    assert len(WHOLE) + len(SPLIT) == len(DEMOGRAPHICS["tables"])
    for table in WHOLE:
        assert adds_up(table["percent"]), table["name"]
    for table in SPLIT:
        assert adds_up({group: told["share"] for group, told in table["groups"].items()}), table["name"]
        for group, told in table["groups"].items():
            assert adds_up(told["percent"]), f"{table['name']}, {group}"


def test_a_table_that_is_split_agrees_with_the_whole():
    for table in SPLIT:
        (whole,) = (each["percent"] for each in WHOLE if each["name"] == table["name"])
        for value, percent in whole.items():
            groups = table["groups"].values()
            together = sum(told["share"] * told["percent"][value] for told in groups) / 100
            assert together == pytest.approx(percent, abs=0.1), f"{table['name']}: {value}"


# -- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_names_everybody_and_every_fragment():
    text = README.read_text(encoding="utf-8")
    for path in (*PEOPLE, *FRAGMENTS):
        assert f"{path.name})" in text, f"no link to {path.name}"
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (README.parent / target).exists(), target


def test_what_the_page_shows_runs(python: Any):
    (program,) = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    done = python("-c", program, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
