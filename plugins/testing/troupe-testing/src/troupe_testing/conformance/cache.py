"""What holds for caches of models' answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from troupe_core import Call, LLMRequest, LLMResponse, ModelError, Parameters
from troupe_testing.conformance.cached_embeddings import CachedEmbeddingsConformance
from troupe_testing.conformance.probe import LIKELY, Room, a_moment, question, text
from troupe_testing.conformance.stage import Stage
from troupe_testing.conformance.wrapper import LLMWrapperConformance

FORM = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
OTHERS = {
    "text": question("And what do others think?"),
    "model": question(model="probe/another"),
    "temperature": question(parameters=Parameters(temperature=0.5)),
    "seed": question(parameters=Parameters(seed=1)),
    "schema": question(schema=FORM),
    "tools": question(tools=({"name": "look"},)),
    "lane": question(lane="Ben"),
}
"""Questions that are others than `question()`, each by one thing."""
FITTING = '{"name": "Ada", "age": 71}'
SOMEBODY_ELSE = Call("another simulation", "extraction", world="The room", person="Ben", turn=9, step=2, ordinal=4)


class CacheConformance(LLMWrapperConformance, CachedEmbeddingsConformance):
    """Of a plugin that keeps what models answer, and vectors of texts if it wants to. Its settings have it keep and
    look up, in a place of the test's own:

        class TestCache(CacheConformance):
            plugin = "acme_cache"

            @pytest.fixture
            def table(self, tmp_path):
                return {"path": str(tmp_path / "answers")}

    To the first who asks something, it is like any other plugin around models.
    """

    # -- what is kept -------------------------------------------------------------------------------------------------

    def test_what_was_answered_is_not_asked_again(self, stage: Stage) -> None:
        """Of each draw, the answer is kept."""
        room = self.room(stage)
        draws = [question(draw=draw) for draw in range(5)]
        room.ask(*draws)
        room.ask(*draws)
        calls = len(room.probe.asked)
        assert calls == 5, f"5 draws of one question were asked for twice, and came to {calls} calls instead of 5"

    def test_what_is_kept_comes_back_as_it_was(self, stage: Stage) -> None:
        """Text, usage, finish and the name of the model."""
        room = self.room(stage)
        first, again = room.ask(question()), room.ask(question())
        assert again == first, f"the model answered {first[0]!r}, and what was kept of it is {again[0]!r}"

    def test_what_is_marked_stays_marked(self, stage: Stage) -> None:
        """What a puppet has answered says so when it is found again: as a whole, in pieces, and after a stream."""
        room = self.room(stage, lambda request, number: LLMResponse("I like tea.", mark="rehearsal"))
        whole, streamed = question(), question(draw=1)
        room.ask(whole)
        room.stream(streamed)
        found = [room.ask(whole)[-1], room.stream(whole)[-1], room.ask(streamed)[-1], room.stream(streamed)[-1]]
        marks = [getattr(each, "mark", each) for each in found]
        assert marks == ["rehearsal"] * 4, (
            f"an answer was marked as rehearsal, and what was found of it is marked {marks}: keep the mark of a "
            "response, and that of the last piece of a stream"
        )

    def test_how_likely_the_words_were_is_kept(self, stage: Stage) -> None:
        """Of an answer as a whole, and of one that was streamed: `LLMResponse.logprobs`, and those of all pieces."""
        room = self.room(stage, lambda request, number: LLMResponse("I like tea.", logprobs=LIKELY))
        whole, streamed = question(), question(draw=1)
        room.ask(whole)
        room.stream(streamed)
        found = [room.ask(whole), room.stream(whole), room.ask(streamed), room.stream(streamed)]
        told = [tuple(token for piece in pieces for token in getattr(piece, "logprobs", ())) for pieces in found]
        assert told == [LIKELY] * 4, f"an answer told {LIKELY}, and what was found of it {told}"

    def test_who_asks_makes_no_difference(self, stage: Stage) -> None:
        """What is in the `Call` does not change the answer, hence belongs into no key."""
        room = self.room(stage)
        room.ask(question())

        async def story() -> None:
            await room.handler.complete(question(), SOMEBODY_ELSE)

        room.run(story)
        assert len(room.probe.asked) == 1, (
            "the same question was asked once more because somebody else had it, or later: find answers by request.key"
        )

    @pytest.mark.parametrize("what", OTHERS)
    def test_another_question_is_asked_for_itself(self, stage: Stage, what: str) -> None:
        """Whatever is in the request may change the answer: text, model, parameters, schema, tools, lane."""
        room = self.room(stage, lambda request, number: FITTING)
        room.ask(question())
        room.ask(OTHERS[what])
        assert len(room.probe.asked) == 2, (
            f"a question that differs in its {what} was given the answer of another one: find answers by request.key"
        )

    # -- what is not kept ---------------------------------------------------------------------------------------------

    def test_an_error_is_not_kept(self, stage: Stage) -> None:
        """What fails now may succeed the next time."""
        asked = self.calls_for_two(stage, ModelError("the provider is down"))
        assert asked == 2, "an error was kept: who asks after it does not reach the model"

    def test_a_refusal_is_not_kept(self, stage: Stage) -> None:
        """An answer that ends in "refusal" would be of no use in any run."""
        asked = self.calls_for_two(stage, LLMResponse("I would rather not.", finish="refusal"))
        assert asked == 2, 'a refusal was kept: keep only what has finish == "stop"'

    def test_an_answer_that_was_cut_off_is_not_kept(self, stage: Stage) -> None:
        """It ends in "length"."""
        asked = self.calls_for_two(stage, LLMResponse("Once upon a", finish="length"))
        assert asked == 2, 'an answer that was cut off was kept: keep only what has finish == "stop"'

    def test_an_empty_answer_is_not_kept(self, stage: Stage) -> None:
        """The core asks again for it."""
        asked = self.calls_for_two(stage, LLMResponse(" \n"))
        assert asked == 2, "an answer without any text was kept"

    def test_an_answer_of_another_form_is_not_kept(self, stage: Stage) -> None:
        """If the question has a schema, only what fits it is of use."""
        asked = self.calls_for_two(stage, LLMResponse('{"name": "Ada"}'), question(schema=FORM))
        assert asked == 2, "an answer was kept that does not fit request.schema"

    def calls_for_two(self, stage: Stage, answer: LLMResponse | Exception, request: LLMRequest | None = None) -> int:
        """How often the model is asked if it answers so, and the same question comes twice."""
        room = self.room(stage, lambda _, number: answer)
        room.ask(request or question())
        room.ask(request or question())
        return len(room.probe.asked)

    # -- many at once -------------------------------------------------------------------------------------------------

    def test_the_same_question_at_once_is_asked_once(self, stage: Stage) -> None:
        """Who comes while it is under way gets the same answer."""
        room = self.room(stage)

        async def story() -> list[Any]:
            tasks = await self.together(room, 100)
            room.probe.gate.set()
            return await asyncio.gather(*tasks, return_exceptions=True)

        texts = {text([answer]) for answer in room.run(story)}
        calls = len(room.probe.asked)
        assert (calls, len(texts)) == (1, 1), (
            f"100 asked the same at once; that came to {calls} calls and {len(texts)} answers instead of one"
        )

    def test_the_first_may_leave_and_the_others_are_served(self, stage: Stage) -> None:
        """The call is not that of the one who happened to come first."""
        room = self.room(stage)

        async def story() -> list[Any]:
            first, *others = await self.together(room)
            first.cancel()
            await a_moment()
            room.probe.gate.set()
            return await asyncio.gather(*others, return_exceptions=True)

        lost = [answer for answer in room.run(story) if not isinstance(answer, LLMResponse)]
        assert not lost, (
            f"5 asked the same, and the first was cancelled; another one got {lost[0]!r} instead of an answer: make "
            "the call in a task of its own"
        )

    def test_when_all_have_left_the_call_ends(self, stage: Stage) -> None:
        """Nobody pays for what nobody waits for; who comes afterwards asks anew."""
        room = self.room(stage)

        async def story() -> tuple[int, int]:
            tasks = await self.together(room)
            for task in tasks:
                task.cancel()
            await a_moment()
            going_on, before = room.probe.in_flight, len(room.probe.asked)
            room.probe.gate.set()
            await asyncio.gather(*tasks, return_exceptions=True)
            await room.task(question())
            return going_on, len(room.probe.asked) - before

        going_on, anew = room.run(story)
        assert (going_on, anew) == (0, 1), (
            "5 asked the same, and all were cancelled: the call at the model has to be cancelled too, and nothing kept"
        )

    async def together(self, room: Room, count: int = 5) -> list[asyncio.Task[LLMResponse]]:
        """So many who wait for the answer to the same question, which the model holds back."""
        room.probe.gate.clear()
        tasks = [room.task(question())]
        await room.probe.arrived(1)
        tasks += [room.task(question()) for _ in range(count - 1)]
        await a_moment()
        return tasks

    # -- streams ------------------------------------------------------------------------------------------------------

    def test_a_stream_that_was_read_to_its_end_serves_who_wants_the_whole(self, stage: Stage) -> None:
        """It is the same answer, in pieces."""
        room = self.room(stage)
        pieces = room.stream(question())
        whole = room.ask(question())
        assert text(whole) == text(pieces), (
            "an answer was streamed to its end, and then wanted as a whole: it was not the one that had been streamed"
        )

    def test_a_whole_answer_serves_who_wants_a_stream(self, stage: Stage) -> None:
        """In how many pieces, does not matter."""
        room = self.room(stage)
        whole = room.ask(question())
        pieces = room.stream(question())
        assert text(pieces) == text(whole), (
            "an answer was there, and then wanted as a stream: it was another one that was streamed"
        )

    def test_a_stream_that_was_left_is_not_kept(self, stage: Stage) -> None:
        """What was read of it is half an answer."""
        room = self.room(stage)
        room.stream(question(), most=2)
        room.ask(question())
        assert len(room.probe.asked) == 2, "a stream was left after two pieces, and kept as if that were all"

    def test_a_stream_that_was_cut_off_is_not_kept(self, stage: Stage) -> None:
        """How it ended is told by its last piece."""
        room = self.room(stage, lambda request, number: LLMResponse("Once upon a", finish="length"))
        room.stream(question())
        room.stream(question())
        assert len(room.probe.asked) == 2, (
            'a stream was kept that ended in "length": look at the finish of its last piece'
        )

    # -- several runtimes ---------------------------------------------------------------------------------------------

    def two(self, stage: Stage) -> tuple[Room, Room]:
        """Rooms with the same settings."""
        if not self.lasts:
            pytest.skip("what it keeps is its runtime's own")
        return self.room(stage), self.room(stage)

    def test_runtimes_with_the_same_settings_share_what_is_kept(self, stage: Stage) -> None:
        """At the same time."""
        one, two = self.two(stage)
        one.ask(question())
        two.ask(question())
        assert not two.probe.asked, "what was answered in one runtime was asked again in another one beside it"

    def test_what_is_kept_is_there_when_the_runtime_is_closed(self, stage: Stage) -> None:
        """The next run of a program pays for nothing twice, and comes to the same."""
        one, two = self.two(stage)
        one.ask(question())
        one.runtime.close()
        two.ask(question())
        assert not two.probe.asked, "what was answered in a runtime was asked again when that one was closed"
