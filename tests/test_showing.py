"""People, worlds and findings show themselves in a notebook: whole, escaped, marked, and without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from troupe_core import (
    Fact,
    LLMResponse,
    People,
    Prompt,
    Results,
    Row,
    RunReport,
    Runtime,
    Simulation,
    TinyPerson,
    TinyWorld,
    Transcript,
)
from troupe_core.findings.rows import Unread
from troupe_core.llm.meter import Spent
from troupe_core.llm.request import Message
from troupe_core.people.prompt import Part
from troupe_core.worlds.report import Failure
from troupe_testing import ScriptedModel, talk, think, turn

CAUTION = "rehearsal: puppets said this; it is no evidence about people"


class Page(HTMLParser):
    """Which tags stand in it, in order, and the words between them. Every tag that opens closes, the last one first."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(self.get_starttag_text() or "")
        assert {name for name, _ in attrs} <= {"class", "style"}
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def other(self, *_: Any) -> None:
        raise AssertionError("there is something else in it than tags and words")

    handle_comment = handle_decl = handle_pi = unknown_decl = handle_startendtag = other


def row(text: str, **given: Any) -> Row:
    fact = Fact.of(b"", 0, "action", "TALK", "Ada", text, text, target=text)
    shown = {text: (fact,), "rating": ()}
    sure = {text: 0.5, "rating": 1.0}
    return Row({text: [text, None], "rating": 4}, of=text, confidence=sure, evidence=shown, problems=(text,), **given)


def everything(text: str, runtime: Runtime) -> list[Any]:
    """One of each that shows itself, with the text wherever somebody's words can be."""
    persona = {"age": text, f"key {text}": {text: [text, {text: text}]}, "description": text}
    with Simulation(runtime=runtime) as simulation:
        ada = TinyPerson("<i>Ada", persona, simulation=simulation)
        ben = TinyPerson("Ben", simulation=simulation)
        world = TinyWorld("<b>Room", [ada, ben], kind="chat", initial_datetime="2026-03-02", simulation=simulation)
        ada.listen(f"x{text}", source="<u>Moderator").think(f"x{text}")
        world.broadcast(f"x{text}")
    failure, spent = Failure(text, 1, ValueError(text)), Spent()
    report = RunReport(text, 1, 1, (failure,), spent, stopped=text)
    failures = [Unread(text, ValueError(text), text)]
    results = Results([row(text, asked="one"), row(text, asked=text, replicate=1)], failures)
    prompt = Prompt((Part(text, text),), (Message("user", text),))
    transcript = Transcript(text, tuple(fact for each in results for facts in each.evidence.values() for fact in facts))
    return [ada, People([ada, ben]), world, simulation, report, results, results[0], transcript, prompt]


def test_a_reason_is_told_once_with_those_whom_it_has_struck():
    outage, other = ValueError("the provider is down"), ValueError("no words")
    failures = Failure("Ada", 1, outage), Failure("Zoe", 2, other, "consolidation"), Failure("Ben", 2, outage)
    assert str(RunReport("Room", 2, 9, failures, Spent())).splitlines()[1:] == [
        "failed: Ada, step 1; Ben, step 2: ValueError: the provider is down",
        "failed: Zoe, step 2 (consolidation): ValueError: no words",
    ]
    results = Results([], [Unread(f"P{n}", outage) for n in range(10)])
    told = "failed: P0; P1; P2; P3; P4; P5; P6; P7 and 2 more: ValueError: the provider is down"
    assert str(results).splitlines()[1:] == [told]


@pytest.fixture(scope="module")
def quiet_runtime() -> Iterator[Runtime]:
    with Runtime(plugins=[ScriptedModel(lambda request, call: turn())], model="scripted/x", autoload=False) as runtime:
        yield runtime


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=300))
@example("</details><script>alert(1)</script><b")
@example("&lt;script&gt; &amp; <!-- \" ' $3.50 and $4.00")
@example("<img src=x onerror=alert(1)>" * 40)
def test_whatever_somebody_says_is_words_and_never_markup(quiet_runtime, text):
    harmless = "".join("x" if sign in "<>&\"'" else sign for sign in text)
    for bad, good in zip(everything(text, quiet_runtime), everything(harmless, quiet_runtime), strict=True):
        assert Page(bad._repr_html_()).tags == Page(good._repr_html_()).tags


def test_the_words_are_those_that_were_said(quiet_runtime):
    text = "5 < 6 & 'seven' \"eight\" </div>"
    for each in everything(text, quiet_runtime):
        if not isinstance(each, Simulation):
            page = Page(each._repr_html_())
            assert text in page.words
            assert "mathjax_ignore" in page.tags[0]  # two prices are no formula


def test_a_long_text_shows_its_beginning_and_opens_and_a_very_long_one_is_cut(quiet_runtime):
    for each in everything("long " * 2_000, quiet_runtime):
        if not isinstance(each, Simulation | People | RunReport):
            html = each._repr_html_()
            assert "<summary>" in html
            assert "characters more)" in html
            assert "long " * 1_000 not in html


def test_half_an_emoji_does_not_keep_the_rest_from_being_shown():
    half = row("cut \ud83d in two")
    facts = half.evidence["cut \ud83d in two"]
    for each in (half, Results([half]), Transcript("Ada", facts)):
        assert "cut � in two" in Page(each._repr_html_()).words
        each._repr_html_().encode()


def test_of_many_it_says_how_many_more_there_are(quiet_runtime):
    with Simulation(runtime=quiet_runtime) as simulation:
        people = People(TinyPerson(f"Person {number}", simulation=simulation) for number in range(50))
        world = TinyWorld("Hall", people, simulation=simulation)
        for number in range(100):
            people[0].listen(f"number {number}")
    assert "and 20 more" in Page(people._repr_html_()).words
    assert "and 20 more" in Page(world._repr_html_()).words
    assert "and 21 more" in Page(simulation._repr_html_()).words
    assert "and 20 more" in Page(Results([row("a")] * 50)._repr_html_()).words
    words = Page(Transcript.of(people[0])._repr_html_()).words
    shown = [number for number in range(100) if f"[{number + 1}] " in words]
    assert shown == [*range(15), *range(55, 100)]
    assert "(40 lines are left out here)" in words


@pytest.fixture
def lived(make_simulation):
    """Two who have met, one of them a puppet."""

    def script(request: Any, call: Any) -> Any:
        answer = turn(think(f"{call.person} ponders"), talk(f"{call.person} speaks"), emotions="wary of <bread>")
        return answer if call.person == "Ben" else LLMResponse(orjson.dumps(answer).decode(), mark="rehearsal")

    simulation = make_simulation(script, seed=7)
    ada = TinyPerson("Ada", {"age": 71, "occupation": "retired nurse", "retired": True}, simulation=simulation)
    ben = TinyPerson("Ben", "a student who repairs phones", simulation=simulation)
    room = TinyWorld("Room", [ada, ben], kind="focus_group", initial_datetime="2026-03-02T19:30", simulation=simulation)
    room.broadcast("Rolls?", source="Moderator")
    return room, room.run(2)


def test_a_person_shows_who_and_how_it_is_and_what_it_did(lived):
    ada, ben = lived[0].agents
    page = Page(ada._repr_html_())
    for part in (
        "Ada 71 years old, retired nurse",
        "in Room · 2 turns · feels wary of <bread>",
        "retiredyes",
        "Ada speaks",
    ):
        assert part in page.words
    assert page.words.count("Ada ponders") == 2
    assert "name" not in page.words  # it stands above
    assert "Ben a student who repairs phones" in Page(ben._repr_html_()).words
    assert "71 years old, retired nurse" in Page(lived[0].agents._repr_html_()).words


def test_a_world_and_a_run_show_what_has_happened(lived):
    room, report = lived
    words = Page(room._repr_html_()).words
    for part in ("Room focus group", "2026-03-02 19:30 · 2 steps", "Ada, Ben", "Ada speaks", "Ben speaks"):
        assert part in words
    assert "2 steps, 4 turns" in Page(report._repr_html_()).words
    assert "Room" in Page(room.simulation._repr_html_()).words


def test_what_is_no_evidence_says_so_and_what_is_says_nothing(lived, make_simulation):
    room, report = lived
    ada = room.agents["Ada"]
    for each in (ada, room.agents, room, room.simulation, report, Transcript.of(ada), row("x", mark="rehearsal")):
        assert CAUTION in Page(each._repr_html_()).words
        assert each._repr_html_().count(CAUTION) == 1
    clean = TinyPerson("Eve", simulation=make_simulation(lambda request, call: turn(talk("hm"))))
    assert str(clean) == "Eve"
    clean.act()
    for each in (clean, clean.simulation, People([clean]), Transcript.of(clean), row("x")):
        assert CAUTION not in each._repr_html_()


def test_printed_they_are_a_line_or_a_few(lived):
    room, _ = lived
    assert str(room.agents["Ada"]).splitlines() == [
        "Ada: 71 years old, retired nurse",
        "in Room, 2 turns, feels wary of <bread>",
        "Ada: Ada speaks",
        f"({CAUTION})",
    ]
    assert str(room.agents) == "Ada: 71 years old, retired nurse\nBen: a student who repairs phones"
    assert str(room).splitlines()[:2] == ["Room (focus group): Ada, Ben", "2026-03-02 19:30, 2 steps"]
    assert f"{room.agents!r} {room!r}" == "<People: Ada, Ben> <TinyWorld Room>"


def test_to_look_changes_nothing_and_asks_nobody(lived):
    simulation, asked = lived[0].simulation, lived[0].simulation.usage.calls
    shown = [simulation, *simulation, lived[0].agents]
    before = simulation.digest(), len(simulation.facts)

    def look() -> list[tuple[str, str]]:
        return [(each._repr_html_(), str(each)) for each in shown]

    with simulation.holds.lock, ThreadPoolExecutor(1) as other:  # whoever waits for the lock waits in vain
        first = other.submit(look).result(timeout=30)
    assert look() == first
    assert (simulation.digest(), len(simulation.facts)) == before
    assert simulation.usage.calls == asked
    simulation.end()
    assert [str(each) for each in shown[1:]] == [text for _, text in first[1:]]
    assert [each._repr_html_() for each in shown[1:]] == [html for html, _ in first[1:]]
    assert "ended" in Page(simulation._repr_html_()).words


def test_of_what_was_closed_only_the_name_is_left(lived):
    room, ada = lived[0], lived[0].agents[0]
    room.simulation.close()
    assert (ada._repr_html_(), room._repr_html_()) == (None, None)
    assert f"{ada} {room}" == "<TinyPerson Ada> <TinyWorld Room>"
