"""Backends that are wrong in one way each, and right ones: run by `test_the_kit.py`."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import aiohttp
import orjson
from attrs import evolve, frozen

from troupe_core import (
    BadRequest,
    Capabilities,
    ConnectionFailed,
    LLMBackend,
    LLMChunk,
    LLMRequest,
    LLMResponse,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    SecretRef,
    Usage,
)
from troupe_testing import ScriptedModel
from troupe_testing.conformance import LLMBackendConformance
from troupe_testing.server import ProviderDouble, Said


@frozen
class Config:
    url: str = "https://api.acme.example/chat"
    key: SecretRef = SecretRef("env:ACME_API_KEY")


class Acme(LLMBackend, config=Config):
    async def open(self) -> None:
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def aclose(self) -> None:
        await self.http.close()

    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            async with asyncio.timeout(self.patience(call)), self.post(self.body(request)) as answer:
                if answer.status >= 400:
                    raise self.error(answer.status, await answer.text(), answer.headers.get("retry-after"))
                return self.read(await answer.json())
        except TimeoutError:
            raise ModelTimeout("acme took too long. Ask again.") from None
        except aiohttp.ClientConnectorError as error:
            raise ConnectionFailed(f"acme is not there: {error}") from None
        except (aiohttp.ClientError, ValueError, KeyError) as error:
            raise ModelUnavailable(f"acme gave no answer: {error!r}. Ask again.") from None

    def body(self, request: LLMRequest) -> dict[str, Any]:
        given = request.parameters.given()
        return {"model": request.model, "talk": request.plain_messages(), "schema": request.schema, **given}

    def post(self, body: dict[str, Any]) -> Any:
        return self.http.post(self.config.url, json=body, headers=self.headers())

    def patience(self, call: Any) -> float | None:
        return call.timeout

    def headers(self) -> dict[str, str]:
        return {"authorization": self.config.key.reveal()}

    def error(self, status: int, text: str, retry_after: str | None) -> ModelError:
        return ModelError.from_status(status, text, retry_after, source="acme")

    def read(self, told: dict[str, Any]) -> LLMResponse:
        return LLMResponse(told["text"], Usage(told["in"], told["out"]), told["model"], told["end"])


class AcmeDouble(ProviderDouble):
    def reply(self, said: Said) -> Mapping[str, Any]:
        return {"text": said.text, "in": said.input, "out": said.output, "model": said.model, "end": said.finish}

    def stream(self, said: Said) -> Iterable[bytes] | None:
        """A line for each piece, and all of it in the last one."""
        if not said.request.body.get("pieces"):
            return None
        lines = [{"piece": piece} for piece in said.text.split(" ")]
        return [orjson.dumps(line) + b"\n" for line in (*lines, self.reply(said))]


class OfAcme(LLMBackendConformance):
    provider = AcmeDouble
    at_once = 20  # enough to tell what is wrong

    def settings_for(self, server: Any) -> Mapping[str, Any]:
        return {"url": f"{server.url}/chat"}


class TestRight(OfAcme):
    plugin = Acme
    at_once = LLMBackendConformance.at_once


class Streaming(Acme):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        space, body = "", {**self.body(request), "pieces": True}
        try:
            answer = await asyncio.wait_for(self.post(body), self.patience(call))
            async with answer:
                while line := await asyncio.wait_for(answer.content.readline(), self.patience(call)):
                    told = orjson.loads(line)
                    if "piece" not in told:
                        whole = self.read(told)
                        yield LLMChunk("", whole.usage, whole.finish)
                        return
                    yield LLMChunk(space + told["piece"])
                    space = " "
        except TimeoutError:
            raise ModelTimeout("acme took too long. Ask again.") from None
        except aiohttp.ClientError as error:
            raise ModelUnavailable(f"acme broke off: {error!r}. Ask again.") from None
        raise ModelUnavailable("acme broke off. Ask again.")


class TestRightWithPieces(OfAcme):
    plugin = Streaming


class Still(ScriptedModel):
    name = "still"


class TestRightInThisProcess(LLMBackendConformance):
    plugin = Still


# -- answers ----------------------------------------------------------------------------------------------------------


class Textual(Still):
    async def complete(self, request: LLMRequest, call: Any) -> Any:
        return "Yes."


class TestAnswersWithText(LLMBackendConformance):
    fails = "test_it_answers"
    plugin = Textual


class Tidy(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return super().read({**told, "text": told["text"].replace("  ", " ")})


class TestTidiesUp(OfAcme):
    fails = "test_it_answers_in_the_words_of_its_provider"
    plugin = Tidy


class Aliased(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        return evolve(await super().complete(request, call), model=request.model)


class TestNamesTheModelThatWasAsked(OfAcme):
    fails = "test_it_names_the_model_that_answered"
    plugin = Aliased


class Uncounted(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return evolve(super().read(told), usage=Usage())


class TestCountsNothing(OfAcme):
    fails = "test_it_tells_what_the_provider_counted"
    plugin = Uncounted


class Sure(Acme):
    capabilities = Capabilities(logprobs=True)


class TestTellsNothingOfItsWords(OfAcme):
    fails = "test_it_tells_how_likely_the_words_were_if_it_says_that_it_can"
    plugin = Sure


class Endless(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return evolve(super().read(told), finish="stop")


class TestTakesHalfAnAnswerForAWholeOne(OfAcme):
    fails = "test_it_tells_how_an_answer_ended"
    plugin = Endless


class Expectant(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return evolve(super().read(told), text=told["text"] or "Yes.")


class TestMakesUpAnAnswer(OfAcme):
    fails = "test_nothing_is_made_of_an_empty_answer"
    plugin = Expectant


class Tired(Still):
    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[bytes] = Counter()

    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        self.asked[request.key] += 1
        return LLMResponse("You asked that before.") if self.asked[request.key] > 2 else LLMResponse("Yes.")

    capabilities = evolve(ScriptedModel.capabilities, json_schema=False)


class TestGetsTired(LLMBackendConformance):
    fails = "test_asking_again_changes_nothing"
    plugin = Tired


class Personal(Still):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        response = await super().complete(request, call)
        return evolve(response, text=response.text.replace("Nothing", f"{call.person}: nothing"))


class TestAddressesWhoAsks(LLMBackendConformance):
    fails = "test_it_does_not_matter_who_asks"
    plugin = Personal


class Formless(Still):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        return LLMResponse("Yes.")


class TestKeepsToNoSchema(LLMBackendConformance):
    fails = "test_a_person_can_live_on_it"
    plugin = Formless


# -- streams ----------------------------------------------------------------------------------------------------------


class Gapless(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        async for chunk in super().stream(request, call):
            yield evolve(chunk, text=chunk.text.strip(" "))


class TestLosesBlanksInAStream(OfAcme):
    fails = "test_a_stream_comes_to_the_same_answer"
    plugin = Gapless


class Unfinished(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        async for chunk in super().stream(request, call):
            yield LLMChunk(chunk.text)


class TestTellsNotWhatAStreamHasCost(OfAcme):
    fails = "test_the_last_piece_of_a_stream_tells_usage_and_finish"
    plugin = Unfinished


class Content(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        try:
            async for chunk in super().stream(request, call):
                yield chunk
        except ModelUnavailable:
            yield LLMChunk("", Usage(), "stop")


class TestIsContentWithHalfAStream(OfAcme):
    fails = "test_a_stream_that_breaks_off_is_a_model_error"
    plugin = Content


class Unhurried(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        async for chunk in super().stream(request, evolve(call, timeout=None)):
            yield chunk


class TestWaitsForEverForAPiece(OfAcme):
    fails = "test_a_stream_gives_up_when_it_is_told_to"
    plugin = Unhurried
    patience = 0.3


class Shielded(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        pieces = super().stream(request, call)
        while (chunk := await asyncio.shield(asyncio.ensure_future(anext(pieces, None)))) is not None:
            yield chunk


class TestStreamsOnWhenItIsCancelled(OfAcme):
    fails = "test_a_stream_that_is_cancelled_is_not_paid_for"
    plugin = Shielded
    patience = 0.3


class Ahead(Streaming):
    """Reads while others think."""

    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        come: asyncio.Queue[LLMChunk | None] = asyncio.Queue()

        async def read() -> None:
            try:
                async for chunk in super(Ahead, self).stream(request, call):
                    come.put_nowait(chunk)
            finally:
                come.put_nowait(None)

        reading = asyncio.ensure_future(read())
        try:
            while (chunk := await come.get()) is not None:
                yield chunk
            await reading
        except asyncio.CancelledError:
            reading.cancel()
            raise


class TestReadsOnWhenNobodyReadsIt(OfAcme):
    fails = "test_a_stream_that_nobody_reads_to_its_end_is_not_paid_for"
    plugin = Ahead
    patience = 0.3


# -- what goes wrong --------------------------------------------------------------------------------------------------


class Simple(Acme):
    def error(self, status: int, text: str, retry_after: str | None) -> ModelError:
        kind = ModelUnavailable if status == 404 else type(ModelError.from_status(status, text))
        return kind(f"acme answered {status}: {text}", status=status, retry_after=7 if retry_after else None)


class TestTakesAnUnknownModelForAFailure(OfAcme):
    fails = "test_each_status_is_the_error_that_it_stands_for"
    plugin = Simple


class Impatient(Acme):
    def error(self, status: int, text: str, retry_after: str | None) -> ModelError:
        return super().error(status, text, None)


class TestDoesNotTellHowLongToWait(OfAcme):
    fails = "test_the_wait_that_the_provider_asks_for_is_kept"
    plugin = Impatient


class Trusting(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        if "text" not in told:
            raise LookupError("text")
        return super().read(told)


class TestTrustsItsProvider(OfAcme):
    fails = "test_what_breaks_on_the_way_is_a_model_error"
    plugin = Trusting


class Connected(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            return await super().complete(request, call)
        except ConnectionFailed as error:
            raise ModelUnavailable(str(error)) from None


class TestExpectsItsProviderToBeThere(OfAcme):
    fails = "test_a_provider_that_is_not_there_is_a_model_error"
    plugin = Connected


class Patient(Acme):
    def patience(self, call: Any) -> float | None:
        return None


class TestWaitsForEver(OfAcme):
    fails = "test_it_gives_up_when_it_is_told_to"
    plugin = Patient
    patience = 0.5


class Persistent(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            return await super().complete(request, call)
        except ModelUnavailable:
            return await super().complete(request, call)


class TestAsksAgainByItself(OfAcme):
    fails = "test_it_asks_once"
    plugin = Persistent


class Stubborn(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            return await super().complete(request, call)
        except asyncio.CancelledError:
            raise ModelTimeout("acme took too long. Ask again.") from None


class TestTakesCancellingForATimeout(OfAcme):
    fails = "test_a_call_that_is_cancelled_ends"
    plugin = Stubborn


class Shielding(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        return await asyncio.shield(asyncio.ensure_future(super().complete(request, call)))


class TestAsksOnWhenItIsCancelled(OfAcme):
    fails = "test_a_call_that_is_cancelled_is_not_paid_for"
    plugin = Shielding
    patience = 0.3


class Offended(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            return await super().complete(request, call)
        except asyncio.CancelledError:
            await self.http.close()
            raise
        except RuntimeError as error:
            raise BadRequest(str(error)) from None


class TestIsOfNoUseAfterACallWasCancelled(OfAcme):
    fails = "test_after_a_call_that_was_cancelled_it_goes_on"
    plugin = Offended


# -- many at once -----------------------------------------------------------------------------------------------------


class OneByOne(Acme):
    async def open(self) -> None:
        await super().open()
        self.turn = asyncio.Lock()

    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        async with self.turn:
            return await super().complete(request, call)


class TestAsksOneAfterTheOther(OfAcme):
    fails = "test_many_calls_are_in_flight_together"
    plugin = OneByOne
    patience = 0.5


class Crossed(Acme):
    """Has 16 places for what is being asked, and takes whatever stands there."""

    async def open(self) -> None:
        await super().open()
        self.places: dict[int, LLMRequest] = {}
        self.number = 0

    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        self.number += 1
        place = self.number % 16
        self.places[place] = request
        await asyncio.sleep(0)
        return await super().complete(self.places[place], call)


class TestConfusesMany(OfAcme):
    fails = "test_each_of_many_calls_gets_its_own_answer"
    plugin = Crossed


# -- what arrives -----------------------------------------------------------------------------------------------------


class OfOneModel(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        return super().body(request) | {"model": "large"}


class TestAsksAnotherModel(OfAcme):
    fails = "test_the_name_of_the_model_arrives"
    plugin = OfOneModel


class Forgetful(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        said = [message for message in request.plain_messages() if message["role"] != "assistant"]
        return super().body(request) | {"talk": said}


class TestForgetsWhatItSaid(OfAcme):
    fails = "test_what_was_said_arrives"
    plugin = Forgetful


class Unsampled(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        return {name: value for name, value in super().body(request).items() if name != "stop"}


class TestForgetsAParameter(OfAcme):
    fails = "test_the_parameters_arrive"
    plugin = Unsampled


class Schemaless(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        return super().body(request) | {"schema": request.schema_name}


class TestSendsNoSchema(OfAcme):
    fails = "test_the_schema_arrives_if_it_says_that_it_keeps_to_schemas"
    plugin = Schemaless


# -- keys -------------------------------------------------------------------------------------------------------------


class Keyless(Acme):
    def headers(self) -> dict[str, str]:
        return {}


class TestSendsNoKey(OfAcme):
    fails = "test_its_key_arrives"
    plugin = Keyless


class Chatty(Acme):
    def headers(self) -> dict[str, str]:
        key = self.config.key.reveal()
        logging.getLogger("acme").debug("asking with the key %s…", key[:20])
        return super().headers()


class TestLogsItsKey(OfAcme):
    fails = "test_its_key_is_in_no_error_and_no_log"
    plugin = Chatty


# -- ending -----------------------------------------------------------------------------------------------------------


class Leaving(Acme):
    async def aclose(self) -> None:
        pass


class TestLeavesConnectionsOpen(OfAcme):
    fails = "test_closing_leaves_no_connection_open"
    plugin = Leaving
    patience = 0.5
