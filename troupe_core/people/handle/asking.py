"""Asking the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

from troupe_core.arguments import check_known
from troupe_core.errors import ArgumentError
from troupe_core.people.handle.base import Base

if TYPE_CHECKING:
    from troupe_core.findings.rows import Results, Row
    from troupe_core.people.asking import Enquiry

INTERVIEWER = "Interviewer"


class Manner(TypedDict, total=False):
    """How something is asked."""

    fields_hints: Mapping[str, str] | None
    source: Any
    remember: bool
    replicates: int


class Asking(Base):
    __slots__ = ()

    @overload
    def ask(self, question: str, fields: Any = None, **manner: Unpack[Manner]) -> Row: ...
    @overload
    def ask(self, question: list[str] | tuple[str, ...], fields: Any = None, **manner: Unpack[Manner]) -> Results: ...
    def ask(
        self, question: str | list[str] | tuple[str, ...], fields: Any = None, **manner: Unpack[Manner]
    ) -> Row | Results:
        """What the person says to a question: `row["answer"]`, and a value for each of `fields`, which are written as
        a `ResultsExtractor` has them: `{"rating": Scale(1, 5), "would_buy": ["yes", "no"]}`, with `fields_hints`. Each
        value has its confidence, and the question and the answer as its evidence.

        `source` is who asks. Nothing changes by it, unless the person is to `remember=True`. Several questions come to
        `Results`: asked side by side, each for itself, `replicates` times; or, remembered, one after the other.
        """
        asked: Any = question
        answered: Row | Results = self._wait(lambda: self.aask(asked, fields, **manner), "person.aask(…)")
        return answered

    @overload
    async def aask(self, question: str, fields: Any = None, **manner: Unpack[Manner]) -> Row: ...
    @overload
    async def aask(
        self, question: list[str] | tuple[str, ...], fields: Any = None, **manner: Unpack[Manner]
    ) -> Results: ...
    async def aask(
        self, question: str | list[str] | tuple[str, ...], fields: Any = None, **manner: Unpack[Manner]
    ) -> Row | Results:
        """`ask`, awaited."""
        from troupe_core.people.asking import ask, ask_all

        simulation = self.simulation
        enquiry = enquiry_of(question, fields, manner)
        if isinstance(question, str):
            if enquiry.replicates > 1:
                raise ArgumentError("several replicates come to Results: write the question as a list, [question]")
            return await simulation.runtime.thread.hop(ask(simulation, self._id, enquiry))
        return await simulation.runtime.thread.hop(ask_all(simulation, [self._id], enquiry))


def enquiry_of(question: str | list[str] | tuple[str, ...], fields: Any, manner: Manner) -> Enquiry:
    """What was given, checked."""
    from troupe_core.people.asking import Enquiry

    check_known(manner, ["fields", *Manner.__annotations__])
    questions = (question,) if isinstance(question, str) else question
    return Enquiry.of(
        questions,
        fields,
        manner.get("fields_hints"),
        manner.get("source", INTERVIEWER),
        manner.get("remember", False),
        manner.get("replicates", 1),
    )
