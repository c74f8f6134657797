"""What methods of things are given, and what they return, as a journal spells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_type_hints

from troupe_core.events import Fact
from troupe_core.keys import plain
from troupe_core.simulation.things import Handle
from troupe_core.simulation.transaction import Outcome


def spelled_argument(value: Any, name: str) -> Any:
    """Plain data; a thing is spelled by its id and what it is now."""
    if isinstance(value, Handle):
        return {"$thing": value.id, "digest": value.simulation.states[value.id].digest.hex()}
    if isinstance(value, list | tuple):
        return [spelled_argument(item, name) for item in value]
    return plain(value, name)


class Results:
    """What methods return: plain data, or what the annotation of the result says, the same whether it was executed or
    found.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            self.kind = get_type_hints(function).get("return", Any)
        except NameError:
            self.kind = Any

    @property
    def _typed(self) -> bool:
        return self.kind not in (Any, None, type(None), str, int, float, bool, dict, list)

    def plain(self, result: Any) -> Any:
        if not self._typed:
            return plain(result, "the result")
        from troupe_core.simulation.journal.values import converter

        return converter().unstructure(result)

    def spell(self, outcome: Outcome, parcel: Any) -> Any:
        return self.plain(outcome.output)

    def read(self, spelled: Any, state: Any, facts: tuple[Fact, ...]) -> Any:
        if not self._typed or spelled is None:
            return spelled
        from troupe_core.simulation.journal.values import from_plain

        return from_plain(spelled, self.kind, "the result")
