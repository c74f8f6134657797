"""People in files: what is written is what is read, whatever else stands in a file stays, and what cannot be read is
told by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import (
    EpisodicMemory,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyTool,
    ToolCall,
    action,
)
from troupe_core.errors import DuplicateName
from troupe_core.people.files import file_name
from troupe_core.people.specification import document


@frozen
class Feeling:
    tension: int = 5


class Mood(TinyMentalFaculty, state=Feeling):
    """You have moods."""


class RecallFaculty(TinyMentalFaculty):
    """You can think back."""


class Bell(TinyTool):
    """There is a bell."""

    @action
    async def ring(self, call: ToolCall) -> str:
        """ring it."""
        return "It rings."


@pytest.fixture
def simulation(make_simulation: Callable[..., Simulation]) -> Simulation:
    return make_simulation(plugins=[Mood, RecallFaculty, Bell])


def written(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def a_file(path: Path, name: str, **more: Any) -> Path:
    return written(path / f"{file_name(name)}.agent.json", {"type": "TinyPerson", "persona": {"name": name}, **more})


# -- there and back ---------------------------------------------------------------------------------------------------


def test_a_person_is_saved_and_loaded_with_everything_that_is_wanted(simulation, tmp_path, monkeypatch):
    ada = TinyPerson(
        "Ada", {"age": 71, "likes": ["tea", "雨"]}, mental_faculties=[Mood], tools=[Bell], simulation=simulation
    )
    ada.move_to("Lisbon", ["it rains"]).change_mind(goals="stay dry", attention="the sky", emotions="cross")
    monkeypatch.chdir(tmp_path)
    assert ada.save_specification("ada.agent.json", include_mental_state=True) is None
    text = Path("ada.agent.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "type": "TinyPerson",\n  "persona": {\n    "name": "Ada",\n    "age": 71,')
    assert "雨" in text
    assert json.loads(text) == {
        "type": "TinyPerson",
        "persona": {"name": "Ada", "age": 71, "likes": ["tea", "雨"]},
        "mental_faculties": ["mood"],
        "tools": ["bell"],
        "mental_state": {
            "goals": "stay dry",
            "attention": "the sky",
            "emotions": "cross",
            "location": "Lisbon",
            "context": ["it rains"],
        },
    }
    eve = TinyPerson.load_specification("ada.agent.json", new_agent_name="Eve", simulation=simulation)
    assert (eve.id, eve.name, eve["name"], eve["age"]) == ("Eve", "Eve", "Eve", 71)
    assert (eve.mind.goals, eve.mind.attention, eve.mind.emotions) == ("stay dry", "the sky", "cross")
    assert (eve.place, eve.state.context, eve.state.faculties) == ("Lisbon", ("it rains",), ada.state.faculties)
    assert eve.state.slices["mood"] == Feeling()
    ada.save_specification(tmp_path / "bare.json", include_mental_faculties=False)
    assert json.loads(Path("bare.json").read_text()).keys() == {"type", "persona"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ada.agent.json", "bare.json"]  # and nothing is left


def test_what_is_suppressed_is_left_out(simulation, tmp_path):
    path = a_file(
        tmp_path, "Ada", mental_faculties=["mood", "other"], tools=["bell"], mental_state={"location": "Lisbon"}, x=1
    )
    plain = TinyPerson.load_specification(
        path, suppress_mental_faculties=True, suppress_mental_state=True, suppress_memory=True, simulation=simulation
    )
    assert plain.state.faculties == ("conversation",)
    assert (plain.place, plain.state.extras) == ("", {"x": 1})


def test_options_are_those_of_the_constructor_and_add_to_the_file(simulation, tmp_path):
    path = a_file(tmp_path, "Ada", mental_faculties=["mood"])
    memory = EpisodicMemory(episode=3)
    ada = TinyPerson.load_specification(
        path, mental_faculties=[RecallFaculty], tools=["bell"], memory=memory, model="a/b", simulation=simulation
    )
    assert ada.state.faculties == ("conversation", "mood", "recall", "tool:bell")
    assert (ada.state.memory_kind, ada.state.model) == (memory, "a/b")
    with simulation:
        assert TinyPerson.load_specification({"name": "Ben"}).simulation is simulation


class Nurse(TinyPerson):
    """A handle of one's own."""


def test_a_class_of_ones_own_loads_its_own(simulation):
    assert type(Nurse.load_specification({"name": "Ben"}, simulation=simulation)) is Nurse


# -- files from many hands --------------------------------------------------------------------------------------------

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=9).filter(
    lambda name: name.strip() and not name.isspace() and len(" ".join(name.split())) > 0
)
texts = st.sampled_from(["", "quiet", "Ünsal", "{{name}}", "{{{persona}}}", "two\nlines", "家"])
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
named = st.fixed_dictionaries({"name": names, "description": texts})
shapes: dict[str, st.SearchStrategy[Any]] = {
    "age": st.integers(0, 99) | st.just("forty"),
    "style": texts | st.dictionaries(texts, texts, max_size=2),
    "education": texts | st.fixed_dictionaries({"degree": texts, "year": st.integers(1950, 2020)}),
    "residence": texts | st.fixed_dictionaries({"city": texts, "country": texts}),
    "occupation": texts | st.fixed_dictionaries({"title": texts, "organization": texts}),
    "relationships": st.lists(named, max_size=2) | st.dictionaries(texts, texts | named, max_size=2) | texts,
    "anything else": plain,
}
personas = st.builds(lambda name, rest: {"name": name, **rest}, names, st.fixed_dictionaries({}, optional=shapes))
faculties = st.lists(
    st.sampled_from(
        ["mood", "recall", "Mood", "never heard of", {"type": "RecallFaculty", "scan": True}, {"name": "mood"}, 5, None]
    ),
    max_size=4,
)
minds = st.fixed_dictionaries(
    {},
    optional={
        "goals": texts | st.lists(texts, max_size=2) | st.none(),
        "attention": texts | st.none(),
        "emotions": texts | st.integers(0, 9),
        "location": texts,
        "context": st.lists(texts, max_size=2) | texts | st.integers(0, 9),
        "notes": st.lists(texts, max_size=2),
        "datetime": st.none() | texts,
        "accessible_agents": st.lists(named, max_size=1),
    },
)
documents = st.builds(
    lambda persona, rest: {"type": "TinyPerson", "persona": persona, **rest},
    personas,
    st.fixed_dictionaries(
        {},
        optional={
            "mental_faculties": faculties | plain,
            "tools": st.lists(st.sampled_from(["bell", "Bell", "hammer"]), max_size=2),
            "mental_state": minds | plain,
            "episodic_memory": plain,
            "name": names,
            "mark": st.sampled_from(["rehearsal", 5]),
            "_comment": plain,
            "simulation_id": texts,
        },
    ),
)


def told(person: TinyPerson) -> tuple[Any, ...]:
    state, mind = person.state, person.mind
    whole = (state.name, state.persona.raw, state.mark, state.extras, state.faculties, state.place, state.context)
    return (*whole, mind.goals, mind.attention, mind.emotions, mind.context)


def test_a_file_of_any_shape_is_read_and_what_is_saved_is_read_as_the_same(make_runtime, tmp_path):
    runtime = make_runtime(plugins=[Mood, RecallFaculty, Bell])

    @settings(max_examples=60)
    @given(documents)
    def holds(found: dict[str, Any]) -> None:
        path = tmp_path / "somebody.agent.json"
        with Simulation(runtime=runtime) as one:
            person = TinyPerson.load_specification(found, simulation=one)
            persona = person.state.persona.data()
            assert {**persona, "name": ""} == {**found["persona"], "name": ""}
            for key in found.keys() - {"type", "persona", "mental_faculties", "tools", "mental_state", "mark"}:
                assert json.dumps(person.state.extras[key], default=thawed) == json.dumps(found[key])
            person.save_specification(path, include_memory=True, include_mental_state=True)
        saved = path.read_bytes()
        with Simulation(runtime=runtime) as two:
            again = TinyPerson.load_specification(path, simulation=two)
            again.save_specification(path, include_memory=True, include_mental_state=True)
            assert told(again) == told(person)
            assert path.read_bytes() == saved

    holds()


def thawed(value: Any) -> Any:
    return dict(value) if isinstance(value, MappingProxyType) else list(value)


def test_what_nobody_here_understands_is_kept_and_remarked_once(simulation, caplog):
    found = {"persona": {"name": "Ada"}, "mental_faculties": ["psychic", {"type": "RecallFaculty", "scan": True}]}
    documents = [{**found, "persona": {"name": name}} for name in ("Ada", "Ben", "Cleo")]
    people = [TinyPerson.load_specification(each, simulation=simulation) for each in documents[:1]]
    assert people[0].state.faculties == ("conversation", "recall")
    assert [record.getMessage() for record in caplog.records] == [
        f"{simulation.id}: Ada: its file has 'psychic', which is not installed; it is kept, and not used"
    ]
    assert document(simulation, people[0].state)["mental_faculties"] == [
        {"type": "RecallFaculty", "scan": True},
        "psychic",
    ]


def test_a_whole_folder_is_remarked_upon_once(simulation, tmp_path, caplog):
    for name in ("Ada", "Ben", "Cleo"):
        a_file(tmp_path, name, mental_faculties=["psychic"])
    TinyPerson.load_specifications_from_folder(tmp_path, simulation=simulation)
    assert [record.getMessage() for record in caplog.records] == [
        f"{simulation.id}: Ada: its file and 2 more has 'psychic', which is not installed; it is kept, and not used"
    ]


def test_where_the_name_is_from(simulation):
    def load(found: Any) -> TinyPerson:
        return TinyPerson.load_specification(found, simulation=simulation)

    both = load({"name": "Somebody else", "persona": {"name": " Ada  Lovelace"}})
    assert (both.name, both.state.extras["name"]) == ("Ada Lovelace", "Somebody else")
    outside = load({"type": "TinyPerson", "name": "Ben", "persona": {"age": 5}})
    assert (outside.persona, dict(outside.state.extras)) == ({"name": "Ben", "age": 5}, {})
    bare = load({"type": "TinyPerson", "name": "Cleo", "age": 5})
    assert (bare.persona, dict(bare.state.extras)) == ({"name": "Cleo", "age": 5}, {})
    assert load({"name": "Dan", "type": "early riser"})["type"] == "early riser"
    assert load({"name": "Eva", "persona": "A cook who hates soup."})["description"] == "A cook who hates soup."


def test_braces_in_a_persona_reach_the_prompt_as_they_are(simulation):
    said = "{{name}} and {{{persona}}} and {{#goals}}x{{/goals}} & <b>"
    ada = TinyPerson.load_specification({"name": "Ada", "motto": said}, simulation=simulation)
    assert said in str(ada.prompt())


def test_people_may_name_each_other_in_a_circle(simulation, tmp_path):
    for name, boss in (("Ada", "Ben"), ("Ben", "Cleo"), ("Cleo", "Ada")):
        relationships = [{"name": boss, "description": "the boss"}]
        written(tmp_path / f"{name}.agent.json", {"persona": {"name": name, "relationships": relationships}})
    people = TinyPerson.load_specifications_from_folder(tmp_path, simulation=simulation)
    assert [person.relationships for person in people] == [
        {"Ben": "the boss"},
        {"Cleo": "the boss"},
        {"Ada": "the boss"},
    ]


# -- names that are taken ---------------------------------------------------------------------------------------------


def test_a_name_that_is_taken_is_refused_or_becomes_the_next_free_one(simulation):
    ada = {"persona": {"name": "Ada", "age": 5}}
    TinyPerson.load_specification(ada, simulation=simulation)
    with pytest.raises(DuplicateName, match=r"'Ada' exists already.*\n.*auto_rename_agent=True"):
        TinyPerson.load_specification(ada, simulation=simulation)
    others = [TinyPerson.load_specification(ada, auto_rename_agent=True, simulation=simulation) for _ in range(2)]
    assert [(person.id, person["name"], person["age"]) for person in others] == [
        ("Ada 2", "Ada 2", 5),
        ("Ada 3", "Ada 3", 5),
    ]
    TinyPerson("Eve", simulation=simulation).rename("Ada 4")
    fifth = TinyPerson.load_specification(ada, auto_rename_agent=True, simulation=simulation)
    assert fifth.name == "Ada 5"
    eve = TinyPerson.load_specification(ada, False, False, False, True, "Ben", simulation=simulation)
    assert (eve.name, eve["age"]) == ("Ben", 5)


# -- what lasts -------------------------------------------------------------------------------------------------------


def test_what_a_file_said_besides_is_in_the_journal_too(make_simulation, tmp_path):
    simulation = make_simulation(path=tmp_path / "study.db")
    found = {"persona": {"name": "Ada"}, "mark": "rehearsal", "source": {"by": ["somebody", {"at": 5}]}}
    ada = TinyPerson.load_specification(found, simulation=simulation)
    with pytest.raises(TypeError):
        ada.state.extras["source"]["by"][1]["at"] = 6
    digest = simulation.digest()
    simulation.end()
    with Simulation.resume(tmp_path / "study.db", runtime=simulation.runtime) as resumed:
        assert resumed.digest() == digest
        state = resumed["Ada"].state
        assert (state.mark, state.extras) == ("rehearsal", ada.state.extras)
        assert document(simulation, state, ["memory"]) == {"type": "TinyPerson", **found}
