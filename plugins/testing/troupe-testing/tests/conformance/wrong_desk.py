"""Enrichers and extractors that use their desk wrongly in one way each, and right ones: run by `test_the_kit.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, ClassVar

from attrs import frozen

from troupe_core import (
    Call,
    Enricher,
    EnricherSpec,
    EnrichmentTask,
    ExtractionTask,
    Extractor,
    Fields,
    Finding,
    Form,
    LLMRequest,
    Message,
    OutputError,
    hookimpl,
)
from troupe_testing.conformance import EnricherConformance, ExtractorConformance


@frozen
class Written:
    text: str


class Writing(Enricher):
    async def enrich(self, task: EnrichmentTask, desk: Any) -> str:
        prompt = "\n\n".join([task.requirements, task.context, *task.earlier, task.content_type, task.content])
        answer: Written = await desk.ask(prompt, output=Written)
        return answer.text


class Reading(Extractor):
    async def extract(self, task: ExtractionTask, desk: Any) -> Sequence[Finding]:
        fields = task.fields or Fields.of({"main_points": list[str]})
        shown = task.transcript.excerpt(10_000)
        hints = [f"{field.name}: {field.hint}" for field in task.fields.fields]
        system = "\n".join([task.objective, task.situation, *hints])
        answer = await desk.ask(self.prompt(shown.text), system=system, output=fields.output)
        return [fields.finding(answer, shown.numbers)]

    def prompt(self, transcript: str) -> str:
        return transcript


class TestRightWriting(EnricherConformance):
    plugin = Writing


class TestRightReading(ExtractorConformance):
    plugin = Reading


class Insisting(Writing, name="writing"):
    """Asks again at the runtime's expense."""

    runtime: Any = None

    async def enrich(self, task: EnrichmentTask, desk: Any) -> str:
        try:
            return await super().enrich(task, desk)
        except OutputError:
            request = LLMRequest(Form("scripted/test"), (Message("user", task.content),))
            await self.runtime.llm_handler("scripted/test").complete(request, Call("mine", "enrichment"))
            raise


class AtTheRuntime:
    def __init__(self, config: None, runtime: Any) -> None:
        self.enricher = type("Insisting", (Insisting,), {"runtime": runtime})

    @hookimpl
    def troupe_register_enrichers(self) -> Iterator[EnricherSpec]:
        yield EnricherSpec("writing", self.enricher)


class TestAsksBesideTheDesk(EnricherConformance):
    fails = "test_the_simulation_pays_for_every_question"
    plugin = AtTheRuntime


class Numbering(Reading, name="reading"):
    asked: ClassVar[Iterator[int]] = count(1)

    def prompt(self, transcript: str) -> str:
        return f"Transcript {next(self.asked)}\n\n{transcript}"


class TestAsksOtherwiseEachTime(ExtractorConformance):
    fails = "test_run_again_on_its_journal_it_asks_nothing"
    plugin = Numbering
