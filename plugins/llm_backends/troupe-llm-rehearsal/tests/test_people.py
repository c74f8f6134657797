"""People are interviewed, and people are made up: schemas as others might write them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from troupe_core import Form, LLMRequest, Message
from troupe_llm_rehearsal.backend import answer
from troupe_llm_rehearsal.scene import Persona

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def sure_of(node: dict[str, Any]) -> dict[str, Any]:
    return objects(value={"anyOf": [node, {"type": "null"}]}, confidence=SHARE)


INTERVIEW = objects(
    thought=TEXT,
    answer=TEXT,
    fields=objects(
        rating=sure_of({"type": "integer", "minimum": 1, "maximum": 5}),
        would_buy=sure_of({"enum": ["yes", "no", "maybe"]}),
        reason=sure_of(TEXT),
    ),
)
CAST = objects(
    name=TEXT, age={"type": "integer", "minimum": 0, "maximum": 120}, gender=TEXT, nationality=TEXT, residence=TEXT,
    education=TEXT, occupation=objects(title=TEXT, organization=TEXT, description=TEXT), long_term_goals=TEXTS,
    style=TEXT,
    personality=objects(
        traits=TEXTS,
        big_five=objects(openness=SHARE, conscientiousness=SHARE, extraversion=SHARE, agreeableness=SHARE,
                         neuroticism=SHARE),
    ),
    preferences=objects(interests=TEXTS, likes=TEXTS, dislikes=TEXTS), skills=TEXTS, beliefs=TEXTS,
    behaviors=objects(general=TEXTS, routines=objects(morning=TEXTS, workday=TEXTS, evening=TEXTS, weekend=TEXTS)),
    health=TEXT, relationships={"type": "array", "items": objects(name=TEXT, description=TEXT)}, other_facts=TEXTS,
)  # fmt: skip


def made(schema: dict[str, Any], system: str, text: str, draw: int = 0) -> dict[str, Any]:
    messages = (Message("system", system), Message("user", text))
    out: dict[str, Any] = json.loads(answer(LLMRequest(Form("rehearsal/default", schema=schema), messages, draw=draw)))
    jsonschema.Draft202012Validator(schema).validate(out)
    return out


def asked(persona: dict[str, Any], question: str, draw: int = 0) -> dict[str, Any]:
    text = f"CONVERSATION:\n- Interviewer: {question}\n\n# Now\nGo on.\n\nAll fields are to be filled in, none twice."
    return made(INTERVIEW, f"Lead this life.\n\n{json.dumps(persona)}", text, draw)


@pytest.mark.parametrize("draw", range(8))
@pytest.mark.parametrize(("thing", "rating", "bought"), [("cold soups", 5, "yes"), ("plastic bottles", 1, "no")])
def test_values_agree_with_what_is_said(thing: str, rating: int, bought: str, draw: int):
    persona = {"name": "Jonas", "age": 29, "likes": ["cold soups"], "dislikes": ["plastic bottles"]}
    found = asked(persona, f"How do you like {thing}, from 1 to 5?", draw)
    fields = found["fields"]
    assert fields["rating"]["value"] == rating
    assert fields["would_buy"]["value"] == bought
    assert fields["rating"]["confidence"] > 0.7
    assert f"{rating} out of 5" in found["answer"]
    assert thing in found["answer"]
    assert len({found["thought"], found["answer"], fields["reason"]["value"]}) == 3
    assert fields["reason"]["value"] not in found["answer"]


def test_who_has_no_opinion_is_unsure_and_near_the_middle():
    answers = [
        asked({"name": f"Ada {n}", "age": 20 + n, "likes": ["tea"]}, "How do you like canoes?") for n in range(40)
    ]
    ratings = [each["fields"]["rating"] for each in answers]
    assert all(2 <= each["value"] <= 4 and each["confidence"] < 0.4 for each in ratings)
    assert len({each["answer"] for each in answers}) >= 30


def test_who_is_described_at_length_is_not_for_everything():
    """Of a long life something stands in every question; that alone is no opinion."""
    life = {f"chapter {n}": f"A week of {word} and what came of it." for n, word in enumerate(LONG.split())}
    rating = asked({"name": "Ada", "age": 50, "life": life}, f"A machine for {LONG}?")["fields"]["rating"]
    assert 2 <= rating["value"] <= 4
    assert rating["confidence"] < 0.4


LONG = "gravel mowing pension church night gardener engine grass parish winter quarry boats"
CONTEXTS = ("A community choir in Lisbon that looks for new singers.", "Passengers of a night train.")


@pytest.fixture(scope="module", params=CONTEXTS)
def cast(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return [
        made(CAST, "You think up people.", f"# Context\n{request.param}\n\n# Wanted\nOne of them.", n)
        for n in range(100)
    ]


def test_people_differ(cast: list[dict[str, Any]]):
    assert len({each["name"] for each in cast}) >= 97
    assert len({each["nationality"] for each in cast}) >= 6
    assert len({each["occupation"]["title"] for each in cast}) >= 12
    assert len({json.dumps(each["preferences"]) for each in cast}) == 100


def test_what_is_said_of_somebody_goes_together(cast: list[dict[str, Any]]):
    for each in cast:
        title, five = each["occupation"]["title"], each["personality"]["big_five"]
        assert each["age"] < 67 or title.startswith("retired ")
        assert each["skills"] != each["preferences"]["interests"]
        temper = Persona({"traits": each["personality"]["traits"]}).temper
        of = {"talk": "extraversion", "worry": "neuroticism", "care": "conscientiousness"}
        assert all(temper[axis] * (five[name] - 0.5) >= 0 for axis, name in of.items()), each["personality"]
        assert each["relationships"][0]["name"] != each["name"]


def test_a_place_that_is_named_is_where_people_live():
    found = [made(CAST, "", f"# Context\n{CONTEXTS[0]}\n\n# Wanted\nOne of them.", n) for n in range(40)]
    assert {each["residence"] for each in found} == {"Lisbon, Portugal"}
    assert 12 <= sum(each["nationality"] == "Portuguese" for each in found) < 40
    assert all("choir singing" in each["preferences"]["interests"] for each in found)
