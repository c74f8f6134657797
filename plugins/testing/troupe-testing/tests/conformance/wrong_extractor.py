"""Extractors that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import evolve, frozen

from troupe_core import (
    ExtractionTask,
    Extractor,
    Fields,
    Finding,
    ModelError,
)
from troupe_testing.conformance import ExtractorConformance

MAIN_POINTS = Fields.of({"main_points": list[str]})


@frozen
class Config:
    tone: str = "calm"


class Right(Extractor, config=Config, name="reading"):
    async def extract(self, task: ExtractionTask, desk: Any) -> Sequence[Finding]:
        fields = task.fields or MAIN_POINTS
        shown = self.shown(task)
        prompt = self.prompt(task, shown.text)
        answer = await desk.ask(prompt, system=self.system(task), output=self.form(fields).output)
        return [self.finding(task, self.form(fields).finding(answer, shown.numbers))]

    def shown(self, task: ExtractionTask) -> Any:
        return task.transcript.excerpt(10_000)

    def form(self, fields: Fields) -> Fields:
        return fields

    def system(self, task: ExtractionTask) -> str:
        hints = [f"{field.name}: {field.hint}" for field in task.fields.fields]
        return "\n".join([f"Be {self.config.tone}.", task.objective, task.situation, *hints])

    def prompt(self, task: ExtractionTask, transcript: str) -> str:
        return transcript

    def finding(self, task: ExtractionTask, finding: Finding) -> Finding:
        return finding


class TestRight(ExtractorConformance):
    plugin = Right


class TestRightWithAFieldOfItsOwn(ExtractorConformance):
    plugin = Right
    fields: ClassVar[Mapping[str, Any]] = {"verdict": ["guilty", "innocent"]}


# -- what the model is told -------------------------------------------------------------------------------------------


class Aimless(Right, name="reading"):
    def system(self, task: ExtractionTask) -> str:
        return "Find something."


class TestDoesNotSayWhatIsLookedFor(ExtractorConformance):
    fails = "test_the_model_is_told_all_of_the_task"
    plugin = Aimless


class Templated(Right, name="reading"):
    def prompt(self, task: ExtractionTask, transcript: str) -> str:
        return transcript.replace("{{objective}}", task.objective)


class TestTakesATranscriptForATemplate(ExtractorConformance):
    fails = "test_what_people_say_is_no_template"
    plugin = Templated


# -- values -----------------------------------------------------------------------------------------------------------


class Generous(Right, name="reading"):
    def finding(self, task: ExtractionTask, finding: Finding) -> Finding:
        return evolve(finding, values={**finding.values, "remark": "There is more to say."})


class TestAddsAFieldOfItsOwn(ExtractorConformance):
    fails = "test_a_row_has_the_fields_that_were_asked_for"
    plugin = Generous


class Literal(Right, name="reading"):
    def finding(self, task: ExtractionTask, finding: Finding) -> Finding:
        return finding if task.fields else Finding({})


class TestFindsNothingWithoutFields(ExtractorConformance):
    fails = "test_without_fields_it_chooses_its_own"
    plugin = Literal


class Expecting(Right, name="reading"):
    def finding(self, task: ExtractionTask, finding: Finding) -> Finding:
        return evolve(finding, evidence={**finding.evidence} if task.transcript.lines[0] else {})


class TestExpectsALine(ExtractorConformance):
    fails = "test_who_has_experienced_nothing_has_a_row_too"
    plugin = Expecting


class Loose(Right, name="reading"):
    """Asks for a number, however large."""

    def form(self, fields: Fields) -> Fields:
        loose = Fields.of({"rating": f"1..{2**40}"}).fields[0]
        return Fields(tuple(loose if field.name == "rating" else field for field in fields.fields))


class TestTakesAnyNumberForARating(ExtractorConformance):
    fails = "test_an_answer_outside_of_a_scale_is_no_reason_to_fail"
    plugin = Loose


class Bending(Loose, name="reading"):
    def finding(self, task: ExtractionTask, finding: Finding) -> Finding:
        values = {name: min(value, 5) if name == "rating" else value for name, value in finding.values.items()}
        return evolve(finding, values=values)


class TestBendsNumbers(ExtractorConformance):
    fails = "test_a_value_outside_of_its_scale_is_not_bent_into_it"
    plugin = Bending


# -- evidence ---------------------------------------------------------------------------------------------------------


class Obliging(Right, name="reading"):
    def finding(self, task: ExtractionTask, finding: Finding) -> Finding:
        last = len(task.transcript)
        evidence = {name: [min(max(1, line), last) for line in lines] for name, lines in finding.evidence.items()}
        return evolve(finding, evidence=evidence)


class TestTakesTheNearestLine(ExtractorConformance):
    fails = "test_evidence_is_what_was_cited_and_exists"
    plugin = Obliging


class Silent(Right, name="reading"):
    def finding(self, task: ExtractionTask, finding: Finding) -> Finding:
        return evolve(finding, seen=None)


class TestDoesNotSayWhatItHasRead(ExtractorConformance):
    fails = "test_evidence_was_read"
    plugin = Silent


# -- many people ------------------------------------------------------------------------------------------------------


class Sharing(Right, name="reading"):
    """Asks twice, the second time for whoever came last."""

    async def extract(self, task: ExtractionTask, desk: Any) -> Sequence[Finding]:
        self.task = task
        await super().extract(task, desk)
        return await super().extract(self.task, desk)


class TestKeepsTheTaskInItself(ExtractorConformance):
    fails = "test_each_row_is_of_its_own_person"
    plugin = Sharing


class Placid(Right, name="reading"):
    async def extract(self, task: ExtractionTask, desk: Any) -> Sequence[Finding]:
        try:
            return await super().extract(task, desk)
        except ModelError:
            return [Finding(dict.fromkeys(task.fields.names))]


class TestHidesAnError(ExtractorConformance):
    fails = "test_who_cannot_be_read_takes_nobody_along"
    plugin = Placid
