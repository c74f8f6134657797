"""One description, split up into several that together mean the same people."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from troupe_core.errors import OutputError
from troupe_core.factories.casting import CASTING
from troupe_core.factories.forms import same_name
from troupe_core.keys import canonical, digest
from troupe_core.llm.structured import Output
from troupe_core.plugins.blame import contained
from troupe_core.simulation.desk import desk

if TYPE_CHECKING:
    from troupe_core.simulation.simulation import Simulation


@lru_cache(maxsize=64)
def _form(number: int) -> Output[Any]:
    several = Annotated[list[str], msgspec.Meta(min_length=number, max_length=number)]
    return Output(msgspec.defstruct("Contexts", [("contexts", several)], frozen=True))


def _wrong(answer: Any) -> str:
    given = [same_name(" ".join(text.split())) for text in answer.contexts]
    if not all(given):
        return "one of the contexts is empty"
    return "" if len(set(given)) == len(given) else "two of the contexts are the same"


async def split(simulation: Simulation, number: int, context: str) -> tuple[list[str], str] | None:
    """So many distinct ones, and their mark; None if the model gives no such answer, which is remarked."""
    system = simulation.runtime.templates["contexts"]({"number": str(number)})

    async def ask() -> tuple[list[str], str]:
        async with desk(simulation, CASTING, digest(b"contexts", canonical([number, context]))) as place:
            answer = await place.ask(context, system=system, output=_form(number), check=_wrong)
            return [text.strip() for text in answer.contexts], place.mark

    try:
        return await contained(simulation.runtime.blame, "what asks for contexts failed", ask())
    except OutputError as error:
        simulation.remark("factories", f"no contexts were found: {error}")
        return None
