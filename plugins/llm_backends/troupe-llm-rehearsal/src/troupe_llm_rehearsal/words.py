"""Words: when two are the same, and what they are for, by the files of texts that lie beside this module."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple


def data(name: str) -> dict[str, str]:
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return {key: " ".join(value.split()) for key, value in tomllib.loads(text).items()}


_TEXTS = data("words")
WORDS = {name: frozenset(text.split()) for name, text in _TEXTS.items()}
# What shows more of a trait, and what less, the best words first; what sentences are made of, by what they are for.
TRAITS = {name[5:]: (_TEXTS[name].split(), _TEXTS[f"less {name[5:]}"].split()) for name in _TEXTS if name[:4] == "more"}
POOLS = {name: tuple(text.split(" | ")) for name, text in data("phrases").items()}
_IRREGULAR = dict(pair.split("=") for pair in _TEXTS["irregular"].split())
_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff]|['’](?=[^\W_]))*|[.,;:!?()\n]")
TOKEN = re.compile(r"[^\W\d_]+(?:'t)?")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"”’')]*(?=\s|$)|[。！？]|$)")
_PLURAL, _ENDING = re.compile(r"(?<=...)(?<!s)s$"), re.compile(r"(?<=...)(?<!e)(?:ing|ed|(?<!th)er)$")
# How a stem ends, whatever followed it: a bak(e), a len(s), to run(n), a stud(y), wol(v)es.
_CLOSING = [(re.compile(pattern), left) for pattern, left in (
    (r"(?<=...)e$", ""), (r"(?<=..[uin])s$", ""), (r"(?<=..)([^\Waeiou])\1$", r"\1"), (r"(?<=..)y$", "i"),
    (r"(?<=...)v$", "f"))]  # fmt: skip


class Word(NamedTuple):
    """A word of weight, what it is compared by, and whether it is denied."""

    text: str
    stem: str
    denied: bool


def folded(text: str) -> str:
    """Without capitals and accents."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", re.sub(r"[\u0300-\u036f]+", "", unicodedata.normalize("NFKD", text.casefold())))


@lru_cache(maxsize=8_192)
def words(text: str) -> tuple[Word, ...]:
    """The words of weight, in order."""
    out: list[Word] = []
    reach = 0
    tokens = _WORD.findall(text)
    for token, following in zip(tokens, [*tokens[1:], ""], strict=False):
        low = folded(token).replace("’", "'")
        if not token[0].isalnum():
            reach = 0
        elif low in WORDS["negators"] or low.endswith("n't"):
            reach = 3  # so many words of weight does a negation reach
        else:
            low = re.sub(r"'(?:s|d|m|ll|re|ve)?$", "", low)
            if low not in WORDS["common"] and not low.isdigit() and (len(low) > 1 or not low.isascii()):
                out.append(Word(token, _stem(low), reach > 0 or following.lower() == "free"))
                reach -= 1
    return tuple(out)


def stems(text: str) -> set[str]:
    return {word.stem for word in words(text)}


@lru_cache(maxsize=16_384)
def _stem(word: str) -> str:
    """Without -s, -ing, -ed and -er, where letters are Latin."""
    if not word.isascii():
        return word
    word = _PLURAL.sub("", _IRREGULAR.get(word, word))
    bare = _ENDING.sub("", word)
    word = bare if re.search("[aeiouy]", bare) else word
    for ending, left in _CLOSING:
        word = ending.sub(left, word)
    return word


def alike(one: str, other: str) -> bool:
    """Whether two stems are of one word; of other letters than Latin by their beginning, or by what stands in them."""
    if one == other or one.isascii() or other.isascii():
        return one == other
    if _UNSPACED.search(one) and _UNSPACED.search(other):
        return one in other or other in one
    size = max(3, round(0.6 * max(len(one), len(other))))
    return one[:size] == other[:size]


EVERYDAY = frozenset(map(_stem, WORDS["everyday"]))  # they say little beside others


@lru_cache(maxsize=4_096)
def feelings(text: str) -> tuple[tuple[int, int, int], ...]:
    """Where words such as like, hate, allergic stand, with what denies them; 1 is for something, -1 against it."""
    out: list[tuple[int, int, int]] = []
    start, reach, glad, sad = -1, 0, WORDS["glad"], WORDS["sad"]
    for found in TOKEN.finditer(text.lower().replace("’", "'")):
        token, reach = found[0], reach - 1
        denied = reach > 0
        if token in WORDS["negators"] or token.endswith("n't"):
            start, reach = found.start(), 4
        elif token in glad or token in sad or (denied and token in ("stand", "bear")):
            sign = (-1 if token in sad else 1) * (-1 if denied else 1)
            out.append((start if denied else found.start(), found.end(), sign))
            reach = 0
    return tuple(out)


def leaning(text: str) -> int:
    """Whether a clause speaks for something (1), against it (-1) or neither."""
    total = sum(sign for _, _, sign in feelings(text))
    return (total > 0) - (total < 0)


@lru_cache(maxsize=4_096)
def sentences(text: str) -> tuple[str, ...]:
    return tuple(each for part in text.splitlines() for each in map(str.strip, _SENTENCE.findall(part)) if each)


def shortened(text: str, most: int) -> str:
    """At a word's end, if it is too long."""
    cut = text[: max(0, most - 1)]
    return text if len(text) <= most else f"{cut.rpartition(' ')[0].rstrip(' ,;:') or cut}…"[:most]
