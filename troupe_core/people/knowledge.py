"""What people are given to know: texts as passages, each a fact that nobody has lived.

A passage is named by its words and where they stand, and by nobody's life: whoever knows it shares one value, and knows
it once, however often it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from troupe_core.events import MEMORY, Fact
from troupe_core.keys import digest

KNOWLEDGE = "KNOWLEDGE"

PASSAGE = 600
"""Characters of a passage at most. It comes to mind as a whole, and what comes to mind is part of a prompt."""

_ORIGIN = digest(b"knowledge")
_BLANK_LINES = re.compile(r"\n\s*\n")
_BREAKS = (re.compile(r"\n"), re.compile(r"[.!?…][\"'”’)\]]*\s|[。！？]"), re.compile(r"\s"))
"""Where a paragraph that is too long is divided: after a line, else after a sentence, else after a word."""


def known(words: str, source: str = "") -> Fact:
    """One thing to know, and where it is from."""
    return Fact.of(_ORIGIN, 0, MEMORY, KNOWLEDGE, "", source, words)


def passages(text: str, most: int = PASSAGE) -> Iterator[str]:
    """The paragraphs of a text, put together as far as they fit; a heading begins another passage. A longer paragraph
    is divided.
    """
    kept, headed = "", False
    for piece in _pieces(text, most):
        heading = piece.startswith("#")
        if kept and (len(kept) + 2 + len(piece) > most or (heading and not headed)):
            yield kept
            kept = ""
        kept = f"{kept}\n\n{piece}" if kept else piece
        headed = heading
    if kept:
        yield kept


def _pieces(text: str, most: int) -> Iterator[str]:
    for paragraph in map(str.strip, _BLANK_LINES.split(text)):
        yield from filter(None, map(str.strip, _divided(paragraph, most)))


def _divided(text: str, most: int) -> Iterable[str]:
    begin = 0
    while len(text) - begin > most:
        end = _break_in(text, begin + most // 2, begin + most)
        yield text[begin:end]
        begin = end
    yield text[begin:]


def _break_in(text: str, begin: int, end: int) -> int:
    for pattern in _BREAKS:
        places = [found.end() for found in pattern.finditer(text, begin, end)]
        if places:
            return places[-1]
    return end
