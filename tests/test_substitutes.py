"""Of several models the next one is asked where the one before fails, or is to be spared; whatever comes of its answers
says who answered instead of whom, and why, wherever it is found again. What cannot be answered at all is skipped, or
stops what goes on, as it was declared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import (
    ArgumentError,
    AuthenticationError,
    Budget,
    BudgetExceeded,
    Call,
    Degradation,
    Enricher,
    EpisodicMemory,
    Extractor,
    Fact,
    Finding,
    ModelCall,
    ModelUnavailable,
    People,
    QuotaError,
    RateLimited,
    Remark,
    ResultsExtractor,
    RunStopped,
    Runtime,
    Simulation,
    Substitute,
    TinyEnricher,
    TinyPerson,
    TinyWorld,
    Transcript,
    Usage,
    hookimpl,
)
from troupe_core.llm.meter import Everything, Meter
from troupe_core.llm.response import LLMResponse, substituted
from troupe_core.llm.sparing import beyond
from troupe_core.simulation.journal.answers import read, spell
from troupe_core.simulation.journal.codec import decode, encode, fact_from_plain, fact_to_plain
from troupe_testing import ScriptedModel, talk, turn

Script = Callable[[Any, Any], Any]

MODELS = ["scripted/best", "scripted/cheap"]
DOWN = ModelUnavailable("the provider answered 503", status=503)
CHEAP = Substitute("scripted/cheap", "scripted/best", "ModelUnavailable: the provider answered 503")


class Reader(Extractor):
    """Asks what is to be said about a transcript."""

    async def extract(self, task: Any, desk: Any) -> list[Any]:
        return [Finding({"mood": await desk.ask(str(task.transcript))})]


class Rewriter(Enricher):
    """Has it said in other words."""

    async def enrich(self, task: Any, desk: Any) -> str:
        text: str = await desk.ask(task.content)
        return text


def answer_to(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": [f"{call.person} remembers this"]}
    if call.purpose == "extraction":
        return "well"
    if call.purpose == "ask":
        return {"thought": "Hm.", "answer": f"{call.person} says so"}
    return turn(talk(f"{request.model} lets {call.person} say {call.turn}"))


def down_for(*people: str, error: Exception = DOWN) -> Script:
    """The best model fails for these."""

    def script(request: Any, call: Any) -> Any:
        return error if request.model == "best" and call.person in people else answer_to(request, call)

    return script


def nobody(request: Any, call: Any) -> Any:
    raise AssertionError(f"{request.form.model} was asked once more for {call.person}")


def room(simulation: Simulation, *names: str) -> TinyWorld:
    people = [TinyPerson(name, memory=EpisodicMemory(episode=1), simulation=simulation) for name in names]
    return TinyWorld("Room", people, simulation=simulation)


def by_person(facts: Sequence[Fact]) -> dict[str, set[Substitute | None]]:
    out: dict[str, set[Substitute | None]] = {}
    for fact in facts:
        if fact.kind in ("action", "memory"):
            out.setdefault(fact.thing, set()).add(fact.substitute)
    return out


# -- who is asked -----------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(0, 4), st.booleans(), st.booleans())
def test_behind_so_many_that_fail_the_next_one_answers_and_nobody_is_asked_for_nothing(size, failing, bad, again):
    """One that fails is asked once (what asks again stands below), one whose answers are no use twice."""
    names = [f"m{number}" for number in range(size)]

    def script(request: Any, call: Any) -> Any:
        if names.index(request.model) < failing:
            return "no JSON" if bad else DOWN
        return answer_to(request, call)

    model = ScriptedModel(script)
    with Runtime([model], autoload=False, model=[f"scripted/{name}" for name in names]) as runtime:
        ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
        for attempt in range(2 if again else 1):
            if failing < size:
                (said,) = ada.act()
                assert said.content == f"m{failing} lets Ada say {attempt}"
                told = said.substitute and (said.substitute.model, said.substitute.instead_of)
                assert told == ((f"scripted/m{failing}", "scripted/m0") if failing else None)
            else:
                with pytest.raises(Exception, match="no usable answer" if bad else "503"):
                    ada.act()
        asked = Counter(request.model for request, _ in model.requests)
        each = (2 if bad else 1) * (2 if again else 1)
        expected = dict.fromkeys(names[:failing], each) | dict.fromkeys(names[failing : failing + 1], 1 + again)
        assert asked == expected


@pytest.mark.parametrize("models", [["rehearsal/default", "scripted/any"], "scripted/any, rehearsal/default"])
def test_puppets_stand_in_for_nobody(make_simulation, models):
    with pytest.raises(ArgumentError, match="puppets stand in for nobody"):
        make_simulation(model=models)


# -- what says so -----------------------------------------------------------------------------------------------------


def test_facts_rows_and_reports_say_who_answered_and_why_the_first_did_not(make_simulation):
    remarks: list[str] = []

    class Watching:
        @hookimpl
        def troupe_event(self, event: Any) -> None:
            if isinstance(event, Remark):
                remarks.append(event.text)

    simulation = make_simulation(down_for("Ada"), plugins=[Reader, Watching()], model=MODELS)
    world = room(simulation, "Ada", "Ben", "Eve")
    report = world.run(3)
    assert by_person(simulation.facts) == {"Ada": {CHEAP}, "Ben": {None}, "Eve": {None}}
    line = "3 of 9 turns with scripted/cheap instead of scripted/best (ModelUnavailable: the provider answered 503)"
    assert report.substituted == (line,)
    assert str(report).splitlines()[-1] == line
    assert Transcript.of(world).substituted == [line]
    assert world.pretty_current_interactions().splitlines()[-1] == f"({line})"
    assert [text for text in remarks if "instead of" in text] == [
        f"answered by {CHEAP}; what comes of such answers says so"
    ]

    alone = TinyPerson("Zoe", simulation=simulation)
    alone.act()
    rows = ResultsExtractor(extractor="reader", fields=["mood"]).extract_results_from_agents([*world.agents, alone])
    assert {row.of: row.substitute for row in rows} == {"Ada": CHEAP, "Ben": CHEAP, "Eve": CHEAP, "Zoe": None}
    assert str(rows).splitlines()[-1].startswith("3 of 4 rows rest on scripted/cheap"), "Ben and Eve have heard Ada"
    assert rows.plain()["rows"][0]["substitute"] == CHEAP.plain()
    assert "substitute" not in rows.plain()["rows"][3]
    assert [record.get("substitute") for record in rows.records()] == ["scripted/cheap"] * 3 + [None]
    assert "scripted/cheap instead of" in rows._repr_html_()
    assert simulation.facts[-1].plain().keys() >= {"mark"}

    answers = People([simulation["Ben"], alone]).ask("Well?")
    assert [row.substitute for row in answers] == [CHEAP, None], "what Ben says is that of one who has heard her"


@pytest.mark.parametrize("name", ["study.db", "study.json"])
def test_what_is_written_says_it_too_and_is_text_like_any_other(make_runtime, tmp_path, name):
    def script(request: Any, call: Any) -> Any:
        if request.model == "best":
            return DOWN
        return {"paragraph": "Bakes."} if call.purpose == "minibio" else LLMResponse("Well!", mark="rehearsal")

    with Simulation(tmp_path / name, runtime=make_runtime(script, model=MODELS, plugins=[Rewriter])) as simulation:
        ada = TinyPerson("Ada", simulation=simulation)
        for _ in range(2):
            biography = ada.minibio()
            assert (biography, biography.mark, biography.substitute) == ("This is Ada. Bakes.", "", CHEAP)
        rewritten = TinyEnricher(enricher="rewriter", simulation=simulation).enrich_content("Be loud.", "Well.")
        assert (rewritten, rewritten.mark, rewritten.substitute) == ("Well!", "rehearsal", CHEAP)
        assert ada.minibio(extended=False).substitute is None
        ada.listen(rewritten).define("bio", biography)
    with Simulation.resume(tmp_path / name, runtime=make_runtime(nobody)) as again:
        assert (again.facts[-1].content, again["Ada"].persona["bio"]) == ("Well!", "This is Ada. Bakes.")


def test_it_is_no_part_of_what_a_fact_is(make_simulation):
    def script(request: Any, call: Any) -> Any:
        return turn(talk("Yes"))

    def other(request: Any, call: Any) -> Any:
        return DOWN if request.model == "best" else script(request, call)

    first, second = (make_simulation(each, model=MODELS) for each in (script, other))
    for simulation in (first, second):
        room(simulation, "Ada", "Ben").run(2)
    assert [fact.id for fact in first.facts] == [fact.id for fact in second.facts]
    assert first.digest() == second.digest()


def test_how_many_is_told_for_each_model_with_the_first_reason():
    one, two = (Substitute("b", "a", why) for why in ("Timeout: 3 s", "Timeout: 4 s"))
    assert substituted([one, None, two, Substitute("c", "a", "…")], "rows") == [
        "2 of 4 rows with b instead of a (Timeout: 3 s)",
        "1 of 4 rows with c instead of a (…)",
    ]


def test_a_long_error_is_shortened_where_it_is_kept(make_simulation):
    simulation = make_simulation(down_for("Ada", error=ModelUnavailable("down\n" * 500)), model=MODELS)
    (said,) = TinyPerson("Ada", simulation=simulation).act()
    assert len(said.substitute.why) <= 200
    assert said.substitute.why.startswith("ModelUnavailable: down down")


# -- where it is kept -------------------------------------------------------------------------------------------------

TOLD = st.builds(Substitute, st.text(), st.text(), st.text()) | st.none()


@given(TOLD)
def test_answers_and_facts_are_read_as_they_were_spelled(substitute):
    response = LLMResponse("Yes", substitute=substitute)
    assert read(spell(response)) == response
    assert ("substitute" in decode(spell(response))) == (substitute is not None)
    fact = Fact.of(b"", 0, "action", "TALK", "Ada", "Ada", "Yes", substitute=substitute)
    assert fact_from_plain(decode(encode(fact_to_plain(fact)))).substitute == substitute


@pytest.mark.parametrize("name", ["study.db", "study.json"])
def test_a_journal_names_the_model_again_and_nobody_is_asked(make_runtime, tmp_path, name):
    def run(path: Path, script: Script) -> Simulation:
        with Simulation(path, runtime=make_runtime(script, model=MODELS)) as simulation:
            room(simulation, "Ada", "Ben").run(3)
        return simulation

    path = tmp_path / name
    first, again = run(path, down_for("Ada")), run(path, nobody)
    assert by_person(first.facts) == by_person(again.facts) == {"Ada": {CHEAP}, "Ben": {None}}
    resumed = Simulation.resume(path, runtime=make_runtime(nobody))
    assert by_person(resumed.facts) == by_person(first.facts)
    resumed.close()
    assert Simulation.replay(path, runtime=make_runtime(nobody)).turns == 6


def test_who_goes_on_when_the_first_model_is_back_asks_it_again_and_keeps_what_was_answered(make_runtime, tmp_path):
    path = tmp_path / "study.db"
    with Simulation(path, runtime=make_runtime(down_for("Ada"), model=MODELS)) as before:
        room(before, "Ada").run(1)
    with Simulation(path, runtime=make_runtime(down_for(), model=MODELS), cache=False) as after:  # turns are executed
        report = room(after, "Ada").run(2)
    said = [(fact.content, fact.substitute) for fact in after.facts if fact.kind == "action"]
    assert said == [("cheap lets Ada say 0", CHEAP), ("best lets Ada say 1", None)]
    assert report.substituted[0].startswith("1 of 2 turns with scripted/cheap")


# -- a share of the budget --------------------------------------------------------------------------------------------


def test_from_a_share_of_the_budget_on_the_first_model_is_spared(make_runtime, tmp_path):
    def run(script: Script) -> Simulation:
        runtime = make_runtime(script, model=MODELS)
        degradation = Degradation(cheaper_from=0.5)
        with Simulation(tmp_path / "s.db", runtime=runtime, budget=Budget(calls=6), degradation=degradation) as made:
            TinyWorld("Room", [TinyPerson("Ada")]).run(5)
        return made

    for simulation in (run(answer_to), run(nobody)):
        facts = [fact for fact in simulation.facts if fact.kind == "action"]
        assert [fact.content.split()[0] for fact in facts] == ["best"] * 3 + ["cheap"] * 2
        spared = Substitute("scripted/cheap", "scripted/best", "50% of the budget of 6 calls is spent")
        assert [fact.substitute for fact in facts] == [None] * 3 + [spared] * 2
    larger = Simulation.resume(tmp_path / "s.db", runtime=make_runtime(answer_to), budget=Budget(calls=100))
    assert larger["Ada"].act()[0].substitute is None, "with a larger one its share is not reached"
    larger.close()


@pytest.mark.parametrize(
    ("budget", "whose"),
    [
        (Budget(calls=10), "10 calls"),
        (Budget(tokens=100, calls=1_000), "100 tokens"),
        (Budget(money=2.0, calls=1_000), "2 USD"),
        (Budget(calls=1_000, person=Budget(calls=10)), "10 calls for Ada"),
        (Budget(purposes={"turn": Budget(tokens=100)}), "100 tokens for the purpose turn"),
        (Budget(runtime=Budget(calls=10)), "10 calls for all simulations together"),
    ],
)
def test_every_limit_has_a_share(budget, whose):
    meter, call = Meter(attrs.evolve(budget, runtime=None), Everything(budget.runtime)), Call("s", "turn")
    for _ in range(6):
        admission = meter.admit(call, "a/b", False, 0, "Ada")
        meter.count(ModelCall(call, "a/b", Usage(8, 2), 0.1, None, 200_000_000), admission)
    assert beyond(meter.limited("turn", "Ada"), 0.5) == f"50% of the budget of {whose} is spent"
    assert beyond(meter.limited("turn", "Ada"), 0.7) == ""


def test_a_share_of_each_ones_own_budget_spares_for_them_alone(make_runtime):
    frugal, budget = Degradation(cheaper_from=0.5), Budget(person=Budget(calls=4))
    simulation = Simulation(runtime=make_runtime(answer_to, model=MODELS), budget=budget, degradation=frugal)
    ada, ben = (TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben"))
    said = [person.act()[0].content.split()[0] for person in (ada, ada, ada, ben)]
    assert said == ["best", "best", "cheap", "best"]


# -- skip and stop ----------------------------------------------------------------------------------------------------


def test_who_is_not_answered_is_skipped_and_named_or_stops_the_run(make_simulation):
    quota = QuotaError("no credit")
    stopping = make_simulation(down_for("Ada", error=quota), model="scripted/best")
    with pytest.raises(RunStopped, match="no credit"):
        room(stopping, "Ada", "Ben").run(2)

    skipping = make_simulation(
        down_for("Ada", "Ben", error=quota),
        plugins=[Reader],
        model="scripted/best",
        config={"degradation": {"on_failure": "skip"}},
    )
    world = room(skipping, "Ada", "Ben", "Eve")
    report = world.run(2)
    assert (report.steps, report.turns) == (2, 2)
    assert [(each.person, each.step, str(each.error)) for each in report.failures if each.purpose == "turn"] == [
        (name, step, "no credit") for step in (1, 2) for name in ("Ada", "Ben")
    ]
    rows = ResultsExtractor(extractor="reader", fields=["mood"]).extract_results_from_agents(world.agents)
    assert [row.of for row in rows] == ["Eve"]
    assert [(each.of, str(each.error)) for each in rows.failures] == [("Ada", "no credit"), ("Ben", "no credit")]
    answers = People([skipping["Ada"], skipping["Ben"]]).ask("Well?")
    assert (len(answers), [each.of for each in answers.failures]) == (0, ["Ada", "Ben"])
    with pytest.raises(QuotaError):
        skipping["Ada"].act()


def test_a_spent_budget_skips_the_rest_and_a_larger_one_goes_on(make_runtime):
    skip = Degradation(on_budget="skip")
    simulation = Simulation(runtime=make_runtime(answer_to), model=MODELS, budget=Budget(calls=3), degradation=skip)
    world = TinyWorld(
        "Room", [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")], simulation=simulation
    )
    report = world.run(3)
    assert (report.steps, report.turns) == (3, 3)
    assert {type(each.error) for each in report.failures} == {BudgetExceeded}
    assert len(report.failures) == 3
    simulation.budget = Budget(calls=10)
    assert world.run(1).turns == 2


def test_one_of_these_does_not_stand_for_the_other_and_a_bug_is_never_skipped(make_simulation):
    def of(**how: str) -> Simulation:
        return make_simulation(config={"degradation": how})

    failing, spending = of(on_failure="skip"), of(on_budget="skip")
    spent, limited, bug = BudgetExceeded("spent"), RateLimited("429"), ZeroDivisionError()
    assert [failing.degradation.skips(error) for error in (spent, limited, bug)] == [False, True, False]
    assert [spending.degradation.skips(error) for error in (spent, limited, bug)] == [True, False, False]
    assert failing.fork("twin").degradation == failing.degradation
    assert failing.degradation.stops(spent)
    assert not failing.degradation.stops(AuthenticationError("no key"))


@pytest.mark.parametrize(
    "given",
    [
        {"cheaper_from": 1.5},
        {"cheaper_from": True},
        {"cheaper_from": 0},
        {"on_budget": "cheaper"},
        {"on_failure": None},
    ],
)
def test_what_cannot_be_meant_is_refused(make_runtime, given):
    (name,) = given
    with pytest.raises(ArgumentError, match=name):
        Degradation(**given)
    with pytest.raises(ArgumentError, match="degradation must be a Degradation"):
        Simulation(runtime=make_runtime(), degradation="skip")  # type: ignore[arg-type]
