"""Two streams that are never mixed.

**Facts** are what happened in the simulated world, in logical order: the same in every run with the same seed and
answers, whatever the timing. Memories keep them, transcripts and findings point at them.
**Telemetry** is what happened in this process, in the order in which it happened: progress, calls, failures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
from msgspec import Struct

from troupe_core.keys import NOTHING, canonical, digest, text_of, utf8

if TYPE_CHECKING:
    from troupe_core.llm.request import Call
    from troupe_core.llm.response import Substitute, Usage

STIMULUS = "stimulus"
ACTION = "action"
OBSERVATION = "observation"
ECHO = "echo"
"""An observation of what was known already; it is seen, and not remembered once more."""
MEMORY = "memory"
EVENT = "event"

VISUAL = "VISUAL"
"""The type of what is seen."""
IMAGES = "images"
"""Where the data of something seen names its pictures."""


class _NoData(Mapping[str, Any]):
    """One value, that cannot be changed; copied or pickled it is still the same."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"

    def __reduce__(self) -> str:
        return "NO_DATA"


NO_DATA: Mapping[str, Any] = _NoData()


class Fact(Struct, frozen=True, eq=False, gc=False):
    """Something that happened, once. Whoever did it, heard it and remembers it shares this one value.

    `thing` is the id of the person or world in whose history it stands; `source` and `target` are names as they were
    then. The id is made from the transaction it came from, its place in it and its content: a finding that cites it
    cites these words. (A msgspec Struct, like everything that is made several times a turn and kept for good: a third
    of the memory, and of the time to make it.)
    """

    id: bytes
    kind: str
    """"stimulus", "action", "observation", "echo", "memory", or "event": what a faculty puts on record."""
    type: str
    """Such as TALK, CONVERSATION, THOUGHT, or the action of a faculty."""
    thing: str
    source: str
    kept: str | bytes
    """The content as it is kept: one typographic quote makes a `str` two bytes a character, UTF-8 does not."""
    target: str = ""
    data: Mapping[str, Any] = NO_DATA
    """The parameters of an action, if it has others than content and target."""
    when: str | None = None
    """Simulated time."""
    turn: int = 0
    mark: str = ""
    """"rehearsal" if a puppet's answer led to it: then it is no evidence about people. No part of the id."""
    substitute: Substitute | None = None
    """Which model's answer led to it, where that was not the first of several, and why. No part of the id either."""

    @property
    def content(self) -> str:
        """What was said, thought, seen or done, in words."""
        return as_text(self.kept)

    @property
    def images(self) -> tuple[str, ...]:
        """The digests, in hexadecimal, of the pictures that were seen; `simulation.pictures` has them."""
        return tuple(self.data.get(IMAGES, ())) if self.type == VISUAL and self.kind == STIMULUS else ()

    @property
    def words(self) -> str:
        """The content, and that there were pictures."""
        count = len(self.images)
        if not count:
            return self.content
        return f"{self.content} [{f'{count} pictures' if count > 1 else 'picture'}]".lstrip()

    @classmethod
    def of(  # noqa: PLR0913 - it mirrors the fields, and is called in few places
        cls,
        origin: bytes,
        ordinal: int,
        kind: str,
        type: str,
        thing: str,
        source: str,
        content: str,
        *,
        target: str = "",
        data: Mapping[str, Any] = NO_DATA,
        when: str | None = None,
        turn: int = 0,
        mark: str = "",
        substitute: Substitute | None = None,
    ) -> Fact:
        """The fact with its id."""
        words = utf8("\0".join((str(ordinal), kind, type, thing, source, target, when or "", content)))
        id = digest(b"fact", origin, words) if not data else digest(b"fact", origin, words, canonical(data, type))
        kept = content if content.isascii() else utf8(content)
        return cls(id, kind, type, thing, source, kept, target, data, when, turn, mark, substitute)

    def __plain__(self) -> dict[str, str]:
        """How it stands in the name of something that it is part of: its id covers the rest."""
        return {"$fact": self.id.hex()}

    def plain(self) -> dict[str, Any]:
        """All of it as plain data, by the names that a line of a transcript has; `substitute` only if there is one."""
        whole = {
            "id": self.cite,
            "kind": self.kind,
            "type": self.type,
            "thing": self.thing,
            "source": self.source,
            "target": self.target,
            "content": self.content,
            "data": dict(self.data),
            "when": self.when,
            "turn": self.turn,
            "mark": self.mark,
        }
        return whole if self.substitute is None else {**whole, "substitute": self.substitute.plain()}

    @property
    def cite(self) -> str:
        """The id as findings cite it."""
        return self.id.hex()

    def __str__(self) -> str:
        """Who, to whom, and what: a line of a transcript."""
        whom = f" → {self.target}" if self.target and self.kind == ACTION else ""
        how = "" if self.type in ("TALK", "CONVERSATION") else f" [{self.type}]"
        who = self.source or (self.target if self.kind != ACTION else "") or self.thing
        given = "; ".join(f"{name}: {value}" for name, value in self.data.items())
        return f"{who}{whom}{how}: {self.words or given}".lstrip()

    def __repr__(self) -> str:
        words = str(self)
        return f"<{self.kind} {words if len(words) <= 90 else words[:89] + '…'}>"


PAUSE = Fact(NOTHING, ACTION, "DONE", "", "", "")
"""Stands in memory where somebody's turn ended. It happened to nobody, and is the same for all: there is only one."""


def as_text(kept: str | bytes) -> str:
    """A text from how it is kept."""
    return kept if isinstance(kept, str) else text_of(kept)


# -- telemetry -------------------------------------------------------------------------------------------------------


@attrs.frozen
class ModelCall:
    """One physical attempt to ask a model, failed ones too."""

    call: Call
    model: str
    usage: Usage | None
    """None: nobody has told."""
    seconds: float
    error: Exception | None = None
    """Why there is no answer."""
    cost: int | None = None
    """In billionths of a US dollar, estimated if nobody has told the tokens; None: nobody knows the price."""


@attrs.frozen
class AnswerReused:
    """An answer that was there already was given once more, and nobody was asked. A turn that a journal has as a whole
    needs no answers, and tells of none.
    """

    call: Call
    model: str
    usage: Usage
    """What the answer took when it was new."""
    source: str
    """Where it was: "journal", "memory" (of the simulation, since a turn that fails does not pay twice), or the name
    of the plugin that had it.
    """
    cost: int | None = None
    """What that would cost today, in billionths of a US dollar; None: nobody knows the price."""


@attrs.frozen
class TurnEnded:
    """Somebody has had a turn."""

    simulation: str
    world: str | None
    person: str
    turn: int
    """How many turns the person has had before."""
    error: Exception | None = None
    """Why it came to nothing."""


@attrs.frozen
class StepEnded:
    """A world has made a step; `facts` are those that the step added."""

    simulation: str
    world: str
    step: int
    facts: tuple[Fact, ...]


@attrs.frozen
class FactsAdded:
    """Something has happened outside of the steps of a world: somebody was told something, or has acted alone."""

    simulation: str
    facts: tuple[Fact, ...]


@attrs.frozen
class Answered:
    """Somebody has answered a question that was put by `ask`."""

    simulation: str
    question: str
    answer: Fact
    """What was said: who, to whom."""
    values: Mapping[str, Any]
    """What was ticked, by field."""
    replicate: int
    """Which of several answers to the same question."""
    remembered: bool
    """Whether it was a turn too, of whose facts others have told."""


@attrs.frozen
class Remark:
    """Something that somebody watching should know, and that is no error."""

    simulation: str
    thing: str
    """The id of the person or world that it is about, or the name of a journal's file."""
    text: str


Event: TypeAlias = ModelCall | AnswerReused | TurnEnded | StepEnded | FactsAdded | Answered | Remark
