"""What somebody has said, done and perceived so far, or what has happened in a world, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import attrs

from troupe_core.arguments import checked_whole
from troupe_core.events import EVENT
from troupe_core.findings.transcript import Transcript, substituted_turns, told, written
from troupe_core.llm.response import caution
from troupe_core.llm.structured import well_formed
from troupe_core.simulation.things import Handle

THOUGHTS = ("THINK", "THOUGHT", "INTERNAL_GOAL_FORMULATION")
"""What nobody else could notice."""

T = TypeVar("T")


class Interactions(Handle):
    __slots__ = ()

    def pretty_current_interactions(
        self,
        simplified: bool = True,
        skip_system: bool = True,
        max_content_length: int | None = None,
        first_n: int | None = None,
        last_n: int | None = None,
        include_omission_info: bool = True,
        *,
        thoughts: bool = True,
    ) -> str:
        """Who said or did what, to whom, and when: each event once, in order. `simplified=False` adds the numbers that
        findings cite, `skip_system=False` what faculties put on record and nobody noticed; `thoughts=False` leaves out
        what others could not notice. What is longer than `max_content_length` is cut; with `first_n`, `last_n` or both,
        only so many events from the beginning and the end are shown.
        """
        longest = checked_count(max_content_length, "max_content_length")
        lines = [
            line if longest is None else attrs.evolve(line, text=told(line.fact, longest))
            for line in Transcript.of(self)  # type: ignore[arg-type]  # it is a person or a world: there are no others
            if not (skip_system and line.fact.kind == EVENT) and (thoughts or line.fact.type not in THOUGHTS)
        ]
        if not lines:
            return "(nothing has happened yet)"
        shown, head, left_out = ends_of(lines, first_n, last_n)
        texts = written(shown, numbered=not simplified)
        if left_out and include_omission_info:
            texts.insert(head, f"({left_out} {'event is' if left_out == 1 else 'events are'} left out here)")
        texts += [f"({told_once})" for told_once in substituted_turns([line.fact for line in lines])]
        mark = next((line.fact.mark for line in lines if line.fact.mark), "")
        text: str = well_formed("\n".join([*texts, f"({caution(mark)})"] if mark else texts))
        return text

    def pp_current_interactions(
        self,
        simplified: bool = True,
        skip_system: bool = True,
        max_content_length: int | None = None,
        first_n: int | None = None,
        last_n: int | None = None,
        include_omission_info: bool = True,
        *,
        thoughts: bool = True,
    ) -> None:
        """Print `pretty_current_interactions`."""
        _print(
            self.pretty_current_interactions(
                simplified, skip_system, max_content_length, first_n, last_n, include_omission_info, thoughts=thoughts
            )
        )

    def pp_last_interactions(
        self,
        n: int = 3,
        simplified: bool = True,
        skip_system: bool = True,
        max_content_length: int | None = None,
        include_omission_info: bool = True,
    ) -> None:
        """Print the last so many."""
        _print(
            self.pretty_current_interactions(
                simplified, skip_system, max_content_length, None, n, include_omission_info
            )
        )


def ends_of(items: Sequence[T], first_n: int | None, last_n: int | None) -> tuple[list[T], int, int]:
    """The first and the last so many, how many of them are first ones, and how many are left out behind those."""
    first, last = checked_count(first_n, "first_n"), checked_count(last_n, "last_n")
    if first is None and last is None:
        return list(items), len(items), 0
    head = min(first or 0, len(items))
    tail = max(head, len(items) - (last or 0))
    return [*items[:head], *items[tail:]], head, tail - head


def checked_count(value: Any, name: str) -> int | None:
    """How many, if that is said; None is all."""
    return None if value is None else checked_whole(value, name, 0)


def _print(text: str) -> None:
    print(text)  # noqa: T201 - that is what somebody calls a `pp_` method for
