"""The backend itself: what kind of answer is wanted, and who makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import orjson

from troupe_core import (
    BadRequest,
    Call,
    Capabilities,
    LLMBackend,
    LLMRequest,
    LLMResponse,
    Stream,
    UnknownModelError,
    Usage,
)
from troupe_llm_rehearsal.findings import cells_of, findings
from troupe_llm_rehearsal.forms import Filling, Unfit
from troupe_llm_rehearsal.reading import Line, Scene, is_news, scene_of
from troupe_llm_rehearsal.saying import Voice
from troupe_llm_rehearsal.summaries import material, memories, overlap, salient
from troupe_llm_rehearsal.turns import Turning, kinds_of

MODEL = "default"
_SCORES = frozenset(["score", "verdict", "grade", "judgement", "judgment", "passed", "rating", "result"])
_REASONS = frozenset(["justification", "reason", "reasoning", "rationale", "explanation", "why"])


@attrs.frozen
class Config:
    """`seed`: another one, other words."""

    seed: int = 0


class Rehearsal(LLMBackend, config=Config):
    """Puppets that follow the words of their personas, in this process. Nothing that they say is evidence about people:
    they are for trying things out, and for testing what stands around a model.
    """

    name = "rehearsal"
    free = True
    capabilities = Capabilities(json_schema=True)

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
    scene = scene_of(request)
    chance = Stream(seed, request.key.hex(), "rehearsal", 0)
    schema = request.schema
    if schema is None:
        return _plain(scene, chance)
    cells = cells_of(schema)
    try:
        made = findings(cells, request, chance) if cells else _form(schema, scene, chance)
    except Unfit as problem:
        raise BadRequest(f"the rehearsal cannot fill in the schema {request.schema_name!r}: {problem}") from None
    return orjson.dumps(made).decode()


def _form(schema: Mapping[str, Any], scene: Scene, chance: Stream) -> Any:
    matter = material("\n".join(line.text for line in scene.news if is_news(line)))
    voice = Voice(scene, chance)
    filling = Filling(schema, scene.taste, matter, chance, lambda about: _said(voice, scene, about, matter))
    kinds = kinds_of(schema)
    if kinds:
        return filling.fill(schema, Turning.of(scene, kinds, chance, filling).answer())
    names = {name.lower() for name in schema.get("properties", {})}
    if names == {"memories"}:
        return {"memories": memories(list(scene.news), _whose(scene), 6)}
    claim, text = _claim(scene.text)
    if claim and not scene.persona and names & _SCORES and names & _REASONS:
        share, met = overlap(claim, text)
        filling.score = min(0.99, share)
        found = f"“{'”, “'.join(met[:4])}”" if met else "nothing"
        filling.say = lambda about: f"Of what is claimed, the text has {found}."
    return filling.whole()


def _said(voice: Voice, scene: Scene, about: str, matter: str) -> str:
    """A sentence about a field of a form."""
    if not scene.persona:
        kept = [each for each in salient(matter, 3) if each not in voice.told]
        if kept:
            voice.told.add(kept[0])
            return kept[0]
    own = scene.taste.of(about)
    verdict = own if own.touches else scene.taste.of(matter)
    stance = voice.clause(f"stance {verdict.level}")
    made = voice.sentence(stance, voice.reason(verdict) or voice.detail(verdict))
    return made or voice.sentence(voice.detail(verdict)) or "I have nothing to add to that."


def _plain(scene: Scene, chance: Stream) -> str:
    """In character if there is one; else what matters of the text."""
    text = material("\n".join(line.text for line in scene.news if is_news(line)))
    if scene.persona:
        voice = Voice(scene, chance)
        verdict = scene.taste.of(text)
        first = voice.sentence(voice.clause(f"stance {verdict.level}"), voice.reason(verdict), opener=True)
        return f"{first} {voice.sentence(voice.detail(verdict))}".strip()
    return " ".join(salient(text, 4)) or "There is nothing to say about it."


def _whose(scene: Scene) -> str:
    """Whose diary it is: the one of those who speak that is named before the first line."""
    head = scene.text.partition("\n\n")[0]
    sources: list[Line] = [line for line in scene.news if line.source]
    return next((line.source for line in sources if head.startswith(line.source)), "") or next(
        (line.source for line in sources if line.source in head), ""
    )


def _claim(text: str) -> tuple[str, str]:
    """What is claimed, if the text has several parts, and what it is to be found in, the longest of them."""
    parts = [part for part in text.split("\n\n") if part.strip()] or [text]
    longest = max(parts, key=len)
    rest = " ".join(part for part in parts if part is not longest)
    return rest, longest
