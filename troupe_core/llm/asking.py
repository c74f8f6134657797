"""One question, put to a model until there is a usable answer: candidates, recorded answers, the one re-ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import attrs
from msgspec import Struct
from msgspec.structs import replace

from troupe_core.errors import AnswerRefused, ModelError, OutputError, PluginError
from troupe_core.keys import canonical, digest, utf8
from troupe_core.llm.handlers import Capabilities, LLMHandler
from troupe_core.llm.landing import with_room
from troupe_core.llm.request import Call, Form, LLMRequest, Message, Parameters, in_words
from troupe_core.llm.response import NO_USAGE, LLMResponse, Substitute, Usage
from troupe_core.llm.structured import Output, Problem, well_formed

Ask = Callable[[], Awaitable[LLMResponse]]

Tell = Callable[[bytes, LLMResponse], None]
"""Told which answer it is that counts, and the key that names it."""

Check = Callable[[Any], str]
"""What is wrong with an answer beside its form, in words for the model; nothing if nothing is."""

Sparing = Callable[[Call], str]
"""Why the first of several models is to be spared; nothing if it is not."""

Unseen = Callable[[Call, str], None]
"""Told that a model was given words in the place of pictures."""

ANOTHER = 1_000
"""So far apart are the draws of a question whose answers were no use."""

REASON = 200
"""Characters of what an error said, where it is kept as the reason why another model answered."""
SHOWN = 80
"""Characters of an answer that cannot be used, where that is told."""

REFUSAL, LENGTH = "refusal", "length"
LONGER = "Give it more room: Parameters(max_tokens=…), of which a reasoning model spends a part on its thoughts."


class Answers(Protocol):
    """Where answers are kept the moment they arrive, so that none is paid for twice."""

    source: str
    """What tells where an answer was that is found; empty if nobody is told."""

    def knows(self, owner: str, key: bytes) -> bool: ...

    def find(self, owner: str, key: bytes) -> LLMResponse | None: ...

    async def obtain(self, owner: str, key: bytes, ask: Ask) -> LLMResponse:
        """The answer to a question that has none yet, kept before anybody has it."""
        ...


class Models(Protocol):
    """Who composes handlers: the runtime."""

    def llm_handler(self, model: str) -> LLMHandler: ...

    def capabilities(self, model: str) -> Capabilities: ...

    def capabilities_of(self, model: str) -> Capabilities: ...

    def reuse(self, call: Call, model: str, usage: Usage, source: str) -> None:
        """An answer was there already."""
        ...


@attrs.frozen(eq=False)
class Question:
    """What is asked, apart from the messages: made once for many calls, since each candidate's form is digested."""

    models: tuple[str, ...]
    output: Output[Any] | None = None
    parameters: Parameters = Parameters()
    digest: bytes = attrs.field(init=False, repr=False)
    _forms: dict[str, Form] = attrs.field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        whole = [self.models, self.parameters.given(), self.output.schema if self.output is not None else None]
        object.__setattr__(self, "digest", digest(b"question", canonical(whole, "the question")))

    def form(self, model: str, capabilities: Callable[[str], Capabilities]) -> Form:
        """The form for one candidate; one that cannot hold to a schema is not sent one."""
        form = self._forms.get(model)
        if form is None:
            output = self.output if capabilities(model).json_schema else None
            form = Form(model, self.parameters) if output is None else Form(
                model, self.parameters, output.name, output.schema
            )  # fmt: skip
            self._forms[model] = form
        return form


class Errand(Struct, frozen=True, eq=False):
    """On whose account something is asked, and which of several answers to the same question is wanted."""

    call: Call
    owner: str
    lane: str
    draw: int
    tell: Tell
    check: Check | None
    substitute: Substitute | None = None
    """That it is put to another model than the first of several, and why."""

    def next(self, substitute: Substitute | None) -> Errand:
        """For the one re-ask, of whoever gave the first answer."""
        call = attrs.evolve(self.call, ordinal=self.call.ordinal + 1)
        return replace(self, call=call, substitute=substitute)


@attrs.frozen
class Asker:
    """Asks for one simulation."""

    models: Models
    answers: Answers
    seed: int = 0
    sparing: Sparing = lambda call: ""
    unseen: Unseen = lambda call, model: None

    async def ask(  # noqa: PLR0913 - whatever one question can come with
        self,
        question: Question,
        messages: Sequence[Message],
        call: Call,
        *,
        owner: str = "",
        lane: str = "",
        draw: int = 0,
        attempts: int | None = 0,
        tell: Tell = lambda key, response: None,
        check: Check | None = None,
    ) -> Any:
        """The value that the answer holds (its text, if no form was asked for). `owner` is on whose account the answers
        are kept, until that account is settled. `tell` is told which answer counts, before its value is given.

        Who has come to nothing usable before makes further `attempts`: answers that are no use are passed over for
        another draw, and those that are stay. None: whatever is on record is passed over so, and one draw is new.
        """
        attempt, several, asked = 0, len(question.models) > 1, tuple(messages)
        while True:
            errand = Errand(call, owner, lane, draw + ANOTHER * attempt, tell, check)
            known = self._known(question, asked, errand) if attempts is None or several else None
            try:
                if several:
                    return await self._ask_candidates(question, asked, errand, known)
                return await self._ask_one(question.models[0], question, asked, errand)
            except OutputError:
                if known is None if attempts is None else attempt >= attempts:
                    raise
            attempt += 1

    def _known(self, question: Question, messages: tuple[Message, ...], errand: Errand) -> int | None:
        """The first candidate whose answer is on record. Those before it had failed, and are not asked once more: an
        answer that was paid for counts.
        """
        for place, model in enumerate(question.models):
            form, asked = self._put(model, question, messages)
            if self.answers.knows(
                errand.owner, self._key(LLMRequest(form, asked, errand.draw, errand.lane), errand.call)
            ):
                return place
        return None

    async def _ask_candidates(
        self, question: Question, messages: tuple[Message, ...], errand: Errand, known: int | None
    ) -> Any:
        """One after the other, from the first whose answer is known. Whose answer comes after another one says so."""
        models = question.models[known or 0 :]
        why = self.sparing(errand.call) if known is None else ""
        instead_of = models[0] if why else ""
        failed: list[str] = []
        for place, model in enumerate(models):
            if instead_of and place == 0:
                continue  # it is spared
            if instead_of:
                errand = replace(errand, substitute=Substitute(model, instead_of, why))
            last = place == len(models) - 1
            put = errand if last else replace(errand, call=attrs.evolve(errand.call, standby=True))
            try:
                return await self._ask_one(model, question, messages, put)
            except ModelError as problem:
                if last or not problem.passed_on:
                    for note in failed:
                        problem.add_note(note)
                    raise
                failed.append(f"{model} before it: {problem}")
                if not instead_of:
                    instead_of, why = model, _reason(problem)
        raise AssertionError("several models are several")

    def _put(self, model: str, question: Question, messages: tuple[Message, ...]) -> tuple[Form, tuple[Message, ...]]:
        """The question as it is put to one candidate."""
        form, output = question.form(model, self.models.capabilities), question.output
        if output is not None and form.schema is None:
            messages = (*messages[:-1], in_words(messages[-1], output.schema))
        return form, messages

    async def _ask_one(self, model: str, question: Question, messages: tuple[Message, ...], errand: Errand) -> Any:
        output = question.output
        form, messages = self._put(model, question, messages)
        key, response = await self._answer(form, messages, errand)
        try:
            value = read(output, response, errand.check)
        except Problem as first:
            again = correction(first, response, output)
            key, second = await self._answer(form, (*messages, *again), errand.next(response.substitute))
            try:
                value = read(output, second, errand.check)
            except Problem as problem:
                raise _unusable(model, errand.call, (response, second), (first, problem)) from None
            response = second
        errand.tell(key, response)
        return value

    async def _answer(self, form: Form, messages: tuple[Message, ...], errand: Errand) -> tuple[bytes, LLMResponse]:
        """The answer, and the key that names it."""
        call, owner, substitute = errand.call, errand.owner, errand.substitute
        request = LLMRequest(form, messages, errand.draw, errand.lane)
        key = self._key(request, call)
        found = self.answers.find(owner, key)
        if found is not None:
            if self.answers.source:
                self.models.reuse(call, form.model, found.usage, self.answers.source)
            return key, found

        async def ask() -> LLMResponse:
            handler, seen = self.models.llm_handler(form.model), self.visible(request, call)
            response = await with_room(lambda: handler.complete(seen, call))
            if not isinstance(response, LLMResponse):
                raise PluginError(
                    f"what is put around {form.model} answered with a {type(response).__name__}; "
                    "complete() has to return an LLMResponse"
                )
            return response if substitute is None else attrs.evolve(response, substitute=substitute)

        return key, await self.answers.obtain(owner, key, ask)

    def visible(self, request: LLMRequest, call: Call) -> LLMRequest:
        """The request as it is sent: to a model that cannot look at pictures without those that are told in words."""
        model = request.form.model
        if not request.pictured or self.models.capabilities_of(model).images:
            return request
        told = tuple(Message(each.role, each.content) if each.worded else each for each in request.messages)
        self.unseen(call, model)
        return LLMRequest(request.form, told, request.draw, request.lane)

    def _key(self, request: LLMRequest, call: Call) -> bytes:
        place = b"%d\0%d\0" % (self.seed, call.turn)
        return digest(b"answer", request.key, place, utf8(call.person or call.world or ""), utf8(call.purpose))


def _reason(problem: ModelError) -> str:
    """What is kept of why another model was asked."""
    text = f"{type(problem).__name__}: {' '.join(str(problem).split())}"
    return text if len(text) <= REASON else f"{text[: REASON - 1].rstrip()}…"


def read(output: Output[Any] | None, response: LLMResponse, check: Check | None = None) -> Any:
    """The value, or the text. What was refused or cut off is neither, nor is nothing at all."""
    if response.finish == REFUSAL:
        raise Problem("the answer is a refusal")
    if response.finish == LENGTH:
        raise Problem("the answer was cut off because it is too long")
    if not response.text.strip():
        raise Problem("the answer is empty")
    value = well_formed(response.text) if output is None else output.read(response.text)
    wrong = check(value) if check is not None else ""
    if wrong:
        raise Problem(wrong)
    return value


def correction(problem: Problem, response: LLMResponse, output: Output[Any] | None) -> tuple[Message, Message]:
    """The two messages with which a model is asked once more."""
    form = "" if output is None else ", as one JSON object of the form that was asked for"
    return (
        Message("assistant", well_formed(response.text) or "(nothing)"),
        Message(
            "user",
            f"That answer cannot be used: {problem}. Answer again, with the same intention{form}.",
        ),
    )


def _unusable(model: str, call: Call, responses: tuple[LLMResponse, ...], problems: tuple[Problem, ...]) -> OutputError:
    usage: Usage = sum((response.usage for response in responses), NO_USAGE)
    who, last = f" for {call.person}" if call.person else "", responses[-1].finish
    kind = AnswerRefused if last == REFUSAL else OutputError
    advice = LONGER if last == LENGTH else kind.advice
    shown = " ".join(well_formed(responses[-1].text).split())[:SHOWN]
    begins = f" The second begins {shown!r}." if shown else ""
    return kind(
        f"{model} gave no usable answer{who} ({call.purpose}), asked twice: {problems[0]}; then {problems[1]}.{begins} "
        f"Both answers are in `raw`. {advice}",
        raw=tuple(response.text for response in responses),
        problems=tuple(str(problem) for problem in problems),
        usage=usage,
    )
