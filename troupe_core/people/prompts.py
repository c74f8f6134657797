"""The requests of a turn that is over, for reading."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import attrs

from troupe_core.llm.request import IN_WORDS, Call, LLMRequest
from troupe_core.people.abilities import abilities_of
from troupe_core.people.pictures import listed
from troupe_core.people.prompt import CHARACTER, Part, Prompt

if TYPE_CHECKING:
    from troupe_core.llm.response import LLMResponse
    from troupe_core.simulation.journal.listening import Heard
    from troupe_core.simulation.simulation import Simulation

TURN, ASK = "turn", "ask"


@attrs.frozen
class Asked:
    """One request of a turn, as it went to whatever stands around the model that answered: `backend/model`."""

    call: Call
    model: str
    prompt: Prompt
    answer: LLMResponse = attrs.field(repr=False)
    """As it came."""


def prompts(simulation: Simulation, id: str, turn: int | None) -> tuple[Asked, ...]:
    """All that was asked in it, in order."""
    from troupe_core.simulation.journal.listening import listen

    before, heard = listen(simulation, id, turn)
    rules = abilities_of(simulation.runtime, before.faculties).rules
    return tuple(
        Asked(each.call, each.request.form.model, Prompt(tuple(parts), each.request.messages), each.answer)
        for each, parts in zip(heard, _parts(heard, rules), strict=True)
    )


def _parts(heard: Iterable[Heard], rules: str) -> list[list[Part]]:
    made: list[list[Part]] = []
    for before, each in pairwise([None, *heard]):
        assert each is not None  # noqa: S101 - only the first before it is
        messages = each.request.messages
        if before is not None and messages[:-2] == before.request.messages:
            refused, told = messages[-2:]
            again = [Part("an answer that was no use", refused.content), Part("asked once more", told.content)]
            made.append([*made[-1], *again])
        elif each.call.purpose in (TURN, ASK):
            made.append(_of_turn(each.call.purpose, each.request, rules))
        else:
            made.append([Part(f"{each.call.purpose}: {message.role}", message.content) for message in messages])
    return made


def _of_turn(purpose: str, request: LLMRequest, rules: str) -> list[Part]:
    """What is new has no empty line in it, and what is true at the moment is behind the first."""
    system, *history, last = request.messages
    news, _, rest = last.content.partition("\n\n")
    block, form = rest, ""
    if request.schema is None:
        block, _, form = rest.rpartition(IN_WORDS)
    if purpose == ASK:
        block, _, paper = block.partition("\n\n")
        form = paper + (IN_WORDS + form if form else "")
    parts = [
        Part("rules and abilities", rules),
        Part("persona", system.content[len(rules) + len(CHARACTER) :]),
        *(Part(f"history: {message.role}", message.content) for message in history),
        Part("what is new", news),
        Part("present state", block),
    ]
    if form:
        parts.append(Part("form of the answer", form))
    if pictures := listed(request.messages):
        parts.append(Part("pictures", pictures))
    return parts
