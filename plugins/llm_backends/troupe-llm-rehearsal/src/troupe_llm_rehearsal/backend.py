"""The backend itself: what kind of answer is wanted, and who makes it."""

from __future__ import annotations

import re
from typing import Any

import attrs
import orjson

from troupe_core import BadRequest, Call, Capabilities, LLMBackend, LLMRequest, LLMResponse, UnknownModelError, Usage
from troupe_llm_rehearsal.forms import Filling, Unfit
from troupe_llm_rehearsal.puppet import Puppet
from troupe_llm_rehearsal.reader import Reader, memories, salient
from troupe_llm_rehearsal.scene import scene_of
from troupe_llm_rehearsal.turns import Turning, kinds_of
from troupe_llm_rehearsal.words import WORDS

MODEL = "default"


@attrs.frozen
class Config:
    """`seed`: another one, other words, and other moods where there is no opinion."""

    seed: int = 0


class Rehearsal(LLMBackend, config=Config):
    """Puppets that follow the words of their personas, in this process, and nothing that is evidence about people."""

    name = "rehearsal"
    free = True
    capabilities = Capabilities(images=True)

    async def check(self, model: str) -> str:
        return "It answers by itself, without a key; what it says is made up, and no evidence about people."

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        if request.model != MODEL:
            raise UnknownModelError(f"there is no model rehearsal/{request.model}; there is rehearsal/{MODEL}")
        text = answer(request, self.config.seed)
        size = sum(len(message.content) for message in request.messages)
        return LLMResponse(text, Usage(size // 4, len(text) // 4), f"rehearsal/{MODEL}", mark="rehearsal")


def answer(request: LLMRequest, seed: int = 0) -> str:
    """The same to the same request."""
    scene, schema = scene_of(request, seed), request.schema
    if schema is None:
        plain = " ".join(salient(Reader(scene, judging=False).matter, 4)) or "There is nothing to say about it."
        return Puppet(scene).say("") if scene.persona.facts else plain
    kinds, names = kinds_of(schema), {name.lower() for name in schema.get("properties", {})}
    try:
        if kinds:
            puppet = Puppet(scene)
            made: Any = Turning(scene, kinds, Filling(schema, scene, puppet), puppet).answer()
        elif scene.persona.facts:
            made = Filling(schema, scene, Puppet(scene)).fill(schema, scene.persona.facts)
        elif names == {"memories"}:
            made = {"memories": memories(scene, 6)}
        else:
            judging = bool(names & WORDS["score"] and names & WORDS["reasons"]) and "'evidence'" not in repr(schema)
            made = Filling(schema, scene, Reader(scene, judging=judging)).fill(schema)
    except (Unfit, re.error, RecursionError, TypeError, AttributeError) as problem:
        raise BadRequest(f"the rehearsal cannot fill in the schema {request.schema_name!r}: {problem}") from None
    return orjson.dumps(made).decode()
