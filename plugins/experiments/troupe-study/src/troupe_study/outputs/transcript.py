"""What everybody said, did and perceived, to be read and to be computed with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import orjson

from troupe_core import Transcript
from troupe_core.findings import Line
from troupe_core.llm import caution
from troupe_study.outputs.text import in_line, in_markdown
from troupe_study.words import listed

STIMULUS = "stimulus"


def as_markdown(title: str, transcript: Transcript) -> bytes:
    """For reading: a numbered paragraph for each event, by who did it."""
    lines = [f"# {in_line(title)}", ""]
    if transcript.mark:
        lines += [f"*{caution(transcript.mark)}*", ""]
    then = None
    for together in _together(transcript):
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
    return "\n".join(lines).encode("utf-8", "replace")


def _together(transcript: Transcript) -> Iterator[list[Line]]:
    """The events one by one; what several perceive, one after the other and each by themselves, is one."""
    for _, lines in groupby(transcript, _alike):
        yield list(lines)


def _alike(line: Line) -> tuple[str, ...]:
    fact = line.fact
    return (fact.type, fact.source, fact.content) if fact.kind == STIMULUS else (fact.cite,)


def as_jsonl(transcript: Transcript) -> bytes:
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
            **mark,
        }
        for line in transcript
        for fact in (line.fact,)
    ]
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
