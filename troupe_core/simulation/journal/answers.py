"""Answers of models in a journal: recorded when they arrive, before anything is done with them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from troupe_core.llm.response import LLMResponse, Substitute, Token, Usage
from troupe_core.simulation.answers import AnswersInMemory
from troupe_core.simulation.journal.codec import decode, encode
from troupe_core.simulation.journal.kinds import ANSWER

if TYPE_CHECKING:
    from troupe_core.llm.asking import Ask
    from troupe_core.simulation.journal.journal import Journal
    from troupe_core.simulation.journal.pages import Note


class AnswersInJournal:
    """What is found or kept is noted for the transaction on whose account it is. When the simulation has ended, what is
    recorded is found on, and what is new is kept in memory: its people can still be asked about.
    """

    source = "journal"

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._store = journal.store
        self._afterwards: AnswersInMemory | None = None

    def knows(self, owner: str, key: bytes) -> bool:
        return self._store.find(ANSWER + key) is not None

    def find(self, owner: str, key: bytes) -> LLMResponse | None:
        raw = self._store.find(ANSWER + key)
        if raw is None:
            return None if self._afterwards is None else self._afterwards.find(owner, key)
        self._note(owner, key)
        return read(raw)

    async def obtain(self, owner: str, key: bytes, ask: Ask) -> LLMResponse:
        """Return when it is on disk: until then its turn holds its place among those in flight, so that after a crash
        no more calls are repeated than were in flight. What a fork is asking at this moment is not asked once more.
        """
        flights = self._store.flights
        while (other := flights.get(key)) is not None:
            await asyncio.wait([other])
            found = self.find(owner, key)
            if found is not None:
                return found
        flight = flights[key] = asyncio.get_running_loop().create_future()
        try:
            response = await ask()
            if self._journal.simulation.ended:
                self._after_the_end().keep(owner, key, response)
            else:
                self._note(owner, key)
                self._store.put([(ANSWER + key, spell(response, self._journal.note()))])
                await self._store.writer.durable()
        finally:
            del flights[key]
            flight.set_result(None)
        return response

    def _after_the_end(self) -> AnswersInMemory:
        if self._afterwards is None:
            self._afterwards = AnswersInMemory()
            text = "the simulation has ended: answers that come now are not recorded. Ask before end() to keep them."
            self._journal.simulation.remark(self._store.path.name, text)
        return self._afterwards

    def _note(self, owner: str, key: bytes) -> None:
        self._journal.used.setdefault(owner, []).append(key)

    def settle(self, owner: str) -> None:
        self._journal.used.pop(owner, None)
        if self._afterwards is not None:
            self._afterwards.settle(owner)


def spell(response: LLMResponse, note: Note | None = None) -> bytes:
    """With what was spent up to it."""
    row: dict[str, Any] = {"text": response.text, "usage": response.usage.numbers()}
    if response.model:
        row["model"] = response.model
    if response.finish != "stop":
        row["finish"] = response.finish
    if response.mark:
        row["mark"] = response.mark
    if response.substitute is not None:
        row["substitute"] = response.substitute.plain()
    if response.logprobs:
        row["logprobs"] = [token.plain() for token in response.logprobs]
    if note is not None:
        row["spent"] = msgspec.to_builtins(note)
    return encode(row)


def read(raw: bytes) -> LLMResponse:
    row = decode(raw)
    model, finish, mark = row.get("model", ""), row.get("finish", "stop"), row.get("mark", "")
    instead = row.get("substitute")
    substitute = Substitute(**instead) if instead is not None else None
    logprobs = tuple(map(Token.of, row.get("logprobs", ())))
    return LLMResponse(row["text"], Usage(*row["usage"]), model, finish, mark, substitute, logprobs)
