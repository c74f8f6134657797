"""Answers of models, kept from the moment they arrive until the turn that paid for them is over.

This one lives in memory: a turn that fails on its second call does not pay for its first one again. A journal on disk
takes its place where a simulation has a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from troupe_core.llm.response import LLMResponse

if TYPE_CHECKING:
    from troupe_core.llm.asking import Ask


def account(thing: str) -> str:
    """Where the answers to a thing's background work are kept, apart from those of its turns."""
    return f"{thing}\0background"


class Answers(Protocol):
    """Where a simulation keeps them. `settle` says that the owner's turn is part of what is visible."""

    source: str
    """What tells where an answer was that is found; empty if nobody is told."""

    def knows(self, owner: str, key: bytes) -> bool: ...

    def find(self, owner: str, key: bytes) -> LLMResponse | None: ...

    async def obtain(self, owner: str, key: bytes, ask: Ask) -> LLMResponse: ...

    def settle(self, owner: str) -> None: ...


class AnswersInMemory:
    """By owner, since an owner's answers are let go together."""

    source = "memory"

    def __init__(self) -> None:
        self._kept: dict[str, dict[bytes, LLMResponse]] = {}

    def shared(self) -> AnswersInMemory:
        """For a fork: what is here by now is there too."""
        twin = AnswersInMemory()
        twin._kept = {owner: dict(kept) for owner, kept in self._kept.items()}
        return twin

    def knows(self, owner: str, key: bytes) -> bool:
        return key in self._kept.get(owner, ())

    def find(self, owner: str, key: bytes) -> LLMResponse | None:
        kept = self._kept.get(owner)
        return None if kept is None else kept.get(key)

    async def obtain(self, owner: str, key: bytes, ask: Ask) -> LLMResponse:
        response = await ask()
        self.keep(owner, key, response)
        return response

    def keep(self, owner: str, key: bytes, response: LLMResponse) -> None:
        self._kept.setdefault(owner, {})[key] = response

    def settle(self, owner: str) -> None:
        """The owner's turn is part of what is visible: its answers will not be asked for again."""
        self._kept.pop(owner, None)

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))
