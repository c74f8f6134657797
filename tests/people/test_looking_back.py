"""Looking back: what somebody did, what it remembers, and what it can be made to forget."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from troupe_core import PAUSE, ArgumentError, EpisodicMemory, Simulation, TinyPerson, TinyWorld
from troupe_testing import quiet, talk, think, turn


def speaks(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": ["It went on."]}
    return turn(think(f"My {call.turn}."), talk(f"Number {call.turn}."))


def contents(facts: Any) -> list[str]:
    return [fact.content for fact in facts]


@pytest.fixture
def ada(make_simulation):
    return TinyPerson("Ada", simulation=make_simulation(speaks))


# -- what was done ---------------------------------------------------------------------------------------------------


def test_what_was_done_is_popped_once(ada):
    assert ada.pop_latest_actions() == ()
    ada.act()
    ada.listen("Well?", source="Eve")
    ada.act()
    assert contents(ada.pop_latest_actions()) == ["My 0.", "Number 0.", "My 1.", "Number 1."]
    assert ada.pop_latest_actions() == ()
    ada.act()
    assert contents(ada.pop_latest_actions()) == ["My 2.", "Number 2."]


def test_what_others_did_is_not_popped_with_it(make_simulation):
    simulation = make_simulation(speaks)
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]
    world = TinyWorld("Room", people, simulation=simulation)
    for _ in range(3):
        world.run(1)
        for person in people:
            popped = person.pop_latest_actions()
            assert [(fact.source, fact.type) for fact in popped] == [(person.name, "THINK"), (person.name, "TALK")]


def test_its_words_are_popped_by_type(ada):
    ada.act()
    ada.act()
    assert ada.pop_actions_and_get_contents_for("TALK") == "Number 1."
    assert ada.pop_actions_and_get_contents_for("TALK") == ""
    ada.act()
    ada.act()
    assert ada.pop_actions_and_get_contents_for("TALK", only_last_action=False) == "Number 2.\nNumber 3."


def test_popping_is_nothing_in_somebodys_life(ada):
    ada.act()
    before = ada.simulation.digest()
    ada.pop_latest_actions()
    assert ada.simulation.digest() == before


def test_a_fork_has_its_own_mark(ada):
    ada.act()
    ada.pop_latest_actions()
    fork = ada.simulation.fork("other")["Ada"]
    fork.act()
    assert contents(fork.pop_latest_actions()) == ["My 1.", "Number 1."]
    assert ada.pop_latest_actions() == ()


def test_the_last_remembered_action_is_the_persons_own(ada):
    assert ada.last_remembered_action() is ada.last_remembered_action(ignore_done=False) is None
    ada.act()
    ada.listen("Well?", source="Eve")
    assert ada.last_remembered_action().content == "Number 0."
    assert ada.last_remembered_action(ignore_done=False) is PAUSE


# -- what is remembered ----------------------------------------------------------------------------------------------


def test_memories_are_retrieved_from_both_ends(ada):
    for _ in range(3):
        ada.act()
    whole = ada.retrieve_memories()
    assert whole == list(ada.memories())
    first, gap, last = ada.retrieve_memories(first_n=1, last_n=1)
    assert (first, last) == (whole[0], whole[-1])
    assert (gap.type, gap.content, gap.data["count"]) == ("OMITTED", "4 memories are left out here", 4)
    assert ada.retrieve_memories(1, 1, include_omission_info=False) == [whole[0], whole[-1]]
    assert ada.retrieve_memories(3, 3) == whole


def test_long_memories_are_cut_under_the_id_of_the_whole(ada):
    ada.act()
    whole, cut = ada.retrieve_memories(), ada.retrieve_memories(max_content_length=4)
    assert contents(cut) == ["My 0 (…)", "Numb (…)"]
    assert [fact.id for fact in cut] == [fact.id for fact in whole]
    assert contents(ada.memories()) == ["My 0.", "Number 0."]


def test_recent_memories_are_what_the_prompt_shows(make_simulation):
    ada = TinyPerson("Ada", memory=EpisodicMemory(window_size=200, keep=100), simulation=make_simulation(speaks))
    for _ in range(8):
        ada.act()
    recent = ada.retrieve_recent_memories()
    assert recent[0].type == "OMITTED"
    assert recent[1:] == list(ada.memories())[-len(recent) + 1 :]
    assert recent[0].data["count"] == 16 - len(recent) + 1


# -- amnesia ---------------------------------------------------------------------------------------------------------


def test_everything_lived_is_forgotten_and_what_was_given_stays(ada):
    ada.store_in_memory("The key is under the mat.")
    for _ in range(3):
        ada.act()
    ada.clear_episodic_memory()
    assert contents(ada.memories()) == ["The key is under the mat."]
    assert ada.retrieve_memories() == ada.retrieve_recent_memories() == []
    assert ada.retrieve_relevant_memories("number") == []
    assert ada.last_remembered_action() is None
    assert "Number" not in str(ada.prompt())
    ada.act()
    assert contents(ada.retrieve_memories()) == ["My 3.", "Number 3."]


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [
        (2, None, ["My 1.", "Number 1.", "My 2.", "Number 2."]),
        (None, 1, ["My 0.", "Number 0.", "My 1.", "Number 1.", "My 2."]),
        (1, 3, ["Number 0.", "My 1."]),
        (5, 5, []),
        (0, 0, ["My 0.", "Number 0.", "My 1.", "Number 1.", "My 2.", "Number 2."]),
    ],
)
def test_the_first_or_the_last_things_are_forgotten(ada, first, last, left):
    for _ in range(3):
        ada.act()
    ada.clear_episodic_memory(first, last)
    assert contents(ada.retrieve_memories()) == contents(ada.retrieve_recent_memories()) == left
    prompt = str(ada.prompt())
    assert all((f"Number {number}." in prompt) == (f"Number {number}." in left) for number in range(3))


def test_of_what_is_out_of_view_only_what_is_left_is_counted(make_simulation):
    ada = TinyPerson("Ada", memory=EpisodicMemory(window_size=200, keep=100), simulation=make_simulation(speaks))
    for _ in range(8):
        ada.act()
    omitted = ada.retrieve_recent_memories()[0].data["count"]
    ada.clear_episodic_memory(max_prefix_to_clear=3)
    assert ada.retrieve_recent_memories()[0].data["count"] == omitted - 3
    ada.clear_episodic_memory(max_prefix_to_clear=omitted - 3)
    assert all(fact.type != "OMITTED" for fact in ada.retrieve_recent_memories())


def test_an_episode_that_is_forgotten_leaves_nothing_behind(make_simulation):
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=2), simulation=make_simulation(speaks))
    ada.act()
    ada.act()  # what it leaves behind is on its way
    ada.clear_episodic_memory()
    ada.act()
    ada.act()  # here it would have come in
    assert contents(ada.memories()) == ["My 2.", "Number 2.", "My 3.", "Number 3."]
    ada.simulation.end()
    assert contents(ada.memories())[-1] == "It went on."  # of the next episode


def test_who_has_forgotten_may_say_the_same_again(make_simulation):
    words = "I would rather have the soup of yesterday again."
    ada = TinyPerson("Ada", simulation=make_simulation(lambda request, call: turn(talk(words))))
    ada.act()
    ada.clear_episodic_memory()
    assert contents(ada.act()) == [words]


def test_whom_it_knows_it_is_told_anew(make_simulation):
    simulation = make_simulation(quiet)
    ada, ben = TinyPerson("Ada", simulation=simulation), TinyPerson("Ben", simulation=simulation)
    ada.make_agent_accessible(ben)
    ada.act()
    ada.clear_episodic_memory()
    assert "Ben" in str(ada.prompt())


def test_forgetting_lasts(make_simulation, tmp_path):
    path = tmp_path / "study.db"
    simulation = make_simulation(speaks, path=path)
    ada = TinyPerson("Ada", simulation=simulation)
    for _ in range(4):
        ada.act()
    ada.clear_episodic_memory(max_prefix_to_clear=3)
    left, digest = contents(ada.memories()), simulation.digest()
    simulation.end()
    again = Simulation.resume(path, runtime=simulation.runtime)
    assert (contents(again["Ada"].memories()), again.digest()) == (left, digest)
    assert contents(again["Ada"].retrieve_recent_memories()) == left
    again.end()


def test_forgetting_nothing_changes_nothing(ada):
    ada.act()
    before = ada.simulation.digest()
    ada.clear_episodic_memory(0)
    assert ada.simulation.digest() == before
    with pytest.raises(ArgumentError, match="max_suffix_to_clear"):
        ada.clear_episodic_memory(max_suffix_to_clear=-1)


def test_a_memory_that_cannot_forget_is_named(make_simulation):
    @attrs.frozen
    class Rigid:
        def start(self) -> tuple[Any, ...]:
            return ()

        def items(self, state: Any) -> Any:
            return state

        async def consolidate(self, state: Any, turn: Any) -> None:
            return None

    ada = TinyPerson("Ada", memory=Rigid(), simulation=make_simulation())
    with pytest.raises(ArgumentError, match=r"Ada has a .*Rigid for a memory, which has no forget"):
        ada.clear_episodic_memory()
    with pytest.raises(ArgumentError, match="no learn"):
        ada.store_in_memory("The key is under the mat.")
