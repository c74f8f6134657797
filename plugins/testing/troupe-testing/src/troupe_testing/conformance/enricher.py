"""What holds for enrichers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import ClassVar

import pytest

from troupe_core import Call, EnricherSpec, LLMRequest, Runtime, Simulation, TinyEnricher, TroupeError
from troupe_core.errors import BadRequest
from troupe_testing.conformance.answering import made_up, outcome, requests_to, said
from troupe_testing.conformance.desk import DeskConformance
from troupe_testing.conformance.stage import Stage
from troupe_testing.scripted import Answer, Script

TEMPLATES = "{{requirements}} {{content}} {content} {0} %s %(content)s ${content} {% if content %}"
"""What would be something else if it were a template of some language."""


class EnricherConformance(DeskConformance):
    """Of an enricher.

        class TestBrief(EnricherConformance):
            plugin = "acme_brief"

    It is tried with a model that answers by `answer`; override that if what the model says has to be of some kind.
    """

    kind = EnricherSpec

    requirements: ClassVar[str] = "Write it for children of ten."
    """What is required of the text. With the four below it makes a task that the enricher can fulfil."""
    content: ClassVar[str] = "Our tea grows at two thousand metres, where it is cool."
    content_type: ClassVar[str] = "label of a packet"
    context: ClassVar[str] = "It is sold in summer."
    earlier: ClassVar[tuple[str, ...]] = ("Our coffee grows behind the house of our aunt.",)

    def answer(self, request: LLMRequest) -> Answer:
        """What a good model answers to what the enricher asks. By default a sentence, as text or as all texts in the
        form that is asked for; it tells the number that stands in the content, since several contents differ by it.
        """
        numbers = re.findall(r"number (\d+)", said(request))
        return made_up(request, f"This is a better text than number {numbers[-1] if numbers else 'any'}.")

    def script(self, request: LLMRequest, call: Call) -> Answer:
        return self.answer(request) if call.purpose == "enrichment" else super().script(request, call)

    def at_desk(self, stage: Stage, simulation: Simulation) -> object:
        return self.written(stage, simulation, self.content)

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        """Two texts, one after the other."""
        simulation = Simulation(runtime=runtime, seed=7)
        texts = [self.written(stage, simulation, f"{self.content} It is number {number}.") for number in (1, 2)]
        simulation.close()
        return texts

    def written(self, stage: Stage, simulation: Simulation, content: str) -> str:
        """What becomes of a content."""
        enricher = TinyEnricher(enricher=stage.record_name(), simulation=simulation)
        return enricher.enrich_content(
            self.requirements, content, self.content_type, self.context, context_cache=self.earlier
        )

    def came(
        self, stage: Stage, script: Script | None = None, content: str = ""
    ) -> tuple[str | TroupeError, list[LLMRequest]]:
        """The text, or the error that there is instead, and what the model was asked."""
        runtime = stage.runtime(script or self.script)
        simulation = Simulation(runtime=runtime)
        text = outcome(lambda: self.written(stage, simulation, content or self.content))
        return text, requests_to(runtime)

    # -- what the model is told ---------------------------------------------------------------------------------------

    @pytest.mark.parametrize("what", ["requirements", "content", "content_type", "context", "earlier"])
    def test_the_model_is_told_all_of_the_task(self, stage: Stage, what: str) -> None:
        """What the text is to be, the text itself, and what goes with it, as they are."""
        given = getattr(self, what)
        _, requests = self.came(stage)
        told = "\n".join(map(said, requests))
        assert all(text in told for text in ([given] if isinstance(given, str) else given)), (
            f"the model is not told the {what} of the task, which is {given!r}"
        )

    def test_the_content_is_no_template(self, stage: Stage) -> None:
        """Braces and the like arrive as they were written."""
        _, requests = self.came(stage, content=TEMPLATES)
        assert any(TEMPLATES in said(request) for request in requests), (
            f"the content {TEMPLATES!r} does not reach the model as it is: put the parts of the prompt together, and "
            "do not look for places to fill in once they are in it"
        )

    # -- what comes of it ---------------------------------------------------------------------------------------------

    def test_no_space_stands_around_the_text(self, stage: Stage) -> None:
        """What a model puts before and after it is taken off."""
        text = self.around(stage, "\n  ", "\n\n")
        assert isinstance(text, str) and text == text.strip(), (  # noqa: PT018 - one promise
            f"the model put space around its answer, and what came was {text!r}"
        )

    def test_no_fence_stands_around_the_text(self, stage: Stage) -> None:
        """Models like to put one around whatever is a document."""
        text = self.around(stage, "```markdown\n", "\n```")
        assert isinstance(text, str) and "```" not in text, (  # noqa: PT018 - one promise
            f"the model put a fence around its answer, and what came was {text!r}"
        )

    def around(self, stage: Stage, before: str, after: str) -> str | TroupeError:
        """What comes of an answer that has something around it."""

        _, requests = self.came(stage)
        if not all(isinstance(self.answer(request), str) for request in requests):
            pytest.skip("it asks for a form, in which nothing stands around a text")
        return self.came(stage, lambda request, call: f"{before}{self.answer(request)}{after}")[0]

    def test_without_a_usable_answer_there_is_an_error(self, stage: Stage) -> None:
        """Nothing is made up, and the content is not given back as if it had been rewritten."""
        text, _ = self.came(stage, lambda request, call: "")
        assert isinstance(text, TroupeError), (
            f"the model answered nothing, also when it was asked again, and what came was {text!r} instead of an error"
        )

    def test_an_error_of_the_model_comes_out_as_it_is(self, stage: Stage) -> None:
        """Who asked for the text is told what the provider said."""
        error = BadRequest("the text is too long for the model")
        text, _ = self.came(stage, lambda request, call: error)
        assert text is error, f"the model raised {error!r}, and what came was {text!r}: let it through"

    def test_fifty_at_once_are_as_one_after_the_other(self, stage: Stage) -> None:
        """One instance serves everybody, at the same time: nothing of a task is kept in it."""
        contents = [f"{self.content} It is number {number}." for number in range(50)]
        simulation = Simulation(runtime=stage.runtime(self.script))
        alone = [outcome(self._writing(stage, simulation, content)) for content in contents]
        simulation = Simulation(runtime=stage.runtime(self.script, seed=1))

        async def story() -> list[str | BaseException]:
            enricher = TinyEnricher(enricher=stage.record_name(), simulation=simulation)
            rest = (self.content_type, self.context, self.earlier)
            texts = [enricher.aenrich_content(self.requirements, content, *rest) for content in contents]
            return await asyncio.gather(*texts, return_exceptions=True)

        together = asyncio.run(story())
        other = [pair for pair in zip(together, alone, strict=True) if pair[0] != pair[1]]
        assert not other, (
            f"of 50 texts at once {len(other)} are not as when made alone: {other[0][0]!r} instead of {other[0][1]!r}"
        )

    def _writing(self, stage: Stage, simulation: Simulation, content: str) -> Callable[[], str]:
        return lambda: self.written(stage, simulation, content)
