"""What everybody said, did and perceived, to be read and to be computed with."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from troupe_core import Transcript
from troupe_core.llm import caution
from troupe_presenter import together
from troupe_study.outputs.text import in_line, in_markdown, noted
from troupe_study.results import ACTION
from troupe_study.words import THOUGHT, listed

if TYPE_CHECKING:
    from troupe_study.outcome import Missed, Place


def as_markdown(
    title: str, transcript: Transcript, places: Mapping[bytes, Place], missed: Sequence[Missed] = ()
) -> bytes:
    """For reading: a numbered paragraph for each event, by who did it, under its round and time, thoughts in italics;
    and who had no turn, where it is missing.
    """
    lines = [f"# {in_line(title)}", ""]
    if transcript.mark:
        lines += [f"*{caution(transcript.mark)}*", ""]
    lines += noted(transcript.substituted)
    if not transcript:
        lines += ["*Nobody reacted to anything. What they were asked stands in the answers.*", ""]
    then: tuple[int | None, str | None] = (None, None)
    missing = deque(missed)

    def gaps(before: int) -> None:
        nonlocal then
        while missing and missing[0].after < before:
            gap = missing.popleft()
            if gap.round != then[0]:  # a round of which nothing else is told
                lines.extend(_heading(gap.round, None, afterwards=False))
                then = (gap.round, None)
            lines.extend([f"*{in_line(gap.who)} had no turn here. {in_line(gap.why)}*", ""])

    for lines_of_it in together(transcript, lambda line: line.fact):
        first, last = lines_of_it[0], lines_of_it[-1]
        gaps(first.number)
        place = places.get(first.fact.id)
        now = (place.round if place is not None else None, first.fact.when)
        if now != then:
            lines += _heading(*now, afterwards=then[0] is not None)
        then = now
        who, _, what = first.text.partition(": ")
        number = str(first.number)
        if first is not last:
            who = f"{listed([line.fact.target for line in lines_of_it], 4)} [{first.fact.type}]"
            number += f"–{last.number}"
        lines += [f"**{number} · {in_line(who)}**  "]
        parts = [in_markdown(part.strip()) for part in what.splitlines()]
        if first.fact.kind == ACTION and first.fact.type == THOUGHT:
            parts = [f"*{part}*" for part in parts if part]
        lines += ["  \n".join(parts), ""]
    gaps(len(transcript) + 1)
    return "\n".join(lines).encode("utf-8", "replace")


def _heading(number: int | None, when: str | None, *, afterwards: bool) -> list[str]:
    where = f"Round {number}" if number is not None else "Afterwards" if afterwards else ""
    told = in_line(", ".join(filter(None, (where, when))))
    return [f"## {told}", ""] if told else []


def as_jsonl(transcript: Transcript, places: Mapping[bytes, Place]) -> bytes:
    """An object for each event. `id` is what findings cite, `number` that of the paragraph."""
    mark = {"mark": transcript.mark} if transcript.mark else {}
    rows = [
        {
            "number": line.number,
            **{name: value for name, value in line.fact.plain().items() if name != "mark"},
            "content": line.fact.content.encode("utf-8", "replace").decode(),
            "stimulus": place.stimulus if place is not None else None,
            "round": place.round if place is not None else None,
            **mark,
        }
        for line in transcript
        for place in (places.get(line.fact.id),)
    ]
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
