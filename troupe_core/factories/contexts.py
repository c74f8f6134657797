"""One description, split up into several that together mean the same people."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import attrs

from troupe_core.errors import OutputError
from troupe_core.factories.casting import CASTING
from troupe_core.factories.forms import same_name
from troupe_core.keys import canonical, digest
from troupe_core.llm.structured import Output
from troupe_core.plugins.members import contained
from troupe_core.simulation.desk import desk

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation


@attrs.frozen
class Contexts:
    contexts: list[str]


@cache
def _form() -> Output[Contexts]:
    return Output(Contexts)


async def split(simulation: Simulation, number: int, context: str) -> tuple[list[str], str] | None:
    """So many distinct ones, and their mark; None if the model gives no such answer, which is remarked."""
    system = simulation.runtime.templates["contexts"]({"number": str(number)})

    def wrong(answer: Contexts) -> str:
        given = [same_name(" ".join(text.split())) for text in answer.contexts]
        if len(given) != number or not all(given):
            return f"there are to be {number} contexts, none of them empty; these are {len(list(filter(None, given)))}"
        return "" if len(set(given)) == number else "two of the contexts are the same"

    async def ask() -> tuple[list[str], str]:
        async with desk(simulation, CASTING, digest(b"contexts", canonical([number, context]))) as place:
            answer = await place.ask(context, system=system, output=_form(), check=wrong)
            return [text.strip() for text in answer.contexts], place.mark

    try:
        return await contained(simulation.runtime, "what asks for contexts", ask())
    except OutputError as error:
        simulation.remark("factories", f"no contexts were found: {error}")
        return None
