"""A population in figures: what of it reaches a question, and what cannot be read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from troupe_core import ArgumentError, TinyPersonFactory

FIGURES = {"town": "Sandmoor", "age": {"18–39": 41, "40–64": 38, "65+": 21}, "tenure": [{"rents": 63}, {"owns": 37}]}


def question(simulation: Any, place: int = 0) -> str:
    text: str = simulation.runtime.model_under_test.requests[place][0].messages[1].content
    return text


@pytest.mark.parametrize("given", ["file", "data"])
def test_the_figures_stand_in_each_question_with_lots(casting, tmp_path, given):
    path = tmp_path / "sandmoor.json"
    path.write_text(json.dumps(FIGURES, indent=2), "utf-8-sig")
    with casting() as simulation:
        factory = TinyPersonFactory.create_factory_from_demography(
            str(path) if given == "file" else FIGURES, 50, "Nobody of them is retired.", "They are asked about trams."
        )
        assert factory.population_size == 50
        people = factory.generate_people()
    assert len(people) == 50
    compact = json.dumps(FIGURES, separators=(",", ":"), ensure_ascii=False)
    parts = factory.context_text.split("\n\n")
    assert parts[0] == "They are asked about trams."
    assert parts[1].endswith(f"as JSON: {compact}")
    assert parts[2] == "Nobody of them is retired."
    lots = set()
    for place in range(50):
        text = question(simulation, place)
        assert factory.context_text in text
        assert f"\n- number: {place + 1} of 50\n" in text
        found = re.search(r"^- lots: ((?:\d\d ){5}\d\d)$", text, re.MULTILINE)
        assert found is not None
        lots.add(found[1])
    assert len(lots) == 50


def test_nothing_but_figures_will_do_and_of_any_shape(casting, tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('[["women", 51], ["men", 49]]')
    with casting() as simulation:
        factory = TinyPersonFactory.create_factory_from_demography(path)
        assert factory.population_size is None
        assert factory.context_text.endswith('as JSON: [["women",51],["men",49]]')
        factory.generate_person()
    assert "\n- number: 1\n" in question(simulation)
    assert "\n- lots: " in question(simulation)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("nowhere.json", "there is no file nowhere.json"),
        ({}, "a demography is a JSON file, or such data with something in it"),
        (5, "not 5"),
        ({"age": float("nan")}, "demography.age is nan"),
        ({"age": ["x" * 100_000]}, "demography with all that goes with it has 100,"),
    ],
)
def test_what_is_no_demography_is_told(casting, given, told):
    with casting() as simulation:
        with pytest.raises(ArgumentError, match=told):
            TinyPersonFactory.create_factory_from_demography(given)
        assert len(simulation) == 0


@pytest.mark.parametrize(
    ("text", "told"), [("{", "line 1: this is no JSON"), ("", "is empty"), ("3", "such data with something in it")]
)
def test_what_is_wrong_with_a_file_is_told(casting, tmp_path, text, told):
    path = tmp_path / "figures.json"
    path.write_text(text)
    with casting(), pytest.raises(ArgumentError, match=told):
        TinyPersonFactory.create_factory_from_demography(path)
