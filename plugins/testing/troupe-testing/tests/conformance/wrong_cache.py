"""Caches that are wrong in one way each, and a right one: run by `test_the_kit.py`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import aclosing, suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any, ClassVar

import pytest
from attrs import asdict, evolve, frozen

from troupe_core import LLMChunk, LLMResponse, LLMWrapper, ModelError, Usage, hookimpl
from troupe_core.llm import Token
from troupe_testing.conformance import CacheConformance


@frozen
class Config:
    folder: Path = Path("answers")


class Flight:
    """A call under way, and how many wait for it."""

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self.task = asyncio.get_running_loop().create_task(work)
        self.waiting = 0


class Caching(LLMWrapper):
    """Keeps each answer in a file of a folder."""

    def __init__(self, inner: Any, folder: Path) -> None:
        super().__init__(inner)
        self.folder = folder
        self.flights: dict[str, Flight] = {}

    def key(self, request: Any, call: Any) -> str:
        name: str = request.key.hex()
        return name

    def find(self, key: str) -> Any:
        with suppress(FileNotFoundError):
            return self.read((self.folder / key).read_text())
        return None

    def read(self, text: str) -> Any:
        plain = json.loads(text)
        logprobs = tuple(map(Token.of, plain["logprobs"]))
        return LLMResponse(**{**plain, "usage": Usage(**plain["usage"]), "logprobs": logprobs})

    def keep(self, key: str, request: Any, response: Any) -> None:
        if self.is_useful(request, response):
            self.folder.mkdir(exist_ok=True)
            (self.folder / key).write_text(json.dumps({**asdict(response), "logprobs": self.likely(response)}))

    def likely(self, response: Any) -> list[Any]:
        return [token.plain() for token in response.logprobs]

    def is_useful(self, request: Any, response: Any) -> bool:
        return response.finish == "stop" and bool(response.text.strip()) and self.fits(request, response.text)

    def fits(self, request: Any, text: str) -> bool:
        return request.schema is None or set(request.schema["required"]) <= {*json.loads(text)}

    async def complete(self, request: Any, call: Any) -> Any:
        key = self.key(request, call)
        return self.find(key) or await self.join(key, request, call)

    async def join(self, key: str, request: Any, call: Any) -> Any:
        flight = self.flights.get(key)
        if flight is None:
            flight = self.flights[key] = Flight(self.ask(key, request, call))
        flight.waiting += 1
        try:
            await asyncio.wait([flight.task])
        finally:
            self.leave(key, flight)
        return flight.task.result()

    def leave(self, key: str, flight: Flight) -> None:
        flight.waiting -= 1
        if not flight.waiting:
            self.flights.pop(key, None)
            flight.task.cancel()

    async def ask(self, key: str, request: Any, call: Any) -> Any:
        response = await self.inner.complete(request, call)
        self.keep(key, request, response)
        return response

    async def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        key = self.key(request, call)
        found = self.find(key)
        if found is not None:
            yield LLMChunk(found.text, found.usage, found.finish, found.mark, found.logprobs)
            return
        text, last = "", LLMChunk("")
        async with aclosing(self.inner.stream(request, call)) as chunks:
            async for last in chunks:
                text += last.text
                yield last
        self.keep_stream(key, request, text, last)

    def keep_stream(self, key: str, request: Any, text: str, last: Any) -> None:
        usage, finish = last.usage or Usage(), last.finish or ""
        whole = LLMResponse(text, usage, request.model, finish, last.mark, logprobs=last.logprobs)
        self.keep(key, request, whole)


class Right:
    config_class: ClassVar[type[Any]] = Config
    around: ClassVar[type[Caching]] = Caching

    def __init__(self, config: Any, runtime: Any) -> None:
        self.config = config

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Iterator[Any]:
        inner = yield
        return self.around(inner, self.config.folder)


class InAFolder(CacheConformance):
    @pytest.fixture
    def table(self, tmp_path: Path) -> Mapping[str, Any]:
        return {"folder": str(tmp_path / "answers")}


class TestRight(InAFolder):
    plugin = Right


def putting(kind: type[Caching]) -> type[Right]:
    """The plugin that puts this around models."""

    class Wrong(Right):
        around = kind

    return Wrong


# -- what is kept -----------------------------------------------------------------------------------------------------


class OfOneDraw(Caching):
    def keep(self, key: str, request: Any, response: Any) -> None:
        if request.draw == 0:
            super().keep(key, request, response)


class TestKeepsOneDrawAlone(InAFolder):
    fails = "test_what_was_answered_is_not_asked_again"
    plugin = putting(OfOneDraw)


class Nameless(Caching):
    def read(self, text: str) -> Any:
        return evolve(super().read(text), model="")


class TestForgetsWhichModelItWas(InAFolder):
    fails = "test_what_is_kept_comes_back_as_it_was"
    plugin = putting(Nameless)


class Presentable(Caching):
    def keep_stream(self, key: str, request: Any, text: str, last: Any) -> None:
        super().keep_stream(key, request, text, evolve(last, mark=""))


class TestTakesAPuppetForAPerson(InAFolder):
    fails = "test_what_is_marked_stays_marked"
    plugin = putting(Presentable)


class Unlikely(Caching):
    def likely(self, response: Any) -> list[Any]:
        return []


class TestForgetsHowLikelyWordsWere(InAFolder):
    fails = "test_how_likely_the_words_were_is_kept"
    plugin = putting(Unlikely)


class Personal(Caching):
    def key(self, request: Any, call: Any) -> str:
        return f"{super().key(request, call)}-{call.person}"


class TestKeepsForEachPerson(InAFolder):
    fails = "test_who_asks_makes_no_difference"
    plugin = putting(Personal)


class Verbatim(Caching):
    def key(self, request: Any, call: Any) -> str:
        said = [(message.role, message.content) for message in request.messages]
        return sha256(repr((said, request.draw)).encode()).hexdigest()


class TestLooksAtNothingButTheWords(InAFolder):
    fails = "test_another_question_is_asked_for_itself"
    plugin = putting(Verbatim)


# -- what is not kept -------------------------------------------------------------------------------------------------


class Resentful(Caching):
    def __init__(self, inner: Any, folder: Path) -> None:
        super().__init__(inner, folder)
        self.failed: dict[str, Exception] = {}

    async def ask(self, key: str, request: Any, call: Any) -> Any:
        if key in self.failed:
            raise self.failed[key]
        try:
            return await super().ask(key, request, call)
        except ModelError as error:
            self.failed[key] = error
            raise


class TestKeepsErrors(InAFolder):
    fails = "test_an_error_is_not_kept"
    plugin = putting(Resentful)


class Refused(Caching):
    def is_useful(self, request: Any, response: Any) -> bool:
        return response.finish == "refusal" or super().is_useful(request, response)


class TestKeepsRefusals(InAFolder):
    fails = "test_a_refusal_is_not_kept"
    plugin = putting(Refused)


class Cut(Caching):
    async def ask(self, key: str, request: Any, call: Any) -> Any:
        response = await self.inner.complete(request, call)
        self.keep(key, request, evolve(response, finish="stop") if response.finish == "length" else response)
        return response


class TestKeepsWhatWasCutOff(InAFolder):
    fails = "test_an_answer_that_was_cut_off_is_not_kept"
    plugin = putting(Cut)


class Empty(Caching):
    def is_useful(self, request: Any, response: Any) -> bool:
        return response.finish == "stop" and (not response.text.strip() or self.fits(request, response.text))


class TestKeepsNothingAsAnAnswer(InAFolder):
    fails = "test_an_empty_answer_is_not_kept"
    plugin = putting(Empty)


class Formless(Caching):
    def fits(self, request: Any, text: str) -> bool:
        return True


class TestKeepsWhatDoesNotFit(InAFolder):
    fails = "test_an_answer_of_another_form_is_not_kept"
    plugin = putting(Formless)


# -- many at once -----------------------------------------------------------------------------------------------------


class Alone(Caching):
    async def join(self, key: str, request: Any, call: Any) -> Any:
        return await self.ask(key, request, call)


class TestAsksTheSameAtOnce(InAFolder):
    fails = "test_the_same_question_at_once_is_asked_once"
    plugin = putting(Alone)


class Led(Caching):
    """Who comes first asks, and the others hang on that one."""

    def leave(self, key: str, flight: Flight) -> None:
        self.flights.pop(key, None)
        flight.task.cancel()


class TestLeavesWithTheFirst(InAFolder):
    fails = "test_the_first_may_leave_and_the_others_are_served"
    plugin = putting(Led)


class Uncounted(Caching):
    """Those who have joined a flight never count as gone."""

    def leave(self, key: str, flight: Flight) -> None:
        if flight.waiting == 1:
            super().leave(key, flight)
        elif flight.task.done():
            self.flights.pop(key, None)


class TestGoesOnForNobody(InAFolder):
    fails = "test_when_all_have_left_the_call_ends"
    plugin = putting(Uncounted)


# -- streams ----------------------------------------------------------------------------------------------------------


class Unstreamed(Caching):
    def keep_stream(self, key: str, request: Any, text: str, last: Any) -> None:
        pass


class TestKeepsNoStreams(InAFolder):
    fails = "test_a_stream_that_was_read_to_its_end_serves_who_wants_the_whole"
    plugin = putting(Unstreamed)


class Streaming(Caching):
    def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        found = (self.folder / self.key(request, call)).exists()
        return self.inner.stream(request, call) if found else super().stream(request, call)


class TestStreamsWhatItHasAnew(InAFolder):
    fails = "test_a_whole_answer_serves_who_wants_a_stream"
    plugin = putting(Streaming)


class Halved(Caching):
    async def stream(self, request: Any, call: Any) -> AsyncIterator[Any]:
        text = ""
        try:
            async with aclosing(super().stream(request, call)) as chunks:
                async for chunk in chunks:
                    text += chunk.text
                    yield chunk
        except GeneratorExit:
            self.keep(self.key(request, call), request, LLMResponse(text, finish="stop"))
            raise


class TestKeepsHalfAStream(InAFolder):
    fails = "test_a_stream_that_was_left_is_not_kept"
    plugin = putting(Halved)


class Endless(Caching):
    def keep_stream(self, key: str, request: Any, text: str, last: Any) -> None:
        super().keep_stream(key, request, text, evolve(last, finish="stop"))


class TestTakesTheEndOfAStreamForAGoodOne(InAFolder):
    fails = "test_a_stream_that_was_cut_off_is_not_kept"
    plugin = putting(Endless)


# -- several runtimes -------------------------------------------------------------------------------------------------


class Late(Right):
    """Writes when it closes."""

    def __init__(self, config: Any, runtime: Any) -> None:
        super().__init__(config, runtime)
        self.unwritten: dict[str, Any] = {}

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Iterator[Any]:
        inner = yield
        return Waiting(inner, self.config.folder, self.unwritten)

    async def aclose(self) -> None:
        for key, (request, response) in self.unwritten.items():
            Caching(None, self.config.folder).keep(key, request, response)


class Waiting(Caching):
    def __init__(self, inner: Any, folder: Path, unwritten: dict[str, Any]) -> None:
        super().__init__(inner, folder)
        self.unwritten = unwritten

    def find(self, key: str) -> Any:
        return self.unwritten[key][1] if key in self.unwritten else super().find(key)

    def keep(self, key: str, request: Any, response: Any) -> None:
        if self.is_useful(request, response):
            self.unwritten[key] = (request, response)


class TestWritesOnlyWhenItCloses(InAFolder):
    fails = "test_runtimes_with_the_same_settings_share_what_is_kept"
    plugin = Late


class Tidy(Right):
    async def aclose(self) -> None:
        rmtree(self.config.folder, ignore_errors=True)


class TestThrowsAwayWhatItHas(InAFolder):
    fails = "test_what_is_kept_is_there_when_the_runtime_is_closed"
    plugin = Tidy


class TestRightIfItSaysThatNothingLasts(InAFolder):
    plugin = Tidy
    lasts = False
