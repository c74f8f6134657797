"""Small pieces of HTML, in which people, worlds and findings show themselves in a notebook.

There is no script in them, no style sheet and no colour: they take those of the page, light or dark. A text is escaped
where it is put into one of them; what is markup already is an `Html`, and only these functions make one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from troupe_core.llm.response import caution
from troupe_core.llm.structured import well_formed

LINE = 120
"""Characters of a text that are shown at once; what is longer opens."""
LONGEST = 4_000
"""Characters that it shows when it is open."""
MANY = 30
"""So many rows are shown of more."""

LEFT = "text-align:left;vertical-align:top;padding:.1em .9em .1em 0;overflow-wrap:break-word"
SUBTLE = "opacity:.65"
NO_MATHS = "tex2jax_ignore mathjax_ignore"
"""Notebooks take what is between two dollars for a formula, where nothing says that it may be a price."""


class Html(str):
    """Markup."""

    __slots__ = ()


def tag(name: str, *content: str, style: str = "") -> Html:
    """An element with what is in it."""
    inside = "".join(part if isinstance(part, Html) else escape(well_formed(part)) for part in content)
    return Html(f'<{name} style="{style}">{inside}</{name}>' if style else f"<{name}>{inside}</{name}>")


def box(*content: str, mark: str = "") -> str:
    """All that something shows of itself. What is no evidence says so."""
    warning = (
        [tag("div", caution(mark), style="border-left:.2em solid;padding-left:.6em;margin-top:.4em")] if mark else []
    )
    whole = tag("div", *content, *warning, style="line-height:1.45;max-width:70em;overflow-x:auto")
    return str(whole).replace("<div ", f'<div class="{NO_MATHS}" ', 1)


def line(*content: str) -> Html:
    return tag("div", *content, style="overflow-wrap:anywhere")


def bold(text: str) -> Html:
    return tag("b", cut(text))


def subtle(*content: str) -> Html:
    return tag("span", *content, style=SUBTLE)


def cut(text: str, most: int = LINE) -> str:
    """On one line, at most so many characters of it."""
    words = " ".join(text[: 4 * most].split())
    return words if len(words) <= most and len(text) <= 4 * most else f"{words[:most].rstrip()}…"


def text(whole: str, most: int = LINE) -> Html:
    """A text as it is; of a long one the beginning, which opens."""
    if len(whole) <= most:
        return tag("span", whole, style="white-space:pre-wrap")
    return opening(cut(whole, most), shortened(whole))


def opening(summary: str, *content: str) -> Html:
    """A line that opens."""
    inside = tag("div", *content, style="white-space:pre-wrap;padding-left:1em")
    return tag("details", tag("summary", summary), inside)


def shortened(whole: str) -> str:
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]} … ({len(whole) - LONGEST:,} characters more)"


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> Html:
    """A row for each; the first cell says whose or what it is."""
    top = [tag("tr", *(tag("th", cut(cell), style=LEFT) for cell in head))] if head else []
    body = [
        tag(
            "tr",
            *(tag("td", cell, style=f"{LEFT};font-weight:{600 if at == 0 else 400}") for at, cell in enumerate(row)),
        )
        for row in rows
    ]
    return tag("table", *top, *body, style="border-collapse:collapse;margin:.4em 0;color:inherit;font-size:inherit")


def more(number: int) -> list[Html]:
    """What is said of those that are not shown."""
    return [line(subtle(f"and {number:,} more"))] if number > 0 else []


def value(data: Any) -> Html:
    """Plain data for people to read."""
    words = in_words(data)
    if isinstance(data, str) or len(words) <= LINE:
        return text(words)
    return opening(cut(words), shortened("\n".join(_lines(data))))


def in_words(data: Any) -> str:
    """Plain data as a text."""
    if data is None:
        return "–"
    if isinstance(data, bool):
        return "yes" if data else "no"
    if isinstance(data, Mapping):
        return "; ".join(f"{name}: {in_words(item)}" for name, item in data.items())
    if isinstance(data, Iterable) and not isinstance(data, str):
        return "; ".join(map(in_words, data))
    return str(data)


def _lines(data: Any, indent: str = "") -> Iterable[str]:
    """The same, a line for each thing."""
    named = data.items() if isinstance(data, Mapping) else (("–", item) for item in data)
    for name, item in named:
        label = f"{indent}{name}:" if isinstance(data, Mapping) else f"{indent}{name}"
        if isinstance(item, Mapping) or (isinstance(item, Iterable) and not isinstance(item, str)):
            yield label
            yield from _lines(item, f"{indent}    ")
        else:
            yield f"{label} {in_words(item)}"
