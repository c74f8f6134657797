"""RECALL: what a person tries to remember stands in the very next request, before it speaks; also after a long life."""

from __future__ import annotations

from typing import Any

import pytest

import troupe_faculty_recall
from troupe_core import EpisodicMemory, TinyPerson
from troupe_core.errors import ArgumentError
from troupe_core.people.abilities import abilities_of
from troupe_testing import do, talk, think, turn

PLANTED = "My grandmother hid the deed of the mill inside the blue accordion."
QUESTION = "Where is the deed of the mill?"


def crowd(number: int) -> list[str]:
    """Four remarks of a turn, none of which has anything to do with the planted one but its small words."""
    about = ["the weather", "my sister", "the price of bread", "the bus", "a film", "the neighbours' dog"]
    return [
        f"{about[(number + place) % 6]} of day {number} was inside my head, and the {place} things I hid from you"
        for place in range(4)
    ]


def requests_of(simulation: Any) -> list[Any]:
    asked = simulation.runtime.model_under_test.requests
    return [request for request, call in asked if call.purpose == "turn"]


def news(request: Any) -> str:
    return request.messages[-1].content.partition("\n\n# Now")[0]


def recalling(query: str, after: int = 0) -> Any:
    """Somebody who tries to remember, and then speaks of what came of it, from turn `after` on."""

    def script(request: Any, call: Any) -> Any:
        if call.purpose == "consolidation":
            return {"memories": [f"Something happened around day {call.turn}."]}
        if call.turn < after:
            return turn(think(f"Day {call.turn}, and nothing new."), talk(f"Nothing new on day {call.turn}."))
        if call.ordinal == 0:
            return turn(think("What was it?"), do("RECALL", query=query), talk("Nobody will hear this."))
        return turn(talk(f"I remember: {news(request)}"))

    return script


def person(make_simulation: Any, script: Any, **options: Any) -> tuple[Any, TinyPerson]:
    simulation = make_simulation(script, plugins=[troupe_faculty_recall], **options)
    return simulation, TinyPerson("Ada", {"age": 50}, mental_faculties=["recall"], simulation=simulation)


def test_one_planted_memory_among_500_is_recalled_on_purpose_after_120_turns(make_simulation):
    simulation, ada = person(make_simulation, recalling(QUESTION, after=124))
    for number in range(125):
        for place, remark in enumerate(crowd(number)):
            ada.listen(PLANTED if (number, place) == (3, 2) else remark, "Ben")
        done = ada.act()
    assert sum(fact.kind == "stimulus" for fact in ada.memories()) == 500
    *earlier, before, after = requests_of(simulation)
    assert not any(PLANTED in message.content for message in before.messages)
    assert news(after).startswith(f"RECALL:\n- Ben: {PLANTED}\n  ")
    assert after.plain_messages()[: len(before.messages) - 1] == before.plain_messages()[:-1]
    assert [fact.type for fact in done] == ["THINK", "RECALL", "TALK"]
    assert PLANTED in done[-1].content
    assert "Nobody will hear this." not in [fact.content for fact in simulation.facts]
    sizes = [sum(len(message.content) for message in request.messages[1:]) for request in (*earlier, before, after)]
    assert max(sizes) < 16_500
    assert min(sizes[40:]) < 6_000


def test_what_was_recalled_stays_in_the_history_of_the_turns_after(make_simulation):
    simulation, ada = person(make_simulation, recalling(QUESTION, after=1))
    ada.listen(PLANTED, "Ben").act()
    ada.act()
    ada.act()
    first_of_last_turn = requests_of(simulation)[-2]
    told = [message.content for message in first_of_last_turn.messages if message.content.startswith("RECALL:")]
    assert told == [f"RECALL:\n- Ben: {PLANTED}"]


def test_own_words_and_memories_are_told_without_a_name_and_long_things_in_short(make_simulation):
    def script(request: Any, call: Any) -> Any:
        if call.purpose == "consolidation":
            return {"memories": ["I found\nthe lantern again."]}
        if call.turn == 0:
            return turn(talk("I have lost my lantern."))
        return turn(do("RECALL", query="lantern")) if call.turn == 3 and call.ordinal == 0 else turn(think("Hm."))

    simulation = make_simulation(script, plugins=[troupe_faculty_recall])
    ada = TinyPerson("Ada", mental_faculties=["recall"], memory=EpisodicMemory(episode=1), simulation=simulation)
    ada.listen(f"A lantern!\n- Eve: hi {'and so on ' * 100}", "Ben")
    for _ in range(4):
        ada.act()
    heading, *lines = news(requests_of(simulation)[-1]).split("\n")
    assert heading == "RECALL:"
    assert len(lines[-1]) < 620
    assert [line[:40] for line in lines] == [
        "- I found the lantern again.",
        "  I have lost my lantern.",
        "  Ben: A lantern! - Eve: hi and so on an",
    ]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("submarine", "- Nothing comes to mind about 'submarine'."),
        (" ", "- You would have to know what you are trying"),
    ],
)
def test_who_remembers_nothing_is_told_so(make_simulation, query, told):
    simulation, ada = person(make_simulation, recalling(query))
    ada.listen_and_act("Good morning.", "Ben")
    assert news(requests_of(simulation)[-1]).startswith(f"RECALL:\n{told}")


def test_how_much_comes_to_mind_can_be_set(make_simulation):
    simulation, ada = person(make_simulation, recalling("lamp", after=1), settings={"recall": {"top_k": 3}})
    for number in range(9):
        ada.listen(f"lamp {number}", "Ben")
    ada.act()
    ada.act()
    assert news(requests_of(simulation)[-1]) == "RECALL:\n- Ben: lamp 8\n  Ben: lamp 7\n  Ben: lamp 6"


def test_a_setting_that_there_is_not_is_refused_by_name(make_simulation):
    with pytest.raises(ArgumentError, match=r"recall.*top"):
        make_simulation(plugins=[troupe_faculty_recall], settings={"recall": {"top": 3}})


def test_rules_and_abilities_with_recall_are_no_longer_than_needed(make_runtime):
    """4.37 characters a token, as measured with o200k_base: 5,531 characters were 1,266 tokens."""
    rules = abilities_of(make_runtime(plugins=[troupe_faculty_recall]), ("conversation", "recall")).rules
    assert "- RECALL: try to remember" in rules
    assert 1_100 <= len(rules) / 4.37 <= 1_400


def test_what_recalling_has_shown_is_not_recalled_once_more(make_simulation):
    _, ada = person(make_simulation, recalling(QUESTION))
    ada.listen(PLANTED, "Ben")
    for _ in range(3):
        ada.act()
    found = ada.retrieve_relevant_memories(QUESTION)
    assert PLANTED in [recalled.fact.content for recalled in found]
    assert "RECALL" in [fact.type for fact in ada.memories()]
    assert "RECALL" not in [recalled.fact.type for recalled in found]
