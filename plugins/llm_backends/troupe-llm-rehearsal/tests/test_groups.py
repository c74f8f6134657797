"""People who live on it: a focus group, a diary, abilities of strangers, findings."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from troupe_core import (
    EpisodicMemory,
    People,
    ResultsExtractor,
    Runtime,
    Simulation,
    TinyEnricher,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    UnknownModelError,
    action,
)

PEOPLE: dict[str, dict[str, Any]] = {
    "Marta Gómez": {"age": 44, "residence": "Valencia", "occupation": {"title": "bus driver"},
                    "likes": ["ripe tomatoes"], "dislikes": ["plastic bottles", "being rushed"],
                    "beliefs": ["Food that keeps for weeks was robbed."]},
    "Jonas Weber": {"age": 29, "occupation": "software tester", "likes": ["cold soup", "chess"], "dislikes": ["queues"],
                    "personality": {"big_five": {"extraversion": 0.9, "openness": "high"}}},
    "Aiko Tanaka": {"age": 67, "occupation": "retired calligraphy teacher", "interests": ["tea ceremonies"],
                    "traits": ["polite", "cautious"], "dislikes": ["loud advertising"]},
    "Sam Okafor": {"age": 35, "occupation": "night porter", "traits": ["frugal"], "likes": ["football on the radio"]},
    "Ines Duarte": {"age": 52, "residence": "Porto", "occupation": "engineer", "likes": ["gazpacho", "gardening"]},
}  # fmt: skip
QUESTION = "Gazpacho in a plastic bottle, 3.50 a litre. How do you like it, from 1 to 5? Would you buy it?"


def sentences(text: str) -> list[str]:
    return [each.strip().lower() for each in re.split(r"(?<=[.!?])\s+", text) if each.strip()]


def focus_group(simulation: Simulation, rounds: int = 3) -> TinyWorld:
    people = [TinyPerson(name, persona, simulation=simulation) for name, persona in PEOPLE.items()]
    world = TinyWorld("Group", people, kind="focus_group", simulation=simulation).make_everyone_accessible()
    world.broadcast(QUESTION, source="Moderator")
    world.run(rounds)
    return world


@pytest.fixture
def runtime() -> Any:
    with Runtime(model="rehearsal/default") as made:
        yield made


@pytest.mark.parametrize("seed", range(6))
def test_a_focus_group_reads_well(seed: int):
    with Runtime(model="rehearsal/default", settings={"rehearsal": {"seed": seed}}) as runtime:
        simulation = Simulation(runtime=runtime)
        world = focus_group(simulation)
        done = [fact for fact in simulation.facts if fact.type in ("TALK", "THINK")]
        said = [fact for fact in done if fact.type == "TALK"]
        counts = Counter(each for fact in done for each in sentences(fact.content))
        assert [each for each, times in counts.items() if times > 1] == []
        assert {fact.source for fact in said} == set(PEOPLE)
        assert not [fact for fact in said if fact.target == fact.source]
        for fact in done:
            assert not re.search(r"\ba [aeio]\w|\ban [bcdfgkmnp]|[{}]|\.\.|  | ,|\?\.", fact.content), fact.content
            assert re.match(r"[“\dA-ZÀ-Þ]", fact.content), fact.content
            assert fact.source.split()[0] not in fact.content.replace("“", " “").split("“")[0], fact.content
        others = [fact for fact in said if any(n.split()[0] in fact.content for n in PEOPLE if n != fact.source)]
        assert len(others) >= 4
        assert simulation.meter.purposes()["turn"].calls == 15
        simulation.close()
        assert world.name == "Group"


def test_it_ends_where_nobody_asks_anything(runtime: Runtime):
    simulation = Simulation(runtime=runtime)
    world = focus_group(simulation, 12)
    before = len([fact for fact in simulation.facts if fact.type == "TALK"])
    world.run(3)
    assert len([fact for fact in simulation.facts if fact.type == "TALK"]) == before


def test_findings_are_drawn_from_it(runtime: Runtime):
    simulation = Simulation(runtime=runtime)
    world = focus_group(simulation, 2)
    fields = {"rating": "1..5", "would_buy": ["yes", "no", "perhaps"], "objection": str, "liked": bool, "age": int}
    rows = ResultsExtractor("What do they think?", fields=fields).extract_results_from_agents(world.agents)
    found = {row.of: row for row in rows}
    assert found["Ines Duarte"]["rating"] > found["Marta Gómez"]["rating"]
    assert found["Ines Duarte"]["would_buy"] == "yes"
    assert found["Marta Gómez"]["would_buy"] == "no"
    assert found["Marta Gómez"]["objection"]
    for row in rows:
        assert not row.problems
        assert row["age"] is None
        (shown,) = row.evidence["rating"]
        assert shown.source == row.of
        assert f"{row['rating']} out of 5" in shown.content


def test_an_answer_goes_to_whoever_has_asked(runtime: Runtime):
    simulation = Simulation(runtime=runtime)
    ada, ben = (TinyPerson(name, {"likes": ["tea"]}, simulation=simulation) for name in ("Ada", "Ben"))
    TinyWorld("Room", [ada, ben], simulation=simulation).make_everyone_accessible()
    done = ada.listen_and_act("Ada, would you like some tea?", source=ben)
    (talk,) = [fact for fact in done if fact.type == "TALK"]
    assert talk.target == "Ben"
    assert "tea" in talk.content


class Humming(TinyMentalFaculty):
    """You can hum:"""

    name = "humming"

    @action(observe=True)
    async def hum(self, turn: Any, tune: str, loudness: int) -> str:
        """hum a tune."""
        return f"You hum {tune}."


def test_strange_abilities_are_used_now_and_then():
    with Runtime([Humming()], model="rehearsal/default") as runtime:
        simulation = Simulation(runtime=runtime)
        abilities = {"mental_faculties": ["humming", "recall"], "simulation": simulation}
        people = [TinyPerson(f"Person {n}", {"likes": ["waltzes"]}, **abilities) for n in range(6)]
        world = TinyWorld("Room", people, simulation=simulation)
        for n in range(6):
            world.broadcast(f"Waltz number {n}?", source="Host").run(1)
        used = Counter(fact.type for fact in simulation.facts)
        assert 1 <= used["HUM"] + used["RECALL"] <= 24  # each use, and what came of it
        assert used["TALK"] >= 30


def test_what_happened_is_remembered(runtime: Runtime):
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", {"likes": ["tea"]}, simulation=simulation, memory=EpisodicMemory(episode=2))
    for n in range(5):
        ada.listen_and_act(f"Tea costs {n + 3} euros at the station. Would you pay that?", source="Ben")
    kept = [fact.content for fact in simulation.facts if fact.type not in ("TALK", "THINK", "CONVERSATION", "DONE")]
    assert any(text.startswith("Ben said: “Tea costs 3 euros") for text in kept)


def test_texts_without_a_form_are_shortened(runtime: Runtime):
    text = "The harbour opens at six. Boats leave from the harbour for the island. It may rain. Boats cost 12 euros."
    simulation = Simulation(runtime=runtime)
    made = TinyEnricher(simulation=simulation).enrich_content("Shorter, please", text)
    assert made
    assert all(each in sentences(text) for each in sentences(made))


def test_there_is_one_model(runtime: Runtime):
    with pytest.raises(UnknownModelError, match="rehearsal/default"):
        TinyPerson("Ada", simulation=Simulation(runtime=runtime), model="rehearsal/large").listen_and_act("Hm?")


def test_whoever_is_asked_once_more_stands_by_what_was_said(runtime: Runtime):
    simulation = Simulation(runtime=runtime)
    people = [
        TinyPerson(f"Nobody {at}", {"age": 20 + at}, simulation=simulation) for at in range(30)
    ]  # by chance alone
    wanted = {"rating": "1..5"}
    first, more = "A radio that is wound up, 40 euros. Would you buy it?", "So, would you buy it, after all?"
    said = People(people).ask([first], wanted, source="Moderator", remember=True)
    after = People(people).ask([more], wanted, source="Moderator")
    assert len({row["rating"] for row in said}) > 1
    assert [row["rating"] for row in after] == [row["rating"] for row in said]
