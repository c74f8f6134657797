"""Text of strangers, such as a terminal can show it: nothing in it is an order to the terminal, and what the encoding
lacks has a stand-in.
"""

from __future__ import annotations

from functools import cache
from unicodedata import category, combining, normalize

STAND_INS = {
    "→": "->", "…": "...", "–": "-", "—": "--", "‐": "-", "‑": "-", "−": "-", "“": '"', "”": '"', "„": '"', "«": '"',
    "»": '"', "‘": "'", "’": "'", "‚": "'", "•": "*", "·": "-", "×": "x", "€": "EUR", "ß": "ss", "æ": "ae", "Æ": "AE",
    "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "─": "-", "━": "#",
    "╌": ".",
}  # fmt: skip
"""For what an encoding lacks, where taking the marks off a letter does not do."""
SPACES = "\t\N{NO-BREAK SPACE}"
DELETE, LAST_CONTROL = 0x7F, 0x9F
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class Alphabet(dict[int, str]):
    """For `str.translate`: what stands in a line for each character. It is found out once for each that occurs."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self.encoding = encoding

    def __missing__(self, code: int) -> str:
        shown = self[code] = self._shown(chr(code))
        return shown

    def _shown(self, character: str) -> str:
        shown = visible(character)
        return shown if self._has(shown) else self._stand_in(shown)

    def _stand_in(self, character: str) -> str:
        known = STAND_INS.get(character)
        if known is not None:
            return known if self._has(known) else "?"
        code = ord(character)
        if 0x2400 <= code <= 0x2421:  # the picture of a control
            return "^?" if code == 0x2421 else f"^{chr(code - 0x2400 + 0x40)}"
        if character == UNKNOWN:
            return "?"
        if combining(character) or category(character) in ("Mn", "Me", "Cf"):
            return ""
        plain = "".join(part for part in normalize("NFKD", character) if self._has(part) and part.isprintable())
        return plain.strip() or "?"

    def _has(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True


def visible(character: str) -> str:
    """The character, or what shows that it is there if it would be obeyed: controls, and those that turn the direction
    of what follows, by which a line could be made to read as another.
    """
    code = ord(character)
    if character in SPACES:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == DELETE:
        return "\N{SYMBOL FOR DELETE}"
    if DELETE < code <= LAST_CONTROL:
        return UNKNOWN
    kind = category(character)
    if kind in ("Cs", "Zl", "Zp"):
        return UNKNOWN if kind == "Cs" else " "
    if kind == "Cf":
        return character if character in "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}" else ""
    return character


@cache
def alphabet(encoding: str) -> Alphabet:
    """That of an encoding; of one that Python does not know, ASCII's."""
    try:
        "".encode(encoding)
    except LookupError:
        encoding = "ascii"
    return Alphabet(encoding)


def showable(text: str, encoding: str = "utf-8") -> str:
    """One line of it, without line breaks."""
    return text if text.isascii() and text.isprintable() else text.translate(alphabet(encoding))


def harmless(text: str, encoding: str = "utf-8") -> bool:
    """Whether it can be shown as it is."""
    return showable(text, encoding) == text
