"""What everybody said, did and perceived, to be read and to be computed with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import orjson

from troupe_core import Transcript
from troupe_core.findings import Line
from troupe_core.llm import caution
from troupe_study.outputs.text import in_line, in_markdown
from troupe_study.words import listed

if TYPE_CHECKING:
    from troupe_study.running import Missed, Place

STIMULUS = "stimulus"


def as_markdown(title: str, transcript: Transcript, missed: Sequence[Missed] = ()) -> bytes:
    """For reading: a numbered paragraph for each event, by who did it; and who had no turn, where it is missing."""
    lines = [f"# {in_line(title)}", ""]
    if transcript.mark:
        lines += [f"*{caution(transcript.mark)}*", ""]
    if not transcript:
        lines += ["*Nobody reacted to anything. What they were asked stands in the answers.*", ""]
    then = None
    missing = deque(missed)
    for together in _together(transcript):
        while missing and missing[0].after < together[0].number:
            lines += _gap(missing.popleft())
        when = together[0].fact.when
        if when is not None and when != then:
            lines += [f"## {in_line(when)}", ""]
            then = when
        who, _, what = together[0].text.partition(": ")
        number = str(together[0].number)
        if len(together) > 1:
            who = f"{listed([line.fact.target for line in together], 4)} [{together[0].fact.type}]"
            number += f"–{together[-1].number}"
        lines += [f"**{number} · {in_line(who)}**  "]
        lines += ["  \n".join(in_markdown(part.strip()) for part in what.splitlines()), ""]
    lines += [line for gap in missing for line in _gap(gap)]
    return "\n".join(lines).encode("utf-8", "replace")


def _gap(missed: Missed) -> list[str]:
    return [f"*{in_line(missed.who)} had no turn here. {in_line(missed.why)}*", ""]


def _together(transcript: Transcript) -> Iterator[list[Line]]:
    """The events one by one; what several perceive, one after the other and each by themselves, is one."""
    for _, lines in groupby(transcript, _alike):
        yield list(lines)


def _alike(line: Line) -> tuple[str, ...]:
    fact = line.fact
    return (fact.type, fact.source, fact.content) if fact.kind == STIMULUS else (fact.cite,)


def as_jsonl(transcript: Transcript, places: Mapping[bytes, Place]) -> bytes:
    """An object for each event. `id` is what findings cite, `number` that of the paragraph."""
    mark = {"mark": transcript.mark} if transcript.mark else {}
    rows = [
        {
            "number": line.number,
            "id": fact.cite,
            "kind": fact.kind,
            "type": fact.type,
            "thing": fact.thing,
            "source": fact.source,
            "target": fact.target,
            "content": fact.content.encode("utf-8", "replace").decode(),
            "data": dict(fact.data),
            "when": fact.when,
            "turn": fact.turn,
            "stimulus": place.stimulus if place is not None else None,
            "round": place.round if place is not None else None,
            **mark,
        }
        for line in transcript
        for fact, place in ((line.fact, places.get(line.fact.id)),)
    ]
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
