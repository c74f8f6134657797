"""Respondents of known opinions: what they say follows the distribution that they tell."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import orjson
import pytest

from troupe_core import ArgumentError, Call, Form, LLMRequest, Message, TinyPerson
from troupe_testing import BiasedModel

CALL = Call("a simulation", "survey")
DRAWS = 5_000
OPINIONS = {"yes": 0.6, "no": 0.3, "maybe": 0.1}


def asked(model: BiasedModel, schema: dict[str, Any] | None, *, draws: int = DRAWS, text: str = "Well?") -> list[Any]:
    """The answers to so many draws of a question."""
    form = Form("biased/any", schema=None if schema is None else {"type": "object", "properties": {"it": schema}})
    messages = (Message("user", text),)

    async def all_of_them() -> list[str]:
        requests = (LLMRequest(form, messages, draw) for draw in range(draws))
        return [(await model.complete(request, CALL)).text for request in requests]

    texts = asyncio.run(all_of_them())
    return texts if schema is None else [orjson.loads(text)["it"] for text in texts]


def chi_square(answers: list[Any], expected: dict[Any, float]) -> float:
    found = Counter(answers)
    assert found.keys() <= {option for option, chance in expected.items() if chance}
    return sum(
        (found[option] - chance * len(answers)) ** 2 / (chance * len(answers))
        for option, chance in expected.items()
        if chance
    )


LIKELY = {1: 10.8, 2: 13.8, 3: 16.3, 4: 18.5}
"""By degrees of freedom: what a sample of the distribution exceeds once in a thousand."""


@pytest.mark.parametrize(
    ("schema", "options"),
    [
        ({"enum": ["yes", "no", "maybe"]}, ["yes", "no", "maybe"]),
        ({"enum": ["maybe", "no", "yes"]}, ["maybe", "no", "yes"]),
        ({"type": "integer", "minimum": 1, "maximum": 5}, [1, 2, 3, 4, 5]),
        ({"type": "boolean"}, [True, False]),
    ],
)
@pytest.mark.parametrize("biases", [{}, {"order": 0.2, "agreement": 0.1}, {"middle": 0.3, "agreement": 0.2}])
def test_answers_follow_the_distribution_that_is_told(schema, options, biases):
    model = BiasedModel({**OPINIONS, 1: 1, 2: 2, 3: 3, 4: 2, 5: 2, False: 4}, **biases, seed=7)
    expected = model.probabilities(options)
    assert sum(expected.values()) == pytest.approx(1)
    assert chi_square(asked(model, schema), expected) < LIKELY[len(options) - 1]


def test_the_biases_have_the_sizes_that_they_are_given():
    model = BiasedModel({"yes": 0.6, "no": 0.4}, order=0.2, agreement=0.1)
    assert model.probabilities(["yes", "no"]) == pytest.approx({"yes": 0.7 * 0.6 + 0.3, "no": 0.7 * 0.4})
    assert model.probabilities(["no", "yes"]) == pytest.approx({"no": 0.7 * 0.4 + 0.2, "yes": 0.7 * 0.6 + 0.1})
    assert BiasedModel(middle=0.5).probabilities([4, 1, 2, 3]) == pytest.approx(
        {1: 0.125, 2: 0.375, 3: 0.375, 4: 0.125}
    )
    assert BiasedModel(agreement=0.5).probabilities(["red", "blue"]) == {"red": 0.5, "blue": 0.5}  # nothing to agree to


def test_swapping_the_options_shows_the_bias_of_order():
    def share(options: list[str], model: BiasedModel) -> float:
        return asked(model, {"enum": options}).count("yes") / DRAWS

    biased, straight = BiasedModel(OPINIONS, order=0.2, seed=7), BiasedModel(OPINIONS, seed=7)
    there, back = ["yes", "no", "maybe"], ["maybe", "no", "yes"]
    assert share(there, biased) - share(back, biased) == pytest.approx(0.2, abs=0.03)
    assert share(there, straight) - share(back, straight) == pytest.approx(0.0, abs=0.03)


def test_the_same_seed_says_the_same_and_another_one_something_else():
    schema = {"enum": ["yes", "no", "maybe"]}
    first, again = (asked(BiasedModel(OPINIONS, seed=7), schema, draws=50) for _ in range(2))
    assert first == again
    assert asked(BiasedModel(OPINIONS, seed=8), schema, draws=50) != first


def test_without_a_form_it_says_what_the_question_offers():
    model = BiasedModel({"tea": 1, "coffee": 1, "water": 1}, order=1.0)
    assert {*asked(model, None, draws=20, text="Coffee, or tea?")} == {"coffee"}
    assert {*asked(BiasedModel({"tea": 1, "coffee": 0}), None, draws=20)} == {"tea"}


def test_people_say_what_they_choose(make_simulation):
    model = BiasedModel({"tea": 1.0, "coffee": 1.0}, seed=3)
    simulation = make_simulation(plugins=[model], model="biased/any")
    said = set()
    for number in range(20):
        person = TinyPerson(f"Person {number}", simulation=simulation)
        said |= {fact.content for fact in person.listen_and_act("Tea or coffee?") if fact.type == "TALK"}
    assert said == {"tea", "coffee"}


@pytest.mark.parametrize("wrong", [{"order": 0.7, "agreement": 0.4}, {"middle": -0.1}, {"chances": {"yes": -1}}])
def test_impossible_chances_are_refused(wrong):
    with pytest.raises(ArgumentError, match="probabilities that come to 1 at most"):
        BiasedModel(**wrong)
