"""What a puppet has answered bears a mark, and so does whatever is made of it: facts, rows, reports, journals. The mark
is that of the answer, wherever it is found again, and never a matter of the model's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    EpisodicMemory,
    Extractor,
    Fact,
    Finding,
    LLMResponse,
    LLMWrapper,
    ModelError,
    Results,
    ResultsExtractor,
    Row,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyThing,
    TinyWorld,
    Transcript,
    action,
    hookimpl,
    transactional,
)
from troupe_core.llm.response import Usage, caution
from troupe_core.simulation.journal.answers import read, spell
from troupe_core.simulation.journal.codec import decode, encode, fact_from_plain, fact_to_plain
from troupe_testing import ScriptedModel, do, reach_out, talk, think, turn

MARK = "rehearsal"


def puppet(answer: Any) -> LLMResponse:
    return LLMResponse(answer if isinstance(answer, str) else orjson.dumps(answer).decode(), mark=MARK)


def only(*people: str) -> Callable[[Any, Any], Any]:
    """The script of a room in which these are puppets; what is asked about a world or by nobody is not."""

    def script(request: Any, call: Any) -> Any:
        answer = answer_to(request, call)
        return puppet(answer) if call.person in people else answer

    return script


def answer_to(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": [f"{call.person} remembers this"]}
    if call.purpose == "extraction":
        return "well"
    return turn(think("Hm."), talk(f"{call.person} says {call.turn}"), reach_out("Ben"))


class Reader(Extractor):
    """Asks what is to be said about a transcript."""

    async def extract(self, task: Any, desk: Any) -> list[Any]:
        return [Finding({"mood": await desk.ask(str(task.transcript))})]


def marks(facts: Any) -> dict[str, set[str]]:
    """By whose history they stand in."""
    out: dict[str, set[str]] = {}
    for fact in facts:
        out.setdefault(fact.thing, set()).add(fact.mark)
    return out


def room(simulation: Simulation, *names: str) -> TinyWorld:
    people = [TinyPerson(name, memory=EpisodicMemory(episode=1), simulation=simulation) for name in names]
    return TinyWorld("Room", people, simulation=simulation)


# -- facts ------------------------------------------------------------------------------------------------------------


def test_what_a_puppet_does_is_marked_and_what_others_do_is_not(make_simulation):
    simulation = make_simulation(only("Ada"))
    world = room(simulation, "Ada", "Ben")
    world.broadcast("Well?", source="Moderator")
    report = world.run(4)
    acts = [fact for fact in simulation.facts if fact.kind == "action"]
    assert marks(acts) == {"Ada": {MARK}, "Ben": {""}}
    assert {fact.mark for fact in simulation.facts if fact.source == "Moderator"} == {""}
    remembered = [fact for fact in simulation.facts if fact.kind == "memory"]
    assert marks(remembered) == {"Ada": {MARK}, "Ben": {""}}, "what an episode leaves behind is a puppet's answer too"
    reached = {fact.content.split()[0]: fact.mark for fact in simulation.facts if fact.type == "SOCIAL"}
    assert reached == {"Ada": MARK, "You": MARK}, "that Ada gets in touch with Ben is her doing, and he finds out"
    assert report.mark == MARK


def test_it_is_no_part_of_what_a_fact_is(make_simulation):
    plain, marked = (make_simulation(only(*puppets)) for puppets in ((), ("Ada", "Ben")))
    for simulation in (plain, marked):
        room(simulation, "Ada", "Ben").run(3)
    assert [fact.id for fact in plain.facts] == [fact.id for fact in marked.facts]
    assert [str(fact) for fact in plain.facts] == [str(fact) for fact in marked.facts]
    assert {id: state.digest for id, state in plain.states.items()} == {
        id: state.digest for id, state in marked.states.items()
    }


class Diary(TinyMentalFaculty):
    """You keep a diary."""

    @action(observe=True)
    async def write(self, turn: Any) -> str:
        """Write in your diary."""
        turn.emit("BEFORE")
        words: str = await turn.llm("diary").ask("What has happened today?")
        turn.emit("AFTER", words)
        return words


def test_it_is_there_from_the_marked_answer_on_to_the_end_of_the_turn(make_simulation):
    def script(request: Any, call: Any) -> Any:
        if call.purpose == "diary":
            return puppet("It rained.")
        news = request.messages[-1].content
        return turn(talk("Ah.")) if "It rained" in news or "Good evening" in news else turn(do("WRITE"))

    simulation = make_simulation(script, plugins=[Diary])
    ada = TinyPerson("Ada", mental_faculties=["diary"], simulation=simulation)
    ada.act()
    found = {fact.type if fact.kind != "observation" else "SEEN": fact.mark for fact in simulation.facts}
    assert found == {"WRITE": "", "BEFORE": "", "AFTER": MARK, "SEEN": MARK, "TALK": MARK}
    (said,) = ada.listen_and_act("Good evening")
    assert (said.type, said.mark) == ("TALK", ""), "and the next one begins anew"


@pytest.mark.parametrize(
    ("first", "expected"), [(ModelError("down"), MARK), ("no JSON", MARK), (turn(talk("I am here")), "")]
)
def test_the_answer_that_counts_is_that_of_the_candidate_who_gave_it(make_runtime, first, expected):
    def script(request: Any, call: Any) -> Any:
        return first if request.model == "first" else puppet(turn(talk("I am a puppet")))

    runtime = make_runtime(script, model=["scripted/first", "scripted/second"])
    (said,) = TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()
    assert said.mark == expected


def test_an_answer_that_was_no_use_marks_nothing(make_runtime):
    def script(request: Any, call: Any) -> Any:
        return puppet("no JSON") if request.model == "first" else turn(talk("I am here"))

    runtime = make_runtime(script, model=["scripted/first", "scripted/second"])
    (said,) = TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()
    assert said.mark == ""


@attrs.frozen
class Silence:
    """What an oracle is."""


class Oracle(TinyThing, state=Silence):
    """Something that can be asked."""

    @transactional
    async def speak(self) -> str:
        words: str = await self.llm("oracle").ask("What will be?")
        self.emit("SPOKEN", words)
        return words


def test_things_of_ones_own_are_marked_too(make_simulation):
    simulation = make_simulation(lambda request, call: puppet("Rain."))
    Oracle("Delphi", simulation=simulation).speak()
    assert [fact.mark for fact in simulation.facts] == [MARK]


def test_a_mark_is_text(make_simulation):
    simulation = make_simulation(lambda request, call: LLMResponse("{}", mark=True))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="mark"):
        TinyPerson("Ada", simulation=simulation).act()


# -- findings and reports ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("puppets", "expected"),
    [
        ((), {"Ada": "", "Ben": "", "Room": ""}),
        (("Ada",), {"Ada": MARK, "Ben": MARK, "Room": MARK}),  # Ben has heard her
        (("Eve",), {"Ada": "", "Ben": "", "Room": ""}),  # who is elsewhere
    ],
)
def test_a_row_is_marked_if_a_line_of_its_transcript_is(make_simulation, tmp_path, puppets, expected):
    simulation = make_simulation(only(*puppets), plugins=[Reader])
    room(simulation, "Ada", "Ben").run(2)
    TinyPerson("Eve", simulation=simulation).act()
    found, extractor = drawn(simulation)
    assert {name: row.mark for name, row in found.items()} == expected
    assert exported(extractor, tmp_path) == {name: mark for name, mark in expected.items() if mark}


def test_a_row_is_marked_if_a_puppet_has_drawn_it(make_simulation, tmp_path):
    def script(request: Any, call: Any) -> Any:
        answer = answer_to(request, call)
        return puppet(answer) if call.purpose == "extraction" and call.person == "Ben" else answer

    simulation = make_simulation(script, plugins=[Reader])
    room(simulation, "Ada", "Ben").run(2)
    assert Transcript.of(simulation["Ben"]).mark == ""
    found, extractor = drawn(simulation)
    assert {name: row.mark for name, row in found.items()} == {"Ada": "", "Ben": MARK, "Room": ""}
    assert exported(extractor, tmp_path) == {"Ben": MARK}


def drawn(simulation: Simulation) -> tuple[dict[str, Row], ResultsExtractor]:
    extractor = ResultsExtractor(extractor="reader", fields=["mood"])
    people = [simulation["Ada"], simulation["Ben"]]
    results = extractor.extract_results_from_agents(people)
    whole = json.loads(results.to_json())
    assert results.mark == whole.get("mark", "") == (MARK if any(row.mark for row in results) else "")
    assert (str(results).splitlines()[-1] == caution(MARK)) == bool(results.mark)
    world = extractor.extract_results_from_world(simulation["Room"])
    return {row.of: row for row in (*results, world)}, extractor


def exported(extractor: ResultsExtractor, folder: Path) -> dict[str, str]:
    """The marks in the file, by whom the rows are about."""
    extractor.save_as_json(folder / "found.json")
    saved = json.loads((folder / "found.json").read_text())
    rows = saved["agent_extractions"] | saved["world_extraction"]
    found = {name: row["mark"] for name, row in rows.items() if "mark" in row}
    assert saved.get("mark", "") == (MARK if found else "")
    return found


def test_a_report_says_so_in_its_last_line(make_simulation):
    plain, marked = (make_simulation(only(*puppets)) for puppets in ((), ("Ben",)))
    reports = [room(simulation, "Ada", "Ben").run(2) for simulation in (plain, marked)]
    assert [report.mark for report in reports] == ["", MARK]
    assert "rehearsal" not in str(reports[0])
    assert str(reports[1]) == f"{attrs.evolve(reports[1], mark='')}\n{caution(MARK)}"
    assert caution(MARK) == "rehearsal: puppets said this; it is no evidence about people"
    assert caution("sketch") == "sketch: this is no evidence about people"


def test_results_without_rows_bear_none():
    assert Results().mark == ""
    assert "mark" not in Results().plain()


# -- where it is kept -------------------------------------------------------------------------------------------------


@given(st.text(), st.tuples(*[st.integers(0, 9)] * 4), st.text(), st.sampled_from(["stop", "refusal"]), st.text())
def test_an_answer_is_read_as_it_was_spelled(text, usage, model, finish, mark):
    response = LLMResponse(text, Usage(*usage), model, finish, mark)
    assert read(spell(response)) == response
    assert ("mark" in decode(spell(response))) == bool(mark)


@given(st.text(), st.sampled_from(["action", "stimulus", "event"]), st.text())
def test_a_fact_is_read_as_it_was_spelled(content, kind, mark):
    fact = Fact.of(b"somewhere", 0, kind, "TALK", "Ada", "Ada", content, mark=mark)
    spelled = decode(encode(fact_to_plain(fact)))
    found = fact_from_plain(spelled)
    assert [getattr(found, name) for name in Fact.__struct_fields__] == [
        getattr(fact, name) for name in Fact.__struct_fields__
    ]
    assert ("mark" in spelled) == bool(mark)


@pytest.fixture(params=["study.db", "study.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


@pytest.fixture
def study(make_runtime: Callable[..., Runtime], tmp_path: Path) -> Callable[..., Any]:
    def run(path: Path | None, script: Any, steps: int = 3) -> tuple[Simulation, Any, Results]:
        runtime = make_runtime(script, plugins=[Reader])
        with Simulation(path, runtime=runtime) as simulation:
            world = room(simulation, "Ada", "Ben")
            report = world.run(steps)
            extractor = ResultsExtractor(extractor="reader", fields=["mood"])
            return simulation, report, extractor.extract_results_from_agents(world.agents)

    return run


def nobody(request: Any, call: Any) -> Any:
    raise AssertionError(f"{call.person} was asked once more")


def test_a_journal_gives_it_back_whatever_the_model_would_answer_now(study, path, make_runtime):
    first, report, results = study(path, only("Ada"))
    again, same_report, same_results = study(path, nobody)
    assert [fact.mark for fact in again.facts] == [fact.mark for fact in first.facts]
    assert (same_report.mark, same_results.mark) == (report.mark, results.mark) == (MARK, MARK)
    assert same_results.to_json() == results.to_json()
    resumed = Simulation.resume(path, runtime=make_runtime(nobody, plugins=[Reader]))
    assert [fact.mark for fact in resumed.facts] == [fact.mark for fact in first.facts]
    assert {fact.mark for fact in resumed["Ada"].memories() if fact.thing == "Ada"} >= {MARK}
    assert Transcript.of(resumed["Ben"]).mark == MARK
    resumed.close()
    assert Simulation.replay(path, runtime=make_runtime(nobody, plugins=[Reader])).turns == 6


def test_a_fork_and_what_is_executed_again_have_it_from_the_recorded_answers(study, path, make_runtime):
    first, _, _ = study(path, only("Ada"))
    runtime = make_runtime(nobody, plugins=[Reader])
    with Simulation(path, runtime=runtime, cache=False) as again:  # turns are executed, and answers found
        room(again, "Ada", "Ben").run(3)
    assert [fact.mark for fact in again.facts] == [fact.mark for fact in first.facts]
    forked = Simulation.resume(path, runtime=runtime).fork("other")
    assert [fact.mark for fact in forked.facts] == [fact.mark for fact in first.facts]
    forked.close()


def test_who_had_no_puppet_has_no_word_of_it_in_the_journal(study, tmp_path):
    study(tmp_path / "study.json", only())
    assert '"mark"' not in (tmp_path / "study.json").read_text()


def test_it_passes_through_what_stands_around_a_model(make_runtime):
    class Through:
        @hookimpl(wrapper=True)
        def troupe_llm_handler(self, model: Any) -> Any:
            inner = yield
            return LLMWrapper(inner)

    runtime = make_runtime(ScriptedModel(only("Ada")), plugins=[Through()])
    (_, said, _) = TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()
    assert said.mark == MARK
