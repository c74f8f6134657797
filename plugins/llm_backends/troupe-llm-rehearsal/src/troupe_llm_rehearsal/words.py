"""Words, and when two are the same: by a light stemmer where letters are Latin, by their beginning elsewhere."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from troupe_llm_rehearsal.lexicon import COMMON, IRREGULAR, NEGATORS

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff]|['’](?=[^\W_]))*|[.,;:!?()\n]")
_MARKS = re.compile(r"[\u0300-\u036f]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_VOWEL = re.compile(r"[aeiouy]")
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"”’')]*(?=\s|$)|[。！？]|$)")
REACH = 3
"""So many words of weight does a negation reach."""


class Word(NamedTuple):
    """A word of weight: as it stands, what it is compared by, and whether it is denied. There are many of them, which
    is why it is a plain tuple.
    """

    text: str
    stem: str
    weak: str
    """Of a hiker, hik: a likeness that counts less. Empty if there is none."""
    denied: bool


def folded(text: str) -> str:
    """Without capitals and accents."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())))


@lru_cache(maxsize=8_192)
def words(text: str) -> tuple[Word, ...]:
    """The words of weight, in order."""
    out: list[Word] = []
    reach = 0
    tokens = _WORD.findall(text)
    for at, token in enumerate(tokens):
        if not token[0].isalnum():
            reach = 0
            continue
        low = folded(token).replace("’", "'")
        if low in NEGATORS or low.endswith("n't"):
            reach = REACH
            continue
        low = low.removesuffix("'s").removesuffix("'")
        if low in COMMON or low.isdigit() or (len(low) < 2 and low.isascii()):
            continue
        free = at + 1 < len(tokens) and tokens[at + 1].lower() == "free"
        out.append(Word(token, *_stems(low), reach > 0 or free))
        reach -= 1
    return tuple(out)


@lru_cache(maxsize=16_384)
def _stems(word: str) -> tuple[str, str]:
    if not word.isascii():
        return word, ""
    stem = _inflected(IRREGULAR.get(word, word))
    for ending in ("er", "ist", "li", "i", "or"):
        if stem.endswith(ending) and len(stem) - len(ending) >= 3:
            return stem, _closed(stem.removesuffix(ending))
    return stem, ""


def _inflected(word: str) -> str:
    """Without -s, -es, -ies, -ing and -ed."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and _VOWEL.search(rest) and not word.endswith(("eed", "thing")):
            word = rest
            break
    return _closed(word)


def _closed(word: str) -> str:
    """How a stem ends, whatever followed it."""
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word.endswith(("us", "is", "ns")):  # lenses and a lens
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    if len(word) > 2 and word.endswith("y"):
        word = word[:-1] + "i"
    return word[:-1] + "f" if len(word) > 3 and word.endswith("v") else word


def likeness(one: Word, other: Word) -> float:
    """From 0 to 1."""
    if one.stem == other.stem:
        return 1.0
    if one.stem.isascii() and other.stem.isascii():
        kin = (one.weak and one.weak in (other.stem, other.weak)) or (other.weak and other.weak == one.stem)
        return 0.6 if kin else 0.0
    if _UNSPACED.search(one.stem) and _UNSPACED.search(other.stem):
        inside = one.stem in other.stem or other.stem in one.stem
        return 1.0 if inside else 0.0
    shared = 0
    for mine, yours in zip(one.stem, other.stem, strict=False):
        if mine != yours:
            break
        shared += 1
    return 0.8 if shared >= max(3, 0.6 * max(len(one.stem), len(other.stem))) else 0.0


def sentences(text: str) -> list[str]:
    """Of running text."""
    return [each for part in text.splitlines() for each in map(str.strip, _SENTENCE.findall(part)) if each]


def spelled(sentence: str) -> str:
    """What makes it the same sentence: its letters."""
    return " ".join(re.findall(r"\w+", sentence.lower()))


BEGINNING = 3
"""So many first words make a beginning that is not used again."""
_JOINT = re.compile(r"; |: | – |, and |, |[?!.]\s|[“”]")


def beginning(spelled_clause: str) -> str:
    return " ".join(spelled_clause.split()[:BEGINNING])


@lru_cache(maxsize=4_096)
def said_in(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The sentences of a text, spelled, and how its clauses begin."""
    found = frozenset(spelled(each) for each in sentences(text))
    return found, frozenset(beginning(spelled(each)) for each in _JOINT.split(text) if each)


def with_article(noun: str) -> str:
    """A bus driver, an engineer."""
    low = noun.lower()
    consonant = low.startswith(("uni", "use", "usu", "eur", "one", "once", "uk")) and not low.startswith("unin")
    vowel = low.startswith(("hour", "honest", "heir", "a", "e", "i", "o", "u")) and not consonant
    return f"{'an' if vowel else 'a'} {noun}"


def shortened(text: str, most: int) -> str:
    """At a word's end, if it is too long."""
    if len(text) <= most:
        return text
    cut = text[: max(0, most - 1)]
    kept = cut.rpartition(" ")[0].rstrip(" ,;:") or cut
    return (kept + "…")[:most]
