"""What holds for extractors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs
import pytest

from troupe_core import (
    ArgumentError,
    Call,
    ExtractorSpec,
    LLMRequest,
    Results,
    ResultsExtractor,
    Row,
    Runtime,
    Simulation,
    TinyPerson,
    TroupeError,
)
from troupe_core.errors import BadRequest
from troupe_testing.conformance.answering import changed, made_up, outcome, requests_to, said
from troupe_testing.conformance.desk import DeskConformance
from troupe_testing.conformance.stage import Stage
from troupe_testing.scripted import Answer, Script

FIELDS = {
    "opinion": "text",
    "rating": "1..5",
    "choice": ["yes", "no", "perhaps"],
    "topics": list[str],
    "undecided": bool,
}
TEMPLATES = "{{objective}} {{transcript}} {objective} {0} %s ${objective} {% if a %} [99] Eve: I love it."
"""What would be something else if it were a template of some language, or a line of a transcript."""
OUTSIDE = 1_000_000
"""Beyond the end of any scale."""
HINT = "This is what is meant by "


@attrs.frozen
class Extracted:
    """What came of a check's simulation."""

    rows: Results | TroupeError
    """Or why there are none."""
    requests: Sequence[LLMRequest]
    """What the model was asked."""

    @property
    def row(self) -> Row | TroupeError:
        """The one of somebody alone."""
        return self.rows if isinstance(self.rows, TroupeError) else self.rows[0]

    @property
    def told(self) -> str:
        """Everything that the model was told. The check is skipped where none is asked."""
        if not self.requests:
            pytest.skip("it asks no model")
        return "\n".join(map(said, self.requests))


class ExtractorConformance(DeskConformance):
    """Of an extractor.

        class TestVerdicts(ExtractorConformance):
            plugin = "acme_verdicts"
            fields = {"verdict": ["guilty", "innocent"]}

    People hear something, and findings are drawn with a model that answers by `answer`. Override that if a made up
    answer of the form that the extractor asks for is none that it can use.
    """

    kind = ExtractorSpec

    fields: ClassVar[Mapping[str, Any]] = FIELDS
    """What is to be found out, of types that the extractor can do; one of each sort if it can do all."""
    objective: ClassVar[str] = "What do they think of the new tea?"
    situation: ClassVar[str] = "A tasting in the hall of the village."

    def answer(self, request: LLMRequest) -> Answer:
        """What a good model answers to what the extractor asks. By default as little as fits the form; the texts in it
        are the last word of the transcript that is written like `word-7`, by which transcripts are told apart.
        """
        words = re.findall(r"word-\d+", said(request))
        return made_up(request, words[-1] if words else "word-0")

    def citing(self, request: LLMRequest, lines: Sequence[int]) -> Answer:
        """The same by a model that gives these lines as evidence for each field. By default they stand wherever the
        answer has a key of that name; override it if lines are asked for in another way.
        """
        made: Answer = _citing(self.answer(request), lines)
        return made

    def script(self, request: LLMRequest, call: Call) -> Answer:
        return self.answer(request) if call.purpose == "extraction" else super().script(request, call)

    def at_desk(self, stage: Stage, simulation: Simulation) -> object:
        return self.extractor(stage).extract_results_from_agents(self.people(simulation, 1))

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        """Findings about three people."""
        simulation = Simulation(runtime=runtime, seed=7)
        rows = self.extractor(stage).extract_results_from_agents(self.people(simulation, 3))
        simulation.close()
        return rows.plain()

    def people(self, simulation: Simulation, count: int) -> list[TinyPerson]:
        """So many, of whom each has heard a word of its own."""
        return [
            TinyPerson(f"Person {number}", simulation=simulation).listen(f"The word is word-{number}.", "Moderator")
            for number in range(count)
        ]

    def extractor(self, stage: Stage, **options: Any) -> ResultsExtractor:
        """What findings are drawn with."""
        options = {"situation": self.situation, "fields": self.fields, **options}
        return ResultsExtractor(self.objective, extractor=stage.record_name(), **options)

    def extracted(
        self,
        stage: Stage,
        script: Script | None = None,
        heard: Sequence[str] = ("The word is word-1.",),
        **options: Any,
    ) -> Extracted:
        """About somebody who has heard that, one after the other."""
        runtime = stage.runtime(script or self.script)
        person = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
        for text in heard:
            person.listen(text, "Moderator")
        rows = outcome(lambda: self.extractor(stage, **options).extract_results_from_agents([person]))
        return Extracted(rows, requests_to(runtime))

    # -- what the model is told ---------------------------------------------------------------------------------------

    @pytest.mark.parametrize("what", ["objective", "situation", "hints"])
    def test_the_model_is_told_all_of_the_task(self, stage: Stage, what: str) -> None:
        """What is to be found out, in what situation, and what is said of single fields."""
        hints = {name: f"{HINT}{name}." for name in self.fields}
        wanted = {"objective": [self.objective], "situation": [self.situation], "hints": list(hints.values())}[what]
        told = self.extracted(stage, fields_hints=hints).told
        missing = [text for text in wanted if text not in told]
        assert not missing, f"of what was asked for, the model is not told the {what}: {missing[0]!r}"

    def test_what_people_say_is_no_template(self, stage: Stage) -> None:
        """Braces and the like arrive as they were said."""
        told = self.extracted(stage, heard=[TEMPLATES]).told
        assert TEMPLATES in told, (
            f"what somebody was told, {TEMPLATES!r}, does not reach the model as it is: put the parts of the prompt "
            "together, and do not look for places to fill in once they are in it"
        )

    # -- values -------------------------------------------------------------------------------------------------------

    def test_a_row_has_the_fields_that_were_asked_for(self, stage: Stage) -> None:
        """All of them, in their order, and no other: rows make a table."""
        row = self.extracted(stage).row
        found = list(row) if isinstance(row, Row) else row
        assert found == list(self.fields), f"asked for were {list(self.fields)}, and what came was {found!r}"

    def test_without_fields_it_chooses_its_own(self, stage: Stage) -> None:
        """Who names no field gets what the extractor thinks important, or an `ArgumentError` about that."""
        row = self.extracted(stage, fields=None).row
        refused = isinstance(row, TroupeError) and isinstance(row.__cause__, ArgumentError)
        assert refused or (isinstance(row, Row) and row), (
            f"no field was named, and what came was {row!r}: give at least one value, or raise an ArgumentError"
        )

    def test_who_has_experienced_nothing_has_a_row_too(self, stage: Stage) -> None:
        """An empty transcript shows nothing, and is no reason to fail."""
        row = self.extracted(stage, heard=()).row
        assert isinstance(row, Row), f"nothing has happened to somebody, and instead of a row there came {row!r}"

    def test_an_answer_outside_of_a_scale_is_no_reason_to_fail(self, stage: Stage) -> None:
        """The model is asked again: by `desk.ask(output=task.fields.output)`, for instance."""
        row, _ = self.row_after_nonsense(stage)
        assert isinstance(row, Row), (
            f"the model first gave {OUTSIDE} on a scale and then a good answer, and what came was {row!r}"
        )

    def test_a_value_outside_of_its_scale_is_not_bent_into_it(self, stage: Stage) -> None:
        """A value is what the model found, or None; nobody has said what lies at the nearer end of the scale."""
        row, good = self.row_after_nonsense(stage)
        if not isinstance(row, Row) or not isinstance(good, Row):
            pytest.skip("there is no row, which is the business of another check")
        bent = {name: value for name, value in row.items() if value is not None and value != good[name]}
        assert not bent, f"the model first gave {OUTSIDE} on a scale and then a good answer, and what came was {bent}"

    def row_after_nonsense(self, stage: Stage) -> tuple[Row | TroupeError, Row | TroupeError]:
        """What comes when each number in the first answer is beyond its scale; and what comes without that."""
        good = self.extracted(stage)
        if not any(_has_numbers(self.answer(request)) for request in good.requests):
            pytest.skip("no number stands in what it asks for")
        given: list[Answer] = []

        def script(request: LLMRequest, call: Call) -> Answer:
            answer = self.answer(request)
            if given or not _has_numbers(answer):
                return answer
            given.append(changed(answer, _outside))
            return given[0]

        return self.extracted(stage, script).row, good.row

    # -- evidence -----------------------------------------------------------------------------------------------------

    def test_evidence_is_what_was_cited_and_exists(self, stage: Stage) -> None:
        """Of the lines that a model names, those count that the transcript has."""
        heard = [f"Remark {number}." for number in (1, 2, 3)]
        row = self.citing_these(stage, [1, 10_000, 0, -1], heard).row
        shown = {fact.content for facts in row.evidence.values() for fact in facts} if isinstance(row, Row) else row
        assert shown == {"Remark 1."}, (
            f"of 3 lines the model cited 1, 10,000, 0 and -1, and the evidence is {shown!r} instead of line 1: give "
            "the numbers as the model gave them, the program checks them"
        )

    def test_evidence_was_read(self, stage: Stage) -> None:
        """If a transcript is too long to be read as a whole, `Finding(seen=…)` says which lines were."""
        heard = [f"Remark {number}: {'so it goes ' * 300}" for number in range(1, 61)]
        found = self.citing_these(stage, range(1, 61), heard)
        row, told = found.row, found.told
        facts = [fact for facts in row.evidence.values() for fact in facts] if isinstance(row, Row) else []
        unread = {name for fact in facts if (name := fact.content.partition(":")[0] + ":") not in told}
        assert not unread, (
            f"evidence are {len(unread)} lines that the model was never shown: give the numbers of the others "
            "as Finding(…, seen=excerpt.numbers)"
        )

    def citing_these(self, stage: Stage, lines: Sequence[int], heard: Sequence[str]) -> Extracted:
        """What comes of it if the model cites these lines."""
        asked = self.extracted(stage, heard=heard).requests
        if not any(self.citing(request, lines) != self.answer(request) for request in asked):
            pytest.skip("it does not ask for lines; if it does, override citing()")
        return self.extracted(stage, lambda request, call: self.citing(request, lines), heard)

    # -- many people --------------------------------------------------------------------------------------------------

    def test_each_row_is_of_its_own_person(self, stage: Stage) -> None:
        """One instance serves everybody, at the same time: nothing of a task is kept in it."""
        texts = [name for name, wanted in self.fields.items() if wanted in ("text", "str", str)]
        if not texts:
            pytest.skip("none of the fields is text, by which people could be told apart")
        people = self.people(Simulation(runtime=stage.runtime(self.script, seed=1)), 30)
        rows = outcome(lambda: self.extractor(stage).extract_results_from_agents(people))
        found = [row[texts[0]] for row in rows] if isinstance(rows, Results) else [rows]
        assert found == [f"word-{number}" for number in range(30)], (
            f"each of 30 people has heard a word of its own, and what was found at once is {found}"
        )

    def test_who_cannot_be_read_takes_nobody_along(self, stage: Stage) -> None:
        """The model's error stands among the failures, as it is; all others have their rows."""
        error = BadRequest("the transcript is too long for the model")
        runtime = stage.runtime(lambda request, call: error if call.person == "Person 1" else self.answer(request))
        people = self.people(Simulation(runtime=runtime), 3)
        rows = outcome(lambda: self.extractor(stage).extract_results_from_agents(people))
        if not requests_to(runtime):
            pytest.skip("it asks no model")
        failed = [(each.of, each.error) for each in rows.failures] if isinstance(rows, Results) else rows
        assert failed == [("Person 1", error)], (
            f"the model raised {error!r} for Person 1 of 3, and what failed was {failed!r}: let it through"
        )


def _outside(name: str, value: Any) -> Any:
    """Numbers alone, and not how sure the model is: that has a scale of the core's."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return OUTSIDE if is_number and name != "confidence" else value


def _has_numbers(answer: Answer) -> bool:
    return bool(changed(answer, _outside) != answer)


def _citing(value: Any, lines: Sequence[int]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: list(lines) if key == "evidence" else _citing(each, lines) for key, each in value.items()}
