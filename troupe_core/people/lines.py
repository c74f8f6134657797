"""How facts are written for a person to read: grouped by kind, one line each.

Nobody can write a line in another's name: items begin with a dash, what continues an item is indented, and whoever
speaks can produce neither a heading nor a new item.
"""

from __future__ import annotations

from collections.abc import Iterable

from troupe_core.events import Fact

HEARD_AS = {"TALK": "CONVERSATION", "REACH_OUT": "SOCIAL"}
"""What the acts of others are to those whom they reach."""

NOTHING_NEW = "(nothing new)"


def heading(fact: Fact) -> str:
    return HEARD_AS.get(fact.type, fact.type)


def line(fact: Fact) -> str:
    """One item."""
    content = "\n  ".join(fact.words.splitlines())  # a line break at its very end says nothing, and is left out
    return f"- {fact.source}: {content}" if fact.source else f"- {content}"


def perceived(pairs: Iterable[tuple[str, str]]) -> str:
    """Headings and lines as one text, in order of arrival; a heading stands once for a run of its kind."""
    out: list[str] = []
    last = ""
    for kind, text in pairs:
        if kind != last:
            out.append(f"{kind}:")
            last = kind
        out.append(text)
    return "\n".join(out) if out else NOTHING_NEW
