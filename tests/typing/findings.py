"""What checkers know of extraction and enrichment, for those who ask and for those who write plugins.

This file is read by mypy and pyright and never run. An ignore in it says that there must be an error, for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_type

from attrs import frozen

from troupe_core import (
    Desk,
    Enricher,
    EnrichmentTask,
    ExtractionTask,
    Extractor,
    Fact,
    Fields,
    Finding,
    Results,
    ResultsExtractor,
    Row,
    Scale,
    Stream,
    TinyEnricher,
    TinyPerson,
    TinyWorld,
    Transcript,
    Written,
)
from troupe_core.findings import Line


def plain(person: TinyPerson, world: TinyWorld) -> None:
    extractor = ResultsExtractor(
        fields={"rating": "1..5", "other": Scale(0.0, 1.0)}, fields_hints={"rating": "5: best"}
    )
    row = extractor.extract_results_from_agent(person, "Why?", situation="A shop")
    assert_type(row, Row)
    assert_type(row.evidence["rating"], tuple[Fact, ...])
    assert_type(row.confidence["rating"], float)
    results = extractor.extract_results_from_agents([person], fields=["rating"])
    assert_type(results, Results)
    assert_type([each.of for each in results], list[str])
    assert_type(results.to_json(), str)
    assert_type(extractor.extract_results_from_world(world), Row)
    assert_type(TinyEnricher().enrich_content("be brief", "a long text"), Written)
    assert_type(Transcript.of([person]).lines, tuple[Line, ...])
    extractor.extract_results_from_agent(world)  # type: ignore[arg-type]
    extractor.extract_results_from_world(person)  # type: ignore[arg-type]
    extractor.extract_results_from_agent(person, objective="Why?")  # type: ignore[call-arg]
    extractor.extract_results_from_agent(person, situation=5)  # type: ignore[arg-type]
    ResultsExtractor(objective="Why?")  # type: ignore[call-arg]
    TinyEnricher().enrich_content("be brief")  # type: ignore[call-arg]


async def awaited(person: TinyPerson, world: TinyWorld) -> None:
    extractor = ResultsExtractor(extractor="results")
    assert_type(await extractor.aextract_results_from_agent(person), Row)
    assert_type(await extractor.aextract_results_from_agents([person]), Results)
    assert_type(await extractor.aextract_results_from_world(world), Row)
    assert_type(await TinyEnricher(enricher="audience").aenrich_content("be brief", "a long text"), Written)


@frozen
class Config:
    words: int = 3


@frozen
class Verdict:
    good: bool


class Judge(Extractor, config=Config):
    async def extract(self, task: ExtractionTask, desk: Desk) -> Sequence[Finding]:
        assert_type(task.fields, Fields)
        assert_type(desk.subject, str)
        assert_type(desk.rng, Stream)
        assert_type(await desk.ask("Is it good?"), str)
        assert_type(await desk.ask("Is it good?", output=Verdict), Verdict)
        answer: Any = await desk.ask(str(task.transcript), system=task.objective, output=task.fields.output)
        first = task.transcript.lines[0]
        return [task.fields.finding(answer), Finding({"good": True}, {"good": 0.5}, {"good": [first, first.fact, 1]})]


class Shorter(Enricher, config=Config):
    async def enrich(self, task: EnrichmentTask, desk: Desk) -> str:
        return task.content[: self.config.words]


class Mute(Enricher):
    async def enrich(self, task: EnrichmentTask, desk: Desk) -> None:  # type: ignore[override]
        """What comes back is a text."""
