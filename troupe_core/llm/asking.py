"""One question, put to a model until there is a usable answer: candidates, recorded answers, the one re-ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import attrs

from troupe_core.errors import ModelError, OutputError, PluginError
from troupe_core.keys import canonical, digest, utf8
from troupe_core.llm.handlers import Capabilities, LLMHandler
from troupe_core.llm.request import Call, Form, LLMRequest, Message, Parameters
from troupe_core.llm.response import NO_USAGE, LLMResponse, Usage
from troupe_core.llm.structured import Output, Problem, well_formed

T = TypeVar("T")


Ask = Callable[[], Awaitable[LLMResponse]]


class Answers(Protocol):
    """Where answers are kept the moment they arrive, so that none is paid for twice."""

    def find(self, owner: str, key: bytes) -> LLMResponse | None: ...

    async def obtain(self, owner: str, key: bytes, ask: Ask) -> LLMResponse:
        """The answer to a question that has none yet, kept before anybody has it."""
        ...


class Models(Protocol):
    """Who composes handlers: the runtime."""

    def llm_handler(self, model: str) -> LLMHandler: ...

    def capabilities(self, model: str) -> Capabilities: ...


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


@attrs.frozen
class Errand:
    """On whose account something is asked, and which of several answers to the same question is wanted."""

    call: Call
    owner: str
    lane: str
    draw: int

    def next(self) -> Errand:
        """For the one re-ask."""
        return attrs.evolve(self, call=attrs.evolve(self.call, ordinal=self.call.ordinal + 1))


@attrs.frozen
class Asker:
    """Asks for one simulation."""

    models: Models
    answers: Answers
    seed: int = 0

    async def ask(
        self,
        question: Question,
        messages: Sequence[Message],
        call: Call,
        *,
        owner: str = "",
        lane: str = "",
        draw: int = 0,
    ) -> Any:
        """The value that the answer holds (its text, if no form was asked for). `owner` is on whose account the answers
        are kept, until that account is settled.
        """
        *others, last = question.models
        failed: list[str] = []
        for model in others:
            try:
                return await self._ask_one(model, question, tuple(messages), Errand(call, owner, lane, draw))
            except ModelError as problem:
                failed.append(f"{model} before it: {problem}")
        try:
            return await self._ask_one(last, question, tuple(messages), Errand(call, owner, lane, draw))
        except ModelError as problem:
            for note in failed:
                problem.add_note(note)
            raise

    async def _ask_one(self, model: str, question: Question, messages: tuple[Message, ...], errand: Errand) -> Any:
        output = question.output
        form = question.form(model, self.models.capabilities)
        if output is not None and form.schema is None:
            messages = (*messages[:-1], in_words(messages[-1], output))
        response = await self._answer(form, messages, errand)
        if output is None:
            return well_formed(response.text)
        try:
            return read(output, response)
        except Problem as first:
            again = correction(first, response)
            second = await self._answer(form, (*messages, *again), errand.next())
            try:
                return read(output, second)
            except Problem as problem:
                raise _unusable(model, errand.call, (response, second), (first, problem)) from None

    async def _answer(self, form: Form, messages: tuple[Message, ...], errand: Errand) -> LLMResponse:
        call, owner = errand.call, errand.owner
        request = LLMRequest(form, messages, errand.draw, errand.lane)
        place = b"%d\0%d\0" % (self.seed, call.turn)
        key = digest(b"answer", request.key, place, utf8(call.person or call.world or ""), utf8(call.purpose))
        found = self.answers.find(owner, key)
        if found is not None:
            return found

        async def ask() -> LLMResponse:
            response = await self.models.llm_handler(form.model).complete(request, call)
            if not isinstance(response, LLMResponse):
                raise PluginError(
                    f"what is put around {form.model} answered with a {type(response).__name__}; "
                    "complete() has to return an LLMResponse"
                )
            return response

        return await self.answers.obtain(owner, key, ask)


def read(output: Output[T], response: LLMResponse) -> T:
    if response.finish == "refusal":
        raise Problem("the answer is a refusal")
    if response.finish == "length":
        raise Problem("the answer was cut off because it is too long")
    return output.read(response.text)


def correction(problem: Problem, response: LLMResponse) -> tuple[Message, Message]:
    """The two messages with which a model is asked once more."""
    return (
        Message("assistant", well_formed(response.text) or "(nothing)"),
        Message(
            "user",
            f"That answer cannot be used: {problem}. "
            "Answer again, with the same intention, as one JSON object of the form that was asked for.",
        ),
    )


def in_words(last: Message, output: Output[Any]) -> Message:
    """For a model that cannot be held to a schema: the schema as part of the question."""
    import orjson

    schema = orjson.dumps(output.schema).decode()
    return Message(last.role, f"{last.content}\n\nAnswer with one JSON object that fits this JSON schema:\n{schema}")


def _unusable(model: str, call: Call, responses: tuple[LLMResponse, ...], problems: tuple[Problem, ...]) -> OutputError:
    usage: Usage = sum((response.usage for response in responses), NO_USAGE)
    who = f" for {call.person}" if call.person else ""
    return OutputError(
        f"{model} gave no usable answer{who} ({call.purpose}), asked twice: {problems[0]}; then {problems[1]}. "
        "Both answers are in `raw`.",
        raw=tuple(response.text for response in responses),
        problems=tuple(str(problem) for problem in problems),
        usage=usage,
    )
