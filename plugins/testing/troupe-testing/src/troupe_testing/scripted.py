"""A model that answers by a script: a function of the request and of who asks, hence the same in every run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import orjson

from troupe_core import Call, Capabilities, LLMBackend, LLMRequest, LLMResponse, PluginError, Usage

Answer: TypeAlias = str | Mapping[str, Any] | LLMResponse | Exception
Script: TypeAlias = Callable[[LLMRequest, Call], Answer]

Action: TypeAlias = dict[str, Any]


def talk(content: str, to: str = "") -> Action:
    """Say something, to everybody or to one."""
    return {"type": "TALK", "content": content, "target": to}


def think(content: str) -> Action:
    return {"type": "THINK", "content": content, "target": ""}


def reach_out(to: str, content: str = "to talk") -> Action:
    return {"type": "REACH_OUT", "content": content, "target": to}


def do(name: str, **parameters: Any) -> Action:
    """An action of some faculty."""
    return {"type": name, **parameters}


def turn(
    *actions: Action, goals: str = "", attention: str = "", emotions: str = "", context: list[str] | None = None
) -> dict[str, Any]:
    """A whole answer; DONE is added."""
    return {
        "actions": [*actions, {"type": "DONE", "content": "", "target": ""}],
        "cognitive_state": {
            "goals": goals,
            "attention": attention,
            "emotions": emotions,
            "context": context or [],
        },
    }


def reply(answer: str, thought: str = "", *, confidence: float = 0.8, **fields: Any) -> dict[str, Any]:
    """What somebody says who is asked something (`person.ask`), and ticks; each value as sure as `confidence`."""
    ticked = {name: {"value": value, "confidence": confidence} for name, value in fields.items()}
    return {"thought": thought, "answer": answer, **({"fields": ticked} if ticked else {})}


def quiet(request: LLMRequest, call: Call) -> Answer:
    """The script of somebody who thinks, and says nothing; of an episode, nothing is remembered."""
    if call.purpose == "consolidation":
        return {"memories": []}
    return turn(think("Nothing in this calls for me."))


class ScriptedModel(LLMBackend):
    """Answers at once. What it was asked is in `requests`, as pairs of request and call.

    A script may return text, a mapping (sent as JSON), a whole response, or an exception, which is then raised.
    """

    name = "scripted"
    capabilities = Capabilities(json_schema=True)
    free = True

    def __init__(self, script: Script = quiet, *, record: bool = True) -> None:
        super().__init__()
        self.script = script
        self.record = record
        self.calls = 0
        self.requests: list[tuple[LLMRequest, Call]] = []

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        self.calls += 1
        if self.record:
            self.requests.append((request, call))
        answer = self.script(request, call)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, LLMResponse):
            return answer
        text = answer if isinstance(answer, str) else orjson.dumps(answer).decode()
        asked = sum(len(message.content) for message in request.messages)
        return LLMResponse(text, Usage(asked // 4, len(text) // 4), model=request.model)


class Unscripted(ScriptedModel):
    """What stands under the name where nobody has given a script: silence would pass for an answer."""

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        raise PluginError(
            f"scripted/{request.model} has no script: give the runtime one, as Runtime(plugins=[ScriptedModel(script)])"
        )
