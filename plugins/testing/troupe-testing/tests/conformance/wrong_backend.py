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
    plugin = Textual


class Tidy(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return super().read({**told, "text": told["text"].replace("  ", " ")})


class TestTidiesUp(OfAcme):
    plugin = Tidy


class Aliased(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        return evolve(await super().complete(request, call), model=request.model)


class TestNamesTheModelThatWasAsked(OfAcme):
    plugin = Aliased


class Uncounted(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return evolve(super().read(told), usage=Usage())


class TestCountsNothing(OfAcme):
    plugin = Uncounted


class Sure(Acme):
    capabilities = Capabilities(logprobs=True)


class TestTellsNothingOfItsWords(OfAcme):
    plugin = Sure


class Endless(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return evolve(super().read(told), finish="stop")


class TestTakesHalfAnAnswerForAWholeOne(OfAcme):
    plugin = Endless


class Expectant(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        return evolve(super().read(told), text=told["text"] or "Yes.")


class TestMakesUpAnAnswer(OfAcme):
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
    plugin = Tired


class Personal(Still):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        response = await super().complete(request, call)
        return evolve(response, text=response.text.replace("Nothing", f"{call.person}: nothing"))


class TestAddressesWhoAsks(LLMBackendConformance):
    plugin = Personal


class Formless(Still):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        return LLMResponse("Yes.")


class TestKeepsToNoSchema(LLMBackendConformance):
    plugin = Formless


# -- streams ----------------------------------------------------------------------------------------------------------


class Gapless(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        async for chunk in super().stream(request, call):
            yield evolve(chunk, text=chunk.text.strip(" "))


class TestLosesBlanksInAStream(OfAcme):
    plugin = Gapless


class Unfinished(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        async for chunk in super().stream(request, call):
            yield LLMChunk(chunk.text)


class TestTellsNotWhatAStreamHasCost(OfAcme):
    plugin = Unfinished


class Content(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        try:
            async for chunk in super().stream(request, call):
                yield chunk
        except ModelUnavailable:
            yield LLMChunk("", Usage(), "stop")


class TestIsContentWithHalfAStream(OfAcme):
    plugin = Content


class Unhurried(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        async for chunk in super().stream(request, evolve(call, timeout=None)):
            yield chunk


class TestWaitsForEverForAPiece(OfAcme):
    plugin = Unhurried
    patience = 0.3


class Shielded(Streaming):
    async def stream(self, request: LLMRequest, call: Any) -> AsyncIterator[LLMChunk]:
        pieces = super().stream(request, call)
        while (chunk := await asyncio.shield(asyncio.ensure_future(anext(pieces, None)))) is not None:
            yield chunk


class TestStreamsOnWhenItIsCancelled(OfAcme):
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
    plugin = Ahead
    patience = 0.3


# -- what goes wrong --------------------------------------------------------------------------------------------------


class Simple(Acme):
    def error(self, status: int, text: str, retry_after: str | None) -> ModelError:
        kind = ModelUnavailable if status == 404 else type(ModelError.from_status(status, text))
        return kind(f"acme answered {status}: {text}", status=status, retry_after=7 if retry_after else None)


class TestTakesAnUnknownModelForAFailure(OfAcme):
    plugin = Simple


class Impatient(Acme):
    def error(self, status: int, text: str, retry_after: str | None) -> ModelError:
        return super().error(status, text, None)


class TestDoesNotTellHowLongToWait(OfAcme):
    plugin = Impatient


class Trusting(Acme):
    def read(self, told: dict[str, Any]) -> LLMResponse:
        if "text" not in told:
            raise LookupError("text")
        return super().read(told)


class TestTrustsItsProvider(OfAcme):
    plugin = Trusting


class Connected(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            return await super().complete(request, call)
        except ConnectionFailed as error:
            raise ModelUnavailable(str(error)) from None


class TestExpectsItsProviderToBeThere(OfAcme):
    plugin = Connected


class Patient(Acme):
    def patience(self, call: Any) -> float | None:
        return None


class TestWaitsForEver(OfAcme):
    plugin = Patient
    patience = 0.5


class Persistent(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            return await super().complete(request, call)
        except ModelUnavailable:
            return await super().complete(request, call)


class TestAsksAgainByItself(OfAcme):
    plugin = Persistent


class Stubborn(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        try:
            return await super().complete(request, call)
        except asyncio.CancelledError:
            raise ModelTimeout("acme took too long. Ask again.") from None


class TestTakesCancellingForATimeout(OfAcme):
    plugin = Stubborn


class Shielding(Acme):
    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        return await asyncio.shield(asyncio.ensure_future(super().complete(request, call)))


class TestAsksOnWhenItIsCancelled(OfAcme):
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
    plugin = Crossed


# -- what arrives -----------------------------------------------------------------------------------------------------


class OfOneModel(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        return super().body(request) | {"model": "large"}


class TestAsksAnotherModel(OfAcme):
    plugin = OfOneModel


class Forgetful(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        said = [message for message in request.plain_messages() if message["role"] != "assistant"]
        return super().body(request) | {"talk": said}


class TestForgetsWhatItSaid(OfAcme):
    plugin = Forgetful


class Unsampled(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        return {name: value for name, value in super().body(request).items() if name != "stop"}


class TestForgetsAParameter(OfAcme):
    plugin = Unsampled


class Schemaless(Acme):
    def body(self, request: LLMRequest) -> dict[str, Any]:
        return super().body(request) | {"schema": request.schema_name}


class TestSendsNoSchema(OfAcme):
    plugin = Schemaless


# -- keys -------------------------------------------------------------------------------------------------------------


class Keyless(Acme):
    def headers(self) -> dict[str, str]:
        return {}


class TestSendsNoKey(OfAcme):
    plugin = Keyless


class Chatty(Acme):
    def headers(self) -> dict[str, str]:
        key = self.config.key.reveal()
        logging.getLogger("acme").debug("asking with the key %s…", key[:20])
        return super().headers()


class TestLogsItsKey(OfAcme):
    plugin = Chatty


# -- ending -----------------------------------------------------------------------------------------------------------


class Leaving(Acme):
    async def aclose(self) -> None:
        pass


class TestLeavesConnectionsOpen(OfAcme):
    plugin = Leaving
    patience = 0.5
