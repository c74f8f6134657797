"""Personas of a hundred lines: hundreds of everyday words in them, of which few have to do with what is asked."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import People, ResultsExtractor, Runtime, Scale, Simulation, TinyPerson
from troupe_llm_rehearsal.scene import Persona
from troupe_llm_rehearsal.words import EVERYDAY, POOLS, TRAITS, WORDS, leaning, sentences, words

CAST = Path(__file__).parents[4] / "examples" / "people"
DOOR = "Food delivered to the door until midnight, for 2.90. Would you use it?"
LIFT = "A lift in the town hall that asks for an app before it opens. What do you say?"
RADIO = "A café where old radios are repaired while you wait, and short wave is on all day."
OFFERS = (
    DOOR, LIFT, RADIO,
    "The town wants to close the night bus and open a swimming pool instead. What do you say?",
    "The harbour is to get a museum of salt and ships, with a small café on top, from next year on. Is it worth it?",
    "A new programme that reads every contract for you, and says in plain words where the catch is.",
)  # fmt: skip
FIELDS = {"rating": Scale(1, 5), "would_use": ["yes", "no", "perhaps"], "reason": str}
needs_the_cast = pytest.mark.skipif(not CAST.is_dir(), reason="the twelve people are in the repository only")


@pytest.fixture
def runtime() -> Any:
    with Runtime(model="rehearsal/default") as made:
        yield made


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    """What each of the twelve answers, by offer and by name."""
    with Runtime(model="rehearsal/default") as runtime, Simulation(runtime=runtime):
        people = TinyPerson.load_specifications_from_folder(CAST)
        return {offer: {row.of: row for row in people.ask(offer, fields=FIELDS)} for offer in OFFERS}


@needs_the_cast
def test_twelve_people_do_not_agree(rows: dict[str, dict[str, Any]]):
    for offer, answers in rows.items():
        ratings = Counter(row["rating"] for row in answers.values())
        assert len(answers) == 12
        assert max(ratings.values()) <= 8, (offer, ratings)
        assert len(ratings) >= 3, (offer, ratings)


@needs_the_cast
@pytest.mark.parametrize(
    ("offer", "name", "ratings", "named"),
    [
        (DOOR, "Joaquim Seixas", (1, 2), "food delivered to the door"),
        (LIFT, "Wáshington Bentancor", (1, 2), "lifts"),
        (RADIO, "Wáshington Bentancor", (4, 5), "short wave"),
        (RADIO, "Efua Quansah", (4, 5), "radio plays"),
    ],
)
def test_who_cares_says_so(rows: Any, offer: str, name: str, ratings: tuple[int, ...], named: str):
    row = rows[offer][name]
    assert row["rating"] in ratings
    assert row.confidence["rating"] > 0.5
    assert named in row["answer"].lower()


@needs_the_cast
def test_who_is_not_touched_is_near_the_middle_and_unsure(rows: dict[str, dict[str, Any]]):
    personas = [json.loads(path.read_text())["persona"] for path in CAST.glob("*.agent.json")]
    untouched = [
        rows[offer][each["name"]] for each in personas for offer in OFFERS if not Persona(each).of(offer).touches
    ]
    assert len(untouched) > 36
    assert all(2 <= row["rating"] <= 4 and row.confidence["rating"] < 0.4 for row in untouched)
    assert {row["rating"] for row in untouched} == {2, 3, 4}


@needs_the_cast
def test_answers_read_like_people(rows: dict[str, dict[str, Any]]):
    told = [row["answer"] for answers in rows.values() for row in answers.values()]
    assert len(set(told)) == len(told)
    for text in told:
        assert 1 <= len(sentences(text)) <= 2, text
        assert not re.search(r"\b\d out of \d|\bmy (?:at|by|to|as)\b", text), text
        quoted = [found for word in re.findall(r"“([^” ]+)”", text) for found in words(word) or [word]]
        assert [each for each in quoted if isinstance(each, str) or each.stem in EVERYDAY] == [], text


def test_a_number_is_said_where_the_question_has_a_scale(runtime: Runtime):
    with Simulation(runtime=runtime):
        people = People(TinyPerson(name, {"likes": ["tea"]}) for name in ("Ada", "Ben", "Eve"))
        for row in people.ask("How do you like tea, from 1 to 5?", fields=FIELDS):
            assert f"{row['rating']} out of 5" in row["answer"]
        for row in people.ask("How do you like tea?", fields=FIELDS):
            assert row["rating"] >= 4
            assert not re.search(r"\d", row["answer"])


THINGS = st.lists(st.sampled_from(["accordion", "bagpipe", "canoe", "falcon", "gherkin", "kayak", "lantern"]),
                  min_size=3, max_size=6, unique=True)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(THINGS, st.sampled_from([1, -1]), st.integers(0, 5))
def test_a_match_is_worth_what_it_has_of_the_phrase(things: list[str], sign: int, at: int):
    persona = Persona({"likes" if sign > 0 else "dislikes": [f"a {' '.join(things)}"]})
    one, whole = things[at % len(things)], " ".join(things)
    assert abs(persona.of(f"A club for the {one}.").score) < abs(persona.of(f"A club for the {whole}.").score)
    assert persona.of(f"A club for the {whole}.").score * sign > 0.6


FELT = WORDS["glad"] | WORDS["sad"] | WORDS["liking"] | WORDS["negators"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(sorted((WORDS["everyday"] | WORDS["common"]) - FELT)), min_size=4, max_size=40))
def test_common_words_are_no_opinion(said: list[str]):
    persona = Persona({"likes": [f"{word} umbrellas" for word in said], "beliefs": [f"{' '.join(said)} umbrellas"]})
    assert persona.of(f"It is about {' and '.join(said)}.").level == 0


def test_much_that_is_weak_is_not_strong():
    """Of many likes an offer has a part each; it is worth as much as one."""
    many = Persona({"likes": [f"kayaks from {place} with lanterns" for place in ("Oslo", "Riga", "Turku", "Gdynia")]})
    one = Persona({"likes": ["kayaks from Oslo with lanterns"]})
    assert many.of("A kayak.").score == pytest.approx(one.of("A kayak.").score, abs=0.3)
    assert many.of("A lantern.").score == 0


def test_what_somebody_else_likes_is_not_mine():
    kin = [{"name": "Ada", "description": "a sister who hates coriander", "likes": ["thimbles"]}]
    persona = Persona({"name": "Ben", "relationships": kin, "hobbies": [{"name": "chess"}]})
    assert not persona.of("Coriander and thimbles?").touches
    assert persona.of("A game of chess?").score > 0.5


def test_how_somebody_is_gives_no_view_away():
    told = [part for pool, parts in POOLS.items() if pool.split()[0] in (*TRAITS, "plain") for part in parts]
    assert [part for part in told if leaning(part)] == []


def test_scripts_keep_their_letters_and_people_their_names(runtime: Runtime):
    persona = {"likes": ["ჩაი", "van Gogh prints", "Thai soups"], "dislikes": ["Amélie's cakes"]}
    with Simulation(runtime=runtime):
        ada = TinyPerson("ციალა", persona)
        for question in ("ჩაი?", "A print by van Gogh?", "Thai soup?", "One of Amélie's cakes?"):
            row = ada.ask(question, fields={"why": str})
            text = " ".join(str(told) for told in dict(row).values())
            assert not re.search("[\u1c90-\u1cbf]", text), text
            assert not re.search("Van Gogh|thai soup|amélie", text), text


TEXTS = ["response", "sentiment", "rating", "purchase_intent", "emotional_response", "reason"]


def test_fields_of_text_are_filled_by_their_names(runtime: Runtime):
    with Simulation(runtime=runtime):
        tastes: list[tuple[str, dict[str, Any]]] = [
            ("Ada", {"likes": ["tea"], "traits": ["curious"]}), ("Ben", {"dislikes": ["tea"], "traits": ["curt"]}),
        ]  # fmt: skip
        people = [TinyPerson(name, persona) for name, persona in tastes]
        for person in people:
            person.listen_and_act("A shop for tea and nothing else. How do you like it, from 1 to 7?", source="Host")
        ada, ben = ResultsExtractor("What do they think?", fields=TEXTS).extract_results_from_agents(people)
    assert "positive" in ada["sentiment"]
    assert "negative" in ben["sentiment"]
    assert len({ada[name] for name in TEXTS}) == len(TEXTS)
    assert (ada["purchase_intent"][:3], ben["purchase_intent"][:2]) == ("yes", "no")
    assert ada["emotional_response"] in POOLS["feelings"]
    for row, most in ((ada, True), (ben, False)):
        rating, scale = row["rating"].split(" of ")
        assert scale == "7"
        assert (int(rating) > 4) is most
        (shown,) = row.evidence["rating"]
        assert f"{rating} out of 7" in shown.content
        assert all(each.source == row.of for name in TEXTS for each in row.evidence[name])
        assert row.evidence["sentiment"]
