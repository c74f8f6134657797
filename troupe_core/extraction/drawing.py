"""Drawing findings, from one transcript or from many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ExtractionStopped, PluginError
from troupe_core.extraction.extractor import ExtractionTask, Extractor
from troupe_core.extraction.fields import Fields
from troupe_core.extraction.rows import Results, Row, Unread
from troupe_core.extraction.transcript import Happened, Transcript
from troupe_core.extraction.verifying import verified
from troupe_core.plugins.members import contained, member
from troupe_core.simulation.desk import Desk, Subject, desk
from troupe_core.worlds.world import TinyWorld

if TYPE_CHECKING:
    from troupe_core.people.person import TinyPerson
    from troupe_core.simulation.simulation import Simulation

EXTRACTION = "extraction"


@attrs.frozen
class Draw:
    """What is to be found out, and by which extractor."""

    extractor: str
    objective: str
    situation: str
    fields: Fields
    verbose: bool = False


async def draw(simulation: Simulation, wish: Draw, transcript: Transcript, whom: TinyPerson | TinyWorld) -> Row:
    """The one finding about one person or world."""
    extractor = member(simulation.runtime, Extractor, wish.extractor)
    task = ExtractionTask(transcript.name, transcript, wish.objective, wish.situation, wish.fields)
    subject = Subject(whom.id, isinstance(whom, TinyWorld))
    async with desk(simulation, EXTRACTION, task.key(wish.extractor), subject) as place:
        who = f"the extractor {wish.extractor!r}"
        row = await contained(simulation.runtime, f"{who}, for {task.of}", _found(extractor, task, place, who))
    if row.problems:
        simulation.remark(whom.id, f"{who}: {'; '.join(row.problems)}")
    return row


async def _found(extractor: Extractor, task: ExtractionTask, place: Desk, who: str) -> Row:
    found: Any = await extractor.extract(task, place)
    if not isinstance(found, list | tuple) or len(found) != 1:
        raise PluginError(f"{who} gave {found!r} for {task.of}; extract() has to return a list of one Finding")
    return verified(task, found[0], who)


async def draw_all(
    simulation: Simulation, wish: Draw, people: Sequence[TinyPerson], keep: Callable[[Row], None]
) -> Results:
    """One about each of several. All are read as they are now, however long it takes until it is their turn."""
    happened = Happened(simulation)
    transcripts = [happened.to([person]) for person in people]
    found: list[Row | Unread | None] = [None] * len(people)
    stopped: list[Exception] = []
    places = iter(range(len(people)))

    async def work() -> None:
        for place in places:
            if stopped:
                return
            try:
                row = found[place] = await draw(simulation, wish, transcripts[place], people[place])
            except Exception as error:  # one person's failure, whatever it is, takes nobody else's row
                found[place] = Unread(transcripts[place].name, error)
                if getattr(error, "fatal", False):
                    stopped.append(error)
            else:
                keep(row)

    async with asyncio.TaskGroup() as group:  # so many workers, and not a task for everybody
        for _ in range(min(simulation.max_in_flight, len(people))):
            group.create_task(work())
    rows = [each for each in found if isinstance(each, Row)]
    failures = [each for each in found if isinstance(each, Unread)]
    results = Results(rows, failures)
    if stopped or not rows:
        cause = stopped[0] if stopped else failures[-1].error
        made = f"{len(rows)} of {len(people)} rows were made"
        raise ExtractionStopped(f"extraction stopped, {made}: {type(cause).__name__}: {cause}", results) from cause
    if failures:
        more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
        simulation.remark(failures[0].of, f"{EXTRACTION} failed: {failures[0]}{more}")
    return results
