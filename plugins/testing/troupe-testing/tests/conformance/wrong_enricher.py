"""Enrichers that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from troupe_core import (
    Enricher,
    EnrichmentTask,
    ModelError,
    OutputError,
    PluginError,
)
from troupe_testing.conformance import EnricherConformance


@frozen
class Config:
    tone: str = "cheerful"


class Right(Enricher, config=Config, name="rewriting"):
    async def enrich(self, task: EnrichmentTask, desk: Any) -> str:
        answer = await desk.ask(self.prompt(task), system=f"Rewrite the text. Be {self.config.tone}.")
        return self.cleaned(answer)

    def prompt(self, task: EnrichmentTask) -> str:
        return "\n\n".join([task.requirements, task.context, *task.earlier, task.content_type, task.content])

    def cleaned(self, answer: str) -> str:
        text = answer.strip()
        return text.split("\n", 1)[1].removesuffix("```").strip() if text.startswith("```") else text


class TestRight(EnricherConformance):
    plugin = Right


@frozen
class Written:
    text: str


class Formal(Right, name="rewriting"):
    async def enrich(self, task: EnrichmentTask, desk: Any) -> str:
        answer: Written = await desk.ask(self.prompt(task), output=Written)
        return answer.text


class TestRightWithAForm(EnricherConformance):
    plugin = Formal


# -- what the model is told -------------------------------------------------------------------------------------------


class Aimless(Right, name="rewriting"):
    def prompt(self, task: EnrichmentTask) -> str:
        return task.content


class TestDoesNotSayWhatIsWanted(EnricherConformance):
    fails = "test_the_model_is_told_all_of_the_task"
    plugin = Aimless


class Templated(Right, name="rewriting"):
    def prompt(self, task: EnrichmentTask) -> str:
        return super().prompt(task).replace("{{requirements}}", task.requirements)


class TestTakesTheContentForATemplate(EnricherConformance):
    fails = "test_the_content_is_no_template"
    plugin = Templated


# -- what comes of it -------------------------------------------------------------------------------------------------


class Spacious(Right, name="rewriting"):
    def cleaned(self, answer: str) -> str:
        return f"{super().cleaned(answer)}\n"


class TestLeavesSpaceAroundTheText(EnricherConformance):
    fails = "test_no_space_stands_around_the_text"
    plugin = Spacious


class Fenced(Right, name="rewriting"):
    def cleaned(self, answer: str) -> str:
        return answer.strip()


class TestLeavesAFenceAroundTheText(EnricherConformance):
    fails = "test_no_fence_stands_around_the_text"
    plugin = Fenced


class Placid(Right, name="rewriting"):
    async def enrich(self, task: EnrichmentTask, desk: Any) -> str:
        try:
            return await super().enrich(task, desk)
        except OutputError:
            return task.content


class TestGivesTheContentBack(EnricherConformance):
    fails = "test_without_a_usable_answer_there_is_an_error"
    plugin = Placid


class Vague(Right, name="rewriting"):
    async def enrich(self, task: EnrichmentTask, desk: Any) -> str:
        try:
            return await super().enrich(task, desk)
        except ModelError as error:
            raise PluginError(f"it could not be rewritten: {error}") from error


class TestRaisesAnErrorOfItsOwn(EnricherConformance):
    fails = "test_an_error_of_the_model_comes_out_as_it_is"
    plugin = Vague


# -- many at once -----------------------------------------------------------------------------------------------------


class Sharing(Right, name="rewriting"):
    """Asks twice, the second time for whoever came last."""

    async def enrich(self, task: EnrichmentTask, desk: Any) -> str:
        self.task = task
        await super().enrich(task, desk)
        return await super().enrich(self.task, desk)


class TestKeepsTheTaskInItself(EnricherConformance):
    fails = "test_fifty_at_once_are_as_one_after_the_other"
    plugin = Sharing
