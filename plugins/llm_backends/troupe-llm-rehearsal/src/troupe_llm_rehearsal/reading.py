"""A request as a scene: who somebody is, what has just come, what came before, what was done. Read by shape alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import attrs
import orjson

from troupe_core import LLMRequest
from troupe_llm_rehearsal.taste import Taste
from troupe_llm_rehearsal.words import said_in

_HEADING = re.compile(r"([A-Z][A-Z0-9_]*):")
_SOURCE = re.compile(r"([^:\n]{1,60}): (?=\S)")
_MORE = re.compile(r" and \d+ others$")
_SPOKEN = ("CONVERSATION", "SOCIAL", "TALK", "REACH_OUT")
_NO_NEWS = ("PEOPLE", "OMITTED")
_OTHERS = frozenset({"actions", "cognitive_state", "memories", "properties", "$schema", "evidence"})
"""Keys of objects that are no personas: forms of answers, which prompts show."""


@attrs.frozen(slots=True)
class Line:
    """One thing that somebody has noticed."""

    heading: str
    source: str
    text: str

    @property
    def spoken(self) -> bool:
        return self.heading in _SPOKEN


@attrs.frozen(eq=False)
class Scene:
    """What a request tells."""

    taste: Taste
    name: str
    turns: tuple[tuple[Mapping[str, Any], ...], ...]
    """Own actions, turn by turn."""
    batches: tuple[tuple[Line, ...], ...]
    """What was noticed, message by message; the last is new."""
    company: tuple[str, ...]
    """The names of the others, as far as they are told or heard."""
    text: str
    """All that users wrote in the last message."""

    @property
    def persona(self) -> Mapping[str, Any]:
        return self.taste.persona

    @property
    def news(self) -> tuple[Line, ...]:
        return self.batches[-1] if self.batches else ()

    def is_peer(self, source: str) -> bool:
        return source in self.company

    def said(self) -> set[str]:
        """Every sentence that has been written by anybody."""
        return {each for text in self._texts() for each in said_in(text)[0]}

    def begun(self) -> set[str]:
        """How every clause of it begins."""
        return {each for text in self._texts() for each in said_in(text)[1]}

    def _texts(self) -> Iterator[str]:
        yield from (line.text for batch in self.batches for line in batch)
        yield from (value for turn in self.turns for act in turn for value in act.values() if isinstance(value, str))


def scene_of(request: LLMRequest) -> Scene:
    system = "\n".join(message.content for message in request.messages if message.role == "system")
    taste = _taste(system)
    turns: list[tuple[Mapping[str, Any], ...]] = []
    batches: list[tuple[Line, ...]] = []
    text = ""
    for message in request.messages:
        if message.role == "assistant":
            turns.append(_actions(message.content))
        elif message.role != "system":
            batches.append(_lines(message.content))
            text = message.content
    name = str(taste.persona.get("name") or taste.persona.get("full_name") or "")
    return Scene(taste, name, tuple(turns), tuple(batches), _company(batches, name), text)


@lru_cache(maxsize=512)
def _taste(system: str) -> Taste:
    """Kept, since a person asks again with the same persona."""
    return Taste(_persona(system))


def _persona(system: str) -> Mapping[str, Any]:
    """The last JSON object that is no form of an answer."""
    found: Mapping[str, Any] = {}
    decoder = json.JSONDecoder(strict=False)
    at = system.find("{")
    while at >= 0:
        end = at + 1
        try:
            value, end = decoder.raw_decode(system, at)
            if isinstance(value, dict) and value and not _OTHERS & value.keys():
                found = value
        except (ValueError, RecursionError):
            pass
        at = system.find("{", end)
    return found


@lru_cache(maxsize=4_096)
def _lines(text: str) -> tuple[Line, ...]:
    """Items under headings. What has none is one thing that somebody said."""
    rows = text.split("\n")
    if not any(_HEADING.fullmatch(row) for row in rows):
        nothing = not text.strip() or re.fullmatch(r"\(.*\)", text.partition("\n\n")[0])
        return () if nothing else (Line("", "", text),)
    out: list[Line] = []
    heading, item = "", ""

    def close() -> None:
        if item:
            found = _SOURCE.match(item) if heading in (*_SPOKEN, "PEOPLE") else None
            out.append(Line(heading, found[1] if found else "", item[found.end() :] if found else item))

    for row in rows:
        named = _HEADING.fullmatch(row)
        if named:
            close()
            heading, item = named[1], ""
        elif row.startswith("- "):
            close()
            item = row[2:]
        elif row.startswith("  ") and item:
            item += f"\n{row[2:]}"
        elif not row and heading:
            break  # what follows is how things stand, and no news
    close()
    return tuple(out)


@lru_cache(maxsize=4_096)
def _actions(text: str) -> tuple[Mapping[str, Any], ...]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ({"type": "TALK", "content": text},)
    found = value.get("actions", ()) if isinstance(value, dict) else ()
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list | tuple) else ()


def _company(batches: list[tuple[Line, ...]], me: str) -> tuple[str, ...]:
    """Told by a line of the company; else whoever has spoken, but for the one who began."""
    told: dict[str, None] = {}
    heard: dict[str, None] = {}
    for batch in batches:
        for line in batch:
            if line.heading == "PEOPLE" and line.source:
                parts = [part.rpartition(": ")[2] for part in line.text.split(";")]
                named = [each for part in parts for each in _MORE.sub("", part).split(",")]
                told.update((each.partition(" (")[0].strip(), None) for each in named)
            elif line.spoken and line.source:
                heard.setdefault(line.source)
    cut = any(line.heading == "OMITTED" for batch in batches for line in batch)
    names = list(told) or list(heard)[0 if cut else 1 :]
    return tuple(name for name in names if name and name != me)


def is_news(line: Line) -> bool:
    return line.heading not in _NO_NEWS
