"""What people are given to know: kept in passages, recalled when it matters, and never part of their history."""

from __future__ import annotations

import os
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ArgumentError, EpisodicMemory, Simulation, TinyPerson
from troupe_core.builtin.word_index import LATEST
from troupe_core.events import MEMORY, Fact
from troupe_core.people.documents import KINDS, LARGEST, MOST
from troupe_core.people.knowledge import PASSAGE, passages
from troupe_testing import talk, turn

BROCHURE = """\
# The ferry

The ferry to Gozo leaves Cirkewwa every forty-five minutes, in winter every hour.

# Prices

A grown-up pays 4.65 euros for both ways. Bicycles cost one euro more.
"""


@pytest.fixture
def ada(make_simulation):
    return TinyPerson("Ada", simulation=make_simulation())


@pytest.fixture
def brochure(tmp_path):
    path = tmp_path / "brochure.md"
    path.write_text(BROCHURE)
    return path


def contents(facts: Any) -> list[str]:
    return [fact.content for fact in facts]


def recalled(person: TinyPerson, query: str) -> list[str]:
    return [each.fact.content for each in person.retrieve_relevant_memories(query)]


# -- passages --------------------------------------------------------------------------------------------------------

texts = st.lists(
    st.one_of(
        st.sampled_from(["\n", "\n\n", " ", "# Heading\n", "A sentence. ", "words and words ", "吃了烤鸭。"]),
        st.text(max_size=80),
        st.integers(1, 90).map(lambda n: "x" * n),
    ),
    max_size=40,
).map("".join)


def solid(text: str) -> str:
    return "".join(text.split())


@given(texts, st.integers(8, 120))
def test_passages_are_short_and_together_they_are_the_text(text, most):
    found = list(passages(text, most))
    assert all(0 < len(passage) <= most for passage in found)
    assert solid("".join(found)) == solid(text)


def test_a_heading_stays_with_what_is_under_it():
    assert [passage.splitlines()[0] for passage in passages(BROCHURE)] == ["# The ferry", "# Prices"]
    (only,) = passages("# A title\n\n## Its first part\n\nWords.")
    assert only == "# A title\n\n## Its first part\n\nWords."


def test_a_long_paragraph_is_divided_after_sentences():
    sentence = "This is a sentence of some length, and there are many like it. "
    found = list(passages(sentence * 40))
    assert len(found) > 3
    assert all(passage.endswith("like it.") for passage in found)


# -- what is known ---------------------------------------------------------------------------------------------------


def test_what_was_read_is_kept_and_recalled(ada, brochure):
    assert ada.read_document_from_file(brochure) is ada
    assert contents(ada.memories()) == list(passages(BROCHURE))
    assert {(fact.kind, fact.source) for fact in ada.memories()} == {(MEMORY, "brochure.md")}
    assert "4.65 euros" in recalled(ada, "What do bicycles cost?")[0]
    assert str(ada.memories()[0]).startswith("brochure.md [KNOWLEDGE]: # The ferry")


def test_it_comes_to_mind_when_it_matters_with_its_source_and_is_no_part_of_the_history(make_simulation, brochure):
    asked: list[Any] = []

    def script(request: Any, call: Any) -> Any:
        asked.append(request.messages)
        return turn(talk("Let me see."))

    ada = TinyPerson("Ada", simulation=make_simulation(script)).read_document_from_file(brochure)
    ada.listen_and_act("Nice weather.", source="Ben")
    ada.listen_and_act("What do bicycles cost?", source="Ben")
    ada.listen_and_act("Nice weather.", source="Ben")
    told = ["brochure.md: # Prices" in messages[-1].content for messages in asked]
    assert told == [False, True, False]
    assert not any("euros" in message.content for messages in asked for message in messages[:-1])
    assert ada.retrieve_memories() == [fact for fact in ada.memories() if fact.type != "KNOWLEDGE"]
    assert "euros" not in ada.pretty_current_interactions()
    assert all(fact.type != "KNOWLEDGE" for fact in ada.simulation.facts)


def test_a_passage_comes_to_mind_as_a_whole(make_simulation, tmp_path):
    (tmp_path / "long.txt").write_text("word " * 100 + "gazpacho.")
    ada = TinyPerson("Ada", simulation=make_simulation()).read_document_from_file(tmp_path / "long.txt")
    ada.listen("Gazpacho?")
    assert "word gazpacho." in str(ada.prompt())


def test_reading_the_same_twice_changes_nothing(ada, brochure):
    digest = ada.read_document_from_file(brochure).simulation.digest()
    assert ada.read_document_from_file(brochure).simulation.digest() == digest
    brochure.write_text(BROCHURE + "\n# New\n\nThere are cats.\n")
    ada.read_document_from_file(brochure)
    assert contents(ada.memories()) == [*passages(BROCHURE), "# New\n\nThere are cats."]
    assert ada.simulation.digest() != digest


def test_who_knows_something_else_is_another_person(make_simulation):
    digests = set()
    for known in ([], ["a"], ["b"], ["a", "b"], ["b", "a"]):
        simulation = make_simulation()
        ada = TinyPerson("Ada", simulation=simulation)
        for each in known:
            ada.store_in_memory(f"The key is under mat {each}.")
        digests.add(simulation.digest())
    assert len(digests) == 5


def test_what_is_stored_is_known(ada):
    ada.store_in_memory("The key is under the mat.").store_in_memory("The cat is Otto.", source="the neighbour")
    ada.store_in_memory("The key is under the mat.")
    assert [str(fact) for fact in ada.memories()] == [
        "[KNOWLEDGE]: The key is under the mat.",
        "the neighbour [KNOWLEDGE]: The cat is Otto.",
    ]
    assert recalled(ada, "Where is the key?")[0] == "The key is under the mat."
    assert recalled(ada, "Otto") == recalled(ada, "neighbour") == ["The cat is Otto."]
    with pytest.raises(ArgumentError, match="text is empty"):
        ada.store_in_memory(" ")


def test_what_was_lived_and_what_is_known_are_weighed_together(make_simulation):
    """A word that everybody says all day counts little, however rare it is in what was read."""
    ada = TinyPerson("Ada", simulation=make_simulation())
    ada.store_in_memory("A comet is a lump of ice.").store_in_memory("Soup is served at eight.")
    for number in range(20):
        ada.listen_and_act(f"soup {number}", source="Ben")
    ada.listen_and_act("comet", source="Ben")
    assert recalled(ada, "soup and the comet")[:2] == ["comet", "A comet is a lump of ice."]


def test_what_was_read_long_ago_comes_to_mind_however_much_was_read_since(make_simulation):
    ada = TinyPerson("Ada", simulation=make_simulation())
    for number in range(3 * LATEST):
        ada.store_in_memory(f"Item {number} weighs {number * 7} grams and is called thing{number}.")
    ada.listen("What is thing5?")
    assert "Item 5 weighs 35 grams" in str(ada.prompt())


def test_the_oldest_things_are_forgotten_and_not_what_is_known(make_simulation):
    memory = EpisodicMemory(capacity=10, window_size=200, keep=100)
    ada = TinyPerson("Ada", memory=memory, simulation=make_simulation()).store_in_memory("The key is under the mat.")
    for number in range(30):
        ada.listen_and_act(f"day {number}", source="Ben")
    assert ada.memories()[0].content == "The key is under the mat."
    assert len(ada.memories()) < 30  # of 61


def test_many_who_read_the_same_share_it(make_simulation, brochure):
    simulation = make_simulation()
    one, other = (TinyPerson(name, simulation=simulation).read_document_from_file(brochure) for name in ("Ada", "Ben"))
    assert all(mine is yours for mine, yours in zip(one.memories(), other.memories(), strict=True))


def test_it_lasts(make_simulation, brochure, tmp_path):
    path = tmp_path / "study.db"

    def study() -> tuple[Simulation, tuple[Any, ...]]:
        simulation = make_simulation(lambda request, call: turn(talk("I see.")), path=path)
        for name in ("Ada", "Ben"):
            TinyPerson(name, simulation=simulation).read_document_from_file(brochure).store_in_memory(f"I am {name}.")
            simulation[name].listen_and_act("What do bicycles cost?")
        found = found_in(simulation)
        simulation.end()
        return simulation, found

    def found_in(simulation: Simulation) -> tuple[Any, ...]:
        people = [simulation[name] for name in ("Ada", "Ben")]
        return simulation.digest(), *((contents(each.memories()), recalled(each, "bicycles")) for each in people)

    first, found = study()
    assert len(found[1][0]) == 5
    resumed = Simulation.resume(path, runtime=first.runtime)
    assert found_in(resumed) == found
    resumed["Ada"].store_in_memory("And this.")
    assert contents(resumed["Ada"].memories())[3] == "And this."
    resumed.end()
    again, found_again = study()
    assert found_again == found
    assert again.runtime.model_under_test.calls == 0


def test_a_turn_depends_on_what_is_known(make_simulation, tmp_path):
    calls = []
    for known in ("The key is under the mat.", "The key is under the mat.", "The key is in the car."):
        simulation = make_simulation(path=tmp_path / "study.db")
        TinyPerson("Ada", simulation=simulation).store_in_memory(known).listen_and_act("Where is the key?")
        simulation.end()
        calls.append(simulation.runtime.model_under_test.calls)
    assert calls == [1, 0, 1]


def test_what_one_fork_learns_the_other_does_not_know(ada):
    ada.store_in_memory("The key is under the mat.")
    fork = ada.simulation.fork("other")["Ada"].store_in_memory("The cat is Otto.")
    assert recalled(ada, "cat") == []
    assert recalled(fork, "cat") == ["The cat is Otto."]
    assert recalled(ada, "key") == recalled(fork, "key") == ["The key is under the mat."]


# -- kinds of files --------------------------------------------------------------------------------------------------


def test_of_a_table_each_passage_says_what_the_columns_are(ada, tmp_path):
    rows = [f"thing{number},{number * 3},a thing that is sold in shops" for number in range(60)]
    (tmp_path / "stock.csv").write_text("\r\n".join(["name,price,remark", *rows]))
    ada.read_document_from_file(tmp_path / "stock.csv")
    found = contents(ada.memories())
    assert len(found) > 3
    assert all(passage.startswith("name,price,remark\n") and len(passage) <= PASSAGE for passage in found)
    assert "\n".join(passage.partition("\n")[2] for passage in found).split("\n") == rows


@pytest.mark.parametrize(
    "data", [{"a": {"b": "x" * 500}, "c": ["y" * 500]}, ["x" * 500, {"c": "y" * 500}], "z" * 700, 7]
)
def test_of_json_the_parts_are_passages(ada, tmp_path, data):
    (tmp_path / "data.json").write_bytes(orjson.dumps(data))
    ada.read_document_from_file(tmp_path / "data.json")
    found = contents(ada.memories())
    assert len(found) == (1 if data == 7 else 2)
    words = solid("".join(found))
    assert all(letter * 500 in words for letter in "xy") or data in ("z" * 700, 7)


@pytest.mark.parametrize("ending", KINDS)
def test_text_in_utf_8_is_read_whatever_its_ending(ada, tmp_path, ending):
    text = '"naïve “soup” 漢字"'
    (tmp_path / f"a{ending.upper()}").write_bytes(text.encode("utf-8-sig"))
    ada.read_document_from_file(str(tmp_path / f"a{ending.upper()}"))
    (only,) = ada.memories()
    assert only.content.strip('"') == text.strip('"')


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", b"%PDF", r"a\.pdf: files of this kind are not read, only \.csv, \.json"),
        ("none", b"text", r"none: files of this kind are not read"),
        ("a.txt", b"  \n", r"a\.txt is empty"),
        ("a.json", b"[]", r"a\.json is empty"),
        ("a.json", b"{\n,", r"a\.json, line 2: this is no JSON"),
        ("a.txt", b"caf\xe9", r"a\.txt is not in UTF-8 \(at byte 3\)"),
        ("a.txt", b"PK\0\0", r"a\.txt is no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(ada, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArgumentError, match=message):
        ada.read_document_from_file(tmp_path / name)
    with pytest.raises(ArgumentError, match=message):
        ada.read_documents_from_folder(tmp_path)
    assert not ada.memories()


def test_a_file_that_is_too_large_is_named(ada, tmp_path):
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(ArgumentError, match=rf"a\.txt has {LARGEST + 1:,} bytes, and at most {LARGEST:,}"):
        ada.read_document_from_file(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("path", "message"),
    [("missing.txt", "there is no file missing.txt"), ("", "path must name"), (7, "path must name"), (".", "not read")],
)
def test_what_is_no_file_is_refused(ada, path, message):
    with pytest.raises(ArgumentError, match=message):
        ada.read_document_from_file(path)


def test_a_folder_or_a_device_with_the_name_of_a_text_is_no_file(ada, tmp_path):
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    for name in ("folder.txt", "pipe.txt"):
        with pytest.raises(ArgumentError, match=f"{name} is no file"):
            ada.read_document_from_file(tmp_path / name)


# -- folders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name in ("b.txt", "a.md", ".hidden.txt", "sub/c.txt", "sub/deep/d.txt", ".git/e.txt"):
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is {name}.")
    return tmp_path / "folder"


def test_a_folder_is_read_by_name_without_what_is_hidden(ada, folder):
    ada.read_documents_from_folder(folder)
    assert [fact.source for fact in ada.memories()] == ["a.md", "b.txt"]
    ada.read_documents_from_folder(folder, recursive=True)
    assert [fact.source for fact in ada.memories()] == ["a.md", "b.txt", "sub/c.txt", "sub/deep/d.txt"]


def test_one_by_one_or_all_at_once_the_same_is_known(make_simulation, folder):
    one, other = (TinyPerson("Ada", simulation=make_simulation()) for _ in range(2))
    one.read_documents_from_folder(folder)
    other.read_document_from_file(folder / "a.md").read_document_from_file(folder / "b.txt")
    assert [fact.id for fact in one.memories()] == [fact.id for fact in other.memories()]


def test_of_a_folder_all_is_read_or_nothing_and_every_bad_file_is_named(ada, folder):
    (folder / "x.pdf").write_bytes(b"%PDF")
    (folder / "y.txt").write_bytes(b"\xff")
    with pytest.raises(ArgumentError, match=r"(?s)nothing in .* was read.*x\.pdf: .*y\.txt is not in UTF-8"):
        ada.read_documents_from_folder(folder)
    assert not ada.memories()


def test_links_that_lead_out_of_a_folder_are_refused_and_others_followed(ada, folder, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "inside.txt").symlink_to(folder / "sub" / "c.txt")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    ada.read_documents_from_folder(folder, recursive=True)
    assert contents(ada.memories()).count("This is sub/c.txt.") == 2
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "away").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(ArgumentError, match=r"(?s)away is a link that leads out of .*link\.txt is a link that leads"):
        ada.read_documents_from_folder(folder, recursive=True)


def test_a_folder_that_is_too_large_or_holds_nothing_or_is_none_is_named(ada, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArgumentError, match=r"there is no document in .*empty; recursive=True looks into"):
        ada.read_documents_from_folder(tmp_path / "empty")
    with pytest.raises(ArgumentError, match=r"there is no folder .*missing"):
        ada.read_documents_from_folder(tmp_path / "missing")
    with pytest.raises(ArgumentError, match=r"a\.md is no folder"):
        ada.read_documents_from_folder(folder / "a.md")
    for number in range(MOST // LARGEST + 1):
        with (folder / f"large{number}.pdf").open("wb") as file:
            file.truncate(LARGEST)
    with pytest.raises(ArgumentError, match=f"more than {MOST:,} bytes"):
        ada.read_documents_from_folder(folder)


def test_a_simulation_that_has_ended_learns_nothing(ada):
    ada.simulation.end()
    with pytest.raises(Exception, match="ended"):
        ada.store_in_memory("The key is under the mat.")


def test_passages_of_equal_words_are_known_once(ada, tmp_path):
    (tmp_path / "a.txt").write_text("\n\n".join(["word " * 100] * 5))
    ada.read_document_from_file(tmp_path / "a.txt")
    (only,) = ada.memories()
    assert isinstance(only, Fact)
