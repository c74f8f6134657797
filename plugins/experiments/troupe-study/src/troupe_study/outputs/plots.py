"""How often each value was found, as bars: SVG, which any browser shows, and which needs no library. Where there are
groups, each value has a bar for each, as long as its share of the group, so that large and small ones can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from troupe_core.llm import caution
from troupe_study.counting import ALL, UNKNOWN, Counted, spelled

WIDTH, LABELS, NUMBERS, EDGE = 640, 204, 70, 16
BAR, SLIM, GAP, LINE = 22, 15, 8, 17
LONGEST, WIDEST = 24, 80
"""Columns of text that there is room for beside a bar, and across."""
FONT = 'font-family="sans-serif" font-size="13"'
PAPER, INK, ASIDE, PALE = "#ffffff", "#1b1b1b", "#5c5c5c", "#c3cbd1"
COLOURS = ("#2b5d7d", "#d9822b", "#4f8f5b", "#8a5a99", "#b23b4b", "#7b6a4d", "#3d9a9a", "#8c8c8c")
NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plots(
    counted: Iterable[Counted], about: str, mark: str, taken: set[str], prefix: str = ""
) -> Iterator[tuple[str, bytes]]:
    """Of each field: a name for the file that is not `taken`, and the plot."""
    for each in counted:
        name = free = prefix + (re.sub(r"\W+", "_", each.field).strip("_").casefold() or "field")
        number = 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free)
        yield free, plot(each, about, mark)


def plot(counted: Counted, about: str, mark: str = "") -> bytes:
    """Bars with their labels and numbers, what it is about above them, and a mark below."""
    groups = list(counted.counts)
    grouped = groups != [ALL]
    parts = [*_head(counted, about)]
    y = begin = 26 + LINE * len(parts) + 10
    most = max([1, *(number for each in counted.counts.values() for number in each.values())])
    room, bar = WIDTH - LABELS - NUMBERS, SLIM if grouped else BAR
    for label in counted.labels:
        shown = wrapped(label, LONGEST, 3)
        height = max(bar * len(groups), LINE * len(shown))
        top = y + (height - LINE * len(shown)) / 2
        for place, line in enumerate(shown):
            parts.append(_line(LABELS - 10, top + place * LINE + 13, line, 'text-anchor="end"', whole=label))
        top = y + (height - bar * len(groups)) / 2
        for place, group in enumerate(groups):
            number, all_of_them = counted.counts[group].get(label, 0), counted.of(group)
            width = round(room * number / ((all_of_them or 1) if grouped else most), 1)
            colour = PALE if label == UNKNOWN and not grouped else COLOURS[place % len(COLOURS)]
            at = top + place * bar
            parts.append(f'<rect x="{LABELS}" y="{at:g}" width="{width}" height="{bar - grouped}" fill="{colour}"/>')
            if number or not grouped:
                told = f"{number} of {all_of_them}" if grouped else str(number)
                parts.append(_line(LABELS + width + 7, at + bar / 2 + 4.5, told))
        y += height + GAP
    parts.append(f'<path d="M{LABELS} {begin - 4}V{y:g}" stroke="{PALE}"/>')
    if mark:
        parts.append(_line(EDGE, y + 14, caution(mark), f'fill="{ASIDE}" font-style="italic"'))
        y += 24
    return _document(counted.field, _told(counted, about, grouped), parts, round(y) + 4)


def _head(counted: Counted, about: str) -> Iterator[str]:
    """The name of the field, what was asked, how many there are, and of which colour each group is: a line each."""
    yield _line(EDGE, 26, wrapped(counted.field, 60, 1)[0], 'font-size="16" font-weight="bold"', whole=counted.field)
    y = 26 + LINE + 3
    for line in wrapped(about, WIDEST, 2) if about.strip() else ():
        yield _line(EDGE, y, line, f'fill="{ASIDE}"', whole=about)
        y += LINE
    for place, group in enumerate(counted.counts):
        said = f"n = {counted.of(group)}"
        if group in counted.means:
            said += f", on average {spelled(counted.means[group])}"
        if group == ALL:
            yield _line(EDGE, y, said, f'fill="{ASIDE}"')
        else:
            colour = COLOURS[place % len(COLOURS)]
            mark = f'<rect x="{EDGE}" y="{y - 10}" width="11" height="11" fill="{colour}"/>'
            yield mark + _line(EDGE + 18, y, f"{wrapped(group, 50, 1)[0]}: {said}")
        y += LINE


def _told(counted: Counted, about: str, grouped: bool) -> str:
    """The same in words, for whoever does not see it."""
    words = [
        (f"{group}: " if grouped else "") + ", ".join(f"{label}: {number}" for label, number in each.items())
        for group, each in counted.counts.items()
    ]
    return f"{about} {'; '.join(words)}"


def _document(name: str, told: str, parts: Sequence[str], height: int) -> bytes:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" {FONT} fill="{INK}">',
        f"<title>{_text(name)}</title>",
        f"<desc>{_text(told)}</desc>",
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        *parts,
        "</svg>",
        "",
    ]
    return "\n".join(lines).encode("utf-8", "replace")


def _line(x: float, y: float, text: str, style: str = "", *, whole: str = "") -> str:
    """A line of text; if it was too long, all of it shows where one points at it."""
    hint = f"<title>{_text(whole)}</title>" if text.endswith("…") and whole else ""
    return f'<text x="{x:g}" y="{y:g}"{f" {style}" if style else ""}>{_text(text)}{hint}</text>'


def wrapped(text: str, columns: int, most: int) -> list[str]:
    """At most so many lines of a text, each so wide; where something is left out, the last one ends with a sign."""
    lines = [""]
    for word in " ".join(text.split())[: columns * (most + 1)].split():
        whole = f"{lines[-1]} {word}".strip()
        if _width(whole) <= columns:
            lines[-1] = whole
            continue
        rest = word
        if lines[-1]:
            lines.append("")
        while _width(rest) > columns:
            cut = next(at for at in range(len(rest), 0, -1) if _width(rest[:at]) <= columns)
            lines[-1] = rest[:cut]
            lines.append("")
            rest = rest[cut:]
        lines[-1] = rest
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while _width(last) >= columns:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()}…"]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _text(text: str) -> str:
    return escape(NO_XML.sub("\N{REPLACEMENT CHARACTER}", text), {'"': "&quot;"})
