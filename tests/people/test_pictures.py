"""What people see in pictures: shown to who answers for them, kept once, and told in words where nobody can look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from troupe_core import ArgumentError, Simulation, SimulationEnded, TinyPerson, Unsupported
from troupe_core.llm import Capabilities, Image, Message
from troupe_core.people.history import History
from troupe_testing import ScriptedModel, reply, talk, turn

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
GIF = b"GIF89a and so on"


class Looking(ScriptedModel):
    """Can look at pictures."""

    name = "looking"
    capabilities = Capabilities(images=True)


def says(request: Any, call: Any) -> Any:
    return reply("Blue.") if call.purpose == "ask" else turn(talk(f"I have {len(request.messages)} messages."))


@pytest.fixture
def looking(make_runtime: Callable[..., Any]) -> Any:
    model = Looking(says)
    return model, make_runtime(ScriptedModel(says), plugins=[model], model="looking/x")


def pictures(model: ScriptedModel, at: int = -1) -> list[list[bytes]]:
    return [[image.data for image in message.images] for message in model.requests[at][0].messages]


def test_a_picture_goes_with_the_turn_that_saw_it_and_stays_in_view(looking, tmp_path):
    model, runtime = looking
    (tmp_path / "poster.png").write_bytes(PNG)
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", {"age": 71}, simulation=simulation)
    ada.see("A poster.", source="Ben", images=[tmp_path / "poster.png", GIF]).see(images=[Image.of(GIF)])
    assert ada.prompt().messages[-1].content.startswith("VISUAL:\n- Ben: A poster. [2 pictures]\n- [picture]\n\n")
    assert [part.text for part in ada.prompt().parts if part.origin == "pictures"] == [
        "\n".join(f"{i.media_type}, {len(i.data)} bytes, {i.digest.hex()}" for i in map(Image.of, (PNG, GIF, GIF)))
    ]
    ada.act()
    assert pictures(model) == [[], [PNG, GIF, GIF]]
    ada.see_and_act("A hat.")
    assert ada.ask("Which colour?")["answer"] == "Blue."
    assert pictures(model) == [[], [PNG, GIF, GIF], [], [], [], []]
    seen = next(fact for fact in simulation.facts if fact.kind == "stimulus")
    assert str(seen) == "Ben [VISUAL]: A poster. [2 pictures]"
    assert [image.data for image in simulation.pictures.of(seen)] == [PNG, GIF]
    state = ada.state
    anew = History.of(state.memory_kind.window(state.memory), "Ada", look=simulation.pictures.of)
    assert [each.digest for each in anew.messages] == [each.digest for each in state.history.messages]
    other = TinyPerson("Cy", {"age": 1}, simulation=simulation).see("A poster.", source="Ben", images=[GIF, PNG])
    assert other.state.inbox[0].id != seen.id, "what was seen is part of what happened"


@pytest.mark.parametrize("name", ["looks.db", "looks.json"])
def test_a_picture_lies_in_the_journal_once_and_is_found_again(looking, tmp_path, name):
    model, runtime = looking
    path = tmp_path / name
    large = PNG + Random(0).randbytes(200_000)

    def live() -> str:
        with Simulation(path, runtime=runtime) as simulation:
            everybody = [TinyPerson(each, {"age": 71}, simulation=simulation) for each in ("Ada", "Ben")]
            for person in everybody:
                person.see_and_act("A poster.", images=[large])
                person.act()
            return simulation.digest()

    first = live()
    assert (model.calls, pictures(model)) == (4, [[], [large], [], []])
    assert sum(each.stat().st_size for each in tmp_path.iterdir() if not each.name.endswith(".bak")) < 400_000
    assert (live(), model.calls) == (first, 4), "a rerun asks nobody"
    with Simulation.resume(path, runtime=runtime) as simulation, simulation.fork("other") as fork:
        simulation["Ada"].act()
        assert pictures(model) == [[], [large], [], [], [], []]
        fork["Ben"].see_and_act("It again.", images=[large])
        assert pictures(model)[-1] == [large]
        asked = simulation["Ada"].prompts(0)[0].prompt
        assert asked.messages[-1].images[0].data == large
        assert asked.parts[-1].text.startswith("image/png, 200,264 bytes, ")
    assert str(Simulation.replay(path, runtime=runtime)).startswith("5 turns")
    seen = Simulation.view(path, runtime=runtime)
    with pytest.raises(SimulationEnded):
        seen["Ada"].see(images=[GIF])
    seen.close()


def test_pictures_that_lie_in_a_journal_leave_memory_when_nobody_has_them_in_view(looking, tmp_path, monkeypatch):
    model, runtime = looking
    monkeypatch.setattr("troupe_core.simulation.pictures.AT_HAND", 300)
    shown = [PNG + bytes([number]) for number in range(9)]
    for path, kept in ((tmp_path / "looks.db", 1), (None, 9)):
        with Simulation(path, runtime=runtime) as simulation:
            ada = TinyPerson("Ada", {"age": 71}, simulation=simulation)
            for each in shown:
                ada.see("A poster.", images=[each])
            assert len(list(simulation.pictures)) == kept
            ada.act()
            assert pictures(model) == [[], shown]
            model.requests.clear()


def test_words_stand_for_a_picture_where_a_model_cannot_look(looking, caplog):
    model, runtime = looking
    simulation = Simulation(runtime=runtime, model="scripted/x")
    ada, ben = (TinyPerson(name, {"age": 71}, simulation=simulation) for name in ("Ada", "Ben"))
    for person in (ada, ben):
        person.see_and_act("A poster.", images=[PNG])
    assert model.calls == 0
    assert [r.getMessage().partition(": ")[2] for r in caplog.records if "pictures" in r.getMessage()] == [
        "Ada: scripted/x cannot look at pictures: what was said of them stands for them"
    ]
    with pytest.raises(Unsupported, match=r"scripted/x, which answers for Ada, .*visual_description.*Nothing was sent"):
        ada.see(images=[PNG])
    assert (simulation.usage.calls, ada.state.inbox) == (2, ())
    able = TinyPerson("Cy", {"age": 3}, model="looking/x", simulation=simulation)
    able.see_and_act(images=[PNG])
    assert pictures(model) == [[], [PNG]]
    several = Simulation(runtime=runtime, model=["scripted/x", "looking/x"])
    (said,) = TinyPerson("Dee", {"age": 9}, simulation=several).see_and_act(images=[PNG])
    assert said.substitute is not None, "who can look answers for who cannot"
    assert said.substitute.model == "looking/x"


def test_a_person_in_a_file_has_the_pictures_along(looking, tmp_path):
    model, runtime = looking
    path, simulation = tmp_path / "ada.agent.json", Simulation(runtime=runtime)
    ada = TinyPerson("Ada", {"age": 71}, simulation=simulation)
    ada.see_and_act("A poster.", images=[PNG])
    ada.see(images=[GIF]).save_specification(path, include_memory=True)
    again = TinyPerson.load_specification(path, simulation=Simulation(runtime=runtime))
    again.act()
    assert pictures(model) == [[], [PNG], [], [GIF]]
    path.write_text(path.read_text().replace(Image.of(PNG).digest.hex(), "00" * 16, 1))
    with pytest.raises(ArgumentError, match="not of the form"):
        TinyPerson.load_specification(path, simulation=Simulation(runtime=runtime))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([PNG, 3], r"images\[1\] is a picture's file, its bytes, or an Image, not 3"),
        ("poster.png", r"images is a list of pictures; write \[picture\]"),
        (["https://example.org/poster.png"], r"images\[0\] is an address"),
        ([b"%PDF"], "no PNG, JPEG, GIF or WebP"),
        ([Path("/dev/zero")], "is no file"),
    ],
)
def test_what_is_no_picture_is_refused(looking, given, words):
    ada = TinyPerson("Ada", {"age": 71}, simulation=Simulation(runtime=looking[1]))
    with pytest.raises(ArgumentError, match=words):
        ada.see("A poster.", images=given)
    assert not ada.state.inbox


def test_a_message_is_another_one_with_a_picture():
    told = Message("user", "Look."), Message("user", "Look.", images=(Image.of(PNG),), worded=True)
    assert told[0].digest != told[1].digest
