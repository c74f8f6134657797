"""Drawing findings, from one transcript or from many at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ExtractionStopped, PluginError, told
from troupe_core.extraction.extractor import ExtractionTask, Extractor
from troupe_core.extraction.verifying import verified
from troupe_core.findings.fields import Fields
from troupe_core.findings.rows import Results, Row, Unread
from troupe_core.findings.transcript import Happened, Transcript
from troupe_core.plugins.blame import contained
from troupe_core.plugins.members import member
from troupe_core.simulation.crowd import for_each
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
        failed = f"{who}, for {task.of} failed"
        row = await contained(simulation.runtime.blame, failed, _found(extractor, task, place, who))
    if row.problems:
        simulation.remark(whom.id, f"{who}: {'; '.join(row.problems)}")
    return row


async def _found(extractor: Extractor, task: ExtractionTask, place: Desk, who: str) -> Row:
    found: Any = await extractor.extract(task, place)
    if not isinstance(found, list | tuple) or len(found) != 1:
        raise PluginError(f"{who} gave {found!r} for {task.of}; extract() has to return a list of one Finding")
    return verified(task, found[0], who, place.mark, place.substitute)


async def draw_all(
    simulation: Simulation, wish: Draw, people: Sequence[TinyPerson], keep: Callable[[Row], None]
) -> Results:
    """One about each of several. All are read as they are now, however long it takes until it is their turn."""
    happened = Happened(simulation)
    transcripts = [happened.to([person.id]) for person in people]

    async def work(place: int) -> Row:
        row = await draw(simulation, wish, transcripts[place], people[place])
        keep(row)
        return row

    came = await for_each(simulation, range(len(people)), work)
    results = Results.of(
        Unread(transcript.name, each) if isinstance(each, Exception) else each
        for transcript, each in zip(transcripts, came, strict=True)
    )
    cause = results.hopeless(simulation)
    if cause is not None:
        made = f"{len(results)} of {len(people)} rows were made"
        raise ExtractionStopped(f"extraction stopped, {made}: {told(cause)}", results) from cause
    results.remark_failures(simulation, EXTRACTION)
    return results
