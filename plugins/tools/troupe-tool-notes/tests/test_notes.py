"""The folder, and people who write in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import Runtime, Simulation, TinyPerson, TinyWorld
from troupe_testing import ScriptedModel, do, talk, turn
from troupe_tool_notes.folder import Folder, NotWritable, file_name
from troupe_tool_notes.notes import Config, Notes


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(str(tmp_path / "notes"))


def test_entries_stand_below_each_other_and_are_read_without_their_marks(folder, tmp_path):
    folder.add("Shopping  list", "- milk", "Ada, Monday", "k1")
    folder.add("shopping list", "- bread", "Ben", "k2")
    assert folder.read("SHOPPING LIST") == "# Shopping list\n\n*Ada, Monday*\n\n- milk\n\n*Ben*\n\n- bread"
    assert folder.titles() == ["Shopping list"]
    assert folder.written("Shopping list", "k1") == "It stands in your notes, under 'Shopping list'."
    assert folder.written("Shopping list", "k3") is None
    assert folder.written("Another", "k1") is None
    assert [path.name for path in (tmp_path / "notes").glob("*.md")] == ["shopping list.md"]


def test_an_entry_that_is_there_is_not_written_again(folder, tmp_path):
    first = folder.add("Plan", "We meet at nine.", "Ben", "k1")
    assert folder.add("Plan", "We meet at nine.", "Ben", "k1") == first
    assert folder.read("Plan").count("We meet at nine.") == 1
    assert folder.add("Plan", "We meet at nine.", "Ben", "k2")
    assert folder.read("Plan").count("We meet at nine.") == 2


def test_who_looks_for_an_entry_waits_until_it_is_written(folder, monkeypatch):
    import threading

    from troupe_tool_notes import folder as module

    begun, go = threading.Event(), threading.Event()
    replace = module._replace

    def slowly(file: Path, text: str) -> None:
        begun.set()
        assert go.wait(10)
        replace(file, text)

    monkeypatch.setattr(module, "_replace", slowly)
    found: list[str | None] = []
    writer = threading.Thread(target=folder.add, args=("Plan", "We meet at nine.", "Ben", "k"))
    reader = threading.Thread(target=lambda: found.append(folder.written("Plan", "k")))
    writer.start()
    assert begun.wait(10)
    reader.start()
    go.set()
    for thread in (writer, reader):
        thread.join(10)
    assert found == ["It stands in your notes, under 'Plan'."]


@pytest.mark.parametrize("path", [None, "study.db"])
def test_a_note_whose_turn_is_cancelled_is_written_once(tmp_path, monkeypatch, path):
    import asyncio
    import threading

    from troupe_tool_notes import folder as module

    begun, go = threading.Event(), threading.Event()
    replace = module._replace

    def slowly(file: Path, text: str) -> None:
        begun.set()
        assert go.wait(10)
        replace(file, text)

    monkeypatch.setattr(module, "_replace", slowly)

    def script(request, call):
        return turn(talk("Done.")) if call.ordinal else turn(do("WRITE_NOTE", title="Rolls", text="Buy rolls."))

    with Runtime(plugins=[ScriptedModel(script)], model="scripted/x", autoload=False) as runtime:
        simulation = Simulation(path and tmp_path / path, runtime=runtime)
        ada = TinyPerson("Ada", tools=[Notes(Config(str(tmp_path / "notes")))], simulation=simulation)

        async def cancelled_and_again() -> None:
            first = asyncio.ensure_future(ada.aact())
            await asyncio.to_thread(begun.wait, 10)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            second = asyncio.ensure_future(ada.aact())
            go.set()
            await second

        runtime.wait(cancelled_and_again, "")
        assert any("It stands in your notes" in fact.content for fact in ada.memories())
    assert (tmp_path / "notes" / "rolls.md").read_text().count("Buy rolls.") == 1


@pytest.mark.parametrize(
    "title",
    [
        "../../secret",
        "/etc/passwd",
        "..",
        ".",
        "a/b",
        "a\\b",
        "CON",
        "x\0y",
        "~root",
        "-rf",
        "買い物",
        "a" * 500,
        "🙂" * 90,
    ],
)
def test_any_title_is_a_file_of_the_folder(folder, tmp_path, title):
    folder.add(title, "text", "Ada", "k")
    (file,) = (tmp_path / "notes").glob("*.md")
    assert file.parent == tmp_path / "notes"
    assert not file.name.startswith(".")
    assert len(os.fsencode(file.name)) < 200
    assert "text" in folder.read(title)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes"]


@given(
    st.lists(
        st.text(min_size=1, max_size=30), min_size=2, max_size=2, unique_by=lambda t: " ".join(t.split()).casefold()
    )
)
def test_two_titles_never_share_a_file(titles):
    import unicodedata

    spelled = [unicodedata.normalize("NFC", " ".join(title.split()).casefold()) for title in titles]
    if all(spelled) and spelled[0] != spelled[1]:
        one, other = map(file_name, titles)
        assert one.casefold() != other.casefold()
        assert not set(one + other) & set('/\\:*?"<>|\0\n')


def test_a_link_is_not_followed(folder, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "elsewhere.md").write_text("private")
    (tmp_path / "notes" / "diary.md").symlink_to(tmp_path / "elsewhere.md")
    for use in (lambda: folder.read("Diary"), lambda: folder.add("Diary", "x", "Ada", "k")):
        with pytest.raises(NotWritable, match="is a link"):
            use()
    assert (tmp_path / "elsewhere.md").read_text() == "private"


def test_a_folder_that_cannot_be_written_is_told_to_the_person(tmp_path):
    (tmp_path / "notes").write_text("a file")

    def script(request, call):
        news = request.messages[-1].content
        return turn(talk("A pity.")) if "It did not work" in news else turn(do("WRITE_NOTE", title="A", text="b"))

    with Runtime(plugins=[ScriptedModel(script)], model="scripted/x", autoload=False) as runtime:
        ada = TinyPerson("Ada", tools=[Notes(Config(str(tmp_path / "notes")))], simulation=Simulation(runtime=runtime))
        assert [fact.type for fact in ada.act()] == ["WRITE_NOTE", "TALK"]
        (told,) = [fact for fact in ada.memories() if fact.kind == "observation"]
        assert "the note 'A' cannot be written" in told.content


def test_many_people_write_under_one_title_at_once_and_nothing_is_lost(tmp_path):
    def script(request, call):
        if "It stands in your notes" in request.messages[-1].content:
            return turn()
        return turn(do("WRITE_NOTE", title="Guest book", text=f"I am {call.person}."))

    with Runtime(plugins=[ScriptedModel(script)], model="scripted/x", autoload=False) as runtime:
        simulation = Simulation(runtime=runtime)
        notes = Notes(Config(str(tmp_path / "notes")))
        people = [TinyPerson(f"Guest {n}", tools=[notes], simulation=simulation) for n in range(30)]
        TinyWorld("Inn", people).run(1)
    text = (tmp_path / "notes" / "guest book.md").read_text()
    assert all(text.count(f"I am Guest {n}.") == 1 for n in range(30))
    assert text.count("# Guest book") == 1


def test_notes_are_read_and_listed(tmp_path):
    Folder(str(tmp_path)).add("Plan", "We meet at nine.", "Ben", "k")
    steps = iter([do("LIST_NOTES"), do("READ_NOTE", title="plan"), do("READ_NOTE", title="Nothing"), talk("Good.")])
    with Runtime(
        plugins=[ScriptedModel(lambda request, call: turn(next(steps)))], model="scripted/x", autoload=False
    ) as runtime:
        ada = TinyPerson("Ada", tools=[Notes(Config(str(tmp_path)))], simulation=Simulation(runtime=runtime))
        ada.act()
        seen = [fact.content for fact in ada.memories() if fact.kind == "observation"]
    assert seen[0] == "There are: Plan."
    assert "We meet at nine." in seen[1]
    assert seen[2] == "It did not work: there is no note 'Nothing'"


@pytest.mark.parametrize(("text", "why"), [("  ", "nothing to write"), ("x" * 30, "too many for one entry")])
def test_what_cannot_be_an_entry_is_refused(tmp_path, text, why):
    def script(request, call):
        return (
            turn()
            if "It did not work" in request.messages[-1].content
            else turn(do("WRITE_NOTE", title="A", text=text))
        )

    with Runtime(plugins=[ScriptedModel(script)], model="scripted/x", autoload=False) as runtime:
        notes = Notes(Config(str(tmp_path / "notes"), max_characters=20))
        ada = TinyPerson("Ada", tools=[notes], simulation=Simulation(runtime=runtime))
        ada.act()
        assert any(why in fact.content for fact in ada.memories())
    assert not (tmp_path / "notes").exists()
