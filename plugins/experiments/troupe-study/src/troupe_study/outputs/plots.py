"""How often each value was found, as bars: SVG, which any browser shows, and which needs no library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any
from xml.sax.saxutils import escape

from troupe_core import Fields, Results
from troupe_core.llm import caution
from troupe_study.study import Findings

MOST_BARS = 12
"""More values of numbers than these are put together in ranges."""
UNKNOWN = "not said"
WIDTH, LABELS, BAR, GAP = 640, 170, 22, 8
LONGEST = 24
FONT = 'font-family="sans-serif" font-size="13"'
INK, PALE, ASIDE = "#2b5d7d", "#b8c4cc", "#666666"
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plots(findings: Findings, results: Results) -> Iterator[tuple[str, bytes]]:
    """Of each field whose values can be counted: a name for the file, and the plot."""
    taken: set[str] = set()
    for field in Fields.of(findings.fields).fields:
        values = [row.get(field.name) for row in results]
        counts = _counts(field.wanted, values)
        if counts:
            name = re.sub(r"\W+", "_", field.name).strip("_").casefold() or "field"
            number = 2
            free = name
            while free in taken:
                free, number = f"{name}_{number}", number + 1
            taken.add(free)
            yield free, plot(field.name, findings.objective, counts, results.mark)


def plot(name: str, about: str, counts: Mapping[str, int], mark: str = "") -> bytes:
    """Bars, each with its label and number; a mark is told below them."""
    most, all_of_them = max([*counts.values(), 1]), sum(counts.values())
    top, bottom = 56, 30 if mark else 12
    height = top + len(counts) * (BAR + GAP) + bottom
    room = WIDTH - LABELS - 60
    told = ", ".join(f"{label}: {number}" for label, number in counts.items())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" {FONT}>',
        f"<title>{_text(name)}</title>",
        f"<desc>{_text(f'{about} {told}')}</desc>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="24" font-size="16" font-weight="bold">{_text(_short(name, 60))}</text>',
        f'<text x="16" y="43" fill="{ASIDE}">n = {all_of_them}</text>',
    ]
    for place, (label, number) in enumerate(counts.items()):
        y = top + place * (BAR + GAP)
        width = round(room * number / most, 1)
        colour = PALE if label == UNKNOWN else INK
        parts += [
            f'<text x="{LABELS - 10}" y="{y + 16}" text-anchor="end">{_text(_short(label, LONGEST))}</text>',
            f'<rect x="{LABELS}" y="{y}" width="{width}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{LABELS + width + 8}" y="{y + 16}">{number}</text>',
        ]
    if mark:
        parts.append(f'<text x="16" y="{height - 10}" fill="{ASIDE}" font-style="italic">{_text(caution(mark))}</text>')
    return "\n".join([*parts, "</svg>", ""]).encode("utf-8", "replace")


def _counts(wanted: str | Sequence[str], values: Sequence[Any]) -> dict[str, int]:
    """How often each value stands there, also those that never do; nothing, if they cannot be counted."""
    said = [value for value in values if value is not None]
    if not isinstance(wanted, str):
        counts = {choice: said.count(choice) for choice in wanted}
    elif wanted == "bool":
        counts = {"yes": said.count(True), "no": said.count(False)}
    elif ".." in wanted or wanted in ("int", "float"):
        counts = _numbers(wanted, said)
    else:
        return {}
    missing = len(values) - len(said)
    return {**counts, UNKNOWN: missing} if missing else counts


def _numbers(wanted: str, said: Sequence[float]) -> dict[str, int]:
    ends = [float(end) for end in wanted.split("..")] if ".." in wanted else [*map(float, [*said[:0], *_ends(said)])]
    if not ends:
        return {}
    low, high = ends
    whole = wanted == "int" or (".." in wanted and "." not in wanted.replace("..", ""))
    if whole and high - low < MOST_BARS:
        found = Counter(said)
        return {str(number): found[number] for number in range(int(low), int(high) + 1)}
    if low == high:
        return {_number(low): len(said)}
    step = (high - low) / MOST_BARS
    step = ceil((high - low + 1) / MOST_BARS) if whole else step
    counts: dict[str, int] = {}
    places = Counter(min(int((value - low) / step), MOST_BARS - 1) for value in said)
    for place in range(MOST_BARS):
        begin = low + place * step
        if begin <= high:
            end = min(begin + step - 1, high) if whole else begin + step
            counts[f"{_number(begin)} – {_number(end)}"] = places[place]
    return counts


def _ends(said: Sequence[float]) -> list[float]:
    return [min(said), max(said)] if said else []


def _number(value: float) -> str:
    return f"{value:.4g}" if value != int(value) else f"{int(value):,}"


def _short(text: str, longest: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text), {'"': "&quot;"})
