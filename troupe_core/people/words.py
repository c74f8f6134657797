"""Texts as sets of words: how alike two are, and what they share. For any script."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def words(text: str) -> frozenset[str]:
    """The different words. Scripts that put no spaces between them are taken two characters at a time."""
    found = _WORD.findall(_folded(text))
    foreign = [] if text.isascii() else [word for word in found if not word.isascii()]
    if not (foreign and _UNSPACED.search("".join(foreign))):
        return frozenset(found)
    out: set[str] = set()
    for word in found:
        if len(word) > 2 and _UNSPACED.search(word):
            out.update(word[at : at + 2] for at in range(len(word) - 1))
        else:
            out.add(word)
    return frozenset(out)


def _folded(text: str) -> str:
    """Without the differences of writing that nobody hears: capitals, and accents of their own or on their letter."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text.casefold())


def repeats(now: frozenset[str], old: str, bound: float) -> bool:
    """Whether the words of now are, but for a few, those of an old text. Most texts are told apart by a handful of
    words that the old one does not contain, without taking it to pieces.
    """
    text = _folded(old)
    spare = (1.0 - bound) * len(now)
    for word in now:
        if word not in text:
            spare -= 1.0
            if spare < 0.0:
                return False
    return alike(now, words(old)) > bound


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's measure on words. On letters it would find any two long texts alike."""
    either = len(one | other)
    return len(one & other) / either if either else 1.0
