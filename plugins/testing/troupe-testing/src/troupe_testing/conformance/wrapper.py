"""What holds for plugins that stand around models."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest

from troupe_core import LLMResponse, PluginError, Usage
from troupe_core.errors import BadRequest
from troupe_testing.conformance.plugin import PluginConformance
from troupe_testing.conformance.probe import CALL, LIKELY, Answering, Probe, Room, a_moment, close, question, text
from troupe_testing.conformance.stage import Stage, last_origin
from troupe_testing.scripted import ScriptedModel

BOTH_WAYS = pytest.mark.parametrize("way", ["complete", "stream"])


class LLMWrapperConformance(PluginConformance):
    """Of a plugin that puts something around models, by the hook `troupe_llm_handler`.

        class TestRetries(LLMWrapperConformance):
            plugin = "acme_retries"
            settings = {"attempts": 3}

    It is asked with a model that answers at once, or holds its answers back, both whole and piece by piece.
    """

    transparent: ClassVar[bool] = True
    """Whether questions, answers and errors pass through it as they are, when nothing is amiss. One that changes them
    on purpose says False, and leaves out the checks of that.
    """
    limits: ClassVar[bool] = False
    """Whether it is there to let only few calls through at a time."""

    def room(self, stage: Stage, answering: Answering | None = None) -> Room:
        """A runtime in which it stands around a model that answers so."""
        probe = Probe(answering)
        runtime = stage.runtime(self.script, plugins=(probe,))
        name = last_origin(runtime).plugin
        hooks = runtime.plugins.get_hookcallers(runtime.plugins.get_plugin(name)) or ()
        if "troupe_llm_handler" not in [hook.name for hook in hooks]:
            raise PluginError(f"{name} puts nothing around models: it has no hook troupe_llm_handler")
        return Room(runtime, probe)

    @pytest.fixture
    def only_if_transparent(self) -> None:
        if not self.transparent:
            pytest.skip("it changes what passes through it")

    # -- what passes through ------------------------------------------------------------------------------------------

    @BOTH_WAYS
    @pytest.mark.usefixtures("only_if_transparent")
    def test_the_question_reaches_the_model_as_it_was_put(self, stage: Stage, way: str) -> None:
        """Request and call are handed on as they came, once."""
        room, request = self.room(stage), question()
        room.by(way, request)
        came = [(asked.key, call) for asked, call in room.probe.asked]
        assert came == [(request.key, CALL)], (
            f"by {way}, one question was put, and another one reached the model, or none, or several: hand on the "
            "request and the call that you are given"
        )

    @pytest.mark.usefixtures("only_if_transparent")
    def test_the_answer_comes_back_as_it_is(self, stage: Stage) -> None:
        """Text, usage, finish, the name of the model, the mark and log-probabilities are as the model gave them."""
        given = LLMResponse(
            "Well, I would like some tea.", Usage(7, 3, 2), "probe-2026", "stop", "rehearsal", logprobs=LIKELY
        )
        (came,) = self.room(stage, lambda request, number: given).ask(question())
        assert came == given, f"the model answered {given!r}, and what came was {came!r}"

    @pytest.mark.usefixtures("only_if_transparent")
    def test_the_pieces_of_a_stream_are_the_whole_answer(self, stage: Stage) -> None:
        """Put together they are its text; the last one carries usage, finish and mark."""
        given = LLMResponse("Well, I would like some tea.", Usage(7, 3, 2), "probe-2026", "stop", "rehearsal")
        pieces = self.room(stage, lambda request, number: given).stream(question())
        last = pieces[-1] if pieces else None
        came = (text(pieces), *(getattr(last, name, None) for name in ("usage", "finish", "mark")))
        assert came == (given.text, given.usage, given.finish, given.mark), (
            f"the model streamed {given!r}, and what came was {pieces!r}: hand on every piece"
        )

    @BOTH_WAYS
    @pytest.mark.usefixtures("only_if_transparent")
    def test_an_error_comes_out_as_it_is(self, stage: Stage, way: str) -> None:
        """Who asks is told what the model's provider said, by the same object, with all that is on it."""
        error = BadRequest("the question is too long for the model")
        came = self.room(stage, lambda request, number: error).by(way, question())
        assert came[-1:] == [error], f"by {way}, the model raised {error!r}, and what came was {came!r}"

    @pytest.mark.usefixtures("only_if_transparent")
    def test_a_study_with_it_is_the_same_as_without_it(self, stage: Stage) -> None:
        """A simulation does not notice it."""
        with_it = PluginConformance.exercise(self, stage, stage.runtime(self.script))
        without = PluginConformance.exercise(self, stage, stage.make_runtime(ScriptedModel(self.script)))
        assert with_it == without, "a small study comes to another result with it than without it"

    # -- many calls ---------------------------------------------------------------------------------------------------

    def test_each_draw_is_an_answer_of_its_own(self, stage: Stage) -> None:
        """Who asks the same thing several times, as several draws, wants several answers."""
        room = self.room(stage)
        texts = {text([answer]) for answer in room.ask(*[question(draw=draw) for draw in range(20)])}
        assert (len(texts), len(room.probe.asked)) == (20, 20), (
            f"20 draws of one question came to {len(texts)} answers and {len(room.probe.asked)} calls: tell questions "
            "apart by request.key, which names the draw too"
        )

    def test_a_hundred_calls_are_under_way_together(self, stage: Stage) -> None:
        """Nobody waits for somebody else's answer."""
        if self.limits:
            pytest.skip("it is there to let only few through")
        room = self.room(stage)

        async def story() -> int:
            room.probe.gate.clear()
            tasks = [room.task(question(f"Question {number}?")) for number in range(100)]
            await room.probe.arrived(100)
            together = room.probe.in_flight
            room.probe.gate.set()
            await asyncio.gather(*tasks, return_exceptions=True)
            return together

        together = room.run(story)
        assert together == 100, (
            f"of 100 calls at once, {together} reached the model before one was answered: hold no lock while you wait, "
            "or say limits = True"
        )

    # -- leaving ------------------------------------------------------------------------------------------------------

    def test_who_stops_waiting_stops_the_model(self, stage: Stage) -> None:
        """A cancelled call is cancelled at the model too, at once: it may cost something."""
        room = self.room(stage)

        async def story() -> int:
            room.probe.gate.clear()
            task = room.task(question())
            await room.probe.arrived(1)
            task.cancel()
            await a_moment()
            given_up = room.probe.given_up
            room.probe.gate.set()
            await asyncio.gather(task, return_exceptions=True)
            return given_up

        assert room.run(story) == 1, "a call was cancelled, and went on at the model: let CancelledError through"

    def test_a_stream_that_is_given_up_ends_at_the_model(self, stage: Stage) -> None:
        """Whoever stops reading lets go of the connection when the stream is closed, and not some time later."""
        room = self.room(stage)

        async def story() -> int:
            pieces = room.handler.stream(question(), CALL)
            await anext(pieces)
            await close(pieces)
            return room.probe.given_up

        assert room.run(story) == 1, (
            "a stream was closed, and the one within it was not: read the inner one in `async with aclosing(…)`"
        )
