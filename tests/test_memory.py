"""Episodic memory: a value that grows by turns, finds things by their rarer words, and digests its episodes."""

from __future__ import annotations

import math
import unicodedata
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import EpisodicMemory, Recalled, TinyMentalFaculty, TinyPerson, TinyWorld, Turn, action, hookimpl
from troupe_core.builtin import word_index
from troupe_core.builtin.episodic import Delta, EpisodicState
from troupe_core.errors import ArgumentError, ModelUnavailable
from troupe_core.events import ACTION, MEMORY, STIMULUS, Fact, Remark
from troupe_core.people.memory import PAUSE
from troupe_core.people.words import words
from troupe_testing import do, talk, think, turn


def heard(content: str, source: str = "Ben") -> Fact:
    return Fact.of(b"", 0, STIMULUS, "CONVERSATION", "Ada", source, content)


def remembered(content: str, ordinal: int = 0) -> Fact:
    return Fact.of(b"", ordinal, MEMORY, "MEMORY", "Ada", "Ada", content)


def lived(memory: EpisodicMemory, *turns: list[str], state: EpisodicState | None = None) -> EpisodicState:
    """With so many turns more."""
    state = memory.start() if state is None else state
    for contents in turns:
        state = memory.append(state, [*map(heard, contents), PAUSE])
    return state


def contents(facts: Any) -> list[str]:
    return [fact.content for fact in facts if fact is not PAUSE]


def run(coroutine: Any) -> Any:
    """The result of a coroutine that waits for nothing."""
    with pytest.raises(StopIteration) as stop:
        coroutine.send(None)
    return stop.value.value


def recall(memory: EpisodicMemory, state: EpisodicState, query: str, k: int = 10) -> list[str]:
    found: list[Recalled] = run(memory.recall(state, query, k))
    assert all(one.score >= other.score for one, other in pairwise(found))
    return [recalled.fact.content for recalled in found]


# -- the laws of append, items and window ----------------------------------------------------------------------------

some_words = st.sampled_from(["soup", "bread", "storm", "sea", "lamp", "a", "the", "é", "漢字を書く"])
sentences = st.lists(some_words, min_size=1, max_size=6).map(" ".join)
histories = st.lists(st.lists(sentences, max_size=4), max_size=12)


@given(histories)
def test_everything_is_kept_in_order(turns):
    memory = EpisodicMemory()
    state = lived(memory, *turns)
    assert contents(memory.items(state)) == [content for turn in turns for content in turn]


@given(histories, histories)
def test_appending_leaves_what_was_before_as_it_was(turns, more):
    memory = EpisodicMemory(window_size=300, keep=100, episode=3)
    before = lived(memory, *turns)
    seen = (before.digest, contents(memory.items(before)), contents(memory.window(before)), memory.due(before))
    lived(memory, *more, state=before)
    assert seen == (before.digest, contents(memory.items(before)), contents(memory.window(before)), memory.due(before))


@given(histories, histories)
def test_equal_lives_have_equal_digests_and_other_lives_other_ones(turns, others):
    one, same, other = (
        lived(EpisodicMemory(), *turns),
        lived(EpisodicMemory(), *turns),
        lived(EpisodicMemory(), *others),
    )
    assert one.digest == same.digest
    assert (one.digest == other.digest) == (turns == others)


@given(st.lists(st.lists(sentences, min_size=1, max_size=4), max_size=12), st.integers(100, 600), st.integers(50, 100))
def test_the_window_grows_at_its_end_or_is_cut_by_whole_turns_and_never_slides(turns, window_size, keep):
    memory = EpisodicMemory(window_size=window_size, keep=keep)
    state, before, total = memory.start(), [], 0
    for number, told in enumerate(turns):
        state = lived(memory, told, state=state)
        total += len(told)
        now = list(memory.window(state))
        assert len(memory.window(state)) == len(now)
        new = [*told, ""]
        assert [fact.content for fact in now][-len(new) :] == new
        if now[: len(before)] != before:
            assert now[0].type == "OMITTED"
            cut, whole = now[1 : -len(new)], [fact for fact in before if fact.type != "OMITTED"]
            assert cut == whole[len(whole) - len(cut) :]
            assert not cut or whole[len(whole) - len(cut) - 1] is PAUSE
            assert sum(len(fact.content) + 40 for fact in now[1:]) <= max(keep, sum(len(text) + 40 for text in new))
        else:
            assert [fact.content for fact in now[len(before) :]] == new
        omitted = now[0].data["count"] if now[0].type == "OMITTED" else 0
        assert sum(fact.type == "OMITTED" for fact in now) == (omitted > 0)
        assert omitted + len(contents(now)) - (omitted > 0) == total, f"turn {number}"
        before = now


def test_an_empty_memory_shows_and_finds_nothing():
    memory = EpisodicMemory()
    state = memory.start()
    assert list(memory.window(state)) == list(memory.items(state)) == recall(memory, state, "soup") == []
    assert not memory.due(state)


@pytest.mark.parametrize("field", ["window_size", "keep", "episode", "capacity"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "10"])
def test_settings_that_make_no_sense_are_refused_by_name(field, value):
    with pytest.raises(ArgumentError, match=field):
        EpisodicMemory(**{field: value})


# -- capacity --------------------------------------------------------------------------------------------------------


def test_beyond_its_capacity_the_oldest_things_are_forgotten_and_memories_never():
    memory = EpisodicMemory(capacity=100, episode=5)
    state = memory.start()
    longest = 0
    for number in range(200):
        state = lived(memory, [f"thing {number}"], state=state)
        if memory.due(state):
            state = memory.absorb(state, Delta((remembered(f"memory of {number}", number),), 5))
        longest = max(longest, len(memory.items(state)))
    kept = memory.items(state)
    memories = [fact.content for fact in kept if fact.kind == MEMORY]
    assert memories == [f"memory of {number}" for number in range(4, 200, 5)]
    things = [fact.content for fact in kept if fact.kind != MEMORY]
    assert things == [f"thing {number}" for number in range(200 - len(things), 200)]
    assert 30 <= len(things) <= 125
    assert longest <= 125 + len(memories)
    assert "thing 3" not in recall(memory, state, "thing 3", 1_000)
    assert recall(memory, state, "memory of 9", 1) == ["memory of 9"]


def test_forgetting_touches_neither_the_window_nor_the_episode():
    memory = EpisodicMemory(capacity=10, window_size=1_000_000, episode=1_000)
    state = lived(memory, *([f"thing {number}"] for number in range(50)))
    assert len(contents(memory.window(state))) == 50
    assert len(state.episode) == 50
    assert len(memory.items(state)) == 50  # what is shown, or is to be consolidated, cannot be forgotten meanwhile
    short = EpisodicMemory(capacity=10, window_size=300, keep=100, episode=5)
    state = short.absorb(lived(short, *([f"thing {number}"] for number in range(50))), Delta((), 48))
    state = lived(short, *(["more"] for _ in range(8)), state=state)
    assert len(short.items(state)) <= 13


# -- absorb ----------------------------------------------------------------------------------------------------------


@given(histories.filter(bool), histories, st.integers(0, 3))
def test_absorbing_touches_only_what_the_delta_names_whatever_was_lived_meanwhile(turns, meanwhile, number):
    memory = EpisodicMemory(window_size=300, keep=100)
    then = lived(memory, *turns)
    now = lived(memory, *meanwhile, state=then)
    delta = Delta(tuple(remembered(f"memory {n}", n) for n in range(number)), len(turns))
    after = memory.absorb(now, delta)
    assert list(memory.window(after)) == list(memory.window(now))
    assert contents(memory.items(after)) == [*contents(memory.items(now)), *contents(delta.memories)]
    assert after.episode == now.episode[len(turns) :]
    assert len(after.episode) == len(meanwhile)
    assert after.digest != now.digest
    assert contents(memory.items(then)) == [content for turn in turns for content in turn]


# -- forks -----------------------------------------------------------------------------------------------------------


def expected(facts: list[Fact], query: str, k: int) -> list[str]:
    """By rarity-weighted overlap, then recency, worked out the plain way."""
    wanted = words(query)
    of = [words(f"{fact.source} {fact.content}") for fact in facts]
    often = {word: sum(word in its for its in of) for word in wanted}
    scored = [
        (sum(math.log1p(len(facts) / often[word]) for word in sorted(wanted & its, key=lambda w: (often[w], w))), place)
        for place, its in enumerate(of)
        if wanted & its
    ]
    return [facts[place].content for _, place in sorted(scored, reverse=True)[:k]]


@settings(max_examples=60)
@given(st.data())
def test_chains_grown_from_one_state_do_not_see_each_other_in_whatever_order_they_are_searched(data):
    memory = EpisodicMemory(capacity=20)
    states = [memory.start()]
    known: list[list[str]] = [[]]
    for number in range(data.draw(st.integers(1, 14))):
        place = data.draw(st.integers(0, len(states) - 1))
        content = f"{data.draw(sentences)} {number}"
        states.append(lived(memory, [content], state=states[place]))
        known.append([*known[place], content])
        for asked in data.draw(st.lists(st.integers(0, len(states) - 1), max_size=3)):
            query = data.draw(sentences)
            items = list(memory.items(states[asked]))
            assert contents(items) == known[asked][-len(items) or len(known[asked]) :]
            assert recall(memory, states[asked], query, 5) == expected(items, query, 5)


def test_forks_of_forks_find_their_own_also_when_more_are_searched_than_indexes_are_kept(monkeypatch):
    monkeypatch.setattr(word_index, "KEPT_FACTS", 100)
    memory = EpisodicMemory()
    trunk = lived(memory, *([f"soup number {number}"] for number in range(5)))
    forks = [lived(memory, [f"fork {number} has lamp{number}"], state=trunk) for number in range(40)]
    for _ in range(2):
        for number, fork in enumerate(forks):
            assert recall(memory, fork, f"lamp{number}") == [f"fork {number} has lamp{number}"]
            assert recall(memory, fork, f"lamp{number + 1}") == []
        assert recall(memory, trunk, "fork lamp0") == []


def test_remembered_things_of_a_fork_come_to_nobody_elses_mind():
    memory = EpisodicMemory()
    trunk = lived(memory, ["soup"])
    one = memory.absorb(trunk, Delta((remembered("the lamp was green"),), 1))
    other = memory.absorb(trunk, Delta((remembered("the lamp was red"),), 1))
    for _ in range(2):
        for state, colour in ((one, "green"), (other, "red"), (trunk, "")):
            found = run(memory.remind(state, "what of the lamp?", 3, None))
            assert [recalled.fact.content for recalled in found] == ([f"the lamp was {colour}"] if colour else [])


# -- recall ----------------------------------------------------------------------------------------------------------


def test_a_rare_word_counts_more_than_several_common_ones():
    memory = EpisodicMemory()
    state = lived(memory, *([f"we had soup and bread, day {day}"] for day in range(30)), ["a comet"])
    state = lived(memory, *([f"we had soup and bread, day {day}"] for day in range(30, 60)), state=state)
    assert recall(memory, state, "had we a comet with soup and bread", 1) == ["a comet"]


def test_of_equally_fitting_things_the_newer_comes_first():
    memory = EpisodicMemory()
    state = lived(memory, *([f"lamp {day}", "nothing else", f"rain {day}"] for day in range(5)))
    assert recall(memory, state, "lamp", 3) == ["lamp 4", "lamp 3", "lamp 2"]
    assert recall(memory, state, "rain lamp", 2) == ["rain 4", "lamp 4"]


def test_things_out_of_view_are_found_as_well_as_those_in_view():
    memory = EpisodicMemory(window_size=300, keep=100)
    state = lived(memory, ["the key is under the mat"], *([f"small talk {day}"] for day in range(40)))
    assert "the key is under the mat" not in contents(memory.window(state))
    assert recall(memory, state, "Where is the key?", 1) == ["the key is under the mat"]


def test_names_of_those_who_said_it_are_found_too():
    memory = EpisodicMemory()
    state = memory.append(memory.start(), [heard("good evening", "Ludovica"), heard("good morning", "Ben"), PAUSE])
    assert recall(memory, state, "ludovica") == ["good evening"]


def test_what_stands_in_every_memory_is_found_by_it_too():
    """Two people who have only ever spoken of soup remember that they did."""
    memory = EpisodicMemory()
    assert recall(memory, lived(memory, ["cold soup"]), "soup") == ["cold soup"]
    assert recall(memory, lived(memory, ["cold soup", "hot soup"]), "soup") == ["hot soup", "cold soup"]


@pytest.mark.parametrize(("query", "k"), [("", 5), ("?!", 5), ("unheard of", 5), ("soup", 0), ("soup", -1)])
def test_a_query_that_asks_for_nothing_finds_nothing(query, k):
    memory = EpisodicMemory()
    assert recall(memory, lived(memory, ["soup", "bread"]), query, k) == []


@pytest.mark.parametrize(
    ("query", "content"),
    [
        ("東京タワー", "昨日は友達と東京タワーへ行きました"),
        ("北京烤鸭", "我们昨天在北京吃了烤鸭"),
        ("الشاي", "شربنا الشاي في المساء"),
        ("मसाला चाय", "सुबह मैंने मसाला चाय पी"),
        ("ต้มยำ", "เมื่อวานเรากินต้มยำกุ้ง"),
        ("Москве", "Мы встретились в Москве весной"),
        ("서울역", "우리는 서울역 앞에서 만났다"),
        ("CAFÉ", "we met at the café by the river"),
        ("straße", "DIE STRASSE NACH HAUSE"),
        ("Ångström", "the ångström is a unit"),
        (unicodedata.normalize("NFD", "café Ångström"), "we met at the café Ångström"),
        ("café Ångström", unicodedata.normalize("NFD", "we met at the café Ångström")),
    ],
)
def test_words_are_found_in_every_script_and_however_their_accents_are_written(query, content):
    memory = EpisodicMemory()
    others = [
        "今日は雨です",
        "今天下雨",
        "الطقس جميل اليوم",
        "आज बारिश है",
        "วันนี้ฝนตก",
        "Сегодня дождь",
        "오늘은 비가 온다",
        "cafe",
    ]
    state = lived(memory, others, [content], others)
    assert recall(memory, state, query, 1) == [content]


# -- what comes back unbidden ----------------------------------------------------------------------------------------


def test_what_comes_back_unbidden_are_consolidated_memories_only():
    memory = EpisodicMemory(window_size=300, keep=100)
    state = lived(memory, ["the lamp fell"], *([f"small talk {day}"] for day in range(40)))
    assert run(memory.remind(state, "the lamp", 3, None)) == []
    state = memory.absorb(state, Delta((remembered("I broke a lamp"), remembered("I like rain", 1)), 1))
    found = run(memory.remind(state, "the lamp", 3, None))
    assert [recalled.fact.content for recalled in found] == ["I broke a lamp"]


@pytest.mark.parametrize("number", [3, 70, 300])
def test_what_comes_to_mind_depends_on_the_state_alone_and_not_on_what_was_searched_before(number):
    """An index is a cache: one that grew with the person, one made anew and one of a fork say the same."""
    grown, state = EpisodicMemory(), EpisodicMemory().start()
    trunk = state
    for place in range(number):
        content = f"remark {place} about lamp{place // 2} and thing{place % 7}"
        state = grown.absorb(lived(grown, [content], state=state), Delta((remembered(content, place),), 1))
        run(grown.remind(state, content, 3, None))
        recall(grown, state, content)
        trunk = state if place == number // 2 else trunk
    for query in ("lamp0", "thing3", f"lamp{number // 4}", f"remark lamp{number // 2 - 1}", "remark about and"):
        for at in (state, trunk):
            anew = EpisodicMemory()
            assert run(grown.remind(at, query, 3, None)) == run(anew.remind(at, query, 3, None)), query
            assert run(grown.recall(at, query, 9)) == run(anew.recall(at, query, 9)), query


# -- one planted memory among 500 ------------------------------------------------------------------------------------

PLANTED = "My grandmother hid the deed of the mill inside the blue accordion."


def crowd(number: int) -> list[str]:
    """Four remarks of a turn, none of which has anything to do with the planted one but its small words."""
    about = ["the weather", "my sister", "the price of bread", "the bus", "a film", "the neighbours' dog"]
    return [
        f"{about[(number + place) % 6]} of day {number} was inside my head, and the {place} things I hid from you"
        for place in range(4)
    ]


def test_one_planted_memory_among_500_is_recalled_after_120_turns_and_the_prompt_stays_bounded(make_simulation):
    def script(request: Any, call: Any) -> Any:
        if call.purpose == "consolidation":
            return {"memories": [f"Something happened around day {call.turn}."]}
        return turn(think(f"Day {call.turn}, and nothing new."), talk(f"I have not much to say of day {call.turn}."))

    simulation = make_simulation(script)
    ada = TinyPerson("Ada", {"age": 50, "occupation": "miller"}, simulation=simulation)
    for number in range(125):
        for place, remark in enumerate(crowd(number)):
            ada.listen(PLANTED if (number, place) == (3, 2) else remark, "Ben")
        ada.act()
    items = [fact for fact in ada.memories() if fact.kind == STIMULUS]
    assert len(items) == 500
    assert contents(items).count(PLANTED) == 1
    window = ada.state.memory_kind.window(ada.state.memory)
    assert PLANTED not in contents(window)
    recalled = ada.retrieve_relevant_memories("Where is the deed of the mill?", top_k=5)
    assert recalled[0].fact.content == PLANTED
    assert recalled[0].fact.turn == 3
    assert recalled[0].score > recalled[1].score
    assert len(ada.retrieve_relevant_memories("Where is the deed of the mill?")) <= 20
    requests = [r for r, call in simulation.runtime.model_under_test.requests if call.purpose == "turn"]
    sizes = [sum(len(message.content) for message in request.messages[1:]) for request in requests]
    assert max(sizes) < 14_500
    assert min(sizes[40:]) < 6_000


# -- consolidation ---------------------------------------------------------------------------------------------------


class Diary:
    """A script that writes one memory for each episode, and keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def __call__(self, request: Any, call: Any) -> Any:
        if call.purpose != "consolidation":
            return turn(think(f"{call.person} thinks of day {call.turn}"), talk(f"{call.person} on day {call.turn}"))
        assert [message.role for message in request.messages] == ["system", "user"]
        self.shown.append((call.person, request.messages[1].content))
        return {"memories": [f"{call.person} remembers episode {sum(who == call.person for who, _ in self.shown)}."]}


def memories_of(person: TinyPerson) -> list[str]:
    return [fact.content for fact in person.memories() if fact.kind == MEMORY]


def test_in_a_world_an_episode_is_taken_in_two_steps_after_it_ended(make_simulation):
    simulation = make_simulation(Diary())
    memory = EpisodicMemory(episode=3)
    people = [TinyPerson(name, memory=memory, simulation=simulation) for name in ("Ada", "Ben")]
    world = TinyWorld("Pier", people)
    after_step = []
    for _ in range(8):
        world.run(1)
        after_step.append([len(memories_of(person)) for person in people])
    # an episode ends with step 3, and is taken in at the beginning of step 5; the next one goes on until step 6
    assert after_step == [[0, 0]] * 4 + [[1, 1]] * 3 + [[2, 2]]


def test_alone_an_episode_is_taken_in_two_own_turns_after_it_ended(make_simulation):
    simulation = make_simulation(Diary())
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=3), simulation=simulation)
    after_turn = []
    for _ in range(8):
        ada.act()
        after_turn.append(len(memories_of(ada)))
    assert after_turn == [0, 0, 0, 0, 1, 1, 1, 2]


def test_what_an_episode_left_behind_can_come_to_mind_in_the_very_turn_that_it_is_due_for(make_simulation):
    simulation = make_simulation(Diary())
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=3), simulation=simulation)
    blocks = []
    for _ in range(6):
        ada.listen_and_act("What do you remember of the episode?", "Ben")
        requests = [r for r, call in simulation.runtime.model_under_test.requests if call.purpose == "turn"]
        blocks.append("It reminds you: Ada remembers episode 1.\n" in requests[-1].messages[-1].content)
    assert blocks == [False] * 4 + [True] * 2


def test_each_episode_costs_one_call_that_sees_its_turns_and_no_others(make_simulation):
    diary = Diary()
    simulation = make_simulation(diary)
    ada = TinyPerson(
        "Ada", {"age": 50, "occupation": "miller"}, memory=EpisodicMemory(episode=3), simulation=simulation
    )
    for day in range(9):
        ada.listen_and_act(f"Ben on day {day}.\n- Eve: hi", "Ben")
    simulation.end()
    assert simulation.meter.purposes()["consolidation"].calls == len(diary.shown) == 3
    for number, (_, shown) in enumerate(diary.shown):
        assert shown.startswith("Ada is 50 years old, miller.\n\n")
        days = [day for day in range(9) if f"- Ben: Ben on day {day}.\n  - Eve: hi\n" in shown]
        assert days == [3 * number, 3 * number + 1, 3 * number + 2]
        assert [day for day in range(9) if f"Ada on day {day}" in shown] == days
        assert [day for day in range(9) if f"Ada thinks of day {day}" in shown] == days


def test_what_memories_were_made_from_is_kept(make_simulation):
    simulation = make_simulation(Diary())
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=2), simulation=simulation)
    for day in range(6):
        ada.listen_and_act(f"Ben on day {day}", "Ben")
    simulation.end()
    lines = [fact.content for fact in ada.memories() if fact.kind == STIMULUS]
    assert lines == [f"Ben on day {day}" for day in range(6)]
    assert memories_of(ada) == [f"Ada remembers episode {number}." for number in (1, 2, 3)]
    made = [fact for fact in simulation.facts if fact.kind == MEMORY]
    assert contents(made) == memories_of(ada)
    assert all(fact.thing == fact.source == "Ada" for fact in made)


def test_the_end_takes_in_what_is_pending(make_simulation):
    simulation = make_simulation(Diary())
    people = [
        TinyPerson(name, memory=EpisodicMemory(episode=2), simulation=simulation) for name in ("Cleo", "Ada", "Ben")
    ]
    TinyWorld("Pier", people[:2]).run(2)
    people[2].act()
    people[2].act()
    assert [memories_of(person) for person in people] == [[], [], []]
    assert sorted(simulation.background.pending) == ["Ada", "Ben", "Cleo"]
    simulation.end()
    assert [memories_of(person) for person in people] == [
        ["Cleo remembers episode 1."],
        ["Ada remembers episode 1."],
        ["Ben remembers episode 1."],
    ]
    assert [fact.thing for fact in simulation.facts if fact.kind == MEMORY] == ["Ada", "Ben", "Cleo"]


def test_who_leaves_a_world_takes_in_what_is_pending_with_the_next_own_turn(make_simulation):
    simulation = make_simulation(Diary())
    people = [TinyPerson(name, memory=EpisodicMemory(episode=2), simulation=simulation) for name in ("Ada", "Ben")]
    world = TinyWorld("Pier", people)
    world.run(2)
    world.remove_agent(people[0])
    people[0].act()
    assert len(memories_of(people[0])) == 1


def test_an_episode_that_left_nothing_is_over_all_the_same(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return {"memories": ["", "  "]} if call.purpose == "consolidation" else turn(think("Hm."))

    simulation = make_simulation(script)
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=2), simulation=simulation)
    for _ in range(8):
        ada.act()
    simulation.end()
    assert memories_of(ada) == []
    assert simulation.meter.purposes()["consolidation"].calls == 4


def test_turns_in_which_nothing_happened_cost_no_call(make_simulation):
    simulation = make_simulation(lambda request, call: turn())
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=2), simulation=simulation)
    for _ in range(8):
        ada.act()
    simulation.end()
    assert "consolidation" not in simulation.meter.purposes()


def test_a_consolidation_that_failed_loses_nothing_and_is_tried_again(make_simulation):
    failing = [True]

    def script(request: Any, call: Any) -> Any:
        if call.purpose != "consolidation":
            return turn(think(f"day {call.turn}"))
        if failing:
            failing.pop()
            raise ModelUnavailable("down")
        assert "day 0" in request.messages[1].content
        return {"memories": ["It was a good week."]}

    simulation = make_simulation(script)
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=2), simulation=simulation)
    for _ in range(7):
        ada.act()
    assert memories_of(ada) == ["It was a good week."]


@attrs.frozen
class Muddled(EpisodicMemory):
    """It cannot say when an episode is over."""

    def due(self, state: EpisodicState) -> bool:
        raise ValueError("days are not counted here")


@pytest.mark.parametrize("together", [False, True], ids=["alone", "in a world"])
def test_a_memory_that_cannot_say_when_an_episode_is_over_undoes_no_turn_and_is_remarked_upon(
    make_simulation, together
):
    events: list[Any] = []

    class Watches:
        @hookimpl
        def troupe_event(self, event: Any) -> None:
            events.append(event)

    simulation = make_simulation(Diary(), plugins=[Watches()])
    ada = TinyPerson("Ada", memory=Muddled(), simulation=simulation)
    ben = TinyPerson("Ben", simulation=simulation)
    if together:
        report = TinyWorld("Pier", [ada, ben]).run(2)
        assert (report.steps, report.turns, report.failures) == (2, 4, ())
    else:
        for day in range(2):
            assert contents(ada.listen_and_act(f"Ben on day {day}"))[-1] == f"Ada on day {day}"
    assert ada.state.turns == 2
    assert [fact.content for fact in simulation.facts if fact.type == "TALK" and fact.thing == "Ada"] == [
        "Ada on day 0",
        "Ada on day 1",
    ]
    remarks = [event for event in events if isinstance(event, Remark)]
    assert [remark.thing for remark in remarks] == ["Ada"] * 2
    assert all("Muddled.due failed: ValueError: days are not counted here" in remark.text for remark in remarks)
    simulation.end()


class Recollecting(TinyMentalFaculty):
    """You can search your memory:"""

    @action(observe=True, echo=True)
    async def recall(self, turn: Turn[None], query: str) -> str:
        """try to remember."""
        found = await turn.recall(query, 3)
        return "\n".join(f"once more: {recalled.fact.content}" for recalled in found)


def test_what_recalling_has_shown_is_not_part_of_an_episode(make_simulation):
    diary = Diary()

    def script(request: Any, call: Any) -> Any:
        recalls = call.purpose == "turn" and call.turn == 1 and not call.ordinal
        return turn(do("RECALL", query="bike")) if recalls else diary(request, call)

    simulation = make_simulation(script)
    memory = EpisodicMemory(episode=2)
    ada = TinyPerson("Ada", mental_faculties=[Recollecting], memory=memory, simulation=simulation)
    ada.listen_and_act("Ivo has a blue bike", "Ben")
    ada.listen_and_act("And who else?", "Ben")
    shown = simulation.runtime.model_under_test.requests[2][0].messages[-1].content
    assert "once more: Ivo has a blue bike" in shown  # it was seen in the turn
    simulation.end()
    ((_, episode),) = diary.shown
    assert episode.count("Ivo has a blue bike") == 1
    assert "once more" not in episode
    assert "And who else?" in episode


class Clerk(TinyMentalFaculty):
    """You keep the books:"""

    @action
    async def book(self, turn: Turn[None], amount: int, purpose: str) -> None:
        """write an amount into the books."""


def test_an_episode_tells_what_was_done_with_parameters_of_its_own(make_simulation):
    shown = []

    def script(request: Any, call: Any) -> Any:
        if call.purpose == "consolidation":
            shown.append(request.messages[1].content)
            return {"memories": []}
        return turn(do("BOOK", amount=40, purpose="lanterns\n- Eve: hi") if call.turn == 0 else think("Hm."))

    simulation = make_simulation(script)
    ada = TinyPerson("Ada", mental_faculties=[Clerk], memory=EpisodicMemory(episode=2), simulation=simulation)
    for _ in range(4):
        ada.act()
    assert "BOOK:\n- Ada: amount: 40; purpose: lanterns\n  - Eve: hi\n" in shown[0]


def test_an_episode_is_put_before_the_model_in_bounded_length(make_simulation):
    diary = Diary()
    simulation = make_simulation(diary)
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=2), simulation=simulation)
    ada.listen_and_act("long " * 20_000, "Ben")
    ada.listen_and_act("short and sweet", "Ben")
    simulation.end()
    assert len(diary.shown[0][1]) < 26_000
    assert "short and sweet" in diary.shown[0][1]
    assert ACTION in {fact.kind for fact in ada.memories()}
