"""Text in so many columns, by the room that characters take in a terminal: none, one or two columns each."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

LEAST = 4
"""Into so few columns no part of a long word is put."""


def cells(text: str) -> int:
    """How many columns it takes."""
    return len(text) if text.isascii() else cell_len(text)


def folded(text: str, first: int, others: int) -> list[str]:
    """Its words in lines, of which the first has room for so many columns, and the others for so many. A word that is
    longer than a line is broken; a language that is written without spaces is one such word.
    """
    return by_space(" ".join(text.split()), first, others) if text.isascii() else by_word(text, first, others)


def by_space(text: str, first: int, others: int) -> list[str]:
    """Where each character takes one column: a line ends at the last space that fits, which is quickly found."""
    lines: list[str] = []
    begin, room, size = 0, first, len(text)
    while size - begin > room:
        end = text.rfind(" ", begin, begin + room + 1) if room > 0 else -1
        if end < 0 or (size - end - 1 > others and text.find(" ", end + 1, end + others + 2) < 0):
            return lines + by_word(text[begin:], room, others)
        lines.append(text[begin:end])
        begin, room = end + 1, others
    lines.append(text[begin:])
    return lines


def by_word(text: str, first: int, others: int) -> list[str]:
    """The same for any text, word by word."""
    lines: list[str] = []
    line, left = "", first
    for word in text.split():
        size = cells(word)
        gap = 1 if line else 0
        if size + gap <= left:
            line = f"{line} {word}" if line else word
            left -= size + gap
            continue
        if size <= others:
            lines.append(line)
            line, left = word, others - size
            continue
        if left - gap < LEAST:
            lines.append(line)
            line, left, gap = "", others, 0
        begun = chop_cells(word, left - gap)[0]
        lines.append(f"{line} {begun}" if line else begun)
        *whole, line = chop_cells(word[len(begun) :], others) or [""]
        lines += whole
        left = others - cells(line)
    lines.append(line)
    return lines


def unbroken(text: str, room: int, indent: str = "    ") -> Iterator[str]:
    """The text in lines of so many columns, the later ones further in, with every word of it whole: whoever copies a
    path out of it gets the path.
    """
    line = ""
    for number, word in enumerate(text.split(" ")):
        if line.strip() and cells(line) + 1 + cells(word) > room:
            yield line
            line = f"{indent}{word}"
        else:
            line = f"{line} {word}" if number else word
    yield line


def cut(text: str, most: int, sign: str = "…") -> str:
    """At most so many columns of it, and a sign where something is left out."""
    if cells(text) <= most:
        return text
    return (chop_cells(text, most - cells(sign))[0] if most > cells(sign) else "") + sign
