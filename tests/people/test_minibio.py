"""Somebody in a few sentences: the first from whatever facts there are, the others by a model, asked once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from troupe_core import ArgumentError, Runtime, Simulation, TinyPerson, UnknownModelError
from troupe_core.errors import OutputError, WrongThread
from troupe_testing import turn

ADA = {"age": 71, "nationality": "Portuguese", "occupation": "nurse", "residence": "Lisbon"}


@pytest.mark.parametrize(
    ("persona", "said"),
    [
        (ADA, "Ada is 71 years old, Portuguese, nurse, living in Lisbon."),
        ({"occupation": {"title": "nurse", "organization": "a ward"}}, "Ada is nurse."),
        ({"residence": {"city": "Lisbon", "floor": 3, "country": "Portugal"}}, "Ada is living in Lisbon, Portugal."),
        ({"country_of_residence": "Portugal", "residence": {}}, "Ada is living in Portugal."),
        ({"nationality": ["Portuguese", "Cape Verdean"], "age": {"in": 2024}}, "Ada is Portuguese, Cape Verdean."),
        ({"occupation": {"title": None}, "education": {"degree": "none"}, "age": None}, "This is Ada."),
        ({}, "This is Ada."),
    ],
)
def test_the_first_sentence_is_made_of_what_there_is(simulation, persona, said):
    assert TinyPerson("Ada", persona).minibio(extended=False) == said


def writes(request: Any, call: Any) -> Any:
    if call.purpose != "minibio":
        return turn()
    _, said, wanted = request.messages[0].content.rpartition("wanted of this text: ")
    again = request.messages[1].content.partition("\n")[0] if not said else ""  # as some models do
    return {"paragraph": f"{again} She knits.\n\nShe is asked {wanted.partition(chr(10))[0] if said else 'nothing'}. "}


def test_a_paragraph_follows_and_is_written_once_for_each_persona_and_what_is_required(make_simulation):
    simulation = make_simulation(writes)
    model = simulation.runtime.model_under_test
    ada = TinyPerson("Ada", {**ADA, "motto": "{{name}}"}, model="other/model", simulation=simulation)
    first = "Ada is 71 years old, Portuguese, nurse, living in Lisbon. She knits. She is asked nothing."
    assert [ada.minibio(), ada.listen("hello").minibio()] == [first, first]
    assert ada.minibio(requirements="for children").endswith("She is asked for children.")
    assert ada.minibio(requirements="for children").endswith("She is asked for children.")
    assert len(model.requests) == 2
    request, call = model.requests[0]
    assert (call.purpose, call.person, call.simulation) == ("minibio", "Ada", simulation.id)
    assert request.messages[1].content.partition("\n\n")[0] == first.partition(" She")[0]
    assert '"motto":"{{name}}"' in request.messages[1].content
    ada.define("age", 72)
    assert ada.minibio().startswith("Ada is 72")
    assert len(model.requests) == 3
    assert ada.state.turns == 0


def test_only_so_many_are_kept_at_hand(make_simulation):
    simulation = make_simulation(writes)
    ada = TinyPerson("Ada", simulation=simulation)
    for number in range(20):
        ada.minibio(requirements=f"number {number}")
    assert len(ada.state.persona.biographies) == 8
    assert ada.minibio(requirements="number 19").endswith("number 19.")
    assert len(simulation.runtime.model_under_test.requests) == 20


def test_it_is_found_in_the_journal(make_runtime, tmp_path):
    runtime = make_runtime(writes)
    for _ in range(2):
        with Simulation(tmp_path / "study.db", runtime=runtime) as simulation:
            ada = TinyPerson("Ada", ADA, simulation=simulation)
            assert ada.minibio().endswith("She is asked nothing.")
    assert len(runtime.model_under_test.requests) == 1
    with Simulation.resume(tmp_path / "study.db", runtime=runtime) as resumed:
        assert resumed["Ada"].minibio().endswith("She is asked nothing.")
    assert len(runtime.model_under_test.requests) == 1


def test_it_can_be_awaited_and_says_so_where_it_has_to_be(make_simulation):
    simulation = make_simulation(writes)
    ada = TinyPerson("Ada", ADA, simulation=simulation)
    assert asyncio.run(ada.aminibio()).endswith("She is asked nothing.")
    assert asyncio.run(ada.aminibio(False)).endswith("living in Lisbon.")

    async def within() -> str:
        with pytest.raises(WrongThread, match=r"person\.aminibio"):
            ada.minibio()
        return ada.minibio(extended=False)

    assert simulation.runtime.wait(within, "").startswith("Ada is 71")


def test_what_goes_wrong_is_the_models(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation(lambda request, call: {"paragraph": " "}))
    with pytest.raises(OutputError, match=r"Ada \(minibio\).*the paragraph is empty"):
        ada.minibio()
    with pytest.raises(ArgumentError, match="requirements is empty"):
        ada.minibio(requirements=" ")


def test_without_a_model_there_is_a_first_sentence_and_no_other(monkeypatch):
    monkeypatch.delenv("TROUPE_MODEL", raising=False)
    with Runtime(autoload=False, config={}) as runtime, Simulation(runtime=runtime):
        ada = TinyPerson("Ada", ADA)
        assert ada.minibio(extended=False)
        with pytest.raises(UnknownModelError, match="no model is named"):
            ada.minibio()
