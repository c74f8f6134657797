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
    ArgumentError,
    EpisodicMemory,
    People,
    PluginError,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyTool,
    TinyWorld,
    ToolCall,
    action,
)
from troupe_core.errors import DuplicateName
from troupe_core.people import files
from troupe_core.people.files import file_name
from troupe_core.people.persona import Persona
from troupe_core.people.specification import document
from troupe_testing import talk, turn


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
    assert document(simulation.runtime, people[0].state)["mental_faculties"] == [
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


# -- what cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b'{"persona": {"name": "J\xf6rg"}}', "is not in UTF-8 (at byte 23)"),
        ("{}".encode("utf-16"), "is not in UTF-8"),
        (b'{"persona":\n {"name": }}', "line 2: this is no JSON"),
        (b'["Ada"]', "holds a list"),
        (b'"Ada"', "holds a str"),
        (b"{}", "it names nobody"),
        (b'{"type": "TinyPerson"}', "it names nobody"),
        (b'{"persona": {}}', "it names nobody"),
        (b'{"persona": null, "name": "Ada"}', "its persona is NoneType; an object is expected"),
        (b'{"persona": ["quiet"], "name": "Ada"}', "its persona is list"),
        (b'{"persona": {"name": 5}}', "its name is 5"),
        (b'{"persona": {"name": " "}}', "the name is empty"),
        (b'{"type": "TinyWorld", "persona": {"name": "Ada"}}', "its type is 'TinyWorld'"),
        (b'{"type": "Fragment", "persona": {"name": "Ada"}}', "a fragment, which person.import_fragment"),
        (b'{"persona": {"name": "Ada", "a": ' + b"[" * 300 + b"]" * 300 + b"}}", "nested too deeply"),
        (b'{"persona": {"name": "Ada"}, "a": ' + b"[" * 300 + b"]" * 300 + b"}", "the document cannot be written"),
        (b'{"persona": {"name": "Ada", "a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}}", "this is no JSON"),
        (
            b'{"persona": {"name": "Ada"}, "mental_state": {"goals": "' + b"x" * 200_001 + b'"}}',
            "mental_state.goals has",
        ),
    ],
)
def test_a_file_that_is_none_is_told_by_name_and_makes_nobody(simulation, tmp_path, content, said):
    path = tmp_path / "broken.agent.json"
    path.write_bytes(content)
    with pytest.raises(ArgumentError) as caught:
        TinyPerson.load_specification(path, simulation=simulation)
    assert said in str(caught.value)
    assert str(caught.value).count(path.name) == 1
    assert len(simulation) == 0


def test_a_file_that_is_not_there_or_too_large(simulation, tmp_path):
    with pytest.raises(ArgumentError, match="there is no file"):
        TinyPerson.load_specification(tmp_path / "nothing.json", simulation=simulation)
    large = tmp_path / "large.agent.json"
    with large.open("wb") as file:
        file.truncate(files.LARGEST + 1)
    with pytest.raises(ArgumentError, match="is it the right file"):
        TinyPerson.load_specification(large, simulation=simulation)


def test_a_dictionary_that_contains_itself(simulation):
    persona: dict[str, Any] = {"name": "Ada"}
    persona["friend"] = persona
    with pytest.raises(ArgumentError, match="the persona cannot be written as JSON: it contains itself"):
        TinyPerson.load_specification(persona, simulation=simulation)
    rest: dict[str, Any] = {"persona": {"name": "Ada"}}
    rest["again"] = rest
    with pytest.raises(ArgumentError, match="the document contains itself"):
        TinyPerson.load_specification(rest, simulation=simulation)
    assert len(simulation) == 0


def test_faculties_that_clash_are_told_with_the_file(make_simulation, tmp_path):
    class Shout(TinyMentalFaculty):
        """You can be loud."""

        @action
        def talk(self, turn: Any, content: str) -> None:
            """talk loudly."""

    path = a_file(tmp_path, "Ada", mental_faculties=["shout"])
    with pytest.raises(PluginError, match=r"ada\.agent\.json: .*both have an action TALK"):
        TinyPerson.load_specification(path, simulation=make_simulation(plugins=[Shout]))


def test_what_cannot_be_written_leaves_the_old_file_as_it_was(simulation, tmp_path):
    ada = TinyPerson("Ada", simulation=simulation)
    with pytest.raises(ArgumentError, match=r"nowhere.*cannot be written: No such file"):
        ada.save_specification(tmp_path / "nowhere" / "ada.json")
    with pytest.raises(ArgumentError, match="cannot be written: Is a directory"):
        ada.save_specification(tmp_path)
    path = tmp_path / "ada.json"
    ada.save_specification(path)
    before = path.read_bytes()
    deep: Any = 1
    while fits({"deep": [deep]}):  # as deep as a persona can be; a document around it is deeper
        deep = [deep]
    ada.define("deep", deep)
    with pytest.raises(ArgumentError, match=r"ada\.json cannot be written: Recursion limit"):
        ada.save_specification(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def fits(persona: Any) -> bool:
    try:
        return bool(Persona.of(persona))
    except ArgumentError:
        return False


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


# -- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_is_read_in_order_of_its_files(simulation, tmp_path):
    for name in ("Cleo", "ada", "Ben", "Łukasz", "家"):
        a_file(tmp_path, name)
    (tmp_path / "._ada.agent.json").write_bytes(b"\0\5\x16\7")  # as some systems leave beside a file
    (tmp_path / "README.md").write_text("People.")
    written(tmp_path / "dan.person.json", {"name": "Dan"})
    people = TinyPerson.load_specifications_from_folder(tmp_path, simulation=simulation)
    assert isinstance(people, People)
    assert people.names == ["ada", "Ben", "Cleo", "Łukasz", "家"]
    assert TinyPerson.load_specifications_from_folder(tmp_path, ".person.json", simulation=simulation).names == ["Dan"]
    again = TinyPerson.load_specifications_from_folder(tmp_path, auto_rename_agent=True, simulation=simulation)
    assert again.names == ["ada 2", "Ben 2", "Cleo 2", "Łukasz 2", "家 2"]


def test_a_folder_is_loaded_as_a_whole_or_not_at_all_and_every_bad_file_is_named(simulation, tmp_path):
    for name in ("Ada", "Ben", "Dan"):
        a_file(tmp_path, name)
    (tmp_path / "cleo.agent.json").write_text("{")
    a_file(tmp_path / ".", "Ada").rename(tmp_path / "zoe.agent.json")
    a_file(tmp_path, "Ada")
    (tmp_path / "empty.agent.json").write_text("")
    with pytest.raises(ArgumentError) as caught:
        TinyPerson.load_specifications_from_folder(tmp_path, simulation=simulation)
    first, *lines = str(caught.value).splitlines()
    assert first == "3 of 6 cannot be used, so that nobody was made:"
    assert [name in line for name, line in zip(("cleo", "empty", "zoe"), lines, strict=False)] == [True] * 3
    assert "line 1: this is no JSON" in lines[0]
    assert "'Ada' exists already" in lines[2]
    assert len(simulation) == 0
    TinyPerson("Ada", simulation=simulation)


def test_a_folder_that_is_none_or_has_nobody_in_it(simulation, tmp_path):
    path = a_file(tmp_path, "Ada")
    for folder, said in ((tmp_path / "nowhere", "there is no folder"), (path, "is no folder")):
        with pytest.raises(ArgumentError, match=said):
            TinyPerson.load_specifications_from_folder(folder, simulation=simulation)
    with pytest.raises(ArgumentError, match=r"no file in .* ends in '\.person'; file_suffix=… looks for others"):
        TinyPerson.load_specifications_from_folder(tmp_path, ".person", simulation=simulation)


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
        assert document(simulation.runtime, state, ["memory"]) == {"type": "TinyPerson", **found}


# -- memory -----------------------------------------------------------------------------------------------------------


def lived(simulation: Simulation, turns: int) -> list[TinyPerson]:
    """Two people who have talked for a while, and one of whom has been spoken to since."""
    people = [TinyPerson(name, memory=EpisodicMemory(episode=3), simulation=simulation) for name in ("Ada", "Ben")]
    world = TinyWorld("Room", people, simulation=simulation).make_everyone_accessible()
    for number in range(turns):
        world.broadcast(f"Question {number}: what of the soup?", source="Moderator").run(1)
    people[0].listen("Are you there?", source="Cleo")
    return people


def script(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": [f"{call.person} was asked about soup."]}
    return turn(talk(f"{call.person} thinks of soup, for the {call.turn}. time."))


@pytest.fixture(params=["in memory", "with a journal"])
def talking(request: pytest.FixtureRequest, make_simulation: Callable[..., Simulation], tmp_path: Path) -> Simulation:
    return make_simulation(script, path=tmp_path / "study.db" if request.param == "with a journal" else None)


def test_a_person_who_is_saved_with_memories_goes_on_as_if_nothing_had_been(talking, make_simulation, tmp_path):
    ada, _ = lived(talking, 7)
    path = tmp_path / "ada.agent.json"
    ada.save_specification(path, include_memory=True, include_mental_state=True)
    assert json.loads(path.read_text())["memory"]["kind"] == {"name": "episodic", "settings": {"episode": 3}}
    again = TinyPerson.load_specification(path, simulation=make_simulation(script))
    assert [fact.id for fact in again.memories()] == [fact.id for fact in ada.memories()]
    assert again.state.memory_kind == EpisodicMemory(episode=3)
    assert again.state.turns == 7
    assert [str(found) for found in again.retrieve_relevant_memories("soup", 3)] == [
        str(found) for found in ada.retrieve_relevant_memories("soup", 3)
    ]
    assert str(again.prompt()) == str(ada.prompt())
    assert "- Cleo: Are you there?" in str(again.prompt())
    assert "thinks of soup, for the 7. time" in str(again.act())
    past = json.loads(path.read_text())["memory"]["content"]["past"]
    again.save_specification(path, include_memory=True)
    assert json.loads(path.read_text())["memory"]["content"]["past"][: len(past)] == past


def test_memories_under_another_name_are_ones_own_with_ids_of_their_own(talking, tmp_path):
    ada, ben = lived(talking, 4)
    ada.save_specification(tmp_path / "ada.json", include_memory=True)
    eve = TinyPerson.load_specification(tmp_path / "ada.json", new_agent_name="Eve", simulation=talking)
    assert [fact.content for fact in eve.memories()] == [fact.content for fact in ada.memories()]
    own = [fact for fact in eve.memories() if fact.thing == "Eve"]
    assert {fact.kind for fact in own} >= {"action"}
    assert not {fact.id for fact in own} & {fact.id for fact in ada.memories()}
    shared = [fact for fact in eve.memories() if fact.thing == "Ben"]
    assert shared
    assert {fact.id for fact in shared} <= {fact.id for fact in ben.memories() if fact.thing == "Ben"}
    history = [(message.role, message.content) for message in eve.prompt().messages[1:-1]]
    assert history == [(message.role, message.content) for message in ada.prompt().messages[1:-1]]
    if talking.journal is not None:
        digest = talking.digest()
        talking.end()
        with Simulation.resume(tmp_path / "study.db", runtime=talking.runtime) as resumed:
            assert resumed.digest() == digest
            assert [fact.id for fact in resumed["Eve"].memories()] == [fact.id for fact in eve.memories()]


def test_memories_are_left_out_unless_they_are_wanted(talking, make_simulation, tmp_path):
    ada, _ = lived(talking, 2)
    ada.save_specification(tmp_path / "without.json")
    assert "memory" not in json.loads((tmp_path / "without.json").read_text())
    ada.save_specification(tmp_path / "with.json", include_memory=True)
    new = TinyPerson.load_specification(tmp_path / "with.json", suppress_memory=True, simulation=make_simulation())
    assert (new.memories(), new.state.turns, new.state.inbox) == ([], 0, ())


def test_memories_of_other_kinds_and_shapes_are_kept_unread(simulation, caplog):
    foreign = {"type": "EpisodicMemory", "memory": [{"role": "user", "content": "hello"}]}
    odd = {"kind": "diary", "of": "Ada", "turns": 3, "news": [], "content": {}}
    found = {"persona": {"name": "Ada"}, "episodic_memory": foreign, "semantic_memory": None, "memory": odd}
    ada = TinyPerson.load_specification(found, simulation=simulation)
    assert ada.memories() == []
    assert document(simulation.runtime, ada.state, []).keys() >= {"episodic_memory", "semantic_memory"}
    assert json.loads(json.dumps(ada.state.extras["memory"], default=thawed)) == odd
    assert "'diary', which is not installed" in caplog.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"turns": -1}, "memory is not of the form"),
        ({"turns": "many"}, "memory is not of the form"),
        ({"news": 5}, "memory is not of the form"),
        ({"content": {}}, "memory is not of the form in which memories are saved: KeyError\\('past'"),
        ({"content": {"past": [{"lived": [{"id": "xyz"}]}]}}, "memory is not of the form"),
        ({"content": {"past": [], "since": -3}}, "since is -3"),
        (
            {"kind": {"name": "episodic", "settings": {"episodes": 3}}},
            "memory.kind.settings cannot be those of 'episodic'",
        ),
        ({"kind": {"name": "episodic", "settings": {"episode": 0}}}, "memory.kind.settings cannot be"),
    ],
)
def test_a_memory_that_was_tampered_with_is_refused(simulation, tmp_path, change, said):
    ada = TinyPerson("Ada", simulation=simulation)
    whole = document(simulation.runtime, ada.state)
    path = written(tmp_path / "ada.json", {**whole, "memory": {**whole["memory"], **change}})
    with pytest.raises(ArgumentError, match=rf"ada\.json: .*{said}"):
        TinyPerson.load_specification(path, new_agent_name="Eve", simulation=simulation)
    assert "Eve" not in simulation


# -- several ----------------------------------------------------------------------------------------------------------


def test_several_are_saved_under_names_that_differ(simulation, make_simulation, tmp_path):
    called = [
        "Phạm Thị Lụa",
        "pham thi lua",
        "ციალა ბერიძე",
        "हिन्दी",
        "../../etc/passwd",
        "???",
        "!!!",
        "x" * 200,
        "家" * 80,
    ]
    people = People([TinyPerson(name, simulation=simulation) for name in called])
    paths = people.save_specifications(tmp_path / "a" / "folder", include_mental_faculties=False)
    assert [path.name.removesuffix(".agent.json") for path in paths] == [
        "pham_thi_lua",
        "pham_thi_lua_2",
        "ციალა_ბერიძე",
        "हिन्दी",
        "etc_passwd",
        "_",
        "__2",
        "x" * 100,
        "家" * 33,
    ]
    assert {path.parent for path in paths} == {tmp_path / "a" / "folder"}
    again = TinyPerson.load_specifications_from_folder(tmp_path / "a" / "folder", simulation=make_simulation())
    assert sorted(again.names) == sorted(called)
    with pytest.raises(ArgumentError, match="there can be no folder"):
        people.save_specifications(paths[0])


@given(names)
def test_the_name_of_a_file_is_safe_whatever_somebody_is_called(name):
    made = file_name(name)
    assert made
    assert not set(made) & set('/\\:*?"<>|. \0\n')
    assert len(made.encode()) <= files.LONGEST_NAME
    assert file_name(made) == made
