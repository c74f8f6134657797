"""How worlds, and what a run came to, show themselves: in a notebook, and printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_core.findings.showing import events, in_lines, latest
from troupe_core.findings.transcript import told
from troupe_core.html import MANY, bold, box, cut, line, subtle, text

if TYPE_CHECKING:
    from troupe_core.worlds.handle.base import Base
    from troupe_core.worlds.report import RunReport

EVENTS = 8
"""So many of the last things that have happened are shown."""


def of_world(world: Base) -> str:
    """What it is for, when it is there, who is there, and what happened last."""
    state = world.state
    happened = latest(world.simulation, {state.id, *state.roster}, EVENTS)
    mark = next((fact.mark for fact in happened if fact.mark), "")
    kind = f" {state.kind.replace('_', ' ')}" if state.kind else ""
    now = state.now.isoformat() if state.now is not None else None
    about = line(subtle(" · ".join(_now(world))))
    return box(line(bold(state.id), subtle(kind)), about, line(_there(world)), *events(happened, then=now), mark=mark)


def of_report(report: RunReport) -> str:
    """In the words in which it is printed."""
    return box(*(line(text(each)) for each in report.lines()), mark=report.mark)


def world_in_words(world: Base) -> str:
    """The same, a line for each; of what has happened only the last."""
    state = world.state
    kind = f" ({state.kind.replace('_', ' ')})" if state.kind else ""
    last = latest(world.simulation, {state.id, *state.roster}, 1)
    mark = next((fact.mark for fact in last if fact.mark), "")
    lines = [f"{state.id}{kind}: {_there(world)}", ", ".join(_now(world)), *(cut(told(fact)) for fact in last)]
    return in_lines(lines, mark)


def _there(world: Base) -> str:
    states, roster = world.simulation.states, world.state.roster
    names = ", ".join(cut(states[id].name) for id in roster[:MANY])
    return f"{names} and {len(roster) - MANY:,} more" if len(roster) > MANY else names or "nobody is there"


def _now(world: Base) -> list[str]:
    state = world.state
    when = [f"{state.now:%Y-%m-%d %H:%M}"] if state.now is not None else []
    return [*when, f"{state.step:,} step{'' if state.step == 1 else 's'}"]
