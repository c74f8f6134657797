"""What everybody said, did and perceived, to be read and to be computed with."""

from __future__ import annotations

import orjson

from troupe_core import Transcript
from troupe_core.llm import caution
from troupe_study.outputs.text import in_line, in_markdown


def as_markdown(title: str, transcript: Transcript) -> bytes:
    """For reading: a numbered paragraph for each event, by who did it."""
    lines = [f"# {in_line(title)}", ""]
    if transcript.mark:
        lines += [f"*{caution(transcript.mark)}*", ""]
    then = None
    for line in transcript:
        fact = line.fact
        if fact.when is not None and fact.when != then:
            lines += [f"## {in_line(fact.when)}", ""]
            then = fact.when
        who, _, what = line.text.partition(": ")
        lines += [f"**{line.number} · {in_line(who)}**  "]
        lines += ["  \n".join(in_markdown(part.strip()) for part in what.splitlines()), ""]
    return "\n".join(lines).encode("utf-8", "replace")


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
