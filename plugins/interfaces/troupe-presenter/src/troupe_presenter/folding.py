"""Text in so many columns, by the room that characters take in a terminal: none, one or two columns each."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

LEAST = 4
"""Into so few columns no part of a long word is put."""


def cells(text: str) -> int:
    """How many columns it takes."""
    return len(text) if text.isascii() else cell_len(text)


def folded(text: str, first: int, others: int) -> Iterator[str]:
    """Its words in lines, of which the first has room for so many columns, and the others for so many. A word that is
    longer than a line is broken; a language that is written without spaces is one such word.
    """
    line, left = "", first
    for word in text.split():
        size = cells(word)
        gap = 1 if line else 0
        if size + gap <= left:
            line = f"{line} {word}" if line else word
            left -= size + gap
            continue
        if size <= others:
            yield line
            line, left = word, others - size
            continue
        if left - gap < LEAST:
            yield line
            line, left, gap = "", others, 0
        begun = chop_cells(word, left - gap)[0]
        yield f"{line} {begun}" if line else begun
        *whole, line = chop_cells(word[len(begun) :], others) or [""]
        yield from whole
        left = others - cells(line)
    yield line


def cut(text: str, most: int, sign: str = "…") -> str:
    """At most so many columns of it, and a sign where something is left out."""
    if cells(text) <= most:
        return text
    return (chop_cells(text, most - cells(sign))[0] if most > cells(sign) else "") + sign
