"""What a backend has to keep to."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from troupe_core import Call, ConnectionFailed, LLMResponse, ModelError, ModelTimeout, Parameters, Unsupported
from troupe_testing.conformance.asking import (
    SOMEBODY,
    Asking,
    answered,
    is_model_error,
    left_open,
    life,
    questions,
    said,
    traced,
)
from troupe_testing.conformance.backend_stage import BackendStage, BackendTrial
from troupe_testing.conformance.played import (
    ANSWERED_BY,
    BREAKING,
    CUT,
    EMPTY,
    INPUT,
    OUTPUT,
    REFUSED,
    SCHEMA,
    SECRET,
    SEEN,
    STATUSES,
    TALK,
    Gathering,
    Pausing,
    leaves,
    meaning,
    words,
)
from troupe_testing.server import Cut, Garbage, Hang, Reset, Status, context_too_long, out_of_quota


class LLMBackendConformance(BackendTrial):
    """Subclass it in a test of a backend. One that answers in this process needs nothing but `plugin`. For one that
    speaks to a provider, say how the provider words an answer, and how the settings point at it: the provider is then
    played on this machine, and breaks in every usual way.

        class AcmeDouble(ProviderDouble):
            def reply(self, said):
                counts = {"in": said.input, "out": said.output}
                return {"text": said.text, "model": said.model, "end": said.finish, **counts}

        class TestAcme(LLMBackendConformance):
            plugin, provider = "troupe_llm_acme", AcmeDouble

            def settings_for(self, server):
                return {"url": f"{server.url}/chat"}

    Variables of the environment that the settings name as the places of keys are set while a check runs.
    """

    # -- answers ------------------------------------------------------------------------------------------------------

    def test_it_answers(self, stage: BackendStage) -> None:
        """A question gets an `LLMResponse`."""
        outcome = Asking(stage).outcome()
        assert isinstance(outcome, LLMResponse), (
            f"async def complete(self, request, call) has to return an LLMResponse; it came to {said(outcome)}"
        )

    def test_it_answers_in_the_words_of_its_provider(self, wired: Asking) -> None:
        """The text is the provider's, to the letter."""
        expected = words("question-7")
        found = wired.answer("question-7").text
        assert found == expected, f"the provider said {expected!r}, and it answered {found!r}"

    def test_it_names_the_model_that_answered(self, wired: Asking) -> None:
        """Which model it was, as the provider tells it: an alias may come to mean another one."""
        found = wired.answer().model
        assert found == ANSWERED_BY, f"{ANSWERED_BY} answered, and LLMResponse.model is {found!r}"

    def test_it_tells_what_the_provider_counted(self, wired: Asking) -> None:
        """Tokens are counted by the provider, who is paid for them."""
        found = wired.answer().usage
        assert (found.input, found.output) == (INPUT, OUTPUT), (
            f"the provider counted {INPUT} and {OUTPUT} tokens; LLMResponse.usage is {found}"
        )

    @pytest.mark.parametrize(("question", "finish"), [(CUT, "length"), (REFUSED, "refusal")])
    def test_it_tells_how_an_answer_ended(self, wired: Asking, question: str, finish: str) -> None:
        """One that was cut off is "length", one that the provider would not give "refusal": neither is kept."""
        outcome = wired.outcome(question)
        assert is_model_error(outcome) or getattr(outcome, "finish", "") == finish, (
            f"LLMResponse.finish has to be {finish!r}; it came to {said(outcome)}"
        )

    def test_it_tells_how_likely_the_words_were_if_it_says_that_it_can(self, wired: Asking) -> None:
        """Where `Parameters(extra={"logprobs": True})` asks for that: the words of which it tells are the text. A model
        that cannot is `Unsupported`.
        """
        if not wired.runtime.capabilities_of(wired.model).logprobs:
            pytest.skip("it does not say that it tells log-probabilities")
        wish = Parameters(extra={"logprobs": True, "top_logprobs": 2})
        outcome = wired.outcome("question-5", parameters=wish)
        if isinstance(outcome, Unsupported):
            return
        found, (pieces, _) = answered(outcome), wired.pieces("question-5", parameters=wish)
        streamed = tuple(token for piece in pieces for token in piece.logprobs)
        told = ["".join(token.text for token in tokens) for tokens in (found.logprobs, streamed)]
        assert told == [found.text] * 2, (
            f"the answer is {found.text!r}; of its words, as a whole and streamed, it tells of {told}: fill "
            "LLMResponse.logprobs and LLMChunk.logprobs, or say Capabilities(logprobs=False)"
        )

    def test_nothing_is_made_of_an_empty_answer(self, wired: Asking) -> None:
        """It is an empty text, whereupon the core asks again, or a `ModelError`."""
        outcome = wired.outcome(EMPTY)
        assert is_model_error(outcome) or getattr(outcome, "text", None) == "", (
            f"the provider gave an empty answer; it came to {said(outcome)}"
        )

    def test_asking_again_changes_nothing(self, asking: Asking) -> None:
        """The same question, to the same provider, in the same state: an answer is named by its request alone."""
        found = [asking.answer("question-3").text for _ in range(3)]
        assert len(set(found)) == 1, f"the same request came to {' and to '.join(map(repr, dict.fromkeys(found)))}"

    def test_it_does_not_matter_who_asks(self, asking: Asking) -> None:
        """Two simulations can ask the same. What changes an answer is in the request, and nothing of it in the call."""
        other = Call("another simulation", "turn", world="The room", person="Ben", turn=5, step=2)
        found = [asking.answer("question-3", call=call).text for call in (SOMEBODY, other)]
        assert found[0] == found[1], f"Ada is answered {found[0]!r}, and Ben {found[1]!r}, to the same request"

    def test_a_person_can_live_on_it(self, asking: Asking) -> None:
        """Who says `json_schema` answers in the form that is asked for, that of a person's turn included."""
        if asking.stage.server is not None:
            pytest.skip("what its provider answers is not its own")
        if not asking.runtime.capabilities(asking.model).json_schema:
            pytest.skip("it does not say that it keeps to schemas")
        problem = life(asking.runtime, asking.model)
        assert problem is None, f"a person's turn comes to nothing: {problem}; say Capabilities(json_schema=False)"

    # -- streams ------------------------------------------------------------------------------------------------------

    def test_a_stream_comes_to_the_same_answer(self, asking: Asking) -> None:
        """Its pieces, put together, are the text of `complete`."""
        whole, (pieces, problem) = asking.answer("question-5"), asking.pieces("question-5")
        text = "".join(piece.text for piece in pieces)
        found = problem or text
        assert found == whole.text, f"the stream comes to {found!r}, and the answer is {whole.text!r}"

    def test_the_last_piece_of_a_stream_tells_usage_and_finish(self, asking: Asking) -> None:
        """What a stream has cost is known when it is over, how it ended, and whether it is marked."""
        whole, (pieces, problem) = asking.answer("question-5"), asking.pieces("question-5")
        if problem or not pieces:
            pytest.skip(f"it does not stream: {problem}")
        last = pieces[-1]
        told, expected = ((each.usage, each.finish, each.mark) for each in (last, whole))
        assert told == expected, f"usage, finish and mark are {told} in the last piece; those of the answer {expected}"

    def test_a_stream_that_breaks_off_is_a_model_error(self, wired: Asking) -> None:
        """Half an answer does not pass for a whole one."""
        wired.server.inject(Cut(after=2))
        pieces, problem = wired.pieces("question-5")
        if len(pieces) == 1 and pieces[0].finish:
            pytest.skip("its answers come in one piece")
        assert isinstance(problem, ModelError), f"it was cut after two pieces, and came to {problem or pieces}"

    def test_a_stream_gives_up_when_it_is_told_to(self, streaming: Asking) -> None:
        """If the first piece, or the next one, has not come after `call.timeout` seconds, with a `ModelTimeout`."""
        met = {}
        for fault in (Hang(), Pausing()):
            streaming.server.heal()
            streaming.server.inject(fault)
            met[fault] = streaming.pieces(call=evolve(SOMEBODY, timeout=0.02))[1]
        wrong = [f"{fault} came to {type(error).__name__}" for fault, error in met.items() if not _is_timeout(error)]
        assert not wrong, f"wait call.timeout seconds for each piece, and raise ModelTimeout: {'; '.join(wrong)}"

    def test_a_stream_that_is_cancelled_is_not_paid_for(self, streaming: Asking) -> None:
        """Nobody listens any more: the connection goes, and the provider stops."""
        streaming.cancelled(streamed=True)
        found = streaming.asked_still()
        assert not found, "the provider still has a request whose stream was cancelled: let nothing shield it"

    def test_a_stream_that_nobody_reads_to_its_end_is_not_paid_for(self, streaming: Asking) -> None:
        """Whoever has read enough closes it with `aclose`, which arrives in it as `GeneratorExit`."""
        streaming.left()
        found = streaming.asked_still()
        assert not found, "the provider still has a request whose stream was closed: give it up in a finally"

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def test_each_status_is_the_error_that_it_stands_for(self, wired: Asking) -> None:
        """As `ModelError.from_status` has it; whether to wait, ask another one or stop is decided by that."""
        wrong = [
            f"{fault.status} ({wanted.__name__}) came to {said(outcome)}"
            for fault in (*map(Status, STATUSES), out_of_quota(), context_too_long())
            for wanted, outcome in [(meaning(fault), wired.met(fault))]
            if not isinstance(outcome, wanted)
        ]
        assert not wrong, f"use ModelError.from_status(status, body, retry_after): {'; '.join(wrong)}"

    def test_the_wait_that_the_provider_asks_for_is_kept(self, wired: Asking) -> None:
        """`ModelError.retry_after` is what its header says."""
        wired.server.inject(Status(429, retry_after=7))
        found = getattr(wired.outcome(), "retry_after", None)
        assert found == 7, f"the provider asks to wait 7 seconds, and the error's retry_after is {found}"

    def test_what_breaks_on_the_way_is_a_model_error(self, wired: Asking) -> None:
        """A connection that is reset or cut, and what is no answer: never the error of some library."""
        met = {fault: wired.met(fault) for fault in BREAKING}
        wrong = [f"{fault} came to {said(outcome)}" for fault, outcome in met.items() if not is_model_error(outcome)]
        assert not wrong, f"make it a ModelUnavailable: {'; '.join(wrong)}"

    def test_a_provider_that_is_not_there_is_a_connection_that_failed(self, wired: Asking) -> None:
        """Which is told from an answer that broke off, since it costs nothing."""
        wired.server.close()
        outcome = wired.outcome()
        assert isinstance(outcome, ConnectionFailed), f"make it a ConnectionFailed: it came to {said(outcome)}"

    def test_it_gives_up_when_it_is_told_to(self, wired: Asking) -> None:
        """After `call.timeout` seconds, if that is set, with a `ModelTimeout`: whoever waits has set it."""
        wired.server.inject(Hang())
        outcome = wired.outcome(call=evolve(SOMEBODY, timeout=0.02))
        assert _is_timeout(outcome), (
            f"give up after call.timeout seconds, and raise ModelTimeout; it came to {type(outcome).__name__}"
        )

    def test_it_asks_once(self, wired: Asking) -> None:
        """Whether to ask again is decided outside, once for all backends; each attempt is on the bill."""
        wired.server.inject(Status(503))
        wired.outcome()
        found = wired.server.stats.requests
        assert found == 1, f"the provider failed, and was asked {found} times; leave it to who called"

    def test_a_call_that_is_cancelled_ends(self, wired: Asking) -> None:
        """At once, as `CancelledError`: it is let through, whatever else is caught."""
        outcome = wired.cancelled()
        assert isinstance(outcome, asyncio.CancelledError), f"a cancelled call came to {said(outcome)}"

    def test_a_call_that_is_cancelled_is_not_paid_for(self, wired: Asking) -> None:
        """The connection goes with the call, so that the provider can stop."""
        wired.cancelled()
        found = wired.asked_still()
        assert not found, "the provider still has a request that was cancelled: let nothing shield it, or go on"

    def test_after_a_call_that_was_cancelled_it_goes_on(self, wired: Asking) -> None:
        """Who gave up leaves nothing behind that is in the way of others."""
        wired.cancelled()
        outcome = wired.outcome()
        assert isinstance(outcome, LLMResponse), f"after a call was cancelled, the next one came to {said(outcome)}"

    # -- many at once -------------------------------------------------------------------------------------------------

    def test_many_calls_are_in_flight_together(self, wired: Asking) -> None:
        """Nothing in it waits but for the provider, and nothing holds up the loop."""
        gathering = Gathering(self.at_once, self.patience / 2)
        wired.server.inject(gathering)
        wired.outcomes(questions(self.at_once))
        found = wired.server.stats.peak
        assert found == self.at_once, f"of {self.at_once} calls at once {found} were in flight together"

    def test_each_of_many_calls_gets_its_own_answer(self, wired: Asking) -> None:
        """Whatever order they come in."""
        asked = questions(self.at_once)
        found = [answered(outcome).text for outcome in wired.outcomes(asked)]
        wrong = [each for each, text in zip(asked, found, strict=True) if f"“{each}”" not in text]
        assert not wrong, f"{len(wrong)} of {self.at_once} calls at once got another one's answer, such as {wrong[0]}"

    # -- what arrives -------------------------------------------------------------------------------------------------

    def test_the_name_of_the_model_arrives(self, wired: Asking) -> None:
        """As it stands behind the first slash, or what `sent_as` names of it."""
        arrived, name = wired.sent(), self.sent_as or self.model
        places = [arrived.path, arrived.query, *leaves(arrived.body)]
        assert any(name in str(place) for place in places), f"{name} is nowhere in what is sent: {places}"

    def test_what_was_said_arrives(self, wired: Asking) -> None:
        """Every message to the letter, and in order; what stands first of all may be sent apart."""
        given = [message.content for message in TALK]
        found = [each for text in leaves(wired.sent(*TALK).body) for each in given if each in str(text)]
        found.sort(key=lambda each: each != given[0])
        assert found == given, f"asked {given}, it sends {found}"

    def test_the_parameters_arrive(self, wired: Asking) -> None:
        """Each that is given, whatever the provider calls it, and `extra` as it is."""
        sent, given = [*leaves(wired.sent(parameters=self.parameters).body)], self.parameters.given()
        lost = {name: value for name, value in given.items() if any(each not in sent for each in leaves([value]))}
        assert not lost, f"request.parameters.given() is sent without {lost}"

    def test_the_schema_arrives_if_it_says_that_it_keeps_to_schemas(self, wired: Asking) -> None:
        """A provider can only hold an answer to a schema that it knows."""
        if not wired.runtime.capabilities(wired.model).json_schema:
            pytest.skip("it does not say that it keeps to schemas")
        sent = " ".join(map(str, leaves(wired.sent(schema=SCHEMA, schema_name="weather").body)))
        lost = [word for word in ("weather_4711", "fair_4711", "foul_4711") if word not in sent]
        assert not lost, f"of the schema {', '.join(lost)} is not sent; send it, or say Capabilities(json_schema=False)"

    # -- keys ---------------------------------------------------------------------------------------------------------

    def test_its_key_arrives(self, keyed: Asking) -> None:
        """The provider gets it with every request; of what a server shows of a key, its end is enough to tell."""
        request = keyed.sent()
        places = [*request.headers.values(), request.path, request.query, *leaves(request.body)]
        assert any(SECRET[-4:] in str(place) for place in places), (
            "its key is nowhere in what is sent: send what reveal() of its SecretRef returns"
        )

    def test_its_key_is_in_no_error_and_no_log(self, keyed: Asking, caplog: pytest.LogCaptureFixture) -> None:
        """Nor is a part of it, whatever the provider repeats. What is held in a `SecretRef` the core takes out."""
        caplog.set_level("DEBUG")
        echo = Status(401, message=f"Incorrect API key provided: {SECRET}.")
        outcomes = [keyed.met(fault) for fault in (echo, Reset(), Garbage())]
        told = [*caplog.messages, *map(traced, outcomes)]
        shown = [text for text in told if SEEN in text]
        assert not shown, f"the key is shown: {shown[0]}"

    # -- ending -------------------------------------------------------------------------------------------------------

    def test_closing_leaves_no_connection_open(self, wired: Asking) -> None:
        """What `open` and the calls have opened, `aclose` closes."""
        wired.server.inject(Gathering(4, self.patience / 2))
        wired.outcomes(questions(4))
        wired.runtime.close()
        found = left_open(wired.server, self.patience)
        assert not found, f"{found} connections are open when the runtime is closed; close them in aclose"


def _is_timeout(outcome: object) -> bool:
    return isinstance(outcome, ModelTimeout)
