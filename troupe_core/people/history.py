"""A person's memory as chat messages: what was perceived by turns with what was done.

Messages are made once and kept with the state, so that a turn writes only what is new. They are a memo and no part of
the state: from the facts alone the same bytes come out (a property test holds the two against each other).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring as in_json
from typing import Any

import attrs
import orjson

from troupe_core.events import ACTION, Fact
from troupe_core.llm.request import Message
from troupe_core.people.lines import heading, line, perceived
from troupe_core.people.memory import PAUSE
from troupe_core.people.pictures import Look, shown


@attrs.frozen(eq=False, slots=True)
class History:
    """The messages of a window of so many facts, of which this is the first; made for this state of a memory."""

    messages: tuple[Message, ...] = ()
    count: int = 0
    first: Fact | None = None
    memory: Any = None

    def fits(self, window: Sequence[Fact]) -> bool:
        """A window only grows at its end, or is cut at its beginning: the first and the number tell."""
        return len(window) == self.count and (not window or window[0] is self.first)

    def grown(self, messages: Iterable[Message], facts: int, first: Fact | None, memory: Any) -> History:
        return History((*self.messages, *messages), self.count + facts, self.first or first, memory)

    @classmethod
    def of(cls, window: Sequence[Fact], me: str, memory: Any = None, look: Look = lambda fact: ()) -> History:
        return cls(tuple(written(window, me, look)), len(window), window[0] if window else None, memory)


EMPTY = History()


def did(facts: Iterable[Fact]) -> Message:
    """What a person has done, as its own message: without the state of mind, and without DONE."""
    return Message("assistant", f'{{"actions":[{",".join([as_action(fact) for fact in facts])}]}}')


def as_action(fact: Fact) -> str:
    """One action as the model wrote it. orjson would leave a second copy, in UTF-8, in every text that is not ASCII."""
    if fact.data:
        return orjson.dumps({"type": fact.type, **fact.data}).decode()
    return f'{{"type":"{fact.type}","content":{in_json(fact.content)},"target":{in_json(fact.target)}}}'


def written(facts: Iterable[Fact], me: str, look: Look) -> list[Message]:
    """The messages of turns that are over, user and assistant in strict alternation."""
    out: list[Message] = []
    heard: list[Fact] = []
    done: list[Fact] = []
    acting = False  # whether what was perceived has been written, and actions follow
    for fact in facts:
        if (fact.kind == ACTION and fact.thing == me) or fact is PAUSE:
            if not acting:
                out.append(shown(heard, look).with_text(perceived((heading(each), line(each)) for each in heard)))
                heard.clear()
                acting = True
            if fact is not PAUSE:
                done.append(fact)
        else:
            if acting:
                out.append(did(done))
                done.clear()
                acting = False
            heard.append(fact)
            continue
        if fact is PAUSE:
            out.append(did(done))
            done.clear()
            acting = False
    return out
