"""Chains of facts in a file about a person: all of them, turn by turn, for a person to read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from troupe_core.builtin.chain import Node, linked, nodes
from troupe_core.events import Fact
from troupe_core.people.memory import PAUSE, Batch


def to_plain(last: Node | None, spell: Callable[[Fact], Any]) -> list[dict[str, Any]]:
    """What each turn brought, and each consolidation left, the oldest first."""
    return [
        {"lived" if node.lived else "left": [spell(fact) for fact in node.batch if fact is not PAUSE]}
        for node in reversed(list(nodes(last)))
    ]


def from_plain(spelled: Iterable[Mapping[str, Any]], read: Callable[[Any], Fact]) -> tuple[Node | None, Node | None]:
    """The chain, and what consolidations have left as a chain of its own."""
    batches: list[tuple[Batch, bool]] = []
    for part in spelled:
        lived = "lived" in part
        facts = [read(fact) for fact in part["lived" if lived else "left"]]
        batches.append((Batch([*facts, PAUSE] if lived else facts), lived))
    return linked(batches), linked([part for part in batches if not part[1]])
