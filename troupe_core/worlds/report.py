"""What a run came to."""

from __future__ import annotations

import attrs

from troupe_core.errors import by_reason, told
from troupe_core.llm.meter import Spent
from troupe_core.llm.response import caution
from troupe_core.people.tool import ToolCall


@attrs.frozen
class Failure:
    """Somebody's turn, or the consolidation of somebody's memories, that failed for good."""

    person: str
    step: int
    error: Exception
    purpose: str = "turn"

    @property
    def who(self) -> str:
        """Whose and when it was, and what for if it was none."""
        return f"{self.person}, step {self.step}{'' if self.purpose == 'turn' else f' ({self.purpose})'}"

    def __str__(self) -> str:
        return f"{self.who}: {told(self.error)}"


@attrs.frozen(repr=False)
class RunReport:
    """One run of a world: whole steps, turns, failures by person and cause, and what was spent meanwhile."""

    world: str
    steps: int
    turns: int
    failures: tuple[Failure, ...]
    spent: Spent
    stopped: str = ""
    """Why the run ended early; empty if it did not."""
    in_doubt: tuple[ToolCall, ...] = ()
    """Uses of tools that were interrupted earlier: nobody knows whether they have had their effect."""
    mark: str = ""
    """"rehearsal" if a puppet's answer led to anything that happened: then it is no evidence about people."""
    substituted: tuple[str, ...] = ()
    """In words, how many turns rest on answers of another model than the first of several, and why."""

    def __str__(self) -> str:
        return "\n".join([*self.lines(), caution(self.mark)] if self.mark else self.lines())

    def lines(self) -> list[str]:
        """What it came to, without the mark."""
        usage, paid = self.spent.usage, f", {self.spent.priced}" if self.spent.priced else ""
        calls = f"{_counted(self.spent.calls, 'model call')} ({usage.input:,} tokens in, {usage.output:,} out{paid})"
        lines = [f"{self.world}: {_counted(self.steps, 'step')}, {_counted(self.turns, 'turn')}, {calls}"]
        if self.stopped:
            lines.append(f"stopped: {self.stopped}")
        lines += [f"failed: {each}" for each in by_reason((each.who, told(each.error)) for each in self.failures)]
        lines += self.substituted
        lines += [f"in doubt: {call.action} of {call.tool}, by {call.name} (key {call.key})" for call in self.in_doubt]
        return lines

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        from troupe_core.worlds.showing import of_report

        return of_report(self)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
