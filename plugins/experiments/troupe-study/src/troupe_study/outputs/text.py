"""Text of people in files of others: Markdown and CSV, in which it means nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MEANT = re.compile(r"([\\`*_\[\]<>|~&#])")
_AT_THE_BEGINNING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))", re.MULTILINE)
_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}", "\N{FULLWIDTH COMMERCIAL AT}")


def in_markdown(text: str) -> str:
    """A text that is read as it was written, whatever is in it."""
    plain = _MEANT.sub(r"\\\1", text)
    return _AT_THE_BEGINNING.sub(lambda m: f"{m[1]}{m[2]}\\" if m[2].isdigit() else f"{m[1]}\\{m[2]}", plain)


def in_line(text: str) -> str:
    """The same in one line."""
    return in_markdown(" ".join(text.split()))


def in_table(text: str) -> str:
    """The same in a cell of a table, where nothing depends on how it begins."""
    return _MEANT.sub(r"\\\1", " ".join(text.split()))


def in_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: what begins like one has an apostrophe before it."""
    begins = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if begins else text


def noted(told: Iterable[str]) -> list[str]:
    """Lines of a page that say, above everything else, what is to be known of it."""
    return [line for each in told for line in (f"*{in_line(each)}*", "")]
