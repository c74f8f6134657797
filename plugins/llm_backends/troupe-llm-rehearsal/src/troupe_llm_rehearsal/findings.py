"""Findings from a transcript: for each field its value, as it was said, and the numbers of the lines that show it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from troupe_core import LLMRequest, Stream
from troupe_llm_rehearsal.choosing import answers, choose, on_scale
from troupe_llm_rehearsal.lexicon import WORDS
from troupe_llm_rehearsal.stances import feeling_of, rating_in
from troupe_llm_rehearsal.summaries import salient
from troupe_llm_rehearsal.taste import Taste, leaning
from troupe_llm_rehearsal.words import sentences, words

_LINE = re.compile(
    r"^\[(\d+)\] ([^:\[\n]*?)(?: → ([^:\[\n]*?))?(?: \[(\w+)\])?: (.*(?:\n(?!\[\d+\] |\().*)*)", re.MULTILINE
)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


@attrs.frozen(slots=True)
class Told:
    """A line of a transcript."""

    number: int
    who: str
    kind: str
    text: str


def cells_of(schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The fields, if every one of them is to come with the lines that show it."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    parts = [part.get("properties", {}) if isinstance(part, Mapping) else {} for part in properties.values()]
    return properties if parts and all({"evidence", "value"} <= part.keys() for part in parts) else {}


def findings(cells: Mapping[str, Mapping[str, Any]], request: LLMRequest, chance: Stream) -> dict[str, Any]:
    text = request.messages[-1].content
    asked = "\n".join(message.content for message in request.messages[:-1])
    own = _own(text)
    out = {}
    for name, cell in cells.items():
        hint = re.search(rf"^- {re.escape(name)}: (.*)$", asked, re.MULTILINE)
        found = _found(f"{name.replace('_', ' ')} {hint[1] if hint else ''}", cell["properties"]["value"], own, chance)
        values = dict(zip(("value", "evidence", "confidence"), found, strict=True))
        out[name] = {part: values[part] for part in cell["properties"] if part in values}
    return out


def _own(text: str) -> list[Told]:
    """What those have said and thought whom the transcript is about."""
    found = [Told(int(n), who.strip(), kind, said.strip()) for n, who, _, kind, said in _LINE.findall(text)]
    first = _LINE.search(text)
    head = text[: first.start()] if first else text
    named = {each.who for each in found if each.who and each.who in head}
    mine = [each for each in found if not named or each.who in named]
    return [each for each in mine if not each.kind] or [each for each in mine if each.kind == "THINK"]


def _found(asked: str, node: Mapping[str, Any], own: Sequence[Told], chance: Stream) -> tuple[Any, list[int], float]:
    kinds = node.get("anyOf", [node])
    kind: Mapping[str, Any] = next((each for each in kinds if each.get("type") != "null"), {})
    nothing: tuple[Any, list[int], float] = (None, [], 0.0)
    if len(kinds) == 1 and "null" not in str(kind.get("type")):  # something has to stand there
        nothing = ("" if kind.get("type") == "string" else None, [], 0.0)
    felt = [(line, feeling_of(line.text)) for line in own]
    felt = [(line, feeling) for line, feeling in felt if feeling]
    mean = sum(feeling for _, feeling in felt) / len(felt) if felt else 0.0
    shown = [line.number for line, feeling in felt if feeling * mean > 0 or abs(mean) < 0.1]
    match _sort(kind):
        case "enum":
            options = [option for option in kind["enum"] if option is not None]
            if sum(answers(str(option)) is not None for option in options) >= 2:
                return (choose(_NOBODY, "", options, 0.5 + mean / 2, chance), shown, 0.6) if felt else nothing
            return _named(options, own) or nothing
        case "boolean":
            return (mean > 0, shown, 0.6) if abs(mean) > 0.1 else nothing
        case "integer" | "number":
            return _number(asked, kind, own, mean if felt else None, shown) or nothing
        case "array":
            kept = salient("\n".join(line.text for line in own), 3)
            lines = [line.number for line in own if any(each in line.text for each in kept)]
            return (kept, lines, 0.6) if kind.get("items", {}).get("type") == "string" else ([], [], 0.0)
        case "string":
            return _text(asked, own) or nothing
    return nothing


def _sort(kind: Mapping[str, Any]) -> str:
    return "enum" if "enum" in kind else str(kind.get("type"))


def _number(
    asked: str, kind: Mapping[str, Any], own: Sequence[Told], mean: float | None, shown: list[int]
) -> tuple[Any, list[int], float] | None:
    low, high = kind.get("minimum"), kind.get("maximum")
    whole = kind.get("type") == "integer"
    if low is None or high is None or abs(high) > 1e6:
        wanted = {word.stem for word in words(asked)}
        for line in reversed(own):
            value = _NUMBER.search(line.text)
            if value and wanted & {word.stem for word in words(line.text)}:
                number = float(value[0].replace(",", "."))
                return (int(number) if whole else number), [line.number], 0.5
        return None
    for line in reversed(own):
        given = rating_in(line.text)
        if given is None:
            continue
        rated, most = given
        if most and most != high and not whole:
            rated = rated / most * high
        if low <= rated <= high and (not whole or rated == int(rated)):
            return (int(rated) if whole else rated), [line.number], 0.9
    if mean is None:
        return None
    where = 0.5 + 0.45 * mean
    return (on_scale(where, int(low), int(high)) if whole else round(low + where * (high - low), 2)), shown, 0.5


def _named(options: Sequence[Any], own: Sequence[Told]) -> tuple[Any, list[int], float] | None:
    """The option of which most was said, and nothing against it."""
    best: tuple[float, Any, list[int]] = (0.0, None, [])
    for option in options:
        wanted = {word.stem for word in words(str(option))}
        lines = [line for line in own if wanted and wanted <= {word.stem for word in words(line.text)}]
        weight = sum(1 + feeling_of(line.text) for line in lines)
        if lines and weight > best[0]:
            best = (weight, option, [line.number for line in lines])
    return (best[1], best[2], 0.6) if best[2] else None


def _text(asked: str, own: Sequence[Told]) -> tuple[Any, list[int], float] | None:
    """The sentence that has most to do with what is asked."""
    sign, wanted = leaning(asked), {word.stem for word in words(asked)}
    why = bool(WORDS["why"] & set(asked.lower().split()))
    best: tuple[float, str, int] = (0.0, "", 0)
    for line in own:
        for each in sentences(line.text):
            feeling = feeling_of(each)
            weight = 2.0 * len(wanted & {word.stem for word in words(each)})
            weight += max(0.0, sign * feeling) if sign else abs(feeling) * (1.5 if why else 0.5)
            weight *= 1.0 if not sign or feeling * sign >= 0 else 0.0
            if weight > best[0]:
                best = (weight, each, line.number)
    return (best[1], [best[2]], 0.6) if best[1] else None


_NOBODY = Taste({})
