"""The faculty itself."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from troupe_core import TinyMentalFaculty, Turn, action

LONGEST = 600
"""Characters of one recalled thing that are shown: a passage of a document as a whole."""


@attrs.frozen
class Config:
    """`top_k`: so many things at most come to mind at once."""

    top_k: int = 10


class Recall(TinyMentalFaculty, config=Config):
    """You can search your memory, which reaches further back than what you see here:"""

    cache_version: ClassVar[int] = 2

    @action(observe=True, echo=True)
    async def recall(self, turn: Turn[Any], query: str) -> str:
        """try to remember what you know about the query: names, things, events in a few words. You are shown what comes
        to mind, and then go on."""
        if not query.strip():
            return "You would have to know what you are trying to remember."
        found = await turn.recall(query, self.config.top_k)
        if not found:
            return f"Nothing comes to mind about {query.strip()!r}."
        return "\n".join(_told(recalled.fact.source, recalled.fact.content, turn.name) for recalled in found)


def _told(source: str, content: str, me: str) -> str:
    words = " ".join(content.split())
    words = words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
    return words if source in ("", me) else f"{source}: {words}"
