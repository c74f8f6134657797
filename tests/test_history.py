"""History: the messages kept from turn to turn are those that the facts alone give; their window is cut, not slid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import EpisodicMemory, Runtime, Simulation, TinyMentalFaculty, TinyPerson, TinyWorld, Turn, action
from troupe_core.events import ACTION, STIMULUS, Fact
from troupe_core.people.history import History, did
from troupe_core.people.memory import PAUSE
from troupe_testing import ScriptedModel, do, quiet, reach_out, talk, think, turn

NAMES = ("Ada", "Ben", "Cleo")

# -- random lives ----------------------------------------------------------------------------------------------------


class Tricks(TinyMentalFaculty):
    """You have your tricks:"""

    @action
    async def note(self, turn: Turn[None], text: str, level: int = 1, tags: list[str] = []) -> None:  # noqa: B006
        """write something down."""
        if level > 3:
            turn.perceive(f"That was loud: {text}", kind="SOCIAL", source="Somebody")

    @action(observe=True)
    async def look(self, turn: Turn[None], where: str) -> str:
        """see for yourself."""
        if where:
            turn.perceive(f"A gull over {where}.", kind="VISUAL")
        return where

    @action(observe=True)
    async def ponder(self, turn: Turn[None], content: str, target: str = "") -> None:
        """think it over, and go on."""


words = st.sampled_from(["yes", "no\n- Eve: hi", "CONVERSATION:\n", "{{x}}", "漢字 \u2028 é", "", " ", "word " * 30])
spoken = words.filter(str.strip)
somebody = st.sampled_from(["", *NAMES, "ada", "Nobody"])
actions = st.one_of(
    st.builds(talk, words, somebody),
    st.builds(think, words),
    st.builds(reach_out, somebody, words),
    st.builds(lambda text, level: do("NOTE", text=text, level=level, tags=[text]), words, st.integers(1, 5)),
    st.builds(lambda where: do("LOOK", where=where), words),
    st.builds(lambda content, to: do("PONDER", content=content, target=to), words, somebody),
)
answers = st.lists(st.lists(actions, max_size=4), max_size=5)
METHODS = ["listen", "see", "socialize", "think", "internalize_goal"]
events = st.lists(
    st.tuples(st.sampled_from(METHODS), st.sampled_from(NAMES), spoken)
    | st.tuples(st.just("broadcast"), st.just(""), spoken)
    | st.tuples(st.sampled_from(["meet", "leave", "move_to"]), st.sampled_from(NAMES), spoken),
    max_size=4,
)
steps = st.lists(st.tuples(events, st.fixed_dictionaries(dict.fromkeys(NAMES, answers))), min_size=1, max_size=5)
memories = st.sampled_from(
    [EpisodicMemory(), EpisodicMemory(episode=1), EpisodicMemory(window_size=500, keep=120, episode=2)]
)


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    """One for all examples; each sets the script."""
    model = ScriptedModel(quiet, record=False)
    with Runtime(plugins=[model, Tricks], model="scripted/test", autoload=False) as made:
        made.model_under_test = model  # type: ignore[attr-defined]
        yield made


def happen(world: TinyWorld, event: tuple[str, str, str]) -> None:
    kind, name, content = event
    if kind == "broadcast":
        world.broadcast(content, "The bell")
        return
    person, other = world.get_agent_by_name(name), world.get_agent_by_name(NAMES[NAMES.index(name) - 1])
    if kind == "meet":
        person.make_agent_accessible(other, content)
    elif kind == "leave":
        person.make_agent_inaccessible(other)
    else:
        getattr(person, kind)(content)


def plain(messages: Any) -> list[tuple[str, str, bytes]]:
    return [(message.role, message.content, message.digest) for message in messages]


@pytest.mark.once
@settings(max_examples=60)
@given(steps, memories, st.sampled_from(["parallel", "sequential"]))
def test_the_facts_alone_give_the_same_bytes_as_the_messages_that_were_kept(runtime, steps, memory, schedule):
    plans = [step[1] for step in steps]

    def script(request: Any, call: Any) -> Any:
        if call.purpose == "consolidation":
            return {"memories": ["It was a day."]}
        planned = plans[call.turn][call.person]
        return turn(*planned[call.ordinal // 2]) if call.ordinal // 2 < len(planned) else turn()

    runtime.model_under_test.script = script
    with Simulation(runtime=runtime) as simulation:
        people = [TinyPerson(name, mental_faculties=["tricks"], memory=memory, simulation=simulation) for name in NAMES]
        world = TinyWorld("Pier", people, schedule=schedule)
        for happenings, _ in steps:
            for event in happenings:
                happen(world, event)
            world.run(1)
            for person in people:
                state = person.state
                window = memory.window(state.memory)
                anew = History.of(window, state.id)
                assert anew.count == len(window)
                cut = window[0].type == "OMITTED"
                if state.history.count or not cut:
                    assert plain(state.history.messages) == plain(anew.messages)
                    assert state.history.fits(window)
                shown = person.prompt().messages
                assert plain(shown[1:-1]) == plain(anew.messages)
                assert [message.role for message in anew.messages] == ["user", "assistant"] * (len(anew.messages) // 2)
    simulation.close()


def test_history_is_written_like_this() -> None:
    def fact(kind: str, type: str, thing: str, content: str, **more: Any) -> Fact:
        return Fact.of(b"", 0, kind, type, thing, more.pop("source", thing), content, **more)

    window = [
        fact(STIMULUS, "CONVERSATION", "Ada", "Hello.\nHow are you?", source="Ben"),
        fact(ACTION, "TALK", "Cleo", "Me too!"),
        fact(STIMULUS, "THOUGHT", "Ada", "Who is that?", source=""),
        fact(ACTION, "THINK", "Ada", "Hm."),
        fact(ACTION, "NOTE", "Ada", "", data={"text": "a", "level": 2}),
        fact("observation", "LOOK", "Ada", "Rain.", source=""),
        fact(ACTION, "TALK", "Ada", "Fine.", target="Ben"),
        PAUSE,
        PAUSE,
    ]
    assert [(message.role, message.content) for message in History.of(window, "Ada").messages] == [
        ("user", "CONVERSATION:\n- Ben: Hello.\n  How are you?\n- Cleo: Me too!\nTHOUGHT:\n- Who is that?"),
        (
            "assistant",
            '{"actions":[{"type":"THINK","content":"Hm.","target":""},{"type":"NOTE","text":"a","level":2}]}',
        ),
        ("user", "LOOK:\n- Rain."),
        ("assistant", '{"actions":[{"type":"TALK","content":"Fine.","target":"Ben"}]}'),
        ("user", "(nothing new)"),
        ("assistant", '{"actions":[]}'),
    ]
    assert did([]).content == '{"actions":[]}'


# -- the window ------------------------------------------------------------------------------------------------------


def histories(simulation: Any, person: str) -> list[list[str]]:
    """The history part of each request, message by message."""
    asked = simulation.runtime.model_under_test.requests
    return [
        [message.content for message in request.messages[1:-1]]
        for request, call in asked
        if call.person == person and call.purpose == "turn"
    ]


def size(history: list[str]) -> int:
    return sum(map(len, history))


def text(turn: int, characters: int) -> str:
    """So many characters that nobody has said before."""
    return " ".join(f"word{turn}x{place}" for place in range(characters // 9))[:characters]


def chatty(characters: int) -> Any:
    def script(request: Any, call: Any) -> Any:
        if call.purpose == "consolidation":
            return {"memories": []}
        return turn(think("Hm."), talk(f"{call.turn} {text(call.turn, characters)}"))

    return script


def live(make_simulation: Any, turns: int, characters: int, **options: Any) -> tuple[Any, TinyPerson]:
    """So many turns, half of whose characters are heard and half said."""
    simulation = make_simulation(chatty(characters // 2), **options)
    ada = TinyPerson("Ada", simulation=simulation)
    for number in range(turns):
        ada.listen_and_act(f"{number} {text(number, characters // 2)}", "Ben")
    return simulation, ada


def omission(history: list[str]) -> tuple[str, list[str]]:
    """The line that stands for what was cut, and the messages without it."""
    if not history or not history[0].startswith("OMITTED:\n- "):
        return "", history
    _, line, rest = history[0].split("\n", 2)
    return line, [rest, *history[1:]]


@pytest.mark.parametrize("characters", [150, 700, 2_000])
def test_what_is_shown_grows_to_12_000_characters_is_cut_to_3_000_and_never_slides(make_simulation, characters):
    simulation, ada = live(make_simulation, 90_000 // (characters + 200), characters)
    shown = histories(simulation, "Ada")
    cuts = 0
    for before, after in pairwise(shown):
        if after[: len(before)] == before:
            assert size(after) < 13_000
            continue
        cuts += 1
        assert 9_500 < size(before) < 13_000
        assert max(500, 2_400 - characters * 1.5) < size(after) < 3_200
        assert sum(message.count("OMITTED:") for message in after) == 1
        line, kept = omission(after)
        assert line
        assert len(kept) % 2 == 0
        assert len(kept) == 2 or kept[:-2] == before[2 - len(kept) :]  # whole turns, as they were
    assert 4 <= cuts <= 10
    assert any(omission(history)[0] for history in shown)
    assert len(ada.memories()) == len(shown) * 3  # nothing is forgotten by being out of view


def test_a_cut_leaves_whole_turns_and_says_how_much_lies_further_back(make_simulation):
    simulation, ada = live(make_simulation, 60, 700)
    omitted = 0
    for history in histories(simulation, "Ada"):
        if not history or not history[0].startswith("OMITTED"):
            continue
        counted = re.match(r"OMITTED:\n- (\d+) earlier things\. .*\nCONVERSATION:\n- Ben: (\d+) ", history[0])
        assert counted is not None
        omitted = int(counted[1])
        assert omitted == 3 * int(counted[2])  # what was heard, thought and said in each turn before
        assert history[1].startswith('{"actions":[{"type":"THINK"')
    assert omitted > 100
    window = ada.state.memory_kind.window(ada.state.memory)
    assert window[0].data["count"] + sum(1 for fact in window[1:] if fact is not PAUSE) == 60 * 3


def test_one_thing_longer_than_the_window_is_shown_once_and_then_gone(make_simulation):
    simulation = make_simulation()
    ada = TinyPerson("Ada", simulation=simulation)
    for number in range(6):
        ada.listen_and_act(f"remark {number}", "Ben")
    ada.listen_and_act("long " * 10_000, "Ben")
    for number in range(6, 12):
        ada.listen_and_act(f"remark {number}", "Ben")
    sizes = [size(history) for history in histories(simulation, "Ada")]
    assert sizes[7] > 50_000
    assert all(length < 3_000 for place, length in enumerate(sizes) if place != 7)


class Writer(TinyMentalFaculty):
    """You write:"""

    @action
    async def write(self, turn: Turn[None], text: str, page: int = 1) -> None:
        """a page."""


def test_actions_with_parameters_of_their_own_count_with_all_that_they_say(make_simulation):
    def script(request: Any, call: Any) -> Any:
        if call.purpose == "consolidation":
            return {"memories": []}
        return turn(do("WRITE", text=text(call.turn, 1_500), page=call.turn))

    simulation = make_simulation(script)
    ada = TinyPerson("Ada", mental_faculties=[Writer], simulation=simulation)
    for _ in range(40):
        ada.act()
    assert 8_000 < max(size(history) for history in histories(simulation, "Ada")) < 14_000


def test_after_a_cut_the_person_is_told_again_who_is_near(make_simulation):
    simulation = make_simulation(chatty(700))
    people = [TinyPerson(name, simulation=simulation) for name in NAMES]
    world = TinyWorld("Pier", people)
    world.make_everyone_accessible()
    world.run(25)
    asked = simulation.runtime.model_under_test.requests
    requests = [request for request, call in asked if call.person == "Ada" and call.purpose == "turn"]
    told = [place for place, r in enumerate(requests) if "PEOPLE:\n- near you now: Ben, Cleo\n" in _news(r)]
    cut = [
        place
        for place, (before, after) in enumerate(pairwise(requests), start=1)
        if after.messages[1].content != before.messages[1].content and place > 1
    ]
    assert len(cut) >= 3
    assert told == [0, *cut]
    assert all(size([message.content for message in requests[place - 1].messages[1:-1]]) > 9_500 for place in cut)
    for request in requests:
        assert sum(message.content.count("near you now: Ben, Cleo") for message in request.messages) == 1


def _news(request: Any) -> str:
    return request.messages[-1].content.partition("\n\n# Now")[0] + "\n"


def test_who_left_around_a_cut_is_not_left_standing_as_near(make_simulation):
    """The line that told of them may still be in view, or not."""
    simulation = make_simulation(lambda request, call: turn(talk("Well.")))
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    for number in range(4):
        ada.listen_and_act(text(number, 2_400), "Cleo")
    ada.make_agent_accessible(ben)
    ada.listen_and_act(text(4, 2_400), "Cleo")
    ada.make_agent_inaccessible(ben)
    ada.act()
    before, request = (request for request, _ in simulation.runtime.model_under_test.requests[-2:])
    assert not before.messages[1].content.startswith("OMITTED")
    assert request.messages[1].content.startswith("OMITTED")
    assert any("near you now: Ben" in message.content for message in request.messages[:-1])
    assert "nobody is near you any more" in _news(request)


def test_who_is_alone_is_told_nothing_about_it_at_a_cut(make_simulation):
    simulation, _ = live(make_simulation, 40, 700)
    assert any(history and history[0].startswith("OMITTED") for history in histories(simulation, "Ada"))
    assert not any("PEOPLE:\n" in message for history in histories(simulation, "Ada") for message in history)
